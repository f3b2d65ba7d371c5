//! With whom an application's own users may sign in, and who they are there.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ProviderType;
use crate::edit::{Edit, given};

/// What an application is registered as with a provider, in one environment.
/// Its secret is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Connection {
    #[schema(example = "conn_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    /// By this word it is found: one of the types, or one of the application's
    /// own choosing for a provider of type `oidc`.
    #[schema(example = "google")]
    pub provider: String,
    #[serde(rename = "type")]
    pub provider_type: ProviderType,
    /// Where the provider is; `null` where everybody knows it.
    #[schema(required = true, format = "uri", example = json!(null))]
    pub issuer: Option<String>,
    /// What the provider calls the application.
    #[schema(example = "1234-abc.apps.example.com")]
    pub client_id: String,
    /// What the provider is asked for.
    #[schema(example = json!(["openid", "email", "profile"]))]
    pub scopes: Vec<String>,
    /// What people read who choose it; `null` for the provider's own name.
    #[schema(required = true)]
    pub display_name: Option<String>,
    /// Of `apple`, which key; `null` for every other.
    #[schema(required = true)]
    pub apple: Option<AppleKey>,
    /// Whether anybody may sign in with it.
    pub enabled: bool,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// By which key Apple knows an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppleKey {
    #[schema(example = "A1B2C3D4E5")]
    pub team_id: String,
    #[schema(example = "K1K2K3K4K5")]
    pub key_id: String,
}

/// A connection to be. `Debug` does not show its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// `google`, `apple`, `facebook`, `github`, `microsoft`, or a word of your
    /// own for any other that speaks OpenID Connect. It stays as it is.
    #[schema(pattern = "^[a-z0-9-]{1,50}$", example = "google")]
    pub provider: String,
    /// An https URL. Needed for a provider of your own; of `microsoft` one
    /// tenant's and of `github` an enterprise server's, if it is that. It stays
    /// as it is.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 2_048, format = "uri")]
    pub issuer: Option<String>,
    #[schema(min_length = 1, max_length = 255, example = "1234-abc.apps.example.com")]
    pub client_id: String,
    /// What the provider gave out with it; needed for all but `apple`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 1_024, format = "password")]
    pub client_secret: Option<String>,
    /// Needed for `apple`, and for no other.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NewAppleKey, required = false)]
    pub apple: Option<NewAppleKey>,
    /// At most 50, with `openid` among them where the provider gives out ID
    /// tokens. Who somebody is, and their address, when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50)]
    pub scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub display_name: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, default = true)]
    pub enabled: Option<bool>,
}

/// A key that Apple gave out. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppleKey {
    #[schema(pattern = "^[A-Z0-9]{10}$", example = "A1B2C3D4E5")]
    pub team_id: String,
    #[schema(pattern = "^[A-Z0-9]{10}$", example = "K1K2K3K4K5")]
    pub key_id: String,
    /// The `.p8` file: PEM of a P-256 key.
    #[schema(format = "password")]
    pub private_key: String,
}

/// What to change of a connection; what is left out stays. `Debug` does not show
/// its secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub client_id: Option<String>,
    /// In place of the one before.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 1_024, format = "password")]
    pub client_secret: Option<String>,
    /// In place of the one before.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NewAppleKey, required = false)]
    pub apple: Option<NewAppleKey>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50)]
    pub scopes: Option<Vec<String>>,
    /// `null` for the provider's own name.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    pub display_name: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub enabled: Option<bool>,
}

/// What ties a user to their account with a provider. `Debug` does not show who
/// they are there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    #[schema(example = "google")]
    pub provider: String,
    /// By which the provider knows them: the `sub` of its ID tokens, or what it
    /// has instead.
    #[schema(example = "10769150350006150715113082367")]
    pub subject: String,
    /// What the provider called their address when they were last there.
    #[schema(required = true, example = "ada@example.com")]
    pub email: Option<String>,
    /// Whether the provider had proved that it is theirs.
    pub email_verified: bool,
    #[schema(required = true, example = "Ada Lovelace")]
    pub name: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When they last signed in by it.
    #[schema(format = DateTime)]
    pub last_used_at: String,
}

/// A secret is not for logs, nor is who somebody is.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden! { NewConnection NewAppleKey ConnectionPatch Identity }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let hush = || Some("hush".to_owned());
        let key =
            NewAppleKey { team_id: String::new(), key_id: String::new(), private_key: "hush".to_owned() };
        let patch = ConnectionPatch { client_secret: hush(), apple: Some(key), ..ConnectionPatch::default() };
        assert_eq!(format!("{patch:?} {:?}", patch.apple), "ConnectionPatch { .. } Some(NewAppleKey { .. })");
    }
}
