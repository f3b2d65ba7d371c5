//! Servers of tools, and APIs, that a tenant lets its applications reach.

use std::fmt;

use appkeep_oauth::ScopeSet;

use crate::{Actor, IntegrationId, Name, ProviderClientId, TenantId, Timestamp};

/// Something that applications reach for their people. Its secrets are kept
/// apart, and sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    pub id: IntegrationId,
    pub tenant: TenantId,
    /// Taken once among those that are not archived, case aside.
    pub name: Name,
    pub url: IntegrationUrl,
    pub category: Category,
    pub auth: AuthMode,
    /// What people are asked to allow.
    pub scopes: ScopeSet,
    /// Who runs it, in a word.
    pub provider: Option<ProviderWord>,
    /// Who gives out tokens for it.
    pub issuer: Option<IntegrationUrl>,
    /// Of what somebody's token is made: a JSON Schema.
    pub credential_schema: Option<CredentialSchema>,
    pub capabilities: Capabilities,
    /// Whether there is a token that is the same for everybody.
    pub has_server_token: bool,
    /// As what we are registered there.
    pub client: Option<OauthClient>,
    /// What came of the last attempt to reach it.
    pub validation: Option<Validation>,
    /// Counts what ended the connections that people had with it.
    pub generation: i64,
    /// Counts its changes, from 1: what an update was based on.
    pub version: i64,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

impl Integration {
    pub const FIRST_VERSION: i64 = 1;
    /// Most that an application is attached to.
    pub const MOST_ATTACHED: usize = 200;
    /// Most that a tenant has which are not archived.
    pub const MOST: u32 = 500;
    /// Most scopes that people are asked for.
    pub const MAX_SCOPES: usize = 100;

    pub const fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Refuses what an application is not to call, whoever asks by it.
    pub const fn must_be_in_reach(&self, is_attached: bool) -> Result<(), Unreachable> {
        match self.auth {
            _ if !is_attached => Err(Unreachable::NotAttached),
            _ if self.is_archived() => Err(Unreachable::Archived),
            AuthMode::ServerToken if !self.has_server_token => Err(Unreachable::Unavailable),
            _ => Ok(()),
        }
    }

    /// Where people allow us something there, and where a code is traded: what
    /// was said of our client, or else what was found, and never one of each.
    pub fn endpoints(&self) -> Option<(&str, &str)> {
        let said =
            self.client.as_ref().map(|client| (client.authorization_url.as_ref(), client.token_url.as_ref()));
        let (authorization, token) = match said {
            None | Some((None, None)) => {
                let found = self.found()?;
                (&found.authorization_endpoint, &found.token_endpoint)
            }
            Some((authorization, token)) => (authorization?, token?),
        };
        Some((authorization.as_str(), token.as_str()))
    }

    /// What its authorization server said of itself when it was last reached.
    pub fn found(&self) -> Option<&FoundMetadata> {
        self.validation.as_ref().and_then(|validation| validation.metadata.as_ref())
    }

    /// Who gives out tokens for it, where that was said or found.
    pub fn token_issuer(&self) -> Option<&IntegrationUrl> {
        self.issuer.as_ref().or(self.found().map(|found| &found.issuer))
    }

    /// Whose answer a browser brings back from there, if that is known, and
    /// whether the answer has to say so (RFC 9207 §2.4).
    pub fn answers_as(&self) -> Option<(&IntegrationUrl, bool)> {
        let asked = self.endpoints().map(|(authorization, _)| authorization);
        match self.found().filter(|found| Some(found.authorization_endpoint.as_str()) == asked) {
            Some(found) => Some((&found.issuer, found.says_who_answers)),
            None => self.issuer.as_ref().map(|said| (said, false)),
        }
    }

    /// Whether what people allowed us by way of `before` is taken elsewhere than
    /// what they would allow us now. Who was not known before is nobody else.
    pub fn is_moved_from(&self, before: &Self) -> bool {
        let (now, then) = (self.token_issuer(), before.token_issuer());
        self.endpoints() != before.endpoints() || (then.is_some() && now != then)
    }

    /// What people are asked to allow: what was said of our client, or else of
    /// the integration.
    pub fn asked_scopes(&self) -> &ScopeSet {
        self.client.as_ref().and_then(|client| client.scopes.as_ref()).unwrap_or(&self.scopes)
    }
}

/// Why an integration is not to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// There is no such integration of the tenant's.
    Unknown,
    NotAttached,
    Archived,
    /// The user has nothing with it.
    IntegrationRequired,
    /// What they have is no longer taken, and they have to allow it again.
    ReauthorizationRequired,
    /// Whoever gives out tokens for it does not answer.
    Unavailable,
}

