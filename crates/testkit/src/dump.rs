//! Everything that a database holds, as text.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::TestDatabase;

/// What comes and goes without anybody's asking: the change feed.
const RESTLESS: &[&str] = &["changes"];

/// The rows of each table, sorted. Bytes are shown as the characters they
/// would be, others escaped, so that a secret that was stored can be found.
pub type Dump = BTreeMap<String, Vec<String>>;

impl TestDatabase {
    /// What is stored now, without the tables that change by themselves. Two
    /// dumps are alike when nothing was written between them.
    pub async fn dump(&self) -> Dump {
        of(&self.address(), is_still).await
    }
}

/// The tables that are wanted, of the database at this path or URL.
pub(crate) async fn of(address: &str, is_wanted: fn(&str) -> bool) -> Dump {
    if address.contains("://") {
        dump_postgres(address, is_wanted).await
    } else {
        dump_sqlite(address, is_wanted)
    }
}

fn dump_sqlite(path: impl AsRef<Path>, is_wanted: fn(&str) -> bool) -> Dump {
    let connection = Connection::open(path).expect("the file opens");
    // Not those that belong to a search index: their rows tell nothing.
    let tables = "SELECT name FROM pragma_table_list \
                  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(tables).expect("SQLite lists its tables");
    let names = statement.query_map((), |row| row.get::<_, String>(0)).expect("they can be read");
    let names = names.map(|name| name.expect("a name is text")).filter(|name| is_wanted(name));
    names.map(|name| (name.clone(), sqlite_rows(&connection, &name))).collect()
}

fn sqlite_rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a table can be read");
    let width = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let columns = (0..width).map(|column| row.get_ref(column).map(cell));
        columns.collect::<Result<Vec<_>, _>>().map(|cells| cells.join(" | "))
    };
    let rows = statement.query_map((), row).expect("it can be read");
    sorted(rows.map(|row| row.expect("a row can be read")).collect())
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.escape_ascii().to_string(),
    }
}

async fn dump_postgres(url: &str, is_wanted: fn(&str) -> bool) -> Dump {
    let (client, wire) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    let wire = tokio::spawn(async move { drop(wire.await) });
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    let names = texts(&client, tables).await.into_iter().filter(|name| is_wanted(name));
    let mut dump = Dump::new();
    for name in names.collect::<Vec<_>>() {
        let rows = postgres_rows(&client, &name).await;
        dump.insert(name, rows);
    }
    drop(client);
    wire.await.expect("it ends");
    dump
}

async fn postgres_rows(client: &Client, table: &str) -> Vec<String> {
    let columns = format!(
        "SELECT CASE WHEN data_type = 'bytea' THEN format('encode(%I, ''escape'')', column_name) \
                     ELSE format('%I::text', column_name) END \
         FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
    );
    let cells = texts(client, &columns)
        .await
        .iter()
        .map(|cell| format!("coalesce({cell}, 'null')"))
        .collect::<Vec<_>>();
    sorted(texts(client, &format!("SELECT concat_ws(' | ', {}) FROM {table}", cells.join(", "))).await)
}

/// The first column.
async fn texts(client: &Client, query: &str) -> Vec<String> {
    let answer = client.simple_query(query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    answer.into_iter().filter_map(text).collect()
}

fn is_still(table: &str) -> bool {
    !RESTLESS.contains(&table)
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{Clock as _, Name, Slug, Tenant, TenantId, Within};
    use appkeep_storage::WriteTx;

    use super::*;
    use crate::ManualClock;

    #[tokio::test]
    async fn what_is_written_is_in_the_dump_of_both_databases() {
        for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
            let store = database.store();
            let empty = database.dump().await;
            assert_eq!(empty, database.dump().await);
            assert!(empty.contains_key("applications") && !empty.contains_key("changes"), "{empty:?}");
            let tenant = tenant();
            let insert = async move |tx: &mut WriteTx| tx.insert_tenant(Within::Platform, &tenant).await;
            store.write(insert).await.expect("is new");
            let full = database.dump().await;
            let changed: Vec<_> = full.iter().filter(|(name, rows)| empty[*name] != **rows).collect();
            let [(name, rows)] = changed.as_slice() else { panic!("{changed:?}") };
            assert_eq!((name.as_str(), rows.len()), ("tenants", 1));
            // An id is bytes.
            assert!(rows[0].starts_with("BBBBBBBBBBBBBBBB | null | dumped"), "{rows:?}");
        }
    }

    fn tenant() -> Tenant {
        let now = ManualClock::fixed().now();
        Tenant::new(
            TenantId::from_bytes([b'B'; 16]),
            Slug::parse("dumped").expect("a slug"),
            Name::parse("Dumped").expect("a name"),
            now,
        )
    }
}
