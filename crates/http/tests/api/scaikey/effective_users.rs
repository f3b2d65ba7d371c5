//! `GET /applications/{application_id}/effective-users`.

use appkeep_domain::{Owner, PartnerId, TenantId};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{admins, get, id_of, patch, post, secret_of, super_admin};
use crate::harness::{Answer, FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    for_global_apps_users_from_all_tenants_are_returned,
    for_partner_apps_users_from_all_tenants_in_the_partner_are_returned,
    for_tenant_apps_users_from_that_tenant_only_are_returned,
    users_assigned_directly_or_via_group_membership_are_returned_once,
    applications_query_their_own_effective_users_with_their_platform_token_and_no_scope,
    a_tenants_and_a_partners_application_query_their_own_with_a_token_of_the_tenants_path,
    users_of_a_tenant_that_left_the_partner_are_none_of_its_applications,
    a_user_and_their_tenant_are_told_whole,
    whoever_cannot_sign_in_yet_is_told_of_with_their_status,
    admins_are_told_of_the_people_that_they_govern,
    page_and_per_page_number_the_list,
    a_page_that_cannot_be_is_named,
    tenant_id_filters_by_a_specific_tenant,
];

/// An application, somebody of each of these tenants who may use it, and their
/// addresses.
async fn world(
    app: &TestApp,
    owner: (Owner, Option<PartnerId>),
    tenants: &[TenantId],
) -> (String, Vec<String>) {
    let id = app.owned_application(owner, "Sync").await.id;
    let mut emails = Vec::new();
    for (number, tenant) in tenants.iter().enumerate() {
        let email = format!("user-{number}@example.com");
        app.assigned_in(*tenant, &id, &email).await;
        emails.push(email);
    }
    (id, emails)
}

async fn listed(user: &User<'_>, id: &str, query: &str) -> Value {
    get(user, &format!("/applications/{id}/effective-users?{query}")).await.ok()
}

/// The same, where a path may begin beside `/admin`.
async fn beside(user: &User<'_>, path: &str) -> Answer {
    match path.strip_prefix("..") {
        Some(path) => user.send(user.request(Method::GET, &format!("/scaikey/api/v1{path}")), "").await,
        None => get(user, path).await,
    }
}

/// The addresses of a list, sorted: tenants come in the order of their directories.
fn emails(listed: &Value) -> Vec<String> {
    let data = listed["data"].as_array().expect("a list");
    let mut emails: Vec<String> =
        data.iter().map(|one| one["email"].as_str().expect("an address").to_owned()).collect();
    emails.sort();
    emails
}

async fn for_global_apps_users_from_all_tenants_are_returned(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [app.tenant(), SISTER, STRANGER, FREE];
    let (id, expected) = world(&app, (Owner::Global, None), &everywhere).await;
    let found = listed(&super_admin(&app).await, &id, "").await;
    assert_eq!(emails(&found), expected);
    let told: Vec<&Value> = found["data"].as_array().expect("a list").iter().collect();
    for one in told {
        let tenant = &one["tenant"];
        assert_eq!(one["tenant_id"], tenant["id"], "{one}");
        assert!(tenant["name"].is_string() && tenant["slug"].is_string(), "{one}");
        let expected = [
            ("status", json!("ACTIVE")),
            ("access", json!({ "direct": true, "via_groups": [] })),
            ("first_name", Value::Null),
        ];
        for (member, value) in expected {
            assert_eq!(one[member], value, "{one}");
        }
    }
}

async fn for_partner_apps_users_from_all_tenants_in_the_partner_are_returned(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, expected) = world(&app, (Owner::Partner(PARTNER), None), &[app.tenant(), SISTER]).await;
    let [platform, partner, _] = admins(&app).await;
    for user in [platform, partner] {
        assert_eq!(emails(&listed(&user, &id, "").await), expected);
    }
}

async fn for_tenant_apps_users_from_that_tenant_only_are_returned(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = (Owner::Tenant(app.tenant()), Some(PARTNER));
    let (id, expected) = world(&app, owner, &[app.tenant()]).await;
    for user in admins(&app).await {
        assert_eq!(emails(&listed(&user, &id, "").await), expected);
    }
}

