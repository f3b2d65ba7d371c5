//! An application: identity, state, and the facets its kind gives it.

use appkeep_oauth::{ClientAuthMethod, GrantType, ResourceIndicator, ScopeSet};

use crate::access::{AccessFacet, AccessKind};
use crate::{
    Actor, ApplicationId, ApplicationKind, Lifetime, ManagementScopes, Name, NotInUse, Origin, Owner,
    PublicKey, RedirectUri, SamlFacet, SigningAlgorithm, Slug, Tag, Timestamp, UserPool, fold,
};

/// Software that proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Also its `client_id`. Never given to another, deleted or not.
    pub id: ApplicationId,
    pub owner: Owner,
    pub kind: ApplicationKind,
    pub user_pool: UserPool,
    /// Names it as a whole; who has a user pool of its own has one.
    pub public_key: Option<PublicKey>,
    pub slug: Slug,
    pub name: Name,
    pub description: Option<String>,
    pub logo_url: Option<String>,
    pub tags: Vec<Tag>,
    pub state: ApplicationState,
    /// Beside the state: an archived application is put away, not changed.
    pub archived_at: Option<Timestamp>,
    /// From this moment on it is not there.
    pub expires_at: Option<Timestamp>,
    /// Everything but `saml` has one.
    pub oauth: Option<OauthFacet>,
    /// Only `saml` has one.
    pub saml: Option<SamlFacet>,
    /// What its API keys may do, if it was said.
    pub access: Option<AccessFacet>,
    /// Nobody, of one that was made before that was kept.
    pub made_by: Option<Actor>,
    /// Counts its changes, from 1: what an update was based on.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whether it may acquire tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationState {
    Enabled,
    /// Acquires nothing new; what it holds lives on until it expires.
    Disabled,
}

/// A word that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither enabled nor disabled")]
pub struct UnknownState;

impl ApplicationState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// Refuses one that is archived or disabled.
    pub const fn must_be_in_use(self, is_archived: bool) -> Result<(), NotInUse> {
        match self {
            _ if is_archived => Err(NotInUse::Archived),
            Self::Enabled => Ok(()),
            Self::Disabled => Err(NotInUse::Disabled),
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownState> {
        match raw {
            "enabled" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            _ => Err(UnknownState),
        }
    }
}

/// What an application is as an OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthFacet {
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may be sent after a logout (OpenID Connect
    /// RP-Initiated Logout 1.0 §3.1).
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub allowed_origins: Vec<Origin>,
    pub allowed_scopes: ScopeSet,
    /// What its own API is called in the `aud` of tokens.
    pub audience: Option<String>,
    /// What else it may ask for tokens for (RFC 8707).
    pub allowed_resources: Vec<ResourceIndicator>,
    pub access_token_ttl: Lifetime,
    /// Of each refresh token.
    pub refresh_token_ttl: Lifetime,
    /// Of all refresh tokens that came of each other; never less than one's.
    pub refresh_token_max_age: Lifetime,
    pub grant_types: Vec<GrantType>,
    pub auth_method: ClientAuthMethod,
    pub client_keys: Option<ClientKeys>,
    pub require_pkce: bool,
    /// Signs its access tokens; the tenant's choice when absent.
    pub access_token_signing_alg: Option<SigningAlgorithm>,
    /// Signs its ID tokens; `RS256` when absent, which every client reads
    /// (OpenID Connect Core 1.0 §15.1).
    pub id_token_signing_alg: Option<SigningAlgorithm>,
    /// Whether it is its owner's own, so that nobody is asked for consent.
    pub first_party: bool,
    /// Whether only those who are assigned to it may use it.
    pub assignment_required: bool,
}

/// The public keys of a client that authenticates by `private_key_jwt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKeys {
    /// A JWK Set (RFC 7517 §5), as it was given.
    Set(String),
    /// Where the client publishes it.
    At(String),
}

/// A lifetime beyond what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not from {least} to {most} seconds")]
pub struct InvalidLifetime {
    pub least: u32,
    pub most: u32,
}

impl OauthFacet {
    pub const DEFAULT_ACCESS_TOKEN_TTL: Lifetime = Lifetime::from_hours(1);
    pub const MAX_ACCESS_TOKEN_TTL: Lifetime = Lifetime::from_days(30);
    pub const MAX_REFRESH_TOKEN_TTL: Lifetime = Lifetime::from_days(365);
    pub const MAX_REFRESH_TOKEN_MAX_AGE: Lifetime = Lifetime::from_days(365);
    const DEFAULT_REFRESH_TOKEN_MAX_AGE: Lifetime = Lifetime::from_days(90);
    const MIN_TOKEN_TTL: Lifetime = Lifetime::from_minutes(1);

    /// Refresh tokens live 14 days in a browser or on a server, 90 on a device.
    pub const fn default_refresh_token_ttl(kind: ApplicationKind) -> Lifetime {
        match kind {
            ApplicationKind::Native => Lifetime::from_days(90),
            _ => Lifetime::from_days(14),
        }
    }

    /// 90 days, or as long as one refresh token lives.
    pub fn default_refresh_token_max_age(refresh_token_ttl: Lifetime) -> Lifetime {
        refresh_token_ttl.max(Self::DEFAULT_REFRESH_TOKEN_MAX_AGE)
    }

    pub fn parse_access_token_ttl(seconds: i64) -> Result<Lifetime, InvalidLifetime> {
        lifetime(seconds, Self::MAX_ACCESS_TOKEN_TTL)
    }

    pub fn parse_refresh_token_ttl(seconds: i64) -> Result<Lifetime, InvalidLifetime> {
        lifetime(seconds, Self::MAX_REFRESH_TOKEN_TTL)
    }

