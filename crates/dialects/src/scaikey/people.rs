//! People in ScaiKey's JSON, wherever they are shown.

use appkeep_domain::{self as domain, Name, Slug, TenantId};
use appkeep_service::TenantLabel;
use serde::Serialize;

use super::words;

/// Somebody, and where they are.
#[derive(Debug, Serialize)]
pub(super) struct Person {
    id: String,
    email: String,
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    display_name: Option<String>,
    status: &'static str,
    tenant_id: Option<String>,
    tenant: Option<Tenant>,
}

/// The tenant that something belongs to.
#[derive(Debug, Serialize)]
pub(super) struct Tenant {
    id: String,
    name: String,
    slug: String,
}

impl Person {
    pub(super) fn of(user: &domain::User, tenant: Option<Tenant>) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            username: user.username.as_ref().map(ToString::to_string),
            first_name: user.given_name.as_ref().map(text),
            last_name: user.family_name.as_ref().map(text),
            display_name: user.name.as_ref().map(text),
            status: words::user_status(user.status),
            tenant_id: tenant.as_ref().map(|tenant| tenant.id.clone()),
            tenant,
        }
    }
}

impl Tenant {
    pub(super) fn new(id: TenantId, name: &Name, slug: &Slug) -> Self {
        Self { id: id.to_string(), name: text(name), slug: slug.to_string() }
    }

    pub(super) fn of(label: &TenantLabel) -> Self {
        Self::new(label.id, &label.name, &label.slug)
    }
}

pub(super) fn text(name: &Name) -> String {
    name.as_str().to_owned()
}