async fn users_assigned_directly_or_via_group_membership_are_returned_once(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let created = full.create("m2m", json!({})).await;
    let id = created["id"].as_str().expect("an id");
    let (ada, bea) = (full.user("ada@example.com").await, full.user("bea@example.com").await);
    let (outer, inner) = (full.group("Everybody").await, full.group("Some").await);
    full.put(&format!("/groups/{outer}/subgroups/{inner}")).await.with(204);
    for user in [&ada, &bea] {
        full.put(&format!("/groups/{inner}/members/{user}")).await.with(204);
    }
    full.put(&format!("/applications/{id}/assignments/{outer}")).await.with(204);
    full.put(&format!("/applications/{id}/assignments/{ada}")).await.with(204);
    let reader = app.with("admin:read").await;
    let found = listed(&reader, id, "").await;
    assert_eq!(
        (emails(&found), &found["pagination"]["total"]),
        (vec!["ada@example.com".to_owned(), "bea@example.com".to_owned()], &json!(2))
    );
    let via = json!([{ "id": outer, "name": "Everybody" }]);
    let reasons: Vec<&Value> =
        found["data"].as_array().expect("a list").iter().map(|one| &one["access"]).collect();
    assert_eq!(
        reasons,
        [&json!({ "direct": true, "via_groups": via }), &json!({ "direct": false, "via_groups": via }),]
    );
    // What is remembered is dropped by the change.
    full.delete(&format!("/groups/{inner}/members/{bea}")).await.with(204);
    assert_eq!(emails(&listed(&reader, id, "").await), ["ada@example.com"]);
    full.delete(&format!("/applications/{id}/assignments/{ada}")).await.with(204);
    full.delete(&format!("/groups/{outer}/subgroups/{inner}")).await.with(204);
    assert_eq!(listed(&reader, id, "").await["data"], json!([]));
}

async fn applications_query_their_own_effective_users_with_their_platform_token_and_no_scope(
    database: TestDatabase,
) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [app.tenant(), STRANGER];
    let (id, expected) = world(&app, (Owner::Global, None), &everywhere).await;
    let other = app.owned_application((Owner::Global, None), "Another").await.id;
    let answer = app.token(&id, &secret_of(&app, &id).await, "").await.ok();
    let itself = app.bearing(answer["access_token"].as_str().expect("a token"));
    assert_eq!(emails(&listed(&itself, &id, "").await), expected);
    let refused = get(&itself, &format!("/applications/{other}/effective-users")).await.with(403);
    assert_eq!(refused["detail"], "Platform token requires admin:read or admin:write scope");
}

async fn a_tenants_and_a_partners_application_query_their_own_with_a_token_of_the_tenants_path(
    database: TestDatabase,
) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [SISTER, app.tenant()];
    for (owner, tenants) in [
        ((Owner::Partner(PARTNER), None), &everywhere[..]),
        ((Owner::Tenant(SISTER), Some(PARTNER)), &everywhere[..1]),
    ] {
        let id = app.owned_application(owner, "Sync").await.id;
        for tenant in tenants {
            app.assigned_in(*tenant, &id, &format!("{id}@example.com").to_lowercase()).await;
        }
        let path = "/scaikey/api/v1/auth/tenants/sister/oauth/token";
        let secret = secret_of(&app, &id).await;
        let answer = app.client(&id, &secret).form(path, "grant_type=client_credentials").await.ok();
        let itself = app.bearing(answer["access_token"].as_str().expect("a token"));
        let found = listed(&itself, &id, "").await;
        assert_eq!(found["pagination"]["total"], tenants.len(), "{found}");
    }
}

async fn users_of_a_tenant_that_left_the_partner_are_none_of_its_applications(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, all) = world(&app, (Owner::Partner(PARTNER), None), &[app.tenant(), SISTER]).await;
    let [_, partner, tenant] = admins(&app).await;
    let owner = super_admin(&app).await;
    let seen = async |user: &User<'_>, expected: &[String]| {
        let found = listed(user, &id, "").await;
        assert_eq!(
            (emails(&found), &found["pagination"]["total"]),
            (expected.to_vec(), &json!(expected.len()))
        );
    };
    seen(&partner, &all).await;
    seen(&tenant, &all[..1]).await;
    let body = json!({ "partner_id": RIVAL.to_string() });
    patch(&owner, &format!("/tenants/{SISTER}"), body).await.ok();
    for user in [&owner, &partner, &tenant] {
        seen(user, &all[..1]).await;
    }
}

async fn a_user_and_their_tenant_are_told_whole(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, _) = world(&app, (Owner::Tenant(SISTER), Some(PARTNER)), &[SISTER]).await;
    let admin = super_admin(&app).await;
    let found = listed(&admin, &id, "").await;
    let user = found["data"][0]["id"].as_str().expect("an id");
    let body = json!({
        "first_name": "Ada", "last_name": "Lovelace", "display_name": "Countess", "status": "SUSPENDED",
    });
    patch(&admin, &format!("/users/{user}"), body.clone()).await.ok();
    let shown = listed(&admin, &id, "").await["data"][0].take();
    for (member, value) in body.as_object().expect("an object") {
        assert_eq!(shown[member], *value, "{member}");
    }
    let tenant = json!({ "id": SISTER.to_string(), "name": "sister", "slug": "sister" });
    assert_eq!((&shown["tenant"], &shown["tenant_id"]), (&tenant, &tenant["id"]));
}

