//! What is asked about applications.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::edit::{Edit, given};
use crate::{
    ApplicationState, ApplicationType, GrantType, Object, Ownership, SamlFields, SigningAlgorithm,
    TokenEndpointAuthMethod, UserPool,
};

/// An application to register. What is left out gets its default; a default
/// that depends on the type is said with the member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    #[schema(min_length = 1, max_length = 255, example = "Cymmetri Banking Web")]
    pub name: String,
    #[serde(rename = "type")]
    #[schema(value_type = ApplicationType, example = "spa")]
    pub kind: String,
    /// To whom it belongs, from then on; `tenant` when left out. Each level makes
    /// applications of its own and of those below it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Ownership, required = false)]
    pub ownership: Option<String>,
    /// For `ownership` `partner`; the partner of the tenant that is spoken to
    /// when left out.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false)]
    pub partner_id: Edit<String>,
    /// For `ownership` `tenant`; the tenant that is spoken to when left out.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false)]
    pub tenant_id: Edit<String>,
    /// Whose users it serves, from then on; `tenant` when left out. For types that
    /// sign people in, of tenants.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserPool, required = false)]
    pub user_pool: Option<String>,
    /// How it is called in URLs, unique among its owner's; made from the name when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "cymmetri-banking-web")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_000)]
    pub description: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub logo_url: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50, example = json!(["customer-facing", "production"]))]
    pub tags: Option<Vec<String>>,
    /// From this moment on it is not there.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    pub expires_at: Edit<String>,
    /// Compared character by character. Each is https, http on a loopback
    /// address, or for `native` a private-use scheme with a dot (RFC 8252).
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100, example = json!(["https://banking.cymmetri.com/callback", "http://localhost:5173/callback"]))]
    pub redirect_uris: Option<Vec<String>>,
    /// Where a browser may be sent after signing out (OpenID Connect
    /// RP-Initiated Logout); as `redirect_uris`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100, example = json!(["https://banking.cymmetri.com/"]))]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Scheme, host and port only.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100, example = json!(["https://banking.cymmetri.com"]))]
    pub allowed_origins: Option<Vec<String>>,
    /// Each built in or in the tenant's registry of scopes.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 200, example = json!(["openid", "profile", "email", "offline_access"]))]
    pub allowed_scopes: Option<Vec<String>>,
    /// What its own API is called in the `aud` of tokens.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 1_024, example = "https://api.cymmetri.com")]
    pub audience: Edit<String>,
    /// What else it may name as `resource` when it asks for tokens (RFC 8707),
    /// beside its own API: absolute URIs without a fragment, or names.
    /// `mcp-gateway` is the gateway of its issuer.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50, example = json!(["mcp-gateway"]))]
    pub allowed_resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 2_592_000, default = 3_600)]
    pub access_token_ttl_s: Option<i64>,
    /// 14 days when left out, 90 for `native`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 31_536_000, example = 1_209_600)]
    pub refresh_token_ttl_s: Option<i64>,
    /// However often they are renewed, refresh tokens end so long after sign-in;
    /// 90 days when left out, and never less than `refresh_token_ttl_s`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 31_536_000, example = 7_776_000)]
    pub refresh_token_max_age_s: Option<i64>,
    /// All that its type can have when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<GrantType>, required = false)]
    pub grant_types: Option<Vec<String>>,
    /// `client_secret_basic` for `m2m` and `server` when left out, else `none`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TokenEndpointAuthMethod, required = false)]
    pub token_endpoint_auth_method: Option<String>,
    /// Its public keys (RFC 7517 §5); for `private_key_jwt`, and not beside `jwks_uri`.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub jwks: Edit<Map<String, Value>>,
    /// Where it publishes its public keys, over https.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub jwks_uri: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub require_pkce: Option<bool>,
    /// The tenant's when left out.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<SigningAlgorithm>, required = false)]
    pub access_token_signing_alg: Edit<String>,
    /// `RS256` when absent, which every client can verify.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<SigningAlgorithm>, required = false)]
    pub id_token_signing_alg: Edit<String>,
    /// Whether it is the tenant's own, so that nobody is asked for consent; when
    /// left out, `true` for a tenant's application and `false` for any other.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub first_party: Option<bool>,
    /// Whether only people who are assigned to it get tokens; `false` when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub assignment_required: Option<bool>,
    /// For type `saml`, which needs it, and no other.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SamlFields, required = false)]
    pub saml: Option<Object<SamlFields>>,
}

