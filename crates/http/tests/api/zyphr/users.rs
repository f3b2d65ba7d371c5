//! `/applications/{application_id}/users`

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{delete, get, holding, made, refused, text};
use crate::harness::{TestApp, User};

on_each_database![
    end_users_are_listed_and_shown_in_the_environment_that_is_named,
    a_deleted_end_user_is_gone,
    the_users_of_one_application_are_nobody_in_another,
    the_list_is_whole_unless_a_part_is_asked_for,
];

/// Somebody new, made by our own API.
async fn user(admin: &User<'_>, application: &Value, mode: &str, email: &str) -> Value {
    let path = format!("/applications/{}/users?environment={mode}", text(&application["id"]));
    let body = json!({ "email": email, "name": "Ada", "metadata": { "plan": "gold" } });
    admin.post(&path, body).await.created()
}

fn path(application: &Value, rest: &str) -> String {
    format!("/applications/{}/users{rest}", text(&application["id"]))
}

async fn end_users_are_listed_and_shown_in_the_environment_that_is_named(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let live = user(&admin, &made, "live", "ada@example.com").await;
    let test = user(&admin, &made, "test", "ada@example.com").await;
    for (query, expected, other) in
        [("", &live, &test), ("?mode=live", &live, &test), ("?mode=test", &test, &live)]
    {
        let listed = get(&admin, &path(&made, query)).await.ok();
        assert_eq!(listed["meta"]["total"], 1);
        assert_eq!((&listed["data"][0]["id"], &listed["data"][1]), (&expected["id"], &Value::Null));
        let one = path(&made, &format!("/{}{query}", text(&expected["id"])));
        let shown = get(&admin, &one).await.ok()["data"].take();
        assert_eq!(shown, listed["data"][0]);
        let expected = json!({
            "id": expected["id"], "email": "ada@example.com", "name": "Ada", "email_verified": false,
            "status": expected["status"], "metadata": { "plan": "gold" }, "last_login_at": null,
            "created_at": app.now(), "updated_at": app.now(),
        });
        assert_eq!(shown, expected);
        let none = path(&made, &format!("/{}{query}", text(&other["id"])));
        refused(get(&admin, &none).await, 404, "user_not_found");
    }
    for mode in ["staging", "LIVE", ""] {
        let details =
            refused(get(&admin, &path(&made, &format!("?mode={mode}"))).await, 422, "validation_error");
        assert!(details["mode"].is_object(), "{details}");
    }
}

async fn a_deleted_end_user_is_gone(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Member).await;
    let owner = holding(&app, Role::Owner).await;
    let made = made(&owner, "Fine").await;
    let live = user(&owner, &made, "live", "ada@example.com").await;
    let one = path(&made, &format!("/{}", text(&live["id"])));
    refused(delete(&admin, &format!("{one}?mode=test")).await, 404, "user_not_found");
    delete(&admin, &one).await.with(204);
    refused(get(&admin, &one).await, 404, "user_not_found");
    refused(delete(&admin, &one).await, 404, "user_not_found");
    refused(get(&admin, &path(&made, "/usr_xyz")).await, 404, "user_not_found");
}

async fn the_users_of_one_application_are_nobody_in_another(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let [first, second] = [made(&admin, "First").await, made(&admin, "Second").await];
    let live = user(&admin, &first, "live", "ada@example.com").await;
    let elsewhere = path(&second, &format!("/{}", text(&live["id"])));
    refused(get(&admin, &elsewhere).await, 404, "user_not_found");
    refused(delete(&admin, &elsewhere).await, 404, "user_not_found");
    assert_eq!(get(&admin, &path(&second, "")).await.ok()["data"], json!([]));
    assert_eq!(get(&admin, &path(&first, "")).await.ok()["meta"]["total"], 1);
}

async fn the_list_is_whole_unless_a_part_is_asked_for(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let mut expected = Vec::new();
    for number in 0..252 {
        expected.push(user(&admin, &made, "live", &format!("user{number}@example.com")).await["id"].clone());
    }
    expected.reverse();
    let ids = |listed: &Value| -> Vec<Value> {
        listed["data"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect()
    };
    let all = get(&admin, &path(&made, "")).await.ok();
    assert_eq!((ids(&all), &all["meta"]["total"]), (expected.clone(), &json!(252)));
    let part = get(&admin, &path(&made, "?limit=3&offset=249")).await.ok();
    assert_eq!((ids(&part), &part["meta"]["total"]), (expected[249..].to_vec(), &json!(252)));
}
