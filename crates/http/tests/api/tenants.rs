//! `/api/v1/tenants`

mod caps;
mod standing;
mod transfer;

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_tenant_is_made_read_changed_and_listed,
    what_cannot_be_is_refused,
    a_slug_that_nobody_named_is_made_another,
    tenants_are_seen_by_those_above_and_by_themselves,
    what_is_not_seen_is_what_never_existed,
    only_the_platform_makes_and_changes_tenants,
];

async fn a_tenant_is_made_read_changed_and_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let new = json!({
        "name": "Acme", "slug": "acme", "partner_id": partner, "contact_email": "ops@acme.example",
    });
    let answer = owner.post("/tenants", new).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = created["id"].as_str().expect("an id");
    assert_eq!(location, format!("/api/v1/tenants/{id}"));
    let path = format!("/tenants/{id}");
    let mut expected = json!({
        "id": id,
        "slug": "acme",
        "name": "Acme",
        "partner_id": partner,
        "contact_email": "ops@acme.example",
        "status": "active",
        "archived_at": null,
        "secret_rotation_overlap_s": 259_200,
        "access_token_signing_alg": "ES256",
        "logo_url": null,
        "colour": null,
        "fingerprint_tokens": false,
        "deduplicate_tokens": false,
        "token_deduplication_behavior": "read_existing",
        "client_registration": "closed",
        "unused_registration_ttl_s": 86_400,
        "created_at": app.now(),
        "updated_at": app.now(),
    });
    assert_eq!((created.clone(), owner.get(&path).await.data()), (expected.clone(), expected.clone()));
    app.clock.advance_micros(5_000_000);
    let answer = owner.patch_if(&path, "\"1\"", json!({ "name": "Acme Ltd", "contact_email": null })).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    expected["name"] = "Acme Ltd".into();
    expected["contact_email"] = Value::Null;
    expected["updated_at"] = app.now().into();
    assert_eq!((answer.data(), owner.get(&path).await.data()), (expected.clone(), expected));
    owner.patch_if(&path, "\"1\"", json!({ "name": "Late" })).await.refused(412, "precondition_failed");
    owner.tenant("free", None).await;
    let all: Vec<Value> = owner.each("/tenants", 2).await.iter().map(|one| one["slug"].clone()).collect();
    assert_eq!(all, [json!("free"), json!("acme"), json!("default")]);
    for (query, found) in [
        (format!("partner_id={partner}"), vec!["acme"]),
        ("q=ACME+L".to_owned(), vec!["acme"]),
        ("status=suspended".to_owned(), vec![]),
        ("status=active&q=free".to_owned(), vec!["free"]),
    ] {
        assert_eq!(owner.slugs(&format!("/tenants?{query}")).await, found, "{query}");
    }
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let before = database.dump().await;
    let wrong = json!({ "name": "", "slug": "A B", "contact_email": "x", "partner_id": "prt_x" });
    let fields = ["contact_email", "name", "partner_id", "slug"];
    owner.post("/tenants", wrong).await.refused_for(422, "invalid_field", &fields);
    let nobodys = json!({ "name": "a", "partner_id": "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD" });
    owner.post("/tenants", nobodys).await.refused_for(422, "invalid_field", &["partner_id"]);
    let taken = json!({ "name": "Default", "slug": "default" });
    owner.post("/tenants", taken).await.refused_for(409, "slug_taken", &["slug"]);
    for body in [json!({}), json!({ "name": "a", "partner_id": null }), json!({ "name": "a", "id": "b" })] {
        owner.post("/tenants", body).await.refused(400, "invalid_request");
    }
    owner.get("/tenants?partner_id=reseller").await.refused_for(400, "invalid_request", &["partner_id"]);
    assert_eq!(database.dump().await, before);
}

async fn a_slug_that_nobody_named_is_made_another(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let first = owner.post("/tenants", json!({ "name": "Acme Ltd" })).await.created();
    assert_eq!(first["slug"], "acme-ltd");
    let second = owner.post("/tenants", json!({ "name": "Acme Ltd" })).await.created();
    assert!(second["slug"].as_str().expect("text").starts_with("acme-ltd-"), "{second}");
}

