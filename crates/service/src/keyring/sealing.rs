//! Keys as they are kept: private halves sealed under the issuer's data key,
//! and that wrapped under the master key, each for its own place.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::{Issuer, SigningKeyId, Timestamp};
use appkeep_keys::{Aad, DataKey, MasterKey, SigningKey};
use appkeep_storage::{SealedSigningKey, WrappedDataKey};

use super::KeyringError;

const FIRST_VERSION: u32 = 1;

pub(super) fn wrap_first(
    master: &MasterKey,
    issuer: Issuer,
    key: &DataKey,
    created_at: Timestamp,
) -> WrappedDataKey {
    let wrapped = master.wrap(key, &place_of_data_key(issuer, FIRST_VERSION));
    WrappedDataKey { issuer, version: FIRST_VERSION, wrapped, created_at }
}

pub(super) fn unwrap(master: &MasterKey, key: &WrappedDataKey) -> Result<DataKey, KeyringError> {
    let opened = master.unwrap(&key.wrapped, &place_of_data_key(key.issuer, key.version));
    opened.map_err(|_| KeyringError::WrongMasterKey(key.issuer))
}

/// The same data key, wrapped under another master key.
pub(super) fn rewrap(
    present: &MasterKey,
    new: &MasterKey,
    key: &WrappedDataKey,
) -> Result<WrappedDataKey, KeyringError> {
    let wrapped = new.wrap(&unwrap(present, key)?, &place_of_data_key(key.issuer, key.version));
    Ok(WrappedDataKey { wrapped, ..key.clone() })
}

/// Seals a key that signs from `now` on.
pub(super) fn seal(
    issuer: Issuer,
    key: &SigningKey,
    (data_key_version, data_key): (u32, &DataKey),
    now: Timestamp,
) -> Result<SealedSigningKey, KeyringError> {
    let public_jwk = serde_json::to_string(&key.public_jwk()).map_err(|_| KeyringError::Damaged(key.id()))?;
    Ok(SealedSigningKey {
        issuer,
        id: key.id(),
        algorithm: key.algorithm(),
        public_jwk,
        sealed_private: data_key.seal(&place_of_signing_key(issuer, key.id()), &key.to_pkcs8()),
        data_key_version,
        created_at: now,
        activates_at: now,
        retires_at: None,
    })
}

pub(super) fn open(
    sealed: &SealedSigningKey,
    data_keys: &HashMap<u32, Arc<DataKey>>,
) -> Result<SigningKey, KeyringError> {
    let damaged = || KeyringError::Damaged(sealed.id);
    let data_key = data_keys.get(&sealed.data_key_version).ok_or_else(damaged)?;
    let place = place_of_signing_key(sealed.issuer, sealed.id);
    let pkcs8 = data_key.open(&place, &sealed.sealed_private).map_err(|_| damaged())?;
    SigningKey::from_pkcs8(sealed.algorithm, sealed.id, &pkcs8).map_err(|_| damaged())
}

fn place_of_data_key(issuer: Issuer, version: u32) -> Aad {
    let row = [issuer.as_bytes().as_slice(), &version.to_be_bytes()].concat();
    Aad::new("data_keys", &row, "wrapped")
}

fn place_of_signing_key(issuer: Issuer, id: SigningKeyId) -> Aad {
    let row = [issuer.as_bytes(), id.as_bytes()].concat();
    Aad::new("signing_keys", &row, "sealed_private")
}

#[cfg(test)]
mod tests {
    use appkeep_domain::SigningAlgorithm;
    use appkeep_keys::SystemEntropy;

    use super::*;

    #[test]
    fn a_key_opens_in_its_own_place_only() {
        let (data_key, id) = (DataKey::generate(&SystemEntropy::new()), SigningKeyId::from_bytes([1; 16]));
        let key = SigningKey::generate(SigningAlgorithm::EdDsa, id);
        let now = Timestamp::from_seconds(0);
        let sealed = seal(Issuer::Platform, &key, (FIRST_VERSION, &data_key), now).expect("seals");
        let data_keys = HashMap::from([(FIRST_VERSION, Arc::new(data_key))]);
        assert!(open(&sealed, &data_keys).is_ok());
        for damaged in [
            SealedSigningKey { issuer: Issuer::from_bytes([7; 16]), ..sealed.clone() },
            SealedSigningKey { id: SigningKeyId::from_bytes([2; 16]), ..sealed.clone() },
            SealedSigningKey { algorithm: SigningAlgorithm::Es256, ..sealed.clone() },
            SealedSigningKey { sealed_private: Vec::new(), ..sealed.clone() },
            SealedSigningKey { data_key_version: 2, ..sealed },
        ] {
            let refused = open(&damaged, &data_keys);
            assert!(matches!(&refused, Err(KeyringError::Damaged(id)) if *id == damaged.id), "{refused:?}");
        }
    }

    #[test]
    fn a_data_key_opens_in_its_own_place_only() {
        let entropy = SystemEntropy::new();
        let (master, data_key) = (MasterKey::generate(&entropy), DataKey::generate(&entropy));
        let wrapped = wrap_first(&master, Issuer::Platform, &data_key, Timestamp::from_seconds(0));
        assert!(unwrap(&master, &wrapped).is_ok());
        let another = Issuer::from_bytes([7; 16]);
        for moved in [
            WrappedDataKey { issuer: another, ..wrapped.clone() },
            WrappedDataKey { version: 2, ..wrapped.clone() },
        ] {
            assert!(matches!(unwrap(&master, &moved), Err(KeyringError::WrongMasterKey(_))), "{moved:?}");
        }
        let stranger = unwrap(&MasterKey::generate(&entropy), &wrapped);
        assert!(matches!(stranger, Err(KeyringError::WrongMasterKey(Issuer::Platform))), "{stranger:?}");
    }
}
