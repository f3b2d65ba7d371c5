//! `appkeep bootstrap`, beside a running server and without one.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, run, text};

#[tokio::test]
async fn it_makes_credentials_beside_a_running_server() {
    let folder = folder();
    let server = Server::start(folder.path());
    let made = bootstrap(folder.path(), &[]);
    let port = server.url.rsplit(':').next().expect("a port");
    assert_eq!(text(&made["base_url"]), format!("http://localhost:{port}"), "where the server is");
    let token = admin_token(&server, &made).await;
    let (status, _) = server.call(&token, Method::GET, "/applications", None).await;
    assert_eq!(status, StatusCode::OK);

    let again = bootstrap(folder.path(), &[]);
    assert_eq!(again["native"]["client_id"], made["native"]["client_id"]);
    assert_eq!(
        (&again["native"]["client_secret"], &again["operator"]["password"]),
        (&Value::Null, &Value::Null)
    );

    let reset = bootstrap(folder.path(), &["--reset"]);
    assert!(becomes_refused(&server, &made).await, "the one before");
    admin_token(&server, &reset).await;
    assert_ne!(reset["operator"]["password"], made["operator"]["password"]);
}

/// Another process wrote it, of which a server hears within a second.
async fn becomes_refused(server: &Server, made: &Value) -> bool {
    for _ in 0..50 {
        let (status, answer) = server.token(client_of(&made["native"])).await;
        if status == StatusCode::UNAUTHORIZED {
            return text(&answer["error"]) == "invalid_client";
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn it_makes_credentials_before_the_first_start() {
    let folder = folder();
    let made = bootstrap(folder.path(), &[]);
    assert_eq!(text(&made["base_url"]), "http://localhost:8080", "where a server would be");
    let server = Server::start(folder.path());
    admin_token(&server, &made).await;
}

#[test]
fn people_are_shown_lines_and_told_what_is_kept_secret() {
    let folder = folder();
    let (code, first, said) = run(folder.path(), &["bootstrap", "--log-filter", "error"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(first.contains("client_secret  ias_") && first.contains("not shown again"), "{first}");
    let (_, second, _) = run(folder.path(), &["bootstrap", "--log-filter", "error"]);
    assert!(!second.contains("ias_") && second.contains("--reset"), "{second}");
}