/// What to change of an application: what is left out stays as it is, and
/// `null` removes what can be absent (RFC 7396).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationPatch {
    /// Fixed at creation: only the value that stands is taken.
    #[serde(rename = "type", default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ApplicationType, required = false)]
    pub kind: Option<String>,
    /// Fixed at creation: only the value that stands is taken.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub client_id: Option<String>,
    /// Fixed at creation: only the value that stands is taken.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Ownership, required = false)]
    pub ownership: Option<String>,
    /// Fixed; naming what stands is fine.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserPool, required = false)]
    pub user_pool: Option<String>,
    /// Fixed at creation: only the value that stands is taken.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false)]
    pub partner_id: Edit<String>,
    /// Fixed at creation: only the value that stands is taken.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false)]
    pub tenant_id: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_000)]
    pub description: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub logo_url: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50, example = json!(["customer-facing", "production", "v2-migration"]))]
    pub tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    pub expires_at: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100, example = json!(["https://banking.cymmetri.com/callback", "https://staging.cymmetri.com/callback"]))]
    pub redirect_uris: Option<Vec<String>>,
    /// Where a browser may be sent after signing out (OpenID Connect
    /// RP-Initiated Logout); as `redirect_uris`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100, example = json!(["https://banking.cymmetri.com/"]))]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 100)]
    pub allowed_origins: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 200)]
    pub allowed_scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 1_024)]
    pub audience: Edit<String>,
    /// What else it may name as `resource` when it asks for tokens (RFC 8707),
    /// beside its own API: absolute URIs without a fragment, or names.
    /// `mcp-gateway` is the gateway of its issuer.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 50, example = json!(["mcp-gateway"]))]
    pub allowed_resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 2_592_000)]
    pub access_token_ttl_s: Option<i64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 31_536_000)]
    pub refresh_token_ttl_s: Option<i64>,
    /// However often they are renewed, refresh tokens end so long after sign-in;
    /// 90 days when left out, and never less than `refresh_token_ttl_s`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 31_536_000, example = 7_776_000)]
    pub refresh_token_max_age_s: Option<i64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<GrantType>, required = false)]
    pub grant_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TokenEndpointAuthMethod, required = false)]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<Object>, required = false)]
    pub jwks: Edit<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub jwks_uri: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub require_pkce: Option<bool>,
    /// `null` means the tenant's.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<SigningAlgorithm>, required = false)]
    pub access_token_signing_alg: Edit<String>,
    /// `RS256` when absent, which every client can verify.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<SigningAlgorithm>, required = false)]
    pub id_token_signing_alg: Edit<String>,
    /// Whether it is the tenant's own, so that nobody is asked for consent; when
    /// left out, `true` for a tenant's application and `false` for any other.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub first_party: Option<bool>,
    /// Whether only people who are assigned to it get tokens; `false` when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub assignment_required: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SamlFields, required = false)]
    pub saml: Option<Object<SamlFields>>,
}

/// The body of an operation that needs none: it may be left out, or be `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Which applications to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApplicationQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[param(value_type = ApplicationType, required = false)]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = ApplicationState, required = false)]
    pub state: Option<String>,
    /// A part of the name, the description or the `client_id`; upper and lower
    /// case are the same, and no character has a meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, max_length = 255)]
    pub q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub tag: Option<String>,
    /// Those that somebody made, by their id; `me` is whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, example = "me")]
    pub created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Ownership, required = false)]
    pub ownership: Option<String>,
    /// Those that belong to this tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub tenant_id: Option<String>,
    /// Those that belong to this partner, or to one of its tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub partner_id: Option<String>,
    /// `true` shows those that are archived, instead of those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = bool, required = false, default = false)]
    pub archived: Option<bool>,
}
