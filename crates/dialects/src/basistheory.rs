//! Basis Theory's API, as its reference documents it and its clients speak it.
//!
//! Whoever asks brings an API key, which says by itself whose it is; what it may
//! do is asked permission by permission.

mod applications;
mod caller;
mod catalogue;
mod document;
mod errors;
mod frame;
mod keys;
mod logs;
mod pages;
mod parameters;
mod sessions;
mod tenant;
mod tokens;
mod words;

use appkeep_http::{AppState, ByKey, Problem, carry_out_once_by_key};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use http::{HeaderName, Method};

/// What is to be done once, however often it is sent.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("bt-idempotency-key");
static REPEATABLE: [Method; 3] = [Method::POST, Method::PUT, Method::PATCH];

pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let once = (state.clone(), ByKey { header: IDEMPOTENCY_KEY, methods: &REPEATABLE });
    Router::new()
        .merge(applications::routes())
        .merge(keys::routes())
        .merge(catalogue::routes())
        .merge(sessions::routes())
        .merge(tokens::routes())
        .merge(logs::routes())
        .merge(tenant::routes())
        .layer(from_fn_with_state(once, carry_out_once_by_key))
        .merge(tokens::reading())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn(errors::in_our_form))
        .layer(from_fn(frame::around))
}
