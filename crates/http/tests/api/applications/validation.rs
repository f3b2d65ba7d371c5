//! What a body may not say, at `POST` and `PATCH` alike.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_malformed_redirect_uri_is_redirect_uri_invalid,
    a_wildcard_is_wildcard_uri_forbidden,
    an_origin_is_scheme_host_and_port_only,
    an_unregistered_scope_is_scope_unknown,
    other_values_out_of_bounds_are_invalid_field,
    a_wrong_form_is_invalid_request,
    several_faults_come_in_one_answer,
];

/// Tries a body at creation, and what it sets at an update of an application.
async fn refuses(app: &TestApp, kind: &str, fields: Value, (status, code): (u16, &str), at: &[&str]) {
    let writer = app.writer().await;
    let mut body = fields.clone();
    body["type"] = kind.into();
    body["name"] = "Refused".into();
    writer.post("/applications", body).await.refused_for(status, code, at);
    let id = writer.create(kind, json!({})).await["id"].clone();
    let path = format!("/applications/{}", id.as_str().expect("an id"));
    let before = writer.get(&path).await.data();
    writer.patch(&path, fields).await.refused_for(status, code, at);
    assert_eq!(writer.get(&path).await.data(), before);
}

async fn a_malformed_redirect_uri_is_redirect_uri_invalid(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for uri in [
        "",
        "/callback",
        "http://example.com/callback",
        "https://example.com/callback#part",
        "https://user:secret@example.com/",
        "javascript:alert(1)",
        "data:text/html,hello",
        "com.example.app:/callback",
        "https://example.com/\u{7}",
    ] {
        let fields = json!({ "redirect_uris": ["https://example.com/", uri] });
        refuses(&app, "spa", fields, (422, "redirect_uri_invalid"), &["redirect_uris[1]"]).await;
    }
    // A scheme of one's own allows no more than `https` does.
    for uri in [
        "com.example.app:/callback#part",
        "com.example.app://user@host/callback",
        "com.example.app://user:secret@host/callback",
        "http://user@127.0.0.1/callback",
        "http://127.0.0.1/callback#",
        "myapp:/callback",
        "javascript:alert(1)",
        "http://example.com/callback",
    ] {
        let fields = json!({ "redirect_uris": [uri] });
        refuses(&app, "native", fields, (422, "redirect_uri_invalid"), &["redirect_uris[0]"]).await;
    }
    for (kind, uri) in [
        ("spa", "http://127.0.0.1:8080/callback"),
        ("spa", "http://[::1]/callback"),
        ("native", "com.example.app:/callback"),
        ("native", "http://localhost:1/"),
    ] {
        let created = app.writer().await.create(kind, json!({ "redirect_uris": [uri] })).await;
        assert_eq!(created["redirect_uris"], json!([uri]));
    }
}

async fn a_wildcard_is_wildcard_uri_forbidden(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (kind, uri) in [
        ("server", "https://*.example.com/callback"),
        ("server", "https://example.com/*"),
        ("server", "https://example.com/callback?next=*"),
        ("spa", "*"),
        ("native", "com.example.app:/*"),
        ("native", "com.example.*:/callback"),
        ("native", "http://127.0.0.1:*/callback"),
    ] {
        let fields = json!({ "redirect_uris": [uri] });
        refuses(&app, kind, fields, (422, "wildcard_uri_forbidden"), &["redirect_uris[0]"]).await;
    }
    let fields = json!({ "allowed_origins": ["https://*.example.com"] });
    refuses(&app, "spa", fields, (422, "wildcard_uri_forbidden"), &["allowed_origins[0]"]).await;
}

async fn an_origin_is_scheme_host_and_port_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for origin in ["https://example.com/", "https://example.com/path", "example.com", "https://a@example.com"]
    {
        let fields = json!({ "allowed_origins": [origin] });
        refuses(&app, "spa", fields, (422, "origin_invalid"), &["allowed_origins[0]"]).await;
    }
}

async fn an_unregistered_scope_is_scope_unknown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let fields = json!({ "allowed_scopes": ["openid", "invoices:read"] });
    refuses(&app, "m2m", fields.clone(), (422, "scope_unknown"), &["allowed_scopes[1]"]).await;
    app.full().await.post("/scopes", json!({ "scope": "invoices:read" })).await.created();
    let created = app.writer().await.create("m2m", fields).await;
    assert_eq!(created["allowed_scopes"], json!(["openid", "invoices:read"]));
}