async fn tenants_are_seen_by_those_above_and_by_themselves(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (ours, theirs) = (owner.partner("ours", json!({})).await, owner.partner("theirs", json!({})).await);
    let acme = owner.tenant("acme", Some(&ours)).await;
    owner.tenant("sister", Some(&ours)).await;
    owner.tenant("strange", Some(&theirs)).await;
    for (at, seen) in [
        ("platform", vec!["strange", "sister", "acme", "default"]),
        (&ours, vec!["sister", "acme"]),
        (&theirs, vec!["strange"]),
        (&acme, vec!["acme"]),
    ] {
        let viewer = app.runs("viewer", at).await;
        assert_eq!(viewer.slugs("/tenants").await, seen, "{at}");
        let own: Vec<&str> = seen.iter().filter(|slug| ["sister", "acme"].contains(slug)).copied().collect();
        assert_eq!(viewer.slugs(&format!("/tenants?partner_id={ours}")).await, own, "{at}");
        let read = viewer.get(&format!("/tenants/{acme}")).await;
        assert_eq!(read.status == 200, seen.contains(&"acme"), "{at}");
    }
    assert_eq!(app.full().await.slugs("/tenants").await, ["default"]);
    // Somebody who runs two places sees both, each tenant once.
    let email = format!("viewer-{theirs}@example.com").to_lowercase();
    for at in [&acme, &ours] {
        owner.post("/operators", json!({ "email": email, "role": "viewer", "at": at })).await.created();
    }
    let both = app.signed_in(&email).await;
    assert_eq!(both.slugs("/tenants").await, ["strange", "sister", "acme"]);
    let paged: Vec<Value> = both.each("/tenants", 1).await.iter().map(|one| one["slug"].clone()).collect();
    assert_eq!(paged, [json!("strange"), json!("sister"), json!("acme")]);
}

async fn what_is_not_seen_is_what_never_existed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (ours, theirs) = (owner.partner("ours", json!({})).await, owner.partner("theirs", json!({})).await);
    let (acme, strange) =
        (owner.tenant("acme", Some(&ours)).await, owner.tenant("strange", Some(&theirs)).await);
    let (no_tenant, no_partner) = ("tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD");
    for at in [&ours, &acme] {
        let admin = app.runs("admin", at).await;
        admin.get("/tenants").await.ok();
        let cost = async |path: String| {
            let before = app.statements();
            let mut answer = admin.get(&path).await;
            answer.body["request_id"].take();
            (answer.status, answer.body, app.statements() - before)
        };
        for (seen, never) in [
            (format!("/tenants/{strange}"), format!("/tenants/{no_tenant}")),
            (format!("/partners/{theirs}"), format!("/partners/{no_partner}")),
            (format!("/tenants?partner_id={theirs}"), format!("/tenants?partner_id={no_partner}")),
        ] {
            // What the feed makes a node read again is read.
            tokio::time::sleep(std::time::Duration::from_millis(600)).await;
            admin.get("/tenants").await.ok();
            let (seen, never) = (cost(seen.clone()).await, cost(never).await);
            assert_eq!(seen, never, "{at}");
            assert!(seen.2 > 0, "was not even looked for");
        }
    }
}

async fn only_the_platform_makes_and_changes_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let acme = owner.tenant("acme", Some(&partner)).await;
    let path = format!("/tenants/{acme}");
    for (role, at) in [("viewer", "platform"), ("owner", &partner), ("owner", &acme)] {
        let somebody = app.runs(role, at).await;
        somebody.post("/tenants", json!({ "name": "a" })).await.refused(403, "forbidden");
        somebody.patch(&path, json!({ "name": "b" })).await.refused(403, "forbidden");
        let transfer = json!({ "partner_id": null });
        somebody.post(&format!("{path}/transfer"), transfer).await.refused(403, "forbidden");
        for verb in ["suspend", "resume", "archive", "restore"] {
            somebody.act(&format!("{path}/{verb}")).await.refused(403, "forbidden");
        }
    }
    app.runs("admin", "platform").await.patch(&path, json!({ "name": "b" })).await.ok();
}
