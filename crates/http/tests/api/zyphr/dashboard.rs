//! `/dashboard/login`

use appkeep_domain::{Level, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BASE, default_tenant, get, log_in, logged_in, post, refused, text};
use crate::harness::{FREE, PARTNER, SISTER, STRANGER, TestApp, email_of};

on_each_database![
    whoever_knows_the_password_gets_a_token_for_their_workspace,
    the_token_ends_with_its_session,
    a_workspace_is_one_that_is_seen,
    one_token_opens_one_workspace,
    a_wrong_password_and_a_wrong_name_are_one_answer,
    what_is_missing_is_named,
    what_is_no_json_is_told_so,
    too_many_failures_lock_the_account,
    whoever_is_suspended_is_told_so,
    it_may_be_tried_ten_times_in_a_minute,
];

const OWNER: RoleGrant = RoleGrant { role: Role::Owner, at: Level::Platform };

async fn body(app: &TestApp) -> Value {
    let (_, operator) = app.console().await;
    json!({ "email": operator.email, "password": operator.password })
}

async fn whoever_knows_the_password_gets_a_token_for_their_workspace(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let told = post(&app.nobody(), "/dashboard/login", body(&app).await).await.ok();
    assert_eq!(told["data"]["expires_in"], 3600);
    assert_eq!(told["data"]["workspace_id"], app.tenant().to_string());
    let user = app.bearing(told["data"]["access_token"].as_str().expect("a token"));
    assert_eq!(get(&user, "/applications").await.ok()["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.times("session.started").await, 0, "that is in the platform's history");
    app.clock.advance_micros(3_600_000_000);
    refused(get(&user, "/applications").await, 401, "unauthorized");
}

async fn the_token_ends_with_its_session(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let user = logged_in(&app, OWNER, None).await;
    let (console, _) = app.console().await;
    let sessions = app.owner().await.get(&format!("/applications/{console}/sessions?limit=250")).await.data();
    assert!(sessions.as_array().is_some_and(|found| found.len() >= 2), "{sessions}");
    get(&user, "/applications").await.ok();
    app.owner().await.act(&format!("/applications/{console}/revoke-tokens")).await.ok();
    refused(get(&user, "/applications").await, 401, "unauthorized");
}

async fn a_workspace_is_one_that_is_seen(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let password = app.console().await.1.password;
    let of_partner = RoleGrant { role: Role::Admin, at: Level::Partner(PARTNER) };
    let of_sister =
        RoleGrant { role: Role::Viewer, at: Level::Tenant { id: SISTER, partner: Some(PARTNER) } };
    for grant in [OWNER, of_partner, of_sister] {
        app.operator_with(grant).await;
    }
    for (grant, wanted, found) in [
        (OWNER, None, Some(app.tenant())),
        (OWNER, Some(STRANGER), Some(STRANGER)),
        (of_partner, Some(SISTER), Some(SISTER)),
        (of_partner, Some(STRANGER), None),
        (of_partner, Some(FREE), None),
        (of_sister, None, Some(SISTER)),
        (of_sister, Some(app.tenant()), None),
    ] {
        let mut body = json!({ "email": email_of(grant), "password": password });
        if let Some(wanted) = wanted {
            body["workspace_id"] = wanted.to_string().into();
        }
        let answer = post(&app.nobody(), "/dashboard/login", body).await;
        match found {
            Some(found) => assert_eq!(answer.ok()["data"]["workspace_id"], found.to_string()),
            None => drop(refused(answer, 404, "workspace_not_found")),
        }
    }
    let unnamed = json!({ "email": email_of(OWNER), "password": password, "workspace_id": "ws_xyz" });
    refused(post(&app.nobody(), "/dashboard/login", unnamed).await, 404, "workspace_not_found");
}

async fn one_token_opens_one_workspace(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let here = logged_in(&app, OWNER, None).await;
    let there = log_in(&app, OWNER, Some(SISTER)).await;
    let made = super::made(&there, "Over there").await;
    assert_eq!(made["workspace_id"], SISTER.to_string());
    let path = format!("/applications/{}", made["id"].as_str().expect("an id"));
    assert_eq!(get(&there, &path).await.ok()["data"]["name"], "Over there");
    assert_eq!(get(&there, "/applications").await.ok()["meta"]["total"], 1);
    refused(get(&here, &path).await, 404, "application_not_found");
    refused(super::delete(&here, &path).await, 404, "application_not_found");
    let keyed = async |user: &crate::harness::User<'_>| {
        let request = user.request(Method::POST, &format!("{BASE}/applications"));
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        user.send(request, json!({ "name": "Keyed" }).to_string()).await.created()
    };
    let (first, again, elsewhere) = (keyed(&here).await, keyed(&here).await, keyed(&there).await);
    assert_eq!(first, again);
    assert_ne!(first["id"], elsewhere["id"]);
    assert_eq!(elsewhere["workspace_id"], SISTER.to_string());
}

async fn a_wrong_password_and_a_wrong_name_are_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (mut password, mut name) = (body(&app).await, body(&app).await);
    password["password"] = "another".into();
    name["email"] = "nobody@example.com".into();
    for wrong in [password, name] {
        let answer = post(&app.nobody(), "/dashboard/login", wrong).await;
        assert_eq!(answer.body["error"]["message"], "the email address or the password is wrong");
        refused(answer, 401, "invalid_credentials");
    }
}

