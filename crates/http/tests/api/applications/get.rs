//! `GET /api/v1/applications/{application_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    covers_the_full_configuration,
    can_hints_tell_what_this_caller_may_do,
    audit_summary_tells_the_latest_changes,
    an_id_is_read_in_every_spelling,
    app_not_found_when_the_id_does_not_exist,
    looking_up_needs_the_scope_applications_read,
];

async fn covers_the_full_configuration(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let id = app.writer().await.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let answer = app.reader().await.get(&format!("/applications/{id}")).await;
    assert_eq!((answer.header("etag"), answer.header("cache-control")), ("\"1\"", "no-store"));
    let read = answer.data();
    let members: Vec<&str> = read.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = [
        "access_token_signing_alg",
        "access_token_ttl_s",
        "allowed_origins",
        "allowed_resources",
        "allowed_scopes",
        "archived_at",
        "assignment_required",
        "audience",
        "audit_summary",
        "can_archive",
        "can_delete",
        "can_disable",
        "can_enable",
        "can_restore",
        "can_rotate_secret",
        "can_update",
        "client_id",
        "created_at",
        "created_by",
        "description",
        "environments",
        "expires_at",
        "first_party",
        "grant_types",
        "id",
        "id_token_signing_alg",
        "jwks",
        "jwks_uri",
        "logo_url",
        "name",
        "ownership",
        "partner_id",
        "post_logout_redirect_uris",
        "public_key",
        "redirect_uris",
        "refresh_token_max_age_s",
        "refresh_token_ttl_s",
        "require_pkce",
        "saml",
        "sessions",
        "slug",
        "state",
        "tags",
        "tenant_id",
        "token_endpoint_auth_method",
        "type",
        "updated_at",
        "user_pool",
    ];
    assert_eq!(members, expected);
}

async fn can_hints_tell_what_this_caller_may_do(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (reader, writer) = (app.reader().await, app.writer().await);
    let spa = writer.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let server = writer.create("server", json!({})).await["id"].as_str().expect("an id").to_owned();
    let nothing: [&str; 0] = [];
    assert_eq!(allowed(&reader.read(&server).await), nothing);
    assert_eq!(allowed(&writer.read(&spa).await), ["archive", "delete", "disable", "update"]);
    let expected = ["archive", "delete", "disable", "rotate_secret", "update"];
    assert_eq!(allowed(&writer.read(&server).await), expected);
    writer.act(&format!("/applications/{server}/disable")).await.ok();
    writer.act(&format!("/applications/{server}/archive")).await.ok();
    let expected = ["delete", "enable", "restore", "rotate_secret", "update"];
    assert_eq!(allowed(&writer.read(&server).await), expected);
}

/// The operations whose hint is `true`.
fn allowed(application: &Value) -> Vec<String> {
    let members = application.as_object().expect("an object").iter();
    let hints = members.filter_map(|(name, value)| Some((name.strip_prefix("can_")?, value)));
    hints.filter(|(_, value)| **value == json!(true)).map(|(name, _)| name.to_owned()).collect()
}

async fn audit_summary_tells_the_latest_changes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = writer.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/applications/{id}");
    app.clock.advance_micros(1_000_000);
    writer.patch(&path, json!({ "tags": ["a"] })).await.ok();
    for verb in ["rotate-secret", "disable", "enable", "revoke-tokens"] {
        writer.act(&format!("{path}/{verb}")).await.ok();
    }
    let summary = writer.read(&id).await["audit_summary"].take();
    assert_eq!(summary["total"], 6);
    let recent = summary["recent"].as_array().expect("a list");
    let actions: Vec<_> = recent.iter().map(|change| change["action"].as_str().expect("text")).collect();
    let expected = ["tokens_revoked", "enabled", "disabled", "secret_rotated", "updated"];
    assert_eq!(actions, expected.map(|action| format!("application.{action}")));
    let newest = json!({
        "action": "application.tokens_revoked",
        "actor": app.management().0,
        "occurred_at": app.now(),
    });
    assert_eq!(recent[0], newest);
}

async fn an_id_is_read_in_every_spelling(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("spa", json!({})).await;
    let id = created["id"].as_str().expect("an id");
    for spelling in [id.to_lowercase(), id.to_uppercase().replacen("APP", "app", 1)] {
        assert_eq!(writer.read(&spelling).await, created, "{spelling}");
    }
}

async fn app_not_found_when_the_id_does_not_exist(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.reader().await;
    for id in ["app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "app_8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "x", "%20", "%E2%82%AC"] {
        reader.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
    }
}

async fn looking_up_needs_the_scope_applications_read(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let blind = app.with("applications:write").await;
    let id = blind.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    blind.get(&format!("/applications/{id}")).await.refused(403, "insufficient_scope");
}
