//! What a tenant wants of its vault.

/// What becomes of tokens where whoever makes them says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultSettings {
    /// Whether each has a fingerprint.
    pub fingerprint_tokens: bool,
    /// Whether there is one only of each type and fingerprint.
    pub deduplicate_tokens: bool,
    pub deduplication: Deduplication,
}

/// What becomes of one that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deduplication {
    /// It stays as it is.
    ReadExisting,
    /// It is what was sent, from then on.
    UpdateExisting,
}

/// A word that names no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither read_existing nor update_existing")]
pub struct UnknownDeduplication;

impl VaultSettings {
    pub const DEFAULT: Self = Self {
        fingerprint_tokens: false,
        deduplicate_tokens: false,
        deduplication: Deduplication::ReadExisting,
    };
}

impl Deduplication {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadExisting => "read_existing",
            Self::UpdateExisting => "update_existing",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownDeduplication> {
        let known =
            [Self::ReadExisting, Self::UpdateExisting].into_iter().find(|known| known.as_str() == raw);
        known.ok_or(UnknownDeduplication)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for known in [Deduplication::ReadExisting, Deduplication::UpdateExisting] {
            assert_eq!(Deduplication::parse(known.as_str()), Ok(known));
        }
        assert_eq!(Deduplication::parse("update"), Err(UnknownDeduplication));
    }
}
