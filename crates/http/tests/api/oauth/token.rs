//! `POST /oauth2/token`

mod authorization_code;
mod exchange;
mod named_apis;
mod refresh_token;

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::harness::{ISSUER, TestApp};

on_each_database![
    a_token_is_verified_with_the_published_keys,
    each_application_has_the_algorithm_it_chose,
    a_token_lives_as_long_as_its_application_says,
    a_token_is_for_whom_was_asked,
    a_client_authenticates_by_basic_or_in_the_body,
    the_scope_narrows_what_is_allowed,
    unknown_client_and_wrong_secret_are_one_answer,
    refuses_what_rfc_6749_refuses,
];

/// An application by its id and its secret.
struct Client {
    id: String,
    secret: String,
}

async fn register(app: &TestApp, body: Value) -> Client {
    let created = app.writer().await.create("m2m", body).await;
    let text = |member: &str| created[member].as_str().expect("text").to_owned();
    Client { id: text("client_id"), secret: text("client_secret") }
}

/// One that may use the native API.
async fn client(app: &TestApp) -> (String, String) {
    let body = json!({ "allowed_scopes": ["applications:read", "applications:write"], "audience": "bills" });
    let Client { id, secret } = register(app, body).await;
    (id, secret)
}

async fn a_token_is_verified_with_the_published_keys(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = client(&app).await;
    let answer = app.token(&id, &secret, "").await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let token = answer.ok();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["expires_in"], 3_600);
    assert_eq!(token["scope"], "applications:read applications:write");
    let (algorithm, claims) = verify(&app, &token).await;
    assert_eq!(algorithm, Algorithm::ES256);
    let now = claims["iat"].as_i64().expect("a number");
    let members: Vec<_> = claims.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = [
        "app_scope",
        "aud",
        "client_id",
        "exp",
        "iat",
        "iss",
        "jti",
        "scope",
        "sub",
        "tenant_id",
        "token_type",
    ];
    assert_eq!(members, expected);
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["client_id"]),
        (&json!(ISSUER), &json!(id), &json!(id))
    );
    assert_eq!((&claims["scope"], &claims["exp"]), (&token["scope"], &json!(now + 3_600)));
}

/// With a library that is not ours: the algorithm, and what is claimed.
async fn verify(app: &TestApp, answer: &Value) -> (Algorithm, Value) {
    let token = answer["access_token"].as_str().expect("a token");
    let nobody = app.nobody();
    let published = nobody.send(nobody.request(Method::GET, "/.well-known/jwks.json"), "").await.ok();
    let keys: JwkSet = serde_json::from_value(published).expect("a JWK Set");
    let header = jsonwebtoken::decode_header(token).expect("a JWT");
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = keys.find(header.kid.as_deref().expect("names its key")).expect("is published");
    let mut validation = Validation::new(header.alg);
    // The clock of the test stands still.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_issuer(&[ISSUER]);
    let key = DecodingKey::from_jwk(key).expect("a key");
    (header.alg, jsonwebtoken::decode::<Value>(token, &key, &validation).expect("verifies").claims)
}

async fn each_application_has_the_algorithm_it_chose(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (name, algorithm) in
        [("RS256", Algorithm::RS256), ("EdDSA", Algorithm::EdDSA), ("ES256", Algorithm::ES256)]
    {
        let client = register(&app, json!({ "access_token_signing_alg": name })).await;
        let token = app.token(&client.id, &client.secret, "").await.ok();
        let (signed_with, claims) = verify(&app, &token).await;
        assert_eq!((signed_with, &claims["sub"]), (algorithm, &json!(client.id)));
    }
}

async fn a_token_lives_as_long_as_its_application_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for seconds in [60, 2_592_000] {
        let body = json!({ "access_token_ttl_s": seconds, "allowed_scopes": ["applications:read"] });
        let client = register(&app, body).await;
        let token = app.token(&client.id, &client.secret, "").await.ok();
        assert_eq!(token["expires_in"], seconds);
        let (_, claims) = verify(&app, &token).await;
        let times = [&claims["iat"], &claims["exp"]].map(|time| time.as_i64().expect("a number"));
        assert_eq!(times[1] - times[0], i64::from(seconds));
        let user = app.bearing(token["access_token"].as_str().expect("a token"));
        app.clock.advance_micros(i64::from(seconds) * 1_000_000 - 1);
        assert_eq!(user.get("/applications").await.status, 200);
        app.clock.advance_micros(1);
        user.get("/applications").await.refused(401, "invalid_token");
    }
}

/// A single audience is a text, several are a list (RFC 7519 §4.1.3).
async fn a_token_is_for_whom_was_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = register(&app, json!({ "audience": "https://bills.example" })).await;
    let (ours, bills) = (format!("{ISSUER}/api/v1"), "https://bills.example");
    for (asked, aud) in [
        (String::new(), json!(ours)),
        (format!("&audience={bills}"), json!(bills)),
        (format!("&resource={bills}"), json!(bills)),
        (format!("&audience={bills}&resource={bills}"), json!(bills)),
        (format!("&resource={bills}&resource={ours}"), json!([bills, ours])),
        (format!("&audience={ours}&resource={bills}"), json!([ours, bills])),
    ] {
        let token = app.token(&client.id, &client.secret, &asked).await.ok();
        assert_eq!(verify(&app, &token).await.1["aud"], aud, "{asked}");
    }
    for asked in
        ["&audience=https://others.example", "&resource=/bills", "&resource=https://bills.example%23a"]
    {
        let refused = app.token(&client.id, &client.secret, asked).await;
        refused.refused_by_oauth(400, "invalid_target");
    }
}

