//! An application, as it is shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    Actor, ApplicationEnvironment, ApplicationState, ApplicationType, GrantType, Ownership, Saml,
    SessionCounts, SigningAlgorithm, TokenEndpointAuthMethod, UserPool,
};

/// An application, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Application {
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    /// The same as `id`, and never given to another application.
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: String,
    #[schema(example = "cymmetri-banking-web")]
    pub slug: String,
    #[schema(example = "Cymmetri Banking Web")]
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: ApplicationType,
    pub state: ApplicationState,
    /// Fixed at creation.
    pub user_pool: UserPool,
    /// Names it as a whole, for `user_pool` `application`: a `client_id` that
    /// means live.
    #[schema(required = true, example = json!(null))]
    pub public_key: Option<String>,
    /// Fixed at creation.
    pub ownership: Ownership,
    /// Whose it is, for `ownership` `partner`.
    #[schema(required = true, example = json!(null))]
    pub partner_id: Option<String>,
    /// Whose it is, for `ownership` `tenant`.
    #[schema(required = true, example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub tenant_id: Option<String>,
    #[schema(example = json!(["customer-facing", "production"]))]
    pub tags: Vec<String>,
    /// Since when it is put away; such applications are listed on request only.
    #[schema(required = true, format = DateTime)]
    pub archived_at: Option<String>,
    /// From this moment on it is not there.
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
    #[schema(format = DateTime, example = "2026-01-15T10:00:00Z")]
    pub created_at: String,
    #[schema(format = DateTime, example = "2026-01-15T10:00:00Z")]
    pub updated_at: String,
}

/// An application with its whole configuration and what the caller may do to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationDetail {
    #[serde(flatten)]
    pub summary: Application,
    #[schema(required = true, format = "uri")]
    pub logo_url: Option<String>,
    #[serde(flatten)]
    pub oauth: OauthConfiguration,
    /// `null` for all types but `saml`.
    #[schema(required = true)]
    pub saml: Option<Saml>,
    /// Live and test, for `user_pool` `application`; else none. A new
    /// application's are shown with their secrets, this once.
    pub environments: Vec<ApplicationEnvironment>,
    #[serde(flatten)]
    pub hints: Hints,
    /// `null` for whoever only sees the application: what belongs to the
    /// platform or a partner is seen in the tenants, and overseen by its owner.
    #[schema(required = true)]
    pub sessions: Option<SessionCounts>,
    /// `null` for whoever only sees the application.
    #[schema(required = true)]
    pub audit_summary: Option<AuditSummary>,
    /// `null` for whoever only sees the application, and for one that is older
    /// than this record.
    #[schema(required = true)]
    pub created_by: Option<Actor>,
}

/// What an application is as an OAuth client; all `null` for type `saml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OauthConfiguration {
    #[schema(required = true, example = json!(["https://banking.cymmetri.com/callback"]))]
    pub redirect_uris: Option<Vec<String>>,
    /// Where a browser may be sent after signing out.
    #[schema(required = true, example = json!(["https://banking.cymmetri.com/"]))]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    #[schema(required = true, example = json!(["https://banking.cymmetri.com"]))]
    pub allowed_origins: Option<Vec<String>>,
    #[schema(required = true, example = json!(["openid", "profile", "email", "offline_access"]))]
    pub allowed_scopes: Option<Vec<String>>,
    /// What its own API is called in the `aud` of tokens.
    #[schema(required = true, example = "https://api.cymmetri.com")]
    pub audience: Option<String>,
    /// What else it may name as `resource` when it asks for tokens (RFC 8707).
    #[schema(required = true, example = json!(["mcp-gateway"]))]
    pub allowed_resources: Option<Vec<String>>,
    #[schema(required = true, example = 3_600)]
    pub access_token_ttl_s: Option<u32>,
    #[schema(required = true, example = 1_209_600)]
    pub refresh_token_ttl_s: Option<u32>,
    /// However often they are renewed, refresh tokens end so long after sign-in.
    #[schema(required = true, example = 7_776_000)]
    pub refresh_token_max_age_s: Option<u32>,
    #[schema(required = true)]
    pub grant_types: Option<Vec<GrantType>>,
    #[schema(required = true)]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Its public keys (RFC 7517 §5), when it authenticates by `private_key_jwt`.
    #[schema(required = true, value_type = Option<Object>)]
    pub jwks: Option<Map<String, Value>>,
    /// Where it publishes them instead.
    #[schema(required = true, format = "uri")]
    pub jwks_uri: Option<String>,
    #[schema(required = true)]
    pub require_pkce: Option<bool>,
    /// `null` means the tenant's.
    #[schema(required = true)]
    pub access_token_signing_alg: Option<SigningAlgorithm>,
    /// `null` means `RS256`.
    #[schema(required = true)]
    pub id_token_signing_alg: Option<SigningAlgorithm>,
    /// Whether it is the tenant's own, so that nobody is asked for consent.
    #[schema(required = true)]
    pub first_party: Option<bool>,
    /// Whether only people who are assigned to it get tokens.
    #[schema(required = true)]
    pub assignment_required: Option<bool>,
}

/// Which operations would be allowed to this caller, as the application is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the API has one member for each operation")]
pub struct Hints {
    /// `false` too when there is no client secret to rotate.
    pub can_rotate_secret: bool,
    pub can_update: bool,
    pub can_disable: bool,
    pub can_enable: bool,
    pub can_archive: bool,
    pub can_restore: bool,
    /// `false` too while a session of it is live.
    pub can_delete: bool,
}

/// The latest changes of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditSummary {
    /// The newest first.
    pub recent: Vec<RecentChange>,
    /// How many there ever were.
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecentChange {
    #[schema(example = "application.created")]
    pub action: String,
    /// The id of whoever did it.
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub actor: String,
    #[schema(format = DateTime)]
    pub occurred_at: String,
}

/// A new application, with its secret if it has one. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedApplication {
    #[serde(flatten)]
    pub application: ApplicationDetail,
    /// Shown this once. Absent for public clients and for those that
    /// authenticate by a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "ias_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub client_secret: Option<String>,
}

impl fmt::Debug for CreatedApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedApplication").field("application", &self.application).finish_non_exhaustive()
    }
}
