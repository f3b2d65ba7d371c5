//! What both databases must do alike below the nouns: values, errors,
//! transactions and conflicts. Each test runs once per database.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side and measure")]

mod conflicts;
mod index;
pub(crate) mod plans;
mod transactions;

use appkeep_testkit::{Given, TestDatabase};

use crate::error::Result;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::{Database, Durability, StorageError, Store, WriteTx};

const CREATE_NOTES: Sql = sql!(
    postgres: r#"CREATE TABLE notes (
        id BYTEA NOT NULL CONSTRAINT "notes.id" PRIMARY KEY,
        name TEXT COLLATE "C" NOT NULL CONSTRAINT "notes.name" UNIQUE,
        amount BIGINT NOT NULL,
        used_at BIGINT,
        parent BYTEA REFERENCES notes (id),
        CONSTRAINT "notes.parent, notes.amount" UNIQUE (parent, amount))"#,
    sqlite: "CREATE TABLE notes (
        id BLOB NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        amount INTEGER NOT NULL,
        used_at INTEGER,
        parent BLOB REFERENCES notes (id),
        UNIQUE (parent, amount)) STRICT",
);
const INSERT_NOTE: Sql =
    sql!("INSERT INTO notes (id, name, amount, used_at, parent) VALUES ($1, $2, $3, $4, $5)");
const COUNT_NOTES: Sql = sql!("SELECT count(*) AS found FROM notes");

/// A store with a table of our own beside the schema's.
struct Seam {
    store: Store,
    database: TestDatabase,
}

impl Given for Seam {
    fn given(database: &TestDatabase) -> Self {
        Self { store: open(database), database: database.clone() }
    }
}

impl Seam {
    async fn with_notes(self) -> Self {
        self.write(async |tx| tx.execute(CREATE_NOTES, &[]).await).await.expect("creates the table");
        self
    }

    async fn write<T: Send + 'static>(
        &self,
        body: impl AsyncFn(&mut WriteTx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.write(body).await
    }

    async fn notes(&self) -> i64 {
        let mut tx = self.store.read().await.expect("reads");
        tx.fetch_optional(COUNT_NOTES, &[], found).await.expect("counts").expect("one row")
    }
}

/// The crate under test is not the one that `TestDatabase` was built with.
fn open(database: &TestDatabase) -> Store {
    let address = database.address();
    let database = if database.is_postgres() {
        Database::postgres(address)
    } else {
        Database::Sqlite { path: address.into(), durability: Durability::Off }
    };
    Store::open(database).expect("opens")
}

async fn insert_note(tx: &mut WriteTx, number: u8) -> Result<u64> {
    let (id, name) = ([number; 16], format!("note {number}"));
    let values =
        [id.into(), name.into(), i64::from(number).into(), None::<i64>.into(), None::<[u8; 16]>.into()];
    tx.execute(INSERT_NOTE, &values).await
}

fn found(row: &Row<'_>) -> Result<i64> {
    row.get("found")
}

fn fails<T>() -> Result<T> {
    Err(StorageError::Stale)
}
