//! Applications that register themselves (RFC 7591, RFC 7592), and the tokens
//! that let them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::audit::Actor;
use crate::edit::given;

/// What an application says of itself (RFC 7591 §2). Members that are not here
/// are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientMetadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["https://app.example/callback"]))]
    pub redirect_uris: Option<Vec<String>>,
    /// OpenID Connect RP-Initiated Logout 1.0 §3.1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// `none`, `client_secret_basic`, which it is when left out, `client_secret_post`
    /// or `private_key_jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "none")]
    pub token_endpoint_auth_method: Option<String>,
    /// `authorization_code`, which it is when left out, `refresh_token`, and for
    /// whoever brings an initial access token `client_credentials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub grant_types: Option<Vec<String>>,
    /// `code`, or nothing where nobody signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub response_types: Option<Vec<String>>,
    /// `web` or `native` (OpenID Connect Dynamic Client Registration 1.0 §2); what
    /// the redirect URIs look like when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub application_type: Option<String>,
    /// Shown to people; the client's id when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 255, example = "Notes")]
    pub client_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "uri")]
    pub client_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "uri")]
    pub logo_uri: Option<String>,
    /// What it may ask for, with a space between each; who somebody is when left
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "openid profile email")]
    pub scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 20)]
    pub contacts: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "uri")]
    pub tos_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "uri")]
    pub policy_uri: Option<String>,
    /// For `private_key_jwt`: a JWK Set (RFC 7517 §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub jwks: Option<Map<String, Value>>,
    /// For `private_key_jwt`: where such a set is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "uri")]
    pub jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 255)]
    pub software_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 255)]
    pub software_version: Option<String>,
    /// OpenID Connect Dynamic Client Registration 1.0 §2
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "RS256")]
    pub id_token_signed_response_alg: Option<String>,
}

/// What an application says in place of what it said before (RFC 7592 §2.2).
/// `Debug` is left out, because secrets are among it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientUpdate {
    /// Its own; has to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: Option<String>,
    /// Its own, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_secret: Option<String>,
    /// Must not be there, nor the three that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub registration_access_token: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub registration_client_uri: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub client_id_issued_at: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub client_secret_expires_at: Option<Value>,
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}

/// An application that registered itself, as it is registered (RFC 7591 §3.2.1,
/// RFC 7592 §3). `Debug` does not show its secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisteredClient {
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: String,
    /// Shown this once, where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "ias_…")]
    pub client_secret: Option<String>,
    /// In seconds since 1970.
    pub client_id_issued_at: i64,
    /// 0, which is never; beside `client_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    pub client_secret_expires_at: Option<i64>,
    /// For `registration_client_uri`, and nothing else.
    #[schema(example = "rat_…")]
    pub registration_access_token: String,
    #[schema(format = "uri")]
    pub registration_client_uri: String,
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}

/// An initial access token, which lets applications register themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationToken {
    #[schema(example = "rgt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    /// For whom or for what it was made.
    #[schema(required = true, example = "Developers")]
    pub name: Option<String>,
    /// How it ends.
    #[schema(example = "1nPa")]
    pub last_four: String,
    /// How many it has let in.
    pub uses: u32,
    /// How many it lets in.
    pub max_uses: u32,
    pub created_by: Actor,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// The same when it was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeRegistrationToken {
    #[serde(flatten)]
    pub registration_token: RegistrationToken,
    /// Shown this once.
    #[schema(example = "iat_…")]
    pub token: String,
}

/// An initial access token to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistrationToken {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255, example = "Developers")]
    pub name: Option<String>,
    /// How many applications it lets in; one when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 10_000)]
    pub max_uses: Option<i64>,
    /// At most a year from now; a week from now when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = DateTime)]
    pub expires_at: Option<String>,
}

/// Whoever reads a log is not the client.
impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Whoever reads a log is not to register anything.
impl fmt::Debug for MadeRegistrationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeRegistrationToken")
            .field("id", &self.registration_token.id)
            .finish_non_exhaustive()
    }
}
