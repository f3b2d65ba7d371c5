//! Another library verifies what we sign, and we verify what it signs.

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::{Jwk, Jws, SigningKey, TokenType, VerifyingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

const ALGORITHMS: [(SigningAlgorithm, Algorithm); 3] = [
    (SigningAlgorithm::Es256, Algorithm::ES256),
    (SigningAlgorithm::Rs256, Algorithm::RS256),
    (SigningAlgorithm::EdDsa, Algorithm::EdDSA),
];

fn key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm, SigningKeyId::from_bytes([1; 16]))
}

fn claims() -> Value {
    json!({ "sub": "app_1", "exp": 4_000_000_000_u64 })
}

/// The other library's copy of a private key.
fn encoding_key(key: &SigningKey) -> EncodingKey {
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(key.to_pkcs8())
    );
    match key.algorithm() {
        SigningAlgorithm::Es256 => EncodingKey::from_ec_pem(pem.as_bytes()),
        SigningAlgorithm::Rs256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
        SigningAlgorithm::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes()),
    }
    .expect("reads our key")
}

/// The other library's copy of a public key, read from our JSON.
fn decoding_key(jwk: &Jwk) -> DecodingKey {
    let json = serde_json::to_string(jwk).expect("prints");
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&json).expect("reads our key");
    DecodingKey::from_jwk(&jwk).expect("takes our key")
}

#[test]
fn it_verifies_what_we_sign() {
    for (ours, theirs) in ALGORITHMS {
        let key = key(ours);
        let token = key.sign(TokenType::AccessToken, claims().to_string().as_bytes());
        let mut validation = Validation::new(theirs);
        validation.validate_aud = false;
        let read = jsonwebtoken::decode::<Value>(&token, &decoding_key(&key.public_jwk()), &validation);
        let read = read.expect("verifies");
        assert_eq!(read.claims, claims());
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read.header.kid, Some(key.id().to_string()));
    }
}

#[test]
fn we_verify_what_it_signs() {
    for (ours, theirs) in ALGORITHMS {
        let key = key(ours);
        let token =
            jsonwebtoken::encode(&Header::new(theirs), &claims(), &encoding_key(&key)).expect("signs");
        let jws = Jws::parse(&token).expect("parses");
        let verifying = VerifyingKey::from_jwk(&key.public_jwk()).expect("a sound key");
        assert_eq!(jws.verify(&verifying), Ok(()), "{ours:?}");
        assert_eq!(key.verify_own(&jws), Ok(()), "{ours:?}");
        assert_eq!(serde_json::from_slice::<Value>(jws.payload()).expect("is JSON"), claims());
    }
}

#[test]
fn we_verify_its_pss_signatures_when_the_key_allows_them() {
    let key = key(SigningAlgorithm::Rs256);
    let token =
        jsonwebtoken::encode(&Header::new(Algorithm::PS256), &claims(), &encoding_key(&key)).expect("signs");
    let jws = Jws::parse(&token).expect("parses");
    let mut json = serde_json::to_value(key.public_jwk()).expect("prints");
    for (alg, verifies) in [(json!("RS256"), false), (json!("PS256"), true), (Value::Null, true)] {
        json["alg"] = alg;
        let jwk: Jwk = serde_json::from_value(json.clone()).expect("a sound key");
        let verifying = VerifyingKey::from_jwk(&jwk).expect("a sound key");
        assert_eq!(jws.verify(&verifying).is_ok(), verifies, "{jwk:?}");
    }
}

#[test]
fn both_compute_one_thumbprint() {
    for (ours, _) in ALGORITHMS {
        let jwk = key(ours).public_jwk();
        let json = serde_json::to_string(&jwk).expect("prints");
        let theirs: jsonwebtoken::jwk::Jwk = serde_json::from_str(&json).expect("reads our key");
        let thumbprint = theirs.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).expect("a sound key");
        assert_eq!(thumbprint, jwk.thumbprint());
    }
}