async fn other_values_out_of_bounds_are_invalid_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (kind, fields, at) in [
        ("spa", json!({ "slug": "Not A Slug" }), "slug"),
        ("spa", json!({ "tags": ["ok", ""] }), "tags[1]"),
        ("spa", json!({ "description": "x".repeat(2_001) }), "description"),
        ("spa", json!({ "logo_url": "http://example.com/logo" }), "logo_url"),
        ("spa", json!({ "expires_at": "tomorrow" }), "expires_at"),
        ("m2m", json!({ "allowed_scopes": ["a b"] }), "allowed_scopes[0]"),
        ("m2m", json!({ "audience": "" }), "audience"),
        ("m2m", json!({ "access_token_ttl_s": 59 }), "access_token_ttl_s"),
        ("m2m", json!({ "access_token_ttl_s": 2_592_001 }), "access_token_ttl_s"),
        ("spa", json!({ "refresh_token_ttl_s": 0 }), "refresh_token_ttl_s"),
        ("spa", json!({ "refresh_token_ttl_s": 31_536_001 }), "refresh_token_ttl_s"),
        ("m2m", json!({ "grant_types": ["password"] }), "grant_types[0]"),
        ("m2m", json!({ "grant_types": ["authorization_code"] }), "grant_types[0]"),
        ("m2m", json!({ "token_endpoint_auth_method": "none" }), "token_endpoint_auth_method"),
        ("spa", json!({ "token_endpoint_auth_method": "client_secret_basic" }), "token_endpoint_auth_method"),
        ("m2m", json!({ "token_endpoint_auth_method": "private_key_jwt" }), "jwks"),
        ("m2m", json!({ "jwks_uri": "https://client.example/keys" }), "jwks_uri"),
        ("spa", json!({ "require_pkce": false }), "require_pkce"),
        ("m2m", json!({ "access_token_signing_alg": "HS256" }), "access_token_signing_alg"),
        ("spa", json!({ "saml": { "entity_id": "https://sp.example" } }), "saml"),
    ] {
        refuses(&app, kind, fields, (422, "invalid_field"), &[at]).await;
    }
    let writer = app.writer().await;
    let of = |kind: &str, name: &str| json!({ "type": kind, "name": name });
    for (body, at) in [
        (of("web", "a"), "type"),
        (of("spa", ""), "name"),
        (of("spa", &"x".repeat(256)), "name"),
        (of("spa", "a\u{7}"), "name"),
    ] {
        writer.post("/applications", body).await.refused_for(422, "invalid_field", &[at]);
    }
    assert_eq!(writer.create("spa", json!({ "name": "ü".repeat(255) })).await["name"], "ü".repeat(255));
}

async fn a_wrong_form_is_invalid_request(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (fields, at) in [
        (json!({ "redirect_uris": "https://example.com/" }), "redirect_uris"),
        (json!({ "redirect_uris": ["https://example.com/", 5] }), "redirect_uris[1]"),
        (json!({ "redirect_uris": null }), "redirect_uris"),
        (json!({ "tags": { "a": "b" } }), "tags"),
        (json!({ "access_token_ttl_s": "3600" }), "access_token_ttl_s"),
        (json!({ "access_token_ttl_s": 3600.5 }), "access_token_ttl_s"),
        (json!({ "refresh_token_ttl_s": true }), "refresh_token_ttl_s"),
        (json!({ "audience": ["a"] }), "audience"),
        (json!({ "jwks": "{}" }), "jwks"),
        (json!({ "require_pkce": "yes" }), "require_pkce"),
        (json!({ "saml": { "certificate": "" } }), "saml.certificate"),
        (json!({ "saml": [] }), "saml"),
        (
            json!({ "saml": { "attribute_statements": [["mail", "user.email"]] } }),
            "saml.attribute_statements[0]",
        ),
        (
            json!({ "saml": { "attribute_statements": [{ "name": "a" }] } }),
            "saml.attribute_statements[0].source",
        ),
        (json!({ "client_secret": "ias_mine" }), "client_secret"),
        (json!({ "state": "disabled" }), "state"),
    ] {
        refuses(&app, "spa", fields, (400, "invalid_request"), &[at]).await;
    }
    let writer = app.writer().await;
    writer.post("/applications", json!({})).await.refused_for(400, "invalid_request", &["name", "type"]);
    let named = json!({ "name": 5, "type": "spa", "client_id": "app_mine" });
    writer.post("/applications", named).await.refused_for(400, "invalid_request", &["client_id", "name"]);
}

async fn several_faults_come_in_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({
        "name": "",
        "type": "spa",
        "redirect_uris": ["https://example.com/#a", "https://*/", "https://example.com/"],
        "allowed_origins": ["https://example.com/a"],
        "access_token_ttl_s": 1,
    });
    let faults = app.writer().await.post("/applications", body).await.refused(422, "invalid_field");
    let expected = [
        ("access_token_ttl_s", "invalid_field"),
        ("allowed_origins[0]", "origin_invalid"),
        ("name", "invalid_field"),
        ("redirect_uris[0]", "redirect_uri_invalid"),
        ("redirect_uris[1]", "wildcard_uri_forbidden"),
    ];
    assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
}
