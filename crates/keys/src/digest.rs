//! Digests of what is compared and never read back.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256, SHA384, SHA512, digest};

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// The SHA-384 of some bytes.
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    let mut hash = [0; 48];
    hash.copy_from_slice(digest(&SHA384, bytes).as_ref());
    hash
}

/// The SHA-512 of some bytes.
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    let mut hash = [0; 64];
    hash.copy_from_slice(digest(&SHA512, bytes).as_ref());
    hash
}

/// The SHA-256 of bytes that come one piece after another.
#[derive(Clone)]
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn to_bytes(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }

    /// In lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        let digits = |byte: &u8| [byte >> 4, byte & 15].map(|four| char::from_digit(four.into(), 16));
        self.to_bytes().iter().flat_map(digits).flatten().collect()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256 { … }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4, the digest of the empty text.
    #[test]
    fn it_is_the_digest_of_the_standard() {
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(sha384(b"")[..4], [0x38, 0xb0, 0x60, 0xa7]);
        assert_eq!(sha512(b"")[..4], [0xcf, 0x83, 0xe1, 0x35]);
    }

    /// FIPS 180-4, the digest of `abc`.
    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut digest = Sha256::default();
        for piece in [&b"a"[..], b"", b"bc"] {
            digest.update(piece);
        }
        assert_eq!(digest.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
