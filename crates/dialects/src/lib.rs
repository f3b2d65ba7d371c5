//! The wire formats of other products, each a thin coat over the same use
//! cases: a request becomes a call of the service, and its outcome an answer in
//! that product's words.
//!
//! **Invariant:** nothing here decides anything. What a dialect cannot say in
//! terms of the model is missing in the model.

mod scaikey;

use appkeep_http::AppState;
use axum::Router;

/// Our own routes, and those of every dialect, each at its own path.
pub fn routes(state: &AppState) -> Router<AppState> {
    let native = appkeep_http::routes(state);
    let scaikey = scaikey::routes(state, &native.clone().with_state(state.clone()));
    native.nest("/scaikey", scaikey)
}
