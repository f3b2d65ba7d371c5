//! Secrets at rest: sealed with AES-256-GCM under data keys, which are
//! themselves wrapped by the master key.
//!
//! A sealed text is the 96-bit random nonce, the ciphertext and the tag. It
//! opens only in the place it was sealed for, which its [`Aad`] names.

use std::fmt;

use appkeep_domain::Entropy;
use aws_lc_rs::aead::{self, AES_256_GCM, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::mac::MacKey;

const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// The place a sealed text belongs to: a copy put elsewhere does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aad(Vec<u8>);

impl Aad {
    pub fn new(table: &str, row: &[u8], field: &str) -> Self {
        let mut bytes = Vec::new();
        for part in [table.as_bytes(), row, field.as_bytes()] {
            // With its length before it, no part runs into the next.
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Self(bytes)
    }
}

/// A sealed text that was changed, moved, cut, or sealed with another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed with this key for this place")]
pub struct Unopened;

/// A text that is no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes, raw or in base64")]
pub struct InvalidMasterKey;

/// The key above all keys. It wraps data keys and nothing else.
pub struct MasterKey(Sealer);

impl MasterKey {
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Sealer::generate(entropy))
    }

    /// Reads 32 raw bytes, or base64 of them in either alphabet, with or
    /// without padding, white space around it ignored.
    pub fn parse(raw: &[u8]) -> Result<Self, InvalidMasterKey> {
        let decoded = if raw.len() == KEY_BYTES { Zeroizing::new(raw.to_vec()) } else { decode(raw)? };
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if decoded.len() != KEY_BYTES {
            return Err(InvalidMasterKey);
        }
        bytes.copy_from_slice(&decoded);
        Ok(Self(Sealer::new(bytes)))
    }

    /// For the file it is kept in.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.bytes.as_slice()))
    }

    pub fn wrap(&self, key: &DataKey, aad: &Aad) -> Vec<u8> {
        self.0.wrap(key, aad)
    }

    pub fn unwrap(&self, wrapped: &[u8], aad: &Aad) -> Result<DataKey, Unopened> {
        self.0.unwrap(wrapped, aad)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The key that seals what is stored. Replace it well before 2^32 seals, where
/// random nonces begin to repeat.
pub struct DataKey(Sealer);

impl DataKey {
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Sealer::generate(entropy))
    }

    pub fn seal(&self, aad: &Aad, plaintext: &[u8]) -> Vec<u8> {
        self.0.seal(aad, plaintext)
    }

    pub fn open(&self, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        self.0.open(aad, sealed)
    }

    /// For a key that is kept to be destroyed by itself.
    pub fn wrap(&self, key: &Self, aad: &Aad) -> Vec<u8> {
        self.0.wrap(key, aad)
    }

    pub fn unwrap(&self, wrapped: &[u8], aad: &Aad) -> Result<Self, Unopened> {
        self.0.unwrap(wrapped, aad)
    }

    /// A key of its own for authenticating, derived for a purpose (RFC 5869 §2.3).
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.bytes.as_slice());
        let mut derived = Zeroizing::new([0; KEY_BYTES]);
        derived.copy_from_slice(hmac::sign(&key, &[purpose.as_bytes(), &[1]].concat()).as_ref());
        MacKey::new(&derived)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// The bytes of a key, and the cipher set up with them.
struct Sealer {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    cipher: RandomizedNonceKey,
}

impl Sealer {
    fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(bytes.as_mut_slice());
        Self::new(bytes)
    }

    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, bytes.as_slice()).expect("the key has 32 bytes");
        Self { bytes, cipher }
    }

    fn wrap(&self, key: &DataKey, aad: &Aad) -> Vec<u8> {
        self.seal(aad, key.0.bytes.as_slice())
    }

    fn unwrap(&self, wrapped: &[u8], aad: &Aad) -> Result<DataKey, Unopened> {
        let opened = self.open(aad, wrapped)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if opened.len() != KEY_BYTES {
            return Err(Unopened);
        }
        bytes.copy_from_slice(&opened);
        Ok(DataKey(Self::new(bytes)))
    }

    fn seal(&self, aad: &Aad, plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + TAG_BYTES);
        sealed.extend_from_slice(&[0; NONCE_LEN]);
        sealed.extend_from_slice(plaintext);
        let (nonce, tag) = self
            .cipher
            .seal_in_place_separate_tag(aead::Aad::from(&aad.0), &mut sealed[NONCE_LEN..])
            .expect("the text is shorter than the 64 GiB that AES-GCM can seal");
        sealed[..NONCE_LEN].copy_from_slice(nonce.as_ref());
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    fn open(&self, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut opened = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .cipher
            .open_in_place(nonce, aead::Aad::from(&aad.0), &mut opened)
            .map_err(|_| Unopened)?
            .len();
        opened.truncate(length);
        Ok(opened)
    }
}