    /// Whether it is no less than one token's, the caller sees: only they know
    /// both.
    pub fn parse_refresh_token_max_age(seconds: i64) -> Result<Lifetime, InvalidLifetime> {
        lifetime(seconds, Self::MAX_REFRESH_TOKEN_MAX_AGE)
    }

    /// Whether somebody may use it who is assigned to it, or is not.
    pub const fn is_open_to(&self, is_assigned: bool) -> bool {
        is_assigned || !self.assignment_required
    }

    /// What its ID tokens are signed with.
    pub fn id_token_algorithm(&self) -> SigningAlgorithm {
        self.id_token_signing_alg.unwrap_or(SigningAlgorithm::Rs256)
    }
}

fn lifetime(seconds: i64, most: Lifetime) -> Result<Lifetime, InvalidLifetime> {
    let least = OauthFacet::MIN_TOKEN_TTL.as_seconds();
    let most = most.as_seconds();
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (least..=most).contains(seconds))
        .map(Lifetime::from_seconds)
        .ok_or(InvalidLifetime { least, most })
}

impl Application {
    /// Whether it exists for anybody at `now`.
    pub fn is_there(&self, now: Timestamp) -> bool {
        now.is_before(self.expires_at)
    }

    /// Whether it may acquire tokens at `now`.
    pub fn may_acquire_tokens(&self, now: Timestamp) -> bool {
        self.is_there(now) && self.archived_at.is_none() && self.state == ApplicationState::Enabled
    }

    /// Whether it has client secrets that can be rotated.
    pub fn has_client_secret(&self) -> bool {
        self.kind.is_confidential()
            && self.oauth.as_ref().is_some_and(|oauth| oauth.auth_method != ClientAuthMethod::PrivateKeyJwt)
    }

    /// The parts of our own management API that it may open, by its tokens or
    /// by its keys.
    pub fn management_scopes(&self) -> ManagementScopes {
        let by_tokens = self.oauth.as_ref().map(|oauth| ManagementScopes::of(&oauth.allowed_scopes));
        let by_keys = self.access.as_ref().map(|access| ManagementScopes::of(&access.management_scopes()));
        by_tokens.into_iter().chain(by_keys).fold(ManagementScopes::NONE, ManagementScopes::union)
    }

    /// Of which kind its API keys are, or would be.
    pub fn access_kind(&self) -> AccessKind {
        let said = self.access.as_ref().map(|access| access.kind);
        said.unwrap_or(AccessKind::unless_said(self.kind))
    }

    /// What a search looks in: name, description and `client_id`, folded, a line each.
    pub fn search_text(&self) -> String {
        fold(&format!("{}\n{}\n{}", self.name, self.description.as_deref().unwrap_or_default(), self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{AccessKind, Permission};

    fn application() -> Application {
        Application {
            id: ApplicationId::from_bytes([1; 16]),
            owner: Owner::Global,
            kind: ApplicationKind::M2m,
            user_pool: UserPool::Tenant,
            made_by: None,
            public_key: None,
            slug: Slug::parse("billing").expect("is a slug"),
            name: Name::parse("Billing ÄPI").expect("is a name"),
            description: None,
            logo_url: None,
            tags: Vec::new(),
            state: ApplicationState::Enabled,
            archived_at: None,
            expires_at: Some(Timestamp::from_seconds(100)),
            oauth: None,
            saml: None,
            access: None,
            version: 1,
            created_at: Timestamp::from_seconds(1),
            updated_at: Timestamp::from_seconds(1),
        }
    }

    #[test]
    fn tokens_are_for_the_enabled_the_present_and_the_unarchived() {
        let (before, deadline) = (Timestamp::from_micros(99_999_999), Timestamp::from_seconds(100));
        assert!(application().may_acquire_tokens(before));
        assert!(!application().may_acquire_tokens(deadline), "refused from the deadline on");
        let disabled = Application { state: ApplicationState::Disabled, ..application() };
        assert!(!disabled.may_acquire_tokens(before) && disabled.is_there(before));
        let archived = Application { archived_at: Some(before), ..application() };
        assert!(!archived.may_acquire_tokens(before) && archived.is_there(before));
    }

    #[test]
    fn a_lifetime_has_bounds() {
        for (seconds, good) in [(59, false), (60, true), (2_592_000, true), (2_592_001, false), (-1, false)] {
            assert_eq!(OauthFacet::parse_access_token_ttl(seconds).is_ok(), good, "{seconds}");
        }
        assert!(OauthFacet::parse_refresh_token_ttl(31_536_000).is_ok());
        assert!(OauthFacet::parse_refresh_token_ttl(i64::MAX).is_err());
        for (seconds, good) in [(59, false), (60, true), (31_536_000, true), (31_536_001, false)] {
            assert_eq!(OauthFacet::parse_refresh_token_max_age(seconds).is_ok(), good, "{seconds}");
        }
    }

    #[test]
    fn refresh_tokens_live_for_90_days_or_as_long_as_one() {
        for (ttl, max_age) in [(14, 90), (90, 90), (365, 365)] {
            let default = OauthFacet::default_refresh_token_max_age(Lifetime::from_days(ttl));
            assert_eq!(default, Lifetime::from_days(max_age), "{ttl}");
        }
    }

    #[test]
    fn keys_open_parts_of_the_management_api_too() {
        let permissions = vec![Permission::LogRead];
        let access = AccessFacet { kind: AccessKind::Management, permissions };
        let keyed = Application { access: Some(access), ..application() };
        assert!(application().management_scopes().is_empty());
        assert!(keyed.management_scopes().contains("audit:read"));
    }

    #[test]
    fn a_search_looks_in_folded_text() {
        let text = application().search_text();
        assert!(text.starts_with("billing äpi\n\napp_"), "{text}");
        assert_eq!(text, fold(&text));
    }
}
