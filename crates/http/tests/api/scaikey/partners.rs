//! `/partners/`: listed, made, read, changed, put away.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{admins, delete, get, id_of, listed, patch, post};
use crate::harness::{PARTNER, RIVAL, TestApp};

on_each_database![
    every_admin_lists_the_partners_that_they_see,
    a_partner_is_made_read_and_changed_with_its_caps,
    a_cap_is_told_when_it_is_reached,
    a_deleted_partner_is_gone_here_and_archived_there,
    only_the_platform_writes,
];

async fn every_admin_lists_the_partners_that_they_see(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    patch(&platform, &format!("/partners/{RIVAL}"), json!({ "status": "SUSPENDED" })).await.data();
    for (user, query, expected) in [
        (&platform, "", vec![RIVAL, PARTNER]),
        (&platform, "status=SUSPENDED", vec![RIVAL]),
        (&platform, "status=ACTIVE", vec![PARTNER]),
        (&platform, "search=RIV", vec![RIVAL]),
        (&platform, "search=nobody", vec![]),
        (&partner, "", vec![PARTNER]),
        (&partner, "search=rival", vec![]),
        (&partner, "status=SUSPENDED", vec![]),
        (&tenant, "", vec![PARTNER]),
        (&app.with("admin:read").await, "", vec![PARTNER]),
    ] {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(listed(user, "/partners/", query).await, expected, "{query}");
    }
    let second = get(&platform, "/partners?page=2&per_page=1").await.ok();
    let numbers = json!({ "page": 2, "per_page": 1, "total": 2, "total_pages": 2 });
    assert_eq!((&second["pagination"], &second["data"][0]["slug"]), (&numbers, &json!("partner")));
    for query in ["status=active", "page=0", "per_page=x"] {
        let refused = get(&platform, &format!("/partners/?{query}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"][0], "query", "{query}");
    }
}

async fn a_partner_is_made_read_and_changed_with_its_caps(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let body = json!({ "name": "Reseller", "slug": "reseller", "contact_email": "it@reseller.example",
                       "max_tenants": 3, "max_users_per_tenant": 20, "max_applications_per_tenant": 5, "x": 1 });
    let made = post(&platform, "/partners", body.clone()).await.created();
    for (member, sent) in body.as_object().expect("an object").iter().filter(|(member, _)| *member != "x") {
        assert_eq!(&made[member], sent, "{member}");
    }
    assert_eq!(made["status"], "ACTIVE");
    let path = format!("/partners/{}", id_of(&made));
    assert_eq!(get(&platform, &format!("{path}/")).await.data(), made);
    let body = json!({ "name": "Renamed", "slug": "reseller", "max_tenants": null, "max_users_per_tenant": 7,
                       "status": "SUSPENDED" });
    let changed = patch(&platform, &path, body).await.data();
    for (member, value) in [
        ("name", json!("Renamed")),
        ("status", json!("SUSPENDED")),
        ("max_tenants", Value::Null),
        ("max_users_per_tenant", json!(7)),
        ("max_applications_per_tenant", json!(5)),
    ] {
        assert_eq!(changed[member], value, "{member}");
    }
    assert_eq!(get(&platform, &path).await.data(), changed);
    assert_eq!(patch(&platform, &path, json!({ "status": "ACTIVE" })).await.data()["status"], "ACTIVE");
    for (body, place) in [
        (json!({ "max_tenants": -1 }), "max_tenants"),
        (json!({ "max_users_per_tenant": "many" }), "max_users_per_tenant"),
        (json!({ "slug": "other" }), "slug"),
        (json!({ "status": "GONE" }), "status"),
        (json!({ "name": "" }), "name"),
    ] {
        let refused = patch(&platform, &path, body).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", place]), "{refused}");
    }
    let missing = post(&platform, "/partners/", json!({})).await.with(422);
    let expected = json!([{ "loc": ["body", "name"], "msg": "is required", "type": "missing" }]);
    assert_eq!(missing["detail"], expected);
}

async fn a_cap_is_told_when_it_is_reached(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let body = json!({ "name": "Small", "max_tenants": 1, "max_users_per_tenant": 1 });
    let partner = id_of(&post(&platform, "/partners/", body).await.created());
    let tenant = |name: &str| json!({ "name": name, "partner_id": partner });
    let first = id_of(&post(&platform, "/tenants/", tenant("One")).await.created());
    let refused = post(&platform, "/tenants/", tenant("Two")).await.with(409);
    assert_eq!(refused, json!({ "detail": "max_tenants: the partner's cap of 1 is reached" }));
    let user = |email: &str| json!({ "email": email, "tenant_id": first });
    post(&platform, "/users/", user("ada@example.com")).await.created();
    let refused = post(&platform, "/users/", user("grace@example.com")).await.with(409);
    assert_eq!(refused, json!({ "detail": "max_users_per_tenant: the partner's cap of 1 is reached" }));
}

async fn a_deleted_partner_is_gone_here_and_archived_there(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let path = format!("/partners/{RIVAL}");
    let answer = delete(&platform, &path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    for answer in [
        get(&platform, &path).await,
        patch(&platform, &path, json!({ "name": "Back" })).await,
        delete(&platform, &path).await,
    ] {
        assert_eq!(answer.with(404), json!({ "detail": "there is no such partner" }));
    }
    assert_eq!(listed(&platform, "/partners/", "").await, [PARTNER.to_string()]);
    assert!(platform.get(&format!("/partners/{RIVAL}")).await.data()["archived_at"].is_string());
}

async fn only_the_platform_writes(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    let path = format!("/partners/{PARTNER}");
    let whole = get(&platform, &path).await.data();
    assert_eq!(get(&partner, &path).await.data(), whole);
    // Its tenants see which one it is.
    let shown = get(&tenant, &path).await.data();
    assert_eq!(shown, json!({ "id": PARTNER.to_string(), "name": "partner", "slug": "partner" }));
    for user in [&partner, &tenant, &app.with("admin:write").await] {
        get(user, &format!("/partners/{RIVAL}")).await.with(404);
        for answer in [
            post(user, "/partners/", json!({ "name": "New" })).await,
            patch(user, &path, json!({ "max_tenants": null })).await,
            delete(user, &path).await,
        ] {
            assert!(answer.with(403)["detail"].is_string());
        }
    }
    assert_eq!(get(&platform, &path).await.data(), whole);
    get(&app.nobody(), &path).await.with(401);
    get(&app.with("users:read").await, &path).await.with(403);
}
