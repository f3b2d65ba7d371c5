//! What a client was allowed to name, and has become somebody else's API.

use appkeep_domain::Owner;
use appkeep_service::{ApplicationFields, Edit};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Answer, Below, PASSWORD, RelyingParty, TestApp};

on_each_database![
    what_has_become_anothers_api_is_named_no_more,
    what_was_granted_for_anothers_api_is_left_out,
];

const BILLS: &str = "urn:bills";

/// Registers an API by that name, of a partner.
async fn registered(app: &TestApp, owner: Owner) {
    let fields = ApplicationFields {
        name: Some("Bills".to_owned()),
        audience: Edit::Set(BILLS.to_owned()),
        ..ApplicationFields::default()
    };
    app.application_of(owner, "m2m", fields).await;
}

async fn asks(app: &TestApp, tenant: &Below, made: &Value, resource: &str) -> Answer {
    let text = |member: &str| made[member].as_str().expect("text");
    let client = app.client(text("client_id"), text("client_secret")).at(&tenant.path);
    client.form("/oauth2/token", &format!("grant_type=client_credentials{resource}")).await
}

async fn what_has_become_anothers_api_is_named_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let (acme, bolt) = (app.tenant_of(Some(north), "acme").await, app.tenant_of(None, "bolt").await);
    let body = json!({ "allowed_resources": [BILLS] });
    let shop = app.full_at(&acme).await.create("m2m", body.clone()).await;
    let other = app.full_at(&bolt).await.create("m2m", body).await;
    let named = format!("&resource={BILLS}");
    asks(&app, &acme, &shop, &named).await.ok();
    asks(&app, &bolt, &other, &named).await.ok();
    registered(&app, Owner::Partner(north)).await;
    asks(&app, &acme, &shop, &named).await.refused_by_oauth(400, "invalid_target");
    asks(&app, &acme, &shop, "").await.ok();
    asks(&app, &bolt, &other, &named).await.ok();
    let transfer = json!({ "partner_id": north.to_string() });
    app.owner().await.post(&format!("/tenants/{}/transfer", bolt.id), transfer).await.ok();
    asks(&app, &bolt, &other, &named).await.refused_by_oauth(400, "invalid_target");
}

async fn what_was_granted_for_anothers_api_is_left_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let acme = app.tenant_of(Some(north), "acme").await;
    let full = app.full_at(&acme).await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({ "allowed_resources": [BILLS] })).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[("resource", BILLS)])).await;
    let back = browser.type_password(&page, "ada@example.com", PASSWORD).await;
    let tokens = shop.trade(&back.sent("code").expect("a code")).await.ok();
    let audience = |answer: &Value| crate::harness::claims(answer["access_token"].as_str().expect("text"));
    assert_eq!(audience(&tokens)["aud"], BILLS);
    registered(&app, Owner::Partner(north)).await;
    let renewed = shop.refresh(tokens["refresh_token"].as_str().expect("text")).await.ok();
    assert_ne!(audience(&renewed)["aud"], BILLS);
    let page = browser.get(&shop.authorize_path(&[("resource", BILLS)])).await;
    assert_eq!(page.sent("error").as_deref(), Some("invalid_target"));
}
