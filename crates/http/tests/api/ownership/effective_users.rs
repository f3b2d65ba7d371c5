//! Who may use an application, over the tenants that it is for.

use appkeep_domain::{Level, Owner, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp};

on_each_database![
    a_global_application_has_users_of_all_tenants,
    a_partners_application_has_users_of_its_tenants,
    a_tenant_assigns_its_own_people_to_what_is_above,
    an_application_asks_about_itself_without_a_scope,
    whoever_runs_several_places_is_told_of_all_of_them,
];

/// Addresses and tenants, in the order of addresses.
fn told(listed: &[Value]) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> =
        listed.iter().map(|one| (text(&one["user"]["email"]), text(&one["tenant"]["slug"]))).collect();
    told.sort();
    told
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expected(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people.iter().map(|(email, tenant)| ((*email).to_owned(), (*tenant).to_owned())).collect()
}

async fn a_global_application_has_users_of_all_tenants(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Global, None), "Everywhere").await.id;
    for (tenant, email) in [(app.tenant(), "a@x"), (SISTER, "b@x"), (STRANGER, "c@x"), (FREE, "d@x")] {
        app.assigned_in(tenant, &id, email).await;
    }
    let path = format!("/applications/{id}/effective-users");
    let platform = app.operator_with(RoleGrant { role: Role::Viewer, at: Level::Platform }).await;
    let everybody = expected(&[("a@x", "default"), ("b@x", "sister"), ("c@x", "stranger"), ("d@x", "free")]);
    for limit in [1, 3, 50] {
        let (mut listed, mut query) = (Vec::new(), format!("limit={limit}"));
        loop {
            let page = platform.get(&format!("{path}?{query}")).await.ok();
            listed.extend(page["data"].as_array().expect("a list").clone());
            let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
            query = format!("limit={limit}&cursor={cursor}");
        }
        assert_eq!(told(&listed), everybody, "{limit} a page");
    }
    let one = platform.get(&format!("{path}?tenant_id={SISTER}")).await.ok();
    let sister = json!({ "id": SISTER.to_string(), "name": "sister", "slug": "sister" });
    assert_eq!((one["data"].as_array().map(Vec::len), &one["data"][0]["tenant"]), (Some(1), &sister));
    let none = platform.get(&format!("{path}?tenant_id=tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")).await.ok();
    assert_eq!(none["data"], json!([]));
    platform.get(&format!("{path}?tenant_id=x")).await.refused_for(400, "invalid_request", &["tenant_id"]);
}

async fn a_partners_application_has_users_of_its_tenants(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Partner(PARTNER), None), "Of the partner").await.id;
    for (tenant, email) in [(app.tenant(), "a@x"), (SISTER, "b@x")] {
        app.assigned_in(tenant, &id, email).await;
    }
    let path = format!("/applications/{id}/effective-users");
    for at in [Level::Partner(PARTNER), Level::Platform] {
        let user = app.operator_with(RoleGrant { role: Role::Viewer, at }).await;
        let listed = user.get(&path).await.ok();
        let listed = listed["data"].as_array().expect("a list");
        assert_eq!(told(listed), expected(&[("a@x", "default"), ("b@x", "sister")]), "{at:?}");
        let narrowed = user.get(&format!("{path}?tenant_id={SISTER}")).await.ok();
        assert_eq!(told(narrowed["data"].as_array().expect("a list")), expected(&[("b@x", "sister")]));
        let elsewhere = user.get(&format!("{path}?tenant_id={STRANGER}")).await.ok();
        assert_eq!(elsewhere["data"], json!([]));
    }
}

