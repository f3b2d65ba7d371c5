//! People who sign in.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::UserStatus;
use crate::edit::{Edit, given};

/// Somebody in the tenant's directory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The `sub` of their tokens; never given to another.
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Whether it was shown that mail to that address reaches them.
    pub email_verified: bool,
    #[schema(required = true, example = "ada")]
    pub username: Option<String>,
    #[schema(required = true, example = "+4930123456")]
    pub phone: Option<String>,
    #[schema(required = true, example = "Ada Lovelace")]
    pub name: Option<String>,
    #[schema(required = true, example = "Ada")]
    pub given_name: Option<String>,
    #[schema(required = true, example = "Lovelace")]
    pub family_name: Option<String>,
    #[schema(required = true, format = "uri")]
    pub picture: Option<String>,
    #[schema(required = true, example = "en-GB")]
    pub locale: Option<String>,
    pub status: UserStatus,
    /// What applications keep with the user, for themselves.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// What the tenant knows of the user beyond the members above.
    #[schema(value_type = Object)]
    pub custom_attributes: Map<String, Value>,
    #[schema(required = true, format = DateTime)]
    pub last_sign_in_at: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// The same, and what only a look at one of them tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserDetail {
    #[serde(flatten)]
    pub user: User,
    /// When the password was set; `null` when they have none.
    #[schema(required = true, format = DateTime)]
    pub password_changed_at: Option<String>,
    /// Whether they are asked for a code after their password.
    pub mfa_enabled: bool,
    /// How often in a row somebody gave a wrong password, in the last 24 hours.
    #[schema(example = 0)]
    pub failed_sign_ins: u32,
    /// Until then no password is looked at, after too many failures; `null`
    /// when it is. `POST /users/{user_id}/unlock` ends it.
    #[schema(required = true, format = DateTime)]
    pub locked_until: Option<String>,
}

/// Somebody new. What is left out is empty.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Taken once in the tenant, case aside.
    #[schema(max_length = 254, format = "email", example = "ada@example.com")]
    pub email: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, default = false)]
    pub email_verified: Option<bool>,
    /// Signs in as well as the address does; taken once in the tenant, case
    /// aside. It has no space and no `@`.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 64, example = "ada")]
    pub username: Edit<String>,
    /// In the international form of E.164.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, pattern = r"^\+[1-9][0-9]{2,14}$", example = "+4930123456")]
    pub phone: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255, example = "Ada Lovelace")]
    pub name: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255, example = "Ada")]
    pub given_name: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255, example = "Lovelace")]
    pub family_name: Edit<String>,
    /// An https URL.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub picture: Edit<String>,
    /// A language tag of BCP 47.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 2, max_length = 35, example = "en-GB")]
    pub locale: Edit<String>,
    /// `active` when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserStatus, required = false)]
    pub status: Option<String>,
    /// At most 1,000 names and 16 KiB. A name whose value is `null` is not kept.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub metadata: Edit<Map<String, Value>>,
    /// At most 50 names and 16 KiB. A name whose value is `null` is not kept.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub custom_attributes: Edit<Map<String, Value>>,
}

/// What to change of a user; what is left out stays, and `null` empties it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// Another address is not verified, unless `email_verified` says so.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 254, format = "email")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub email_verified: Option<bool>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 64)]
    pub username: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, pattern = r"^\+[1-9][0-9]{2,14}$")]
    pub phone: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub name: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub given_name: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub family_name: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub picture: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 2, max_length = 35)]
    pub locale: Edit<String>,
    /// `suspended` keeps them from signing in, `active` lets them again.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserStatus, required = false)]
    pub status: Option<String>,
    /// Names that are not in it stay; `null` removes one.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub metadata: Edit<Map<String, Value>>,
    /// Names that are not in it stay; `null` removes one.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub custom_attributes: Edit<Map<String, Value>>,
}

/// A password for a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// As long as the directory asks for, and of at most 1,024 bytes; any
    /// characters will do.
    #[schema(
        min_length = 8,
        max_length = 1_024,
        format = "password",
        example = "correct horse battery staple"
    )]
    pub password: String,
}

/// Which users to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = UserStatus, required = false)]
    pub status: Option<String>,
    /// The whole address; upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub email: Option<String>,
    /// The whole user name; upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub username: Option<String>,
    /// The id of a group: who is in it, not by way of another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub group: Option<String>,
    /// A part of the address, the user name, a name, the phone or the id; upper
    /// and lower case are the same, and no character has a meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, max_length = 255)]
    pub q: Option<String>,
}

/// A person's data is not for logs, and a password even less.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden! { User UserDetail NewUser UserPatch SetPassword }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_password_nor_an_address_is_shown() {
        let set = SetPassword { password: "hunter2hunter2".to_owned() };
        let patch = UserPatch { email: Some("ada@example.com".to_owned()), ..UserPatch::default() };
        assert_eq!(format!("{set:?} {patch:?}"), "SetPassword { .. } UserPatch { .. }");
    }
}
