//! Tags that only a holder of the key can make.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};

/// A key for HMAC-SHA256 (RFC 2104).
#[derive(Clone)]
pub struct MacKey(Key);

impl MacKey {
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, bytes))
    }

    /// A key that is a text of whatever length, such as a secret that somebody
    /// gave us.
    pub fn of_text(text: &str) -> Self {
        Self(Key::new(HMAC_SHA256, text.as_bytes()))
    }

    pub fn tag(&self, message: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.0, message).as_ref());
        tag
    }

    /// Compares in constant time, for a tag of whatever length.
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 §4.2, its key of twenty bytes filled up with the zeros that
    /// HMAC adds to a short key anyway.
    #[test]
    fn it_is_the_tag_of_the_standard() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let tag = MacKey::new(&key).tag(b"Hi There");
        assert_eq!(tag[..8], [0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53]);
    }

    /// RFC 4231 §4.3
    #[test]
    fn a_text_is_a_key() {
        let tag = MacKey::of_text("Jefe").tag(b"what do ya want for nothing?");
        assert_eq!(tag[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }

    #[test]
    fn only_the_whole_tag_of_this_message_and_key_fits() {
        let (key, other) = (MacKey::new(&[1; 32]), MacKey::new(&[2; 32]));
        let tag = key.tag(b"message");
        for (key, message, tag, fits) in [
            (&key, &b"message"[..], &tag[..], true),
            (&key, b"message", &tag[..31], false),
            (&key, b"message", &[], false),
            (&key, b"massage", &tag, false),
            (&other, b"message", &tag, false),
        ] {
            assert_eq!(key.verifies(message, tag), fits, "{message:?} {tag:?}");
        }
        assert_eq!(format!("{key:?}"), "MacKey(…)");
    }
}