impl Unreachable {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_integration",
            Self::NotAttached => "not_attached",
            Self::Archived => "archived",
            Self::IntegrationRequired => "integration_required",
            Self::ReauthorizationRequired => "reauthorization_required",
            Self::Unavailable => "unavailable",
        }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident $unknown:ident $list:literal { $($(#[$each:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        /// A word that is none of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error("none of {}", $list)]
        pub struct $unknown;

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            pub fn parse(raw: &str) -> Result<Self, $unknown> {
                Self::ALL.iter().copied().find(|one| one.as_str() == raw).ok_or($unknown)
            }
        }
    };
}

words! {
    /// By which way an integration is reached.
    Category UnknownCategory "gateway_remote_mcp, internal_mcp_credentials" {
        /// A server of tools elsewhere, by way of the gateway.
        GatewayRemoteMcp "gateway_remote_mcp",
        /// One that gets its credentials here and is reached by itself.
        InternalMcpCredentials "internal_mcp_credentials",
    }
}

words! {
    /// What an integration is shown.
    AuthMode UnknownAuthMode "oauth, user_token, server_token, none" {
        /// A token that each person allowed us to get.
        Oauth "oauth",
        /// A token that each person brought.
        UserToken "user_token",
        /// The same token for everybody.
        ServerToken "server_token",
        Nothing "none",
    }
}

words! {
    /// What came of an attempt to reach an integration.
    ValidationStatus UnknownValidationStatus "valid, unauthorized, unreachable, invalid" {
        /// It is there, and asks for what was said that it does.
        Valid "valid",
        /// It is there, and does not take what it was shown.
        Unauthorized "unauthorized",
        /// There was no answer, or it is nowhere that we go.
        Unreachable "unreachable",
        /// Something else answered.
        Invalid "invalid",
    }
}

impl AuthMode {
    /// Whether each person needs a connection of their own.
    pub const fn is_of_each(self) -> bool {
        matches!(self, Self::Oauth | Self::UserToken)
    }
}

/// What kinds of things it offers; nobody may have said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub tools: bool,
    pub resources: bool,
    pub prompts: bool,
}

impl Capabilities {
    /// Whether it may have tools: unless it said what it has, and no tools.
    pub const fn may_have_tools(self) -> bool {
        self.tools || !(self.resources || self.prompts)
    }
}

/// As what we are registered with whoever gives out tokens for an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthClient {
    pub client_id: ProviderClientId,
    pub has_secret: bool,
    pub authorization_url: Option<IntegrationUrl>,
    pub token_url: Option<IntegrationUrl>,
    /// In the place of the integration's own.
    pub scopes: Option<ScopeSet>,
}

/// An attempt to reach an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    pub status: ValidationStatus,
    /// For people.
    pub message: String,
    pub at: Timestamp,
    /// Who gives out tokens for it, if it said so.
    pub metadata: Option<FoundMetadata>,
}

/// What an authorization server says of itself (RFC 8414), as far as we need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMetadata {
    pub issuer: IntegrationUrl,
    pub authorization_endpoint: IntegrationUrl,
    pub token_endpoint: IntegrationUrl,
    /// What tokens for the integration are asked for (RFC 8707).
    pub resource: Option<IntegrationUrl>,
    pub scopes_supported: Vec<String>,
    /// Whether every answer of it says whose it is (RFC 9207).
    pub says_who_answers: bool,
}

/// An absolute `http` or `https` URL without user information or fragment.
/// Whether it leads anywhere, and anywhere that we go, is another matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntegrationUrl(String);

/// Why a text is no such URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIntegrationUrl {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("is not an absolute http or https URL")]
    NotAbsolute,
    #[error("is not an https URL, nor http on a loopback host")]
    NotHttps,
    #[error("contains a fragment")]
    Fragment,
    #[error("contains user information")]
    UserInformation,
    #[error("contains a query, which is shown where a secret in it would be read")]
    Query,
    #[error("contains a space, a control character or a backslash")]
    Character,
}

impl IntegrationUrl {
    pub const MAX: usize = 2_048;

    pub fn parse(raw: &str) -> Result<Self, InvalidIntegrationUrl> {
        Self::checked(raw).map(|_| Self(raw.to_owned()))
    }

    /// One of a server itself. It is shown to whoever reads integrations and in
    /// the history, so that it has no part in which people put keys.
    pub fn parse_plain(raw: &str) -> Result<Self, InvalidIntegrationUrl> {
        match Self::checked(raw)?.query() {
            None => Ok(Self(raw.to_owned())),
            Some(_) => Err(InvalidIntegrationUrl::Query),
        }
    }

    /// One that a browser or a secret may be sent to.
    pub fn parse_secure(raw: &str) -> Result<Self, InvalidIntegrationUrl> {
        let url = Self::checked(raw)?;
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !is_loopback {
            return Err(InvalidIntegrationUrl::NotHttps);
        }
        Ok(Self(raw.to_owned()))
    }

