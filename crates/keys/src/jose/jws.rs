//! Tokens in compact form, taken apart and verified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{JwsHeader, VerifyingKey};

/// A signed token in compact form (RFC 7515 §7.1), taken apart.
///
/// Base64url is strict, so that a token has one spelling. `Debug` shows the
/// header only: whoever holds the rest can use the token.
pub struct Jws<'a> {
    header: JwsHeader,
    payload: Vec<u8>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

/// Why a text is no token that could be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJws {
    #[error("a token has at most {} bytes", Jws::MAX_BYTES)]
    Length,
    #[error("a token has three parts with a dot between two")]
    Parts,
    #[error("a part is not base64url without padding")]
    Encoding,
    #[error("the header is not a JSON object of members that each stand once")]
    Header,
    #[error("the header asks for an extension, and none is known")]
    Extension,
    #[error("the algorithm is none of ES256, ES384, RS256, PS256, EdDSA")]
    Algorithm,
}

/// A signature that the key did not make, or not with its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct InvalidSignature;

impl<'a> Jws<'a> {
    /// The longest token that is looked at.
    pub const MAX_BYTES: usize = 16 * 1024;

    pub fn parse(raw: &'a str) -> Result<Self, InvalidJws> {
        if raw.len() > Self::MAX_BYTES {
            return Err(InvalidJws::Length);
        }
        let (signing_input, signature) = raw.rsplit_once('.').ok_or(InvalidJws::Parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(InvalidJws::Parts)?;
        if payload.contains('.') {
            return Err(InvalidJws::Parts);
        }
        let header = JwsHeader::parse(&decode(header)?)?;
        Ok(Self { header, payload: decode(payload)?, signing_input, signature: decode(signature)? })
    }

    pub const fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// What is signed. Before [`verify`](Self::verify) it is anybody's claim.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub fn verify(&self, key: &VerifyingKey) -> Result<(), InvalidSignature> {
        key.verify(self.header.algorithm(), self.signing_input.as_bytes(), &self.signature)
    }

    pub(super) const fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws").field("header", &self.header).finish_non_exhaustive()
    }
}

fn decode(part: &str) -> Result<Vec<u8>, InvalidJws> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidJws::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `{"alg":"ES256"}`
    const HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";

    #[test]
    fn three_parts_are_taken_apart() {
        let raw = format!("{HEADER}.e30.AQ");
        let jws = Jws::parse(&raw).expect("parses");
        assert_eq!((jws.payload(), jws.signature()), (&b"{}"[..], &[1][..]));
        assert_eq!(jws.signing_input(), &raw.as_bytes()[..raw.len() - 3]);
        assert!(!format!("{jws:?}").contains("e30"));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for (raw, reason) in [
            (String::new(), InvalidJws::Parts),
            (HEADER.to_owned(), InvalidJws::Parts),
            (format!("{HEADER}.e30"), InvalidJws::Parts),
            (format!("{HEADER}.e30.AQ."), InvalidJws::Parts),
            (format!("{HEADER}.e30.AQ.AQ.AQ"), InvalidJws::Parts),
            (format!("{HEADER}=.e30.AQ"), InvalidJws::Encoding),
            (format!("{HEADER}.e30=.AQ"), InvalidJws::Encoding),
            (format!("{HEADER}.e30.AQ=="), InvalidJws::Encoding),
            (format!("{HEADER}.e30.A+"), InvalidJws::Encoding),
            (format!("{HEADER}.e30.AQ\n"), InvalidJws::Encoding),
            (format!(" {HEADER}.e30.AQ"), InvalidJws::Encoding),
            // Another spelling of the same byte: its last four bits are not zero.
            (format!("{HEADER}.e30.AR"), InvalidJws::Encoding),
            (".e30.AQ".to_owned(), InvalidJws::Header),
            // {"alg":"none"}
            ("eyJhbGciOiJub25lIn0.e30.".to_owned(), InvalidJws::Algorithm),
            (format!("{HEADER}.{}.AQ", "A".repeat(Jws::MAX_BYTES)), InvalidJws::Length),
        ] {
            assert_eq!(Jws::parse(&raw).map(drop), Err(reason), "{raw:.60}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in any::<String>(), parts in "[A-Za-z0-9_.-]{0,80}") {
            let _ = Jws::parse(&raw);
            let _ = Jws::parse(&parts);
            let _ = Jws::parse(&format!("{HEADER}.{parts}"));
        }
    }
}
