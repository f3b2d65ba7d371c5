//! A transaction is kept whole or not at all, whatever its body does.

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{ApplicationId, Timestamp};
use appkeep_testkit::{Given, TestDatabase, on_each_database};
use tokio::sync::Notify;

use super::{INSERT_NOTE, Seam, fails, insert_note};
use crate::error::Result;
use crate::feed;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::value::Value;
use crate::{Change, Database, Deadlines, StorageError, Store, Topic, WriteTx};

on_each_database![
    a_commit_reads_back,
    an_error_undoes_everything,
    every_kind_of_value_reads_back,
    lists_match_alike,
    what_is_taken_has_one_name,
    a_missing_parent_is_told,
    a_column_that_makes_no_sense_is_corrupt,
    nothing_is_kept_after_a_failed_statement,
    a_panicking_body_fails_alone,
    a_caller_that_has_left_is_served_to_the_end,
    a_scan_reads_like_any_other,
    statements_are_counted_by_who_asked,
    only_old_rows_of_the_feed_are_swept,
];

async fn a_commit_reads_back(seam: Seam) {
    let seam = seam.with_notes().await;
    let touched = seam.write(async |tx| insert_note(tx, 1).await).await.expect("inserts");
    assert_eq!((touched, seam.notes().await), (1, 1));
}

