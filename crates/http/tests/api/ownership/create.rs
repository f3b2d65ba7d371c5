//! To whom a new application belongs, and what that means for it.

use appkeep_domain::{Level, Owner, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{PARTNER, RIVAL, SISTER, TestApp, User};

on_each_database![
    an_application_says_to_whom_it_belongs,
    what_is_not_said_is_the_tenants_that_is_spoken_to,
    people_are_asked_by_whoever_does_not_own_them,
    to_whom_it_belongs_is_fixed,
    a_slug_is_taken_once_for_each_owner,
    what_a_tenant_registered_is_for_its_own,
    what_is_done_is_told_in_the_owners_history,
    what_is_above_is_seen_without_its_history_and_secrets,
];

async fn admin(app: &TestApp, at: Level) -> User<'_> {
    app.operator_with(RoleGrant { role: Role::Admin, at }).await
}

fn owner(application: &Value) -> [&Value; 3] {
    ["ownership", "partner_id", "tenant_id"].map(|member| &application[member])
}

async fn an_application_says_to_whom_it_belongs(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let platform = admin(&app, Level::Platform).await;
    let (partner, sister) = (json!(PARTNER.to_string()), json!(SISTER.to_string()));
    for (said, expected) in [
        (json!({ "ownership": "global" }), json!(["global", null, null])),
        (json!({ "ownership": "partner", "partner_id": partner }), json!(["partner", partner, null])),
        (json!({ "ownership": "partner" }), json!(["partner", partner, null])),
        (json!({ "ownership": "tenant", "tenant_id": sister }), json!(["tenant", null, sister])),
        (json!({ "tenant_id": sister, "partner_id": null }), json!(["tenant", null, sister])),
    ] {
        let created = platform.create("m2m", said.clone()).await;
        assert_eq!(json!(owner(&created)), expected, "{said}");
        let read = platform.read(created["id"].as_str().expect("an id")).await;
        assert_eq!(owner(&read), owner(&created));
        let listed = platform.get("/applications?limit=1").await.ok();
        assert_eq!(owner(&listed["data"][0]), owner(&created));
    }
    for (said, fields) in [
        (json!({ "ownership": "GLOBAL" }), vec!["ownership"]),
        (json!({ "ownership": "global", "tenant_id": sister }), vec!["tenant_id"]),
        (json!({ "partner_id": partner }), vec!["partner_id"]),
        (json!({ "tenant_id": "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD" }), vec!["tenant_id"]),
        (json!({ "ownership": "partner", "partner_id": "garbage" }), vec!["partner_id"]),
    ] {
        let mut body = said.clone();
        (body["name"], body["type"]) = (json!("New"), json!("spa"));
        platform.post("/applications", body).await.refused_for(422, "invalid_field", &fields);
    }
}

async fn what_is_not_said_is_the_tenants_that_is_spoken_to(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let created = app.writer().await.create("spa", json!({})).await;
    let ours = app.tenant().to_string();
    assert_eq!(json!(owner(&created)), json!(["tenant", null, ours]));
    // The default tenant is none of the rival's, whose admin is told so.
    let rival = admin(&app, Level::Partner(RIVAL)).await;
    let body = json!({ "name": "New", "type": "spa" });
    rival.post("/applications", body).await.refused_for(400, "invalid_request", &["tenant_id"]);
    let body = json!({ "name": "New", "type": "spa", "ownership": "partner" });
    rival.post("/applications", body).await.refused_for(400, "invalid_request", &["partner_id"]);
}

/// Unless its owner says otherwise.
async fn people_are_asked_by_whoever_does_not_own_them(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let platform = admin(&app, Level::Platform).await;
    let sister = SISTER.to_string();
    for (said, first_party) in [
        (json!({ "ownership": "global" }), false),
        (json!({ "ownership": "partner" }), false),
        (json!({ "ownership": "partner", "first_party": true }), true),
        (json!({ "ownership": "tenant", "tenant_id": sister }), true),
        (json!({ "ownership": "tenant", "tenant_id": sister, "first_party": false }), false),
        (json!({}), true),
    ] {
        let created = platform.create("spa", said.clone()).await;
        assert_eq!(created["first_party"], first_party, "{said}");
        let read = platform.read(created["id"].as_str().expect("an id")).await;
        assert_eq!(read["first_party"], first_party, "{said}");
        let path = format!("/applications/{}", read["id"].as_str().expect("an id"));
        let renamed = platform.patch(&path, json!({ "name": "Other" })).await.data();
        assert_eq!(renamed["first_party"], first_party, "what is not said stays: {said}");
    }
}

