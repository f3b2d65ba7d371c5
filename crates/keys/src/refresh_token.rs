//! Refresh tokens: a part that all tokens of a family share, and one that is
//! each token's own.
//!
//! The family's part finds it, and proves that whoever shows it once held one
//! of its tokens: so a token that was replaced long ago is known for what it
//! is, though nothing of it is kept.

use std::fmt;

use appkeep_domain::{Entropy, SecretHash};
use aws_lc_rs::hmac;
use zeroize::{Zeroize, Zeroizing};

use crate::base62::{self, CHECKSUM_LENGTH, checksum};
use crate::secret::hash;

const PREFIX: &str = "rt_";
const FAMILY_BYTES: usize = 16;
const FAMILY_LENGTH: usize = 22;
const GENERATION_BYTES: usize = 32;
const GENERATION_LENGTH: usize = 43;

/// A refresh token that was just made, to be given to its client and kept nowhere.
pub struct NewRefreshToken(Text);

/// A text that somebody presented and that could be a refresh token of ours.
pub struct PresentedRefreshToken(Text);

/// The whole token. Everything else is a slice of it.
struct Text(Zeroizing<String>);

impl NewRefreshToken {
    /// The first of a family.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let (mut family, mut generation) = ([0; FAMILY_BYTES], [0; GENERATION_BYTES]);
        entropy.fill(&mut family);
        entropy.fill(&mut generation);
        let mut shared = Zeroizing::new(String::with_capacity(FAMILY_LENGTH));
        base62::push(&mut shared, &mut family, FAMILY_LENGTH);
        family.zeroize();
        Self(Text::assemble(&shared, &mut generation))
    }

    pub fn expose(&self) -> &str {
        &self.0.0
    }

    /// What the family is found by.
    pub fn family(&self) -> SecretHash {
        self.0.family()
    }

    /// What tells this token from the others of its family.
    pub fn generation(&self) -> SecretHash {
        self.0.generation()
    }
}

impl PresentedRefreshToken {
    /// Nothing when prefix, length or checksum do not fit.
    pub fn parse(raw: &str) -> Option<Self> {
        let (before, checksum_found) = raw.split_at_checked(raw.len().checked_sub(CHECKSUM_LENGTH)?)?;
        let random = before.strip_prefix(PREFIX)?;
        let well_formed = random.len() == FAMILY_LENGTH + GENERATION_LENGTH
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && checksum_found == checksum(before);
        well_formed.then(|| Self(Text(Zeroizing::new(raw.to_owned()))))
    }

    /// What its family is found by.
    pub fn family(&self) -> SecretHash {
        self.0.family()
    }

    /// What tells it from the others of its family.
    pub fn generation(&self) -> SecretHash {
        self.0.generation()
    }

    /// The token that comes after this one: always the same for the same link,
    /// which is random and without this token tells nothing of it.
    pub fn successor(&self, link: &[u8; 32]) -> NewRefreshToken {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.0.as_bytes());
        let tag = hmac::sign(&key, link);
        let mut generation = [0; GENERATION_BYTES];
        generation.copy_from_slice(tag.as_ref());
        NewRefreshToken(Text::assemble(self.0.family_part(), &mut generation))
    }
}

impl Text {
    fn assemble(family: &str, generation: &mut [u8; GENERATION_BYTES]) -> Self {
        const LENGTH: usize = PREFIX.len() + FAMILY_LENGTH + GENERATION_LENGTH + CHECKSUM_LENGTH;
        // The capacity is exact, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(PREFIX);
        text.push_str(family);
        base62::push(&mut text, generation, GENERATION_LENGTH);
        generation.zeroize();
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    fn family_part(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + FAMILY_LENGTH]
    }

    fn family(&self) -> SecretHash {
        hash(self.family_part())
    }

    fn generation(&self) -> SecretHash {
        hash(&self.0)
    }
}

impl fmt::Debug for NewRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewRefreshToken(…)")
    }
}

impl fmt::Debug for PresentedRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedRefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemEntropy;

    fn present(token: &NewRefreshToken) -> PresentedRefreshToken {
        PresentedRefreshToken::parse(token.expose()).expect("is one of ours")
    }

    #[test]
    fn a_successor_is_of_the_family_and_always_the_same() {
        let first = NewRefreshToken::generate(&SystemEntropy::new());
        let presented = present(&first);
        assert_eq!((presented.family(), presented.generation()), (first.family(), first.generation()));
        let second = presented.successor(&[7; 32]);
        assert_eq!(second.expose(), presented.successor(&[7; 32]).expose());
        assert_eq!(second.family(), first.family());
        assert_ne!(second.generation(), first.generation());
        assert_ne!(second.generation(), presented.successor(&[8; 32]).generation());
        assert_eq!(present(&second).generation(), second.generation());
    }

    #[test]
    fn two_families_share_nothing() {
        let [one, other] = [(); 2].map(|()| NewRefreshToken::generate(&SystemEntropy::new()));
        assert!(one.family() != other.family() && one.generation() != other.generation());
        assert_ne!(
            present(&one).successor(&[7; 32]).generation(),
            present(&other).successor(&[7; 32]).generation()
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = NewRefreshToken::generate(&SystemEntropy::new());
        let good = good.expose();
        assert_eq!(good.len(), 74);
        for raw in ["", "rt_", &good[1..], &good[..73], &format!("{good}0"), &good.replace("rt_", "rf_")] {
            assert!(PresentedRefreshToken::parse(raw).is_none(), "{raw}");
        }
        for at in 0..good.len() {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).expect("is still text");
            assert!(PresentedRefreshToken::parse(&changed).is_none(), "{changed}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let token = NewRefreshToken::generate(&SystemEntropy::new());
        assert_eq!(format!("{token:?} {:?}", present(&token)), "NewRefreshToken(…) PresentedRefreshToken(…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in any::<String>(), body in "[A-Za-z0-9]{71}") {
            let _ = PresentedRefreshToken::parse(&raw);
            let _ = PresentedRefreshToken::parse(&format!("rt_{body}"));
        }
    }
}
