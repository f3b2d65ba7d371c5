//! A digest under a key that this process made for itself, for what is found in
//! memory and nowhere else.

use std::fmt;

use appkeep_domain::Entropy;
use siphasher::sip128::SipHasher24;

/// SipHash-2-4 of 128 bits (Aumasson and Bernstein, 2012): without the key nobody
/// finds a text with the digest of another, and it takes a seventh of the time of a
/// SHA-256 where the processor has no instructions for that.
///
/// The key is in this value alone, so that no digest means anything to another
/// process or after a restart.
pub struct KeyedDigest(SipHasher24);

impl KeyedDigest {
    /// Under a key of its own.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 16];
        entropy.fill(&mut key);
        Self(SipHasher24::new_with_key(&key))
    }

    pub fn of(&self, bytes: &[u8]) -> u128 {
        self.0.hash(bytes).as_u128()
    }
}

impl fmt::Debug for KeyedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedDigest { … }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    /// The key of the paper's test vectors.
    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (number, byte) in (0..).zip(bytes) {
                *byte = number;
            }
        }
    }

    /// The reference implementation's `vectors_sip128`, for no bytes and for fifteen.
    #[test]
    fn it_is_the_digest_of_the_reference_implementation() {
        let digest = KeyedDigest::new(&Counting);
        let fifteen: Vec<u8> = (0..15).collect();
        for (bytes, expected) in [
            (&[][..], 0xa381_7f04_ba25_a8e6_6df6_7214_c755_0293_u128),
            (&fifteen, 0x5493_e999_33b0_a811_7e08_ec0f_97cf_c3d9),
        ] {
            // The reference writes the bytes in their order.
            assert_eq!(digest.of(bytes).to_le_bytes(), expected.to_be_bytes(), "{bytes:?}");
        }
    }

    #[test]
    fn each_has_a_key_of_its_own() {
        let [one, other] = [(); 2].map(|()| KeyedDigest::new(&SystemEntropy::new()));
        assert_ne!(one.of(b"a"), other.of(b"a"));
        assert_eq!(one.of(b"a"), one.of(b"a"));
        assert_ne!(one.of(b"a"), one.of(b"b"));
    }
}
