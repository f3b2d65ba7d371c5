//! `/api/v1/tenant`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    the_settings_are_read_and_changed,
    a_setting_out_of_bounds_is_refused,
    a_lost_update_of_the_settings_is_refused,
    the_pages_show_the_tenants_name_logo_and_colour,
    the_tenants_algorithm_signs_where_an_application_names_none,
];

async fn the_settings_are_read_and_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.get("/tenant").await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let before = answer.data();
    assert!(before["id"].as_str().expect("an id").starts_with("tnt_"));
    assert_eq!((&before["slug"], &before["secret_rotation_overlap_s"]), (&json!("default"), &json!(259_200)));
    assert_eq!((&before["logo_url"], &before["colour"]), (&json!(null), &json!(null)));
    let patch = json!({
        "name": "Acme",
        "secret_rotation_overlap_s": 0,
        "access_token_signing_alg": "RS256",
        "logo_url": "https://acme.example/logo.svg",
        "colour": "#1a73e8",
    });
    let answer = full.patch("/tenant", patch.clone()).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.data();
    for (member, value) in patch.as_object().expect("an object") {
        assert_eq!(changed[member], *value, "{member}");
    }
    assert_eq!(full.get("/tenant").await.data(), changed);
    let unchanged = full.patch("/tenant", json!({})).await;
    assert_eq!((unchanged.header("etag"), &unchanged.body["data"]), ("\"2\"", &changed));
    let history = full.get("/audit?action=tenant.updated").await.ok();
    assert_eq!(history["data"].as_array().expect("a list").len(), 1);
}

async fn a_setting_out_of_bounds_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = full.get("/tenant").await.data();
    for (patch, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "secret_rotation_overlap_s": -1 }), "secret_rotation_overlap_s"),
        (json!({ "secret_rotation_overlap_s": 604_801 }), "secret_rotation_overlap_s"),
        (json!({ "access_token_signing_alg": "none" }), "access_token_signing_alg"),
        (json!({ "logo_url": "http://acme.example/logo.svg" }), "logo_url"),
        (json!({ "logo_url": "javascript:alert(1)" }), "logo_url"),
        (json!({ "logo_url": "" }), "logo_url"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "colour": "#1a73e8;}" }), "colour"),
    ] {
        full.patch("/tenant", patch).await.refused_for(422, "invalid_field", &[field]);
    }
    for (patch, field) in [
        (json!({ "name": null }), "name"),
        (json!({ "secret_rotation_overlap_s": "0" }), "secret_rotation_overlap_s"),
        (json!({ "slug": "acme" }), "slug"),
    ] {
        full.patch("/tenant", patch).await.refused_for(400, "invalid_request", &[field]);
    }
    assert_eq!(full.get("/tenant").await.data(), before);
}

async fn a_lost_update_of_the_settings_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    assert_eq!(full.patch_if("/tenant", "\"1\"", json!({ "name": "first" })).await.status, 200);
    let refused = full.patch_if("/tenant", "\"1\"", json!({ "name": "second" })).await;
    refused.refused(412, "precondition_failed");
    assert_eq!(full.get("/tenant").await.data()["name"], "first");
}

async fn the_tenants_algorithm_signs_where_an_application_names_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let request = full.request(Method::GET, "/.well-known/jwks.json");
    let keys = full.send(request, "").await.ok()["keys"].take();
    let (id, secret) = app.management();
    for algorithm in ["RS256", "EdDSA", "ES256"] {
        full.patch("/tenant", json!({ "access_token_signing_alg": algorithm })).await.ok();
        let token = app.token(id, secret, "").await.ok();
        let header =
            jsonwebtoken::decode_header(token["access_token"].as_str().expect("a token")).expect("a JWT");
        let key = keys
            .as_array()
            .expect("a list")
            .iter()
            .find(|key| key["kid"] == header.kid.as_deref().unwrap_or(""));
        assert_eq!(key.expect("is published")["alg"], algorithm);
    }
}

async fn the_pages_show_the_tenants_name_logo_and_colour(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let logo = "https://acme.example/logo.svg";
    let plain = app.browser().get(&shop.authorize_path(&[])).await;
    assert!(!plain.html.contains("/assets/colour."), "{}", plain.html);
    full.patch("/tenant", json!({ "name": "Acme", "logo_url": logo, "colour": "#1A73E8" })).await.ok();
    assert_eq!(full.get("/tenant").await.data()["colour"], "#1a73e8");
    let branded = app.browser().get(&shop.authorize_path(&[])).await;
    for shown in ["Acme", logo, "/assets/colour.1a73e8.css"] {
        assert!(branded.html.contains(shown), "{shown}: {}", branded.html);
    }
    let (_, before, after) = full.last_entry().await;
    assert_eq!((&before["colour"], &after["colour"]), (&json!(null), &json!("#1a73e8")));
    let emptied = full.patch("/tenant", json!({ "logo_url": null, "colour": null })).await.data();
    assert_eq!((&emptied["logo_url"], &emptied["colour"]), (&json!(null), &json!(null)));
    let page = app.browser().get(&shop.authorize_path(&[])).await;
    assert!(!page.html.contains(logo) && !page.html.contains("/assets/colour."), "{}", page.html);
}
