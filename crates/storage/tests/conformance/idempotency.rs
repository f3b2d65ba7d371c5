//! Requests that are done once.

use appkeep_domain::{Owner, Within};
use appkeep_storage::{Attempt, KeptRequest, SealedAnswer, StorageError, Store, WriteTx};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, at};

on_each_database![
    an_attempt_reads_back_as_written,
    only_the_latest_attempt_changes_anything,
    what_was_carried_out_is_not_released,
    expired_requests_are_not_there_and_are_deleted,
    another_tenants_request_is_not_there,
];

const US: Within = Within::Tenant(OURS);

const fn attempt(id: u8) -> Attempt {
    Attempt { owner: Owner::Tenant(OURS), fingerprint: [9; 32], id: [id; 16] }
}

async fn reserve(store: &Store, within: Within, attempt: Attempt) -> Result<(), StorageError> {
    let reserve =
        async move |tx: &mut WriteTx| tx.reserve_request(within, &attempt, [8; 32], (at(60), at(100))).await;
    store.write(reserve).await
}

async fn carry_out(store: &Store, attempt: Attempt) -> Result<(), StorageError> {
    store.write(async move |tx| tx.carry_out_request(US, &attempt, at(5)).await).await
}

async fn keep(store: &Store, attempt: Attempt) -> bool {
    let answer = SealedAnswer { sealed: vec![attempt.id[0]; 3], data_key_version: 1 };
    let keep = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
        tx.keep_answer(US, &attempt, &answer).await
    };
    store.write(keep).await.expect("writes")
}

async fn release(store: &Store, attempt: Attempt) {
    let release =
        async move |tx: &mut WriteTx| -> Result<(), StorageError> { tx.release_request(US, &attempt).await };
    store.write(release).await.expect("writes");
}

async fn known(store: &Store, within: Within, now: i64) -> Option<KeptRequest> {
    let mut tx = store.read().await.expect("opens");
    tx.kept_request(within, &attempt(1), at(now)).await.expect("reads")
}

async fn an_attempt_reads_back_as_written(store: Store) {
    assert_eq!(known(&store, US, 0).await, None);
    reserve(&store, US, attempt(1)).await.expect("is new");
    let reserved = KeptRequest { body: [8; 32], lease_until: at(60), carried_out_at: None, answer: None };
    assert_eq!(known(&store, US, 0).await, Some(reserved.clone()));
    carry_out(&store, attempt(1)).await.expect("has its place");
    carry_out(&store, attempt(1)).await.expect("changes more");
    let carried_out = KeptRequest { carried_out_at: Some(at(5)), ..reserved };
    assert_eq!(known(&store, US, 0).await, Some(carried_out.clone()));
    assert!(keep(&store, attempt(1)).await);
    let answer = Some(SealedAnswer { sealed: vec![1; 3], data_key_version: 1 });
    assert_eq!(known(&store, US, 0).await, Some(KeptRequest { answer, ..carried_out }));
    reserve(&store, US, attempt(2)).await.expect("begins anew");
    let anew = known(&store, US, 0).await.expect("is there");
    assert_eq!((anew.carried_out_at, anew.answer), (None, None));
}

async fn only_the_latest_attempt_changes_anything(store: Store) {
    reserve(&store, US, attempt(1)).await.expect("is new");
    reserve(&store, US, attempt(2)).await.expect("takes its place");
    let late = carry_out(&store, attempt(1)).await;
    assert!(matches!(late, Err(StorageError::Superseded)), "{late:?}");
    assert!(!keep(&store, attempt(1)).await);
    release(&store, attempt(1)).await;
    carry_out(&store, attempt(2)).await.expect("has its place");
}

async fn what_was_carried_out_is_not_released(store: Store) {
    reserve(&store, US, attempt(1)).await.expect("is new");
    release(&store, attempt(1)).await;
    assert_eq!(known(&store, US, 0).await, None);
    reserve(&store, US, attempt(1)).await.expect("is new again");
    carry_out(&store, attempt(1)).await.expect("has its place");
    release(&store, attempt(1)).await;
    assert!(known(&store, US, 0).await.is_some());
}

async fn expired_requests_are_not_there_and_are_deleted(store: Store) {
    reserve(&store, US, attempt(1)).await.expect("is new");
    assert!(known(&store, US, 99).await.is_some());
    assert_eq!(known(&store, US, 100).await, None);
    for (within, now, expected) in [(US, 100, 0), (Within::Platform, 99, 0), (Within::Platform, 100, 1)] {
        let delete = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_requests(within, at(now), 10).await
        };
        assert_eq!(store.write(delete).await.expect("deletes"), expected, "{within:?} at {now}");
    }
}

async fn another_tenants_request_is_not_there(store: Store) {
    reserve(&store, US, attempt(1)).await.expect("is new");
    assert_eq!(known(&store, Within::Tenant(THEIRS), 0).await, None);
    let foreign = reserve(&store, Within::Tenant(THEIRS), attempt(1)).await;
    assert!(matches!(foreign, Err(StorageError::Stale)), "{foreign:?}");
}
