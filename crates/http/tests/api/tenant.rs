//! `/api/v1/tenant`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::TestApp;

on_each_database![
    the_settings_are_read_and_changed,
    a_setting_out_of_bounds_is_refused,
    a_lost_update_of_the_settings_is_refused,
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
    let patch =
        json!({ "name": "Acme", "secret_rotation_overlap_s": 0, "access_token_signing_alg": "RS256" });
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
