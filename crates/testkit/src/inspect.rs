//! Questions to a database behind the back of the server that uses it.

use std::collections::BTreeMap;

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::dump;

/// The one number that a query answers, on the database at this path or URL.
pub async fn number(address: &str, query: &str) -> i64 {
    if !address.contains("://") {
        let connection = rusqlite::Connection::open(address).expect("the file opens");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("it can wait");
        let found = connection.query_row(query, (), |row| row.get(0));
        return found.unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let rows = connect(address).await.simple_query(query).await;
    let rows = rows.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let number = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    number.unwrap_or_else(|| panic!("{query} answered no number"))
}

/// Runs statements on the SQLite file at this path.
pub fn run(path: &str, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// Runs statements on the PostgreSQL database at this URL.
pub async fn execute(url: &str, statements: &str) {
    let done = connect(url).await.batch_execute(statements).await;
    done.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
}

/// All rows of all tables, as text, on the database at this path or URL.
pub async fn everything(address: &str) -> String {
    format!("{:#?}", dump::of(address, |_| true).await)
}

/// How many rows each table has, on the database at this path or URL.
pub async fn rows(address: &str) -> BTreeMap<String, usize> {
    let everything = dump::of(address, |_| true).await;
    everything.into_iter().map(|(table, rows)| (table, rows.len())).collect()
}

async fn connect(url: &str) -> Client {
    let (client, wire) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    tokio::spawn(async move { drop(wire.await) });
    client
}
