//! `private_key_jwt` (RFC 7523): a client proves itself by a signature.

use appkeep_domain::{Clock as _, SigningAlgorithm, SigningKeyId};
use appkeep_keys::SigningKey;
use appkeep_testkit::{TestDatabase, on_each_database};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, TestApp};

on_each_database![
    a_client_with_registered_keys_gets_a_token,
    an_assertion_is_taken_once,
    an_assertion_that_proves_nothing_is_refused,
    every_endpoint_that_asks_who_it_is_takes_an_assertion,
    a_private_key_is_not_registered,
];

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An application and its key, of which the registry has the public half.
struct Client {
    id: String,
    key: SigningKey,
}

impl Client {
    async fn register(app: &TestApp) -> Self {
        let key = key(1);
        let body = json!({
            "allowed_scopes": ["applications:read"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [public(&key)] },
        });
        let created = app.writer().await.create("m2m", body).await;
        assert_eq!(created.get("client_secret"), None);
        Self { id: created["id"].as_str().expect("an id").to_owned(), key }
    }

    /// What an assertion of it says for a minute.
    fn claims(&self, app: &TestApp, jti: &str) -> Value {
        let now = app.clock.now().as_seconds();
        json!({ "iss": self.id, "sub": self.id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": jti })
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([number; 16]))
}

fn public(key: &SigningKey) -> Value {
    serde_json::to_value(key.public_jwk()).expect("texts")
}

/// Made with a library that is not ours.
fn sign(key: &SigningKey, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = public(key)["kid"].as_str().map(str::to_owned);
    let key = EncodingKey::from_ec_der(&key.to_pkcs8());
    jsonwebtoken::encode(&header, claims, &key).expect("a signature")
}

async fn present(app: &TestApp, assertion: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"
    );
    app.nobody().form("/oauth2/token", &form).await
}

async fn a_client_with_registered_keys_gets_a_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = Client::register(&app).await;
    let token = present(&app, &sign(&client.key, &client.claims(&app, "one"))).await.ok();
    assert_eq!((&token["scope"], &token["expires_in"]), (&json!("applications:read"), &json!(3_600)));
    let user = app.bearing(token["access_token"].as_str().expect("a token"));
    assert_eq!(user.read(&client.id).await["token_endpoint_auth_method"], "private_key_jwt");
}

/// RFC 7523 §3, item 7
async fn an_assertion_is_taken_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = Client::register(&app).await;
    let assertion = sign(&client.key, &client.claims(&app, "one"));
    present(&app, &assertion).await.ok();
    present(&app, &assertion).await.refused_by_oauth(401, "invalid_client");
    // It is the `jti` that is taken, not the bytes.
    let mut same_id = client.claims(&app, "one");
    same_id["exp"] = json!(app.clock.now().as_seconds() + 30);
    present(&app, &sign(&client.key, &same_id)).await.refused_by_oauth(401, "invalid_client");
    present(&app, &sign(&client.key, &client.claims(&app, "two"))).await.ok();
}

async fn an_assertion_that_proves_nothing_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = Client::register(&app).await;
    let now = app.clock.now().as_seconds();
    let (management, secret) = app.management();
    for (member, value) in [
        ("iss", json!(management)),
        ("sub", json!(management)),
        ("aud", json!("https://others.example")),
        ("aud", json!(format!("{ISSUER}/oauth2/introspect"))),
        ("exp", json!(now)),
        ("exp", json!(now + 86_400)),
        ("exp", Value::Null),
        ("nbf", json!(now + 300)),
        ("jti", json!("")),
        ("jti", Value::Null),
    ] {
        let mut claims = client.claims(&app, "one");
        claims[member] = value.clone();
        let refused = present(&app, &sign(&client.key, &claims)).await;
        assert_eq!(refused.status, 401, "{member} {value}: {}", refused.body);
        refused.refused_by_oauth(401, "invalid_client");
    }
    let claims = client.claims(&app, "one");
    present(&app, &sign(&key(2), &claims)).await.refused_by_oauth(401, "invalid_client");
    // Nor does a secret help a client that was registered for keys.
    app.token(&client.id, secret, "").await.refused_by_oauth(401, "invalid_client");
    present(&app, &sign(&client.key, &claims)).await.ok();
}

async fn every_endpoint_that_asks_who_it_is_takes_an_assertion(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = Client::register(&app).await;
    let token = present(&app, &sign(&client.key, &client.claims(&app, "one"))).await.ok();
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let ask = async |path: &str, jti: &str| {
        let assertion = sign(&client.key, &client.claims(&app, jti));
        let form = format!(
            "token={token}&client_id={}&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}",
            client.id
        );
        app.nobody().form(path, &form).await
    };
    assert_eq!(ask("/oauth2/introspect", "two").await.ok()["active"], true);
    assert_eq!(ask("/oauth2/revoke", "three").await.status, 200);
    assert_eq!(ask("/oauth2/introspect", "four").await.ok(), json!({ "active": false }));
}

/// Whoever sends one has shown it to us, and must replace it.
async fn a_private_key_is_not_registered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let mut private = public(&key(1));
    private["d"] = json!("AQ");
    let symmetric = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "a" });
    for keys in [json!([private]), json!([public(&key(2)), private]), json!([symmetric])] {
        let body = json!({
            "name": "a",
            "type": "m2m",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": keys },
        });
        let before = database.dump().await;
        writer.post("/applications", body).await.refused_for(422, "invalid_field", &["jwks"]);
        assert_eq!(database.dump().await, before);
    }
    let client = Client::register(&app).await;
    let path = format!("/applications/{}", client.id);
    let patched = writer.patch(&path, json!({ "jwks": { "keys": [private] } })).await;
    patched.refused_for(422, "invalid_field", &["jwks"]);
    present(&app, &sign(&client.key, &client.claims(&app, "one"))).await.ok();
}
