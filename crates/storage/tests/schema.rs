//! The two schemas are one: migrations go forward, once, and leave both
//! databases with the same tables, columns and constraint names.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side and measure")]

use std::collections::BTreeSet;

use appkeep_storage::{OpenError, Store};
use appkeep_testkit::{TestDatabase, on_each_database};

on_each_database![
    migrating_twice_changes_nothing,
    several_may_migrate_at_once,
    a_blank_database_is_refused_by_name,
    a_newer_schema_is_refused_by_name,
    an_altered_migration_is_refused_by_name,
];

async fn migrating_twice_changes_nothing(store: Store) {
    assert_eq!(store.migrate().await.expect("nothing to do"), 0);
    store.check_schema().await.expect("fits");
}

async fn several_may_migrate_at_once(database: TestDatabase) {
    let blank = database.blank().await;
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let store = blank.store();
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    let mut applied = Vec::new();
    for node in nodes {
        applied.push(node.await.expect("runs").expect("migrates"));
    }
    applied.sort_unstable();
    assert!(applied[3] > 0 && applied[..3] == [0, 0, 0], "{applied:?}");
    blank.store().check_schema().await.expect("fits");
}

async fn a_blank_database_is_refused_by_name(database: TestDatabase) {
    let outcome = database.blank().await.store().check_schema().await;
    assert!(matches!(outcome, Err(OpenError::SchemaOlder { number: 1, name: "core" })), "{outcome:?}");
}

async fn a_newer_schema_is_refused_by_name(database: TestDatabase) {
    run(&database, "INSERT INTO schema_migrations VALUES (9999, 'tomorrow', '', 0)").await;
    for outcome in [database.store().check_schema().await, database.store().migrate().await.map(drop)] {
        match outcome {
            Err(OpenError::SchemaNewer { number, name }) => assert_eq!((number, &*name), (9_999, "tomorrow")),
            other => panic!("{other:?}"),
        }
    }
}

async fn an_altered_migration_is_refused_by_name(database: TestDatabase) {
    run(&database, "UPDATE schema_migrations SET checksum = 'edited' WHERE number = 1").await;
    for outcome in [database.store().check_schema().await, database.store().migrate().await.map(drop)] {
        match outcome {
            Err(OpenError::SchemaAltered { number, name }) => assert_eq!((number, &*name), (1, "core")),
            other => panic!("{other:?}"),
        }
    }
}

/// Columns that only one database needs: the feed's transactions, and the two
/// forms of the search indexes. These lists grow with an index alone.
const POSTGRES_ONLY: &[&str] = &[
    "application_grams.grams",
    "application_grams.id",
    "application_grams.owner",
    "changes.xid",
    "user_grams.directory_id",
    "user_grams.grams",
    "user_grams.id",
];
const SQLITE_ONLY: &[&str] = &["applications.number", "users.number"];
/// And the keys of these.
const KEYS_OF_ONE: &[&str] = &[
    "application_grams.owner, application_grams.id",
    "applications.number",
    "user_grams.directory_id, user_grams.id",
    "users.number",
];

#[tokio::test]
async fn both_have_the_same_columns() {
    let mut postgres = ask_postgres(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .await;
    postgres.retain(|column| !POSTGRES_ONLY.contains(&column.as_str()));
    let mut sqlite = ask_sqlite(
        "SELECT tables.name || '.' || columns.name
         FROM pragma_table_list AS tables, pragma_table_xinfo(tables.name) AS columns
         WHERE tables.schema = 'main' AND tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'",
    )
    .await;
    sqlite.retain(|column| !SQLITE_ONLY.contains(&column.as_str()));
    assert_eq!(postgres, sqlite);
}

/// `StorageError::Taken` carries this name, so a constraint that is called
/// something else in PostgreSQL would be two errors.
#[tokio::test]
async fn what_is_unique_has_the_same_name_on_both() {
    let postgres = ask_postgres(
        "SELECT indexes.relname::text FROM pg_index
         JOIN pg_class AS indexes ON indexes.oid = indexrelid
         WHERE indisunique AND indexes.relnamespace = 'public'::regnamespace",
    )
    .await;
    // An index over an expression is reported by its own name.
    let indexes = ask_sqlite(
        "SELECT CASE WHEN count(*) = count(columns.name)
                     THEN group_concat(tables.name || '.' || columns.name, ', ' ORDER BY columns.seqno)
                     ELSE indexes.name END
         FROM pragma_table_list AS tables, pragma_index_list(tables.name) AS indexes,
              pragma_index_info(indexes.name) AS columns
         WHERE tables.schema = 'main' AND tables.type = 'table' AND indexes.\"unique\"
         GROUP BY tables.name, indexes.name",
    )
    .await;
    // The key of a table that is its own index, or of the row numbers.
    let keys = ask_sqlite(
        "SELECT group_concat(tables.name || '.' || columns.name, ', ' ORDER BY columns.pk)
         FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.schema = 'main' AND tables.type = 'table' AND columns.pk > 0 GROUP BY tables.name",
    )
    .await;
    let of_both = |names: BTreeSet<String>| -> BTreeSet<String> {
        names.into_iter().filter(|name| !KEYS_OF_ONE.contains(&name.as_str())).collect()
    };
    assert_eq!(of_both(postgres), of_both(indexes.union(&keys).cloned().collect()));
}

#[tokio::test]
async fn text_is_ordered_by_its_bytes_in_postgres() {
    let ordered_otherwise = ask_postgres(
        "SELECT attrelid::regclass || '.' || attname FROM pg_attribute
         JOIN pg_class AS tables ON tables.oid = attrelid
         WHERE tables.relnamespace = 'public'::regnamespace AND tables.relkind = 'r' AND attnum > 0
           AND attcollation NOT IN (0, (SELECT oid FROM pg_collation WHERE collname = 'C'))",
    )
    .await;
    assert_eq!(ordered_otherwise, BTreeSet::new());
}

#[tokio::test]
async fn tables_are_strict_in_sqlite() {
    let lax = ask_sqlite(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict
         AND name NOT LIKE 'sqlite_%'",
    )
    .await;
    assert_eq!(lax, BTreeSet::new());
}

async fn ask_postgres(question: &str) -> BTreeSet<String> {
    let database = TestDatabase::postgres().await;
    let client = connect(&database).await;
    client.query(question, &[]).await.expect("answers").iter().map(|row| row.get(0)).collect()
}

async fn ask_sqlite(question: &str) -> BTreeSet<String> {
    let database = TestDatabase::sqlite().await;
    let connection = rusqlite::Connection::open(database.address()).expect("opens");
    let mut statement = connection.prepare(question).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("answers");
    rows.collect::<Result<_, _>>().expect("reads")
}

async fn run(database: &TestDatabase, statement: &str) {
    if database.is_postgres() {
        connect(database).await.batch_execute(statement).await.expect("runs");
    } else {
        let connection = rusqlite::Connection::open(database.address()).expect("opens");
        connection.execute_batch(statement).expect("runs");
    }
}

async fn connect(database: &TestDatabase) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await;
    let (client, wire) = connected.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
    client
}