/// Whether somebody may sign in is the status's to say, and not the list's.
async fn whoever_cannot_sign_in_yet_is_told_of_with_their_status(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, _) = world(&app, (Owner::Global, None), &[]).await;
    let admin = super_admin(&app).await;
    for status in ["ACTIVE", "PENDING", "SUSPENDED"] {
        let tenant = SISTER.to_string();
        let body = json!({ "email": format!("{status}@example.com"), "status": status, "tenant_id": tenant });
        let user = id_of(&post(&admin, "/users/", body).await.created());
        app.assign(SISTER, &id, &user).await;
        let found = listed(&admin, &id, "").await;
        let of_user = found["data"].as_array().expect("a list").iter().find(|one| one["id"] == json!(user));
        let expected = (json!(status), json!({ "direct": true, "via_groups": [] }));
        assert_eq!(of_user.map(|one| (one["status"].clone(), one["access"].clone())), Some(expected));
    }
    assert_eq!(listed(&admin, &id, "").await["pagination"]["total"], 3);
}

async fn admins_are_told_of_the_people_that_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [app.tenant(), SISTER, STRANGER];
    let (id, all) = world(&app, (Owner::Global, None), &everywhere).await;
    for (user, expected) in admins(&app).await.into_iter().zip([&all[..3], &all[..2], &all[..1]]) {
        let found = listed(&user, &id, "").await;
        assert_eq!(
            (emails(&found), &found["pagination"]["total"]),
            (expected.to_vec(), &json!(expected.len()))
        );
    }
}

async fn page_and_per_page_number_the_list(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [app.tenant(), app.tenant(), SISTER, STRANGER, FREE];
    let (id, _) = world(&app, (Owner::Global, None), &everywhere).await;
    let admin = super_admin(&app).await;
    let all = listed(&admin, &id, "").await;
    let mut numbered = Vec::new();
    for page in 1..=3 {
        let found = listed(&admin, &id, &format!("page={page}&per_page=2")).await;
        let expected = json!({ "page": page, "per_page": 2, "total": 5, "total_pages": 3 });
        assert_eq!(found["pagination"], expected);
        numbered.extend(found["data"].as_array().expect("a list").clone());
    }
    assert_eq!(json!(numbered), all["data"]);
    // The default tenant's people are the first two.
    let of = |tenant: TenantId| format!("tenant_id={tenant}&page=2&per_page=1");
    for (query, numbers, part) in [
        (String::new(), (1, 50, 5, 1), 0..5),
        ("per_page=100".to_owned(), (1, 100, 5, 1), 0..5),
        ("page=4&per_page=2".to_owned(), (4, 2, 5, 3), 5..5),
        ("page=4294967295&per_page=100".to_owned(), (4_294_967_295_u64, 100, 5, 1), 5..5),
        (of(app.tenant()), (2, 1, 2, 2), 1..2),
        (of(SISTER), (2, 1, 1, 1), 5..5),
    ] {
        let found = listed(&admin, &id, &query).await;
        let (page, per_page, total, pages) = numbers;
        let expected = json!({ "page": page, "per_page": per_page, "total": total, "total_pages": pages });
        assert_eq!((&found["pagination"], &found["meta"]), (&expected, &json!({})), "{query}");
        assert_eq!(found["data"], json!(numbered[part]), "{query}");
    }
}

async fn a_page_that_cannot_be_is_named(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (id, _) = world(&app, (Owner::Tenant(SISTER), Some(PARTNER)), &[SISTER]).await;
    let admin = super_admin(&app).await;
    let second = format!("../tenants/{SISTER}/applications/{id}/effective-users");
    for path in [format!("/applications/{id}/effective-users"), second] {
        for (query, name) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=4294967296", "page"),
            ("page=first", "page"),
            ("per_page=0", "per_page"),
            ("per_page=101", "per_page"),
            ("per_page=1.5", "per_page"),
        ] {
            let refused = beside(&admin, &format!("{path}?{query}")).await.with(422);
            assert_eq!(refused["detail"][0]["loc"], json!(["query", name]), "{path}?{query}: {refused}");
        }
    }
}

async fn tenant_id_filters_by_a_specific_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = [app.tenant(), SISTER, STRANGER];
    let (id, all) = world(&app, (Owner::Global, None), &everywhere).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, wanted, expected) in [
        (&platform, STRANGER.to_string(), &all[2..3]),
        (&partner, SISTER.to_string(), &all[1..2]),
        (&partner, STRANGER.to_string(), &[]),
        (&tenant, SISTER.to_string(), &[]),
        (&tenant, RIVAL.to_string(), &[]),
        (&platform, "nobody".to_owned(), &[]),
    ] {
        let found = listed(user, &id, &format!("tenant_id={wanted}")).await;
        assert_eq!(
            (emails(&found), &found["pagination"]["total"]),
            (expected.to_vec(), &json!(expected.len()))
        );
    }
}
