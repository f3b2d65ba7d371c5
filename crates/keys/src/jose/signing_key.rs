//! Our private keys. Signing is the hot path: the key is parsed and the header
//! encoded beforehand, and a token is built in one allocation.

use std::fmt;

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, Signature,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::jwk::PublicKey;
use super::{InvalidSignature, Jwk, Jws, JwsAlgorithm, TokenType, VerifyingKey};
use crate::rsa::RsaPublicKey;

/// ES256 is r and s of 32 bytes each (RFC 7518 §3.4), and Ed25519 is as long.
const SHORT_SIGNATURE: usize = 64;

/// A private key that signs tokens, parsed once.
///
/// Its id is the `kid` of every token it signs. Signing needs nothing but
/// memory and randomness, and panics when the system has neither.
pub struct SigningKey {
    id: SigningKeyId,
    algorithm: SigningAlgorithm,
    private: PrivateKey,
    public: Jwk,
    own: VerifyingKey,
    /// The encoded header and its dot, for each of [`TokenType::ALL`].
    headers: [String; TokenType::ALL.len()],
}

/// Bytes that are no private key for the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private key for {} in PKCS #8", .0.as_str())]
pub struct InvalidSigningKey(SigningAlgorithm);

impl SigningKey {
    /// Makes a key: P-256, RSA of 2048 bits, or Ed25519. RSA takes up to a second.
    pub fn generate(algorithm: SigningAlgorithm, id: SigningKeyId) -> Self {
        let private = PrivateKey::generate(algorithm);
        Self::new(algorithm, id, private).expect("a key that was just made is sound")
    }

    pub fn from_pkcs8(
        algorithm: SigningAlgorithm,
        id: SigningKeyId,
        pkcs8: &[u8],
    ) -> Result<Self, InvalidSigningKey> {
        let private = PrivateKey::from_pkcs8(algorithm, pkcs8).ok_or(InvalidSigningKey(algorithm))?;
        Self::new(algorithm, id, private)
    }

    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.private.to_pkcs8()
    }

    pub const fn id(&self) -> SigningKeyId {
        self.id
    }

    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    pub fn public_jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// Signs claims, which are JSON, into a compact token.
    pub fn sign(&self, typ: TokenType, claims: &[u8]) -> String {
        let header = &self.headers[typ as usize];
        let length =
            header.len() + encoded_length(claims.len()) + 1 + encoded_length(self.private.signature_length());
        let mut token = String::with_capacity(length);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.private.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// Verifies a token that this key is said to have signed.
    ///
    /// Ed25519 has one signature a message, and making it is two to three
    /// times as fast as verifying it, so it is made again and compared.
    pub fn verify_own(&self, jws: &Jws<'_>) -> Result<(), InvalidSignature> {
        match &self.private {
            PrivateKey::Ed25519(_) if jws.header().algorithm() == JwsAlgorithm::EdDsa => {
                let expected = self.private.sign(jws.signing_input());
                verify_slices_are_equal(expected.as_ref(), jws.signature()).map_err(|_| InvalidSignature)
            }
            _ => jws.verify(&self.own),
        }
    }

    fn new(
        algorithm: SigningAlgorithm,
        id: SigningKeyId,
        private: PrivateKey,
    ) -> Result<Self, InvalidSigningKey> {
        let invalid = InvalidSigningKey(algorithm);
        let public = Jwk::signing(private.public().ok_or(invalid)?, id.to_string(), algorithm.into());
        let own = VerifyingKey::from_jwk(&public).map_err(|_| invalid)?;
        let headers = TokenType::ALL.map(|typ| encoded_header(algorithm, typ, id));
        Ok(Self { id, algorithm, private, public, own, headers })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {}…)", self.algorithm.as_str(), self.id)
    }
}

enum PrivateKey {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A signature, on the stack where it is short.
enum RawSignature {
    Short([u8; SHORT_SIGNATURE]),
    Long(Vec<u8>),
}

impl PrivateKey {
    fn generate(algorithm: SigningAlgorithm) -> Self {
        const WHY: &str = "the system has memory and randomness";
        match algorithm {
            SigningAlgorithm::Es256 => {
                Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(WHY))
            }
            SigningAlgorithm::Rs256 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect(WHY)),
            SigningAlgorithm::EdDsa => Self::Ed25519(Ed25519KeyPair::generate().expect(WHY)),
        }
    }

    fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Option<Self> {
        match algorithm {
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::P256)
            }
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(pkcs8).ok().map(Self::Rsa),
            SigningAlgorithm::EdDsa => {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok().map(Self::Ed25519)
            }
        }
    }

    /// The form of RFC 5208, which every tool reads.
    fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let printed = match self {
            Self::P256(key) => key.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Self::Ed25519(key) => key.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Self::Rsa(key) => AsDer::<Pkcs8V1Der<'_>>::as_der(key).map(|der| der.as_ref().to_vec()),
        };
        Zeroizing::new(printed.expect("a sound key prints"))
    }

    fn public(&self) -> Option<PublicKey> {
        match self {
            Self::P256(key) => {
                // The uncompressed point of SEC 1 §2.3.3.
                let (x, y) = key.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
                Some(PublicKey::P256 { x: x.to_vec(), y: y.to_vec() })
            }
            Self::Rsa(key) => RsaPublicKey::from_der(key.public_key().as_ref()).map(PublicKey::Rsa),
            Self::Ed25519(key) => Some(PublicKey::Ed25519 { x: key.public_key().as_ref().to_vec() }),
        }
    }

    fn signature_length(&self) -> usize {
        match self {
            Self::P256(_) | Self::Ed25519(_) => SHORT_SIGNATURE,
            Self::Rsa(key) => key.public_modulus_len(),
        }
    }

    fn sign(&self, message: &[u8]) -> RawSignature {
        const WHY: &str = "the system has memory and randomness";
        let random = SystemRandom::new();
        match self {
            Self::P256(key) => RawSignature::short(&key.sign(&random, message).expect(WHY)),
            Self::Ed25519(key) => RawSignature::short(&key.try_sign(message).expect(WHY)),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect(WHY);
                RawSignature::Long(signature)
            }
        }
    }
}

