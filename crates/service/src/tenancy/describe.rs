//! What the history says of partners and tenants; of operators only who they are.

use appkeep_domain::{OperatorId, Partner, Role, Tenant};
use serde_json::{Value, json};

pub(super) fn partner(partner: &Partner) -> Value {
    json!({
        "partner_id": partner.id.to_string(),
        "slug": partner.slug.as_str(),
        "name": partner.name.as_str(),
        "contact_email": partner.contact_email.as_ref().map(appkeep_domain::Email::as_str),
        "status": partner.status.as_str(),
        "max_tenants": partner.caps.max_tenants,
        "max_users_per_tenant": partner.caps.max_users_per_tenant,
        "max_applications_per_tenant": partner.caps.max_applications_per_tenant,
        "archived_at": partner.archived_at.map(|at| at.to_string()),
    })
}

/// What is decided about it from above; its settings are another entry's.
pub(super) fn tenant(tenant: &Tenant) -> Value {
    json!({
        "tenant_id": tenant.id.to_string(),
        "partner_id": tenant.partner.map(|id| id.to_string()),
        "slug": tenant.slug.as_str(),
        "name": tenant.name.as_str(),
        "contact_email": tenant.contact_email.as_ref().map(appkeep_domain::Email::as_str),
        "status": tenant.status.as_str(),
        "archived_at": tenant.archived_at.map(|at| at.to_string()),
    })
}

pub(super) fn operator(id: OperatorId) -> Value {
    json!({ "operator_id": id.to_string() })
}

/// Somebody, and what they do where.
pub(crate) fn role(id: OperatorId, role: Role, at: &str) -> Value {
    json!({ "operator_id": id.to_string(), "role": role.as_str(), "at": at })
}

/// Somebody, whether they may sign in, and which of their fields changed.
pub(super) fn operator_with(id: OperatorId, status: &str, fields: &[&str]) -> Value {
    json!({ "operator_id": id.to_string(), "status": status, "fields": fields })
}
