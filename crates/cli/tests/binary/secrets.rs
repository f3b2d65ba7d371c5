//! What was secret in a run is nowhere when it is over.
//!
//! Everything secret that exists is used, rightly and wrongly, while the
//! server logs all it can; then every log, every table and every file is
//! searched for each of it in each form that text can be written in.

use std::path::{Path, PathBuf};

use appkeep_testkit::{PostgresCluster, inspect};
use reqwest::Method;
use serde_json::Value;

use self::needles::Needles;
use self::visit::Visitor;
use crate::harness::{Server, bootstrap, client_of, folder, run, text};

#[path = "secrets/basistheory.rs"]
mod basistheory;
#[path = "secrets/integrations.rs"]
mod integrations;
#[path = "secrets/needles.rs"]
mod needles;
#[path = "secrets/person.rs"]
mod person;
#[path = "secrets/registration.rs"]
mod registration;
#[path = "secrets/service_account.rs"]
mod service_account;
#[path = "secrets/session.rs"]
mod session;
#[path = "secrets/vault.rs"]
mod vault;
#[path = "secrets/visit.rs"]
mod visit;

/// What it is told besides: an operator may want to know everything.
const FILTER: &str = "trace";

/// A server that has been used and has stopped.
struct Run {
    folder: tempfile::TempDir,
    needles: Needles,
    /// What is no secret, and was stored and logged.
    id: String,
}

impl Run {
    /// `scheme` is how clients reach it, with the settings in `more`.
    async fn of(folder: tempfile::TempDir, scheme: &str, more: &[&str], hide: impl AsyncFn(bool)) -> Self {
        let (mut server, _) = Server::start_logging(folder.path(), FILTER, more);
        let made = bootstrap(folder.path(), more);
        let url = server.url.replace("http://127.0.0.1", &format!("{scheme}://localhost"));
        let mut needles = Needles::default();
        let visitor = Visitor::new(&url, folder.path());
        let used = visitor.use_everything(&made, &mut needles).await;
        needles.add("the operator's password", text(&made["operator"]["password"]));
        // What the database refuses, it logs with everything it was sent.
        hide(true).await;
        visitor.meet_a_broken_database(&used, &mut needles).await;
        hide(false).await;
        // What was written last is in the write-ahead log until it stops.
        let mut running = files(&folder.path().join("appkeep-data"));
        running.retain(|file| !is_meant_to(file));
        needles.assert_nowhere(&running);
        let printed = server.child.stdout.take();
        assert_eq!(server.stop("-TERM").await, Some(0));
        let printed = printed.map(std::io::read_to_string).expect("it is piped").expect("UTF-8");
        std::fs::write(folder.path().join("printed.log"), printed).expect("can be written");
        // Whether the answers say so or not, these are what protects the rest.
        needles.add_file("the master key", &folder.path().join("appkeep-data/master.key"));
        let (native, _) = client_of(&made["native"]);
        assert!(native.starts_with("app_"), "{made}");
        Self { folder, needles, id: used.1 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// In what the server logged and printed, and in each file but those whose
    /// purpose it is to hold a key, or a mail.
    fn search_files(&self) {
        let log = self.path(&format!("{FILTER}.log"));
        self.needles.assert_found(&self.id, &log);
        let mut files = files(self.folder.path());
        files.retain(|file| !is_meant_to(file));
        self.needles.assert_nowhere(&files);
    }
}

fn is_meant_to(file: &Path) -> bool {
    ["master.key", "key.pem"].iter().any(|name| file.ends_with(name))
        || file.extension().is_some_and(|extension| extension == "eml")
}

/// Every file below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, mut found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_in_the_logs_or_the_files_of_sqlite() {
    let folder = folder();
    let database = folder.path().join("appkeep-data/appkeep.db").display().to_string();
    visit::write_certificate(folder.path());
    let tls = ["--tls-certificate", "cert.pem", "--tls-key", "key.pem"];
    let hide = async |hidden: bool| inspect::run(&database, renaming(hidden));
    let mut run = Run::of(folder, "https", &tls, hide).await;
    run.needles.add_file("the TLS key", &run.path("key.pem"));
    let dump = run.path("dump");
    std::fs::write(&dump, inspect::everything(&database).await).expect("can be written");
    run.needles.assert_found("Billing of secrets", &dump);
    run.needles.assert_found("Billing of secrets", &run.path("appkeep-data/appkeep.db"));
    run.search_files();
}

/// How it is reached, with a password that nobody checks.
const PASSWORD: &str = "pw-Zt81QmXv4LdKs07";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_in_the_logs_or_the_files_of_postgres() {
    let cluster = PostgresCluster::start(&[
        "log_statement=all",
        "log_min_messages=info",
        "log_parameter_max_length=-1",
        "log_parameter_max_length_on_error=-1",
        "log_error_verbosity=verbose",
    ]);
    let folder = folder();
    let address = cluster.url().replace("postgres@", &format!("postgres:{PASSWORD}@"));
    let more = ["--database-url", address.as_str()];
    let plain = cluster.url();
    let hide = async |hidden: bool| inspect::execute(&plain, renaming(hidden)).await;
    let mut run = Run::of(folder, "http", &more, hide).await;
    run.needles.add("the database's password", PASSWORD);
    let dump = run.path("dump");
    std::fs::write(&dump, inspect::everything(&plain).await).expect("can be written");
    run.needles.assert_found("Billing of secrets", &dump);
    run.search_files();
    cluster.stop();
    let logged = cluster.log();
    for told in ["ERROR: ", "DETAIL: ", "arameters: $1 = "] {
        assert!(logged.contains(told), "PostgreSQL did not log `{told}`");
    }
    run.needles.assert_nowhere(&files(cluster.folder()));
}

const fn renaming(hidden: bool) -> &'static str {
    if hidden {
        "ALTER TABLE credentials RENAME TO credentials_away"
    } else {
        "ALTER TABLE credentials_away RENAME TO credentials"
    }
}

/// A command that fails to reach its database says so, and not how it tried.
#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let folder = folder();
    let address = format!("postgres://appkeep:{PASSWORD}@127.0.0.1:1/appkeep");
    for command in ["migrate", "bootstrap"] {
        let (code, printed, said) =
            run(folder.path(), &[command, "--database-url", &address, "--log-filter", FILTER]);
        assert_eq!(code, Some(1), "{said}");
        let mut needles = Needles::default();
        needles.add("the database's password", PASSWORD);
        let file = folder.path().join("said");
        std::fs::write(&file, format!("{printed}{said}")).expect("can be written");
        needles.assert_nowhere(&[file]);
    }
}

/// The methods of a refused request are many; a value that only names one.
pub(crate) fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("letters")
}

pub(crate) fn data(answer: &Value) -> &Value {
    &answer["data"]
}