async fn what_is_missing_is_named(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let answer = post(&app.nobody(), "/dashboard/login", json!({ "workspace_id": 1 })).await;
    let details = refused(answer, 422, "validation_error");
    let fields: Vec<_> = details.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["email", "password", "workspace_id"]);
    assert_eq!(details["email"]["message"], "is required");
}

async fn what_is_no_json_is_told_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let nobody = app.nobody();
    for text in ["{", "[]", "\"text\""] {
        let request = nobody.request(Method::POST, &format!("{BASE}/dashboard/login"));
        let answer = nobody.send(request.header("content-type", "application/json"), text).await;
        refused(answer, 400, "invalid_json");
    }
}

async fn too_many_failures_lock_the_account(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let mut wrong = body(&app).await;
    wrong["password"] = "another".into();
    let mut locked = None;
    for _ in 0..12 {
        let answer = post(&app.nobody(), "/dashboard/login", wrong.clone()).await;
        if answer.status == 403 {
            locked = Some(answer);
            break;
        }
    }
    let answer = locked.expect("is locked by now");
    let seconds = answer.header("retry-after").to_owned();
    assert_eq!(refused(answer, 403, "account_locked")["retry_after"].to_string(), seconds);
    refused(post(&app.nobody(), "/dashboard/login", body(&app).await).await, 403, "account_locked");
    app.clock.advance_micros(24 * 3_600_000_000);
    post(&app.nobody(), "/dashboard/login", body(&app).await).await.ok();
}

async fn whoever_is_suspended_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let grant = RoleGrant { role: Role::Admin, at: default_tenant(&app) };
    let user = logged_in(&app, grant, None).await;
    let owner = app.owner().await;
    let all = owner.get("/operators").await.data();
    let found = all.as_array().and_then(|all| all.iter().find(|one| one["email"] == email_of(grant)));
    let id = text(&found.expect("is listed")["id"]).to_owned();
    owner.patch(&format!("/operators/{id}"), json!({ "status": "suspended" })).await.ok();
    let body = json!({ "email": email_of(grant), "password": app.console().await.1.password });
    refused(post(&app.nobody(), "/dashboard/login", body).await, 403, "account_suspended");
    refused(get(&user, "/applications").await, 401, "unauthorized");
}

async fn it_may_be_tried_ten_times_in_a_minute(database: TestDatabase) {
    let app = TestApp::with_zyphr_rates(&database).await;
    for left in (0..10).rev() {
        let answer = post(&app.nobody(), "/dashboard/login", json!({})).await;
        assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
        refused(answer, 422, "validation_error");
    }
    let answer = post(&app.nobody(), "/dashboard/login", body(&app).await).await;
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("retry-after")), ("10", "6"));
    refused(answer, 429, "rate_limit_exceeded");
}
