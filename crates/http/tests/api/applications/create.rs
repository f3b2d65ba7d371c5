//! `POST /api/v1/applications`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    returns_the_created_application_with_its_client_id,
    every_field_is_kept,
    what_is_left_out_has_its_default,
    m2m_and_server_get_the_client_secret_exactly_once,
    public_and_saml_and_key_only_applications_get_no_secret,
    redirect_uris_may_be_empty,
    the_slug_is_made_from_the_name_and_taken_once,
    creating_needs_the_scope_applications_write,
    a_caller_grants_only_management_scopes_that_it_holds,
    an_application_is_gone_once_it_expires,
];

/// The request of the documentation.
fn banking() -> Value {
    json!({
        "name": "Cymmetri Banking Web",
        "type": "spa",
        "redirect_uris": ["https://banking.cymmetri.com/callback", "http://localhost:5173/callback"],
        "allowed_origins": ["https://banking.cymmetri.com"],
        "allowed_scopes": ["openid", "profile", "email", "offline_access"],
        "audience": "https://api.cymmetri.com",
        "access_token_ttl_s": 3600,
        "refresh_token_ttl_s": 1_209_600,
        "tags": ["customer-facing", "production"],
    })
}

async fn returns_the_created_application_with_its_client_id(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let answer = writer.post("/applications", banking()).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    assert_eq!(created["client_id"], created["id"]);
    assert!(created["id"].as_str().expect("an id").starts_with("app_"));
    assert_eq!(location, format!("/api/v1/applications/{}", created["id"].as_str().expect("an id")));
    assert_eq!(writer.read(created["id"].as_str().expect("an id")).await, created);
    for (member, value) in banking().as_object().expect("an object") {
        assert_eq!(created[member], *value, "{member}");
    }
    assert_eq!((&created["state"], &created["created_at"]), (&json!("enabled"), &json!(app.now())));
}

async fn every_field_is_kept(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let body = json!({
        "name": "Invoices ✓",
        "type": "server",
        "slug": "invoices",
        "description": "Writes invoices.\nSends them too.",
        "logo_url": "https://invoices.example/logo.png",
        "tags": ["b", "a"],
        "expires_at": app.after(86_400),
        "redirect_uris": ["https://invoices.example/callback"],
        "allowed_origins": ["https://invoices.example:8443"],
        "allowed_scopes": ["openid", "applications:read"],
        "audience": "invoices",
        "access_token_ttl_s": 60,
        "refresh_token_ttl_s": 31_536_000,
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_post",
        "require_pkce": true,
        "access_token_signing_alg": "EdDSA",
    });
    let created = writer.post("/applications", body.clone()).await.created();
    let read = writer.read(created["id"].as_str().expect("an id")).await;
    for (member, value) in body.as_object().expect("an object") {
        assert_eq!(read[member], *value, "{member}");
    }
}

async fn what_is_left_out_has_its_default(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    for (kind, refresh, grants, method, pkce) in [
        ("spa", 14, vec!["authorization_code", "refresh_token"], "none", true),
        ("native", 90, vec!["authorization_code", "refresh_token"], "none", true),
        (
            "server",
            14,
            vec!["authorization_code", "refresh_token", "client_credentials"],
            "client_secret_basic",
            false,
        ),
        ("m2m", 14, vec!["client_credentials"], "client_secret_basic", false),
    ] {
        let created =
            writer.create(kind, json!({ "name": kind, "description": null, "audience": null })).await;
        for (member, value) in [
            ("redirect_uris", json!([])),
            ("allowed_origins", json!([])),
            ("allowed_scopes", json!([])),
            ("tags", json!([])),
            ("description", Value::Null),
            ("logo_url", Value::Null),
            ("audience", Value::Null),
            ("archived_at", Value::Null),
            ("expires_at", Value::Null),
            ("saml", Value::Null),
            ("jwks", Value::Null),
            ("jwks_uri", Value::Null),
            ("access_token_signing_alg", Value::Null),
            ("access_token_ttl_s", json!(3_600)),
            ("refresh_token_ttl_s", json!(refresh * 86_400)),
            ("grant_types", json!(grants)),
            ("token_endpoint_auth_method", json!(method)),
            ("require_pkce", json!(pkce)),
        ] {
            assert_eq!(created.get(member), Some(&value), "{kind} {member}");
        }
    }
}

