//! `/api/v1/applications/{application_id}/users`, `…/directory` and `…/lockouts`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::environments::Pooled;
use crate::harness::{PASSWORD, REDIRECT_URI, RelyingParty, TestApp, User};

on_each_database![
    a_user_of_one_environment_is_not_in_the_other,
    every_change_is_read_back_and_told,
    a_list_is_narrowed_and_paged,
    the_tenants_users_and_an_applications_are_apart,
    an_application_without_users_of_its_own_says_so,
    what_is_asked_of_passwords_is_each_environments,
    a_locked_account_and_a_locked_address_are_unlocked,
    members_manage_them_and_viewers_read_them,
    what_another_tenant_has_is_not_there,
];

const ADA: &str = "ada@example.com";

/// One of the application's users, in live or test.
async fn register(full: &User<'_>, pooled: &Pooled, environment: &str, email: &str) -> String {
    let path = format!("/applications/{}/users?environment={environment}", pooled.id);
    let created = full.post(&path, json!({ "email": email })).await.created();
    created["id"].as_str().expect("an id").to_owned()
}

fn path_of(pooled: &Pooled, user: &str) -> String {
    format!("/applications/{}/users/{user}", pooled.id)
}

async fn a_user_of_one_environment_is_not_in_the_other(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let live = register(&full, &pooled, "live", ADA).await;
    let test = register(&full, &pooled, "test", ADA).await;
    for (user, here, there) in [(&live, "live", "test"), (&test, "test", "live")] {
        let at = |environment: &str| format!("{}?environment={environment}", path_of(&pooled, user));
        assert_eq!(full.get(&at(here)).await.data()["id"], json!(user));
        let unlock = format!("{}/unlock?environment={there}", path_of(&pooled, user));
        let password = format!("/api/v1{}/password?environment={there}", path_of(&pooled, user));
        full.get(&at(there)).await.refused(404, "user_not_found");
        full.patch(&at(there), json!({ "name": "Eve" })).await.refused(404, "user_not_found");
        full.act(&unlock).await.refused(404, "user_not_found");
        full.json(Method::PUT, &password, json!({ "password": PASSWORD }))
            .await
            .refused(404, "user_not_found");
        full.delete(&at(there)).await.refused(404, "user_not_found");
        let listed = full.get(&format!("/applications/{}/users?environment={here}", pooled.id)).await.ok();
        assert_eq!(
            (listed["data"].as_array().map(Vec::len), &listed["data"][0]["id"]),
            (Some(1), &json!(user))
        );
    }
    // Live, where nothing is said.
    assert_eq!(full.get(&path_of(&pooled, &live)).await.data()["email"], ADA);
    full.get(&path_of(&pooled, &test)).await.refused(404, "user_not_found");
    let again = format!("/applications/{}/users", pooled.id);
    full.post(&again, json!({ "email": ADA })).await.refused_for(409, "email_taken", &["email"]);
}

async fn every_change_is_read_back_and_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let users = format!("/applications/{}/users?environment=test", pooled.id);
    let answer = full.post(&users, json!({ "email": ADA, "metadata": { "plan": "gold" } })).await;
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = created["id"].as_str().expect("an id");
    assert_eq!(location, format!("/api/v1/applications/{}/users/{id}?environment=test", pooled.id));
    let at = format!("{}?environment=test", path_of(&pooled, id));
    assert_eq!(full.get(&at).await.data(), created);
    let changed = full.patch(&at, json!({ "name": "Ada", "status": "suspended" })).await.data();
    assert_eq!((&changed["name"], &changed["status"]), (&json!("Ada"), &json!("suspended")));
    assert_eq!(full.get(&at).await.data(), changed);
    full.patch_if(&at, "\"1\"", json!({ "name": "Eve" })).await.refused(412, "precondition_failed");
    let password = format!("/api/v1{}/password?environment=test", path_of(&pooled, id));
    full.json(Method::PUT, &password, json!({ "password": "short" })).await.refused_for(
        422,
        "password_too_weak",
        &["password"],
    );
    full.json(Method::PUT, &password, json!({ "password": PASSWORD })).await.with(204);
    assert_eq!(full.get(&at).await.data()["password_changed_at"], app.now());
    full.delete(&format!("{}/password?environment=test", path_of(&pooled, id))).await.with(204);
    assert_eq!(full.get(&at).await.data()["password_changed_at"], Value::Null);
    full.delete(&at).await.with(204);
    full.get(&at).await.refused(404, "user_not_found");
    let history = full.get(&format!("/audit?application={}", pooled.id)).await.ok();
    let told: Vec<_> = history["data"].as_array().expect("a list").iter().map(|one| &one["action"]).collect();
    let actions = [
        "user.deleted",
        "user.password_removed",
        "user.password_set",
        "user.suspended",
        "user.created",
        "application.created",
    ];
    assert_eq!(told, actions.map(Value::from).iter().collect::<Vec<_>>());
    assert!(!history.to_string().contains(ADA));
}

