//! Log lines, and the requests they belong to.

use appkeep_testkit::{ChaosProxy, TestDatabase};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Log, Server, admin_token, bootstrap, client_of, folder, text};

/// The lines that tell of a request.
fn of_requests(log: &Log) -> Vec<Value> {
    let is_ours = |line: &Value| text(&line["target"]).starts_with("appkeep");
    let tells = |line: &Value| text(&line["message"]).starts_with("a request ");
    log.lines().into_iter().filter(|line| is_ours(line) && tells(line)).collect()
}

/// The id of the request that a line belongs to.
fn request_id(line: &Value) -> &str {
    line["span"]["request_id"].as_str().unwrap_or_else(|| panic!("no request id in {line}"))
}

#[tokio::test]
async fn every_line_of_a_request_has_its_id() {
    let folder = folder();
    let (server, log) = Server::start_logging(folder.path(), "debug", &[]);
    assert!(server.becomes_ready().await);
    let made = bootstrap(folder.path(), &[]);
    let token = admin_token(&server, &made).await;
    let mut ids = Vec::new();
    for (method, path, body) in [
        (Method::GET, "/applications/unknown", None),
        (Method::POST, "/applications", Some(json!({ "name": 5 }))),
        (Method::PATCH, "/tenant", Some(json!({ "name": "" }))),
        (Method::DELETE, "/scopes/unknown", None),
    ] {
        let (status, answer) = server.call(&token, method, path, body).await;
        assert!(status.is_client_error(), "{path}: {answer}");
        ids.push(text(&answer["request_id"]).to_owned());
    }
    let (_, answer) = server.token(("unknown", "wrong")).await;
    ids.push(text(&answer["request_id"]).to_owned());
    let created = json!({ "name": "Logged", "type": "spa" });
    let (status, _) = server.call(&token, Method::POST, "/applications", Some(created)).await;
    assert_eq!((status, server.stop("-TERM").await), (StatusCode::CREATED, Some(0)));
    let lines = of_requests(&log);
    assert_eq!(lines.iter().map(request_id).collect::<Vec<_>>(), ids);
    // Whatever else was said in the course of a request says of which.
    let registered = log.lines().into_iter().find(|line| line["message"] == "registered an application");
    assert!(request_id(&registered.expect("it is logged")).starts_with("req_"));
}

/// A filter leaves out lines, and nothing of a line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_has_its_id_whatever_the_filter() {
    let database = TestDatabase::postgres().await;
    let proxy = ChaosProxy::before(&database).await;
    let folder = folder();
    for filter in ["error", "warn"] {
        let more = ["--database-url", proxy.url()];
        let (server, log) = Server::start_logging(folder.path(), filter, &more);
        assert!(server.becomes_ready().await);
        let made = bootstrap(folder.path(), &["--database-url", &database.address(), "--reset"]);
        proxy.cut();
        let refusal = loop {
            let (status, answer) = server.token(client_of(&made["native"])).await;
            if status == StatusCode::SERVICE_UNAVAILABLE {
                break answer;
            }
        };
        assert_eq!(server.stop("-TERM").await, Some(0));
        proxy.restore();
        let lines = of_requests(&log);
        let ids: Vec<_> = lines.iter().map(request_id).collect();
        assert!(ids.contains(&text(&refusal["request_id"])), "{refusal} in {ids:?}");
    }
}
