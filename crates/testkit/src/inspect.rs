//! Questions to a database behind the back of the server that uses it.

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The one number that a query answers, on the database at this path or URL.
pub async fn number(address: &str, query: &str) -> i64 {
    if !address.contains("://") {
        let connection = rusqlite::Connection::open(address).expect("the file opens");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("it can wait");
        let found = connection.query_row(query, (), |row| row.get(0));
        return found.unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let (client, wire) = tokio_postgres::connect(address, NoTls).await.expect("the database answers");
    let wire = tokio::spawn(async move { drop(wire.await) });
    let rows = client.simple_query(query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let number = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    drop(client);
    wire.await.expect("it ends");
    number.unwrap_or_else(|| panic!("{query} answered no number"))
}

/// Runs statements on the SQLite file at this path.
pub fn run(path: &str, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}
