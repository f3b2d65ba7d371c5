//! Signing keys and data keys.

use std::sync::Arc;

use appkeep_domain::{Issuer, PartnerId, SigningAlgorithm, SigningKeyId, Timestamp, Within};
use appkeep_storage::{
    Change, PublicSigningKey, SealedSigningKey, StorageError, Store, Topic, WrappedDataKey, WriteTx,
};
use appkeep_testkit::on_each_database;
use parking_lot::Mutex;

use crate::tenants::{insert, tenant};

on_each_database![
    keys_are_read_as_they_were_written,
    keys_are_seen_from_within_only,
    keys_are_made_from_within_only,
    a_version_is_taken_once,
    a_signing_key_is_announced,
    a_key_is_retired_from_within_only_and_never_later,
    of_retired_keys_the_public_halves_stay,
    issuers_are_those_who_have_keys,
    a_data_key_is_wrapped_anew,
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

async fn a_key_is_retired_from_within_only_and_never_later(store: Store) {
    let issuer = issuer(&store, 1).await;
    write_data_key(&store, Within::Platform, &data_key(issuer)).await.expect("is new");
    write_signing_key(&store, Within::Platform, &signing_key(issuer, 1)).await.expect("is new");
    let own = Within::Tenant(tenant(1).id);
    for (within, number, second, retires_at) in [
        (Within::Tenant(tenant(2).id), 1, 5, None),
        (own, 2, 5, None),
        (own, 1, 5, Some(5)),
        (own, 1, 6, Some(5)),
        (own, 1, 5, Some(5)),
        (own, 1, 4, Some(4)),
    ] {
        let before = retirement(&store, issuer).await;
        let outcome = retire(&store, within, (issuer, number), second).await;
        let after = retirement(&store, issuer).await;
        assert_eq!(after, retires_at.map(Timestamp::from_seconds), "{within:?} {number} {second}");
        match outcome {
            Ok(()) => assert_ne!(after, before),
            Err(refused) => {
                assert!(matches!(refused, StorageError::Stale), "{refused:?}");
                assert_eq!(after, before);
            }
        }
    }
}

async fn of_retired_keys_the_public_halves_stay(store: Store) {
    write_data_key(&store, Within::Platform, &data_key(Issuer::Platform)).await.expect("is new");
    for (number, retires_at) in [(1, None), (2, Some(10)), (3, Some(11))] {
        let retires_at = retires_at.map(Timestamp::from_seconds);
        let key = SealedSigningKey { retires_at, ..signing_key(Issuer::Platform, number) };
        write_signing_key(&store, Within::Platform, &key).await.expect("is new");
    }
    for (within, removed) in [(Within::Tenant(tenant(1).id), 0), (Within::Platform, 1), (Within::Platform, 0)]
    {
        let before = Timestamp::from_seconds(11);
        let destroy = async move |tx: &mut WriteTx| tx.destroy_retired_signing_keys(within, before).await;
        let count: Result<u64, StorageError> = store.write(destroy).await;
        assert_eq!(count.expect("destroys"), removed, "{within:?}");
    }
    let mut tx = store.read().await.expect("reads");
    let left = tx.signing_keys(Within::Platform, Issuer::Platform).await.expect("reads");
    assert_eq!(left.iter().map(|key| key.id.as_bytes()[0]).collect::<Vec<_>>(), [1, 3]);
    let stay = tx.public_signing_keys(Within::Platform, Issuer::Platform).await.expect("reads");
    let expected = [1, 2, 3].map(|number| {
        let SealedSigningKey { id, algorithm, public_jwk: jwk, .. } = signing_key(Issuer::Platform, number);
        PublicSigningKey { id, algorithm, jwk }
    });
    assert_eq!(stay, expected);
    let stranger = tx.public_signing_keys(Within::Tenant(tenant(1).id), Issuer::Platform).await;
    assert_eq!(stranger.expect("reads"), []);
}

async fn issuers_are_those_who_have_keys(store: Store) {
    let (first, _second) = (issuer(&store, 1).await, issuer(&store, 2).await);
    for issuer in [Issuer::Platform, first] {
        write_data_key(&store, Within::Platform, &data_key(issuer)).await.expect("is new");
        for number in [1, 2] {
            write_signing_key(&store, Within::Platform, &signing_key(issuer, number)).await.expect("is new");
        }
    }
    let mut tx = store.read().await.expect("reads");
    assert_eq!(tx.issuers(Within::Platform).await.expect("reads"), [Issuer::Platform, first]);
    assert!(tx.issuers(Within::Tenant(tenant(1).id)).await.expect("reads").is_empty());
}

async fn a_data_key_is_wrapped_anew(store: Store) {
    let issuer = issuer(&store, 1).await;
    let older = data_key(issuer);
    let newer = WrappedDataKey { version: 2, ..data_key(issuer) };
    for key in [&data_key(Issuer::Platform), &older, &newer] {
        write_data_key(&store, Within::Platform, key).await.expect("is new");
    }
    let anew = WrappedDataKey { wrapped: vec![4; 60], ..newer };
    let rewrap = async |within, key: &WrappedDataKey| {
        let key = key.clone();
        store.write(async move |tx: &mut WriteTx| tx.rewrap_data_key(within, &key).await).await
    };
    let missing = WrappedDataKey { version: 3, ..anew.clone() };
    for (within, key) in [(Within::Platform, &missing), (Within::Tenant(tenant(2).id), &anew)] {
        let refused: Result<(), StorageError> = rewrap(within, key).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    rewrap(Within::Tenant(tenant(1).id), &anew).await.expect("is there");
    let mut tx = store.read().await.expect("reads");
    let all = tx.all_data_keys(Within::Platform).await.expect("reads");
    assert_eq!(all, [data_key(Issuer::Platform), older, anew]);
    assert!(tx.all_data_keys(Within::Tenant(tenant(1).id)).await.expect("reads").is_empty());
}

async fn retire(
    store: &Store,
    within: Within,
    (issuer, number): (Issuer, u8),
    second: i64,
) -> Result<(), StorageError> {
    let (id, at) = (SigningKeyId::from_bytes([number; 16]), Timestamp::from_seconds(second));
    store.write(async move |tx: &mut WriteTx| tx.retire_signing_key(within, (issuer, id), at).await).await
}

async fn retirement(store: &Store, issuer: Issuer) -> Option<Timestamp> {
    let mut tx = store.read().await.expect("reads");
    tx.signing_keys(Within::Platform, issuer).await.expect("reads")[0].retires_at
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
