use serde_json::{Value, json};

use super::*;

fn parse(json: &Value) -> Result<Jwk, InvalidJwk> {
    let members: Members = serde_json::from_value(json.clone()).expect("has the form of a key");
    Jwk::try_from(members)
}

/// RFC 7638 §3.1
fn rfc_7638() -> Value {
    json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    })
}

/// RFC 8037 Appendix A.2
fn rfc_8037() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// RFC 7517 Appendix A.1
fn rfc_7517() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "use": "sig",
        "kid": "1",
    })
}

fn with(mut key: Value, member: &str, value: impl Into<Value>) -> Value {
    key[member] = value.into();
    key
}

#[test]
fn keys_of_the_rfcs_read_and_print_alike() {
    for key in [rfc_7638(), rfc_8037(), rfc_7517(), with(rfc_7517(), "alg", "ES256")] {
        let jwk = parse(&key).expect("a sound key");
        assert_eq!(serde_json::to_value(&jwk).expect("prints"), key);
        assert_eq!(jwk.key_id(), key["kid"].as_str());
    }
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    for (key, thumbprint) in [
        (rfc_7638(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (rfc_8037(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        (rfc_7517(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"),
    ] {
        assert_eq!(parse(&key).expect("a sound key").thumbprint(), thumbprint);
    }
}

#[test]
fn a_key_verifies_what_it_says_or_all_that_it_can() {
    use JwsAlgorithm::{EdDsa, Es256, Ps256, Rs256};
    for (key, algorithms) in [
        (rfc_7638(), &[Rs256][..]),
        (with(rfc_7638(), "alg", "PS256"), &[Ps256]),
        (with(rfc_7638(), "alg", Value::Null), &[Rs256, Ps256]),
        (rfc_8037(), &[EdDsa]),
        (rfc_7517(), &[Es256]),
    ] {
        let jwk = parse(&key).expect("a sound key");
        let verifying = VerifyingKey::from_jwk(&jwk).expect("a sound key");
        assert_eq!(verifying.algorithms().collect::<Vec<_>>(), algorithms);
    }
}

#[test]
fn unknown_members_are_dropped() {
    let key = with(with(rfc_8037(), "x5t", "abc"), "key_ops", json!(["verify"]));
    assert_eq!(parse(&key), parse(&rfc_8037()));
}

#[test]
fn what_is_secret_weak_or_unknown_is_refused() {
    let (modulus, odd) = (|bytes: usize| URL_SAFE_NO_PAD.encode(vec![0x81; bytes]), "AQAB");
    for (key, reason) in [
        (with(rfc_8037(), "d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), InvalidJwk::Private),
        (with(rfc_7638(), "p", "AQ"), InvalidJwk::Private),
        (with(rfc_7638(), "qi", 5), InvalidJwk::Private),
        (with(rfc_7638(), "oth", json!([{}])), InvalidJwk::Private),
        (json!({"kty": "oct", "k": "AQ"}), InvalidJwk::Symmetric),
        (json!({"kty": "oct"}), InvalidJwk::Symmetric),
        (with(rfc_7517(), "k", "AQ"), InvalidJwk::Symmetric),
        (json!({"kty": "AKP"}), InvalidJwk::KeyType),
        (with(rfc_7517(), "crv", "P-521"), InvalidJwk::Curve),
        (with(rfc_7517(), "crv", Value::Null), InvalidJwk::Curve),
        (with(rfc_8037(), "crv", "X25519"), InvalidJwk::Curve),
        (with(rfc_7517(), "alg", "ES384"), InvalidJwk::Algorithm),
        (with(rfc_7638(), "alg", "HS256"), InvalidJwk::Algorithm),
        (with(rfc_7638(), "alg", "RSA-OAEP"), InvalidJwk::Algorithm),
        (with(rfc_7517(), "use", "enc"), InvalidJwk::Use),
        (with(rfc_7517(), "y", Value::Null), InvalidJwk::Member("y")),
        (with(rfc_7517(), "x", "AQ"), InvalidJwk::Member("x")),
        (with(rfc_8037(), "x", "=="), InvalidJwk::Member("x")),
        (with(rfc_7638(), "e", "AQ"), InvalidJwk::Member("e")),
        (with(rfc_7517(), "x", URL_SAFE_NO_PAD.encode([1; 32])), InvalidJwk::NoSuchPoint),
        (json!({"kty": "RSA", "n": modulus(255), "e": odd}), InvalidJwk::WeakRsa(2040)),
        (json!({"kty": "RSA", "n": modulus(1025), "e": odd}), InvalidJwk::HugeRsa(8200)),
    ] {
        assert_eq!(parse(&key), Err(reason), "{key}");
    }
}
