//! How many tenants a partner has.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_partner_has_no_more_tenants_than_its_cap,
    of_those_who_come_at_once_to_the_last_place_one_gets_it,
    a_transfer_and_a_creation_do_not_both_get_the_last_place,
    a_tenant_has_no_more_applications_than_its_cap,
    a_tenant_has_no_more_users_than_its_cap,
];

async fn a_partner_has_no_more_tenants_than_its_cap(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_tenants": 1 })).await;
    let first = owner.tenant("first", Some(&partner)).await;
    let free = owner.tenant("free", None).await;
    let create = json!({ "name": "second", "partner_id": partner });
    let transfer = json!({ "partner_id": partner });
    let transfer_path = format!("/tenants/{free}/transfer");
    let full = ("max_tenants", "cap_reached");
    let refused = |answer: crate::harness::Answer| answer.refused_for(409, full.1, &[full.0]);
    refused(owner.post("/tenants", create.clone()).await);
    refused(owner.post(&transfer_path, transfer.clone()).await);
    // Those that are archived do not count, until they come back.
    owner.act(&format!("/tenants/{first}/archive")).await.ok();
    owner.post(&transfer_path, transfer).await.ok();
    refused(owner.act(&format!("/tenants/{first}/restore")).await);
    owner.patch(&format!("/partners/{partner}"), json!({ "max_tenants": null })).await.ok();
    owner.act(&format!("/tenants/{first}/restore")).await.ok();
    owner.post("/tenants", create).await.created();
    // A cap below what there is puts nothing out.
    owner.patch(&format!("/partners/{partner}"), json!({ "max_tenants": 0 })).await.ok();
    assert_eq!(owner.slugs(&format!("/tenants?partner_id={partner}")).await.len(), 3);
}

async fn of_those_who_come_at_once_to_the_last_place_one_gets_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_tenants": 1 })).await;
    let create = async |slug: &str| {
        owner.post("/tenants", json!({ "name": slug, "slug": slug, "partner_id": partner })).await
    };
    let (one, two, three) = tokio::join!(create("one"), create("two"), create("three"));
    assert_eq!(outcomes(&[one.body, two.body, three.body]), (1, 2));
    assert_eq!(owner.slugs(&format!("/tenants?partner_id={partner}")).await.len(), 1);
}

async fn a_transfer_and_a_creation_do_not_both_get_the_last_place(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_tenants": 1 })).await;
    let free = owner.tenant("free", None).await;
    let path = format!("/tenants/{free}/transfer");
    let transfer = owner.post(&path, json!({ "partner_id": partner }));
    let create = owner.post("/tenants", json!({ "name": "new", "partner_id": partner }));
    let (transferred, created) = tokio::join!(transfer, create);
    assert_eq!(outcomes(&[transferred.body, created.body]), (1, 1));
    assert_eq!(owner.slugs(&format!("/tenants?partner_id={partner}")).await.len(), 1);
}

async fn a_tenant_has_no_more_applications_than_its_cap(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_applications_per_tenant": 1 })).await;
    let tenant = owner.tenant("first", Some(&partner)).await;
    let create = json!({ "name": "Shop", "type": "spa", "ownership": "tenant", "tenant_id": tenant });
    let made = owner.post("/applications", create.clone()).await.created();
    let full = ("max_applications_per_tenant", "cap_reached");
    let refused = |answer: crate::harness::Answer| answer.refused_for(409, full.1, &[full.0]);
    refused(owner.post("/applications", create.clone()).await);
    // What is archived makes room, and comes back when there is some.
    let path = format!("/applications/{}", made["id"].as_str().expect("an id"));
    owner.act(&format!("{path}/archive")).await.ok();
    let create = async || owner.post("/applications", create.clone()).await;
    let (one, two, three) = tokio::join!(create(), create(), create());
    assert_eq!(outcomes(&[one.body, two.body, three.body]), (1, 2));
    refused(owner.act(&format!("{path}/restore")).await);
    assert!(!owner.get(&path).await.data()["archived_at"].is_null());
    owner.patch(&format!("/partners/{partner}"), json!({ "max_applications_per_tenant": 2 })).await.ok();
    owner.act(&format!("{path}/restore")).await.ok();
    // Again is no more than once.
    owner.act(&format!("{path}/restore")).await.ok();
}

async fn a_tenant_has_no_more_users_than_its_cap(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_users_per_tenant": 1 })).await;
    owner.tenant("first", Some(&partner)).await;
    let there = owner.clone().at("/t/first");
    let create =
        async |name: &str| there.post("/users", json!({ "email": format!("{name}@example.com") })).await;
    let (one, two) = tokio::join!(create("ada"), create("bob"));
    assert_eq!(outcomes(&[one.body, two.body]), (1, 1));
    create("eve").await.refused_for(409, "cap_reached", &["max_users_per_tenant"]);
    assert_eq!(there.get("/users").await.ok()["data"].as_array().expect("a list").len(), 1);
}

/// How many came through, and how many met the cap.
fn outcomes(answers: &[Value]) -> (usize, usize) {
    let passed = answers.iter().filter(|body| body["data"].is_object()).count();
    (passed, answers.iter().filter(|body| body["error"] == "cap_reached").count())
}
