//! Partners, who bring tenants and look after them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Standing;
use crate::edit::{Edit, given};

/// Somebody who brings tenants. Its tenants see its id, slug and name, and
/// `null` for the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Partner {
    #[schema(example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "reseller")]
    pub slug: String,
    #[schema(example = "Reseller")]
    pub name: String,
    #[schema(required = true, format = "email")]
    pub contact_email: Option<String>,
    #[schema(required = true)]
    pub status: Option<Standing>,
    /// How many tenants it may have; `null` for as many as it likes.
    #[schema(required = true)]
    pub max_tenants: Option<u32>,
    #[schema(required = true)]
    pub max_users_per_tenant: Option<u32>,
    #[schema(required = true)]
    pub max_applications_per_tenant: Option<u32>,
    #[schema(required = true, format = DateTime)]
    pub archived_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub created_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub updated_at: Option<String>,
}

/// A partner to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPartner {
    #[schema(min_length = 1, max_length = 255, example = "Reseller")]
    pub name: String,
    /// How it is called in URLs, and never anything else; made from the name
    /// when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "reseller")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 254, format = "email")]
    pub contact_email: Edit<String>,
    /// Those that are archived do not count; no cap when left out or `null`.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_tenants: Edit<i64>,
    /// In a tenant's own directory.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_users_per_tenant: Edit<i64>,
    /// Those that are archived do count.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_applications_per_tenant: Edit<i64>,
}

/// What to change of a partner; what is left out stays, and `null` empties what
/// can be empty. A cap below what there is lets nothing more in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 254, format = "email")]
    pub contact_email: Edit<String>,
    /// Those that are archived do not count; no cap when left out or `null`.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_tenants: Edit<i64>,
    /// In a tenant's own directory.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_users_per_tenant: Edit<i64>,
    /// Those that are archived do count.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<i64>, required = false, minimum = 0, maximum = 4_294_967_295i64)]
    pub max_applications_per_tenant: Edit<i64>,
}

/// Which partners to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnerQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
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
