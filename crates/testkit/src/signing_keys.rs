//! Signing keys that are made once and used by many tests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::SigningKey;
use zeroize::Zeroizing;

/// RSA keys of one process: enough that no test meets the same one soon again.
const MANY: usize = 8;

/// A key with this id. Making an RSA key takes longer than most of what tests
/// do, so that a few of them take turns, under whatever ids; others are new.
///
/// # Panics
///
/// Never: what was printed is read back.
pub fn signing_key(algorithm: SigningAlgorithm, id: SigningKeyId) -> SigningKey {
    static MADE: [OnceLock<Zeroizing<Vec<u8>>>; MANY] = [const { OnceLock::new() }; MANY];
    static TURN: AtomicUsize = AtomicUsize::new(0);
    if algorithm != SigningAlgorithm::Rs256 {
        return SigningKey::generate(algorithm, id);
    }
    let turn = TURN.fetch_add(1, Ordering::Relaxed) % MANY;
    let printed = MADE[turn].get_or_init(|| SigningKey::generate(algorithm, id).to_pkcs8());
    SigningKey::from_pkcs8(algorithm, id, printed).expect("what was printed is read back")
}
