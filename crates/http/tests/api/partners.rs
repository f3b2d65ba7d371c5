//! `/api/v1/partners`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_partner_is_made_read_changed_and_listed,
    what_cannot_be_is_refused,
    a_lost_update_is_refused,
    a_partner_is_seen_by_itself_and_its_tenants,
    only_the_platform_makes_and_changes_partners,
    an_archived_partner_is_there_for_the_platform_alone,
];

async fn a_partner_is_made_read_changed_and_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let new = json!({ "name": "Reseller", "contact_email": "ops@reseller.example", "max_tenants": 2 });
    let answer = owner.post("/partners", new).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let (id, slug) = (created["id"].as_str().expect("an id"), created["slug"].as_str().expect("text"));
    assert!(id.starts_with("prt_") && slug.starts_with("reseller-"), "{created}");
    assert_eq!(location, format!("/api/v1/partners/{id}"));
    let path = format!("/partners/{id}");
    let mut expected = json!({
        "id": id,
        "slug": slug,
        "name": "Reseller",
        "contact_email": "ops@reseller.example",
        "status": "active",
        "max_tenants": 2,
        "max_users_per_tenant": null,
        "max_applications_per_tenant": null,
        "archived_at": null,
        "created_at": app.now(),
        "updated_at": app.now(),
    });
    assert_eq!((created.clone(), owner.get(&path).await.data()), (expected.clone(), expected.clone()));
    app.clock.advance_micros(5_000_000);
    let change =
        json!({ "name": "Other", "contact_email": null, "max_tenants": null, "max_users_per_tenant": 0 });
    let answer = owner.patch(&path, change).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    for (member, value) in [
        ("name", json!("Other")),
        ("contact_email", Value::Null),
        ("max_tenants", Value::Null),
        ("max_users_per_tenant", json!(0)),
        ("updated_at", app.now().into()),
    ] {
        expected[member] = value;
    }
    assert_eq!((answer.data(), owner.get(&path).await.data()), (expected.clone(), expected.clone()));
    assert_eq!(owner.patch(&path, json!({ "name": "Other" })).await.header("etag"), "\"2\"");
    for slug in ["one", "two", "three"] {
        owner.partner(slug, json!({})).await;
    }
    let all: Vec<Value> = owner.each("/partners", 3).await.iter().map(|one| one["slug"].clone()).collect();
    assert_eq!(all, [json!("three"), json!("two"), json!("one"), json!(slug)]);
    assert_eq!(owner.slugs("/partners?q=THRE").await, ["three"]);
    assert_eq!(owner.slugs("/partners?status=suspended").await, [""; 0]);
    owner.act(&format!("{path}/suspend")).await.ok();
    assert_eq!(owner.slugs("/partners?status=suspended").await, [slug]);
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let id = owner.partner("reseller", json!({})).await;
    let before = database.dump().await;
    let wrong = json!({
        "name": " ", "slug": "A", "contact_email": "nobody", "max_tenants": -1,
        "max_users_per_tenant": 4_294_967_296_i64, "max_applications_per_tenant": -7,
    });
    let fields = [
        "contact_email",
        "max_applications_per_tenant",
        "max_tenants",
        "max_users_per_tenant",
        "name",
        "slug",
    ];
    owner.post("/partners", wrong).await.refused_for(422, "invalid_field", &fields);
    let taken = json!({ "name": "Reseller", "slug": "reseller" });
    owner.post("/partners", taken).await.refused_for(409, "slug_taken", &["slug"]);
    for body in [json!({}), json!({ "name": null }), json!({ "name": "a", "max_tenants": "many" })] {
        owner.post("/partners", body).await.refused(400, "invalid_request");
    }
    let slug = json!({ "slug": "renamed" });
    owner.patch(&format!("/partners/{id}"), slug).await.refused_for(400, "invalid_request", &["slug"]);
    owner.get("/partners?status=away").await.refused_for(400, "invalid_request", &["status"]);
    assert_eq!(database.dump().await, before);
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let path = format!("/partners/{}", owner.partner("reseller", json!({})).await);
    owner.patch_if(&path, "\"1\"", json!({ "name": "First" })).await.ok();
    owner.patch_if(&path, "\"1\"", json!({ "name": "Second" })).await.refused(412, "precondition_failed");
    assert_eq!(owner.get(&path).await.data()["name"], "First");
}

