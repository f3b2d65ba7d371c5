//! A tenant in ScaiKey's JSON.

use appkeep_api_types::Edit;
use appkeep_domain as domain;
use appkeep_http::Body;
use appkeep_service::{Expected, TenantAmendment, TenantChange, TenantFields};
use serde::{Deserialize, Serialize};

use crate::edit::edit;
use crate::scaikey::people::text;
use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Tenant {
    id: String,
    name: String,
    slug: String,
    status: &'static str,
    partner_id: Option<String>,
    contact_email: Option<String>,
    settings: Settings,
    branding: Branding,
    created_at: String,
    updated_at: String,
}

/// What a tenant decides about itself, under `/api/v1/tenant`.
#[derive(Debug, Serialize)]
struct Settings {
    secret_rotation_overlap_s: u32,
    access_token_signing_alg: &'static str,
}

/// The same of how its pages look.
#[derive(Debug, Serialize)]
struct Branding {
    logo_url: Option<String>,
    colour: Option<String>,
}

impl Tenant {
    pub(super) fn of(tenant: &domain::Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: text(&tenant.name),
            slug: tenant.slug.to_string(),
            status: words::status_of(tenant.status),
            partner_id: tenant.partner.map(|id| id.to_string()),
            contact_email: tenant.contact_email.as_ref().map(|email| email.as_str().to_owned()),
            settings: Settings {
                secret_rotation_overlap_s: tenant.secret_rotation_overlap.as_seconds(),
                access_token_signing_alg: tenant.access_token_signing_alg.as_str(),
            },
            branding: Branding {
                logo_url: tenant.logo_url.clone(),
                colour: tenant.colour.as_ref().map(ToString::to_string),
            },
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        }
    }
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Debug, Deserialize)]
pub(super) struct NewTenant {
    name: String,
    #[serde(default)]
    slug: Option<String>,
    #[serde(default)]
    partner_id: Option<String>,
    #[serde(default)]
    contact_email: Option<String>,
}

impl Body for NewTenant {
    const REQUIRED: &'static [&'static str] = &["name"];
}

impl NewTenant {
    pub(super) fn into_fields(self) -> TenantFields {
        TenantFields {
            name: self.name,
            slug: self.slug,
            partner: self.partner_id,
            contact_email: self.contact_email,
        }
    }
}

/// What is to become of one. Where nothing can stand, `null` is nothing said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    name: Option<String>,
    slug: Option<String>,
    status: Option<String>,
    partner_id: Edit<String>,
    contact_email: Edit<String>,
}

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Patch {
    pub(super) fn into_amendment(self) -> TenantAmendment {
        TenantAmendment {
            change: TenantChange {
                name: self.name,
                contact_email: edit(self.contact_email),
                expected: Expected::Any,
            },
            slug: self.slug,
            partner: edit(self.partner_id),
            status: self.status.as_deref().map(words::standing),
        }
    }
}
