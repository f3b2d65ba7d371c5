//! What the network meets: a certificate, limits, and proxies.

use std::path::Path;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, run, text};

#[tokio::test]
async fn it_speaks_tls_with_a_certificate_of_its_own() {
    let folder = folder();
    let trusted = certificate(folder.path());
    let server =
        Server::start_with(folder.path(), &["--tls-certificate", "cert.pem", "--tls-key", "key.pem"]);
    let made = bootstrap(folder.path(), &[]);
    let url = text(&made["base_url"]);
    assert!(url.starts_with("https://localhost:"), "{url}");
    let client = Client::builder().no_proxy().tls_certs_only([trusted]).build().expect("a client");
    let (id, secret) = client_of(&made["native"]);
    let answer = client.post(format!("{url}/oauth2/token")).basic_auth(id, Some(secret));
    let answer = answer.form(&[("grant_type", "client_credentials")]).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let discovery = client.get(format!("{url}/.well-known/openid-configuration")).send().await;
    let discovery: Value = discovery.expect("an answer").json().await.expect("JSON");
    assert_eq!(discovery["issuer"], url);
    assert_eq!(server.stop("-TERM").await, Some(0));
}

#[test]
fn a_certificate_that_cannot_be_shown_stops_the_start() {
    let folder = folder();
    certificate(folder.path());
    std::fs::write(folder.path().join("key.pem"), "none").expect("written");
    let arguments = ["serve", "--dev", "--listen", "127.0.0.1:0", "--log-filter", "error"];
    let files = ["--tls-certificate", "cert.pem", "--tls-key", "key.pem"];
    let (code, _, said) = run(folder.path(), &[&arguments[..], &files].concat());
    assert_eq!(code, Some(1));
    assert!(said.contains("the TLS certificate cannot be used: `key.pem` holds no private key"), "{said}");
    assert!(!folder.path().join("appkeep-data/appkeep.db").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_client_that_fails_too_often_is_made_to_wait() {
    let folder = folder();
    let server = Server::start_with(folder.path(), &["--failures-per-client", "3/h"]);
    let made = bootstrap(folder.path(), &[]);
    let (id, secret) = client_of(&made["native"]);
    admin_token(&server, &made).await;
    for _ in 0..3 {
        assert_eq!(server.token((id, "wrong")).await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, answer) = server.token((id, "wrong")).await;
    assert_eq!((status, text(&answer["error"])), (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"));
    assert_eq!(server.token((id, secret)).await.0, StatusCode::OK, "whoever proves who it is does not wait");
    let waits = token_request(&server, (id, "wrong")).send().await.expect("an answer");
    let seconds: u32 = waits.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1_190..=1_200).contains(&seconds), "{seconds}");
}

/// The address in the history, of a change whose request came through a proxy.
#[tokio::test]
async fn a_named_proxy_is_believed_and_no_other() {
    for (more, expected) in [
        (&[][..], "127.0.0.1"),
        (&["--trusted-proxies", "10.0.0.0/8"][..], "127.0.0.1"),
        (&["--trusted-proxies", "127.0.0.0/8"][..], "203.0.113.7"),
        (&["--trusted-proxies", "127.0.0.1,203.0.113.7"][..], "198.51.100.1"),
        (&["--trusted-proxies", "127.0.0.1", "--forwarded-header", "forwarded"][..], "192.0.2.9"),
    ] {
        let folder = folder();
        let server = Server::start_with(folder.path(), more);
        let token = admin_token(&server, &bootstrap(folder.path(), &[])).await;
        let request = client().post(format!("{}/api/v1/applications", server.url)).bearer_auth(&token);
        let request = request.header("x-forwarded-for", "198.51.100.1, 203.0.113.7");
        let request = request.header("forwarded", "for=192.0.2.9;proto=https");
        let created = request.json(&json!({ "name": "Billing", "type": "m2m" })).send().await;
        assert_eq!(created.expect("an answer").status(), StatusCode::CREATED);
        let (_, history) =
            server.call(&token, Method::GET, "/audit?action=application.created&limit=1", None).await;
        assert_eq!(history["data"][0]["address"], expected, "{more:?} {history}");
    }
}

#[tokio::test]
async fn limits_count_the_clients_behind_a_proxy_apart() {
    let folder = folder();
    let settings = ["--trusted-proxies", "127.0.0.1", "--failures-per-address", "2/h"];
    let server = Server::start_with(folder.path(), &settings);
    let made = bootstrap(folder.path(), &[]);
    let client = client_of(&made["native"]);
    for (address, secret, status) in [
        ("203.0.113.7", "wrong", StatusCode::UNAUTHORIZED),
        ("203.0.113.7", "wrong", StatusCode::UNAUTHORIZED),
        ("203.0.113.7", "wrong", StatusCode::TOO_MANY_REQUESTS),
        ("203.0.113.8", "wrong", StatusCode::UNAUTHORIZED),
        ("203.0.113.7", client.1, StatusCode::OK),
    ] {
        let request = token_request(&server, (client.0, secret)).header("x-forwarded-for", address);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{address}");
    }
}

fn token_request(server: &Server, (id, secret): (&str, &str)) -> RequestBuilder {
    let request = client().post(format!("{}/oauth2/token", server.url)).basic_auth(id, Some(secret));
    request.form(&[("grant_type", "client_credentials")])
}

fn client() -> Client {
    // A second installation of the provider is refused and needs no answer.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().build().expect("a client")
}

/// Writes `cert.pem` and `key.pem` for localhost; what trusts them.
fn certificate(folder: &Path) -> reqwest::Certificate {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    std::fs::write(folder.join("cert.pem"), pair.cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem()).expect("written");
    reqwest::Certificate::from_pem(pair.cert.pem().as_bytes()).expect("a certificate")
}
