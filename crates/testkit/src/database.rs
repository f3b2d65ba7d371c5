//! A fresh, migrated database for one test, gone when the test is over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use appkeep_storage::{Database, Durability, Store, schema_checksum};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use url::Url;

use crate::postgres_url;

/// How old a database is that its test has certainly forgotten.
const FORGOTTEN_SECONDS: u64 = 3_600;
/// Keeps two processes from building the template at once.
const TEMPLATE_LOCK: i64 = 0x6170_706b_7465_7374;

/// One database. Clones are the same one; it goes with the last of them.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    database: Database,
    _home: Arc<Home>,
}

#[derive(Debug)]
enum Home {
    Folder { _folder: TempDir },
    Server { name: String },
}

/// What a test can ask to be given.
pub trait Given {
    fn given(database: &TestDatabase) -> Self;
}

impl Given for TestDatabase {
    fn given(database: &TestDatabase) -> Self {
        database.clone()
    }
}

impl Given for Store {
    fn given(database: &TestDatabase) -> Self {
        database.store()
    }
}

impl TestDatabase {
    /// A file of its own, copied from a migrated one, that does not wait for the
    /// disk.
    pub async fn sqlite() -> Self {
        static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
        let migrated = MIGRATED.get_or_init(migrated_file).await;
        let made = Self::blank_sqlite();
        std::fs::write(made.address(), migrated).expect("a file can be written");
        made
    }

    /// A database on the PostgreSQL for tests, copied from a migrated one.
    pub async fn postgres() -> Self {
        let template = template().await;
        Self::postgres_like(template).await
    }

    /// The same kind of database without a schema.
    pub async fn blank(&self) -> Self {
        if self.is_postgres() { Self::postgres_like("template0").await } else { Self::blank_sqlite() }
    }

    /// Another database of the same kind.
    pub async fn another(&self) -> Self {
        if self.is_postgres() { Self::postgres().await } else { Self::sqlite().await }
    }

    /// Runs statements behind the store's back, as somebody who administers the
    /// database could.
    pub async fn run(&self, statements: &str) {
        match &self.database {
            Database::Sqlite { path, .. } => Self::run_on_sqlite(path, statements),
            Database::Postgres { url, .. } => command(&connect_to(url).await, statements).await,
        }
    }

    /// The same, on a SQLite database that somebody else has made.
    pub fn run_on_sqlite(path: &Path, statements: &str) {
        let connection = rusqlite::Connection::open(path).expect("opens");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("waits");
        connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    fn blank_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database =
            Database::Sqlite { path: folder.path().join("appkeep.db"), durability: Durability::Off };
        Self { database, _home: Arc::new(Home::Folder { _folder: folder }) }
    }

    async fn postgres_like(template: &str) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("appkeep_test_{}_{}_{number}", seconds(), std::process::id());
        let client = connect().await;
        let copying = copying(&client).await;
        command(&client, &format!("CREATE DATABASE {name} TEMPLATE {template} {copying}")).await;
        let database = Database::postgres(url_of(&name));
        Self { database, _home: Arc::new(Home::Server { name }) }
    }

    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// Opens it; several stores on one database are several nodes.
    pub fn store(&self) -> Store {
        Store::open(self.database()).expect("the database opens")
    }

    /// A path or a URL, for whoever opens it in another way.
    pub fn address(&self) -> String {
        match &self.database {
            Database::Sqlite { path, .. } => path.display().to_string(),
            Database::Postgres { url, .. } => url.clone(),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres { .. })
    }

    pub(crate) fn postgres_url(&self) -> Option<Url> {
        Url::parse(&self.address()).ok().filter(|_| self.is_postgres())
    }
}

/// What a file holds that was migrated, once for all tests of the process.
async fn migrated_file() -> Vec<u8> {
    let made = TestDatabase::blank_sqlite();
    made.store().migrate().await.expect("the migrations apply");
    // What is in the log still, the file gets.
    made.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    std::fs::read(made.address()).expect("the file can be read")
}

/// How a database is copied soonest: file by file, which before PostgreSQL 15
/// was the only way, and has no name there.
async fn copying(client: &Client) -> &'static str {
    static COPYING: OnceCell<&'static str> = OnceCell::const_new();
    COPYING
        .get_or_init(|| async {
            let version = "SELECT current_setting('server_version_num')::int >= 150000";
            let knows = client.query_one(version, &[]).await.expect("answers").get(0);
            if knows { "STRATEGY FILE_COPY" } else { "" }
        })
        .await
}

/// The migrated database that others are copied from, made when this schema is
/// first met.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("appkeep_template_{}", schema_checksum());
            let client = connect().await;
            client.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.expect("locks");
            drop_forgotten(&client).await;
            let known = "SELECT 1 FROM pg_database WHERE datname = $1";
            if client.query_opt(known, &[&name]).await.expect("answers").is_none() {
                build_template(&client, &name).await;
            }
            name
        })
        .await
}

/// Under another name until it is whole.
async fn build_template(client: &Client, name: &str) {
    command(client, &format!("DROP DATABASE IF EXISTS {name}_unfinished WITH (FORCE)")).await;
    command(client, &format!("CREATE DATABASE {name}_unfinished")).await;
    let store = Store::open(Database::postgres(url_of(&format!("{name}_unfinished")))).expect("opens");
    store.migrate().await.expect("the migrations apply");
    command(client, &format!("ALTER DATABASE {name}_unfinished RENAME TO {name}")).await;
}

/// Tests that were killed left theirs behind.
async fn drop_forgotten(client: &Client) {
    let rows = client.query("SELECT datname::text FROM pg_database", &[]).await.expect("answers");
    for name in rows.iter().map(|row| row.get::<_, String>(0)).filter(|name| is_forgotten(name, seconds())) {
        // Another process may be dropping the same one.
        let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

fn is_forgotten(name: &str, now: u64) -> bool {
    let made =
        name.strip_prefix("appkeep_test_").and_then(|rest| rest.split('_').next()?.parse::<u64>().ok());
    made.is_some_and(|made| made + FORGOTTEN_SECONDS < now)
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn url_of(name: &str) -> String {
    let mut url = Url::parse(postgres_url()).expect("APPKEEP_TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    url.into()
}

async fn connect() -> Client {
    connect_to(postgres_url()).await
}

async fn connect_to(url: &str) -> Client {
    let (client, wire) = tokio_postgres::connect(url, NoTls).await.expect("the PostgreSQL for tests answers");
    tokio::spawn(async move { drop(wire.await) });
    client
}

async fn command(client: &Client, text: &str) {
    client.batch_execute(text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
}

impl Drop for Home {
    fn drop(&mut self) {
        let Self::Server { name } = self else { return };
        let drop_it = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A destructor cannot wait on the runtime it runs in.
        let dropping = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { connect().await.batch_execute(&drop_it).await })
        });
        // What could not be dropped now is forgotten, and dropped later.
        let _ = dropping.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_databases_of_tests_are_forgotten() {
        for (name, forgotten) in [
            ("appkeep_test_1000_42_0", true),
            ("appkeep_test_9000_42_0", false),
            ("appkeep_template_0123456789abcdef", false),
            ("postgres", false),
        ] {
            assert_eq!(is_forgotten(name, 10_000), forgotten, "{name}");
        }
    }

    #[tokio::test]
    async fn both_databases_fit_this_release() {
        for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
            database.store().check_schema().await.expect("fits");
        }
    }
}
