//! Public keys, ready to verify.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::jwk::PublicKey;
use super::{InvalidJwk, InvalidSignature, Jwk, JwsAlgorithm};
use crate::rsa::RsaPublicKey;

/// A public key, parsed once, that verifies signatures.
pub struct VerifyingKey {
    /// One, save for an RSA key that does not name its `alg`: such a key
    /// verifies RS256 and PS256.
    schemes: Vec<(JwsAlgorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, InvalidJwk> {
        let schemes = jwk.algorithms().iter().map(|&algorithm| Ok((algorithm, parse(algorithm, jwk.key())?)));
        Ok(Self { schemes: schemes.collect::<Result<_, InvalidJwk>>()? })
    }

    /// What a token may name as its `alg`.
    pub fn algorithms(&self) -> impl Iterator<Item = JwsAlgorithm> {
        self.schemes.iter().map(|(algorithm, _)| *algorithm)
    }

    pub(super) fn verify(
        &self,
        algorithm: JwsAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (_, key) = self.schemes.iter().find(|(known, _)| *known == algorithm).ok_or(InvalidSignature)?;
        key.verify_sig(message, signature).map_err(|_| InvalidSignature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.algorithms()).finish()
    }
}

fn parse(algorithm: JwsAlgorithm, key: &PublicKey) -> Result<ParsedPublicKey, InvalidJwk> {
    match (algorithm, key) {
        (JwsAlgorithm::Es256, PublicKey::P256 { x, y }) => parse_point(&ECDSA_P256_SHA256_FIXED, x, y),
        (JwsAlgorithm::Es384, PublicKey::P384 { x, y }) => parse_point(&ECDSA_P384_SHA384_FIXED, x, y),
        (JwsAlgorithm::EdDsa, PublicKey::Ed25519 { x }) => {
            ParsedPublicKey::new(&ED25519, x).map_err(|_| InvalidJwk::NoSuchPoint)
        }
        (JwsAlgorithm::Rs256, PublicKey::Rsa(key)) => parse_rsa(&RSA_PKCS1_2048_8192_SHA256, key),
        (JwsAlgorithm::Ps256, PublicKey::Rsa(key)) => parse_rsa(&RSA_PSS_2048_8192_SHA256, key),
        _ => Err(InvalidJwk::Algorithm),
    }
}

fn parse_point(
    algorithm: &'static dyn VerificationAlgorithm,
    x: &[u8],
    y: &[u8],
) -> Result<ParsedPublicKey, InvalidJwk> {
    // The uncompressed point of SEC 1 §2.3.3.
    ParsedPublicKey::new(algorithm, [&[4], x, y].concat()).map_err(|_| InvalidJwk::NoSuchPoint)
}

fn parse_rsa(parameters: &'static RsaParameters, key: &RsaPublicKey) -> Result<ParsedPublicKey, InvalidJwk> {
    let components = RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent };
    components.to_parsed_public_key(parameters).map_err(|_| InvalidJwk::Member("n"))
}
