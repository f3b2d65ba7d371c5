//! Proof Key for Code Exchange (RFC 7636): who brings a code is who asked for it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::form::malformed;
use crate::{Form, Refusal};

/// A `code_challenge` of the method `S256` (RFC 7636 §4.2): the SHA-256 of a
/// verifier that only the client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge([u8; 32]);

/// A `code_verifier` (RFC 7636 §4.1): 43 to 128 unreserved characters.
///
/// `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

/// A text that is no `S256` challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code challenge is a SHA-256 as 43 characters of base64url")]
pub struct InvalidCodeChallenge;

/// A text that is no verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code verifier has 43 to 128 letters, digits and `-._~`")]
pub struct InvalidCodeVerifier;

impl CodeChallenge {
    /// The only `code_challenge_method`: `plain` is the verifier itself, for
    /// everybody who sees the request (RFC 9700 §2.1.1).
    pub const METHOD: &str = "S256";

    /// Reads base64url without padding; a digest has one spelling only.
    pub fn parse(raw: &str) -> Result<Self, InvalidCodeChallenge> {
        let decoded = URL_SAFE_NO_PAD.decode(raw).map_err(|_| InvalidCodeChallenge)?;
        decoded.try_into().map(Self).map_err(|_| InvalidCodeChallenge)
    }

    /// As it is kept.
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest itself.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Reads `code_challenge` and `code_challenge_method` (RFC 7636 §4.3).
    ///
    /// A method that is left out means `plain`, and is refused like it (§4.4.1).
    /// Whether a client may do without both is not decided here.
    pub(crate) fn read(form: &Form) -> Result<Option<Self>, Refusal> {
        match (form.get("code_challenge"), form.get("code_challenge_method")) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(malformed("`code_challenge_method` is sent without `code_challenge`")),
            (Some(raw), Some(Self::METHOD)) => {
                Self::parse(raw).map(Some).map_err(|reason| malformed(reason.to_string()))
            }
            (Some(_), None | Some(_)) => Err(malformed("`code_challenge_method` must be `S256`")),
        }
    }

    /// Whether this is the challenge of a verifier (RFC 7636 §4.6). How long
    /// the comparison takes does not depend on the answer.
    ///
    /// Cryptography is not among the protocols' words, so SHA-256 is passed in.
    pub fn verifies(&self, verifier: &CodeVerifier, sha256: fn(&[u8]) -> [u8; 32]) -> bool {
        self.0.ct_eq(&sha256(verifier.0.as_bytes())).into()
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl CodeVerifier {
    pub const MIN: usize = 43;
    pub const MAX: usize = 128;

    pub fn parse(raw: &str) -> Result<Self, InvalidCodeVerifier> {
        let is_verifier =
            (Self::MIN..=Self::MAX).contains(&raw.len()) && raw.bytes().all(crate::urlencoded::is_unreserved);
        is_verifier.then(|| Self(raw.to_owned())).ok_or(InvalidCodeVerifier)
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 7636 Appendix B
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const DIGEST: [u8; 32] = [
        19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241,
        68, 86, 110, 225, 137, 74, 203, 112, 249, 195,
    ];

    /// Knows the SHA-256 of one text.
    fn sha256(text: &[u8]) -> [u8; 32] {
        if text == VERIFIER.as_bytes() { DIGEST } else { [0; 32] }
    }

    fn read(query: &str) -> Result<Option<CodeChallenge>, Refusal> {
        CodeChallenge::read(&Form::parse(query.as_bytes()).expect("a form"))
    }

    #[test]
    fn the_example_of_the_rfc_verifies_and_no_other_verifier_does() {
        let challenge = CodeChallenge::parse(CHALLENGE).expect("a challenge");
        let verifier = |raw: &str| CodeVerifier::parse(raw).expect("a verifier");
        assert!(challenge.verifies(&verifier(VERIFIER), sha256));
        assert!(!challenge.verifies(&verifier(&VERIFIER.to_lowercase()), sha256));
        // What `plain` would have taken.
        assert!(!challenge.verifies(&verifier(CHALLENGE), sha256));
    }

    #[test]
    fn a_challenge_is_43_characters_of_base64url() {
        assert_eq!(CodeChallenge::parse(CHALLENGE).expect("a challenge").to_string(), CHALLENGE);
        for raw in [
            "",
            &CHALLENGE[..42],
            &format!("{CHALLENGE}A"),
            &format!("{CHALLENGE}="),
            &CHALLENGE.replace('-', "+"),
            // Another spelling of the same 32 bytes.
            &CHALLENGE.replace("cM", "cN"),
            &CHALLENGE.replace("E9", "é"),
        ] {
            assert_eq!(CodeChallenge::parse(raw), Err(InvalidCodeChallenge), "{raw}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for raw in [VERIFIER, &"~".repeat(128), &"-._~".repeat(12)] {
            assert!(CodeVerifier::parse(raw).is_ok(), "{raw}");
        }
        for raw in ["", &"a".repeat(42), &"a".repeat(129), &format!("{VERIFIER}+"), &"é".repeat(43)] {
            assert_eq!(CodeVerifier::parse(raw), Err(InvalidCodeVerifier), "{raw}");
        }
        assert_eq!(format!("{:?}", CodeVerifier::parse(VERIFIER)), "Ok(CodeVerifier)");
    }

    #[test]
    fn only_s256_is_read() {
        assert_eq!(read("scope=a"), Ok(None));
        let sent = read(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256"));
        assert_eq!(sent, Ok(CodeChallenge::parse(CHALLENGE).ok()));
        for query in [
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            "code_challenge_method=S256".to_owned(),
            "code_challenge=short&code_challenge_method=S256".to_owned(),
        ] {
            let refusal = read(&query).expect_err(&query);
            assert_eq!(refusal.code(), crate::ErrorCode::InvalidRequest, "{query}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_again(digest in any::<[u8; 32]>()) {
            let challenge = CodeChallenge(digest);
            prop_assert_eq!(challenge.to_string().len(), 43);
            prop_assert_eq!(CodeChallenge::parse(&challenge.to_string()), Ok(challenge));
        }

        #[test]
        fn what_parses_is_printed_as_it_was(raw in "[A-Za-z0-9_-]{43}") {
            if let Ok(challenge) = CodeChallenge::parse(&raw) {
                prop_assert_eq!(challenge.to_string(), raw);
            }
        }

        #[test]
        fn no_text_makes_it_panic(raw in any::<String>()) {
            let _ = CodeChallenge::parse(&raw);
            let _ = CodeVerifier::parse(&raw);
        }
    }
}