async fn a_client_authenticates_by_basic_or_in_the_body(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let created = app.writer().await.create("m2m", json!({})).await;
    let (id, secret) = (created["id"].as_str().expect("an id"), created["client_secret"].as_str());
    let secret = secret.expect("a secret");
    assert_eq!(app.token(id, secret, "").await.status, 200);
    let path = format!("/applications/{id}");
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    // The secret is the same, whichever of the two was registered.
    for method in ["client_secret_basic", "client_secret_post"] {
        let change = json!({ "token_endpoint_auth_method": method });
        app.writer().await.patch(&path, change).await.ok();
        assert_eq!(app.nobody().form("/oauth2/token", &form).await.status, 200, "{method}");
        assert_eq!(app.token(id, secret, "").await.status, 200, "{method}");
    }
    app.client(id, secret).form("/oauth2/token", &form).await.refused_by_oauth(400, "invalid_request");
}

async fn the_scope_narrows_what_is_allowed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = client(&app).await;
    let narrow = app.token(&id, &secret, "&scope=applications:read").await.ok();
    assert_eq!(narrow["scope"], "applications:read");
    let user = app.bearing(narrow["access_token"].as_str().expect("a token"));
    assert_eq!(user.get("/applications").await.status, 200);
    user.post("/applications", json!({ "name": "a", "type": "spa" }))
        .await
        .refused(403, "insufficient_scope");
    for scope in ["audit:read", "applications:read+audit:read", "no:such", "a++b"] {
        let refused = app.token(&id, &secret, &format!("&scope={scope}")).await;
        refused.refused_by_oauth(400, "invalid_scope");
    }
    // A token for another API opens nothing here.
    let bills = app.token(&id, &secret, "&audience=bills").await.ok();
    let user = app.bearing(bills["access_token"].as_str().expect("a token"));
    user.get("/applications").await.refused(401, "invalid_token");
    app.token(&id, &secret, "&resource=https://others.example").await.refused_by_oauth(400, "invalid_target");
}

async fn unknown_client_and_wrong_secret_are_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = client(&app).await;
    let unknown = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
    let theirs = app.neighbour().await.application;
    let mut bodies = Vec::new();
    for (id, secret) in [(unknown, &*secret), (&id, "ias_wrong"), (&theirs, &secret), ("x", "y")] {
        let answer = app.token(id, secret, "").await;
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"appkeep\"");
        let mut body = answer.body.clone();
        body["request_id"].take();
        bodies.push(body);
        answer.refused_by_oauth(401, "invalid_client");
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

async fn refuses_what_rfc_6749_refuses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = client(&app).await;
    let client = app.client(&id, &secret);
    for (section, form, code) in [
        (
            "§3.2, a parameter is there once",
            "grant_type=client_credentials&scope=a&scope=b",
            "invalid_request",
        ),
        (
            "§3.2, a parameter is there once",
            "grant_type=client_credentials&grant_type=client_credentials",
            "invalid_request",
        ),
        (
            "§2.3, one method of authentication",
            "grant_type=client_credentials&client_secret=x",
            "invalid_request",
        ),
        ("§4.4.2, grant_type is required", "", "invalid_request"),
        ("§4.4.2, grant_type is required", "scope=applications:read", "invalid_request"),
        ("§5.2, otherwise malformed", "grant_type=%zz", "invalid_request"),
        ("§5.2, unsupported_grant_type", "grant_type=password", "unsupported_grant_type"),
        ("§5.2, unauthorized_client", "grant_type=authorization_code&code=x", "unauthorized_client"),
        ("§5.2, unauthorized_client", "grant_type=refresh_token&refresh_token=x", "unauthorized_client"),
        ("§4.1.3, code is required", "grant_type=authorization_code", "invalid_request"),
        ("§6, refresh_token is required", "grant_type=refresh_token", "invalid_request"),
        ("§3.3, the grammar of scope", "grant_type=client_credentials&scope=a++b", "invalid_scope"),
        ("§5.2, invalid_scope", "grant_type=client_credentials&scope=no:such", "invalid_scope"),
    ] {
        let answer = client.form("/oauth2/token", form).await;
        assert_eq!(answer.body["error"], code, "{section}: {form}");
        answer.refused_by_oauth(400, code);
    }
    // §4.4.2: the parameters are in a form.
    let request = client.request(Method::POST, "/oauth2/token").header("content-type", "application/json");
    let answer = client.send(request, "{\"grant_type\":\"client_credentials\"}").await;
    answer.refused_by_oauth(400, "invalid_request");
    // §3.2: the client must use POST.
    let request = client.request(Method::GET, "/oauth2/token?grant_type=client_credentials");
    client.send(request, "").await.refused(405, "method_not_allowed");
    // §5.2: invalid_client, here for an unsupported way of authenticating.
    let bearer = app.bearing("abc").form("/oauth2/token", "grant_type=client_credentials").await;
    bearer.refused_by_oauth(401, "invalid_client");
}