async fn a_tenant_assigns_its_own_people_to_what_is_above(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    for above in [(Owner::Global, None), (Owner::Partner(PARTNER), None)] {
        let id = app.owned_application(above, "Above").await.id;
        let sisters = app.assigned_in(SISTER, &id, &format!("{}@sister", &id[20..])).await;
        let email = format!("{}@default", id[20..].to_lowercase());
        let ours = full.user(&email).await;
        let path = format!("/applications/{id}");
        full.put(&format!("{path}/assignments/{ours}")).await.with(204);
        full.put(&format!("{path}/assignments/{sisters}")).await.refused(404, "user_not_found");
        full.delete(&format!("{path}/assignments/{sisters}")).await.refused(404, "assignment_not_found");
        let (action, _, after) = full.last_entry().await;
        assert_eq!((action.as_str(), after), ("application.assigned", json!({ "user_id": ours })));
        for list in ["assignments", "effective-users"] {
            let listed = full.get(&format!("{path}/{list}")).await.ok();
            assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{above:?} {list}: {listed}");
        }
        let listed = full.get(&format!("{path}/effective-users?tenant_id={SISTER}")).await.ok();
        assert_eq!(listed["data"], json!([]));
        full.delete(&format!("{path}/assignments/{ours}")).await.with(204);
        assert_eq!(full.get(&format!("{path}/effective-users")).await.ok()["data"], json!([]));
    }
    // The people who are spoken of are the default tenant's, whom the platform
    // may speak for, and a rival's application is not for them.
    let rivals = app.owned_application(app.owners()[2], "Of the rival").await.id;
    let platform = app.operator_with(RoleGrant { role: Role::Owner, at: Level::Platform }).await;
    let ours = full.user("somebody@default").await;
    let refused = platform.put(&format!("/applications/{rivals}/assignments/{ours}")).await;
    refused.refused(400, "not_applicable");
    full.put(&format!("/applications/{rivals}/assignments/{ours}")).await.refused(404, "app_not_found");
}

async fn an_application_asks_about_itself_without_a_scope(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let created = full.create("m2m", json!({})).await;
    let (id, secret) = (text(&created["id"]), text(&created["client_secret"]));
    let user = full.user("ada@example.com").await;
    full.put(&format!("/applications/{id}/assignments/{user}")).await.with(204);
    let answer = app.token(&id, &secret, "").await.ok();
    let itself = app.bearing(answer["access_token"].as_str().expect("a token"));
    for spelling in [id.clone(), id.to_lowercase()] {
        let listed = itself.get(&format!("/applications/{spelling}/effective-users")).await.ok();
        assert_eq!(
            told(listed["data"].as_array().expect("a list")),
            expected(&[("ada@example.com", "default")])
        );
    }
    itself.get(&format!("/applications/{id}")).await.refused(403, "insufficient_scope");
    let other = app.owned_application((Owner::Global, None), "Other").await.id;
    let theirs = app.owned_application((Owner::Tenant(STRANGER), None), "Theirs").await.id;
    for other in [other.as_str(), &theirs, "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        let refused = itself.get(&format!("/applications/{other}/effective-users")).await;
        refused.refused(403, "insufficient_scope");
    }
}

async fn whoever_runs_several_places_is_told_of_all_of_them(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Global, None), "Everywhere").await.id;
    for (tenant, email) in [
        (app.tenant(), "a@x"),
        (SISTER, "b@x"),
        (SISTER, "c@x"),
        (STRANGER, "d@x"),
        (STRANGER, "e@x"),
        (FREE, "f@x"),
    ] {
        app.assigned_in(tenant, &id, email).await;
    }
    let sister = SISTER.to_string();
    let user = app.runs("viewer", &sister).await;
    let email = format!("viewer-{sister}@example.com").to_lowercase();
    for at in [RIVAL.to_string(), STRANGER.to_string()] {
        let body = json!({ "email": email, "role": "viewer", "at": at });
        app.owner().await.post("/operators", body).await.created();
    }
    let path = format!("/applications/{id}/effective-users");
    let theirs = expected(&[("b@x", "sister"), ("c@x", "sister"), ("d@x", "stranger"), ("e@x", "stranger")]);
    for limit in [1, 2, 3, 50] {
        let (mut listed, mut query) = (Vec::new(), format!("limit={limit}"));
        loop {
            let page = user.get(&format!("{path}?{query}")).await.ok();
            listed.extend(page["data"].as_array().expect("a list").clone());
            let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
            query = format!("limit={limit}&cursor={cursor}");
        }
        assert_eq!(listed.len(), theirs.len(), "each once, {limit} a page");
        assert_eq!(told(&listed), theirs, "{limit} a page");
    }
    for (tenant, seen) in [(SISTER, 2), (STRANGER, 2), (FREE, 0), (app.tenant(), 0)] {
        let listed = user.get(&format!("{path}?tenant_id={tenant}")).await.ok();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(seen), "{tenant}");
    }
}
