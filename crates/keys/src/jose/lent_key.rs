//! Private keys that somebody else gave out, under names of theirs.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A P-256 key with which its holder signs who they are to whoever gave it out,
/// as Apple has it. It is not ours: nothing that we issue is signed with it.
pub struct LentKey(EcdsaKeyPair);

/// A text that is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a P-256 private key in PKCS #8, as PEM")]
pub struct InvalidLentKey;

impl LentKey {
    /// Reads PEM (RFC 7468 §10).
    pub fn from_pem(pem: &str) -> Result<Self, InvalidLentKey> {
        let inside = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let mut text = Zeroizing::new(String::with_capacity(pem.len()));
        text.extend(inside.ok_or(InvalidLentKey)?.split_ascii_whitespace());
        let pkcs8 = Zeroizing::new(STANDARD.decode(text.as_bytes()).map_err(|_| InvalidLentKey)?);
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8);
        key.map(Self).map_err(|_| InvalidLentKey)
    }

    /// Signs claims, which are JSON, into a compact token under the name that
    /// the key was given. Panics when the system has no randomness.
    pub fn sign(&self, key_id: &str, claims: &[u8]) -> String {
        let header = serde_json::json!({ "alg": "ES256", "kid": key_id }).to_string();
        let mut token = URL_SAFE_NO_PAD.encode(header) + ".";
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.0.sign(&SystemRandom::new(), token.as_bytes());
        let signature = signature.expect("the system has memory and randomness");
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

impl fmt::Debug for LentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LentKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{SigningAlgorithm, SigningKeyId};

    use super::*;
    use crate::{Jws, SigningKey, VerifyingKey};

    fn pem(pkcs8: &[u8]) -> String {
        let text = STANDARD.encode(pkcs8);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }

    #[test]
    fn a_key_signs_under_the_name_that_it_was_given() {
        let made = SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([7; 16]));
        let key = LentKey::from_pem(&pem(&made.to_pkcs8())).expect("a sound key");
        let token = key.sign("K1K2K3K4K5", b"{}");
        let jws = Jws::parse(&token).expect("parses");
        assert_eq!((jws.header().key_id(), jws.payload()), (Some("K1K2K3K4K5"), &b"{}"[..]));
        let public = VerifyingKey::from_jwk(&made.public_jwk()).expect("a sound key");
        assert_eq!(jws.verify(&public), Ok(()));
        assert_eq!(format!("{key:?}"), "LentKey(…)");
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let other = SigningKey::generate(SigningAlgorithm::EdDsa, SigningKeyId::from_bytes([7; 16]));
        for raw in
            [String::new(), "hush".to_owned(), pem(b"hush"), pem(&other.to_pkcs8()), format!("{BEGIN}{END}")]
        {
            assert!(LentKey::from_pem(&raw).is_err(), "{raw}");
        }
    }
}
