//! Secrets of applications: made once, shown once, kept as a hash.
//!
//! A secret is its prefix, 32 random bytes in base62, and a checksum over all
//! before it. What does not fit its checksum is no secret of ours, and is
//! refused before anything is looked up.

use std::fmt;

use appkeep_domain::{Entropy, SecretHash};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::{Zeroize, Zeroizing};

use crate::base62::{self, CHECKSUM_LENGTH, checksum};
use crate::digest::sha256;

const RANDOM_BYTES: usize = 32;
const RANDOM_LENGTH: usize = 43;
const MAX_PREFIX_LENGTH: usize = 32;
/// What is hashed before each secret.
const LABEL: &[u8] = b"appkeep:";

/// A secret that was just made, and can be shown this one time.
pub struct NewSecret {
    text: Zeroizing<String>,
    prefix_length: usize,
}

impl NewSecret {
    /// Makes a secret behind a prefix such as `ias_`: letters, digits and `_`,
    /// at most 32, an underscore last.
    pub fn generate(prefix: &str, entropy: &dyn Entropy) -> Self {
        debug_assert!(is_prefix(prefix), "`{prefix}` is no prefix of a secret");
        let mut random = [0; RANDOM_BYTES];
        entropy.fill(&mut random);
        // The capacity is exact, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + RANDOM_LENGTH + CHECKSUM_LENGTH));
        text.push_str(prefix);
        base62::push(&mut text, &mut random, RANDOM_LENGTH);
        random.zeroize();
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self { text, prefix_length: prefix.len() }
    }

    /// The secret itself, to be shown to whoever asked for it and kept nowhere.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub fn hash(&self) -> SecretHash {
        hash(&self.text)
    }

    /// The end of the text, by which people tell their secrets apart.
    pub fn last_four(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }

    pub fn prefix(&self) -> &str {
        &self.text[..self.prefix_length]
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSecret({}…)", self.prefix())
    }
}

/// A text that somebody presented and that could be a secret of ours.
///
/// Only its hash is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentedSecret(SecretHash);

impl PresentedSecret {
    /// Nothing when prefix, length or checksum do not fit.
    pub fn parse(raw: &str) -> Option<Self> {
        let (before, checksum_found) = raw.split_at_checked(raw.len().checked_sub(CHECKSUM_LENGTH)?)?;
        let (prefix, random) = before.split_at_checked(before.len().checked_sub(RANDOM_LENGTH)?)?;
        let well_formed = is_prefix(prefix)
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && checksum_found == checksum(before);
        well_formed.then(|| Self(hash(raw)))
    }

    pub const fn hash(&self) -> SecretHash {
        self.0
    }
}

/// Compares in constant time.
pub fn hashes_equal(one: &SecretHash, other: &SecretHash) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= MAX_PREFIX_LENGTH
        && prefix.ends_with('_')
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What is kept of a secret, and found by. Never its plain SHA-256, so that
/// nobody who has a list of those learns from a copy of ours which are live.
pub(crate) fn hash(text: &str) -> SecretHash {
    let labelled = Zeroizing::new([LABEL, text.as_bytes()].concat());
    SecretHash::from_bytes(sha256(&labelled))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemEntropy;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn the_format_is_a_promise() {
        let secret = NewSecret::generate("ias_", &Zeros);
        assert_eq!(secret.expose(), "ias_00000000000000000000000000000000000000000000L1nPa");
        assert_eq!((secret.prefix(), secret.last_four()), ("ias_", "1nPa"));
        assert_eq!(secret.text.capacity(), secret.text.len());
    }

    /// Computed with another library.
    #[test]
    fn what_is_kept_is_the_digest_of_label_and_text() {
        let hash = NewSecret::generate("ias_", &Zeros).hash();
        assert_eq!(hash.as_bytes()[..4], [0x42, 0x0b, 0xef, 0xff]);
    }

    #[test]
    fn a_new_secret_is_recognised_when_presented() {
        for prefix in ["ias_", "za_sec_live_", "key_prod_us_pvt_", "_"] {
            let secret = NewSecret::generate(prefix, &SystemEntropy::new());
            assert_eq!(secret.expose().len(), prefix.len() + 49);
            let presented = PresentedSecret::parse(secret.expose()).expect(prefix);
            assert!(hashes_equal(&presented.hash(), &secret.hash()));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = NewSecret::generate("ias_", &SystemEntropy::new());
        let good = good.expose();
        let random_only = NewSecret::generate("_", &Zeros);
        for raw in [
            "",
            "ias_",
            "password",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}0"),
            &format!(" {good}"),
            &good.replace("ias_", "iaz_"),
            &good.replace("ias_", "ias-"),
            &good.replace("ias_", "é_"),
            &random_only.expose()[1..],
            &"é".repeat(40),
            &format!("{}_{}", "x".repeat(40), &good[4..]),
        ] {
            assert_eq!(PresentedSecret::parse(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_changed_character_is_noticed() {
        let secret = NewSecret::generate("ias_", &SystemEntropy::new());
        for at in 0..secret.expose().len() {
            let mut bytes = secret.expose().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).expect("is still text");
            assert_eq!(PresentedSecret::parse(&changed), None, "{changed}");
        }
    }

    #[test]
    fn another_text_has_another_hash() {
        assert!(hashes_equal(&hash("abc"), &hash("abc")));
        assert!(!hashes_equal(&hash("abc"), &hash("abd")));
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = NewSecret::generate("ias_", &SystemEntropy::new());
        assert_eq!(format!("{secret:?}"), "NewSecret(ias_…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in any::<String>(), body in "[A-Za-z0-9]{49}") {
            let _ = PresentedSecret::parse(&raw);
            let _ = PresentedSecret::parse(&format!("{raw}{body}"));
        }
    }
}
