//! `/api/v1/tenants/{tenant_id}/transfer`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{REDIRECT_URI, RelyingParty, TestApp, User, within_a_second};

on_each_database![
    who_sees_a_tenant_follows_it_on_every_node,
    a_transfer_names_a_partner_that_is_there,
    the_default_tenant_stays,
    what_is_told_of_a_tenant_follows_it_on_every_node,
    what_its_people_have_with_its_partners_applications_ends,
    what_a_tenant_assigned_waits_for_it_to_come_back,
    one_api_is_one_owners_after_it_too,
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

const ADA: &str = "ada@example.com";

/// An application of the partner that people sign in to, and may be assigned.
async fn portal<'a>(owner: &User<'a>, partner: &str, name: &str) -> RelyingParty<'a> {
    let body = json!({
        "name": name, "ownership": "partner", "partner_id": partner, "redirect_uris": [REDIRECT_URI],
        "allowed_scopes": ["openid", "email", "offline_access"],
    });
    let created = owner.create("spa", body).await;
    RelyingParty::new(owner.app(), created["client_id"].as_str().expect("text").to_owned())
}

/// The names of the applications that are listed.
async fn names(user: &User<'_>, query: &str) -> Vec<String> {
    let listed = user.get(&format!("/applications?{query}")).await.ok();
    let name = |one: &Value| one["name"].as_str().expect("text").to_owned();
    listed["data"].as_array().expect("a list").iter().map(name).collect()
}

/// How many may use an application.
async fn effective(user: &User<'_>, party: &RelyingParty<'_>) -> Option<usize> {
    let listed = user.get(&format!("/applications/{}/effective-users", party.client_id)).await;
    (listed.status == 200).then(|| listed.body["data"].as_array().map_or(0, Vec::len))
}

/// Somebody of the tenant who may use the partners' applications.
async fn assigned(owner: &User<'_>, parties: &[&RelyingParty<'_>]) -> String {
    let there = owner.clone().at("/t/acme");
    let ada = there.person(ADA).await;
    for party in parties {
        there.put(&format!("/applications/{}/assignments/{ada}", party.client_id)).await.with(204);
    }
    ada
}

async fn what_is_told_of_a_tenant_follows_it_on_every_node(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let owner = one.owner().await;
    let (from, to) = (owner.partner("from", json!({})).await, owner.partner("to", json!({})).await);
    let acme = owner.tenant("acme", Some(&from)).await;
    let (before, after) = (portal(&owner, &from, "Before").await, portal(&owner, &to, "After").await);
    assigned(&owner, &[&before]).await;
    let own = owner.clone().at("/t/acme").create("spa", json!({ "name": "Own" })).await;
    let own = format!("/applications/{}", own["id"].as_str().expect("an id"));
    one.runs("admin", &from).await;
    one.runs("admin", &to).await;
    one.runs("admin", &acme).await;
    let [giver, taker, within] =
        [&from, &to, &acme].map(|at| format!("admin-{at}@example.com").to_lowercase());
    let nodes = [&one, &other];
    let mut seen = Vec::new();
    for node in nodes {
        let [giver, taker, within] = [&giver, &taker, &within].map(|email| node.signed_in(email));
        seen.push((node, giver.await, taker.await, within.await));
    }
    let tokens = async |node: &TestApp, party: &RelyingParty<'_>| {
        party.at(node).asking("/t/acme").trade("ac_none").await.body["error"] == "invalid_grant"
    };
    // Everything that is remembered is remembered once.
    for (node, giver, taker, within) in &seen {
        assert_eq!(names(giver, "").await, ["Own", "Before"]);
        assert_eq!(
            (names(taker, "").await, giver.get(&own).await.status.as_u16()),
            (vec!["After".into()], 200)
        );
        assert_eq!(names(giver, &format!("tenant_id={acme}")).await, ["Own"]);
        taker.get(&own).await.refused(404, "app_not_found");
        assert_eq!((effective(giver, &before).await, effective(taker, &after).await), (Some(1), Some(0)));
        within.get(&format!("/applications/{}", before.client_id)).await.ok();
        assert!(tokens(node, &before).await && !tokens(node, &after).await);
    }
    let body = json!({ "partner_id": to });
    owner.post(&format!("/tenants/{acme}/transfer"), body).await.ok();
    for (node, giver, taker, within) in &seen {
        within_a_second("it is the taker's", async || taker.get(&own).await.status == 200).await;
        within_a_second("and not the giver's", async || giver.get(&own).await.status == 404).await;
        assert_eq!(
            (names(giver, "").await, names(taker, "").await),
            (vec!["Before".to_owned()], vec!["Own".to_owned(), "After".to_owned()],)
        );
        assert_eq!(names(giver, &format!("tenant_id={acme}")).await, [] as [&str; 0]);
        assert_eq!(names(giver, &format!("partner_id={to}")).await, [] as [&str; 0]);
        giver.get(&format!("/tenants/{acme}")).await.refused(404, "tenant_not_found");
        taker.get(&format!("/tenants/{acme}")).await.ok();
        assert_eq!(effective(giver, &before).await, Some(0));
        within_a_second("its own look goes up to the taker", async || {
            names(within, "").await == ["Own", "After"]
        })
        .await;
        within.get(&format!("/applications/{}", before.client_id)).await.refused(404, "app_not_found");
        within_a_second("the giver's are no clients there", async || !tokens(node, &before).await).await;
        within_a_second("the taker's are", async || tokens(node, &after).await).await;
    }
}

