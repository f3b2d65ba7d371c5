//! `/tenants/`: listed, made, read, changed, handed over, put away.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{admins, delete, get, id_of, listed, patch, post};
use crate::harness::{Answer, FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    every_admin_lists_the_tenants_that_they_govern,
    tenants_are_numbered_and_searched,
    a_tenant_is_read_back_here_and_under_api_v1,
    every_admin_reads_the_tenants_that_they_govern_and_the_platform_writes,
    a_tenant_is_renamed_suspended_and_handed_over_at_once,
    all_of_a_patch_is_done_or_nothing,
    a_deleted_tenant_is_gone_here_and_archived_there,
    what_cannot_be_a_tenant_is_named,
];

async fn every_admin_lists_the_tenants_that_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    patch(&platform, &format!("/tenants/{SISTER}"), json!({ "status": "SUSPENDED" })).await.data();
    let own = app.tenant();
    for (user, query, expected) in [
        (&platform, String::new(), vec![FREE, STRANGER, SISTER, own]),
        (&platform, format!("partner_id={PARTNER}"), vec![SISTER, own]),
        (&platform, format!("partner_id={RIVAL}"), vec![STRANGER]),
        (&platform, "status=SUSPENDED".to_owned(), vec![SISTER]),
        (&platform, "status=ACTIVE&search=E".to_owned(), vec![FREE, STRANGER, own]),
        (&platform, "search=STRANG".to_owned(), vec![STRANGER]),
        (&partner, String::new(), vec![SISTER, own]),
        (&partner, "search=e".to_owned(), vec![SISTER, own]),
        (&partner, "status=SUSPENDED".to_owned(), vec![SISTER]),
        (&partner, format!("partner_id={RIVAL}"), vec![]),
        (&partner, "search=stranger".to_owned(), vec![]),
        (&tenant, String::new(), vec![own]),
        (&tenant, format!("partner_id={PARTNER}"), vec![own]),
        (&tenant, format!("partner_id={RIVAL}"), vec![]),
        (&tenant, "search=sister".to_owned(), vec![]),
        (&tenant, "status=SUSPENDED".to_owned(), vec![]),
        (&app.with("admin:read").await, String::new(), vec![own]),
    ] {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(listed(user, "/tenants/", &query).await, expected, "{query}");
    }
    assert_eq!(listed(&platform, "/tenants/", "partner_id=x").await, [] as [String; 0]);
    for query in ["status=suspended", "page=0", "per_page=101", "page=10002&per_page=100"] {
        let refused = get(&platform, &format!("/tenants/?{query}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"][0], "query", "{query}");
    }
}

async fn tenants_are_numbered_and_searched(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    for (page, query, slugs, total) in [
        (1, "", vec!["free", "stranger"], 4),
        (2, "", vec!["sister", "default"], 4),
        (3, "", vec![], 4),
        (1, "&search=r", vec!["free", "stranger"], 3),
        (2, "&search=r", vec!["sister"], 3),
    ] {
        let listed = get(&platform, &format!("/tenants?page={page}&per_page=2{query}")).await.ok();
        let shown: Vec<&Value> =
            listed["data"].as_array().expect("a list").iter().map(|one| &one["slug"]).collect();
        assert_eq!(shown, slugs, "{page} {query}");
        let numbers = json!({ "page": page, "per_page": 2, "total": total, "total_pages": 2 });
        assert_eq!((&listed["pagination"], &listed["meta"]), (&numbers, &json!({})));
    }
}

