//! `/tenants/{tenant_id}/…`: which of a tenant's people may use what.

use appkeep_domain::{Level, Owner, TenantId};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{admins, id_of, post};
use crate::harness::{Answer, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    groups_and_users_are_assigned_and_it_is_taken_back,
    assignees_are_told_with_their_groups,
    the_second_path_to_effective_users_is_of_one_tenant,
    an_application_asks_about_itself_without_a_scope,
    what_is_for_others_people_is_not_there,
    who_may_not_assign_is_told_so,
];

async fn send(user: &User<'_>, method: Method, path: &str, body: Value) -> Answer {
    let path = format!("/scaikey/api/v1/tenants{path}");
    if body.is_null() {
        user.send(user.request(method, &path), "").await
    } else {
        user.json(method, &path, body).await
    }
}

async fn get(user: &User<'_>, path: &str) -> Answer {
    send(user, Method::GET, path, Value::Null).await
}

async fn remove(user: &User<'_>, path: &str) -> Answer {
    send(user, Method::DELETE, path, Value::Null).await
}

async fn assign(user: &User<'_>, path: &str, application: &str) -> Answer {
    send(user, Method::POST, path, json!({ "application_id": application })).await
}

/// The ids of a group and of a user in it.
async fn crew(user: &User<'_>, tenant: TenantId) -> (String, String) {
    let tenant = tenant.to_string();
    let body = json!({ "name": "Crew", "tenant_id": tenant });
    let group = id_of(&post(user, "/groups/", body).await.created());
    let body = json!({ "email": "ada@example.com", "tenant_id": tenant });
    let ada = id_of(&post(user, "/users/", body).await.created());
    post(user, &format!("/groups/{group}/members/"), json!({ "user_id": ada })).await.created();
    (group, ada)
}

async fn groups_and_users_are_assigned_and_it_is_taken_back(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let global = app.owned_application((Owner::Global, None), "Global").await.id;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, of, bringer) in [
        (&platform, STRANGER, Some(RIVAL)),
        (&partner, SISTER, Some(PARTNER)),
        (&tenant, app.tenant(), Some(PARTNER)),
    ] {
        let own = app.owned_application((Owner::Tenant(of), bringer), "Own").await.id;
        let (group, ada) = crew(user, of).await;
        for (kind, member, subject) in [("groups", "group_id", &group), ("users", "user_id", &ada)] {
            let path = format!("/{of}/{kind}/{subject}/applications");
            assert_eq!(get(user, &path).await.data(), json!([]));
            let made = assign(user, &path, &global).await.created();
            let shown = json!({ "id": global, "name": "Global", "application_type": "SERVICE",
                                "scope": "GLOBAL" });
            let expected = json!({ "application_id": global, "application": shown, member: subject,
                                   "tenant_id": of.to_string(), "assigned_at": app.now() });
            assert_eq!(made, expected);
            assign(user, &path, &global).await.created();
            assign(user, &path, &own).await.created();
            let listed = get(user, &format!("{path}/")).await.data();
            let ids: Vec<&Value> =
                listed.as_array().expect("a list").iter().map(|one| &one["application_id"]).collect();
            assert_eq!(ids, [&json!(own), &json!(global)]);
            assert_eq!(listed[1], expected);
            let gone = format!("{path}/{global}");
            let answer = remove(user, &gone).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
            let detail = json!({ "detail": "it is not assigned to the application" });
            assert_eq!(remove(user, &gone).await.with(404), detail);
            assert_eq!(get(user, &path).await.data().as_array().expect("a list").len(), 1);
        }
    }
}

async fn assignees_are_told_with_their_groups(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let application = app.owned_application((Owner::Partner(PARTNER), None), "Ours").await.id;
    let [_, partner, tenant] = admins(&app).await;
    for (user, of) in [(&partner, SISTER), (&tenant, app.tenant())] {
        let path = format!("/{of}/applications/{application}/assignees");
        let nobody = json!({ "application_id": application, "tenant_id": of.to_string(), "users": [],
                             "groups": [], "has_more": false });
        assert_eq!(get(user, &path).await.data(), nobody);
        let (group, ada) = crew(user, of).await;
        assign(user, &format!("/{of}/groups/{group}/applications"), &application).await.created();
        assign(user, &format!("/{of}/users/{ada}/applications/"), &application).await.created();
        let shown = get(user, &format!("{path}/")).await.data();
        let crew =
            json!([{ "id": group, "name": "Crew", "group_type": "SECURITY", "assigned_at": app.now() }]);
        assert_eq!(shown["groups"], crew);
        assert_eq!(shown["users"].as_array().map(Vec::len), Some(1));
        let person = &shown["users"][0];
        assert_eq!((&person["id"], &person["tenant_id"]), (&json!(ada), &json!(of.to_string())));
        assert_eq!(
            (&person["email"], &person["assigned_at"]),
            (&json!("ada@example.com"), &json!(app.now()))
        );
    }
}

