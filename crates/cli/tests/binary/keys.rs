//! `appkeep keys`, beside a running server.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Server, admin_token, appkeep, bootstrap, client_of, folder, run, text};

const PROMISED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_rotated_key_is_published_then_signs_and_the_one_before_still_verifies() {
    let folder = folder();
    let server = Server::start(folder.path());
    let token = admin_token(&server, &bootstrap(folder.path(), &[])).await;
    let old = header(&token, "kid");
    assert_eq!(published(&server).await.len(), 3);

    let rotated = keys(folder.path(), &["rotate", "--alg", "ES256", "--signing-key-publication-delay", "2s"]);
    let new = text(&rotated[0]["kid"]).to_owned();
    assert_eq!(rotated[0]["replaced"], json!([old]));
    becomes(async || published(&server).await.contains(&new)).await;
    assert_eq!(used_for(folder.path(), &new), "published");
    let made = bootstrap(folder.path(), &["--reset"]);
    // Those of before the reset are ended by it.
    let token = admin_token_soon(&server, &made).await;
    assert_eq!(header(&token, "kid"), old, "others may not know the new one yet");

    becomes(async || header(&admin_token(&server, &made).await, "kid") == new).await;
    assert_eq!((used_for(folder.path(), &old), used_for(folder.path(), &new)), ("verifying", "signing"));
    assert!(published(&server).await.contains(&old));
    let (status, history) = server.call(&token, Method::GET, "/audit?action=signing_key.rotated", None).await;
    assert_eq!(status, StatusCode::OK, "a token of the old key is still good: {history}");
    assert_eq!(history["data"][0]["action"], "signing_key.rotated", "{history}");
    assert!(history["data"][0]["after"].to_string().contains(&new), "{history}");
}

#[tokio::test]
async fn a_rotation_at_once_ends_what_was_signed_before() {
    let folder = folder();
    let server = Server::start(folder.path());
    let made = bootstrap(folder.path(), &[]);
    let token = admin_token(&server, &made).await;
    let rotated = keys(folder.path(), &["rotate", "--at-once"]);
    assert_eq!(rotated.as_array().map(Vec::len), Some(3));
    becomes(async || {
        server.call(&token, Method::GET, "/applications", None).await.0 == StatusCode::UNAUTHORIZED
    })
    .await;
    let token = admin_token(&server, &made).await;
    assert_eq!(header(&token, "kid"), text(&rotated[0]["kid"]));
    assert_eq!(server.call(&token, Method::GET, "/applications", None).await.0, StatusCode::OK);
    assert_eq!(published(&server).await.len(), 3);
}

#[tokio::test]
async fn keys_are_rotated_on_schedule() {
    let folder = folder();
    assert_eq!(Server::start(folder.path()).stop("-TERM").await, Some(0));
    let before = keys(folder.path(), &["list"]);
    assert_eq!(before.as_array().map(Vec::len), Some(3));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _server = Server::start_with(folder.path(), &["--signing-key-rotation", "1s"]);
    becomes(async || keys(folder.path(), &["list"]).as_array().map(Vec::len) == Some(6)).await;
}

#[test]
fn keys_are_listed_for_people_without_the_master_key() {
    let folder = folder();
    drop(Server::start(folder.path()));
    std::fs::remove_file(folder.path().join("appkeep-data/master.key")).expect("it was made");
    let (code, printed, said) = run(folder.path(), &["keys", "list", "--log-filter", "error"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.starts_with("kid ") && printed.lines().count() == 4, "{printed}");
    assert!(printed.lines().skip(1).all(|line| line.contains("  signing  ")), "{printed}");
}

#[test]
fn what_is_not_there_is_not_made() {
    let folder = folder();
    let (code, _, said) = run(folder.path(), &["keys", "list"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no database `appkeep-data/appkeep.db`"), "{said}");
    drop(Server::start(folder.path()));
    for (arguments, fault) in [
        (["keys", "list", "--tenant", "nobody"], "there is no tenant `nobody`"),
        (["keys", "rotate", "--alg", "HS256"], "none of ES256, RS256, EdDSA"),
    ] {
        let (code, _, said) = run(folder.path(), &arguments);
        assert!(code != Some(0) && said.contains(fault), "{said}");
    }
}

/// What `appkeep keys … --json` printed.
fn keys(folder: &Path, arguments: &[&str]) -> Value {
    let all = [&["keys"], arguments, &["--json", "--log-filter", "error"]].concat();
    let output = appkeep(folder, &all).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON and nothing else")
}

fn used_for(folder: &Path, kid: &str) -> &'static str {
    let listed = keys(folder, &["list"]);
    let found = listed.as_array().and_then(|keys| keys.iter().find(|key| key["kid"] == kid));
    let found = found.unwrap_or_else(|| panic!("no {kid} in {listed}"));
    ["published", "signing", "verifying", "retired"]
        .into_iter()
        .find(|word| found["use"] == *word)
        .expect("one of the uses")
}

/// Every `kid` of the JWKS.
async fn published(server: &Server) -> Vec<String> {
    let answer = server.get("/.well-known/jwks.json").await;
    let jwks: Value = answer.json().await.expect("JSON");
    jwks["keys"].as_array().expect("a list").iter().map(|key| text(&key["kid"]).to_owned()).collect()
}

/// A member of a token's header.
fn header(token: &str, member: &str) -> String {
    use base64::Engine as _;
    let part = token.split('.').next().expect("a header");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64");
    let header: Value = serde_json::from_slice(&json).expect("JSON");
    text(&header[member]).to_owned()
}

/// Another process has made the secret, of which the server hears soon.
async fn admin_token_soon(server: &Server, made: &Value) -> String {
    becomes(async || server.token(client_of(&made["native"])).await.0 == StatusCode::OK).await;
    admin_token(server, made).await
}

async fn becomes(holds: impl AsyncFn() -> bool) {
    let holding = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PROMISED, holding).await.expect("it comes to hold");
}
