//! What a tenant lets its applications reach.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::Actor;
use crate::edit::{Edit, given};

/// A server of tools, or an API, that applications reach for their people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Integration {
    #[schema(example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "GitHub")]
    pub name: String,
    #[schema(example = "https://api.example.com/mcp/", format = "uri")]
    pub url: String,
    pub category: IntegrationCategory,
    pub auth_mode: IntegrationAuthMode,
    /// What people are asked to allow.
    #[schema(example = json!(["repo"]))]
    pub scopes: Vec<String>,
    #[schema(required = true, example = "github")]
    pub provider: Option<String>,
    #[schema(required = true, format = "uri")]
    pub issuer: Option<String>,
    /// Whether there is a token that is the same for everybody. It is not shown.
    pub server_token_configured: bool,
    /// Whether it was said as what we are registered there.
    pub oauth_client_configured: bool,
    /// Of what somebody's token is made: a JSON Schema.
    #[schema(required = true, value_type = Option<Map<String, Value>>)]
    pub credential_schema: Option<Map<String, Value>>,
    pub capabilities: Capabilities,
    /// What came of the last attempt to reach it; `null` where none was made
    /// since its URL or the way of authentication changed.
    #[schema(required = true)]
    pub validation_status: Option<IntegrationValidationStatus>,
    /// The same for people.
    #[schema(required = true)]
    pub validation_message: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub validated_at: Option<String>,
    /// Who gives out tokens for it, if it said so then.
    #[schema(required = true)]
    pub oauth_metadata: Option<IntegrationMetadata>,
    pub created_by: Actor,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    #[schema(required = true, format = DateTime)]
    pub archived_at: Option<String>,
}

/// What an integration offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Capabilities {
    pub tools: bool,
    pub resources: bool,
    pub prompts: bool,
}

/// What an authorization server says of itself (RFC 8414).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntegrationMetadata {
    #[schema(format = "uri")]
    pub issuer: String,
    #[schema(format = "uri")]
    pub authorization_endpoint: String,
    #[schema(format = "uri")]
    pub token_endpoint: String,
    /// What tokens for the integration are asked for (RFC 8707).
    #[schema(required = true)]
    pub resource: Option<String>,
    pub scopes_supported: Vec<String>,
}

/// By which way an integration is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationCategory {
    /// A server of tools elsewhere, by way of the gateway.
    GatewayRemoteMcp,
    /// One that gets its credentials here and is reached by itself.
    InternalMcpCredentials,
}

/// What an integration is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationAuthMode {
    /// A token that each person allowed us to get.
    Oauth,
    /// A token that each person brought.
    UserToken,
    /// The same token for everybody.
    ServerToken,
    None,
}

/// What came of an attempt to reach an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationValidationStatus {
    /// It is there, and asks for what was said that it does.
    Valid,
    /// It is there, and does not take what it was shown.
    Unauthorized,
    /// There was no answer, or it is nowhere that we go.
    Unreachable,
    /// Something else answered.
    Invalid,
}

/// An integration to make. `Debug` does not show its token.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntegration {
    /// Taken once among the tenant's that are not archived, case aside.
    #[schema(min_length = 1, max_length = 255, example = "GitHub")]
    pub name: String,
    /// Absolute, `http` or `https`, without user information or fragment. It is
    /// not looked up.
    #[schema(max_length = 2_048, example = "https://api.example.com/mcp/", format = "uri")]
    pub url: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IntegrationCategory, required = false, default = "gateway_remote_mcp")]
    pub category: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IntegrationAuthMode, required = false, default = "none")]
    pub auth_mode: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 100, example = "github")]
    pub provider: Edit<String>,
    /// An https URL.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_048, format = "uri")]
    pub issuer: Edit<String>,
    /// Needed for `auth_mode` `server_token`, and for no other. It is not shown
    /// again.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 4_096, format = "password")]
    pub server_token: Option<String>,
    /// At most 16 KiB.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Map<String, Value>>, required = false)]
    pub credential_schema: Edit<Map<String, Value>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CapabilitiesPatch, required = false)]
    pub capabilities: Option<CapabilitiesPatch>,
    /// Brings back an archived integration that is called so, as what is said
    /// here; without it such a name is refused.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, default = false)]
    pub confirm_unarchive: Option<bool>,
}

/// What to change of an integration; what is left out stays, and `null` empties
/// it. `Debug` does not show its token.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Another one ends what people had with the integration; at another host
    /// it needs its `server_token` again.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 2_048, format = "uri")]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IntegrationCategory, required = false)]
    pub category: Option<String>,
    /// Another one ends what people had with the integration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IntegrationAuthMode, required = false)]
    pub auth_mode: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 100)]
    pub provider: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_048, format = "uri")]
    pub issuer: Edit<String>,
    /// In place of the one before.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 4_096, format = "password")]
    pub server_token: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Map<String, Value>>, required = false)]
    pub credential_schema: Edit<Map<String, Value>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CapabilitiesPatch, required = false)]
    pub capabilities: Option<CapabilitiesPatch>,
}

