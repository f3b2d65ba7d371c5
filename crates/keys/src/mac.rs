//! Authentication of what we hand out and read back.

use std::fmt;

use aws_lc_rs::hmac;

/// A key for HMAC-SHA256 (RFC 2104).
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Over all parts, each with its length before it, so that no part runs
    /// into the next.
    pub fn authenticate(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.0, &joined(parts)).as_ref());
        tag
    }

    /// Whether `tag` is what [`authenticate`](Self::authenticate) made of the
    /// same parts. Takes as long whatever the answer.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        hmac::verify(&self.0, &joined(parts), tag).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_parts_under_the_same_key_verify() {
        let key = MacKey::new(&[1; 32]);
        let tag = key.authenticate(&[b"ab", b"c"]);
        assert!(key.verify(&[b"ab", b"c"], &tag));
        for parts in [&[&b"a"[..], b"bc"][..], &[b"abc"], &[b"ab", b"c", b""], &[]] {
            assert!(!key.verify(parts, &tag), "{parts:?}");
        }
        assert!(!key.verify(&[b"ab", b"c"], &tag[..31]));
        assert!(!MacKey::new(&[2; 32]).verify(&[b"ab", b"c"], &tag));
    }
}
