//! What kind of software an application is, and what follows from that.

use appkeep_oauth::{ClientAuthMethod, GrantType};

/// Fixed when the application is made: decides which facets it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationKind {
    /// Runs in a browser and can keep no secret.
    Spa,
    /// Runs on a person's device and can keep no secret (RFC 8252).
    Native,
    /// Runs on a server, on behalf of people.
    Server,
    /// Runs on a server, in its own name.
    M2m,
    /// A SAML 2.0 service provider; has no OAuth facet.
    Saml,
}

/// A word that names no kind of application.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of spa, m2m, native, server, saml")]
pub struct UnknownKind;

impl ApplicationKind {
    pub const ALL: [Self; 5] = [Self::Spa, Self::Native, Self::Server, Self::M2m, Self::Saml];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spa => "spa",
            Self::Native => "native",
            Self::Server => "server",
            Self::M2m => "m2m",
            Self::Saml => "saml",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw).ok_or(UnknownKind)
    }

    /// Whether it can keep a secret: the confidential clients of RFC 6749 §2.1.
    pub const fn is_confidential(self) -> bool {
        matches!(self, Self::Server | Self::M2m)
    }

    pub const fn has_oauth(self) -> bool {
        !matches!(self, Self::Saml)
    }

    /// Whether people sign in to it, so that it may have people of its own.
    pub const fn may_have_people(self) -> bool {
        matches!(self, Self::Spa | Self::Native | Self::Server)
    }

    /// The grants it is given when none are named: all but the one by which it
    /// trades in what was given to others.
    pub fn default_grant_types(self) -> Vec<GrantType> {
        self.grant_types().iter().copied().filter(|grant| *grant != GrantType::TokenExchange).collect()
    }

    /// The grants it may be given.
    pub const fn grant_types(self) -> &'static [GrantType] {
        match self {
            Self::Spa | Self::Native => &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            Self::Server => &[
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
                GrantType::TokenExchange,
            ],
            Self::M2m => &[GrantType::ClientCredentials, GrantType::TokenExchange],
            Self::Saml => &[],
        }
    }

    /// How it may authenticate at the token endpoint; the first when none is named.
    pub const fn auth_methods(self) -> &'static [ClientAuthMethod] {
        if self.is_confidential() {
            &[
                ClientAuthMethod::ClientSecretBasic,
                ClientAuthMethod::ClientSecretPost,
                ClientAuthMethod::PrivateKeyJwt,
            ]
        } else {
            &[ClientAuthMethod::None]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for kind in ApplicationKind::ALL {
            assert_eq!(ApplicationKind::parse(kind.as_str()), Ok(kind));
        }
        assert_eq!(ApplicationKind::parse("SPA"), Err(UnknownKind));
    }

    #[test]
    fn only_who_keeps_a_secret_speaks_in_its_own_name() {
        for kind in ApplicationKind::ALL {
            let alone = kind.grant_types().contains(&GrantType::ClientCredentials);
            assert_eq!(alone, kind.is_confidential(), "{kind:?}");
        }
    }
}
