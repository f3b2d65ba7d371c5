//! Where a server runs that is to be killed, and how.

use std::path::Path;
use std::process::Command;

use appkeep_testkit::{PostgresCluster, inspect};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Server, admin_token, bootstrap, folder, run};

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    ServerOnSqlite,
    ServerOnPostgres,
    /// With all its processes, while the server goes on.
    Postmaster,
}

/// A folder with its database, and what administers it.
pub(crate) struct Place {
    victim: Victim,
    folder: TempDir,
    cluster: Option<PostgresCluster>,
    made: Value,
}

/// Speaks to a server over a connection that it keeps.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client,
    url: String,
    token: String,
}

impl Place {
    pub(crate) fn make(victim: Victim) -> Self {
        let cluster = (victim != Victim::ServerOnSqlite).then(|| PostgresCluster::start(&[]));
        let mut place = Self { victim, folder: folder(), cluster, made: Value::Null };
        let flags = place.database_flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let (code, _, said) = run(place.folder.path(), &[&["migrate"], flags.as_slice()].concat());
        assert_eq!(code, Some(0), "{said}");
        place.made = bootstrap(place.folder.path(), &flags);
        place
    }

    /// The same on SQLite, of a server that does not run.
    pub(crate) fn copy(&self) -> Self {
        let copy = folder();
        let from = self.folder.path().join("appkeep-data");
        let done = Command::new("cp").arg("-a").arg(from).arg(copy.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "a folder can be copied");
        Self { victim: self.victim, folder: copy, cluster: None, made: self.made.clone() }
    }

    pub(crate) fn start(&self) -> Server {
        let mut flags = self.database_flags();
        // The check tries secrets that are to be refused.
        flags.extend(["--failures-per-address", "off", "--failures-per-client", "off"].map(str::to_owned));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Server::start_with(self.folder.path(), &flags)
    }

    pub(crate) fn kill(&self, server: &mut Server) {
        if let (Victim::Postmaster, Some(cluster)) = (self.victim, &self.cluster) {
            cluster.kill();
        } else {
            server.child.kill().expect("it can be killed");
            server.child.wait().expect("it ends");
        }
    }

    /// Ready again. A server whose database was killed recovers by itself.
    pub(crate) async fn start_again(&self, server: Server) -> Server {
        let server = if let (Victim::Postmaster, Some(cluster)) = (self.victim, &self.cluster) {
            cluster.start_again();
            server
        } else {
            self.start()
        };
        assert!(server.becomes_ready().await, "it does not become ready again");
        server
    }

    /// One that may do everything.
    pub(crate) async fn caller(&self, server: &Server) -> Caller {
        assert!(server.becomes_ready().await, "it does not become ready");
        let token = admin_token(server, &self.made).await;
        Caller { client: client(), url: server.url.clone(), token }
    }

    pub(crate) async fn number(&self, query: &str) -> i64 {
        inspect::number(&self.address(), query).await
    }

    /// Runs statements on the SQLite file of a server that does not run.
    pub(crate) fn run(&self, statements: &str) {
        inspect::run(&self.address(), statements);
    }

    /// Exports the history beside the running server and verifies it, as the
    /// one that goes on from the round before; what is wrong with it.
    pub(crate) fn audit(&self, round: u32) -> Option<String> {
        let path = |round: u32| self.folder.path().join(format!("trail-{round}.jsonl"));
        let (out, earlier) = (path(round), round.checked_sub(1).map(path).filter(|path| path.exists()));
        let mut export = vec!["audit".to_owned(), "export".to_owned(), "--out".to_owned(), text(&out)];
        export.extend(["--log-filter", "error"].map(str::to_owned));
        export.extend(self.database_flags());
        let mut verify = vec!["audit".to_owned(), "verify".to_owned(), text(&out)];
        verify.extend(earlier.into_iter().flat_map(|path| ["--earlier".to_owned(), text(&path)]));
        [export, verify].into_iter().find_map(|arguments| {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let (code, printed, said) = run(self.folder.path(), &words);
            (code != Some(0)).then(|| format!("`appkeep {}`: {printed}{said}", words[..2].join(" ")))
        })
    }

    fn address(&self) -> String {
        let file = || text(&self.folder.path().join("appkeep-data/appkeep.db"));
        self.cluster.as_ref().map_or_else(file, PostgresCluster::url)
    }

    fn database_flags(&self) -> Vec<String> {
        self.cluster.iter().flat_map(|cluster| ["--database-url".to_owned(), cluster.url()]).collect()
    }
}

impl Caller {
    /// With a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self { client: client(), ..self.clone() }
    }

    /// Calls the native API; nothing, when no whole answer came.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<(StatusCode, Value)> {
        let url = format!("{}/api/v1{path}", self.url);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// What it reads, of a server that is up.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await.unwrap_or_else(|| panic!("{path} is not answered"))
    }

    /// How an application with this secret fares when it asks for a token.
    pub(crate) async fn token(&self, id: &str, secret: &str) -> StatusCode {
        let request = self.client.post(format!("{}/oauth2/token", self.url)).basic_auth(id, Some(secret));
        let sent = request.form(&[("grant_type", "client_credentials")]).send().await;
        sent.expect("an answer").status()
    }
}

fn client() -> Client {
    // A second installation of the provider is refused and needs no answer.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().build().expect("a client")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
