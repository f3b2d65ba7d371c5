//! People who run the platform, a partner or a tenant.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::edit::{Edit, given};
use crate::{Role, UserStatus};

/// Somebody who runs something, with those of their roles that the caller could
/// give and take.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operator {
    #[schema(example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(format = "email", example = "ada@example.com")]
    pub email: String,
    #[schema(required = true, example = "Ada Lovelace")]
    pub name: Option<String>,
    pub status: UserStatus,
    pub roles: Vec<OperatorRole>,
    #[schema(required = true, format = DateTime)]
    pub last_sign_in_at: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// A role, and where it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorRole {
    pub role: Role,
    /// `platform`, or the id of a partner or a tenant.
    #[schema(example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub at: String,
}

/// An operator, and how signing in goes for them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorDetail {
    #[serde(flatten)]
    pub operator: Operator,
    /// When their password was set; `null` when they have none.
    #[schema(required = true, format = DateTime)]
    pub password_changed_at: Option<String>,
    /// How often in a row signing in as them failed, of late.
    pub failed_sign_ins: u32,
    /// Until then no password is looked at.
    #[schema(required = true, format = DateTime)]
    pub locked_until: Option<String>,
}

/// Somebody to run something. An operator whom the caller sees is given the role;
/// everybody else is `pending` until they accept by choosing a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOperator {
    #[schema(max_length = 254, format = "email", example = "ada@example.com")]
    pub email: String,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub name: Edit<String>,
    #[schema(value_type = Role, example = "admin")]
    pub role: String,
    /// `platform`, or the id of a partner or a tenant.
    #[schema(example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub at: String,
}

/// What to change of an operator; what is left out stays. Roles are given and
/// taken by themselves.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 254, format = "email")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub name: Edit<String>,
    /// `suspended` keeps them from signing in and signs them out, `active` lets
    /// them again.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserStatus, required = false)]
    pub status: Option<String>,
}

/// Which operators to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperatorQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}

/// A person's data is not for logs.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden! { Operator OperatorDetail NewOperator OperatorPatch }
