//! What is decided about a tenant, every node obeys within a second.

use appkeep_domain::Owner;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::{TestApp, within_a_second};

on_each_database![a_transfer_ends_what_the_partners_client_had, an_archived_tenant_is_at_no_address,];

const GRANT: &str = "grant_type=client_credentials";

async fn a_transfer_ends_what_the_partners_client_had(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let (north, south) = (one.partner("north").await, one.partner("south").await);
    let acme = one.tenant_of(Some(north), "acme").await;
    let before = one.machine_of(Owner::Partner(north)).await;
    let after = one.machine_of(Owner::Partner(south)).await;
    let ask = async |app: &TestApp, (id, secret): &(String, String)| {
        app.client(id, secret).at("/t/acme").form("/oauth2/token", GRANT).await
    };
    let own = {
        let (id, secret) = acme.management();
        (id.to_owned(), secret.to_owned())
    };
    let owner = one.owner().await;
    let token = ask(&other, &before).await.ok()["access_token"].as_str().expect("a token").to_owned();
    let opens = async |app: &TestApp| {
        let user = app.bearing(&token).at("/t/acme");
        user.send(user.request(Method::GET, "/api/v1/tenant"), "").await.status == 200
    };
    assert!(opens(&other).await);
    ask(&other, &after).await.refused_by_oauth(401, "invalid_client");

    let path = format!("/tenants/{}/transfer", acme.id);
    owner.post(&path, json!({ "partner_id": south.to_string() })).await.ok();
    assert!(!opens(&one).await, "at once");
    ask(&one, &before).await.refused_by_oauth(401, "invalid_client");
    ask(&one, &after).await.ok();
    within_a_second("no tokens", async || ask(&other, &before).await.status == 401).await;
    within_a_second("no token counts", async || !opens(&other).await).await;
    within_a_second("the other's", async || ask(&other, &after).await.status == 200).await;
    // The tenant's own go on.
    let said = ask(&other, &own).await.ok();
    let said = crate::harness::claims(said["access_token"].as_str().expect("a token"));
    assert_eq!(said["partner_id"], south.to_string());
}

async fn an_archived_tenant_is_at_no_address(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let acme = one.tenant_of(None, "acme").await;
    let owner = one.owner().await;
    let discover = async |app: &TestApp| {
        let nobody = app.nobody();
        let path = "/t/acme/.well-known/openid-configuration";
        nobody.send(nobody.request(Method::GET, path), "").await.status.as_u16()
    };
    let (id, secret) = acme.management();
    let ask = async |app: &TestApp| app.client(id, secret).at("/t/acme").form("/oauth2/token", GRANT).await;
    let token = ask(&other).await.ok()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(discover(&other).await, 200);
    owner.act(&format!("/tenants/{}/archive", acme.id)).await.ok();
    assert_eq!(discover(&one).await, 404, "at once");
    within_a_second("not there", async || discover(&other).await == 404).await;
    ask(&other).await.refused(404, "not_found");
    for node in [&one, &other] {
        node.bearing(&token).get("/tenant").await.refused(401, "invalid_token");
    }
    owner.act(&format!("/tenants/{}/restore", acme.id)).await.ok();
    within_a_second("there again", async || discover(&other).await == 200).await;
    ask(&other).await.ok();
    assert_eq!(other.bearing(&token).get("/tenant").await.status, 200);
}
