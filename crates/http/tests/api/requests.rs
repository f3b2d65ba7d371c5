//! What every request meets, over a real listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use appkeep_http::{
    AppState, BODY_LIMIT, Body, ConnectionLimits, Health, Json, Problem, Query, Statistics, Tls, router,
    serve,
};
use appkeep_service::{Error, ErrorCode};
use appkeep_storage::Feed;
use appkeep_testkit::{ManualClock, TestDatabase};
use axum::Router;
use axum::routing::{get, post};
use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::harness;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Draft {
    name: String,
    kind: String,
    uris: Option<Vec<String>>,
    limits: Option<Limits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Limits {
    seconds: u32,
}

impl Body for Draft {
    const REQUIRED: &'static [&'static str] = &["name", "kind"];
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Page {
    limit: Option<u32>,
    offset: Option<u32>,
}

async fn refuse(Query(words): Query<std::collections::BTreeMap<String, String>>) -> Problem {
    let code =
        ErrorCode::ALL.into_iter().find(|code| Some(code.as_str()) == words.get("code").map(String::as_str));
    Error::new(code.expect("a known code"), "no").because("the secret cause").into()
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(2)).await;
    "slow"
}

async fn wait() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "waited"
}

fn routes() -> Router<AppState> {
    Router::new()
        .route("/drafts", post(async |Json(_): Json<Draft>| "ok"))
        .route("/list", get(async |Query(_): Query<Page>| "ok"))
        .route("/refuse", get(refuse))
        .route("/wait", get(wait))
        .route("/slow", get(slow))
        .route("/never", get(async || std::future::pending::<&'static str>().await))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
}

pub(crate) struct Server {
    pub(crate) url: String,
    client: Client,
    is_ready: Arc<AtomicBool>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinSet<()>,
    _node: (Feed, TestDatabase),
}

impl Server {
    async fn start() -> Self {
        Self::start_with(ConnectionLimits::DEFAULT, None).await
    }

    pub(crate) async fn start_with(limits: ConnectionLimits, tls: Option<Tls>) -> Self {
        // A second installation of the provider is refused and needs no answer.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let is_ready = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&is_ready);
        let health = Health {
            ready: Arc::new(move || Box::pin(std::future::ready(asked.load(Ordering::Relaxed)))),
            statistics: Arc::new(|| Statistics {
                request_statements: 3,
                background_statements: 4,
                ..Statistics::default()
            }),
        };
        let database = TestDatabase::sqlite().await;
        let (state, feed) = harness::state(&database.store(), &ManualClock::fixed(), health).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel();
        let mut running = JoinSet::new();
        let stopped = async { stopped.await.unwrap_or_default() };
        running.spawn(serve(listener, router(routes(), state), (limits, tls), stopped));
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { url, client, is_ready, stop: Some(stop), running, _node: (feed, database) }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.url));
        identified(request.send().await.expect("an answer"))
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path).await
    }

    async fn post(&self, media_type: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}/drafts", self.url)).header("content-type", media_type);
        identified(request.body(body).send().await.expect("an answer"))
    }

    async fn post_json(&self, body: impl ToString) -> Response {
        self.post("application/json", body.to_string()).await
    }
}

fn identified(response: Response) -> Response {
    let id = response.headers().get("x-request-id").expect("every answer has its id");
    assert!(id.as_bytes().starts_with(b"req_"), "{id:?}");
    response
}

/// Checks the form of a refusal, and yields its code and the fields at fault.
async fn refusal(response: Response, status: u16) -> (String, Vec<String>) {
    assert_eq!(response.status(), status);
    let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let body: Value = response.json().await.expect("JSON");
    let members: Vec<_> = body.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["details", "error", "message", "request_id"]);
    assert_eq!(body["request_id"], id);
    assert!(!body.to_string().contains("secret cause"), "{body}");
    let fields = body["details"].as_object().expect("an object").keys().cloned().collect();
    (body["error"].as_str().expect("a code").to_owned(), fields)
}

