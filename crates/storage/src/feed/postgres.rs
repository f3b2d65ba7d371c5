//! The feed on PostgreSQL: a poll that reads what the snapshot before could
//! not see, and a `LISTEN` that makes it look sooner.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Client};

use super::{MOST_ROWS, READ_CHANGES, read_change};
use crate::changes::Change;
use crate::error::{Result, StorageError};
use crate::postgres::{Server, Wire};
use crate::row::Row;
use crate::sql::{Sql, sql};

/// One connect and one look must fit, twice over, into the second for which a
/// confirmation holds.
const DEADLINE: Duration = Duration::from_millis(400);
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

const PRESENT: Sql = sql!(
    postgres: "SELECT pg_current_snapshot()::text AS snapshot, pg_postmaster_start_time()::text AS server",
    sqlite: "SELECT '' AS snapshot, '' AS server",
);

pub(crate) struct PostgresFeed {
    server: Server,
    client: Option<Client>,
    position: Option<Position>,
}

/// How far the feed has been read.
#[derive(Debug, PartialEq, Eq)]
struct Position {
    snapshot: String,
    /// When the server process started: after a restart, a failover or a
    /// restore the snapshot means nothing any more.
    server: String,
}

impl PostgresFeed {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, client: None, position: None }
    }

    /// What was committed since the last look. A look that fails is made again
    /// from the same position, on a new connection.
    pub(crate) async fn poll(&mut self) -> Result<Vec<Change>> {
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => client,
            _ => within_deadline(self.server.connect_alone("appkeep-feed")).await?,
        };
        let changes = within_deadline(self.read(&client)).await?;
        self.client = Some(client);
        Ok(changes)
    }

    async fn read(&mut self, client: &Client) -> Result<Vec<Change>> {
        let Some(position) = &self.position else {
            return self.begin(client).await;
        };
        let rows = client.query(READ_CHANGES.postgres, &[&position.snapshot, &MOST_ROWS]).await?;
        let rows: Vec<Row<'_>> = rows.iter().map(Row::Postgres).collect();
        let changes: Vec<Option<Change>> = rows.iter().map(read_change).collect::<Result<_>>()?;
        let present = rows.first().map(Position::read).transpose()?;
        let same_server = present.as_ref().is_some_and(|present| present.server == position.server);
        let complete = same_server && i64::try_from(rows.len()) != Ok(MOST_ROWS);
        self.position = present;
        Ok(if complete { changes.into_iter().flatten().collect() } else { vec![Change::EVERYTHING] })
    }

    /// Before this nothing was seen, so nothing may be kept from before.
    async fn begin(&mut self, client: &Client) -> Result<Vec<Change>> {
        let row = client.query_one(PRESENT.postgres, &[]).await?;
        self.position = Some(Position::read(&Row::Postgres(&row))?);
        Ok(vec![Change::EVERYTHING])
    }
}

impl Position {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { snapshot: row.get("snapshot")?, server: row.get("server")? })
    }
}

async fn within_deadline<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(DEADLINE, work).await.map_err(StorageError::unavailable)?
}

/// Wakes the poll whenever a node says that it has committed something. The
/// feed is right without it, so it may be cut off and come back as it likes.
pub(crate) async fn listen(server: Server, wake: Arc<Notify>) {
    loop {
        if let Err(error) = listen_once(&server, &wake).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the quick path of the change feed is cut"
            );
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn listen_once(server: &Server, wake: &Notify) -> Result<()> {
    let (client, wire) = server.connect("appkeep-listen").await?;
    let asked = async {
        client.batch_execute("LISTEN appkeep_changes").await?;
        // The client is kept, since dropping it would close the connection.
        std::future::pending::<Result<()>>().await
    };
    let mut heard = pin!(hear(wire, wake));
    tokio::select! {
        outcome = asked => outcome,
        outcome = &mut heard => outcome,
    }
}

async fn hear(mut wire: Wire, wake: &Notify) -> Result<()> {
    while let Some(message) = poll_fn(|context| wire.poll_message(context)).await {
        if let AsyncMessage::Notification(_) = message? {
            wake.notify_one();
        }
    }
    Ok(())
}
