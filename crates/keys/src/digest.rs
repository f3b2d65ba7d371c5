//! Digests of what is compared and never read back.

use aws_lc_rs::digest::{SHA256, digest};

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4, the digest of the empty text.
    #[test]
    fn it_is_the_digest_of_the_standard() {
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
