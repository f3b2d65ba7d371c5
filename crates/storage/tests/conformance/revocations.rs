//! Revocations, until they may be forgotten.

use std::sync::{Arc, Mutex};

use appkeep_domain::{ApplicationId, Owner, Revocation, RevokedSubject, TokenId, Within};
use appkeep_storage::{Change, StorageError, Store, Topic};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    a_revocation_reads_back_as_written_and_is_announced,
    a_later_revocation_raises_the_one_before,
    all_are_loaded_in_parts,
    what_may_be_forgotten_is_swept,
    another_tenants_revocation_is_not_there,
    revocations_outlive_their_application,
];

fn token(number: u8) -> RevokedSubject {
    RevokedSubject::Token(TokenId::from_bytes([number; 16]))
}

fn every_token_of(number: u8) -> RevokedSubject {
    RevokedSubject::Application(ApplicationId::from_bytes([number; 16]))
}

fn revocation(subject: RevokedSubject, forget_at: i64) -> Revocation {
    Revocation { owner: Owner::Tenant(OURS), subject, revoked_at: at(5), forget_at: at(forget_at) }
}

async fn insert(store: &Store, within: Within, revocation: Revocation) -> Result<(), StorageError> {
    store.write(async move |tx| tx.insert_revocation(within, &revocation).await).await
}

async fn of(store: &Store, within: Within, number: u8, now: i64) -> Vec<Revocation> {
    let mut tx = store.read().await.expect("opens");
    tx.revocations_of(within, [number; 16], at(now)).await.expect("reads")
}

async fn a_revocation_reads_back_as_written_and_is_announced(store: Store) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    store.on_change(Arc::new(move |changes| hears.lock().expect("is whole").extend_from_slice(changes)));
    let (ours, both) = (Within::Tenant(OURS), [revocation(every_token_of(1), 10), revocation(token(1), 9)]);
    for one in both {
        insert(&store, ours, one).await.expect("inserts");
    }
    assert_eq!(*told.lock().expect("is whole"), [Change { topic: Topic::Revocation, key: [1; 16] }; 2]);
    assert_eq!(of(&store, ours, 1, 8).await, both);
    assert_eq!(of(&store, Within::Platform, 1, 8).await, both);
    assert_eq!(of(&store, ours, 1, 9).await, both[..1], "forgotten from the moment on");
    assert_eq!(of(&store, ours, 2, 8).await, []);
}

async fn a_later_revocation_raises_the_one_before(store: Store) {
    let (ours, first) = (Within::Tenant(OURS), revocation(every_token_of(1), 100));
    let later = Revocation { revoked_at: at(7), forget_at: at(102), ..first };
    let shorter = Revocation { revoked_at: at(8), forget_at: at(60), ..first };
    for (inserted, kept) in [
        (first, first),
        (later, later),
        (first, later),
        (shorter, Revocation { revoked_at: at(8), forget_at: at(102), ..first }),
    ] {
        insert(&store, ours, inserted).await.expect("inserts");
        assert_eq!(of(&store, ours, 1, 8).await, [kept], "{inserted:?}");
    }
    let theirs = Revocation { owner: Owner::Tenant(THEIRS), ..later };
    let refused = insert(&store, Within::Platform, theirs).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
}

async fn all_are_loaded_in_parts(store: Store) {
    let subjects = [token(1), every_token_of(2), token(2), token(3)];
    for subject in [token(3), token(2), every_token_of(2), token(1)] {
        insert(&store, Within::Tenant(OURS), revocation(subject, 9)).await.expect("inserts");
    }
    let gone = Revocation { owner: Owner::Tenant(THEIRS), ..revocation(every_token_of(3), 7) };
    insert(&store, Within::Platform, gone).await.expect("inserts");
    for limit in [1, 2, 3, 9] {
        let (mut loaded, mut after) = (Vec::new(), None);
        loop {
            let mut tx = store.read().await.expect("opens");
            let page = tx.revocations(Within::Platform, at(8), after, limit).await.expect("loads");
            let Some(last) = page.last() else { break };
            after = Some(last.subject);
            loaded.extend(page.into_iter().map(|one| one.subject));
        }
        assert_eq!(loaded, subjects, "{limit} at a time");
    }
}

async fn what_may_be_forgotten_is_swept(store: Store) {
    for (subject, forget_at) in [(token(1), 7), (token(2), 8), (token(3), 9), (every_token_of(3), 8)] {
        insert(&store, Within::Tenant(OURS), revocation(subject, forget_at)).await.expect("inserts");
    }
    let sweep = async |within, limit| {
        let swept: Result<u64, StorageError> =
            store.write(async move |tx| tx.delete_forgotten_revocations(within, at(8), limit).await).await;
        swept.expect("sweeps")
    };
    assert_eq!(sweep(Within::Tenant(THEIRS), 9).await, 0);
    assert_eq!(sweep(Within::Tenant(OURS), 1).await, 1);
    assert_eq!(store.sweep_revocations(at(8)).await.expect("sweeps"), 2);
    assert_eq!(of(&store, Within::Platform, 3, 0).await, [revocation(token(3), 9)]);
    assert_eq!(store.sweep_revocations(at(8)).await.expect("sweeps"), 0);
}

async fn another_tenants_revocation_is_not_there(store: Store) {
    let theirs = Within::Tenant(THEIRS);
    let refused = insert(&store, theirs, revocation(token(1), 9)).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    insert(&store, Within::Tenant(OURS), revocation(token(1), 9)).await.expect("inserts");
    assert_eq!(of(&store, theirs, 1, 1).await, []);
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.revocations(theirs, at(1), None, 9).await.expect("loads"), []);
}

async fn revocations_outlive_their_application(store: Store) {
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            let (ours, billing) = (Within::Tenant(OURS), application(1, "Billing"));
            tx.insert_application(ours, &billing).await?;
            tx.insert_revocation(ours, &revocation(every_token_of(1), 9)).await?;
            tx.delete_application(ours, &billing, at(6)).await
        })
        .await;
    outcome.expect("deletes");
    assert_eq!(of(&store, Within::Platform, 1, 8).await.len(), 1);
}