async fn a_partner_is_seen_by_itself_and_its_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (ours, theirs) =
        (owner.partner("ours", json!({ "max_tenants": 5 })).await, owner.partner("theirs", json!({})).await);
    let tenant = owner.tenant("acme", Some(&ours)).await;
    for (at, max_tenants) in [(&ours, json!(5)), (&tenant, Value::Null)] {
        let viewer = app.runs("viewer", at).await;
        let seen = viewer.get(&format!("/partners/{ours}")).await.data();
        assert_eq!((&seen["slug"], &seen["max_tenants"]), (&json!("ours"), &max_tenants), "{at}");
        assert_eq!(seen["created_at"].is_null(), max_tenants.is_null());
        viewer.get(&format!("/partners/{theirs}")).await.refused(404, "partner_not_found");
        assert_eq!(viewer.slugs("/partners").await, ["ours"], "{at}");
        assert_eq!(viewer.slugs("/partners?q=their").await, [""; 0], "{at}");
    }
    // The default tenant has none.
    assert_eq!(app.full().await.slugs("/partners").await, [""; 0]);
}

async fn only_the_platform_makes_and_changes_partners(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let id = owner.partner("reseller", json!({})).await;
    let tenant = owner.tenant("acme", Some(&id)).await;
    let path = format!("/partners/{id}");
    for (role, at) in [("viewer", "platform"), ("owner", &id), ("admin", &tenant)] {
        let somebody = app.runs(role, at).await;
        somebody.post("/partners", json!({ "name": "Another" })).await.refused(403, "forbidden");
        somebody.patch(&path, json!({ "name": "Renamed" })).await.refused(403, "forbidden");
        for verb in ["suspend", "resume", "archive", "restore"] {
            somebody.act(&format!("{path}/{verb}")).await.refused(403, "forbidden");
        }
    }
    let full = app.full().await;
    full.post("/partners", json!({ "name": "Another" })).await.refused(403, "forbidden");
    full.patch(&path, json!({})).await.refused(403, "forbidden");
    app.runs("admin", "platform").await.patch(&path, json!({ "name": "Renamed" })).await.ok();
}

async fn an_archived_partner_is_there_for_the_platform_alone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let id = owner.partner("reseller", json!({})).await;
    let tenant = owner.tenant("acme", Some(&id)).await;
    let (partner, path) = (app.runs("owner", &id).await, format!("/partners/{id}"));
    partner.get(&path).await.ok();
    let archived = owner.act(&format!("{path}/archive")).await.data();
    assert_eq!(archived["archived_at"], app.now());
    assert_eq!(owner.act(&format!("{path}/archive")).await.header("etag"), "\"2\"");
    assert_eq!(owner.slugs("/partners").await, [""; 0]);
    assert_eq!(owner.slugs("/partners?archived=true").await, ["reseller"]);
    owner.get(&path).await.ok();
    // Nobody there does anything any more, and nothing new is put into it.
    partner.get(&path).await.refused(403, "forbidden");
    let body = json!({ "name": "a", "partner_id": id });
    owner.post("/tenants", body).await.refused_for(422, "invalid_field", &["partner_id"]);
    let body = json!({ "email": "late@example.com", "role": "viewer", "at": id });
    owner.post("/operators", body).await.refused_for(422, "invalid_field", &["at"]);
    owner.act(&format!("{path}/restore")).await.ok();
    partner.get(&path).await.ok();
    partner.get(&format!("/tenants/{tenant}")).await.ok();
}
