//! What an application is as a SAML 2.0 service provider.

use std::fmt;

/// What the identity provider needs to know to speak to a service provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlFacet {
    pub entity_id: EntityId,
    /// Where assertions are posted; the first is the default.
    pub acs_urls: Vec<AcsUrl>,
    /// What it signs its requests with: PEM, one certificate each.
    pub certificates: Vec<String>,
    pub name_id_format: NameIdFormat,
    pub attribute_statements: Vec<AttributeStatement>,
}

impl SamlFacet {
    pub const MAX_ACS_URLS: usize = 20;
    pub const MAX_CERTIFICATES: usize = 10;
    pub const MAX_ATTRIBUTE_STATEMENTS: usize = 50;
}

/// What a SAML entity calls itself: a URI, compared character by character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityId(String);

/// Where a service provider takes assertions (SAML 2.0 Bindings §3.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AcsUrl(String);

/// Why a text is no address of a service provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSamlUri {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("is not an absolute URI")]
    NotAbsolute,
    #[error("is not an https URL, nor http on a loopback host")]
    NotHttps,
    #[error("contains a fragment")]
    Fragment,
    #[error("contains user information")]
    UserInformation,
    #[error("contains a space, a control character, a backslash or a wildcard")]
    Character,
}

impl EntityId {
    /// SAML 2.0 Core §8.3.6
    pub const MAX: usize = 1024;

    pub fn parse(raw: &str) -> Result<Self, InvalidSamlUri> {
        check_text(raw, Self::MAX)?;
        let scheme = raw.split_once(':').map(|(scheme, rest)| (scheme, !rest.is_empty()));
        match scheme {
            Some((scheme, true)) if is_scheme(scheme) => Ok(Self(raw.to_owned())),
            _ => Err(InvalidSamlUri::NotAbsolute),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AcsUrl {
    pub const MAX: usize = 2048;

    pub fn parse(raw: &str) -> Result<Self, InvalidSamlUri> {
        check_text(raw, Self::MAX)?;
        let url = url::Url::parse(raw).map_err(|_| InvalidSamlUri::NotAbsolute)?;
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(InvalidSamlUri::NotHttps);
        }
        if url.fragment().is_some() {
            return Err(InvalidSamlUri::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidSamlUri::UserInformation);
        }
        Ok(Self(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_text(raw: &str, max: usize) -> Result<(), InvalidSamlUri> {
    if raw.is_empty() {
        return Err(InvalidSamlUri::Empty);
    }
    if raw.chars().count() > max {
        return Err(InvalidSamlUri::TooLong(max));
    }
    if raw.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '*' | '\\')) {
        return Err(InvalidSamlUri::Character);
    }
    Ok(())
}

/// RFC 3986 §3.1
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AcsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the subject of an assertion is named (SAML 2.0 Core §8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameIdFormat {
    #[default]
    Unspecified,
    EmailAddress,
    Persistent,
    Transient,
}

/// A word or URI that names no format of a name identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of unspecified, emailAddress, persistent, transient, nor the URI of one")]
pub struct UnknownNameIdFormat;

impl NameIdFormat {
    pub const ALL: [Self; 4] = [Self::Unspecified, Self::EmailAddress, Self::Persistent, Self::Transient];

    /// The URI of SAML 2.0 Core §8.3.
    pub const fn as_uri(self) -> &'static str {
        match self {
            Self::Unspecified => "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            Self::EmailAddress => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            Self::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            Self::Transient => "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::EmailAddress => "emailAddress",
            Self::Persistent => "persistent",
            Self::Transient => "transient",
        }
    }

    /// Reads the short word or the whole URI.
    pub fn parse(raw: &str) -> Result<Self, UnknownNameIdFormat> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == raw || known.as_uri() == raw)
            .ok_or(UnknownNameIdFormat)
    }
}

/// An attribute that assertions carry, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeStatement {
    /// At most [`AttributeStatement::MAX_NAME`] characters.
    pub name: String,
    pub source: AttributeSource,
}

impl AttributeStatement {
    pub const MAX_NAME: usize = 512;
}

/// What of a person an attribute tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeSource {
    Id,
    Email,
    Username,
    Name,
    GivenName,
    FamilyName,
    Phone,
    Locale,
    Groups,
}

/// A word that names nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "none of user.id, user.email, user.username, user.name, user.given_name, user.family_name, user.phone, \
     user.locale, user.groups"
)]
pub struct UnknownAttributeSource;

impl AttributeSource {
    pub const ALL: [Self; 9] = [
        Self::Id,
        Self::Email,
        Self::Username,
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::Phone,
        Self::Locale,
        Self::Groups,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "user.id",
            Self::Email => "user.email",
            Self::Username => "user.username",
            Self::Name => "user.name",
            Self::GivenName => "user.given_name",
            Self::FamilyName => "user.family_name",
            Self::Phone => "user.phone",
            Self::Locale => "user.locale",
            Self::Groups => "user.groups",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownAttributeSource> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownAttributeSource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_id_is_a_uri() {
        for good in ["https://sp.example/metadata", "urn:example:sp", "https://sp.example#x"] {
            assert_eq!(EntityId::parse(good).expect(good).as_str(), good);
        }
        for (bad, reason) in [
            ("", InvalidSamlUri::Empty),
            ("sp", InvalidSamlUri::NotAbsolute),
            ("urn:", InvalidSamlUri::NotAbsolute),
            ("1a:b", InvalidSamlUri::NotAbsolute),
            ("urn:a b", InvalidSamlUri::Character),
            (&format!("urn:{}", "a".repeat(1021)), InvalidSamlUri::TooLong(1024)),
        ] {
            assert_eq!(EntityId::parse(bad), Err(reason), "{bad}");
        }
    }

    #[test]
    fn an_assertion_goes_nowhere_unprotected() {
        for good in ["https://sp.example/acs?x=1", "http://localhost:3000/acs", "http://[::1]/acs"] {
            assert_eq!(AcsUrl::parse(good).expect(good).as_str(), good);
        }
        for (bad, reason) in [
            ("", InvalidSamlUri::Empty),
            ("/acs", InvalidSamlUri::NotAbsolute),
            ("http://sp.example/acs", InvalidSamlUri::NotHttps),
            ("javascript:alert(1)", InvalidSamlUri::NotHttps),
            ("https://sp.example/acs#x", InvalidSamlUri::Fragment),
            ("https://a:b@sp.example/acs", InvalidSamlUri::UserInformation),
            ("https://sp.example/a\nb", InvalidSamlUri::Character),
            ("https://*.sp.example/acs", InvalidSamlUri::Character),
            ("https://127.0.0.1\\x", InvalidSamlUri::Character),
        ] {
            assert_eq!(AcsUrl::parse(bad), Err(reason), "{bad}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for format in NameIdFormat::ALL {
            assert_eq!(NameIdFormat::parse(format.as_str()), Ok(format));
            assert_eq!(NameIdFormat::parse(format.as_uri()), Ok(format));
        }
        assert_eq!(NameIdFormat::parse("entity"), Err(UnknownNameIdFormat));
        for source in AttributeSource::ALL {
            assert_eq!(AttributeSource::parse(source.as_str()), Ok(source));
        }
        assert_eq!(AttributeSource::parse("user.password"), Err(UnknownAttributeSource));
    }
}
