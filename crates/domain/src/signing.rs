//! Which algorithm signs a token.

/// A JWS algorithm that tokens are signed with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningAlgorithm {
    Es256,
    Rs256,
    EdDsa,
}

/// A name that is none of the algorithms offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of ES256, RS256, EdDSA")]
pub struct UnknownAlgorithm;

impl SigningAlgorithm {
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// The `alg` of RFC 7515 §4.1.1.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownAlgorithm)
    }
}
