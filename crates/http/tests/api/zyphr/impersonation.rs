//! The four routes by which somebody who administers acts as an end user.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BASE, enveloped, get, post, refused};
use crate::harness::{Answer, RelyingParty, TestApp, User, claims};

on_each_database![
    start_impersonation,
    end_impersonation,
    list_active_impersonations,
    get_impersonation_history,
    impersonation_needs_a_reason_and_lasts_up_to_an_hour,
    impersonation_is_for_owners_and_admins_only,
];

const ADA: &str = "ada@example.com";
const REASON: &str = "Ticket 4711";

/// Where an application is, and Ada, who uses it.
async fn shop(app: &TestApp) -> (String, String) {
    let full = app.full().await;
    let ada = full.person(ADA).await;
    let party = RelyingParty::register(&full, json!({})).await;
    (format!("/applications/{}", party.client_id), ada)
}

/// Whoever logged in to the dashboard.
async fn logged_in<'a>(app: &'a TestApp, email: &str) -> User<'a> {
    let login = json!({ "email": email, "password": app.console().await.1.password });
    let answer = post(&app.nobody(), "/dashboard/login", login).await.ok();
    app.bearing(answer["data"]["access_token"].as_str().expect("a token"))
}

async fn owner(app: &TestApp) -> User<'_> {
    let email = app.console().await.1.email;
    logged_in(app, &email).await
}

async fn start(owner: &User<'_>, (shop, ada): &(String, String)) -> Value {
    let body = json!({ "reason": REASON, "duration_minutes": 10 });
    post(owner, &format!("{shop}/users/{ada}/impersonate"), body).await.with(201)["data"].take()
}

async fn delete(user: &User<'_>, path: &str) -> Answer {
    enveloped(user.send(user.request(Method::DELETE, &format!("{BASE}{path}")), "").await)
}

async fn userinfo(app: &TestApp, started: &Value) -> Answer {
    let user = app.bearing(started["access_token"].as_str().expect("a token"));
    user.send(user.request(Method::GET, "/oauth2/userinfo"), "").await
}

async fn start_impersonation(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, owner) = (shop(&app).await, owner(&app).await);
    let started = start(&owner, &there).await;
    let expected = json!({
        "impersonation_id": started["impersonation_id"],
        "access_token": started["access_token"],
        "expires_at": app.after(600),
        "user": { "id": there.1, "email": ADA },
        "reason": REASON,
    });
    assert_eq!(started, expected);
    let said = claims(started["access_token"].as_str().expect("a token"));
    assert_eq!((&said["sub"], &said["impersonation_id"]), (&json!(there.1), &started["impersonation_id"]));
    assert!(said["act"]["sub"].as_str().is_some_and(|operator| operator.starts_with("opr_")), "{said}");
    assert_eq!(userinfo(&app, &started).await.ok()["act"], said["act"]);
    let half_an_hour = json!({ "reason": REASON });
    let path = format!("{}/users/{}/impersonate", there.0, there.1);
    let started = post(&owner, &path, half_an_hour).await.with(201);
    assert_eq!(started["data"]["expires_at"], app.after(1_800));
}

async fn end_impersonation(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, owner) = (shop(&app).await, owner(&app).await);
    let started = start(&owner, &there).await;
    userinfo(&app, &started).await.ok();
    let path = format!("{}/impersonation/{}", there.0, started["impersonation_id"].as_str().expect("an id"));
    assert_eq!(delete(&owner, &path).await.with(204), Value::Null);
    userinfo(&app, &started).await.refused(401, "invalid_token");
    let missing = format!("{}/impersonation/imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD", there.0);
    refused(delete(&owner, &missing).await, 404, "impersonation_not_found");
}

