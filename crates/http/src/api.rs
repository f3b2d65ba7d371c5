//! The native API: one module a noun.
//!
//! A handler has no `if`: who asks, what is asked, one call of the service, and
//! the answer's shape.

mod access;
mod access_graph;
mod agent_sessions;
mod answer;
mod api_keys;
mod applications;
mod assignments;
mod attachments;
mod audit;
mod bodies;
mod bulk;
mod connections;
mod consents;
mod credentials;
mod directory;
mod end_user_settings;
mod end_users;
mod environments;
mod groups;
mod identities;
mod impersonations;
mod integrations;
mod lifecycle;
mod lockouts;
mod members;
mod oauth;
mod operators;
mod own_integrations;
mod partners;
mod refused;
mod registration_tokens;
mod routes;
mod scopes;
mod service_accounts;
mod sessions;
mod standing;
mod tenant;
mod tenants;
mod users;
mod vault;
mod vault_sessions;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;

use self::routes::Routes;
use crate::cors::KeyPages;
use crate::extract::read_token;
use crate::state::AppState;

pub use vault_sessions::start_access_session;

pub(crate) use refused::{Guarded, Unavailable, refusal};

/// Where the native API begins.
pub(crate) const BASE: &str = "/api/v1";

/// Everything but the vault.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    Routes::new()
        .merge(applications::routes())
        .merge(lifecycle::routes())
        .merge(bulk::routes())
        .merge(credentials::routes())
        .merge(environments::routes())
        .merge(oauth::routes())
        .merge(access::routes())
        .merge(api_keys::routes())
        .merge(end_users::routes())
        .merge(end_user_settings::routes())
        .merge(connections::routes())
        .merge(identities::routes())
        .merge(users::routes())
        .merge(groups::routes())
        .merge(members::routes())
        .merge(assignments::routes())
        .merge(sessions::routes())
        .merge(agent_sessions::routes())
        .merge(impersonations::routes())
        .merge(consents::routes())
        .merge(lockouts::routes())
        .merge(directory::routes())
        .merge(integrations::routes())
        .merge(attachments::routes())
        .merge(access_graph::routes())
        .merge(own_integrations::routes())
        .merge(scopes::routes())
        .merge(tenant::routes())
        .merge(registration_tokens::routes())
        .merge(partners::routes())
        .merge(tenants::routes())
        .merge(standing::routes())
        .merge(operators::routes())
        .merge(service_accounts::routes())
        .merge(audit::routes())
        .into()
}

/// What pages come to with public keys as well.
pub(crate) fn vault() -> OpenApiRouter<AppState> {
    Routes::new().merge(vault_sessions::routes()).merge(vault::routes()).into()
}

/// What is answered anew each time, though it is a POST: it changes nothing, and
/// no answer of it is kept.
pub(crate) fn reading() -> OpenApiRouter<AppState> {
    vault::reading().into()
}

/// All of it.
pub(crate) fn described() -> OpenApiRouter<AppState> {
    routes().merge(vault()).merge(reading())
}

const PAGES: KeyPages = KeyPages {
    key: |headers| read_token(headers).ok(),
    methods: "GET, POST, PATCH, DELETE",
    sent: "accept, authorization, content-type, idempotency-key",
    shown: "idempotency-replayed, location, retry-after, www-authenticate, x-request-id",
};

/// Lets pages of any site read what their public keys and session keys are answered.
pub(crate) async fn around_the_vault(request: Request, next: Next) -> Response {
    PAGES.around(request, next).await
}
