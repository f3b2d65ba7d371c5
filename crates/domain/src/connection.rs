//! What an application is registered as with those who sign its people in for
//! it.

use std::fmt;

use appkeep_oauth::ScopeSet;

use crate::{AcsUrl, ConnectionId, DirectoryId, InvalidSamlUri, Name, Timestamp};

/// An application as a client of a provider, in one of its environments. What
/// it proves that with is kept apart, and sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    /// Of the people whom it signs in.
    pub directory: DirectoryId,
    /// Fixed when it is made, and so is where it is: what was linked by it
    /// would be somebody else's at another one.
    pub provider: ProviderName,
    pub at: ProviderPlace,
    /// What the provider calls the application.
    pub client_id: ProviderClientId,
    pub scopes: ScopeSet,
    /// What people read who choose it.
    pub display_name: Option<Name>,
    pub is_enabled: bool,
    /// Counts its changes, from 1: what an update was based on.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Connection {
    /// Most that an application has in one environment.
    pub const MAX: usize = 20;

    pub fn kind(&self) -> ProviderKind {
        self.provider.kind()
    }

    /// What people read who choose it; of a provider of one's own its word when
    /// nothing was said.
    pub fn shown_as(&self) -> &str {
        let said = self.display_name.as_ref().map(Name::as_str);
        said.or_else(|| self.kind().shown_as()).unwrap_or_else(|| self.provider.as_str())
    }
}

/// Who signs people in: one of the words of those that everybody knows, or one
/// of the application's own choosing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderName(String);

/// A text that names no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {max} of a-z, 0-9 and `-`", max = ProviderName::MAX)]
pub struct InvalidProvider;

impl ProviderName {
    pub const MAX: usize = 50;

    pub fn parse(raw: &str) -> Result<Self, InvalidProvider> {
        let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=Self::MAX).contains(&raw.len()) && raw.bytes().all(is_known) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidProvider)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it is spoken to: whatever has a word of somebody's own speaks `OpenID`
    /// Connect.
    pub fn kind(&self) -> ProviderKind {
        ProviderKind::KNOWN.into_iter().find(|kind| kind.as_str() == self.0).unwrap_or(ProviderKind::Oidc)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    Google,
    Apple,
    Facebook,
    Github,
    Microsoft,
    /// As `OpenID` Connect says, and Discovery where.
    Oidc,
}

impl ProviderKind {
    pub const ALL: [Self; 6] =
        [Self::Google, Self::Apple, Self::Facebook, Self::Github, Self::Microsoft, Self::Oidc];
    /// Those that have their own word as a provider.
    const KNOWN: [Self; 5] = [Self::Google, Self::Apple, Self::Facebook, Self::Github, Self::Microsoft];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Apple => "apple",
            Self::Facebook => "facebook",
            Self::Github => "github",
            Self::Microsoft => "microsoft",
            Self::Oidc => "oidc",
        }
    }

    /// What it is asked for when an application names no scopes: who somebody
    /// is, and their address.
    pub fn default_scopes(self) -> ScopeSet {
        let names = match self {
            Self::Google | Self::Microsoft | Self::Oidc => "openid email profile",
            Self::Apple => "openid email name",
            Self::Facebook => "public_profile email",
            Self::Github => "read:user user:email",
        };
        ScopeSet::parse(names).unwrap_or_default()
    }

    /// Whether it tells by an ID token who somebody is, which it gives out only
    /// when it is asked for `openid` (OpenID Connect Core 1.0 §3.1.2.1).
    pub const fn gives_id_tokens(self) -> bool {
        match self {
            Self::Google | Self::Apple | Self::Microsoft | Self::Oidc => true,
            Self::Facebook | Self::Github => false,
        }
    }

    const fn shown_as(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("Google"),
            Self::Apple => Some("Apple"),
            Self::Facebook => Some("Facebook"),
            Self::Github => Some("GitHub"),
            Self::Microsoft => Some("Microsoft"),
            Self::Oidc => None,
        }
    }
}

/// Where a provider is, and what else of it the kind leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderPlace {
    Google,
    /// By which of its keys the application signs who it is.
    Apple(AppleKey),
    Facebook,
    /// Of an enterprise's own server its address; else `https://github.com`.
    Github(Option<ProviderIssuer>),
    /// Of one tenant its issuer; else whatever account somebody has.
    Microsoft(Option<ProviderIssuer>),
    Oidc(ProviderIssuer),
}

/// What does not fit the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlace {
    #[error("is needed, for nobody knows where this provider is")]
    IssuerMissing,
    #[error("is known of this provider")]
    IssuerKnown,
    #[error("is needed: Apple knows an application by a key")]
    AppleKeyMissing,
    #[error("is for `apple` only")]
    NotApple,
}

impl InvalidPlace {
    /// What of the two it is about.
    pub const fn field(self) -> &'static str {
        match self {
            Self::IssuerMissing | Self::IssuerKnown => "issuer",
            Self::AppleKeyMissing | Self::NotApple => "apple",
        }
    }
}

