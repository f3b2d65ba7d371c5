//! How a client proves who it is.

/// A `token_endpoint_auth_method` (RFC 7591 §2, OIDC Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientAuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    /// A public client: it only says its name.
    None,
}

/// A name that is none of the methods known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of client_secret_basic, client_secret_post, private_key_jwt, none")]
pub struct UnknownClientAuthMethod;

impl ClientAuthMethod {
    pub const ALL: [Self; 4] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::None];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownClientAuthMethod> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownClientAuthMethod)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_does() {
        for known in ClientAuthMethod::ALL {
            assert_eq!(ClientAuthMethod::parse(known.as_str()), Ok(known));
        }
        for raw in ["", "NONE", "client_secret_jwt", "tls_client_auth"] {
            assert_eq!(ClientAuthMethod::parse(raw), Err(UnknownClientAuthMethod), "{raw}");
        }
    }

    #[test]
    fn the_error_names_every_method() {
        let text = UnknownClientAuthMethod.to_string();
        assert!(ClientAuthMethod::ALL.iter().all(|known| text.contains(known.as_str())), "{text}");
    }
}