async fn to_whom_it_belongs_is_fixed(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let created = full.create("spa", json!({})).await;
    let path = format!("/applications/{}", created["id"].as_str().expect("an id"));
    let ours = app.tenant().to_string();
    for (said, fields) in [
        (json!({ "ownership": "global" }), vec!["ownership"]),
        (
            json!({ "ownership": "partner", "partner_id": PARTNER.to_string() }),
            vec!["ownership", "partner_id"],
        ),
        (json!({ "tenant_id": SISTER.to_string() }), vec!["tenant_id"]),
        (json!({ "tenant_id": null }), vec!["tenant_id"]),
    ] {
        full.patch(&path, said).await.refused_for(422, "immutable_field", &fields);
    }
    let standing = json!({ "ownership": "tenant", "partner_id": null, "tenant_id": ours });
    full.patch(&path, standing).await.ok();
}

async fn a_slug_is_taken_once_for_each_owner(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let platform = admin(&app, Level::Platform).await;
    for said in [json!({ "ownership": "global" }), json!({ "ownership": "partner" }), json!({})] {
        let mut body = said.clone();
        body["slug"] = json!("billing");
        platform.create("spa", body.clone()).await;
        (body["name"], body["type"]) = (json!("New"), json!("spa"));
        platform.post("/applications", body).await.refused_for(409, "slug_taken", &["slug"]);
    }
}

async fn what_a_tenant_registered_is_for_its_own(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    full.create("m2m", json!({ "allowed_scopes": ["bills:read"] })).await;
    let platform = admin(&app, Level::Platform).await;
    for ownership in ["global", "partner"] {
        let body = json!({
            "name": "New", "type": "m2m", "ownership": ownership,
            "allowed_scopes": ["applications:read", "bills:read"],
        });
        let refused = platform.post("/applications", body).await;
        refused.refused_for(422, "scope_unknown", &["allowed_scopes[1]"]);
    }
}

async fn what_is_done_is_told_in_the_owners_history(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let platform = admin(&app, Level::Platform).await;
    for (said, query) in [
        (json!({ "ownership": "global" }), "ownership=global".to_owned()),
        (json!({ "ownership": "partner" }), "ownership=partner".to_owned()),
        (json!({ "tenant_id": SISTER.to_string() }), format!("tenant_id={SISTER}")),
        (json!({}), String::new()),
    ] {
        let id = platform.create("m2m", said).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/applications/{id}");
        platform.patch(&path, json!({ "description": "Told" })).await.ok();
        platform.post(&format!("{path}/rotate-secret"), json!({})).await.ok();
        for verb in ["disable", "enable", "archive", "restore", "revoke-tokens"] {
            platform.act(&format!("{path}/{verb}")).await.ok();
        }
        let read = platform.read(&id).await;
        assert_eq!((&read["audit_summary"]["total"], &read["sessions"]["total"]), (&json!(8), &json!(0)));
        platform.delete(&path).await.with(204);
        let told = platform.get(&format!("/audit?application={id}&{query}")).await.ok();
        assert_eq!(told["data"].as_array().map(Vec::len), Some(9), "{query}: {told}");
        for other in ["ownership=global", "ownership=partner", ""].iter().filter(|other| **other != query) {
            let told = platform.get(&format!("/audit?application={id}&{other}")).await.ok();
            assert_eq!(told["data"], json!([]), "{query} {other}");
        }
    }
}

async fn what_is_above_is_seen_without_its_history_and_secrets(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    for above in [(Owner::Global, None), (Owner::Partner(PARTNER), None)] {
        let id = app.owned_application(above, "Above").await.id;
        let read = full.read(&id).await;
        assert_eq!((&read["audit_summary"], &read["sessions"]), (&Value::Null, &Value::Null), "{above:?}");
        let hints = read.as_object().expect("an object").iter().filter(|(name, _)| name.starts_with("can_"));
        assert!(hints.into_iter().all(|(_, hint)| *hint == json!(false)), "{read}");
        full.get(&format!("/applications/{id}/credentials")).await.refused(403, "forbidden");
        full.get(&format!("/applications/{id}/sessions")).await.refused(404, "app_not_found");
    }
    let below = app.owned_application((Owner::Tenant(SISTER), Some(PARTNER)), "Below").await.id;
    let partner = admin(&app, Level::Partner(PARTNER)).await;
    let read = partner.read(&below).await;
    assert_eq!((&read["audit_summary"]["total"], &read["can_update"]), (&json!(1), &json!(true)));
    let secrets = partner.get(&format!("/applications/{below}/credentials")).await.ok();
    assert_eq!(secrets["data"].as_array().map(Vec::len), Some(1));
}
