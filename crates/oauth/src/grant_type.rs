//! What a client trades for a token.

/// A `grant_type` that Appkeep knows (RFC 6749 §4, RFC 8693 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    TokenExchange,
}

/// A name that is none of the grant types known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "none of authorization_code, refresh_token, client_credentials, \
     urn:ietf:params:oauth:grant-type:token-exchange"
)]
pub struct UnknownGrantType;

impl GrantType {
    pub const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::TokenExchange];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownGrantType> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownGrantType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_does() {
        for known in GrantType::ALL {
            assert_eq!(GrantType::parse(known.as_str()), Ok(known));
        }
        for raw in ["", "password", "Client_Credentials", "client_credentials "] {
            assert_eq!(GrantType::parse(raw), Err(UnknownGrantType), "{raw}");
        }
    }

    #[test]
    fn the_error_names_every_grant_type() {
        let text = UnknownGrantType.to_string();
        assert!(GrantType::ALL.iter().all(|known| text.contains(known.as_str())), "{text}");
    }
}
