//! What was secret in a run is nowhere when it is over.

use std::path::Path;

use appkeep_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, text};

/// Uses everything that is secret, rightly and wrongly; answers with all of it.
async fn use_secrets(server: &Server, made: &Value) -> Vec<String> {
    let token = admin_token(server, made).await;
    let body = json!({ "name": "Billing", "type": "m2m", "allowed_scopes": ["applications:read"] });
    let (_, created) = server.call(&token, Method::POST, "/applications", Some(body)).await;
    let (id, first) = client_of(&created["data"]);
    let path = format!("/applications/{id}");
    let (_, rotated) = server.call(&token, Method::POST, &format!("{path}/rotate-secret"), None).await;
    let second = text(&rotated["data"]["client_secret"]);
    let mut secrets = vec![token.clone(), first.to_owned(), second.to_owned()];
    for secret in [first, second] {
        let (status, answer) = server.token((id, secret)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        secrets.push(text(&answer["access_token"]).to_owned());
    }
    let owned = secrets[3].clone();
    for (path, name) in
        [("/oauth2/introspect", "token"), ("/oauth2/revoke", "token"), ("/oauth2/token", "scope")]
    {
        let _ =
            server.form((id, second), path, &[(name, &owned), ("grant_type", "client_credentials")]).await;
    }
    misplace(server, &token, &path, second).await;
    secrets.extend(
        [text(&made["native"]["client_secret"]), text(&made["operator"]["password"])].map(str::to_owned),
    );
    secrets
}

/// What a caller sends in the wrong place is refused, and not repeated.
async fn misplace(server: &Server, token: &str, path: &str, secret: &str) {
    for (method, path, body) in [
        (Method::PATCH, path.to_owned(), Some(json!({ "access_token_ttl_s": secret }))),
        (Method::PATCH, path.to_owned(), Some(json!({ "tags": secret, "client_secret": secret }))),
        (Method::GET, format!("/applications?limit={secret}"), None),
        (Method::GET, format!("/applications?cursor={token}"), None),
        (Method::GET, format!("/applications/{secret}"), None),
    ] {
        let (status, answer) = server.call(token, method, &path, body).await;
        assert!(status.is_client_error(), "{path}: {answer}");
    }
    let (status, _) = server.call(&format!("{token}x"), Method::GET, "/applications", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = server.token(("unknown", secret)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

fn assert_nowhere(secrets: &[String], place: &str, text: &str) {
    for (number, secret) in secrets.iter().enumerate() {
        assert!(!text.contains(secret.as_str()), "secret {number} is in {place}");
        // Nor is the part of a token that nobody could guess.
        let signature = secret.rsplit('.').next().unwrap_or(secret);
        assert!(!text.contains(signature), "the end of secret {number} is in {place}");
    }
}

/// Every file but the key that the folder is for.
fn assert_not_in_files(secrets: &[String], folder: &Path) {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        assert_nowhere(secrets, &path.display().to_string(), &String::from_utf8_lossy(&bytes));
        count += 1;
    }
    assert!(count >= 2, "the database and the key at least");
}

#[tokio::test]
async fn nothing_secret_is_in_the_log_or_in_the_files() {
    let folder = folder();
    let (server, log) = Server::start_logging(folder.path(), "debug", &[]);
    let made = bootstrap(folder.path(), &[]);
    let secrets = use_secrets(&server, &made).await;
    // Before it stops, what was written last is in the write-ahead log.
    assert_not_in_files(&secrets, &folder.path().join("appkeep-data"));
    assert_eq!(server.stop("-TERM").await, Some(0));
    assert_not_in_files(&secrets, &folder.path().join("appkeep-data"));
    let logged = log.text();
    assert!(logged.lines().count() > 5, "{logged}");
    assert_nowhere(&secrets, "the log", &logged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_in_the_log_or_in_a_dump() {
    let database = TestDatabase::postgres().await;
    let folder = folder();
    let address = database.address();
    let more = ["--database-url", address.as_str()];
    let (server, log) = Server::start_logging(folder.path(), "debug", &more);
    let made = bootstrap(folder.path(), &more);
    let secrets = use_secrets(&server, &made).await;
    let dump = database.dump().await;
    assert!(dump["credentials"].len() >= 3, "{dump:?}");
    assert_nowhere(&secrets, "the database", &format!("{dump:?}"));
    assert_eq!(server.stop("-TERM").await, Some(0));
    assert_nowhere(&secrets, "the log", &log.text());
    assert!(!log.text().contains(&address), "how to reach the database is in the log");
}
