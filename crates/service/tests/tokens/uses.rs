//! Which secrets were used when, and whether one may go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use appkeep_domain::{Caller, Lifetime, NodeId, RequestId, SafeToRetire, Within};
use appkeep_keys::SystemEntropy;
use appkeep_oauth::{ClientAuthentication, ErrorCode};
use appkeep_service::{By, CredentialView, Mount, PageQuery, Registry, Surface, UseTeller};
use appkeep_storage::{Change, Database, Store, Topic};
use appkeep_testkit::{ChaosProxy, TestDatabase, on_each_database};

use crate::node::{Node, TENANT, basic, machine, origin, write};

on_each_database![
    a_use_is_told_with_its_moment_and_address,
    what_was_refused_is_no_use,
    a_disabled_client_still_uses_its_secret,
    telling_is_no_news_to_anybody,
    an_old_secret_may_go_when_it_was_quiet_for_long_enough,
    a_node_that_fell_silent_makes_it_unknown,
    a_node_that_ended_properly_is_not_waited_for,
    what_nobody_saw_for_long_is_said_so_now_and_then,
    a_teller_tells_what_is_left_when_it_is_stopped,
];

/// An application with a secret, and a client for it.
async fn client(node: &Node) -> ClientAuthentication {
    node.register(&machine(1)).await
}

fn registry(node: &Node) -> Registry {
    Registry::new(node.store.clone(), Arc::new(node.clock.clone()), Arc::new(SystemEntropy::new()))
}

fn by() -> By {
    let request_id = RequestId::from_bytes([9; 16]);
    By {
        caller: Caller::System,
        tenant: TENANT,
        partner: None,
        mount: Mount::Root,
        request_id,
        address: None,
        surface: Surface::Native,
        attempt: None,
        key: None,
    }
}

async fn listed(node: &Node) -> Vec<CredentialView> {
    let id = machine(1).id.to_string();
    registry(node).credentials(&by(), &id, PageQuery::default()).await.expect("lists").items
}

/// Adds a secret to the application of `client`, a second later.
async fn add_secret(node: &Node) -> ClientAuthentication {
    node.clock.advance(Lifetime::from_seconds(1));
    let id = machine(1).id.to_string();
    let rotated = registry(node).rotate_secret(&by(), &id, Some(604_800)).await.expect("rotates");
    basic(&id, rotated.client_secret.expose())
}

async fn tell(node: &Node) {
    node.authority.tell_uses().await.expect("is told");
}

/// Newest first.
async fn answers(node: &Node) -> Vec<SafeToRetire> {
    listed(node).await.iter().map(|view| view.safe_to_retire).collect()
}

async fn a_use_is_told_with_its_moment_and_address(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = client(&node).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    assert_eq!(listed(&node).await[0].credential.used, None, "nothing is told yet");
    let gaps = [(0, 0), (10, 10), (30, 30), (5, 30)];
    for (number, (seconds, longest_gap)) in gaps.into_iter().enumerate() {
        node.clock.advance(Lifetime::from_seconds(seconds));
        match number % 3 {
            0 => drop(node.token(&client).await.expect("gets one")),
            1 => assert!(node.is_active(&client, &token).await),
            _ => assert_eq!(node.revoke(&client, &token).await, Ok(())),
        }
        tell(&node).await;
        let found = listed(&node).await.remove(0);
        let used = found.credential.used.expect("was used");
        assert_eq!((used.last_used_at, used.last_used_from), (node.now(), origin().address));
        assert_eq!(used.longest_gap, Lifetime::from_seconds(longest_gap), "{number}");
        assert_eq!(found.as_of, node.now().minus(Lifetime::from_seconds(1)));
    }
}

async fn what_was_refused_is_no_use(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = client(&node).await;
    let stranger = basic(&machine(1).id.to_string(), &node.add_secret(&machine(1), Some(node.now())).await);
    for wrong in [stranger, basic(&machine(1).id.to_string(), "ias_nothing")] {
        assert_eq!(node.token(&wrong).await, Err(ErrorCode::InvalidClient));
    }
    tell(&node).await;
    assert!(listed(&node).await.iter().all(|view| view.credential.used.is_none()));
    node.token(&client).await.expect("gets one");
    tell(&node).await;
    assert!(listed(&node).await.iter().any(|view| view.credential.used.is_some()));
}

/// Whoever holds it would notice that it ended, once the client is enabled.
async fn a_disabled_client_still_uses_its_secret(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = client(&node).await;
    let mut disabled = machine(1);
    disabled.state = appkeep_domain::ApplicationState::Disabled;
    node.update(&mut disabled).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::UnauthorizedClient));
    tell(&node).await;
    assert!(listed(&node).await[0].credential.used.is_some());
}

async fn telling_is_no_news_to_anybody(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = client(&node).await;
    tell(&node).await;
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    node.store.on_change(Arc::new(move |news| {
        counted.fetch_add(news.len(), Ordering::SeqCst);
    }));
    let other = database.store();
    hears_of(&other, &changes).await;
    node.token(&client).await.expect("gets one, and is in memory from now on");
    let before = (node.store.stats(), changes.load(Ordering::SeqCst));
    for _ in 0..3 {
        node.token(&client).await.expect("gets one");
        node.clock.advance(Lifetime::from_seconds(9));
        tell(&node).await;
    }
    let after = node.store.stats();
    hears_of(&other, &changes).await;
    assert!(after.background_statements > before.0.background_statements);
    assert_eq!(after.request_statements, before.0.request_statements);
    assert_eq!(changes.load(Ordering::SeqCst), before.1 + 1, "no other news");
    let history = registry(&node).audit_entries(&by(), appkeep_service::AuditQuery::default()).await;
    assert!(history.expect("reads").items.is_empty());
}

