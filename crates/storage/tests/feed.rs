//! The change feed: every commit reaches every node, and a node knows when it
//! can no longer say so.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side and measure")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use appkeep_storage::{Change, Database, Feed, StorageError, Store, Topic};
use appkeep_testkit::{ChaosProxy, TestDatabase, on_each_database};
use tokio::sync::mpsc;

on_each_database![
    own_changes_are_told_before_the_answer,
    what_is_undone_is_not_told,
    changes_of_another_node_are_told_within_a_second,
    nothing_is_kept_from_before_the_feed,
];

/// A node: a store, its feed, and all that it was told.
struct Node {
    store: Store,
    feed: Feed,
    told: mpsc::UnboundedReceiver<Change>,
}

impl Node {
    async fn start(store: Store) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                let _ = tell.send(*change);
            }
        }));
        let feed = Feed::start(&store);
        let mut node = Self { store, feed, told };
        node.expect(Change::EVERYTHING).await;
        node.becomes(true).await;
        node
    }

    async fn expect(&mut self, change: Change) {
        let arrives = async { while self.told.recv().await.expect("somebody tells") != change {} };
        tokio::time::timeout(Duration::from_secs(1), arrives).await.expect("told within a second");
    }

    async fn becomes(&self, current: bool) {
        let turns = async {
            while self.feed.is_current() != current {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), turns).await.expect("it turns");
    }
}

fn disabled(number: u8) -> Change {
    Change { topic: Topic::Application, key: [number; 16] }
}

async fn announce(store: &Store, change: Change) {
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.announce(change);
            Ok(())
        })
        .await;
    outcome.expect("commits");
}

async fn own_changes_are_told_before_the_answer(store: Store) {
    let mut node = Node::start(store).await;
    announce(&node.store, disabled(1)).await;
    assert_eq!(node.told.try_recv(), Ok(disabled(1)));
}

async fn what_is_undone_is_not_told(store: Store) {
    let mut node = Node::start(store).await;
    let outcome: Result<(), StorageError> = node
        .store
        .write(async |tx| {
            tx.announce(disabled(1));
            Err(StorageError::Stale)
        })
        .await;
    assert!(outcome.is_err());
    announce(&node.store, disabled(2)).await;
    assert_eq!(node.told.try_recv(), Ok(disabled(2)));
}

async fn changes_of_another_node_are_told_within_a_second(database: TestDatabase) {
    let mut node = Node::start(database.store()).await;
    let other = database.store();
    for number in 1..=5 {
        announce(&other, disabled(number)).await;
        node.expect(disabled(number)).await;
    }
}

async fn nothing_is_kept_from_before_the_feed(database: TestDatabase) {
    let store = database.store();
    announce(&store, disabled(1)).await;
    let mut node = Node::start(store).await;
    announce(&database.store(), disabled(2)).await;
    assert_eq!(node.told.recv().await, Some(disabled(2)), "what the feed began behind is not told again");
}

/// Commits become visible in another order than sequence numbers are given.
#[tokio::test]
async fn a_late_commit_is_not_missed_on_postgres() {
    let database = TestDatabase::postgres().await;
    let mut node = Node::start(database.store()).await;
    let connected = tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await;
    let (late, wire) = connected.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
    late.batch_execute("BEGIN; INSERT INTO changes (topic, key) VALUES (1, decode(repeat('07', 16), 'hex'))")
        .await
        .expect("takes its number");
    for number in 1..=2 {
        announce(&database.store(), disabled(number)).await;
        node.expect(disabled(number)).await;
    }
    late.batch_execute("COMMIT").await.expect("commits late");
    node.expect(disabled(7)).await;
}

#[tokio::test]
async fn a_hole_in_the_numbers_tells_everything_on_sqlite() {
    let database = TestDatabase::sqlite().await;
    let mut node = Node::start(database.store()).await;
    let other = rusqlite::Connection::open(database.address()).expect("opens");
    other
        .execute_batch(
            "BEGIN; INSERT INTO changes (topic, key) VALUES (1, zeroblob(16)); DELETE FROM changes; COMMIT",
        )
        .expect("writes");
    node.expect(Change::EVERYTHING).await;
}

#[tokio::test]
async fn a_node_that_is_cut_off_knows_it_and_recovers() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before(&database).await;
    let mut node = Node::start(open(proxy.url())).await;
    let ways: [fn(&ChaosProxy); 2] = [ChaosProxy::cut, ChaosProxy::hang];
    for (fail, number) in ways.into_iter().zip(1..) {
        let failed_at = Instant::now();
        fail(&proxy);
        node.becomes(false).await;
        assert!(failed_at.elapsed() < Duration::from_millis(1_100), "{:?}", failed_at.elapsed());
        announce(&database.store(), disabled(number)).await;
        proxy.restore();
        node.expect(disabled(number)).await;
        node.becomes(true).await;
    }
}

#[tokio::test]
async fn without_its_quick_path_the_feed_still_follows() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before_only(&database, "appkeep-listen").await;
    let mut node = Node::start(open(proxy.url())).await;
    for fail in [ChaosProxy::cut, ChaosProxy::hang] {
        fail(&proxy);
        for number in 1..=4 {
            announce(&database.store(), disabled(number)).await;
            node.expect(disabled(number)).await;
            assert!(node.feed.is_current());
        }
    }
}

#[tokio::test]
async fn a_database_that_hangs_is_unavailable_in_bounded_time_and_recovers() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before(&database).await;
    let store = open(proxy.url());
    announce(&store, disabled(1)).await;
    for fail in [ChaosProxy::cut, ChaosProxy::hang] {
        fail(&proxy);
        let asked_at = Instant::now();
        let outcome: Result<(), StorageError> = store.write(async |_| Ok(())).await;
        assert!(matches!(outcome, Err(StorageError::Unavailable(_))), "{outcome:?}");
        assert!(asked_at.elapsed() < Duration::from_secs(3), "{:?}", asked_at.elapsed());
        proxy.restore();
        announce(&store, disabled(1)).await;
    }
}

/// With deadlines short enough for a test.
fn open(url: &str) -> Store {
    let Database::Postgres { url, connections, mut deadlines } = Database::postgres(url) else {
        unreachable!("it was made one");
    };
    deadlines.statement = Duration::from_secs(1);
    Store::open(Database::Postgres { url, connections, deadlines }).expect("opens")
}
