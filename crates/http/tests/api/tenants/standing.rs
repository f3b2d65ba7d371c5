//! `/api/v1/tenants/{tenant_id}/suspend`, `resume`, `archive` and `restore`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{PASSWORD, RelyingParty, TestApp, within_a_second};

on_each_database![
    a_turn_can_be_repeated_and_taken_back,
    those_who_run_a_suspended_tenant_look_on,
    what_becomes_of_a_partner_becomes_of_its_tenants,
    an_archived_tenant_is_there_for_the_platform_alone,
    a_suspended_tenant_gets_nothing_new_at_its_address_on_any_node,
    nobody_signs_in_to_a_suspended_tenant,
];

async fn a_turn_can_be_repeated_and_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let path = format!("/tenants/{}", owner.tenant("acme", None).await);
    for (verb, version, status, archived) in [
        ("resume", "\"1\"", "active", false),
        ("suspend", "\"2\"", "suspended", false),
        ("suspend", "\"2\"", "suspended", false),
        ("archive", "\"3\"", "suspended", true),
        ("archive", "\"3\"", "suspended", true),
        ("restore", "\"4\"", "suspended", false),
        ("resume", "\"5\"", "active", false),
    ] {
        let answer = owner.act(&format!("{path}/{verb}")).await;
        assert_eq!(answer.header("etag"), version, "{verb}");
        let tenant = answer.data();
        assert_eq!(
            (&tenant["status"], tenant["archived_at"].is_string()),
            (&json!(status), archived),
            "{verb}"
        );
        assert_eq!(owner.get(&path).await.data(), tenant);
    }
}

async fn those_who_run_a_suspended_tenant_look_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let other = app.another_node(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let path = format!("/tenants/{acme}");
    app.runs("owner", &acme).await;
    let admin = other.signed_in(&format!("owner-{acme}@example.com").to_lowercase()).await;
    let id = admin.get("/operators").await.ok()["data"][0]["id"].as_str().expect("an id").to_owned();
    let give = format!("/api/v1/operators/{id}/roles/{acme}/viewer");
    let gives = async || admin.send(admin.request(http::Method::PUT, &give), "").await.status.as_u16();
    assert_eq!(gives().await, 200);
    owner.act(&format!("{path}/suspend")).await.ok();
    within_a_second("they give no role any more", async || gives().await == 403).await;
    admin.get(&path).await.ok();
    owner.act(&format!("{path}/resume")).await.ok();
    within_a_second("and do again", async || gives().await == 200).await;
}

async fn what_becomes_of_a_partner_becomes_of_its_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let acme = owner.tenant("acme", Some(&partner)).await;
    let admin = app.runs("admin", &acme).await;
    let invites = async || {
        let new = json!({ "email": "new@example.com", "role": "viewer", "at": acme });
        admin.post("/operators", new).await.status.as_u16()
    };
    assert_eq!(invites().await, 201);
    owner.act(&format!("/partners/{partner}/suspend")).await.ok();
    within_a_second("nobody is invited", async || invites().await == 403).await;
    admin.get(&format!("/tenants/{acme}")).await.ok();
    assert_eq!(owner.get(&format!("/tenants/{acme}")).await.data()["status"], "active", "its own");
    owner.act(&format!("/partners/{partner}/archive")).await.ok();
    within_a_second("nothing is seen", async || admin.get(&format!("/tenants/{acme}")).await.status == 403)
        .await;
    owner.act(&format!("/partners/{partner}/restore")).await.ok();
    owner.act(&format!("/partners/{partner}/resume")).await.ok();
    within_a_second("all is as it was", async || invites().await == 201).await;
}

async fn an_archived_tenant_is_there_for_the_platform_alone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let acme = owner.tenant("acme", Some(&partner)).await;
    let path = format!("/tenants/{acme}");
    let above = app.runs("admin", &partner).await;
    owner.act(&format!("{path}/archive")).await.ok();
    for list in ["/tenants", "/tenants?archived=true"] {
        assert_eq!(above.slugs(list).await, [""; 0], "{list}");
    }
    above.get(&path).await.refused(404, "tenant_not_found");
    assert_eq!(owner.slugs("/tenants?archived=true").await, ["acme"]);
    assert_eq!(owner.slugs("/tenants").await, ["default"]);
    let viewer = app.runs("viewer", "platform").await;
    assert_eq!(viewer.slugs("/tenants?archived=true").await, ["acme"]);
    owner.act(&format!("{path}/restore")).await.ok();
    assert_eq!(above.slugs("/tenants").await, ["acme"]);
}

async fn a_suspended_tenant_gets_nothing_new_at_its_address_on_any_node(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let owner = one.owner().await;
    let acme = one.tenant_of(None, "acme").await;
    let (id, secret) = acme.management();
    let path = format!("/tenants/{}", acme.id);
    let ask = async || {
        let client = other.client(id, secret).at(&acme.path);
        client.form("/oauth2/token", "grant_type=client_credentials").await
    };
    let token = ask().await.ok()["access_token"].as_str().expect("a token").to_owned();
    let program = other.bearing(&token).at(&acme.path);
    let makes = async |name: &str| program.post("/groups", json!({ "name": name })).await.status.as_u16();
    assert_eq!(makes("Before").await, 201);
    owner.act(&format!("{path}/suspend")).await.ok();
    within_a_second("no token", async || ask().await.body["error"] == "unauthorized_client").await;
    ask().await.refused_by_oauth(400, "unauthorized_client");
    assert_eq!(makes("During").await, 403);
    // What is out lives on, and looks on.
    program.get("/groups").await.ok();
    owner.act(&format!("{path}/resume")).await.ok();
    within_a_second("a token again", async || ask().await.status == 200).await;
    assert_eq!(makes("After").await, 201);
    owner.act(&format!("{path}/archive")).await.ok();
    within_a_second("nothing is there", async || ask().await.status == 404).await;
    program.get("/groups").await.refused(401, "invalid_token");
}

async fn nobody_signs_in_to_a_suspended_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = app.tenant_of(None, "acme").await;
    let full = app.full_at(&acme).await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    owner.act(&format!("/tenants/{}/suspend", acme.id)).await.ok();
    let refused = app.browser().get(&shop.authorize_path(&[])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("unauthorized_client"));
    // Nor whoever has the page already.
    let answer = browser.type_password(&page, "ada@example.com", PASSWORD).await;
    assert_eq!(answer.sent("error").as_deref(), Some("unauthorized_client"));
    assert_eq!(browser.cookie("appkeep_session"), None);
}