async fn a_list_is_narrowed_and_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(register(&full, &pooled, "test", &format!("{number}@example.com")).await);
    }
    ids.reverse();
    let path = format!("/applications/{}/users?environment=test", pooled.id);
    let page = full.get(&format!("{path}&limit=2")).await.ok();
    let cursor = page["meta"]["next_cursor"].as_str().expect("there are more");
    let rest = full.get(&format!("{path}&limit=3&cursor={cursor}")).await.ok();
    let shown = page["data"].as_array().into_iter().chain(rest["data"].as_array()).flatten();
    assert_eq!(shown.map(|user| user["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>(), ids);
    assert_eq!(rest["meta"]["next_cursor"], Value::Null);
    for (filter, count) in [
        ("email=3@EXAMPLE.com", 1),
        ("q=4@exam", 1),
        ("status=active", 5),
        ("status=suspended", 0),
        ("username=x", 0),
    ] {
        let found = full.get(&format!("{path}&{filter}")).await.ok();
        assert_eq!(found["data"].as_array().map(Vec::len), Some(count), "{filter}");
    }
    for (refused, field) in
        [("environment=staging", "environment"), ("limit=0", "limit"), ("status=x", "status")]
    {
        let path = format!("/applications/{}/users?{refused}", pooled.id);
        full.get(&path).await.refused_for(400, "invalid_request", &[field]);
    }
}

async fn the_tenants_users_and_an_applications_are_apart(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let theirs = full.user(ADA).await;
    let own = register(&full, &pooled, "live", ADA).await;
    full.get(&format!("/users/{own}")).await.refused(404, "user_not_found");
    full.get(&path_of(&pooled, &theirs)).await.refused(404, "user_not_found");
    for subject in [&theirs, &own] {
        let path = format!("/applications/{}/assignments/{subject}", pooled.id);
        full.put(&path).await.refused(400, "not_applicable");
    }
    let listed = full.get("/users").await.ok();
    assert_eq!(
        (listed["data"].as_array().map(Vec::len), &listed["data"][0]["id"]),
        (Some(1), &json!(theirs))
    );
}

async fn an_application_without_users_of_its_own_says_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("server", json!({})).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/applications/{id}");
    full.get(&format!("{path}/users")).await.refused(400, "not_applicable");
    full.post(&format!("{path}/users"), json!({ "email": ADA })).await.refused(400, "not_applicable");
    full.get(&format!("{path}/directory")).await.refused(400, "not_applicable");
    full.get(&format!("{path}/lockouts")).await.refused(400, "not_applicable");
}

async fn what_is_asked_of_passwords_is_each_environments(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let path = format!("/applications/{}/directory", pooled.id);
    let before = full.get(&path).await.data();
    let changed = full.patch(&format!("{path}?environment=test"), json!({ "min_password_length": 20 })).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.data()["min_password_length"], 20);
    assert_eq!(full.get(&format!("{path}?environment=test")).await.data()["min_password_length"], 20);
    assert_eq!(full.get(&path).await.data(), before);
    let refused = full.patch_if(&path, "\"9\"", json!({ "free_failures": 2 })).await;
    refused.refused(412, "precondition_failed");
    full.patch(&path, json!({ "free_failures": 0 })).await.refused_for(
        422,
        "invalid_field",
        &["free_failures"],
    );
    let (action, _, after) = full.last_entry().await;
    assert_eq!((action.as_str(), &after["min_password_length"]), ("directory.updated", &json!(20)));
    assert_ne!(full.get("/directory").await.data()["min_password_length"], 20);
}

