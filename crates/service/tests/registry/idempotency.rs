//! Requests that are done once, whatever becomes of the server in between.

use std::sync::Arc;

use appkeep_domain::{Issuer, Lifetime};
use appkeep_keys::{MasterKey, SystemEntropy};
use appkeep_service::{
    Begun, By, ErrorCode, Idempotency, IdempotencyKey, KeptAnswer, Keyring, RepeatableRequest,
};
use appkeep_storage::{Attempt, Store};
use appkeep_testkit::{on_each_database, signing_key};

use crate::harness::{Harness, named};

on_each_database![
    an_attempt_that_came_to_nothing_is_made_again,
    an_attempt_that_was_carried_out_is_not_made_again,
    an_attempt_that_was_overtaken_changes_nothing,
    an_answer_is_swept_a_day_later,
    another_master_key_opens_no_answer,
];

async fn idempotency(harness: &Harness, master: &[u8; 32]) -> Idempotency {
    let (clock, entropy) = (Arc::new(harness.clock.clone()), Arc::new(SystemEntropy::new()));
    let master = MasterKey::parse(master).expect("32 bytes");
    let keyring = Keyring::new(harness.store.clone(), master, clock.clone(), entropy.clone());
    let keyring = keyring.making_keys_by(signing_key);
    let _ = keyring.ensure(Issuer::Tenant(harness.tenant)).await;
    Idempotency::new(harness.store.clone(), Arc::new(keyring), clock, entropy)
}

fn request() -> RepeatableRequest {
    let key = IdempotencyKey::parse(b"a-key").expect("is a key");
    RepeatableRequest::new(&key, "POST", "/applications", b"{}")
}

fn answer() -> KeptAnswer {
    KeptAnswer { status: 201, headers: vec![("etag".to_owned(), "\"1\"".to_owned())], body: "{}".to_owned() }
}

async fn begin(idempotency: &Idempotency, by: &By) -> Result<Attempt, ErrorCode> {
    match idempotency.begin(by, &request()).await {
        Ok(Begun::Now(attempt)) => Ok(attempt),
        Ok(Begun::Before(answer)) => panic!("{answer:?}"),
        Err(error) => Err(error.code()),
    }
}

/// Does what the request asks for.
async fn create(harness: &Harness, by: &By, attempt: Attempt) -> Result<(), ErrorCode> {
    let by = By { attempt: Some(attempt), ..by.clone() };
    let created = harness.registry.create_application(&by, "m2m", named("Once")).await;
    created.map(drop).map_err(|error| error.code())
}

async fn an_attempt_that_came_to_nothing_is_made_again(store: Store) {
    let harness = Harness::start(store).await;
    let (idempotency, by) = (idempotency(&harness, &[1; 32]).await, harness.admin());
    begin(&idempotency, &by).await.expect("is the first");
    assert_eq!(begin(&idempotency, &by).await, Err(ErrorCode::IdempotencyInProgress));
    harness.clock.advance(Lifetime::from_seconds(59));
    assert_eq!(begin(&idempotency, &by).await, Err(ErrorCode::IdempotencyInProgress));
    harness.clock.advance(Lifetime::from_seconds(1));
    let attempt = begin(&idempotency, &by).await.expect("nothing was done");
    create(&harness, &by, attempt).await.expect("is done now");
    idempotency.keep(&by, &attempt, &answer()).await.expect("is kept");
    let again = idempotency.begin(&by, &request()).await.expect("was answered");
    assert!(matches!(again, Begun::Before(kept) if kept == answer()));
}

/// The server dies between the commit and the answer.
async fn an_attempt_that_was_carried_out_is_not_made_again(store: Store) {
    let harness = Harness::start(store).await;
    let (idempotency, by) = (idempotency(&harness, &[1; 32]).await, harness.admin());
    let attempt = begin(&idempotency, &by).await.expect("is the first");
    create(&harness, &by, attempt).await.expect("is done");
    assert_eq!(begin(&idempotency, &by).await, Err(ErrorCode::IdempotencyInProgress));
    harness.clock.advance(Lifetime::from_seconds(60));
    assert_eq!(begin(&idempotency, &by).await, Err(ErrorCode::IdempotencyAnswerLost));
    idempotency.release(&attempt).await.expect("is asked");
    assert_eq!(begin(&idempotency, &by).await, Err(ErrorCode::IdempotencyAnswerLost), "it stays so");
}

/// The first run was slower than a repetition would wait for.
async fn an_attempt_that_was_overtaken_changes_nothing(store: Store) {
    let harness = Harness::start(store).await;
    let (idempotency, by) = (idempotency(&harness, &[1; 32]).await, harness.admin());
    let slow = begin(&idempotency, &by).await.expect("is the first");
    harness.clock.advance(Lifetime::from_seconds(60));
    let quick = begin(&idempotency, &by).await.expect("takes its place");
    assert_eq!(create(&harness, &by, slow).await, Err(ErrorCode::IdempotencyInProgress));
    idempotency.keep(&by, &slow, &answer()).await.expect("is asked");
    idempotency.release(&slow).await.expect("is asked");
    create(&harness, &by, quick).await.expect("is the only one");
    assert_eq!(create(&harness, &by, slow).await, Err(ErrorCode::IdempotencyInProgress));
}

async fn an_answer_is_swept_a_day_later(store: Store) {
    let harness = Harness::start(store).await;
    let (idempotency, by) = (idempotency(&harness, &[1; 32]).await, harness.admin());
    let attempt = begin(&idempotency, &by).await.expect("is the first");
    idempotency.keep(&by, &attempt, &answer()).await.expect("is kept");
    harness.clock.advance(Lifetime::from_seconds(24 * 60 * 60 - 1));
    assert_eq!(harness.registry.sweep().await.expect("sweeps").answers, 0);
    harness.clock.advance(Lifetime::from_seconds(1));
    assert_eq!(harness.registry.sweep().await.expect("sweeps").answers, 1);
    begin(&idempotency, &by).await.expect("is new again");
}

async fn another_master_key_opens_no_answer(store: Store) {
    let harness = Harness::start(store).await;
    let (ours, by) = (idempotency(&harness, &[1; 32]).await, harness.admin());
    let attempt = begin(&ours, &by).await.expect("is the first");
    ours.keep(&by, &attempt, &answer()).await.expect("is kept");
    let stranger = idempotency(&harness, &[2; 32]).await;
    assert_eq!(begin(&stranger, &by).await, Err(ErrorCode::Internal));
}
