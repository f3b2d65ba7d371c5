//! The routes and what lies around them.

use std::sync::LazyLock;

use appkeep_service::TENANTS;
use axum::Router;
use axum::middleware::from_fn;

use crate::idempotency::CarryOutOnce;
use crate::middleware::Passage;
use crate::mount::SLUG;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{api, gateway, oauth, openapi, operations, pages, sign_in};

/// The native API, the OAuth endpoints and the pages at every address of an
/// issuer, and what there is once.
pub fn routes(state: &AppState) -> Router<AppState> {
    let here = at_an_address(state);
    let below = format!("{TENANTS}{{{SLUG}}}");
    let there = here.clone();
    here.nest(&below, there)
        .merge(oauth::routes_before(&below))
        .merge(gateway::routes_before(&below))
        .merge(pages::routes())
        .merge(openapi::routes())
}

fn at_an_address(state: &AppState) -> Router<AppState> {
    // With their description, which takes longer to make than all else here.
    static NATIVE: LazyLock<Router<AppState>> = LazyLock::new(|| api::routes().into());
    static OAUTH: LazyLock<Router<AppState>> = LazyLock::new(|| oauth::routes().into());
    static VAULT: LazyLock<Router<AppState>> = LazyLock::new(|| api::vault().into());
    static READING: LazyLock<Router<AppState>> = LazyLock::new(|| api::reading().into());
    let once = CarryOutOnce(state.clone());
    let vault = VAULT.clone().layer(once.clone()).merge(READING.clone());
    let vault = vault
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn(api::around_the_vault));
    NATIVE
        .clone()
        .layer(once)
        .merge(vault)
        .merge(OAUTH.clone())
        .merge(sign_in::routes())
        .merge(gateway::routes())
}

/// Adds to `routes` what operators ask for, and puts around all of them what
/// every request passes, those to unknown routes too.
pub fn router(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .merge(operations::routes())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(Passage(state.clone()))
        .with_state(state)
}