async fn what_its_people_have_with_its_partners_applications_ends(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (from, to) = (owner.partner("from", json!({})).await, owner.partner("to", json!({})).await);
    let acme = owner.tenant("acme", Some(&from)).await;
    owner.tenant("sister", Some(&from)).await;
    let portal = portal(&owner, &from, "Portal").await;
    let there = owner.clone().at("/t/acme");
    let shop = RelyingParty::register(&there, json!({})).await;
    let ada = there.person(ADA).await;
    owner.clone().at("/t/sister").person(ADA).await;
    let browser = app.browser();
    let here = portal.at(&app).asking("/t/acme");
    let tokens = here.sign_in(&browser, ADA).await;
    let code = browser.get(&here.authorize_path(&[("prompt", "none")])).await.sent("code").expect("a code");
    let own = shop.sign_in(&browser, ADA).await;
    let sister = portal.at(&app).asking("/t/sister");
    let sisters = sister.sign_in(&app.browser(), ADA).await;
    let giver = app.runs("admin", &from).await;
    let sessions = format!("/applications/{}/sessions", portal.client_id);
    let listed = async || giver.get(&sessions).await.ok()["data"].as_array().map(Vec::len);
    assert_eq!(listed().await, Some(2));

    let transfer = async |to: Value| {
        owner.post(&format!("/tenants/{acme}/transfer"), json!({ "partner_id": to })).await.ok();
    };
    transfer(json!(to)).await;
    assert_eq!(listed().await, Some(1), "nothing of its people is left with the giver");
    assert_eq!(giver.get(&format!("{sessions}?user_id={ada}")).await.ok()["data"], json!([]));
    let of_ada = there.get(&format!("/users/{ada}/sessions")).await.ok();
    assert_eq!(of_ada["data"].as_array().map(Vec::len), Some(1), "{of_ada}");
    assert!(!here.is_good(&tokens.access).await);
    // What is its own, and the giver's others', goes on.
    assert!(shop.is_good(&own.access).await && sister.is_good(&sisters.access).await);
    shop.refresh(own.refresh.as_deref().expect("asked for it")).await.ok();
    sister.refresh(sisters.refresh.as_deref().expect("asked for it")).await.ok();
    // And nothing comes back with it.
    transfer(json!(from)).await;
    assert!(!here.is_good(&tokens.access).await);
    here.refresh(tokens.refresh.as_deref().expect("asked for it"))
        .await
        .refused_by_oauth(400, "invalid_grant");
    here.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    app.sweep().await;
    here.sign_in(&browser, ADA).await;
    // The platform's own tenant has no partner's applications.
    transfer(Value::Null).await;
    assert_eq!(listed().await, Some(1));
}

async fn what_a_tenant_assigned_waits_for_it_to_come_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (from, to) = (owner.partner("from", json!({})).await, owner.partner("to", json!({})).await);
    let acme = owner.tenant("acme", Some(&from)).await;
    let portal = portal(&owner, &from, "Portal").await;
    let ada = assigned(&owner, &[&portal]).await;
    let assignment = format!("/applications/{}/assignments/{ada}", portal.client_id);
    let (giver, within) = (app.runs("admin", &from).await, app.runs("admin", &acme).await);
    assert_eq!(effective(&giver, &portal).await, Some(1));
    owner.post(&format!("/tenants/{acme}/transfer"), json!({ "partner_id": to })).await.ok();
    assert_eq!(effective(&giver, &portal).await, Some(0));
    assert_eq!(effective(&owner, &portal).await, Some(0), "not even for the platform");
    within.clone().at("/t/acme").put(&assignment).await.refused(404, "app_not_found");
    owner.post(&format!("/tenants/{acme}/transfer"), json!({ "partner_id": from })).await.ok();
    assert_eq!(effective(&giver, &portal).await, Some(1));
    within.at("/t/acme").delete(&assignment).await.with(204);
    assert_eq!(effective(&giver, &portal).await, Some(0));
}

async fn one_api_is_one_owners_after_it_too(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (from, to) = (owner.partner("from", json!({})).await, owner.partner("to", json!({})).await);
    let acme = owner.tenant("acme", Some(&from)).await;
    let audience = json!({ "audience": "https://bills.example" });
    let theirs = json!({ "ownership": "partner", "partner_id": to, "audience": "https://bills.example" });
    let theirs = owner.create("m2m", theirs).await["id"].as_str().expect("an id").to_owned();
    let ours = owner.clone().at("/t/acme").create("m2m", audience).await;
    let ours = ours["id"].as_str().expect("an id").to_owned();
    let before = owner.get(&format!("/tenants/{acme}")).await.data();
    let transfer =
        async || owner.post(&format!("/tenants/{acme}/transfer"), json!({ "partner_id": to })).await;
    let refused = transfer().await;
    let message = refused.body["message"].as_str().expect("text").to_owned();
    assert!(message.contains(&ours) && message.contains(&theirs), "{message}");
    refused.refused(409, "audience_taken");
    assert_eq!(owner.get(&format!("/tenants/{acme}")).await.data(), before);
    owner.patch(&format!("/applications/{theirs}"), json!({ "audience": null })).await.ok();
    assert_eq!(transfer().await.data()["partner_id"], to);
}
