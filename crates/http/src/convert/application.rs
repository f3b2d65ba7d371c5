//! Applications, as they are shown.

use appkeep_api_types as api;
use appkeep_domain::{Application, ApplicationKind, AuditEntry, ClientKeys, OauthFacet, Owner};
use appkeep_service::{
    ApplicationView, AuditSummary, Can, Created, OauthConfig, OauthEndpoints, OauthFields,
};
use serde_json::{Map, Value};

use super::audit::actor;
use super::environment::{created_environment, environment};
use super::saml::saml;
use super::session::session_counts;
use super::words::{
    application_state, application_type, auth_method, grant_type, ownership, signing_algorithm, user_pool,
};
use super::{moment, texts};

pub(crate) fn summary(application: &Application) -> api::Application {
    let (partner, tenant) = match application.owner {
        Owner::Global => (None, None),
        Owner::Partner(id) => (Some(id), None),
        Owner::Tenant(id) => (None, Some(id)),
    };
    api::Application {
        id: application.id.to_string(),
        client_id: application.id.to_string(),
        slug: application.slug.to_string(),
        name: application.name.to_string(),
        description: application.description.clone(),
        kind: application_type(application.kind),
        state: application_state(application.state),
        user_pool: user_pool(application.user_pool),
        public_key: application.public_key.as_ref().map(ToString::to_string),
        ownership: ownership(application.owner.ownership()),
        partner_id: partner.map(|id| id.to_string()),
        tenant_id: tenant.map(|id| id.to_string()),
        tags: texts(&application.tags),
        archived_at: application.archived_at.map(moment),
        expires_at: application.expires_at.map(moment),
        created_at: moment(application.created_at),
        updated_at: moment(application.updated_at),
    }
}

pub(crate) fn detail(view: &ApplicationView) -> api::ApplicationDetail {
    let application = &view.application;
    api::ApplicationDetail {
        summary: summary(application),
        logo_url: application.logo_url.clone(),
        oauth: application.oauth.as_ref().map(oauth).unwrap_or_default(),
        saml: application.saml.as_ref().map(saml),
        environments: view.environments.iter().map(environment).collect(),
        hints: hints(view.can),
        sessions: view.sessions.map(session_counts),
        audit_summary: view.audit.as_ref().map(audit_summary),
        // Beside the application, as its history is.
        created_by: view.audit.as_ref().and(application.made_by.clone()).map(actor),
    }
}

pub(crate) fn created(created: &Created) -> api::CreatedApplication {
    let client_secret = created.client_secret.as_ref().map(|secret| secret.expose().to_owned());
    let environments = created.environments.iter().map(created_environment).collect();
    let application = api::ApplicationDetail { environments, ..detail(&created.view) };
    api::CreatedApplication { application, client_secret }
}

fn oauth(oauth: &OauthFacet) -> api::OauthConfiguration {
    let (jwks, jwks_uri) = client_keys(oauth.client_keys.as_ref());
    api::OauthConfiguration {
        redirect_uris: Some(texts(&oauth.redirect_uris)),
        post_logout_redirect_uris: Some(texts(&oauth.post_logout_redirect_uris)),
        allowed_origins: Some(texts(&oauth.allowed_origins)),
        allowed_scopes: Some(texts(&oauth.allowed_scopes)),
        audience: oauth.audience.clone(),
        allowed_resources: Some(texts(&oauth.allowed_resources)),
        access_token_ttl_s: Some(oauth.access_token_ttl.as_seconds()),
        refresh_token_ttl_s: Some(oauth.refresh_token_ttl.as_seconds()),
        refresh_token_max_age_s: Some(oauth.refresh_token_max_age.as_seconds()),
        grant_types: Some(oauth.grant_types.iter().copied().map(grant_type).collect()),
        token_endpoint_auth_method: Some(auth_method(oauth.auth_method)),
        jwks,
        jwks_uri,
        require_pkce: Some(oauth.require_pkce),
        access_token_signing_alg: oauth.access_token_signing_alg.map(signing_algorithm),
        id_token_signing_alg: oauth.id_token_signing_alg.map(signing_algorithm),
        first_party: Some(oauth.first_party),
        assignment_required: Some(oauth.assignment_required),
    }
}

pub(crate) fn oauth_config(config: &OauthConfig) -> api::ApplicationOauth {
    let OauthConfig { application, facet, endpoints } = config;
    let at = |url: fn(&OauthEndpoints) -> &String| endpoints.as_ref().map(|all| url(all).clone());
    api::ApplicationOauth {
        client_id: application.id.to_string(),
        client_type: client_type(application.kind),
        redirect_uris: texts(&facet.redirect_uris),
        require_pkce: facet.require_pkce,
        allowed_scopes: texts(&facet.allowed_scopes),
        allowed_resources: texts(&facet.allowed_resources),
        grant_types: facet.grant_types.iter().copied().map(grant_type).collect(),
        token_endpoint_auth_method: auth_method(facet.auth_method),
        authorization_url: at(|all| &all.authorization),
        token_url: at(|all| &all.token),
        gateway_url: at(|all| &all.gateway),
    }
}

const fn client_type(kind: ApplicationKind) -> api::ClientType {
    if kind.is_confidential() { api::ClientType::Confidential } else { api::ClientType::Public }
}

pub(crate) fn oauth_fields(patch: api::ApplicationOauthPatch) -> OauthFields {
    OauthFields {
        redirect_uris: patch.redirect_uris,
        require_pkce: patch.require_pkce,
        allowed_scopes: patch.allowed_scopes,
        allowed_resources: patch.allowed_resources,
        grant_types: patch.grant_types,
    }
}

/// A set was read as JSON when it was registered, so it can be read again.
fn client_keys(keys: Option<&ClientKeys>) -> (Option<Map<String, Value>>, Option<String>) {
    match keys {
        None => (None, None),
        Some(ClientKeys::Set(set)) => (serde_json::from_str(set).ok(), None),
        Some(ClientKeys::At(uri)) => (None, Some(uri.clone())),
    }
}

const fn hints(can: Can) -> api::Hints {
    api::Hints {
        can_rotate_secret: can.rotate_secret,
        can_update: can.update,
        can_disable: can.disable,
        can_enable: can.enable,
        can_archive: can.archive,
        can_restore: can.restore,
        can_delete: can.delete,
    }
}

fn audit_summary(summary: &AuditSummary) -> api::AuditSummary {
    let recent = summary.recent.iter().map(recent_change).collect();
    api::AuditSummary { recent, total: summary.total }
}

fn recent_change(entry: &AuditEntry) -> api::RecentChange {
    api::RecentChange {
        action: entry.action.clone(),
        actor: entry.actor.id.clone(),
        occurred_at: moment(entry.occurred_at),
    }
}
