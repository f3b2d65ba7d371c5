//! Signing keys and data keys.

use std::sync::Arc;

use appkeep_domain::{Issuer, PartnerId, SigningAlgorithm, SigningKeyId, Timestamp, Within};
use appkeep_storage::{Change, SealedSigningKey, StorageError, Store, Topic, WrappedDataKey, WriteTx};
use appkeep_testkit::on_each_database;
use parking_lot::Mutex;

use crate::tenants::{insert, tenant};

on_each_database![
    keys_are_read_as_they_were_written,
    keys_are_seen_from_within_only,
    keys_are_made_from_within_only,
    a_version_is_taken_once,
    a_signing_key_is_announced,
];

async fn keys_are_read_as_they_were_written(store: Store) {
    let issuer = issuer(&store, 1).await;
    let mut second = signing_key(issuer, 2);
    second.retires_at = Some(Timestamp::from_seconds(9));
    let newer = WrappedDataKey { version: 2, ..data_key(issuer) };
    // The order is that of activation and of versions, not of insertion.
    write_data_key(&store, Within::Platform, &newer).await.expect("is new");
    write_data_key(&store, Within::Platform, &data_key(issuer)).await.expect("is new");
    write_signing_key(&store, Within::Platform, &second).await.expect("is new");
    write_signing_key(&store, Within::Platform, &signing_key(issuer, 1)).await.expect("is new");
    let mut tx = store.read().await.expect("reads");
    let signing_keys = tx.signing_keys(Within::Platform, issuer).await.expect("reads");
    assert_eq!(signing_keys, [signing_key(issuer, 1), second]);
    let data_keys = tx.data_keys(Within::Platform, issuer).await.expect("reads");
    assert_eq!(data_keys, [data_key(issuer), newer]);
}

async fn keys_are_seen_from_within_only(store: Store) {
    let (first, second) = (issuer(&store, 1).await, issuer(&store, 2).await);
    for issuer in [first, second, Issuer::Platform] {
        write_data_key(&store, Within::Platform, &data_key(issuer)).await.expect("is new");
        write_signing_key(&store, Within::Platform, &signing_key(issuer, 1)).await.expect("is new");
    }
    let mut tx = store.read().await.expect("reads");
    for (within, seen) in [
        (Within::Platform, [true, true, true]),
        (Within::Tenant(tenant(1).id), [true, false, false]),
        (Within::Tenant(tenant(2).id), [false, true, false]),
        (Within::Partner(PartnerId::from_bytes([9; 16])), [false; 3]),
    ] {
        for (issuer, sees) in [first, second, Issuer::Platform].into_iter().zip(seen) {
            let signing_keys = tx.signing_keys(within, issuer).await.expect("reads");
            let data_keys = tx.data_keys(within, issuer).await.expect("reads");
            let expected = usize::from(sees);
            assert_eq!((signing_keys.len(), data_keys.len()), (expected, expected), "{within:?} {issuer:?}");
        }
    }
}

async fn keys_are_made_from_within_only(store: Store) {
    let (first, second) = (issuer(&store, 1).await, tenant(2));
    for (within, issuer) in [
        (Within::Tenant(second.id), first),
        (Within::Tenant(second.id), Issuer::Platform),
        // There is no such tenant.
        (Within::Platform, Issuer::Tenant(second.id)),
    ] {
        let refused = write_data_key(&store, within, &data_key(issuer)).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
        let refused = write_signing_key(&store, within, &signing_key(issuer, 1)).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
}

async fn a_version_is_taken_once(store: Store) {
    write_data_key(&store, Within::Platform, &data_key(Issuer::Platform)).await.expect("is new");
    let refused = write_data_key(&store, Within::Platform, &data_key(Issuer::Platform)).await;
    let name = "data_keys.owner, data_keys.version";
    assert!(matches!(&refused, Err(StorageError::Taken(taken)) if taken == name), "{refused:?}");
}

async fn a_signing_key_is_announced(store: Store) {
    let issuer = issuer(&store, 1).await;
    write_data_key(&store, Within::Platform, &data_key(issuer)).await.expect("is new");
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    store.on_change(Arc::new(move |changes: &[Change]| heard.lock().extend_from_slice(changes)));
    write_signing_key(&store, Within::Platform, &signing_key(issuer, 1)).await.expect("is new");
    assert_eq!(*told.lock(), [Change { topic: Topic::SigningKeys, key: [1; 16] }]);
}

async fn issuer(store: &Store, number: u8) -> Issuer {
    insert(store, Within::Platform, &tenant(number)).await.expect("is new");
    Issuer::Tenant(tenant(number).id)
}

async fn write_signing_key(
    store: &Store,
    within: Within,
    key: &SealedSigningKey,
) -> Result<(), StorageError> {
    let key = key.clone();
    store.write(async move |tx: &mut WriteTx| tx.insert_signing_key(within, &key).await).await
}

async fn write_data_key(store: &Store, within: Within, key: &WrappedDataKey) -> Result<(), StorageError> {
    let key = key.clone();
    store.write(async move |tx: &mut WriteTx| tx.insert_data_key(within, &key).await).await
}

/// A key that activates at this second.
fn signing_key(issuer: Issuer, number: u8) -> SealedSigningKey {
    SealedSigningKey {
        issuer,
        id: SigningKeyId::from_bytes([number; 16]),
        algorithm: SigningAlgorithm::EdDsa,
        public_jwk: "{}".to_owned(),
        sealed_private: vec![number; 80],
        data_key_version: 1,
        created_at: Timestamp::from_seconds(0),
        activates_at: Timestamp::from_seconds(number.into()),
        retires_at: None,
    }
}

fn data_key(issuer: Issuer) -> WrappedDataKey {
    WrappedDataKey { issuer, version: 1, wrapped: vec![3; 60], created_at: Timestamp::from_seconds(0) }
}
