//! What memory is for, and when it is not to be trusted: several nodes, and a
//! database that is cut off.

use std::time::{Duration, Instant};

use appkeep_domain::{
    ApplicationState, Issuer, Lifetime, Owner, Revocation, RevokedSubject, SigningAlgorithm, Timestamp,
    TokenId, Within,
};
use appkeep_oauth::{ClientAuthentication, ErrorCode};
use appkeep_service::Takeover;
use appkeep_storage::{Change, Database, Feed, StorageError, Store, WriteTx};
use appkeep_testkit::{ChaosProxy, TestDatabase, on_each_database};

use crate::node::{Node, TENANT, basic, machine, machine_with, scopes, write};

on_each_database![
    in_steady_state_the_database_is_not_asked,
    what_one_node_does_the_other_obeys_within_a_second,
    a_node_that_is_told_nothing_asks_the_database,
    its_keys_are_read_again_by_a_node_that_is_told_nothing,
    an_issuer_without_keys_gets_them_when_they_are_needed,
    revocations_are_in_memory_before_the_first_request,
    what_may_have_been_missed_is_loaded_again,
];

async fn in_steady_state_the_database_is_not_asked(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let inspector = machine_with(2, |oauth| oauth.allowed_scopes = scopes("tokens:introspect"));
    let inspector = node.register(&inspector).await;
    let revoked = node.token(&client).await.expect("gets one").access_token;
    assert_eq!(node.revoke(&client, &revoked).await, Ok(()));
    asks_nothing_any_more(&node, async || {
        for _ in 0..100 {
            everything(&node, &client, &inspector).await;
            assert!(!node.is_active(&inspector, &revoked).await);
        }
    })
    .await;
    may_change_threads(node.token(&client));
    may_change_threads(node.introspect(&client, &revoked));
    may_change_threads(node.revoke(&client, &revoked));
    may_change_threads(node.caller(&revoked));
    may_change_threads(node.authority.jwks());
    may_change_threads(node.authority.warm_up());
}

