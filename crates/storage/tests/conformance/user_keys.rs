//! The keys of people.

use appkeep_domain::{Issuer, UserId, Within};
use appkeep_storage::{StorageError, Store, WrappedUserKey};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, signed_in, write};

on_each_database![
    a_key_reads_back_as_written,
    of_two_who_make_one_the_first_is_kept,
    none_is_made_for_somebody_who_is_not_there,
    a_key_goes_with_its_user,
    another_tenants_key_is_not_there,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn key(user: UserId, byte: u8) -> WrappedUserKey {
    WrappedUserKey {
        directory: directory(OURS).id,
        user,
        issuer: Issuer::Tenant(OURS),
        data_key_version: 3,
        wrapped: vec![byte; 60],
        created_at: at(2),
    }
}

async fn insert(store: &Store, within: Within, key: WrappedUserKey) -> Result<(), StorageError> {
    let ours = directory(OURS);
    write(store, async move |tx| tx.insert_user_key(within, &ours, &key).await).await
}

async fn keys(store: &Store, within: Within, users: &[UserId]) -> Vec<WrappedUserKey> {
    store.read().await.expect("opens").user_keys(within, users).await.expect("reads")
}

async fn a_key_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    for (user, byte) in [(ADA, 1), (BOB, 2)] {
        insert(&store, OUR, key(user, byte)).await.expect("inserts");
    }
    let stranger = UserId::from_bytes([99; 16]);
    for (users, expected) in [
        (&[ADA][..], vec![key(ADA, 1)]),
        (&[BOB, ADA, stranger], vec![key(ADA, 1), key(BOB, 2)]),
        (&[stranger], vec![]),
        (&[], vec![]),
    ] {
        for within in [OUR, Within::Platform] {
            let mut found = keys(&store, within, users).await;
            found.sort_by_key(|key| key.wrapped.clone());
            assert_eq!(found, expected);
        }
    }
}

async fn of_two_who_make_one_the_first_is_kept(store: Store) {
    signed_in(&store).await;
    insert(&store, OUR, key(ADA, 1)).await.expect("inserts");
    insert(&store, OUR, key(ADA, 2)).await.expect("is no fault");
    assert_eq!(keys(&store, OUR, &[ADA]).await, [key(ADA, 1)]);
}

async fn none_is_made_for_somebody_who_is_not_there(store: Store) {
    let (ours, _) = signed_in(&store).await;
    assert_stale(insert(&store, OUR, key(UserId::from_bytes([99; 16]), 1)).await);
    let deletes = write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await);
    let (gone, made) = tokio::join!(deletes, insert(&store, OUR, key(ADA, 1)));
    gone.expect("nothing keeps a user");
    drop(made);
    assert!(keys(&store, Within::Platform, &[ADA]).await.is_empty());
}

async fn a_key_goes_with_its_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    for user in [ADA, BOB] {
        insert(&store, OUR, key(user, 1)).await.expect("inserts");
    }
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(keys(&store, Within::Platform, &[ADA, BOB]).await, [key(BOB, 1)]);
}

async fn another_tenants_key_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(insert(&store, THEIR, key(ADA, 1)).await);
    insert(&store, OUR, key(ADA, 1)).await.expect("inserts");
    assert!(keys(&store, THEIR, &[ADA]).await.is_empty());
}
