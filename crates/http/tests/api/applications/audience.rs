//! `audience`: an API is called so by one owner, wherever its name is met.

use appkeep_domain::{Owner, PartnerId};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{ISSUER, PARTNER, RIVAL, SISTER, TestApp, User};

on_each_database![
    an_api_is_one_owners_above_and_below,
    an_address_of_the_server_is_no_applications,
    applications_of_one_owner_share_an_api,
    of_two_owners_who_name_an_api_at_once_one_does,
    an_api_is_free_when_its_application_is_gone,
    whose_an_api_is_is_not_told,
];

/// Whether there is an address at which both are clients, or both are seen.
fn meet((one, of): (Owner, Option<PartnerId>), (other, others): (Owner, Option<PartnerId>)) -> bool {
    match (one, other) {
        _ if one == other => false,
        (Owner::Global, _) | (_, Owner::Global) => true,
        (Owner::Partner(id), Owner::Tenant(_)) => others == Some(id),
        (Owner::Tenant(_), Owner::Partner(id)) => of == Some(id),
        _ => false,
    }
}

/// An application of the owner, with more members.
fn new(owner: Owner, more: Value) -> Value {
    let mut body = json!({ "name": "Registered", "type": "m2m", "ownership": owner.ownership().as_str() });
    match owner {
        Owner::Global => {}
        Owner::Partner(id) => body["partner_id"] = json!(id.to_string()),
        Owner::Tenant(id) => body["tenant_id"] = json!(id.to_string()),
    }
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

async fn made(user: &User<'_>, owner: Owner, more: Value) -> String {
    let created = user.post("/applications", new(owner, more)).await.created();
    format!("/applications/{}", created["id"].as_str().expect("an id"))
}

async fn an_api_is_one_owners_above_and_below(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    for (number, one) in app.owners().into_iter().enumerate() {
        for (other_number, other) in app.owners().into_iter().enumerate() {
            let audience = json!({ "audience": format!("https://{number}-{other_number}.example") });
            made(&owner, one.0, audience.clone()).await;
            let bare = made(&owner, other.0, json!({})).await;
            let before = owner.get(&bare).await.data();
            let created = owner.post("/applications", new(other.0, audience.clone())).await;
            let changed = owner.patch(&bare, audience.clone()).await;
            if meet(one, other) {
                created.refused_for(409, "audience_taken", &["audience"]);
                changed.refused_for(409, "audience_taken", &["audience"]);
                assert_eq!(owner.get(&bare).await.data(), before, "{one:?} {other:?}");
            } else {
                assert_eq!(created.created()["audience"], audience["audience"], "{one:?} {other:?}");
                assert_eq!(changed.data()["audience"], audience["audience"], "{one:?} {other:?}");
                // What stands may be said again.
                owner.patch(&bare, audience).await.ok();
            }
        }
    }
}

async fn an_address_of_the_server_is_no_applications(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let bare = writer.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned();
    let before = database.dump().await;
    for below in ["", "/", "/api/v1", "/t/acme", "/t/nobody/api/v1", "/oauth2/userinfo"] {
        for audience in [format!("{ISSUER}{below}"), format!("{ISSUER}{below}").to_uppercase()] {
            let body = json!({ "name": "New", "type": "spa", "audience": audience });
            writer.post("/applications", body).await.refused_for(422, "invalid_field", &["audience"]);
            let body = json!({ "audience": audience });
            let changed = writer.patch(&format!("/applications/{bare}"), body).await;
            changed.refused_for(422, "invalid_field", &["audience"]);
        }
    }
    assert_eq!(database.dump().await, before);
    writer.create("m2m", json!({ "audience": format!("{ISSUER}.evil.example") })).await;
}

async fn applications_of_one_owner_share_an_api(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    for (number, (owned_by, _)) in app.owners().into_iter().enumerate() {
        let audience = json!({ "audience": format!("api-{number}") });
        for _ in 0..2 {
            made(&owner, owned_by, audience.clone()).await;
        }
    }
}

async fn of_two_owners_who_name_an_api_at_once_one_does(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    let owners = [Owner::Global, Owner::Partner(PARTNER), Owner::Tenant(SISTER)];
    for round in 0..8 {
        let audience = json!({ "audience": format!("https://{round}.example") });
        let [one, two, three] = owners.map(|of| owner.post("/applications", new(of, audience.clone())));
        let (one, two, three) = tokio::join!(one, two, three);
        let answers = [one, two, three];
        let statuses = answers.each_ref().map(|answer| answer.status.as_u16());
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        for answer in answers {
            if answer.status != 201 {
                answer.refused_for(409, "audience_taken", &["audience"]);
            }
        }
    }
}

async fn an_api_is_free_when_its_application_is_gone(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    let audience = json!({ "audience": "https://bills.example" });
    let partners = made(&owner, Owner::Partner(PARTNER), audience.clone()).await;
    let tries = async || owner.post("/applications", new(Owner::Tenant(SISTER), audience.clone())).await;
    for verb in ["disable", "archive"] {
        owner.act(&format!("{partners}/{verb}")).await.ok();
        tries().await.refused_for(409, "audience_taken", &["audience"]);
    }
    owner.act(&format!("{partners}/restore")).await.ok();
    owner.patch(&partners, json!({ "audience": null })).await.ok();
    let tenants = format!("/applications/{}", tries().await.created()["id"].as_str().expect("an id"));
    owner.patch(&partners, audience.clone()).await.refused_for(409, "audience_taken", &["audience"]);
    owner.delete(&tenants).await.with(204);
    owner.patch(&partners, audience.clone()).await.ok();
    // One whose time is over is not there.
    owner.patch(&partners, json!({ "expires_at": app.after(60) })).await.ok();
    tries().await.refused_for(409, "audience_taken", &["audience"]);
    app.clock.advance_micros(60_000_000);
    tries().await.created();
}

/// What is above is seen; what is archived there is not.
async fn whose_an_api_is_is_not_told(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    let audience = json!({ "audience": "https://bills.example" });
    let admin = app.runs("admin", &SISTER.to_string()).await;
    let mut told = Vec::new();
    for owned_by in [Owner::Global, Owner::Partner(PARTNER)] {
        let path = made(&owner, owned_by, audience.clone()).await;
        owner.act(&format!("{path}/archive")).await.ok();
        let refused = admin.post("/applications", new(Owner::Tenant(SISTER), audience.clone())).await;
        told.push(refused.body["details"].clone());
        refused.refused_for(409, "audience_taken", &["audience"]);
        owner.act(&format!("{path}/restore")).await.ok();
        owner.patch(&path, json!({ "audience": null })).await.ok();
    }
    assert_eq!(told[0], told[1]);
    // A stranger's partner is as free as nobody's.
    made(&owner, Owner::Partner(RIVAL), audience.clone()).await;
    made(&owner, Owner::Tenant(SISTER), audience).await;
}
