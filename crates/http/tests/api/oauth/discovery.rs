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
    assert_eq!((&metadata["issuer"], metadata.get("authorization_endpoint")), (&json!(ISSUER), None));
    for member in ["token_endpoint", "introspection_endpoint", "revocation_endpoint"] {
        let path = metadata[member].as_str().and_then(|url| url.strip_prefix(ISSUER)).expect("is ours");
        app.nobody()
            .form(path, "token=x&grant_type=client_credentials")
            .await
            .refused_by_oauth(401, "invalid_client");
    }
    assert_eq!(metadata["jwks_uri"], format!("{ISSUER}/.well-known/jwks.json"));
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
    assert_eq!(metadata["response_types_supported"], json!([]));
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