/// What to say of what an integration offers; what is left out stays, and is
/// `false` of a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapabilitiesPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub tools: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub resources: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub prompts: Option<bool>,
}

/// Which integrations to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IntegrationQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    /// A part of the name; upper and lower case are the same, and no character
    /// has a meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, max_length = 255)]
    pub q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = IntegrationCategory, required = false)]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = IntegrationAuthMode, required = false)]
    pub auth_mode: Option<String>,
    /// Those that are archived, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = bool, required = false, default = false)]
    pub archived: Option<bool>,
}

/// What is known of who gives out tokens for an integration, and of us there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntegrationOauth {
    /// `null` where nothing was said.
    #[schema(required = true)]
    pub client_id: Option<String>,
    /// Whether there is a secret beside it. It is not shown.
    pub client_secret_configured: bool,
    /// In the place of what the integration says; `null` where nothing was said.
    #[schema(required = true)]
    pub authorization_url: Option<String>,
    #[schema(required = true)]
    pub token_url: Option<String>,
    /// In the place of the integration's own.
    #[schema(required = true)]
    pub scopes: Option<Vec<String>>,
    /// Where people come back to: to be registered there.
    #[schema(format = "uri")]
    pub redirect_uri: String,
    /// What was found when the integration was last reached.
    #[schema(required = true)]
    pub metadata: Option<IntegrationMetadata>,
}

/// As what we are registered with whoever gives out tokens for an integration.
/// `Debug` does not show its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIntegrationOauth {
    #[schema(min_length = 1, max_length = 255, example = "Iv1.0123456789abcdef")]
    pub client_id: String,
    /// Left out, there is none. It is not shown again.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 4_096, format = "password")]
    pub client_secret: Option<String>,
    /// An https URL. Left out, it is what the integration says.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 2_048, format = "uri")]
    pub authorization_url: Option<String>,
    /// The same; needed beside a secret, which is sent there, and wherever the
    /// other of the two URLs is said.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 2_048, format = "uri")]
    pub token_url: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub scopes: Option<Vec<String>>,
}

/// An integration that an application reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachedIntegration {
    #[schema(example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub integration_id: String,
    #[schema(example = "GitHub")]
    pub name: String,
    pub category: IntegrationCategory,
    pub auth_mode: IntegrationAuthMode,
    #[schema(format = DateTime)]
    pub attached_at: String,
}

/// Which integrations an application reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationIds {
    #[schema(max_items = 200, example = json!(["int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"]))]
    pub integration_ids: Vec<String>,
}

/// What somebody has with an integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntegrationConnection {
    pub connected: bool,
    pub status: IntegrationConnectionStatus,
    #[schema(required = true, format = DateTime)]
    pub connected_at: Option<String>,
    /// When what they have is no longer taken, if somebody said so; others may
    /// be had without them.
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
}

/// Who has something with an integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConnectedUser {
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: String,
    pub status: IntegrationConnectionStatus,
    #[schema(required = true, format = DateTime)]
    pub connected_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
}

/// Whether what somebody has with an integration is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationConnectionStatus {
    Connected,
    /// They have to connect again.
    Expired,
    /// They have nothing.
    None,
}

/// A token that somebody brings for an integration. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnIntegrationToken {
    #[schema(min_length = 1, max_length = 4_096, format = "password")]
    pub token: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = DateTime)]
    pub expires_at: Option<String>,
}

/// To where somebody is to come back who is sent to an integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationDeparture {
    /// One of the application's redirect URIs.
    #[schema(example = "https://shop.example/callback", format = "uri")]
    pub return_to: String,
}

/// Where somebody's browser is to be sent. `Debug` does not show the state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntegrationAuthorization {
    /// A page of ours, which leads on to whoever gives out tokens there. It is
    /// good for the first browser that opens it.
    #[schema(format = "uri")]
    pub connect_url: String,
    /// What they bring back; good once.
    pub state: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What somebody's browser brought back. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationArrival {
    pub state: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = "password")]
    pub code: Option<String>,
    /// In the place of a code.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "access_denied")]
    pub error: Option<String>,
}

/// A secret is not for logs.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden! {
    NewIntegration IntegrationPatch NewIntegrationOauth OwnIntegrationToken IntegrationAuthorization
    IntegrationArrival
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let patch = IntegrationPatch { server_token: Some("hush".to_owned()), ..IntegrationPatch::default() };
        assert_eq!(format!("{patch:?}"), "IntegrationPatch { .. }");
    }
}
