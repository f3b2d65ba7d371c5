//! `/api/v1/tenants/{tenant_id}/transfer`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{TestApp, within_a_second};

on_each_database![
    who_sees_a_tenant_follows_it_on_every_node,
    a_transfer_names_a_partner_that_is_there,
    the_default_tenant_stays,
];

async fn who_sees_a_tenant_follows_it_on_every_node(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let owner = one.owner().await;
    let (from, to) = (owner.partner("from", json!({})).await, owner.partner("to", json!({})).await);
    let acme = owner.tenant("acme", Some(&from)).await;
    let path = format!("/tenants/{acme}");
    one.runs("admin", &from).await;
    one.runs("admin", &to).await;
    one.runs("admin", &acme).await;
    let [giver, taker, own] = [&from, &to, &acme].map(|at| format!("admin-{at}@example.com").to_lowercase());
    let (giver, taker) = (other.signed_in(&giver).await, other.signed_in(&taker).await);
    let own = other.signed_in(&own).await;
    giver.get(&path).await.ok();
    taker.get(&path).await.refused(404, "tenant_not_found");
    own.get(&format!("/partners/{from}")).await.ok();
    let moved = owner.post(&format!("{path}/transfer"), json!({ "partner_id": to })).await.data();
    assert_eq!(moved["partner_id"], to);
    within_a_second("its new partner sees it", async || taker.get(&path).await.status == 200).await;
    within_a_second("the one before does not", async || giver.get(&path).await.status == 404).await;
    within_a_second("it sees its new partner", async || {
        own.get(&format!("/partners/{to}")).await.status == 200
    })
    .await;
    own.get(&format!("/partners/{from}")).await.refused(404, "partner_not_found");
    assert_eq!(own.slugs("/partners").await, ["to"]);
    let again = owner.post(&format!("{path}/transfer"), json!({ "partner_id": to })).await;
    assert_eq!(again.header("etag"), "\"2\"");
    let freed = owner.post(&format!("{path}/transfer"), json!({ "partner_id": null })).await.data();
    assert!(freed["partner_id"].is_null());
    within_a_second("nobody's partner sees it", async || taker.get(&path).await.status == 404).await;
}

async fn a_transfer_names_a_partner_that_is_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let path = format!("/tenants/{}/transfer", owner.tenant("acme", None).await);
    for partner in ["prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "", "reseller"] {
        let body = json!({ "partner_id": partner });
        owner.post(&path, body).await.refused_for(422, "invalid_field", &["partner_id"]);
    }
    for body in [json!({}), json!({ "partner_id": 1 })] {
        owner.post(&path, body).await.refused_for(400, "invalid_request", &["partner_id"]);
    }
}

async fn the_default_tenant_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let default = owner.get("/tenant").await.data()["id"].as_str().expect("an id").to_owned();
    let partner = owner.partner("reseller", json!({})).await;
    let path = format!("/tenants/{default}");
    for verb in ["suspend", "archive"] {
        owner.act(&format!("{path}/{verb}")).await.refused(400, "not_applicable");
    }
    let body = json!({ "partner_id": partner });
    owner.post(&format!("{path}/transfer"), body).await.refused(400, "not_applicable");
    owner.act(&format!("{path}/resume")).await.ok();
    assert_eq!(owner.patch(&path, json!({ "name": "Ours" })).await.data()["name"], "Ours");
}
