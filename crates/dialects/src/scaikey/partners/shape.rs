//! A partner in ScaiKey's JSON.

use appkeep_api_types::Edit;
use appkeep_domain as domain;
use appkeep_http::Body;
use appkeep_service::{Expected, PartnerAmendment, PartnerFields, PartnerUpdate, PartnerView};
use serde::{Deserialize, Serialize};

use crate::edit::edit;
use crate::scaikey::people::text;
use crate::scaikey::words;

/// As it is shown; to its tenants, which one it is and no more.
#[derive(Debug, Serialize)]
pub(super) struct Partner {
    id: String,
    name: String,
    slug: String,
    #[serde(flatten)]
    rest: Option<Rest>,
}

#[derive(Debug, Serialize)]
struct Rest {
    status: &'static str,
    contact_email: Option<String>,
    max_tenants: Option<u32>,
    max_users_per_tenant: Option<u32>,
    max_applications_per_tenant: Option<u32>,
    created_at: String,
    updated_at: String,
}

impl Partner {
    pub(super) fn of(view: &PartnerView) -> Self {
        let partner = &view.partner;
        Self {
            id: partner.id.to_string(),
            name: text(&partner.name),
            slug: partner.slug.to_string(),
            rest: view.is_whole.then(|| Rest::of(partner)),
        }
    }
}

impl Rest {
    fn of(partner: &domain::Partner) -> Self {
        Self {
            status: words::status_of(partner.status),
            contact_email: partner.contact_email.as_ref().map(|email| email.as_str().to_owned()),
            max_tenants: partner.caps.max_tenants,
            max_users_per_tenant: partner.caps.max_users_per_tenant,
            max_applications_per_tenant: partner.caps.max_applications_per_tenant,
            created_at: partner.created_at.to_string(),
            updated_at: partner.updated_at.to_string(),
        }
    }
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct NewPartner(Said);

impl Body for NewPartner {
    const REQUIRED: &'static [&'static str] = &["name"];
}

/// What is to become of one.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Patch(Said);

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Whatever is said of one. Where nothing can stand, `null` is nothing said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    name: Option<String>,
    slug: Option<String>,
    status: Option<String>,
    contact_email: Edit<String>,
    max_tenants: Edit<i64>,
    max_users_per_tenant: Edit<i64>,
    max_applications_per_tenant: Edit<i64>,
}

impl NewPartner {
    pub(super) fn into_fields(self) -> PartnerFields {
        let Self(mut said) = self;
        let slug = said.slug.take();
        PartnerFields { slug, ..said.into_fields() }
    }
}

impl Patch {
    pub(super) fn into_amendment(self) -> PartnerAmendment {
        let Self(mut said) = self;
        let (slug, status) = (said.slug.take(), said.status.as_deref().map(words::standing));
        let update = PartnerUpdate { expected: Expected::Any, fields: said.into_fields() };
        PartnerAmendment { update, slug, status }
    }
}

impl Said {
    fn into_fields(self) -> PartnerFields {
        PartnerFields {
            name: self.name,
            slug: None,
            contact_email: edit(self.contact_email),
            max_tenants: edit(self.max_tenants),
            max_users_per_tenant: edit(self.max_users_per_tenant),
            max_applications_per_tenant: edit(self.max_applications_per_tenant),
        }
    }
}