#[tokio::test]
async fn operators_are_answered() {
    let server = Server::start().await;
    let response = server.get("/healthz").await;
    assert_eq!(response.json::<Value>().await.expect("JSON"), json!({ "status": "ok" }));
    assert_eq!(server.get("/readyz").await.status(), 200);
    server.is_ready.store(false, Ordering::Relaxed);
    let response = server.get("/readyz").await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(refusal(response, 503).await.0, "unavailable");
    let text = server.get("/metrics").await.text().await.expect("text");
    for line in [
        "appkeep_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
        "appkeep_http_request_duration_seconds_count{method=\"GET\",route=\"/healthz\"} 1",
        "appkeep_database_statements_total{source=\"request\"} 3",
        "appkeep_database_statements_total{source=\"background\"} 4",
        "appkeep_database_commits_total 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_the_same_form() {
    let server = Server::start().await;
    assert_eq!(refusal(server.get("/nothing").await, 404).await.0, "not_found");
    let response = server.ask(Method::DELETE, "/drafts").await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(refusal(response, 405).await.0, "method_not_allowed");
    assert_eq!(refusal(server.get("/panic").await, 500).await.0, "internal_error");
}

#[tokio::test]
async fn refusals_have_their_status_and_headers() {
    let server = Server::start().await;
    for (code, status, header) in [
        (
            "invalid_token",
            401,
            Some(("www-authenticate", "Bearer realm=\"appkeep\", error=\"invalid_token\"")),
        ),
        (
            "insufficient_scope",
            403,
            Some(("www-authenticate", "Bearer realm=\"appkeep\", error=\"insufficient_scope\"")),
        ),
        ("forbidden", 403, None),
        ("app_not_found", 404, None),
        ("slug_taken", 409, None),
        ("precondition_failed", 412, None),
        ("redirect_uri_invalid", 422, None),
        ("internal_error", 500, None),
        ("unavailable", 503, Some(("retry-after", "1"))),
    ] {
        let response = server.get(&format!("/refuse?code={code}")).await;
        for name in ["www-authenticate", "retry-after"] {
            let expected =
                header.filter(|(expected, _)| *expected == name).map(|(_, value)| value.as_bytes());
            assert_eq!(
                response.headers().get(name).map(reqwest::header::HeaderValue::as_bytes),
                expected,
                "{code} {name}"
            );
        }
        assert_eq!(refusal(response, status).await.0, code);
    }
}

#[tokio::test]
async fn bodies_must_be_json_of_a_bounded_length() {
    let server = Server::start().await;
    let fine = json!({ "name": "a", "kind": "b", "limits": { "seconds": 1 } });
    assert_eq!(server.post_json(&fine).await.status(), 200);
    let (code, _) = refusal(server.post("text/plain", fine.to_string()).await, 415).await;
    assert_eq!(code, "unsupported_media_type");
    let (code, _) = refusal(server.post("application/json", vec![b' '; BODY_LIMIT + 1]).await, 413).await;
    assert_eq!(code, "payload_too_large");
    for malformed in ["", "{", "[]", "5", "{} {}", "{\"name\":\"a\",\"kind\":\"b\"} x"] {
        let (code, _) = refusal(server.post_json(malformed).await, 400).await;
        assert_eq!(code, "invalid_request", "{malformed}");
    }
}

#[tokio::test]
async fn what_is_there_twice_is_named() {
    let server = Server::start().await;
    let twice = "{\"name\":\"a\",\"name\":\"b\",\"kind\":5}";
    let (code, named) = refusal(server.post_json(twice).await, 400).await;
    assert_eq!((code.as_str(), named), ("invalid_request", vec!["kind".to_owned(), "name".to_owned()]));
    let (code, named) = refusal(server.get("/list?limit=1&limit=2").await, 400).await;
    assert_eq!((code.as_str(), named), ("invalid_request", vec!["limit".to_owned()]));
}

#[tokio::test]
async fn every_faulty_member_is_named_at_once() {
    let server = Server::start().await;
    for (body, fields) in [
        (json!({}), vec!["kind", "name"]),
        (json!({ "name": 5 }), vec!["kind", "name"]),
        (json!({ "name": "a", "kind": null, "uris": ["a", 5], "x": 1 }), vec!["kind", "uris[1]", "x"]),
        (json!({ "name": "a", "kind": "b", "limits": {} }), vec!["limits.seconds"]),
        (json!({ "name": "a", "kind": "b", "limits": { "y": 1 } }), vec!["limits.y"]),
        (json!({ "name": "a", "kind": "b", "limits": { "seconds": -1 } }), vec!["limits.seconds"]),
    ] {
        let (code, named) = refusal(server.post_json(&body).await, 400).await;
        assert_eq!(
            (code.as_str(), named),
            ("invalid_request", fields.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn every_faulty_parameter_is_named_at_once() {
    let server = Server::start().await;
    assert_eq!(server.get("/list?limit=5").await.status(), 200);
    let (code, named) = refusal(server.get("/list?limit=a&offset=-1&x=1").await, 400).await;
    assert_eq!(
        (code.as_str(), named),
        ("invalid_request", vec!["limit".to_owned(), "offset".to_owned(), "x".to_owned()])
    );
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let mut server = Server::start().await;
    let (client, url, stop) = (server.client.clone(), format!("{}/wait", server.url), server.stop.take());
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.expect("not yet used").send(()).expect("it listens");
    };
    let (response, ()) = tokio::join!(client.get(url).send(), stopping);
    assert_eq!(response.expect("an answer").text().await.expect("text"), "waited");
    let ended = tokio::time::timeout(Duration::from_secs(5), server.running.join_next()).await;
    ended.expect("in time").expect("it ran").expect("without a panic");
}
