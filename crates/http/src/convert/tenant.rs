//! Tenants, from above and from within.

use appkeep_api_types as api;
use appkeep_domain::Tenant;
use appkeep_domain::access::Deduplication;
use appkeep_service::{Expected, PageQuery, TenantChange, TenantFields, TenantQuery, TenantUpdate};

use super::fields::edit;
use super::words::{registration_mode, signing_algorithm, standing};
use super::{moment, text};

pub(crate) fn tenant(tenant: &Tenant) -> api::Tenant {
    api::Tenant {
        id: tenant.id.to_string(),
        slug: tenant.slug.to_string(),
        name: tenant.name.to_string(),
        partner_id: tenant.partner.as_ref().map(text),
        contact_email: tenant.contact_email.as_ref().map(|email| email.as_str().to_owned()),
        status: standing(tenant.status),
        archived_at: tenant.archived_at.map(moment),
        secret_rotation_overlap_s: tenant.secret_rotation_overlap.as_seconds(),
        access_token_signing_alg: signing_algorithm(tenant.access_token_signing_alg),
        logo_url: tenant.logo_url.clone(),
        colour: tenant.colour.as_ref().map(text),
        fingerprint_tokens: tenant.vault.fingerprint_tokens,
        deduplicate_tokens: tenant.vault.deduplicate_tokens,
        token_deduplication_behavior: match tenant.vault.deduplication {
            Deduplication::ReadExisting => api::Deduplication::ReadExisting,
            Deduplication::UpdateExisting => api::Deduplication::UpdateExisting,
        },
        client_registration: registration_mode(tenant.registration.mode),
        unused_registration_ttl_s: tenant.registration.unused_ttl.as_seconds(),
        created_at: moment(tenant.created_at),
        updated_at: moment(tenant.updated_at),
    }
}

pub(crate) fn tenant_update(patch: api::TenantPatch, expected: Expected) -> TenantUpdate {
    TenantUpdate {
        name: patch.name,
        secret_rotation_overlap_s: patch.secret_rotation_overlap_s,
        access_token_signing_alg: patch.access_token_signing_alg,
        logo_url: edit(patch.logo_url),
        colour: edit(patch.colour),
        fingerprint_tokens: patch.fingerprint_tokens,
        deduplicate_tokens: patch.deduplicate_tokens,
        token_deduplication_behavior: patch.token_deduplication_behavior,
        client_registration: patch.client_registration,
        unused_registration_ttl_s: patch.unused_registration_ttl_s,
        expected,
    }
}

pub(crate) fn new_tenant(new: api::NewTenant) -> TenantFields {
    TenantFields { name: new.name, slug: new.slug, partner: new.partner_id, contact_email: new.contact_email }
}

pub(crate) fn tenant_change(patch: api::TenantChange, expected: Expected) -> TenantChange {
    TenantChange { name: patch.name, contact_email: edit(patch.contact_email), expected }
}

pub(crate) fn tenant_query(query: api::TenantQuery) -> TenantQuery {
    TenantQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        partner: query.partner_id,
        status: query.status,
        archived: query.archived,
        text: query.q,
    }
}
