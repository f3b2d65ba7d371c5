//! Two servers on one PostgreSQL, and what holds when the network fails.

use std::path::Path;
use std::time::{Duration, Instant};

use appkeep_testkit::{ChaosProxy, TestDatabase};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, text};

const PROMISED: Duration = Duration::from_secs(1);

/// Two servers that share a database; the second reaches it by another way.
struct Nodes {
    one: Server,
    other: Server,
    token: String,
    _folder: tempfile::TempDir,
}

impl Nodes {
    async fn start(database: &TestDatabase, other_way: &str) -> Self {
        let folder = folder();
        let address = database.address();
        let one = Server::start_with(folder.path(), &shared(folder.path(), "one", &address).each());
        let key = folder.path().join("one/master.key");
        std::fs::copy(key, folder.path().join("shared.key")).expect("it was made");
        // Clients see one server, so both have its name.
        let public_url = one.url.replace("127.0.0.1", "localhost");
        let settings = shared(folder.path(), "other", other_way);
        let more = ["--master-key-file", "shared.key", "--public-url", &public_url];
        let other = Server::start_with(folder.path(), &[settings.each().as_slice(), &more].concat());
        let made = bootstrap(folder.path(), &shared(folder.path(), "one", &address).each());
        let token = admin_token(&one, &made).await;
        Self { one, other, token, _folder: folder }
    }

