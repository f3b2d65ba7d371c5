//! What those above a tenant ask about it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Standing;
use crate::edit::{Edit, given};

/// A tenant to make, with keys and an issuer of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    #[schema(min_length = 1, max_length = 255, example = "Acme")]
    pub name: String,
    /// How it is called in URLs, its issuer's too, and never anything else; made from the name
    /// when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "acme")]
    pub slug: Option<String>,
    /// Whose it is to be; the platform's own when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub partner_id: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 254, format = "email")]
    pub contact_email: Option<String>,
}

/// What to change of a tenant from above; what is left out stays. Its settings
/// are its own, under `/tenant`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 254, format = "email")]
    pub contact_email: Edit<String>,
}

/// Whose a tenant is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferTenant {
    /// `null` for the platform's own; it has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub partner_id: Option<String>,
}

/// Which tenants to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TenantQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    /// The id of a partner: those that are its.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub partner_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Standing, required = false)]
    pub status: Option<String>,
    /// The archived ones instead of the others, for those who run the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = bool, required = false, default = false)]
    pub archived: Option<bool>,
    /// A part of the name or the slug; upper and lower case are the same, and
    /// no character has a meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, max_length = 255)]
    pub q: Option<String>,
}