async fn m2m_and_server_get_the_client_secret_exactly_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    for kind in ["m2m", "server"] {
        let created = writer.create(kind, json!({})).await;
        let (id, secret) = (created["id"].as_str().expect("an id"), created["client_secret"].as_str());
        let secret = secret.expect("a secret");
        assert!(secret.starts_with("ias_"), "{secret}");
        assert_eq!(app.token(id, secret, "").await.status, 200, "{kind}");
        let later = [
            writer.get(&format!("/applications/{id}")).await.ok(),
            writer.patch(&format!("/applications/{id}"), json!({ "tags": ["a"] })).await.ok(),
            writer.get("/applications").await.ok(),
            app.full().await.get("/audit").await.ok(),
        ];
        for answer in later {
            assert!(!answer.to_string().contains(secret), "{answer}");
            assert!(answer["data"].get("client_secret").is_none(), "{answer}");
        }
    }
}

async fn public_and_saml_and_key_only_applications_get_no_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let saml =
        json!({ "saml": { "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] } });
    let keys = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/keys",
    });
    for (kind, body) in [("spa", json!({})), ("native", json!({})), ("saml", saml), ("m2m", keys)] {
        let created = writer.create(kind, body).await;
        assert!(created.get("client_secret").is_none(), "{created}");
        assert_eq!(created["can_rotate_secret"], false, "{kind}");
    }
}

async fn redirect_uris_may_be_empty(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let created = app.writer().await.create("spa", json!({ "redirect_uris": [] })).await;
    assert_eq!(created["redirect_uris"], json!([]));
}

async fn the_slug_is_made_from_the_name_and_taken_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let first = writer.create("spa", json!({ "name": "My Shop!" })).await;
    assert_eq!(first["slug"], "my-shop");
    let second = writer.create("spa", json!({ "name": "My Shop!" })).await;
    assert!(second["slug"].as_str().expect("text").starts_with("my-shop-"), "{second}");
    let taken = json!({ "name": "Another", "type": "spa", "slug": "my-shop" });
    writer.post("/applications", taken.clone()).await.refused_for(409, "slug_taken", &["slug"]);
    // Put away is not given up.
    writer.act(&format!("/applications/{}/archive", first["id"].as_str().expect("an id"))).await.ok();
    writer.post("/applications", taken).await.refused_for(409, "slug_taken", &["slug"]);
}

async fn creating_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.reader().await.post("/applications", banking()).await.refused(403, "insufficient_scope");
    let listed = app.reader().await.get("/applications?type=spa").await.ok();
    assert_eq!(listed["data"], json!([]));
}

async fn a_caller_grants_only_management_scopes_that_it_holds(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let wanted = json!({ "name": "a", "type": "m2m", "allowed_scopes": ["applications:read", "audit:read"] });
    let refused = writer.post("/applications", wanted.clone()).await;
    refused.refused_for(403, "forbidden", &["allowed_scopes[1]"]);
    let id = app.full().await.post("/applications", wanted).await.created()["id"].clone();
    let path = format!("/applications/{}", id.as_str().expect("an id"));
    // Whoever changes or rotates what opens more would hold it himself.
    writer.patch(&path, json!({ "name": "b" })).await.refused(403, "forbidden");
    writer.act(&format!("{path}/rotate-secret")).await.refused(403, "forbidden");
    assert_eq!(writer.get(&path).await.data()["name"], "a");
}

async fn an_application_is_gone_once_it_expires(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let body = json!({ "name": "a", "type": "m2m", "expires_at": app.now() });
    writer.post("/applications", body).await.refused_for(422, "invalid_field", &["expires_at"]);
    let created = writer.create("m2m", json!({ "expires_at": app.after(600) })).await;
    let (id, secret) = (created["id"].as_str().expect("an id"), created["client_secret"].as_str());
    let secret = secret.expect("a secret");
    app.clock.advance_micros(600_000_000 - 1);
    assert_eq!(app.token(id, secret, "").await.status, 200);
    app.clock.advance_micros(1);
    writer.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
    app.token(id, secret, "").await.refused_by_oauth(401, "invalid_client");
}
