//! Failures of an account in a row.

use appkeep_domain::{Lockout, PasswordPolicy, UserId, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, signed_in, write};

on_each_database![
    a_lockout_reads_back_as_written_and_is_lifted,
    failures_at_once_are_all_counted,
    another_tenants_lockout_is_not_there,
    what_is_forgotten_is_swept,
    a_lockout_goes_with_its_user,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn lockout(user: UserId, last_failed_at: i64) -> Lockout {
    Lockout {
        directory: directory(OURS).id,
        user,
        failures: 6,
        last_failed_at: at(last_failed_at),
        locked_until: Some(at(90)),
    }
}

async fn put(store: &Store, within: Within, lockout: Lockout) -> Result<(), StorageError> {
    write(store, async move |tx| tx.put_lockout(within, &directory(OURS), &lockout).await).await
}

async fn lift(store: &Store, within: Within) -> Result<bool, StorageError> {
    write(store, async move |tx| tx.delete_lockout(within, &directory(OURS), ADA).await).await
}

async fn get(store: &Store, within: Within, user: UserId) -> Option<Lockout> {
    store.read().await.expect("opens").lockout(within, &directory(OURS), user).await.expect("reads")
}

async fn a_lockout_reads_back_as_written_and_is_lifted(store: Store) {
    signed_in(&store).await;
    assert_eq!(get(&store, OUR, ADA).await, None);
    for one in [lockout(ADA, 5), Lockout { failures: 1, locked_until: None, ..lockout(ADA, 9) }] {
        put(&store, OUR, one.clone()).await.expect("is kept");
        assert_eq!(get(&store, OUR, ADA).await, Some(one));
    }
    assert_eq!(get(&store, OUR, BOB).await, None);
    assert!(lift(&store, OUR).await.expect("lifts"));
    assert!(!lift(&store, OUR).await.expect("there is nothing to lift"));
    assert_eq!(get(&store, OUR, ADA).await, None);
    assert_stale(put(&store, OUR, lockout(UserId::from_bytes([9; 16]), 5)).await);
}

/// What a sign-in does that fails.
async fn fail(store: &Store) -> Result<(), StorageError> {
    write(store, async |tx| {
        let ours = directory(OURS);
        let before = tx.lockout(OUR, &ours, ADA).await?;
        let (whose, policy) = ((ours.id, ADA), PasswordPolicy::DEFAULT);
        let after = Lockout::after_failure(whose, before.as_ref(), &policy, at(5));
        tx.put_lockout(OUR, &ours, &after).await
    })
    .await
}

async fn failures_at_once_are_all_counted(store: Store) {
    signed_in(&store).await;
    let outcomes = tokio::join!(fail(&store), fail(&store), fail(&store), fail(&store));
    for outcome in [outcomes.0, outcomes.1, outcomes.2, outcomes.3] {
        outcome.expect("counts");
    }
    assert_eq!(get(&store, OUR, ADA).await.map(|one| one.failures), Some(4));
}

async fn another_tenants_lockout_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(put(&store, THEIR, lockout(ADA, 5)).await);
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    assert_eq!(get(&store, THEIR, ADA).await, None);
    assert_stale(lift(&store, THEIR).await);
    assert!(get(&store, Within::Platform, ADA).await.is_some());
}

async fn what_is_forgotten_is_swept(store: Store) {
    signed_in(&store).await;
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    put(&store, OUR, lockout(BOB, 9)).await.expect("is kept");
    let sweep = async |within, before: i64| {
        write(&store, async move |tx| tx.delete_forgotten_lockouts(within, at(before), 9).await).await
    };
    assert_stale(sweep(OUR, 9).await);
    for (before, swept) in [(4, 0), (5, 1), (8, 0), (9, 1)] {
        assert_eq!(sweep(Within::Platform, before).await.expect("sweeps"), swept, "{before}");
    }
}

async fn a_lockout_goes_with_its_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(get(&store, OUR, ADA).await, None);
}