/// Soon, since the feed tells a node of its own changes once more, a little
/// after they were made.
async fn asks_nothing_any_more(node: &Node, requests: impl AsyncFn()) {
    let settles = async {
        loop {
            let before = node.store.stats().request_statements;
            requests().await;
            if node.store.stats().request_statements == before {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settles).await.expect("asks the database no more");
}

fn may_change_threads(_: impl Send) {}

async fn everything(node: &Node, client: &ClientAuthentication, inspector: &ClientAuthentication) {
    let token = node.token(client).await.expect("gets one").access_token;
    assert!(node.caller(&token).await.is_ok());
    assert!(node.is_active(inspector, &token).await);
}

pub(crate) async fn within_a_second(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn what_one_node_does_the_other_obeys_within_a_second(database: TestDatabase) {
    let one = Node::first(&database).await;
    let other = Node::another(database.store()).await;
    let mut application = machine(1);
    assert_eq!(other.token(&basic(&application.id.to_string(), "x")).await, Err(ErrorCode::InvalidClient));
    let client = one.register(&application).await;
    within_a_second("it is registered", async || other.token(&client).await.is_ok()).await;
    let token = other.token(&client).await.expect("gets one").access_token;
    assert!(one.caller(&token).await.is_ok() && other.caller(&token).await.is_ok());
    assert_eq!(one.revoke(&client, &token).await, Ok(()));
    within_a_second("it is revoked", async || other.caller(&token).await.is_err()).await;
    application.state = ApplicationState::Disabled;
    one.update(&mut application).await;
    let disabled = Err(ErrorCode::UnauthorizedClient);
    within_a_second("it is disabled", async || other.token(&client).await == disabled).await;
    application.state = ApplicationState::Enabled;
    other.update(&mut application).await;
    within_a_second("it is enabled", async || one.token(&client).await.is_ok()).await;
    let token = one.token(&client).await.expect("gets one").access_token;
    assert!(other.caller(&token).await.is_ok());
    one.delete(&application).await;
    within_a_second("it is deleted", async || other.caller(&token).await.is_err()).await;
}

/// Without a feed nothing that is in memory counts.
async fn a_node_that_is_told_nothing_asks_the_database(database: TestDatabase) {
    let writer = Node::first(&database).await;
    let deaf = Node::another(database.store()).await;
    let client = writer.register(&machine(1)).await;
    within_a_second("it is registered", async || deaf.token(&client).await.is_ok()).await;
    let token = deaf.token(&client).await.expect("gets one").access_token;
    assert!(deaf.caller(&token).await.is_ok());
    let deaf = deafen(deaf).await;
    assert_eq!(writer.revoke(&client, &token).await, Ok(()));
    assert!(deaf.caller(&token).await.is_err(), "at once, since the database says so");
    let mut application = machine(1);
    application.state = ApplicationState::Disabled;
    writer.update(&mut application).await;
    assert_eq!(deaf.token(&client).await, Err(ErrorCode::UnauthorizedClient));
    let before = deaf.store.stats().request_statements;
    assert_eq!(deaf.token(&client).await, Err(ErrorCode::UnauthorizedClient));
    assert!(before < deaf.store.stats().request_statements, "nothing is remembered");
}

async fn its_keys_are_read_again_by_a_node_that_is_told_nothing(database: TestDatabase) {
    let deaf = Node::first(&database).await;
    assert_eq!(deaf.authority.jwks().await.expect("reads").keys().len(), 3);
    let deaf = deafen(deaf).await;
    let elsewhere = Node::another(database.store()).await.keyring();
    let takeover = Takeover::After(Lifetime::from_hours(1));
    elsewhere.rotate(Issuer::Tenant(TENANT), SigningAlgorithm::Es256, takeover).await.expect("makes one");
    assert_eq!(deaf.authority.jwks().await.expect("reads").keys().len(), 4);
}

/// Such as one whose tenant was written by something else.
async fn an_issuer_without_keys_gets_them_when_they_are_needed(database: TestDatabase) {
    let store = database.store();
    Node::insert_tenants(&store).await;
    let node = Node::another(store).await;
    let acme = node.authority.at("other").await.expect("reads").expect("is there");
    let published = acme.jwks().await.expect("makes them");
    assert_eq!(published.keys().len(), 3);
    assert_eq!(acme.jwks().await.expect("reads"), published, "and once");
    let client = node.register(&machine(1)).await;
    assert!(node.token(&client).await.is_ok());
    assert_eq!(node.authority.jwks().await.expect("reads").keys().len(), 3);
}

/// The node after its feed has ended, and with it the trust in its memory.
async fn deafen(node: Node) -> Node {
    let freshness = node.feed.freshness();
    let of_another = Feed::start(&TestDatabase::sqlite().await.store());
    let deaf = Node { feed: of_another, ..node };
    drop(node.feed);
    let ends = async {
        while freshness.is_current() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ends).await.expect("it is told nothing");
    deaf
}

async fn revocations_are_in_memory_before_the_first_request(database: TestDatabase) {
    let first = Node::first(&database).await;
    let client = first.register(&machine(1)).await;
    let token = first.token(&client).await.expect("gets one").access_token;
    assert_eq!(first.revoke(&client, &token).await, Ok(()));
    // More than fit on a page, on either side of the one that counts.
    let until = first.now().plus(Lifetime::from_hours(1));
    write(&first.store, async move |tx| revoke_many(tx, until).await).await;
    let second = Node::another(database.store()).await;
    let other = second.token(&client).await.expect("gets one").access_token;
    assert!(second.caller(&other).await.is_ok(), "the client and the keys are in memory now");
    let before = second.store.stats().request_statements;
    assert!(second.caller(&token).await.is_err());
    assert_eq!(second.store.stats().request_statements, before);
}

async fn revoke_many(tx: &mut WriteTx, until: Timestamp) -> Result<(), StorageError> {
    for number in 0..2_500_u32 {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B9).to_be_bytes());
        let revocation = Revocation {
            owner: Owner::Tenant(TENANT),
            subject: RevokedSubject::Token(TokenId::from_bytes(id)),
            revoked_at: until,
            forget_at: until,
        };
        tx.insert_revocation(Within::Tenant(TENANT), &revocation).await?;
    }
    Ok(())
}

async fn what_may_have_been_missed_is_loaded_again(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    assert_eq!(node.revoke(&client, &token).await, Ok(()));
    let kept = node.token(&client).await.expect("gets one").access_token;
    assert!(node.caller(&kept).await.is_ok());
    write(&node.store, async |tx| {
        tx.announce(Change::EVERYTHING);
        Ok(())
    })
    .await;
    asks_nothing_any_more(&node, async || {
        assert!(node.caller(&token).await.is_err() && node.caller(&kept).await.is_ok());
    })
    .await;
}

/// What memory holds is used for a second; then the node says that it cannot
/// answer, quickly, and finds its way back by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_its_database_refuses_quickly_and_recovers() {
    let database = TestDatabase::postgres().await;
    drop(Node::first(&database).await);
    let proxy = ChaosProxy::before(&database).await;
    let node = Node::another(open(proxy.url())).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    assert!(node.caller(&token).await.is_ok());
    for fail in [ChaosProxy::cut, ChaosProxy::hang] {
        fail(&proxy);
        node.becomes_current(false).await;
        for _ in 0..2 {
            let asked_at = Instant::now();
            assert_eq!(node.token(&client).await, Err(ErrorCode::TemporarilyUnavailable));
            assert_eq!(node.introspect(&client, &token).await, Err(ErrorCode::TemporarilyUnavailable));
            assert_eq!(node.revoke(&client, &token).await, Err(ErrorCode::TemporarilyUnavailable));
            let error = node.caller(&token).await.expect_err("cannot know");
            assert_eq!(error.code(), appkeep_service::ErrorCode::Unavailable);
            assert!(asked_at.elapsed() < Duration::from_secs(4), "four, each within a second");
        }
        proxy.restore();
        node.becomes_current(true).await;
        assert!(node.token(&client).await.is_ok() && node.caller(&token).await.is_ok());
    }
}

fn open(url: &str) -> Store {
    Store::open(Database::postgres(url)).expect("opens")
}
