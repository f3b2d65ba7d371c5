//! The algorithms that signatures are verified with.

use appkeep_domain::SigningAlgorithm;

/// A JWS algorithm that is verified (RFC 7518 §3.1, RFC 8037 §3.1). Of these,
/// [`SigningAlgorithm`] are also signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwsAlgorithm {
    Es256,
    Es384,
    Rs256,
    Ps256,
    EdDsa,
}

impl JwsAlgorithm {
    pub const ALL: [Self; 5] = [Self::Es256, Self::Es384, Self::Rs256, Self::Ps256, Self::EdDsa];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Nothing for every other name, `none` and the symmetric ones included.
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw)
    }
}

impl From<SigningAlgorithm> for JwsAlgorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Es256 => Self::Es256,
            SigningAlgorithm::Rs256 => Self::Rs256,
            SigningAlgorithm::EdDsa => Self::EdDsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_does() {
        for known in JwsAlgorithm::ALL {
            assert_eq!(JwsAlgorithm::parse(known.as_str()), Some(known));
        }
        for raw in ["", "none", "None", "HS256", "es256", "RS1"] {
            assert_eq!(JwsAlgorithm::parse(raw), None, "{raw}");
        }
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(JwsAlgorithm::from(algorithm).as_str(), algorithm.as_str());
        }
    }
}
