//! What is wrong with a request, and who may not make it.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, act, delete, get, patch, post};
use crate::harness::{TestApp, User};

on_each_database![
    all_endpoints_require_a_bearer_token,
    a_token_needs_admin_read_or_admin_write,
    every_fault_has_a_place_a_sentence_and_a_kind,
    a_parameter_that_cannot_be_read_is_named,
    what_required_members_there_are_depends_on_the_scope,
    what_is_no_json_changes_nothing,
    a_path_that_leads_nowhere_says_so,
];

const ID: &str = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn every_endpoint(user: &User<'_>) -> Vec<(u16, Value)> {
    let one = format!("/applications/{ID}");
    let answers = [
        get(user, "/applications/").await,
        post(user, "/applications/", json!({})).await,
        get(user, &one).await,
        patch(user, &one, json!({})).await,
        delete(user, &one).await,
        act(user, &format!("{one}/rotate-secret")).await,
        get(user, &format!("{one}/effective-users")).await,
    ];
    answers.into_iter().map(|answer| (answer.status.as_u16(), answer.body)).collect()
}

async fn all_endpoints_require_a_bearer_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for user in [app.nobody(), app.bearing("no.such.token")] {
        for (status, body) in every_endpoint(&user).await {
            assert_eq!(status, 401, "{body}");
            assert!(body["detail"].is_string(), "{body}");
        }
    }
    let answer = get(&app.nobody(), "/applications/").await;
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
}

async fn a_token_needs_admin_read_or_admin_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    for (status, body) in every_endpoint(&app.with("scopes:read").await).await {
        assert_eq!((status, body), (403, lacks.clone()));
    }
    let reads = every_endpoint(&app.with("admin:read").await).await;
    let statuses: Vec<u16> = reads.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 403, 404, 403, 403, 403, 404]);
    let writes = every_endpoint(&app.with("admin:write").await).await;
    let statuses: Vec<u16> = writes.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 422, 404, 404, 404, 404, 404]);
}

async fn every_fault_has_a_place_a_sentence_and_a_kind(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.with("admin:write").await;
    let body = json!({
        "name": "",
        "application_type": "WEB",
        "scope": "TENANT",
        "tenant_id": app.tenant().to_string(),
        "redirect_uris": ["https://a.example/", "https://*.example/"],
        "allowed_scopes": ["nobody:knows"],
        "token_lifetime": 1,
    });
    let refused = post(&writer, "/applications/", body).await.with(422);
    let details = refused["detail"].as_array().expect("a list");
    let places: Vec<&Value> = details.iter().map(|detail| &detail["loc"]).collect();
    let expected = [
        json!(["body", "name"]),
        json!(["body", "redirect_uris", 1]),
        json!(["body", "token_lifetime"]),
        json!(["body", "allowed_scopes", 0]),
    ];
    for place in &expected {
        assert!(places.contains(&place), "{place}: {refused}");
    }
    assert!(details.iter().all(|detail| detail["msg"].is_string() && detail["type"] == "value_error"));
    let refused = post(&writer, "/applications/", json!({ "name": 1, "scope": "TENANT" })).await.with(422);
    let kind = |place: Value| {
        let detail = refused["detail"].as_array().and_then(|all| all.iter().find(|one| one["loc"] == place));
        detail.map(|detail| detail["type"].clone())
    };
    assert_eq!(kind(json!(["body", "name"])), Some(json!("string_type")), "{refused}");
    assert_eq!(kind(json!(["body", "application_type"])), Some(json!("missing")), "{refused}");
}

async fn a_parameter_that_cannot_be_read_is_named(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.with("admin:read").await;
    for (query, name) in [
        ("page=0", "page"),
        ("page=many", "page"),
        ("per_page=101", "per_page"),
        ("scope=global", "scope"),
        ("application_type=m2m", "application_type"),
    ] {
        let refused = get(&reader, &format!("/applications/?{query}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["query", name]), "{refused}");
    }
}

async fn what_required_members_there_are_depends_on_the_scope(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.with("admin:write").await;
    for (scope, field) in [("TENANT", "tenant_id"), ("PARTNER", "partner_id")] {
        let body = json!({ "name": "Sync", "application_type": "SERVICE", "scope": scope });
        let refused = post(&writer, "/applications/", body).await.with(422);
        let expected = json!([{ "loc": ["body", field], "msg": "is required", "type": "missing" }]);
        assert_eq!(refused["detail"], expected);
    }
}

async fn what_is_no_json_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.with("admin:write").await;
    let before = database.dump().await;
    for body in ["{", "[]", "null", "\"x\"", ""] {
        let request = writer.request(Method::POST, &format!("{ADMIN}/applications/"));
        let answer = writer.send(request.header("content-type", "application/json"), body).await;
        assert_eq!(answer.with(422)["detail"][0]["loc"], json!(["body"]), "{body}");
    }
    assert_eq!(database.dump().await, before);
}

async fn a_path_that_leads_nowhere_says_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.with("admin:read").await;
    assert!(get(&reader, "/nothing/").await.with(404)["detail"].is_string());
    assert!(delete(&reader, "/applications/").await.with(405)["detail"].is_string());
}