impl ProviderPlace {
    pub fn of(
        kind: ProviderKind,
        (issuer, apple): (Option<ProviderIssuer>, Option<AppleKey>),
    ) -> Result<Self, InvalidPlace> {
        if apple.is_some() && kind != ProviderKind::Apple {
            return Err(InvalidPlace::NotApple);
        }
        match (kind, issuer) {
            (ProviderKind::Google | ProviderKind::Apple | ProviderKind::Facebook, Some(_)) => {
                Err(InvalidPlace::IssuerKnown)
            }
            (ProviderKind::Google, None) => Ok(Self::Google),
            (ProviderKind::Apple, None) => apple.map(Self::Apple).ok_or(InvalidPlace::AppleKeyMissing),
            (ProviderKind::Facebook, None) => Ok(Self::Facebook),
            (ProviderKind::Github, issuer) => Ok(Self::Github(issuer)),
            (ProviderKind::Microsoft, issuer) => Ok(Self::Microsoft(issuer)),
            (ProviderKind::Oidc, issuer) => issuer.map(Self::Oidc).ok_or(InvalidPlace::IssuerMissing),
        }
    }

    /// Where it is, if the application said so.
    pub const fn issuer(&self) -> Option<&ProviderIssuer> {
        match self {
            Self::Oidc(issuer) => Some(issuer),
            Self::Github(issuer) | Self::Microsoft(issuer) => issuer.as_ref(),
            Self::Google | Self::Apple(_) | Self::Facebook => None,
        }
    }

    pub const fn apple(&self) -> Option<&AppleKey> {
        match self {
            Self::Apple(key) => Some(key),
            _ => None,
        }
    }
}

/// An issuer's identifier (OpenID Connect Core 1.0 §1.2): an `https` URL without
/// query or fragment, compared byte for byte. `http` is for loopback hosts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderIssuer(String);

/// Why a text is no issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    #[error(transparent)]
    Url(#[from] InvalidSamlUri),
    #[error("contains a query")]
    Query,
}

