//! A secret: what we make is recognised, and what was changed is not.

#![no_main]

use appkeep_domain::Entropy;
use appkeep_keys::{NewSecret, PresentedSecret, hashes_equal};
use libfuzzer_sys::fuzz_target;

/// Chance, as the fuzzer will have it.
struct Chosen([u8; 32]);

impl Entropy for Chosen {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, chosen) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *chosen;
        }
    }
}

fuzz_target!(|input: ([u8; 32], u8, u8, &str)| {
    let (chance, at, flip, raw) = input;
    let _ = PresentedSecret::parse(raw);
    let secret = NewSecret::generate("ias_", &Chosen(chance));
    let presented = PresentedSecret::parse(secret.expose()).expect("what was made is recognised");
    assert!(hashes_equal(&presented.hash(), &secret.hash()));
    let mut changed = secret.expose().as_bytes().to_vec();
    let at = usize::from(at) % changed.len();
    changed[at] ^= flip;
    if let (Ok(changed), true) = (String::from_utf8(changed), flip != 0) {
        assert_eq!(PresentedSecret::parse(&changed), None, "a checksum notices one changed character");
    }
});
