//! The tenant's settings.

use appkeep_api_types as api;
use appkeep_domain::Tenant;
use appkeep_service::{Expected, TenantUpdate};

use super::fields::edit;
use super::words::signing_algorithm;
use super::{moment, text};

pub(crate) fn tenant(tenant: &Tenant) -> api::Tenant {
    api::Tenant {
        id: tenant.id.to_string(),
        slug: tenant.slug.to_string(),
        name: tenant.name.to_string(),
        secret_rotation_overlap_s: tenant.secret_rotation_overlap.as_seconds(),
        access_token_signing_alg: signing_algorithm(tenant.access_token_signing_alg),
        logo_url: tenant.logo_url.clone(),
        colour: tenant.colour.as_ref().map(text),
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
        expected,
    }
}
