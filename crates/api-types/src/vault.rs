//! Tokens of the vault.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::Actor;
use crate::edit::{Edit, given};
use crate::{EnvironmentMode, Transform, VaultTokenType};

/// Data in the vault, as far as it is shown to the caller. `Debug` shows none of
/// it.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VaultToken {
    #[schema(example = "c06d0789-0a38-40be-b7cc-c28a718f76f1")]
    pub id: String,
    #[serde(rename = "type")]
    pub token_type: VaultTokenType,
    pub environment: EnvironmentMode,
    /// How much of the data is shown.
    pub transform: Transform,
    /// The plain data, or what the mask leaves of it; `null` where nothing is
    /// shown.
    #[schema(required = true, value_type = Value)]
    pub data: Option<Value>,
    /// Of which expressions the mask is made; `null` where there is none.
    #[schema(required = true, value_type = Value)]
    pub mask: Option<Value>,
    pub metadata: BTreeMap<String, String>,
    #[schema(example = "/pci/high/")]
    pub container: String,
    /// The expressions of whose values it is found.
    pub search_indexes: Vec<String>,
    /// The same for equal data of this type in this environment; `null` where
    /// nobody asked for one.
    #[schema(required = true)]
    pub fingerprint: Option<String>,
    #[schema(required = true)]
    pub fingerprint_expression: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
    /// `null` for whoever may not read the token.
    #[schema(required = true)]
    pub created_by: Option<Actor>,
    #[schema(required = true, format = DateTime)]
    pub created_at: Option<String>,
    #[schema(required = true)]
    pub modified_by: Option<Actor>,
    #[schema(required = true, format = DateTime)]
    pub modified_at: Option<String>,
}

/// What came of making a token. `Debug` does not show the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreatedVaultToken {
    pub token: VaultToken,
    /// Whether there was one with the same fingerprint, which this is.
    pub deduplicated: bool,
}

/// A token to be. `Debug` does not show it.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVaultToken {
    /// A random one when left out. An expression such as
    /// `{{ data.number | alias_card }}` makes one of the data.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 3, max_length = 1_000)]
    pub id: Option<String>,
    #[serde(rename = "type")]
    #[schema(value_type = VaultTokenType)]
    pub token_type: String,
    /// Any JSON that is of the type; at most 256 KiB.
    pub data: Value,
    /// Any JSON with expressions in it; that of the type when left out, and none
    /// where it is `null`.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Value, required = false)]
    pub mask: Edit<Value>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// That of the type when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 200, example = "/pci/high/")]
    pub container: Option<String>,
    /// Expressions; those of the type when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 10)]
    pub search_indexes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 400, example = "{{ data.number }}")]
    pub fingerprint_expression: Option<String>,
    /// Whether one of the same type and fingerprint is given back in its place;
    /// as the tenant's settings say when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub deduplicate: Option<bool>,
    /// From then on it is not there.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = DateTime)]
    pub expires_at: Option<String>,
}

/// What to change of a token; what is left out stays. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultTokenPatch {
    /// Merged with what there is (RFC 7396).
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Value, required = false)]
    pub data: Edit<Value>,
    /// Merged, too; `null` for none.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Value, required = false)]
    pub mask: Edit<Value>,
    /// Merged, too.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false)]
    pub metadata: Option<BTreeMap<String, Option<String>>>,
    /// Moves it, which needs the permission to change tokens in both.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 200)]
    pub container: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 10)]
    pub search_indexes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 400)]
    pub fingerprint_expression: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    pub expires_at: Edit<String>,
}

/// Which tokens to show, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VaultQuery {
    /// `live` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = EnvironmentMode, required = false)]
    pub environment: Option<String>,
    /// Those in this container and in what is within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub container: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[param(value_type = VaultTokenType, required = false)]
    pub token_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub fingerprint: Option<String>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}

/// What to search for: one of these, and with it a container. `Debug` does not
/// show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultSearch {
    /// The value of a search index, exactly.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub data: Option<String>,
    /// One name and its value, exactly.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub metadata: Option<BTreeMap<String, String>>,
    #[serde(rename = "type", default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = VaultTokenType, required = false)]
    pub token_type: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub fingerprint: Option<String>,
    /// Those in it and in what is within it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub container: Option<String>,
    /// The `next_cursor` of the page before.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub cursor: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}

/// Any JSON. `Debug` does not show it.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultDocument {
    pub document: Value,
}

/// What is in the vault is not for logs.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden! { VaultToken NewVaultToken VaultTokenPatch VaultSearch VaultDocument }