impl RawSignature {
    fn short(signature: &Signature) -> Self {
        let mut bytes = [0; SHORT_SIGNATURE];
        bytes.copy_from_slice(signature.as_ref());
        Self::Short(bytes)
    }
}

impl AsRef<[u8]> for RawSignature {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Short(signature) => signature.as_ref(),
            Self::Long(signature) => signature,
        }
    }
}

fn encoded_header(algorithm: SigningAlgorithm, typ: TokenType, id: SigningKeyId) -> String {
    let json = format!(r#"{{"alg":"{}","typ":"{}","kid":"{id}"}}"#, algorithm.as_str(), typ.as_str());
    URL_SAFE_NO_PAD.encode(json) + "."
}

const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::generate(algorithm, SigningKeyId::from_bytes([7; 16]))
    }

    #[test]
    fn a_token_verifies_with_its_key_only() {
        for algorithm in SigningAlgorithm::ALL {
            let (ours, other) = (key(algorithm), key(algorithm));
            let token = ours.sign(TokenType::AccessToken, br#"{"sub":"app_1"}"#);
            assert_eq!(token.capacity(), token.len(), "{algorithm:?}");
            let jws = Jws::parse(&token).expect("parses");
            assert_eq!(jws.payload(), br#"{"sub":"app_1"}"#);
            assert_eq!(jws.header().key_id(), Some(ours.id().to_string().as_str()));
            assert!(jws.header().has_type(TokenType::AccessToken));
            let verifying = VerifyingKey::from_jwk(&ours.public_jwk()).expect("a sound key");
            assert_eq!(jws.verify(&verifying), Ok(()));
            assert_eq!(ours.verify_own(&jws), Ok(()));
            assert_eq!(other.verify_own(&jws), Err(InvalidSignature));
        }
    }

    #[test]
    fn a_changed_token_does_not_verify() {
        for algorithm in SigningAlgorithm::ALL {
            let ours = key(algorithm);
            let token = ours.sign(TokenType::Jwt, br#"{"sub":"app_1"}"#);
            let jws = Jws::parse(&token).expect("parses");
            let (signed, encoded) = token.rsplit_once('.').expect("has a signature");
            let (header, payload) = signed.split_once('.').expect("has a payload");
            let other_header = encoded_header(algorithm, TokenType::AccessToken, ours.id());
            let signature = |bytes: &[u8]| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes));
            for changed in [
                format!("{header}.{}.{encoded}", URL_SAFE_NO_PAD.encode(br#"{"sub":"app_2"}"#)),
                format!("{other_header}{payload}.{encoded}"),
                signature(&[]),
                signature(&vec![0; jws.signature().len()]),
                signature(&jws.signature()[1..]),
                signature(&[jws.signature(), &[0]].concat()),
            ] {
                let jws = Jws::parse(&changed).expect("parses");
                assert_eq!(ours.verify_own(&jws), Err(InvalidSignature), "{changed}");
                assert_eq!(jws.verify(&ours.own), Err(InvalidSignature), "{changed}");
            }
        }
    }

    #[test]
    fn the_algorithm_of_the_token_must_be_that_of_the_key() {
        for algorithm in SigningAlgorithm::ALL {
            let ours = key(algorithm);
            for other in SigningAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                // The signature is right for the text; only `alg` lies.
                let signed = encoded_header(other, TokenType::Jwt, ours.id()) + "e30";
                let signature = URL_SAFE_NO_PAD.encode(ours.private.sign(signed.as_bytes()));
                let token = format!("{signed}.{signature}");
                let jws = Jws::parse(&token).expect("parses");
                assert_eq!(ours.verify_own(&jws), Err(InvalidSignature), "{algorithm:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_key_reads_back_from_pkcs8() {
        for algorithm in SigningAlgorithm::ALL {
            let ours = key(algorithm);
            let again = SigningKey::from_pkcs8(algorithm, ours.id(), &ours.to_pkcs8()).expect("reads back");
            assert_eq!(again.public_jwk(), ours.public_jwk());
            let token = again.sign(TokenType::Jwt, b"{}");
            assert_eq!(ours.verify_own(&Jws::parse(&token).expect("parses")), Ok(()));
            for other in SigningAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                let refused = SigningKey::from_pkcs8(other, ours.id(), &ours.to_pkcs8());
                assert_eq!(refused.map(drop), Err(InvalidSigningKey(other)));
            }
            assert!(SigningKey::from_pkcs8(algorithm, ours.id(), b"").is_err());
        }
    }

    #[test]
    fn the_public_half_names_its_use() {
        let jwk = serde_json::to_value(key(SigningAlgorithm::Es256).public_jwk()).expect("prints");
        let members: Vec<_> = jwk.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(jwk["use"], "sig");
    }

    #[test]
    fn debug_shows_no_key() {
        let ours = key(SigningAlgorithm::EdDsa);
        assert_eq!(format!("{ours:?}"), format!("SigningKey(EdDSA, {}…)", ours.id()));
    }
}
