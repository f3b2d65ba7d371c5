//! What a token can be called.

use appkeep_keys::PresentedSecret;
use appkeep_vault::{InvalidTokenId, TokenId};

/// Why a text is the id of no token here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidName {
    #[error(transparent)]
    Id(#[from] InvalidTokenId),
    #[error("is a secret")]
    Secret,
}

/// Whoever shows a key of ours where an id belongs has made a mistake, which is
/// neither kept nor looked for: what a database is asked it may log.
pub(super) fn parse_id(raw: &str) -> Result<TokenId, InvalidName> {
    if PresentedSecret::parse(raw).is_some() {
        return Err(InvalidName::Secret);
    }
    Ok(TokenId::parse(raw)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_ours_is_no_id() {
        let secret = "ias_00000000000000000000000000000000000000000000L1nPa";
        for (raw, refused) in [
            (secret, Some(InvalidName::Secret)),
            (&secret[1..], None),
            ("order-7", None),
            ("7", Some(InvalidName::Id(InvalidTokenId::Length))),
        ] {
            assert_eq!(parse_id(raw).err(), refused, "{raw}");
        }
    }
}
