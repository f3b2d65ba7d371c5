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

use utoipa_axum::router::OpenApiRouter;

use self::routes::Routes;
use crate::state::AppState;

pub(crate) use refused::{Guarded, Unavailable, refusal};

/// Where the native API begins.
pub(crate) const BASE: &str = "/api/v1";

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
        .merge(vault_sessions::routes())
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
        .merge(vault::routes())
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
