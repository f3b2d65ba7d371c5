//! The shapes of the OAuth endpoints, as their RFCs have them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{GrantType, SigningAlgorithm, TokenEndpointAuthMethod};

/// A token request (RFC 6749 §4.4.2), as far as it is described: the server
/// reads the form itself, because a parameter may be there once only.
#[derive(Clone, Serialize, ToSchema)]
pub struct TokenForm {
    pub grant_type: OfferedGrantType,
    /// For `authorization_code` (RFC 6749 §4.1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub code: Option<String>,
    /// As in the authorization request, if it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub redirect_uri: Option<String>,
    /// RFC 7636 §4.5
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub code_verifier: Option<String>,
    /// For `refresh_token` (RFC 6749 §6).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub refresh_token: Option<String>,
    /// For token exchange (RFC 8693 §2.1): for whom the new token is to speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub subject_token: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, `urn:kontext:user-id` or
    /// `urn:kontext:confidential-client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub subject_token_type: Option<String>,
    /// An access token of whoever is to act for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub actor_token: Option<String>,
    /// Beside `actor_token`: `urn:ietf:params:oauth:token-type:access_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub actor_token_type: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub requested_token_type: Option<String>,
    /// Separated by spaces; everything that the client may have when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "applications:read applications:write")]
    pub scope: Option<String>,
    /// Whose API the token is for; this server's own when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub audience: Option<String>,
    /// As `audience` (RFC 8707 §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub resource: Option<String>,
    #[serde(flatten)]
    pub client: ClientProof,
}

/// What the token endpoint gives tokens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferedGrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// RFC 8693
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

/// How a client proves in the body who it is, when no `Authorization` header
/// does. `Debug` is left out, because secrets are among it.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct ClientProof {
    /// Beside `client_secret`; beside `client_assertion` it may be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: Option<String>,
    /// For `client_secret_post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_secret: Option<String>,
    /// For `private_key_jwt`: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_assertion_type: Option<String>,
    /// For `private_key_jwt` (RFC 7523 §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_assertion: Option<String>,
}

/// An access token (RFC 6749 §5.1). `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// A JWT (RFC 9068); of an integration, whatever that takes.
    pub access_token: String,
    /// What `access_token` is, after an exchange (RFC 8693 §2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "urn:ietf:params:oauth:token-type:access_token")]
    pub issued_token_type: Option<String>,
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// In seconds; of an integration's only where that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, example = 3_600)]
    pub expires_in: Option<u32>,
    /// What was granted, separated by spaces.
    #[schema(example = "applications:read applications:write")]
    pub scope: String,
    /// For a person who was asked for `offline_access`. Good for one use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub refresh_token: Option<String>,
    /// For a person who was asked for `openid` (OIDC Core §3.1.3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub id_token: Option<String>,
    /// Which integration's it is, after an exchange for one of the client's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "git")]
    pub provider_handle: Option<String>,
    /// Who runs that, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "github")]
    pub provider_kind: Option<String>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// What an application learns of a person (OIDC Core §5.3.2), as far as the
/// scopes of its token open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserInfo {
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub sub: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub claims: Map<String, Value>,
}

/// A person's data is not for logs.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").field("sub", &self.sub).finish_non_exhaustive()
    }
}

/// A question about a token (RFC 7662 §2.1), as far as it is described.
#[derive(Clone, Serialize, ToSchema)]
pub struct IntrospectionForm {
    pub token: String,
    /// Taken and not needed: a token is known by its form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "access_token")]
    pub token_type_hint: Option<String>,
    #[serde(flatten)]
    pub client: ClientProof,
}

/// A token to end (RFC 7009 §2.1), as far as it is described.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevocationForm {
    pub token: String,
    /// Taken and not needed: a token is known by its form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "access_token")]
    pub token_type_hint: Option<String>,
    #[serde(flatten)]
    pub client: ClientProof,
}

/// What is to be said of a token (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum IntrospectionAnswer {
    Active(Box<Introspection>),
    Inactive(Inactive),
}

/// A token that is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Introspection {
    /// Always `true`.
    #[schema(example = true)]
    pub active: bool,
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub client_id: String,
    pub jti: String,
    pub scope: String,
    pub exp: i64,
    pub iat: i64,
    /// The tenant at whose address it was issued; not there for what a GLOBAL
    /// application got for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub tenant_id: Option<String>,
    /// Whose that tenant was when it was issued, if somebody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub partner_id: Option<String>,
    /// Who owns the application: `GLOBAL`, `PARTNER` or `TENANT`.
    #[schema(example = "TENANT")]
    pub app_scope: String,
    /// `true` for what a GLOBAL application got for itself, and else not there.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schema(required = false)]
    pub platform_token: bool,
    /// What the person administers, at the highest level where they do:
    /// `super_admin`, `partner_admin` or `tenant_admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub role: Option<String>,
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// The session of the person whom the token speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub sid: Option<String>,
    /// When that person proved who they are, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    pub auth_time: Option<i64>,
    /// Who acts as that person, if somebody does (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Act, required = false)]
    pub act: Option<Act>,
    /// By which impersonation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub impersonation_id: Option<String>,
}

/// Who acts as somebody else: an operator, or an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Act {
    #[schema(example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub sub: String,
    /// By which application, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_id: Option<String>,
    /// Who did before, of the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub act: Option<Box<Self>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(member: &bool) -> bool {
    !*member
}

/// A token that is unknown, ended or none of the caller's business; nothing
/// more is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Inactive {
    /// Always `false`.
    #[schema(example = false)]
    pub active: bool,
}

/// Why a request was refused (RFC 6749 §5.2), with two members more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OauthRefusal {
    #[schema(example = "invalid_client")]
    pub error: String,
    #[schema(example = "client authentication failed")]
    pub error_description: String,
    /// The same sentence, under the name it has in the native API.
    #[schema(example = "client authentication failed")]
    pub message: String,
    /// Also the `x-request-id` of the answer.
    #[schema(example = "req_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub request_id: String,
}

/// What this authorization server can do (RFC 8414 §2, OpenID Connect
/// Discovery 1.0 §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the standards have one member for each ability")]
pub struct ServerMetadata {
    #[schema(example = "https://id.example.com")]
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub end_session_endpoint: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    /// RFC 7591 §3; where applications may register themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub registration_endpoint: Option<String>,
    pub jwks_uri: String,
    pub grant_types_supported: Vec<GrantType>,
    pub response_types_supported: Vec<String>,
    pub response_modes_supported: Vec<String>,
    pub code_challenge_methods_supported: Vec<String>,
    /// RFC 9207 §3
    pub authorization_response_iss_parameter_supported: bool,
    pub prompt_values_supported: Vec<String>,
    pub acr_values_supported: Vec<String>,
    pub claims_supported: Vec<String>,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub claims_parameter_supported: bool,
    pub scopes_supported: Vec<String>,
    pub subject_types_supported: Vec<String>,
    pub id_token_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    pub introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    pub revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
}

/// What tokens are verified with (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKeySet {
    pub keys: Vec<JsonWebKey>,
}

/// A public key (RFC 7517 §4); which other members it has depends on `kty`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKey {
    #[schema(example = "EC")]
    pub kty: String,
    pub kid: String,
    #[schema(example = "ES256")]
    pub alg: String,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub members: Map<String, Value>,
}