fn decode(raw: &[u8]) -> Result<Zeroizing<Vec<u8>>, InvalidMasterKey> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = raw.trim_ascii();
    let alphabet =
        if text.iter().any(|byte| b"-_".contains(byte)) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    let decoded = GeneralPurpose::new(&alphabet, CONFIG).decode(text);
    decoded.map(Zeroizing::new).map_err(|_| InvalidMasterKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn data_key() -> DataKey {
        DataKey::generate(&SystemEntropy::new())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place() {
        let (key, aad) = (data_key(), Aad::new("signing_keys", b"row", "pkcs8"));
        for plaintext in [&b""[..], b"x", &[7; 5000]] {
            let sealed = key.seal(&aad, plaintext);
            assert_eq!(sealed.len(), 12 + plaintext.len() + 16);
            assert_eq!(key.open(&aad, &sealed).expect("opens").as_slice(), plaintext);
            assert_ne!(sealed, key.seal(&aad, plaintext), "each seal has its nonce");
        }
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let (key, aad) = (data_key(), Aad::new("t", b"r", "f"));
        let sealed = key.seal(&aad, b"hunter2");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&aad, &changed), Err(Unopened), "byte {at}");
            assert_eq!(key.open(&aad, &sealed[..at]), Err(Unopened), "{at} bytes");
        }
        assert_eq!(data_key().open(&aad, &sealed), Err(Unopened), "another key");
    }

    #[test]
    fn what_was_moved_does_not_open() {
        let key = data_key();
        let sealed = key.seal(&Aad::new("ab", b"cd", "ef"), b"hunter2");
        for (table, row, field) in [
            ("abc", &b"d"[..], "ef"),
            ("a", b"bcd", "ef"),
            ("ab", b"cde", "f"),
            ("ab", b"cd", "e"),
            ("", b"abcd", "ef"),
        ] {
            assert_eq!(key.open(&Aad::new(table, row, field), &sealed), Err(Unopened), "{table} {field}");
        }
    }

    #[test]
    fn a_wrapped_key_unwraps_to_the_same_key() {
        let (master, key) = (MasterKey::generate(&SystemEntropy::new()), data_key());
        let (place, aad) = (Aad::new("data_keys", b"1", "key"), Aad::new("t", b"r", "f"));
        let sealed = key.seal(&aad, b"hunter2");
        let unwrapped = master.unwrap(&master.wrap(&key, &place), &place).expect("unwraps");
        assert_eq!(unwrapped.open(&aad, &sealed).expect("opens").as_slice(), b"hunter2");
        assert!(master.unwrap(&master.wrap(&key, &place), &aad).is_err(), "another place");
        assert!(
            MasterKey::generate(&SystemEntropy::new()).unwrap(&master.wrap(&key, &place), &place).is_err()
        );
        assert!(master.unwrap(&master.0.seal(&place, b"short"), &place).is_err(), "not a key");
    }

    #[test]
    fn a_master_key_is_read_in_every_spelling() {
        let bytes = [0xfb; 32];
        let standard = STANDARD.encode(bytes);
        let url_safe = standard.replace('+', "-").replace('/', "_");
        for raw in [
            &bytes[..],
            standard.as_bytes(),
            standard.trim_end_matches('=').as_bytes(),
            url_safe.as_bytes(),
            format!(" {standard}\n").as_bytes(),
        ] {
            assert_eq!(*MasterKey::parse(raw).expect("parses").to_base64(), standard);
        }
        for raw in [&b""[..], &[0; 31], &[0; 33], b"c2hvcnQ=", b"!!", "é".repeat(22).as_bytes()] {
            assert!(MasterKey::parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let master = MasterKey::parse(&[b'K'; 32]).expect("parses");
        assert_eq!(format!("{master:?} {:?}", data_key()), "MasterKey(…) DataKey(…)");
    }
}
