//! An application as an OAuth client.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit::given;
use crate::{GrantType, TokenEndpointAuthMethod};

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientType {
    Public,
    Confidential,
}

/// What an application is as an OAuth client, and where it goes with it. Its
/// secret is shown when it is made, and never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationOauth {
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: String,
    /// Follows from the type of the application, and is fixed with it.
    #[serde(rename = "type")]
    pub client_type: ClientType,
    pub redirect_uris: Vec<String>,
    pub require_pkce: bool,
    pub allowed_scopes: Vec<String>,
    /// What it may name as `resource` beside its own API (RFC 8707).
    #[schema(example = json!(["mcp-gateway"]))]
    pub allowed_resources: Vec<String>,
    pub grant_types: Vec<GrantType>,
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// This and the next two are `null` for a partner's application that is asked
    /// for from outside of the partner's tenants: it is a client at each of them.
    #[schema(required = true, format = "uri")]
    pub authorization_url: Option<String>,
    #[schema(required = true, format = "uri")]
    pub token_url: Option<String>,
    /// Where it reaches what is integrated.
    #[schema(required = true, format = "uri")]
    pub gateway_url: Option<String>,
}

/// What to change of it; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationOauthPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub redirect_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub require_pkce: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 200)]
    pub allowed_scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50)]
    pub allowed_resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<GrantType>, required = false)]
    pub grant_types: Option<Vec<String>>,
}
