//! `/applications/{application_id}/environments`

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{act, get, holding, made, refused, text};
use crate::harness::TestApp;

on_each_database![
    each_application_has_live_and_test_with_independent_api_keys,
    the_secret_key_of_one_environment_is_rotated_without_affecting_the_other,
    the_mode_must_be_either_live_or_test,
];

async fn each_application_has_live_and_test_with_independent_api_keys(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let listed = get(&admin, &format!("/applications/{}/environments", text(&made["id"]))).await.ok();
    let modes: Vec<_> = listed["data"].as_array().expect("a list").iter().map(|one| &one["mode"]).collect();
    assert_eq!(modes, ["live", "test"]);
    let keys: Vec<_> = [0, 1].iter().map(|place| &listed["data"][place]["public_key"]).collect();
    assert!(keys[0] != keys[1] && !keys.contains(&&made["public_key"]));
    let native = admin.create("m2m", json!({})).await;
    let none = get(&admin, &format!("/applications/{}/environments", text(&native["id"]))).await.ok();
    assert_eq!(none["data"], json!([]));
    refused(get(&admin, "/applications/app_abc123/environments").await, 404, "application_not_found");
}

async fn the_secret_key_of_one_environment_is_rotated_without_affecting_the_other(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let path = format!("/applications/{}/environments", text(&made["id"]));
    app.clock.advance_micros(1_000_000);
    let answer = act(&admin, &format!("{path}/live/rotate-keys")).await;
    assert!(text(&answer.body["meta"]["warning"]).contains("not be shown again"));
    let rotated = answer.ok()["data"].take();
    let before = &made["environments"][0];
    for same in ["id", "mode", "public_key", "created_at"] {
        assert_eq!(rotated[same], before[same], "{same}");
    }
    assert!(text(&rotated["secret_key"]).starts_with("za_sec_live_"), "{rotated}");
    assert_ne!(rotated["secret_key"], before["secret_key"]);
    assert_eq!(rotated["updated_at"], app.now());
    let listed = get(&admin, &path).await.ok();
    assert_eq!(listed["data"][1]["updated_at"], made["environments"][1]["created_at"]);
    for (environment, secret, status) in [
        (0, &before["secret_key"], 401),
        (0, &rotated["secret_key"], 200),
        (1, &rotated["secret_key"], 401),
        (1, &made["environments"][1]["secret_key"], 200),
    ] {
        let key = text(&made["environments"][environment]["public_key"]);
        let answer = app.client(key, text(secret)).form("/oauth2/introspect", "token=x").await;
        assert_eq!(answer.status, status, "{environment}: {}", answer.body);
    }
}

async fn the_mode_must_be_either_live_or_test(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    for mode in ["Live", "prod", "live%20"] {
        let path = format!("/applications/{}/environments/{mode}/rotate-keys", text(&made["id"]));
        let details = refused(act(&admin, &path).await, 422, "validation_error");
        assert!(details["mode"].is_object(), "{details}");
    }
    let native: Value = admin.create("m2m", json!({})).await;
    let path = format!("/applications/{}/environments/live/rotate-keys", text(&native["id"]));
    refused(act(&admin, &path).await, 400, "not_applicable");
}