async fn list_active_impersonations(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, owner) = (shop(&app).await, owner(&app).await);
    let path = format!("{}/impersonation", there.0);
    assert_eq!(get(&owner, &path).await.ok()["data"], json!([]));
    let started = start(&owner, &there).await;
    let listed = get(&owner, &path).await.ok();
    let operator = claims(started["access_token"].as_str().expect("a token"))["act"]["sub"].take();
    let expected = json!([{
        "id": started["impersonation_id"],
        "user_id": there.1,
        "user_email": ADA,
        "impersonator_id": operator,
        "impersonator_email": app.console().await.1.email,
        "reason": REASON,
        "started_at": app.now(),
        "expires_at": app.after(600),
    }]);
    assert_eq!((&listed["data"], &listed["meta"]["total"]), (&expected, &json!(1)));
    app.clock.advance_micros(600_000_000);
    assert_eq!(get(&owner, &path).await.ok()["data"], json!([]));
}

async fn get_impersonation_history(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, owner) = (shop(&app).await, owner(&app).await);
    let (first, second) = (start(&owner, &there).await, start(&owner, &there).await);
    let path = format!("{}/impersonation/{}", there.0, first["impersonation_id"].as_str().expect("an id"));
    delete(&owner, &path).await.with(204);
    let history = format!("{}/users/{}/impersonation-history", there.0, there.1);
    let listed = get(&owner, &history).await.ok();
    let (newest, oldest) = (&listed["data"][0], &listed["data"][1]);
    assert_eq!((&newest["id"], &newest["ended_at"]), (&second["impersonation_id"], &Value::Null));
    let expected = json!({
        "id": first["impersonation_id"],
        "user_id": there.1,
        "user_email": ADA,
        "impersonator_id": oldest["impersonator_id"],
        "impersonator_email": app.console().await.1.email,
        "reason": REASON,
        "started_at": app.now(),
        "expires_at": app.after(600),
        "ended_at": app.now(),
        "end_reason": "ended",
        "ip_address": "203.0.113.7",
        "user_agent": null,
    });
    assert_eq!((oldest, &listed["meta"]["total"]), (&expected, &json!(2)));
    let nobody = format!("{}/users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD/impersonation-history", there.0);
    refused(get(&owner, &nobody).await, 404, "user_not_found");
}

async fn impersonation_needs_a_reason_and_lasts_up_to_an_hour(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, owner) = (shop(&app).await, owner(&app).await);
    let path = format!("{}/users/{}/impersonate", there.0, there.1);
    for (body, field) in [
        (json!({}), "reason"),
        (json!({ "reason": "" }), "reason"),
        (json!({ "reason": "x".repeat(501) }), "reason"),
        (json!({ "reason": REASON, "duration_minutes": 0 }), "duration_minutes"),
        (json!({ "reason": REASON, "duration_minutes": 61 }), "duration_minutes"),
    ] {
        let details = refused(post(&owner, &path, body).await, 422, "validation_error");
        assert!(details[field].is_object(), "{field}: {details}");
    }
    let longest = json!({ "reason": REASON, "duration_minutes": 60 });
    assert_eq!(post(&owner, &path, longest).await.with(201)["data"]["expires_at"], app.after(3_600));
}

async fn impersonation_is_for_owners_and_admins_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, tenant) = (shop(&app).await, app.tenant().to_string());
    let path = format!("{}/users/{}/impersonate", there.0, there.1);
    let body = json!({ "reason": REASON });
    refused(post(&app.nobody(), &path, body.clone()).await, 401, "unauthorized");
    for (role, status) in [("viewer", 403), ("member", 403), ("admin", 201)] {
        app.runs(role, &tenant).await;
        let user = logged_in(&app, &format!("{role}-{tenant}@example.com").to_lowercase()).await;
        let answer = post(&user, &path, body.clone()).await;
        assert_eq!(answer.status, status, "{role}: {}", answer.body);
        if status == 201 {
            let token = answer.body["data"]["access_token"].as_str().expect("a token").to_owned();
            let nested = post(&app.bearing(&token), &path, body.clone()).await;
            refused(nested, 403, "impersonation_forbids");
        }
    }
}
