//! What is asked about applications, and which part of a list is wanted.

use appkeep_api_types::{self as api, Object};
use appkeep_service::{
    ApplicationFields, ApplicationQuery, ApplicationUpdate, AuditQuery, Edit, EffectiveUserQuery, Expected,
    OwnerQuery, OwnershipFields, PageQuery, ScopeQuery,
};
use serde_json::{Map, Value};

use super::saml::saml_fields;

/// The type of the new application, and its fields.
pub(crate) fn new_application(new: api::NewApplication) -> (String, ApplicationFields) {
    let fields = ApplicationFields {
        ownership: OwnershipFields {
            ownership: new.ownership,
            partner_id: edit(new.partner_id),
            tenant_id: edit(new.tenant_id),
        },
        user_pool: new.user_pool,
        name: Some(new.name),
        longest_name: None,
        slug: new.slug,
        description: edit(new.description),
        logo_url: edit(new.logo_url),
        tags: new.tags,
        expires_at: edit(new.expires_at),
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        allowed_origins: new.allowed_origins,
        allowed_scopes: new.allowed_scopes,
        audience: edit(new.audience),
        allowed_resources: new.allowed_resources,
        access_token_ttl_s: new.access_token_ttl_s,
        refresh_token_ttl_s: new.refresh_token_ttl_s,
        refresh_token_max_age_s: new.refresh_token_max_age_s,
        grant_types: new.grant_types,
        token_endpoint_auth_method: new.token_endpoint_auth_method,
        jwks: json(new.jwks),
        jwks_uri: edit(new.jwks_uri),
        require_pkce: new.require_pkce,
        access_token_signing_alg: edit(new.access_token_signing_alg),
        id_token_signing_alg: edit(new.id_token_signing_alg),
        first_party: new.first_party,
        assignment_required: new.assignment_required,
        saml: new.saml.map(|Object(saml)| saml_fields(saml)),
    };
    (new.kind, fields)
}

pub(crate) fn application_update(patch: api::ApplicationPatch, expected: Expected) -> ApplicationUpdate {
    let fields = ApplicationFields {
        ownership: OwnershipFields {
            ownership: patch.ownership,
            partner_id: edit(patch.partner_id),
            tenant_id: edit(patch.tenant_id),
        },
        user_pool: patch.user_pool,
        name: patch.name,
        longest_name: None,
        slug: patch.slug,
        description: edit(patch.description),
        logo_url: edit(patch.logo_url),
        tags: patch.tags,
        expires_at: edit(patch.expires_at),
        redirect_uris: patch.redirect_uris,
        post_logout_redirect_uris: patch.post_logout_redirect_uris,
        allowed_origins: patch.allowed_origins,
        allowed_scopes: patch.allowed_scopes,
        audience: edit(patch.audience),
        allowed_resources: patch.allowed_resources,
        access_token_ttl_s: patch.access_token_ttl_s,
        refresh_token_ttl_s: patch.refresh_token_ttl_s,
        refresh_token_max_age_s: patch.refresh_token_max_age_s,
        grant_types: patch.grant_types,
        token_endpoint_auth_method: patch.token_endpoint_auth_method,
        jwks: json(patch.jwks),
        jwks_uri: edit(patch.jwks_uri),
        require_pkce: patch.require_pkce,
        access_token_signing_alg: edit(patch.access_token_signing_alg),
        id_token_signing_alg: edit(patch.id_token_signing_alg),
        first_party: patch.first_party,
        assignment_required: patch.assignment_required,
        saml: patch.saml.map(|Object(saml)| saml_fields(saml)),
    };
    ApplicationUpdate { kind: patch.kind, client_id: patch.client_id, expected, fields }
}

pub(crate) fn application_query(query: api::ApplicationQuery) -> ApplicationQuery {
    ApplicationQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        of: OwnerQuery { ownership: query.ownership, tenant: query.tenant_id, partner: query.partner_id },
        kind: query.kind,
        state: query.state,
        text: query.q,
        tag: query.tag,
        created_by: query.created_by,
        archived: query.archived,
    }
}

pub(crate) fn audit_query(query: api::AuditQuery) -> AuditQuery {
    AuditQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        of: OwnershipFields {
            ownership: query.ownership,
            partner_id: query.partner_id.map_or(Edit::Keep, Edit::Set),
            tenant_id: query.tenant_id.map_or(Edit::Keep, Edit::Set),
        },
        application: query.application,
        actor: query.actor,
        action: query.action,
        noun: query.resource_type,
        about: query.resource_id,
        from: query.from,
        until: query.until,
    }
}

pub(crate) fn scope_query(query: api::ScopeQuery) -> ScopeQuery {
    ScopeQuery { page: PageQuery { cursor: query.cursor, limit: query.limit } }
}

pub(crate) fn effective_user_query(query: api::EffectiveUserQuery) -> EffectiveUserQuery {
    EffectiveUserQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        tenant: query.tenant_id,
    }
}

pub(crate) fn page_query(query: api::PageQuery) -> PageQuery {
    PageQuery { cursor: query.cursor, limit: query.limit }
}

pub(super) fn edit(edit: api::Edit<String>) -> Edit<String> {
    match edit {
        api::Edit::Keep => Edit::Keep,
        api::Edit::Clear => Edit::Clear,
        api::Edit::Set(value) => Edit::Set(value),
    }
}

pub(super) fn json(edit: api::Edit<Map<String, Value>>) -> Edit<String> {
    match edit {
        api::Edit::Keep => Edit::Keep,
        api::Edit::Clear => Edit::Clear,
        api::Edit::Set(members) => Edit::Set(Value::Object(members).to_string()),
    }
}