async fn a_locked_account_and_a_locked_address_are_unlocked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let created = full
        .create(
            "spa",
            json!({
                "user_pool": "application",
                "redirect_uris": [REDIRECT_URI],
                "allowed_scopes": ["openid", "email", "offline_access"],
            }),
        )
        .await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let (id, key) = (text(&created["id"]), text(&created["environments"][1]["public_key"]));
    let path = format!("/applications/{id}");
    full.patch(&format!("{path}/directory?environment=test"), json!({ "free_failures": 1 })).await.ok();
    let user = full.post(&format!("{path}/users?environment=test"), json!({ "email": ADA })).await.created();
    let user = format!("{path}/users/{}", text(&user["id"]));
    let shop = RelyingParty::new(&app, key);
    let browser = app.browser();
    let try_in = async |name: &str| {
        let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
        browser.type_password(&page, name, "wrong").await.status.as_u16()
    };
    for status in [422, 422, 429] {
        assert_eq!(try_in(ADA).await, status);
    }
    assert_eq!(full.get(&format!("{user}?environment=test")).await.data()["locked_until"], app.after(30));
    let unlocked = full.act(&format!("{user}/unlock?environment=test")).await.data();
    assert_eq!((&unlocked["locked_until"], &unlocked["failed_sign_ins"]), (&Value::Null, &json!(0)));
    for number in 0..20 {
        try_in(&format!("nobody{number}@example.com")).await;
    }
    let lockouts = format!("{path}/lockouts?environment=test");
    let listed = full.get(&lockouts).await.ok();
    assert_eq!(listed["data"][0]["address"], "203.0.113.7", "{listed}");
    assert_eq!(full.get(&format!("{path}/lockouts")).await.ok()["data"], json!([]), "not of live");
    let one = format!("{path}/lockouts/{}", text(&listed["data"][0]["id"]));
    full.delete(&one).await.refused(404, "lockout_not_found");
    full.delete(&format!("{one}?environment=test")).await.with(204);
    assert_eq!(full.get(&lockouts).await.ok()["data"], json!([]));
}

async fn members_manage_them_and_viewers_read_them(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let id = register(&full, &pooled, "live", ADA).await;
    let (users, one) = (format!("/applications/{}/users", pooled.id), path_of(&pooled, &id));
    let directory = format!("/applications/{}/directory", pooled.id);
    for (role, manages) in
        [("owner", true), ("admin", true), ("member", true), ("operator", false), ("viewer", false)]
    {
        let somebody = app.runs(role, &app.tenant().to_string()).await;
        assert_eq!(somebody.get(&users).await.ok()["data"][0]["id"], json!(id), "{role}");
        let changed = somebody.patch(&one, json!({ "name": role })).await;
        let set = somebody.patch(&directory, json!({ "min_password_length": 9 })).await;
        if manages {
            assert_eq!(changed.data()["name"], role);
        } else {
            changed.refused(403, "forbidden");
        }
        if matches!(role, "owner" | "admin") {
            set.ok();
        } else {
            set.refused(403, "forbidden");
        }
    }
}

async fn what_another_tenant_has_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let theirs = app.neighbour().await.application;
    for id in [theirs.as_str(), "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        for path in ["users", "users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "directory", "lockouts"] {
            full.get(&format!("/applications/{id}/{path}")).await.refused(404, "app_not_found");
        }
        let users = format!("/applications/{id}/users");
        full.post(&users, json!({ "email": ADA })).await.refused(404, "app_not_found");
    }
}
