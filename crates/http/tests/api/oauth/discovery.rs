//! `GET /.well-known/…`

use appkeep_testkit::TestDatabase;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, TestApp};

async fn get(app: &TestApp, path: &str) -> Answer {
    let nobody = app.nobody();
    nobody.send(nobody.request(Method::GET, path), "").await
}

#[tokio::test]
async fn discovery_names_what_there_is() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let answer = get(&app, "/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let metadata = answer.ok();
    assert_eq!(metadata, get(&app, "/.well-known/openid-configuration").await.ok());
    assert_eq!(metadata["issuer"], ISSUER);
    for (member, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("end_session_endpoint", "/oauth2/logout"),
    ] {
        assert_eq!(metadata[member], format!("{ISSUER}{path}"), "{member}");
    }
    for member in ["token_endpoint", "introspection_endpoint", "revocation_endpoint"] {
        let path = metadata[member].as_str().and_then(|url| url.strip_prefix(ISSUER)).expect("is ours");
        app.nobody()
            .form(path, "token=x&grant_type=client_credentials")
            .await
            .refused_by_oauth(401, "invalid_client");
    }
    assert_eq!(metadata["jwks_uri"], format!("{ISSUER}/.well-known/jwks.json"));
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    let grants = json!(["authorization_code", "refresh_token", "client_credentials", exchange]);
    assert_eq!(metadata["grant_types_supported"], grants);
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    // RFC 9700 §2.1.1 and RFC 9207 §3: what clients look for.
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn keys_are_published_without_their_private_halves() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let answer = get(&app, "/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.ok()["keys"].take();
    let mut algorithms: Vec<_> = keys.as_array().expect("a list").iter().map(|key| &key["alg"]).collect();
    algorithms.sort_by_key(ToString::to_string);
    assert_eq!(algorithms, ["ES256", "EdDSA", "RS256"]);
    for key in keys.as_array().expect("a list") {
        assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|private| key.get(private).is_none()), "{key}");
        assert_eq!((&key["use"], key["kid"].is_string()), (&Value::from("sig"), true));
    }
}

/// Whoever asks chooses these headers.
#[tokio::test]
async fn a_foreign_host_changes_nothing() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let (id, secret) = app.management();
    let client = app.client(id, secret);
    let path = "/.well-known/openid-configuration";
    let metadata = get(&app, path).await.ok();
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-url", "/evil"),
    ] {
        let request = client.request(Method::GET, path).header(name, value);
        assert_eq!(client.send(request, "").await.ok(), metadata, "{name}");
        let request = client.request(Method::POST, "/oauth2/token").header(name, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let token = client.send(request, "grant_type=client_credentials").await.ok();
        let token = token["access_token"].as_str().expect("a token");
        let told = client.form("/oauth2/introspect", &format!("token={token}")).await.ok();
        let expected = (json!(ISSUER), json!([format!("{ISSUER}/api/v1")]));
        assert_eq!((told["iss"].clone(), told["aud"].clone()), expected, "{name}");
        let user = app.bearing(token);
        let request = user.request(Method::POST, "/api/v1/applications").header(name, value);
        let request = request.header("content-type", "application/json");
        let made = user.send(request, json!({ "name": name, "type": "spa" }).to_string()).await;
        assert!(made.header("location").starts_with("/api/v1/applications/app_"), "{name}: {made:?}");
    }
    // RFC 9112 §3.2.2: a proxy sends the whole URL.
    let request = client.request(Method::GET, "https://evil.example/.well-known/openid-configuration");
    assert_eq!(client.send(request, "").await.ok(), metadata);
}