impl ProviderIssuer {
    pub fn parse(raw: &str) -> Result<Self, InvalidIssuer> {
        // What is asked of an address that we send to is the same everywhere.
        let url = AcsUrl::parse(raw)?;
        if raw.contains('?') {
            return Err(InvalidIssuer::Query);
        }
        Ok(Self(url.as_str().to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a provider calls an application (RFC 6749 Appendix A.1), without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderClientId(String);

/// A text that is no `client_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {max} visible characters of ASCII", max = ProviderClientId::MAX)]
pub struct InvalidClientId;

impl ProviderClientId {
    pub const MAX: usize = 255;

    pub fn parse(raw: &str) -> Result<Self, InvalidClientId> {
        if (1..=Self::MAX).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidClientId)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which team's which key signs for an application at Apple; the key itself is
/// a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppleKey {
    team_id: String,
    key_id: String,
}

/// Which of the two is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAppleKey {
    #[error("`team_id` is not 10 of A-Z and 0-9")]
    TeamId,
    #[error("`key_id` is not 10 of A-Z and 0-9")]
    KeyId,
}

impl AppleKey {
    const LENGTH: usize = 10;

    pub fn parse(team_id: &str, key_id: &str) -> Result<Self, InvalidAppleKey> {
        let is_one = |raw: &str| {
            let is_known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
            raw.len() == Self::LENGTH && raw.bytes().all(is_known)
        };
        match (is_one(team_id), is_one(key_id)) {
            (false, _) => Err(InvalidAppleKey::TeamId),
            (_, false) => Err(InvalidAppleKey::KeyId),
            (true, true) => Ok(Self { team_id: team_id.to_owned(), key_id: key_id.to_owned() }),
        }
    }

    pub fn team_id(&self) -> &str {
        &self.team_id
    }

    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> ProviderIssuer {
        ProviderIssuer::parse("https://accounts.example").expect("is one")
    }

    fn key() -> AppleKey {
        AppleKey::parse("A1B2C3D4E5", "K1K2K3K4K5").expect("is one")
    }

    #[test]
    fn a_provider_is_one_of_the_known_or_speaks_openid_connect() {
        for kind in ProviderKind::KNOWN {
            assert_eq!(ProviderName::parse(kind.as_str()).expect("is one").kind(), kind);
        }
        let longest = "a".repeat(50);
        for own in ["oidc", "acme", "acme-2", "-", longest.as_str()] {
            let name = ProviderName::parse(own).expect(own);
            assert_eq!((name.kind(), name.as_str()), (ProviderKind::Oidc, own));
        }
        for bad in ["", "Google", "a b", "a/b", "ä", "a_b", "a".repeat(51).as_str()] {
            assert_eq!(ProviderName::parse(bad), Err(InvalidProvider), "{bad:?}");
        }
    }

    #[test]
    fn a_provider_has_the_settings_of_its_kind() {
        use InvalidPlace::{AppleKeyMissing, IssuerKnown, IssuerMissing, NotApple};
        use ProviderKind::{Apple, Facebook, Github, Google, Microsoft, Oidc};
        let (some, none) = (Some(issuer()), None::<ProviderIssuer>);
        for (kind, issuer, apple, outcome) in [
            (Google, &none, None, Ok(ProviderPlace::Google)),
            (Google, &some, None, Err(IssuerKnown)),
            (Google, &none, Some(key()), Err(NotApple)),
            (Apple, &none, Some(key()), Ok(ProviderPlace::Apple(key()))),
            (Apple, &none, None, Err(AppleKeyMissing)),
            (Apple, &some, Some(key()), Err(IssuerKnown)),
            (Facebook, &none, None, Ok(ProviderPlace::Facebook)),
            (Facebook, &some, None, Err(IssuerKnown)),
            (Github, &none, None, Ok(ProviderPlace::Github(None))),
            (Github, &some, None, Ok(ProviderPlace::Github(some.clone()))),
            (Microsoft, &none, None, Ok(ProviderPlace::Microsoft(None))),
            (Microsoft, &some, None, Ok(ProviderPlace::Microsoft(some.clone()))),
            (Oidc, &some, None, Ok(ProviderPlace::Oidc(super::tests::issuer()))),
            (Oidc, &none, None, Err(IssuerMissing)),
            (Oidc, &some, Some(key()), Err(NotApple)),
        ] {
            let place = ProviderPlace::of(kind, (issuer.clone(), apple.clone()));
            if let Ok(place) = &place {
                assert_eq!((place.issuer(), place.apple()), (issuer.as_ref(), apple.as_ref()), "{kind:?}");
            }
            assert_eq!(place, outcome, "{kind:?}");
        }
        let fields = [IssuerMissing, IssuerKnown, AppleKeyMissing, NotApple].map(InvalidPlace::field);
        assert_eq!(fields, ["issuer", "issuer", "apple", "apple"]);
    }

    #[test]
    fn an_issuer_is_an_address_that_is_safe_to_ask() {
        for good in ["https://accounts.example", "https://a.example/t/acme/", "http://127.0.0.1:4000/t/a"] {
            assert_eq!(ProviderIssuer::parse(good).expect(good).as_str(), good);
        }
        for (bad, why) in [
            ("http://accounts.example", InvalidIssuer::Url(InvalidSamlUri::NotHttps)),
            ("https://a.example/#x", InvalidIssuer::Url(InvalidSamlUri::Fragment)),
            ("https://a:b@a.example", InvalidIssuer::Url(InvalidSamlUri::UserInformation)),
            ("accounts.example", InvalidIssuer::Url(InvalidSamlUri::NotAbsolute)),
            ("https://a.example/?tenant=1", InvalidIssuer::Query),
            ("https://a.example?", InvalidIssuer::Query),
        ] {
            assert_eq!(ProviderIssuer::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn an_application_is_called_as_its_provider_likes() {
        for good in ["a", "1234-abc.apps.example", "a".repeat(255).as_str()] {
            assert_eq!(ProviderClientId::parse(good).expect("is one").as_str(), good);
        }
        for bad in ["", "a b", "ä", "a\n", "a".repeat(256).as_str()] {
            assert_eq!(ProviderClientId::parse(bad), Err(InvalidClientId), "{bad:?}");
        }
        assert_eq!((key().team_id(), key().key_id()), ("A1B2C3D4E5", "K1K2K3K4K5"));
        for bad in ["", "a1b2c3d4e5", "A1B2C3D4E", "A1B2C3D4E5F", "A1B2C3D4E-"] {
            assert_eq!(AppleKey::parse(bad, "K1K2K3K4K5"), Err(InvalidAppleKey::TeamId), "{bad}");
            assert_eq!(AppleKey::parse("A1B2C3D4E5", bad), Err(InvalidAppleKey::KeyId), "{bad}");
        }
    }

    #[test]
    fn each_kind_is_asked_who_somebody_is() {
        for kind in ProviderKind::ALL {
            let scopes = kind.default_scopes();
            assert!(!scopes.is_empty(), "{kind:?}");
            assert_eq!(scopes.contains("openid"), kind.gives_id_tokens(), "{kind:?}");
        }
    }

    #[test]
    fn a_provider_is_called_something() {
        let connection = |provider: &str, at: ProviderPlace, display_name: Option<&str>| Connection {
            id: ConnectionId::from_bytes([1; 16]),
            directory: DirectoryId::from_bytes([2; 16]),
            provider: ProviderName::parse(provider).expect("is one"),
            at,
            client_id: ProviderClientId::parse("a").expect("is one"),
            scopes: ScopeSet::new(),
            display_name: display_name.map(|name| Name::parse(name).expect("is a name")),
            is_enabled: true,
            version: 1,
            created_at: Timestamp::from_seconds(1),
            updated_at: Timestamp::from_seconds(1),
        };
        let own = |name| connection("acme", ProviderPlace::Oidc(issuer()), name);
        assert_eq!(own(None).shown_as(), "acme");
        assert_eq!(own(Some("Acme Inc.")).shown_as(), "Acme Inc.");
        assert_eq!(connection("github", ProviderPlace::Github(None), None).shown_as(), "GitHub");
    }
}