/// Until a change of another node was heard of, and with it all before it.
async fn hears_of(other: &Store, changes: &AtomicUsize) {
    let before = changes.load(Ordering::SeqCst);
    write(other, async |tx| {
        tx.announce(Change { topic: Topic::Scopes, key: [0x5c; 16] });
        Ok(())
    })
    .await;
    let hears = async {
        while changes.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), hears).await.expect("hears of it");
}

async fn an_old_secret_may_go_when_it_was_quiet_for_long_enough(database: TestDatabase) {
    use SafeToRetire::{No, Unknown, Yes};
    let first = Node::first(&database).await;
    let second = Node::another(database.store()).await;
    let both = async |seconds| {
        for node in [&first, &second] {
            node.clock.advance(Lifetime::from_seconds(seconds));
        }
    };
    let old = client(&first).await;
    first.token(&old).await.expect("gets one");
    both(10).await;
    let new = add_secret(&first).await;
    assert_eq!(answers(&first).await, [No, No], "the new one was not used");
    second.token(&new).await.expect("gets one");
    second.token(&old).await.expect("gets one");
    for node in [&first, &second] {
        tell(node).await;
    }
    assert_eq!(answers(&first).await, [No, No], "the old one is in use");
    both(86_400).await;
    assert_eq!(answers(&first).await, [No, Unknown], "no node has told what it saw in the day");
    tell(&first).await;
    assert_eq!(answers(&first).await, [No, Unknown], "the other node has not");
    both(1).await;
    tell(&first).await;
    assert_eq!(answers(&first).await, [No, Unknown], "the other node still has not");
    tell(&second).await;
    first.authority.tell_uses().await.expect("is told");
    assert_eq!(answers(&second).await, [No, Yes]);
    second.token(&old).await.expect("gets one");
    tell(&second).await;
    assert_eq!(answers(&first).await, [No, No], "somebody came back");
}

async fn a_node_that_fell_silent_makes_it_unknown(database: TestDatabase) {
    use SafeToRetire::{No, Unknown, Yes};
    let node = Node::first(&database).await;
    let old = client(&node).await;
    let new = add_secret(&node).await;
    node.token(&new).await.expect("gets one");
    node.token(&old).await.expect("gets one");
    tell(&node).await;
    // It tells as long as it runs; then it is gone, with what it saw last.
    let lost = NodeId::from_bytes([1; 16]);
    node.clock.advance(Lifetime::from_hours(1));
    let (last_word, within) = (node.now(), Within::Platform);
    write(&node.store, async move |tx| tx.mark_node(within, lost, last_word).await).await;
    tell(&node).await;
    node.clock.advance(Lifetime::from_seconds(60));
    tell(&node).await;
    for (seconds, expected) in [(22 * 3_600, No), (3_600, Unknown), (3_600, Unknown), (60, Yes)] {
        node.clock.advance(Lifetime::from_seconds(seconds));
        tell(&node).await;
        assert_eq!(answers(&node).await, [No, expected], "{seconds}");
    }
    assert_eq!(registry(&node).sweep().await.expect("sweeps").silent_nodes, 0, "the last is kept");
}

async fn a_node_that_ended_properly_is_not_waited_for(database: TestDatabase) {
    let first = Node::first(&database).await;
    let second = Node::another(database.store()).await;
    let old = client(&first).await;
    let new = add_secret(&first).await;
    second.token(&old).await.expect("gets one");
    second.token(&new).await.expect("gets one");
    second.authority.tell_last_uses().await.expect("is told");
    tell(&first).await;
    first.clock.advance(Lifetime::from_seconds(86_401));
    tell(&first).await;
    assert_eq!(answers(&first).await, [SafeToRetire::No, SafeToRetire::Yes]);
}

async fn what_nobody_saw_for_long_is_said_so_now_and_then(database: TestDatabase) {
    let node = Node::first(&database).await;
    tell(&node).await;
    let coverage = async || {
        let mut tx = node.store.read().await.expect("reads");
        tx.use_coverage(Within::Platform, node.now()).await.expect("reads").complete_until
    };
    let first = coverage().await;
    node.clock.advance(Lifetime::from_seconds(19));
    tell(&node).await;
    assert_eq!(coverage().await, first, "there was nothing to tell");
    node.clock.advance(Lifetime::from_seconds(1));
    tell(&node).await;
    assert_eq!(coverage().await, Some(node.now().minus(Lifetime::from_seconds(1))));
}

async fn a_teller_tells_what_is_left_when_it_is_stopped(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = client(&node).await;
    let teller = UseTeller::start(&node.authority).await.expect("starts");
    node.token(&client).await.expect("gets one");
    assert_eq!(listed(&node).await[0].credential.used, None);
    teller.stop().await;
    assert!(listed(&node).await[0].credential.used.is_some());
    let mut tx = node.store.read().await.expect("reads");
    let coverage = tx.use_coverage(Within::Platform, node.now()).await.expect("reads");
    assert_eq!(coverage, appkeep_domain::Coverage::default(), "it is not waited for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_told_is_told_later() {
    let database = TestDatabase::postgres().await;
    drop(Node::first(&database).await);
    let proxy = ChaosProxy::before(&database).await;
    let node = Node::another(Store::open(Database::postgres(proxy.url())).expect("opens")).await;
    let client = client(&node).await;
    node.token(&client).await.expect("gets one");
    let used_at = node.now();
    proxy.cut();
    node.authority.tell_uses().await.expect_err("the database is away");
    proxy.restore();
    node.becomes_current(true).await;
    node.clock.advance(Lifetime::from_seconds(5));
    tell(&node).await;
    let used = listed(&node).await.remove(0).credential.used.expect("was used");
    assert_eq!(used.last_used_at, used_at);
}