async fn a_tenant_is_read_back_here_and_under_api_v1(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let body = json!({
        "name": "Acme",
        "slug": "acme",
        "partner_id": RIVAL.to_string(),
        "contact_email": "it@acme.example",
        "plan": "gold",
    });
    let made = post(&platform, "/tenants", body).await.created();
    let id = id_of(&made);
    for (member, value) in [
        ("name", json!("Acme")),
        ("slug", json!("acme")),
        ("status", json!("ACTIVE")),
        ("partner_id", json!(RIVAL.to_string())),
        ("contact_email", json!("it@acme.example")),
        ("branding", json!({ "logo_url": null, "colour": null })),
        ("plan", Value::Null),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for path in [format!("/tenants/{id}"), format!("/tenants/{id}/")] {
        assert_eq!(get(&platform, &path).await.data(), made);
    }
    assert_eq!(platform.get(&format!("/tenants/{id}")).await.data()["slug"], "acme");
    let nobody = app.nobody();
    let keys = nobody.request(Method::GET, "/scaikey/api/v1/auth/tenants/acme/.well-known/jwks.json");
    assert!(!nobody.send(keys, "").await.ok()["keys"].as_array().expect("a list").is_empty());
}

async fn every_admin_reads_the_tenants_that_they_govern_and_the_platform_writes(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    for (user, seen, hidden) in [
        (&platform, vec![app.tenant(), SISTER, STRANGER, FREE], vec![]),
        (&partner, vec![app.tenant(), SISTER], vec![STRANGER, FREE]),
        (&tenant, vec![app.tenant()], vec![SISTER, STRANGER, FREE]),
    ] {
        for id in seen {
            assert_eq!(get(user, &format!("/tenants/{id}")).await.data()["id"], json!(id.to_string()));
        }
        for id in hidden {
            let refused = get(user, &format!("/tenants/{id}")).await.with(404);
            assert_eq!(refused, json!({ "detail": "there is no such tenant" }));
        }
    }
    let before = get(&platform, &format!("/tenants/{SISTER}")).await.data();
    for user in [&partner, &tenant, &app.with("admin:write").await] {
        for answer in writes(user, &SISTER.to_string()).await {
            assert!(answer.with(403)["detail"].is_string());
        }
    }
    assert_eq!(get(&platform, &format!("/tenants/{SISTER}")).await.data(), before);
    assert_eq!(listed(&platform, "/tenants/", "").await.len(), 4);
}

async fn writes(user: &User<'_>, id: &str) -> [Answer; 3] {
    let path = format!("/tenants/{id}");
    [
        post(user, "/tenants/", json!({ "name": "New" })).await,
        patch(user, &path, json!({ "name": "Mine" })).await,
        delete(user, &path).await,
    ]
}

async fn a_tenant_is_renamed_suspended_and_handed_over_at_once(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, _] = admins(&app).await;
    let path = format!("/tenants/{FREE}");
    get(&partner, &path).await.with(404);
    let body = json!({ "name": "Freed", "slug": "free", "status": "SUSPENDED", "partner_id": PARTNER.to_string(),
                       "contact_email": "it@free.example" });
    let changed = patch(&platform, &path, body).await.data();
    for (member, value) in [
        ("name", json!("Freed")),
        ("status", json!("SUSPENDED")),
        ("partner_id", json!(PARTNER.to_string())),
        ("contact_email", json!("it@free.example")),
    ] {
        assert_eq!(changed[member], value, "{member}");
    }
    assert_eq!(get(&platform, &path).await.data(), changed);
    assert_eq!(get(&partner, &path).await.data(), changed);
    let history = platform.get(&format!("/audit?tenant_id={FREE}")).await.ok();
    let actions: Vec<&Value> =
        history["data"].as_array().expect("a list").iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["tenant.suspended", "tenant.transferred", "tenant.updated"]);
    let changed = patch(&platform, &path, json!({ "status": "ACTIVE", "partner_id": null })).await.data();
    assert_eq!((&changed["status"], &changed["partner_id"]), (&json!("ACTIVE"), &Value::Null));
    get(&partner, &path).await.with(404);
}

async fn all_of_a_patch_is_done_or_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let path = format!("/tenants/{FREE}");
    let before = get(&platform, &path).await.data();
    let capped = post(&platform, "/partners/", json!({ "name": "Full", "max_tenants": 0 })).await.created();
    for (body, status) in [
        (json!({ "name": "No", "partner_id": id_of(&capped) }), 409),
        (json!({ "name": "No", "partner_id": "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD" }), 422),
        (json!({ "name": "No", "slug": "other" }), 422),
        (json!({ "name": "No", "status": "GONE" }), 422),
    ] {
        patch(&platform, &path, body).await.with(status);
        assert_eq!(get(&platform, &path).await.data(), before);
    }
}

async fn a_deleted_tenant_is_gone_here_and_archived_there(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    let body = json!({ "email": "ada@example.com", "tenant_id": FREE.to_string() });
    let user = id_of(&post(&platform, "/users/", body.clone()).await.created());
    let path = format!("/tenants/{FREE}");
    let answer = delete(&platform, &path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    for answer in [
        get(&platform, &path).await,
        patch(&platform, &path, json!({ "name": "Back" })).await,
        delete(&platform, &path).await,
    ] {
        assert_eq!(answer.with(404), json!({ "detail": "there is no such tenant" }));
    }
    assert!(!listed(&platform, "/tenants/", "").await.contains(&FREE.to_string()));
    get(&platform, &format!("/users/{user}")).await.with(404);
    assert_eq!(listed(&platform, "/users/", "").await, [] as [&str; 0]);
    assert_eq!(
        post(&platform, "/users/", body).await.with(422)["detail"][0]["loc"],
        json!(["body", "tenant_id"])
    );
    assert!(platform.get(&format!("/tenants/{FREE}")).await.data()["archived_at"].is_string());
    let own = delete(&platform, &format!("/tenants/{}", app.tenant())).await.with(400);
    assert!(own["detail"].as_str().is_some_and(|detail| detail.contains("default tenant")), "{own}");
}

async fn what_cannot_be_a_tenant_is_named(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, ..] = admins(&app).await;
    for (body, status, place) in [
        (json!({}), 422, "name"),
        (json!({ "name": "" }), 422, "name"),
        (json!({ "name": "A", "contact_email": "a" }), 422, "contact_email"),
        (json!({ "name": "A", "partner_id": "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD" }), 422, "partner_id"),
    ] {
        let refused = post(&platform, "/tenants/", body).await.with(status);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", place]), "{refused}");
    }
    let taken = post(&platform, "/tenants/", json!({ "name": "A", "slug": "free" })).await.with(409);
    assert_eq!(taken, json!({ "detail": "slug: another tenant has it" }));
}