async fn the_second_path_to_effective_users_is_of_one_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let global = app.owned_application((Owner::Global, None), "Global").await.id;
    let [platform, partner, tenant] = admins(&app).await;
    let mut made = Vec::new();
    for of in [app.tenant(), SISTER, STRANGER] {
        let (group, ada) = crew(&platform, of).await;
        assign(&platform, &format!("/{of}/groups/{group}/applications"), &global).await.created();
        made.push((of, ada, group));
    }
    for (of, ada, group) in &made {
        let path = format!("/{of}/applications/{global}/effective-users");
        for (user, sees) in [(&platform, true), (&partner, *of != STRANGER), (&tenant, *of == app.tenant())] {
            if !sees {
                assert_eq!(get(user, &path).await.with(404), json!({ "detail": "there is no such tenant" }));
                continue;
            }
            let listed = get(user, &format!("{path}?page=1&per_page=1")).await.ok();
            let numbers = json!({ "page": 1, "per_page": 1, "total": 1, "total_pages": 1 });
            assert_eq!(listed["pagination"], numbers);
            let shown = &listed["data"][0];
            assert_eq!((&shown["id"], &shown["tenant_id"]), (&json!(ada), &json!(of.to_string())));
            let access = json!({ "direct": false, "via_groups": [{ "id": group, "name": "Crew" }] });
            assert_eq!(shown["access"], access);
            assert_eq!(get(user, &format!("{path}/?page=2&per_page=1")).await.ok()["data"], json!([]));
        }
    }
}

async fn an_application_asks_about_itself_without_a_scope(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, secret) = app.owned_machine(Owner::Global).await;
    let person = app.assigned_in(STRANGER, &id, "ada@example.com").await;
    let token = app.token(&id, &secret, "&scope=applications:read").await.ok();
    let itself = app.bearing(token["access_token"].as_str().expect("a token"));
    let path = format!("/{STRANGER}/applications/{id}/effective-users");
    assert_eq!(get(&itself, &path).await.ok()["data"][0]["id"], json!(person));
    let other = app.owned_application((Owner::Global, None), "Other").await.id;
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    let others = format!("/{STRANGER}/applications/{other}/effective-users");
    assert_eq!(get(&itself, &others).await.with(403), lacks);
    let machine = app.machine_at(Level::Partner(PARTNER)).await;
    get(&machine, &path).await.with(404);
}

async fn what_is_for_others_people_is_not_there(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let theirs = app.owned_application((Owner::Tenant(SISTER), Some(PARTNER)), "Theirs").await.id;
    let rivals = app.owned_application((Owner::Partner(RIVAL), None), "Rivals").await.id;
    let [platform, partner, tenant] = admins(&app).await;
    let own = app.tenant();
    let (group, ada) = crew(&platform, own).await;
    let absent = json!({ "detail": "there is no such application" });
    for user in [&platform, &partner, &tenant] {
        for subject in [format!("groups/{group}"), format!("users/{ada}")] {
            let path = format!("/{own}/{subject}/applications");
            assert_eq!(assign(user, &path, &theirs).await.with(404), absent);
            assert_eq!(remove(user, &format!("{path}/{theirs}")).await.with(404), absent);
            assert_eq!(assign(user, &path, "nothing").await.with(404), absent);
            assert_eq!(get(user, &path).await.data(), json!([]));
        }
        let path = format!("/{own}/applications/{theirs}/assignees");
        assert_eq!(get(user, &path).await.with(404), absent);
        let (nobody, nothing) = ("usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD");
        get(user, &format!("/{own}/users/{nobody}/applications")).await.with(404);
        get(user, &format!("/{own}/groups/{nothing}/applications")).await.with(404);
        get(user, &format!("/{own}/groups/{ada}/applications")).await.with(404);
    }
    let refused = assign(&platform, &format!("/{own}/users/{ada}/applications"), &rivals).await.with(400);
    assert!(refused["detail"].is_string());
    let hidden = format!("/{SISTER}/users/{ada}/applications");
    let no_tenant = json!({ "detail": "there is no such tenant" });
    assert_eq!(get(&tenant, &hidden).await.with(404), no_tenant);
    assert_eq!(assign(&tenant, &hidden, &theirs).await.with(404), no_tenant);
}

async fn who_may_not_assign_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let global = app.owned_application((Owner::Global, None), "Global").await.id;
    let writer = app.with("admin:write").await;
    let own = app.tenant();
    let (group, _) = crew(&writer, own).await;
    let path = format!("/{own}/groups/{group}/applications");
    assign(&writer, &path, &global).await.created();
    for user in [&app.with("users:read").await, &app.viewer_of_the_tenant().await] {
        assert_eq!(get(user, &path).await.data().as_array().map(Vec::len), Some(1));
        assign(user, &path, &global).await.with(403);
        remove(user, &format!("{path}/{global}")).await.with(403);
    }
    let none = app.with("applications:read").await;
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    assert_eq!(get(&none, &path).await.with(403), lacks);
    get(&app.nobody(), &path).await.with(401);
    let refused = send(&writer, Method::POST, &path, json!({})).await.with(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "application_id"]));
}