async fn an_error_undoes_everything(seam: Seam) {
    let seam = seam.with_notes().await;
    let outcome = seam
        .write(async |tx| {
            insert_note(tx, 1).await?;
            fails::<()>()
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
    assert_eq!(seam.notes().await, 0);
}

const READ_VALUES: Sql = sql!(
    postgres: "SELECT $1::bigint AS number, $2::boolean AS truth, $3::text AS words, $4::bytea AS bytes,
                      $5::uuid AS id, $6::bigint AS moment, $7::text AS absent, $8::smallint AS small,
                      $9::jsonb AS json",
    sqlite: "SELECT $1 AS number, $2 AS truth, $3 AS words, $4 AS bytes, $5 AS id, $6 AS moment,
                    $7 AS absent, $8 AS small, $9 AS json",
);

async fn every_kind_of_value_reads_back(seam: Seam) {
    let (id, moment) = (ApplicationId::from_bytes(*b"0123456789abcdef"), Timestamp::from_micros(-1));
    let values: [Value<'_>; 9] = [
        i64::MIN.into(),
        true.into(),
        "ä\u{1f511} '".into(),
        b"\0\xff".as_slice().into(),
        id.into(),
        moment.into(),
        None::<String>.into(),
        7_i64.into(),
        "[1, \"a\"]".into(),
    ];
    let mut tx = seam.store.read().await.expect("reads");
    let read = |row: &Row<'_>| {
        assert_eq!(row.get::<i64>("number")?, i64::MIN);
        assert!(row.get::<bool>("truth")?);
        assert_eq!(row.get::<String>("words")?, "ä\u{1f511} '");
        assert_eq!(row.get::<Vec<u8>>("bytes")?, b"\0\xff");
        assert_eq!(row.get::<i64>("small")?, 7);
        assert_eq!(row.get::<String>("json")?, "[1, \"a\"]");
        assert_eq!(row.parse_optional("absent", ApplicationId::parse)?, None);
        Ok((row.get::<ApplicationId>("id")?, row.get::<Option<Timestamp>>("moment")?))
    };
    let found = tx.fetch_optional(READ_VALUES, &values, read).await.expect("reads");
    assert_eq!(found, Some((id, Some(moment))));
}

const NOTES_AMONG: Sql = sql!(
    postgres: "SELECT amount AS found FROM notes WHERE id = ANY($1) AND amount = ANY($2) ORDER BY amount",
    sqlite: "SELECT amount AS found FROM notes WHERE id IN (SELECT unhex(value) FROM json_each($1))
             AND amount IN (SELECT value FROM json_each($2)) ORDER BY amount",
);

async fn lists_match_alike(seam: Seam) {
    let seam = seam.with_notes().await;
    for number in 1..=4 {
        seam.write(async move |tx| insert_note(tx, number).await).await.expect("inserts");
    }
    let (ids, amounts) = ([[1; 16], [2; 16], [3; 16]], [2_i64, 3, 4]);
    let mut tx = seam.store.read().await.expect("reads");
    let values = [ids.as_slice().into(), amounts.as_slice().into()];
    assert_eq!(tx.fetch_all(NOTES_AMONG, &values, super::found).await.expect("reads"), [2, 3]);
}

async fn what_is_taken_has_one_name(seam: Seam) {
    let seam = seam.with_notes().await;
    seam.write(async |tx| insert_note(tx, 1).await).await.expect("inserts");
    let child = |id: u8, name: &'static str, amount: i64| {
        [[id; 16].into(), name.into(), amount.into(), None::<i64>.into(), Some([1_u8; 16]).into()]
    };
    let first = child(2, "first", 5);
    seam.write(async move |tx| tx.execute(INSERT_NOTE, &first).await).await.expect("inserts");
    for (values, name) in [
        (child(1, "same id", 6), "notes.id"),
        (child(3, "note 1", 6), "notes.name"),
        (child(3, "same parent and amount", 5), "notes.parent, notes.amount"),
    ] {
        match seam.write(async move |tx| tx.execute(INSERT_NOTE, &values).await).await {
            Err(StorageError::Taken(taken)) => assert_eq!(taken, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

async fn a_missing_parent_is_told(seam: Seam) {
    let seam = seam.with_notes().await;
    let outcome = seam
        .write(async |tx| {
            let orphan = [[1; 16].into(), "orphan".into(), 1.into(), Value::Null, [9_u8; 16].into()];
            tx.execute(INSERT_NOTE, &orphan).await
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::ForeignKey(_))), "{outcome:?}");
}

const NOT_AN_ID: Sql = sql!("SELECT 'app_nonsense' AS id");

async fn a_column_that_makes_no_sense_is_corrupt(seam: Seam) {
    let mut tx = seam.store.read().await.expect("reads");
    for read in [
        |row: &Row<'_>| row.parse("id", ApplicationId::parse).map(drop),
        |row: &Row<'_>| row.get::<i64>("id").map(drop),
        |row: &Row<'_>| row.get::<i64>("missing").map(drop),
    ] {
        let outcome = tx.fetch_optional(NOT_AN_ID, &[], read).await;
        assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    }
}

/// PostgreSQL would turn the commit into a rollback and say nothing, SQLite
/// would keep the rest: neither is what the body meant.
async fn nothing_is_kept_after_a_failed_statement(seam: Seam) {
    let seam = seam.with_notes().await;
    let outcome = seam
        .write(async |tx| {
            insert_note(tx, 1).await?;
            let again = insert_note(tx, 1).await;
            assert!(matches!(again, Err(StorageError::Taken(_))), "{again:?}");
            let after = insert_note(tx, 2).await;
            assert!(matches!(after, Err(StorageError::Aborted)), "{after:?}");
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Aborted)), "{outcome:?}");
    assert_eq!(seam.notes().await, 0);
}

async fn a_panicking_body_fails_alone(seam: Seam) {
    let seam = Arc::new(seam.with_notes().await);
    let writes: Vec<_> = (1..=8)
        .map(|number| {
            let seam = Arc::clone(&seam);
            tokio::spawn(async move {
                seam.write(async move |tx| {
                    let touched = insert_note(tx, number).await?;
                    assert_ne!(number, 4, "this one panics on purpose");
                    Ok(touched)
                })
                .await
            })
        })
        .collect();
    for (write, number) in writes.into_iter().zip(1..) {
        match (write.await.expect("the caller does not panic"), number) {
            (Err(StorageError::Panicked), 4) | (Ok(1), _) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seam.notes().await, 7);
}

async fn a_caller_that_has_left_is_served_to_the_end(seam: Seam) {
    let seam = Arc::new(seam.with_notes().await);
    let begun = Arc::new(Notify::new());
    let caller = tokio::spawn({
        let (seam, begun) = (Arc::clone(&seam), Arc::clone(&begun));
        async move {
            seam.write(async move |tx| {
                insert_note(tx, 1).await?;
                begun.notify_one();
                insert_note(tx, 2).await
            })
            .await
        }
    });
    begun.notified().await;
    caller.abort();
    tokio::time::timeout(Duration::from_secs(5), async {
        while seam.notes().await < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it was committed");
}

async fn a_scan_reads_like_any_other(seam: Seam) {
    let seam = seam.with_notes().await;
    seam.write(async |tx| insert_note(tx, 1).await).await.expect("inserts");
    let scanned = seam.store.scan(async |tx| tx.fetch_all(super::COUNT_NOTES, &[], super::found).await).await;
    assert_eq!(scanned.expect("reads"), [1]);
}

async fn statements_are_counted_by_who_asked(seam: Seam) {
    let seam = seam.with_notes().await;
    let before = seam.store.stats();
    seam.notes().await;
    let mut background = seam.store.background().read().await.expect("reads");
    background.fetch_all(super::COUNT_NOTES, &[], super::found).await.expect("reads");
    background.fetch_all(super::COUNT_NOTES, &[], super::found).await.expect("reads");
    let after = seam.store.stats();
    assert_eq!(after.request_statements - before.request_statements, 1);
    assert_eq!(after.background_statements - before.background_statements, 2);
    assert_eq!(after.queue_depth, 0);
}

const INSERT_OLD_CHANGE: Sql = sql!("INSERT INTO changes (topic, key, at) VALUES (1, $1, $2)");
const COUNT_CHANGES: Sql = sql!("SELECT count(*) AS found FROM changes");

async fn only_old_rows_of_the_feed_are_swept(seam: Seam) {
    seam.write(async |tx| {
        for number in 0..2_500_i64 {
            tx.execute(INSERT_OLD_CHANGE, &[[0_u8; 16].into(), number.into()]).await?;
        }
        tx.announce(Change { topic: Topic::Application, key: [1; 16] });
        Ok(())
    })
    .await
    .expect("inserts");
    feed::sweep(&seam.store.background(), Duration::from_hours(1)).await.expect("sweeps");
    let mut tx = seam.store.read().await.expect("reads");
    assert_eq!(tx.fetch_optional(COUNT_CHANGES, &[], super::found).await.expect("counts"), Some(1));
}

#[tokio::test]
async fn a_body_that_waits_for_something_else_is_refused_on_sqlite() {
    let seam = Seam::given(&TestDatabase::sqlite().await).with_notes().await;
    let outcome = seam
        .write(async |tx| {
            insert_note(tx, 1).await?;
            tokio::task::yield_now().await;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Suspended)), "{outcome:?}");
    assert_eq!(seam.notes().await, 0);
    seam.write(async |tx| insert_note(tx, 1).await).await.expect("the writer goes on");
}

/// The next to borrow its connection would commit what it had begun.
#[tokio::test]
async fn a_panicking_body_leaves_nothing_on_its_connection_on_postgres() {
    let mut seam = Seam::given(&TestDatabase::postgres().await).with_notes().await;
    let (url, deadlines) = (seam.database.address(), Deadlines::default());
    seam.store = Store::open(Database::Postgres { url, connections: 1, deadlines }).expect("opens");
    let outcome: Result<()> = seam
        .write(async |tx| {
            insert_note(tx, 1).await?;
            panic!("this one panics on purpose");
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Panicked)), "{outcome:?}");
    seam.write(async |tx| insert_note(tx, 2).await).await.expect("inserts");
    assert_eq!(seam.notes().await, 1);
}

/// Holds the writer thread up until it is let go, so that whatever is written
/// meanwhile shares one commit.
struct HeldWriter {
    let_go: std::sync::mpsc::Sender<()>,
    holding: tokio::task::JoinHandle<Result<()>>,
}

impl HeldWriter {
    async fn hold(seam: &Arc<Seam>) -> Self {
        let (entered, inside) = (Arc::new(Notify::new()), Arc::clone(seam));
        let (let_go, held) = std::sync::mpsc::channel();
        let (entering, held) = (Arc::clone(&entered), parking_lot::Mutex::new(held));
        let body = async move |_: &mut WriteTx| {
            entering.notify_one();
            held.lock().recv().map_err(StorageError::unavailable)
        };
        let holding = tokio::spawn(async move { inside.write(body).await });
        entered.notified().await;
        Self { let_go, holding }
    }

    /// Once so many wait behind it.
    async fn let_go_before(self, waiting: u64, seam: &Seam) -> Result<()> {
        while seam.store.stats().queue_depth <= waiting {
            tokio::task::yield_now().await;
        }
        self.let_go.send(()).expect("it waits");
        self.holding.await.expect("runs")
    }
}

#[tokio::test]
async fn many_writes_share_one_commit_on_sqlite() {
    let seam = Arc::new(Seam::given(&TestDatabase::sqlite().await).with_notes().await);
    let before = seam.store.stats();
    let held = HeldWriter::hold(&seam).await;
    let writes: Vec<_> = (0..100)
        .map(|number| {
            let seam = Arc::clone(&seam);
            tokio::spawn(async move { seam.write(async move |tx| insert_note(tx, number).await).await })
        })
        .collect();
    held.let_go_before(100, &seam).await.expect("commits");
    for write in writes {
        write.await.expect("runs").expect("commits");
    }
    let after = seam.store.stats();
    assert_eq!(after.jobs - before.jobs, 101);
    assert!(after.batches - before.batches < 20, "{after:?}");
    assert_eq!(seam.notes().await, 100);
}

const CREATE_PROMISES: Sql = sql!(
    postgres: "SELECT 1",
    sqlite: "CREATE TABLE promises (note BLOB REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
);
const INSERT_PROMISE: Sql = sql!(
    postgres: "SELECT $1::bytea",
    sqlite: "INSERT INTO promises (note) VALUES ($1)",
);

/// A constraint that is checked at the commit only, which the schema has none
/// of, stands for whatever else can make one fail.
#[tokio::test]
async fn a_commit_that_fails_fails_for_all_who_share_it_on_sqlite() {
    let seam = Arc::new(Seam::given(&TestDatabase::sqlite().await).with_notes().await);
    seam.write(async |tx| tx.execute(CREATE_PROMISES, &[]).await).await.expect("creates");
    let held = HeldWriter::hold(&seam).await;
    let (one, other) = (Arc::clone(&seam), Arc::clone(&seam));
    let one = tokio::spawn(async move { one.write(async |tx| insert_note(tx, 1).await).await });
    let other = tokio::spawn(async move {
        other.write(async |tx| tx.execute(INSERT_PROMISE, &[[9_u8; 16].into()]).await).await
    });
    let shared = held.let_go_before(2, &seam).await;
    assert!(matches!(shared, Err(StorageError::Unavailable(_))), "{shared:?}");
    for write in [one, other] {
        let outcome = write.await.expect("runs");
        assert!(matches!(outcome, Err(StorageError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!(seam.notes().await, 0);
    seam.write(async |tx| insert_note(tx, 2).await).await.expect("the writer goes on");
}