    fn checked(raw: &str) -> Result<url::Url, InvalidIntegrationUrl> {
        if raw.is_empty() {
            return Err(InvalidIntegrationUrl::Empty);
        }
        if raw.chars().count() > Self::MAX {
            return Err(InvalidIntegrationUrl::TooLong(Self::MAX));
        }
        if raw.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(InvalidIntegrationUrl::Character);
        }
        let url = url::Url::parse(raw).map_err(|_| InvalidIntegrationUrl::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidIntegrationUrl::NotAbsolute);
        }
        if url.fragment().is_some() {
            return Err(InvalidIntegrationUrl::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidIntegrationUrl::UserInformation);
        }
        Ok(url)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent to one of them could be sent to the other.
    pub fn is_of_same_origin(&self, other: &Self) -> bool {
        let origin = |url: &Self| url::Url::parse(&url.0).ok().map(|url| url.origin());
        origin(self).is_some_and(|ours| Some(ours) == origin(other))
    }
}

impl fmt::Display for IntegrationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who runs an integration, such as `github`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderWord(String);

/// A text that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {max} of a-z, A-Z, 0-9, `-`, `_` and `.`", max = ProviderWord::MAX)]
pub struct InvalidProviderWord;

impl ProviderWord {
    pub const MAX: usize = 100;

    pub fn parse(raw: &str) -> Result<Self, InvalidProviderWord> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=Self::MAX).contains(&raw.len()) && raw.bytes().all(is_known) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidProviderWord)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Of what somebody's token for an integration is made: the text of a JSON
/// object, which is not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSchema(String);

/// One that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is longer than {max} bytes", max = CredentialSchema::MAX)]
pub struct SchemaTooLong;

impl CredentialSchema {
    /// In bytes.
    pub const MAX: usize = 16 * 1_024;

    /// Takes the text of a JSON object.
    pub fn of_object(text: String) -> Result<Self, SchemaTooLong> {
        if text.len() > Self::MAX { Err(SchemaTooLong) } else { Ok(Self(text)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for one in Category::ALL {
            assert_eq!(Category::parse(one.as_str()), Ok(*one));
        }
        for one in AuthMode::ALL {
            assert_eq!(AuthMode::parse(one.as_str()), Ok(*one));
        }
        for one in ValidationStatus::ALL {
            assert_eq!(ValidationStatus::parse(one.as_str()), Ok(*one));
        }
        assert_eq!(AuthMode::parse("Oauth"), Err(UnknownAuthMode));
        assert_eq!(Category::parse(""), Err(UnknownCategory));
    }

    #[test]
    fn an_integration_is_at_an_absolute_url() {
        use InvalidIntegrationUrl as Wrong;
        let long = format!("https://a.example/{}", "x".repeat(2_048));
        for (raw, outcome) in [
            ("https://mcp.example.com/mcp?x=1", Ok(())),
            ("http://10.0.0.1:8080", Ok(())),
            ("", Err(Wrong::Empty)),
            (long.as_str(), Err(Wrong::TooLong(2_048))),
            ("/mcp", Err(Wrong::NotAbsolute)),
            ("ftp://a.example/", Err(Wrong::NotAbsolute)),
            ("javascript:alert(1)", Err(Wrong::NotAbsolute)),
            ("https://", Err(Wrong::NotAbsolute)),
            ("https://a.example/#x", Err(Wrong::Fragment)),
            ("https://ada@a.example/", Err(Wrong::UserInformation)),
            ("https://a.example/ x", Err(Wrong::Character)),
            ("https:\\\\a.example", Err(Wrong::Character)),
        ] {
            assert_eq!(IntegrationUrl::parse(raw).map(drop), outcome, "{raw}");
        }
        for (raw, outcome) in [
            ("https://a.example/mcp", Ok(())),
            ("https://a.example/mcp?key=hush", Err(Wrong::Query)),
            ("https://a.example/mcp?", Err(Wrong::Query)),
            ("https://ada:hush@a.example/", Err(Wrong::UserInformation)),
        ] {
            assert_eq!(IntegrationUrl::parse_plain(raw).map(drop), outcome, "{raw}");
        }
        for (raw, is_secure) in [
            ("https://a.example/token", true),
            ("http://127.0.0.1:4000/token", true),
            ("http://a.example/token", false),
        ] {
            assert_eq!(IntegrationUrl::parse_secure(raw).is_ok(), is_secure, "{raw}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let parse = |raw| IntegrationUrl::parse(raw).expect("is a URL");
        let here = parse("https://a.example/mcp");
        for (other, same) in [
            ("https://a.example:443/other", true),
            ("https://A.example/", true),
            ("http://a.example/mcp", false),
            ("https://a.example:8443/mcp", false),
            ("https://b.example/mcp", false),
        ] {
            assert_eq!(here.is_of_same_origin(&parse(other)), same, "{other}");
        }
    }

    #[test]
    fn a_provider_is_a_word() {
        for (raw, good) in [("github", true), ("Linear.app", true), ("", false), ("a b", false), ("ä", false)]
        {
            assert_eq!(ProviderWord::parse(raw).is_ok(), good, "{raw}");
        }
    }
}
