//! A token: taken apart whatever it is, and believed only as it was signed.

#![no_main]

use std::sync::LazyLock;

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::{Jws, SigningKey, TokenType, VerifyingKey};
use libfuzzer_sys::fuzz_target;

/// Ed25519, which has one signature for a message.
static KEY: LazyLock<(SigningKey, VerifyingKey)> = LazyLock::new(|| {
    let key = SigningKey::generate(SigningAlgorithm::EdDsa, SigningKeyId::from_bytes([1; 16]));
    let public = VerifyingKey::from_jwk(&key.public_jwk()).expect("a key that was just made");
    (key, public)
});

fuzz_target!(|input: (&str, &[u8], Vec<(u16, u8)>)| {
    let (raw, claims, changes) = input;
    let (private, public) = &*KEY;
    if let Ok(jws) = Jws::parse(raw) {
        assert!(jws.verify(public).is_err() && private.verify_own(&jws).is_err(), "nobody signed this");
    }
    let genuine = private.sign(TokenType::AccessToken, claims);
    if genuine.len() > Jws::MAX_BYTES {
        return;
    }
    let jws = Jws::parse(&genuine).expect("what was signed can be taken apart");
    assert_eq!(jws.payload(), claims);
    assert!(jws.verify(public).is_ok() && private.verify_own(&jws).is_ok());
    let mut changed = genuine.clone().into_bytes();
    for (at, flip) in changes {
        let at = usize::from(at) % changed.len();
        changed[at] ^= flip;
    }
    let Ok(changed) = String::from_utf8(changed) else { return };
    if let (Ok(jws), true) = (Jws::parse(&changed), changed != genuine) {
        assert!(jws.verify(public).is_err() && private.verify_own(&jws).is_err(), "{changed}");
    }
});
