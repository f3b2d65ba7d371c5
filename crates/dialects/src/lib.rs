//! The wire formats of other products, each a thin coat over the same use
//! cases: a request becomes a call of the service, and its outcome an answer in
//! that product's words.
//!
//! **Invariant:** nothing here decides anything. What a dialect cannot say in
//! terms of the model is missing in the model.

mod basistheory;
mod edit;
mod json;
mod kontext;
mod path;
mod scaikey;
mod zyphr;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::MethodRouter;

pub use zyphr::Rates as ZyphrRates;

/// Our own routes, and those of every dialect, each at its own path.
pub fn routes(state: &AppState, zyphr_rates: ZyphrRates) -> Router<AppState> {
    let native = appkeep_http::routes(state);
    let ours = native.clone().with_state(state.clone());
    let (scaikey, kontext) = (scaikey::routes(state, &ours), kontext::routes(state, &ours));
    native
        .nest("/scaikey", scaikey)
        .nest("/zyphr", zyphr::routes(state, zyphr_rates))
        .nest("/basistheory", basistheory::routes(state))
        .nest("/kontext", kontext)
}

/// The same at the path with and without a slash behind it.
fn with_slash(path: &str, methods: &MethodRouter<AppState>) -> Router<AppState> {
    Router::new().route(path, methods.clone()).route(&format!("{path}/"), methods.clone())
}