    /// An application, by the node that registered it.
    async fn m2m(&self, name: &str) -> Value {
        let body = json!({ "name": name, "type": "m2m", "allowed_scopes": ["applications:read"] });
        let (status, created) = self.one.call(&self.token, Method::POST, "/applications", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created["data"].clone()
    }

    /// How long the other node still gave out tokens after this one had
    /// answered that it ended the application.
    async fn obeyed_after(&self, application: &Value, end: End) -> Duration {
        let client = client_of(application);
        assert_eq!(self.other.token(client).await.0, StatusCode::OK, "is known there");
        self.ask_one(end, client.0).await;
        let answered = now();
        loop {
            let (status, answer) = self.other.token(client).await;
            if status != StatusCode::OK {
                assert_eq!(text(&answer["error"]), end.refusal());
                return answered.elapsed();
            }
            assert!(answered.elapsed() < PROMISED, "still not obeyed");
        }
    }

    /// The same, of a token that the other node took.
    async fn revoked_after(&self, application: &Value) -> Duration {
        let client = client_of(application);
        let (_, answer) = self.other.token(client).await;
        let token = text(&answer["access_token"]);
        let (status, answer) = self.other.call(token, Method::GET, "/applications", None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.ask_one(End::RevokeTokens, client.0).await;
        let answered = now();
        loop {
            let (status, answer) = self.other.call(token, Method::GET, "/applications", None).await;
            if status != StatusCode::OK {
                assert_eq!(text(&answer["error"]), End::RevokeTokens.refusal());
                return answered.elapsed();
            }
            assert!(answered.elapsed() < PROMISED, "still not obeyed");
        }
    }

    async fn ask_one(&self, end: End, id: &str) {
        let (method, path) = end.request(id);
        let (status, answer) = self.one.call(&self.token, method, &path, None).await;
        assert!(status.is_success(), "{answer}");
    }
}

/// What one node does, and the other is to obey.
#[derive(Debug, Clone, Copy)]
enum End {
    Disable,
    Delete,
    RevokeTokens,
}

impl End {
    fn request(self, id: &str) -> (Method, String) {
        match self {
            Self::Disable => (Method::POST, format!("/applications/{id}/disable")),
            Self::Delete => (Method::DELETE, format!("/applications/{id}")),
            Self::RevokeTokens => (Method::POST, format!("/applications/{id}/revoke-tokens")),
        }
    }

    const fn refusal(self) -> &'static str {
        match self {
            Self::Disable => "unauthorized_client",
            Self::Delete => "invalid_client",
            Self::RevokeTokens => "invalid_token",
        }
    }
}

struct Settings([String; 4]);

fn shared(folder: &Path, name: &str, database: &str) -> Settings {
    let data_dir = folder.join(name).display().to_string();
    Settings(["--data-dir".to_owned(), data_dir, "--database-url".to_owned(), database.to_owned()])
}

impl Settings {
    fn each(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

fn now() -> Instant {
    Instant::now()
}

/// Three times: what is heard by chance is not heard thrice.
async fn each_end_is_obeyed(nodes: &Nodes) {
    for round in 0..3 {
        for end in [End::Disable, End::Delete] {
            let application = nodes.m2m(&format!("Round {round} {end:?}")).await;
            let took = nodes.obeyed_after(&application, end).await;
            assert!(took < PROMISED, "{end:?} {took:?}");
        }
        let took = nodes.revoked_after(&nodes.m2m(&format!("Round {round}")).await).await;
        assert!(took < PROMISED, "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_ends_the_other_refuses() {
    let database = TestDatabase::postgres().await;
    let nodes = Nodes::start(&database, &database.address()).await;
    each_end_is_obeyed(&nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_ends_the_other_refuses_though_notifications_are_cut() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before_only(&database, "appkeep-listen").await;
    let nodes = Nodes::start(&database, proxy.url()).await;
    proxy.cut();
    each_end_is_obeyed(&nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_a_node_refuses_reads_and_writes_alike() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before(&database).await;
    let nodes = Nodes::start(&database, proxy.url()).await;
    let application = nodes.m2m("Cut off").await;
    let (client, path) = (client_of(&application), format!("/applications/{}", client_of(&application).0));
    let other = &nodes.other;
    assert_eq!(other.call(&nodes.token, Method::GET, &path, None).await.0, StatusCode::OK);
    proxy.cut();
    let cut = now();
    while other.token(client).await.0 == StatusCode::OK {
        assert!(cut.elapsed() < PROMISED, "it still guesses");
    }
    let disable = format!("{path}/disable");
    let new = json!({ "name": "Never", "type": "spa" });
    for (method, path, body) in [
        (Method::GET, path.as_str(), None),
        (Method::GET, "/applications", None),
        (Method::POST, disable.as_str(), None),
        (Method::POST, "/applications", Some(new)),
    ] {
        let (status, answer) = other.call(&nodes.token, method, path, body).await;
        assert_eq!(
            (status, text(&answer["error"])),
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            "{path}: {answer}"
        );
    }
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let (status, answer) = other.form(client, path, &[("token", &nodes.token)]).await;
        assert_eq!(
            (status, text(&answer["error"])),
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
            "{path}: {answer}"
        );
    }
    proxy.restore();
    assert!(other.becomes_ready().await);
    let (status, answer) = other.call(&nodes.token, Method::GET, &path, None).await;
    assert_eq!((status, &answer["data"]["state"]), (StatusCode::OK, &json!("enabled")));
    let (_, listed) = other.call(&nodes.token, Method::GET, "/applications?q=never", None).await;
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_its_database_refuses_and_recovers_by_itself() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before(&database).await;
    let nodes = Nodes::start(&database, proxy.url()).await;
    let application = nodes.m2m("Cut off").await;
    let client = client_of(&application);
    for fail in [ChaosProxy::cut, ChaosProxy::hang] {
        assert_eq!(nodes.other.token(client).await.0, StatusCode::OK);
        fail(&proxy);
        let cut = now();
        loop {
            let (status, answer) = nodes.other.token(client).await;
            if status != StatusCode::OK {
                assert_eq!(
                    (status, text(&answer["error"])),
                    (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
                );
                break;
            }
            assert!(cut.elapsed() < PROMISED, "it still guesses");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let asked = now();
        assert_eq!(nodes.other.token(client).await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(asked.elapsed() < PROMISED, "{:?} to say so", asked.elapsed());
        assert_eq!(nodes.other.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        proxy.restore();
        assert!(nodes.other.becomes_ready().await);
        assert_eq!(nodes.other.token(client).await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_create_one_slug_one_wins() {
    let database = TestDatabase::postgres().await;
    let nodes = Nodes::start(&database, &database.address()).await;
    for round in 0..10 {
        let body = json!({ "name": "Race", "type": "m2m", "slug": format!("race-{round}") });
        let create = |here: bool| {
            let (server, body) = (if here { &nodes.one } else { &nodes.other }, body.clone());
            server.call(&nodes.token, Method::POST, "/applications", Some(body))
        };
        let ((first, one), (second, other)) = tokio::join!(create(true), create(false));
        let (lost, answer) = if first == StatusCode::CREATED { (second, other) } else { (first, one) };
        assert_eq!((lost, text(&answer["error"])), (StatusCode::CONFLICT, "slug_taken"), "{first} {second}");
        assert!(first == StatusCode::CREATED || second == StatusCode::CREATED);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_given_out_without_the_database() {
    const STATEMENTS: &str = "appkeep_database_statements_total{source=\"request\"} ";
    let database = TestDatabase::postgres().await;
    let nodes = Nodes::start(&database, &database.address()).await;
    let application = nodes.m2m("Steady").await;
    // The feed tells of a change once more than needed: of this one, soon after.
    tokio::time::sleep(PROMISED).await;
    for server in [&nodes.one, &nodes.other] {
        assert_eq!(server.token(client_of(&application)).await.0, StatusCode::OK);
        let before = server.metric(STATEMENTS).await;
        for _ in 0..100 {
            assert_eq!(server.token(client_of(&application)).await.0, StatusCode::OK);
        }
        assert_eq!(server.metric(STATEMENTS).await, before);
    }
}
