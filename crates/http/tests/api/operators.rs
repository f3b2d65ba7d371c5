//! `/api/v1/operators`

mod invitations;
mod roles;

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    an_operator_is_invited_read_changed_and_deleted,
    what_cannot_be_is_refused,
    operators_are_seen_by_those_who_govern_where_they_hold_a_role,
    operators_of_what_is_archived_are_the_platforms_to_see,
    somebody_who_is_not_seen_is_somebody_who_never_was,
    nobody_changes_somebody_whose_roles_they_could_not_give,
    an_account_that_gets_another_address_or_loses_its_last_role_lets_nobody_in,
    an_operator_who_is_suspended_signs_in_no_more,
    a_lost_update_is_refused,
];

const ADA: &str = "ada@example.com";

pub(crate) async fn invite(by: &User<'_>, email: &str, role: &str, at: &str) -> String {
    let created = by.post("/operators", json!({ "email": email, "role": role, "at": at })).await.created();
    created["id"].as_str().expect("an id").to_owned()
}

async fn an_operator_is_invited_read_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let new = json!({ "email": ADA, "name": "Ada Lovelace", "role": "admin", "at": "platform" });
    let answer = owner.post("/operators", new).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = created["id"].as_str().expect("an id");
    assert!(id.starts_with("opr_"), "{id}");
    assert_eq!(location, format!("/api/v1/operators/{id}"));
    let path = format!("/operators/{id}");
    let mut expected = json!({
        "id": id,
        "email": ADA,
        "name": "Ada Lovelace",
        "status": "pending",
        "roles": [{ "role": "admin", "at": "platform" }],
        "last_sign_in_at": null,
        "created_at": app.now(),
        "updated_at": app.now(),
        "password_changed_at": null,
        "failed_sign_ins": 0,
        "locked_until": null,
    });
    assert_eq!((created.clone(), owner.get(&path).await.data()), (expected.clone(), expected.clone()));
    app.clock.advance_micros(5_000_000);
    let answer = owner.patch(&path, json!({ "name": null, "email": "countess@example.com" })).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    expected["name"] = Value::Null;
    expected["email"] = "countess@example.com".into();
    expected["updated_at"] = app.now().into();
    assert_eq!((answer.data(), owner.get(&path).await.data()), (expected.clone(), expected));
    assert_eq!(owner.patch(&path, json!({})).await.header("etag"), "\"2\"");
    owner.act(&format!("{path}/unlock")).await.ok();
    let listed = owner.each("/operators", 1).await;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["id"], listed[0].get("failed_sign_ins")), (&json!(id), None));
    assert_eq!(owner.delete(&path).await.with(204), Value::Null);
    owner.get(&path).await.refused(404, "operator_not_found");
    owner.delete(&path).await.refused(404, "operator_not_found");
    assert_eq!(owner.get("/operators").await.ok()["data"].as_array().map(Vec::len), Some(1));
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let before = database.dump().await;
    let wrong = json!({ "email": "nobody", "name": " ", "role": "king", "at": "nowhere" });
    let fields = ["at", "email", "name", "role"];
    owner.post("/operators", wrong).await.refused_for(422, "invalid_field", &fields);
    for at in ["tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", ""] {
        let body = json!({ "email": ADA, "role": "admin", "at": at });
        owner.post("/operators", body).await.refused_for(422, "invalid_field", &["at"]);
    }
    for body in
        [json!({ "email": ADA, "role": "admin" }), json!({ "email": ADA, "role": 1, "at": "platform" })]
    {
        owner.post("/operators", body).await.refused(400, "invalid_request");
    }
    assert_eq!(database.dump().await, before);
    let ada = invite(&owner, ADA, "viewer", "platform").await;
    let bob = invite(&owner, "bob@example.com", "viewer", "platform").await;
    // Whose an address is, mail to it decides.
    let body = json!({ "email": "ADA@example.com" });
    assert_eq!(owner.patch(&format!("/operators/{bob}"), body).await.data()["status"], "pending");
    let body = json!({ "status": "active" });
    owner.patch(&format!("/operators/{bob}"), body).await.refused(400, "not_applicable");
    let body = json!({ "status": "away" });
    owner.patch(&format!("/operators/{ada}"), body).await.refused_for(422, "invalid_field", &["status"]);
}

async fn operators_are_seen_by_those_who_govern_where_they_hold_a_role(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let (acme, strange) = (owner.tenant("acme", Some(&partner)).await, owner.tenant("strange", None).await);
    let [platforms, partners, ours] = [
        app.runs("admin", "platform").await,
        app.runs("admin", &partner).await,
        app.runs("admin", &acme).await,
    ];
    let ada = invite(&owner, ADA, "viewer", "platform").await;
    for at in [&acme, &strange] {
        assert_eq!(invite(&owner, ADA, "admin", at).await, ada, "is the same person");
    }
    for (viewer, seen, roles) in [
        (&platforms, 5, vec!["platform", &acme, &strange]),
        (&partners, 3, vec![&*acme]),
        (&ours, 2, vec![&*acme]),
    ] {
        let listed = viewer.get("/operators").await.ok();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(seen), "{listed}");
        let read = viewer.get(&format!("/operators/{ada}")).await.data();
        for shown in [&listed["data"][0], &read] {
            assert_eq!(shown["email"], ADA);
            let at: Vec<&str> = shown["roles"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|role| role["at"].as_str())
                .collect();
            let mut expected = roles.clone();
            expected[usize::from(roles.len() == 3)..].sort_unstable();
            assert_eq!(at, expected);
        }
    }
    // Who administers is not for everybody who reads.
    app.runs("viewer", &acme).await.get("/operators").await.refused(403, "forbidden");
}

async fn operators_of_what_is_archived_are_the_platforms_to_see(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let (acme, sister) =
        (owner.tenant("acme", Some(&partner)).await, owner.tenant("sister", Some(&partner)).await);
    let admin = app.runs("admin", &partner).await;
    let ada = invite(&owner, ADA, "viewer", &acme).await;
    let bob = invite(&owner, "bob@example.com", "viewer", &acme).await;
    owner.put(&format!("/operators/{bob}/roles/{sister}/viewer")).await.ok();
    let seen = async |by: &User<'_>| by.get("/operators").await.ok()["data"].as_array().map(Vec::len);
    assert_eq!((seen(&admin).await, seen(&owner).await), (Some(3), Some(4)));
    owner.act(&format!("/tenants/{acme}/archive")).await.ok();
    assert_eq!((seen(&admin).await, seen(&owner).await), (Some(2), Some(4)));
    admin.get(&format!("/operators/{ada}")).await.refused(404, "operator_not_found");
    let at_sister = json!([{ "role": "viewer", "at": sister }]);
    assert_eq!(admin.get(&format!("/operators/{bob}")).await.data()["roles"], at_sister);
    assert_eq!(
        owner.get(&format!("/operators/{bob}")).await.data()["roles"].as_array().map(Vec::len),
        Some(2)
    );
    owner.act(&format!("/tenants/{acme}/restore")).await.ok();
    assert_eq!(seen(&admin).await, Some(3));
}

async fn somebody_who_is_not_seen_is_somebody_who_never_was(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (acme, strange) = (owner.tenant("acme", None).await, owner.tenant("strange", None).await);
    let theirs = invite(&owner, ADA, "admin", &strange).await;
    let admin = app.runs("admin", &acme).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    admin.get("/operators").await.ok();
    let cost = async |id: &str| {
        let before = app.statements();
        let mut answer = admin.get(&format!("/operators/{id}")).await;
        answer.body["request_id"].take();
        (answer.status, answer.body, app.statements() - before)
    };
    let (seen, never) = (cost(&theirs).await, cost("opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD").await);
    assert_eq!(seen, never);
    assert_eq!(seen.1["error"], "operator_not_found");
    let path = format!("/operators/{theirs}");
    admin.patch(&path, json!({ "email": "mine@example.com" })).await.refused(404, "operator_not_found");
    admin.delete(&path).await.refused(404, "operator_not_found");
    admin.put(&format!("{path}/roles/{acme}/viewer")).await.refused(404, "operator_not_found");
    admin.delete(&format!("{path}/roles/{strange}/admin")).await.refused(404, "operator_not_found");
    for at in [strange.as_str(), "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "platform"] {
        let body = json!({ "email": "new@example.com", "role": "viewer", "at": at });
        admin.post("/operators", body).await.refused_for(422, "invalid_field", &["at"]);
    }
}

/// Who could change a person's address could speak in their name.
async fn nobody_changes_somebody_whose_roles_they_could_not_give(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let (admin, platforms) = (app.runs("admin", &acme).await, app.runs("admin", "platform").await);
    let ada = invite(&owner, ADA, "viewer", "platform").await;
    let path = format!("/operators/{ada}");
    owner.put(&format!("{path}/roles/{acme}/viewer")).await.ok();
    let tries = async |somebody: &User<'_>, code: &str| {
        somebody.patch(&path, json!({ "email": "mine@example.com" })).await.refused(403, code);
        somebody.patch(&path, json!({ "status": "suspended" })).await.refused(403, code);
        somebody.delete(&path).await.refused(403, code);
        somebody.act(&format!("{path}/unlock")).await.refused(403, code);
        somebody.act(&format!("{path}/mail-password-link")).await.refused(403, code);
    };
    tries(&admin, "forbidden").await;
    // What it gave, it takes.
    admin.delete(&format!("{path}/roles/{acme}/viewer")).await.with(204);
    admin.get(&path).await.refused(404, "operator_not_found");
    platforms.patch(&path, json!({ "name": "Ada" })).await.ok();
    owner.put(&format!("{path}/roles/platform/owner")).await.ok();
    tries(&platforms, "forbidden").await;
    owner.patch(&path, json!({ "name": "Ada Lovelace" })).await.ok();
}

/// Whoever had the account may have been somebody else than who has the address.
async fn an_account_that_gets_another_address_or_loses_its_last_role_lets_nobody_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let admin = app.runs("admin", &acme).await;
    let planted = invite(&admin, "planted@example.com", "viewer", &acme).await;
    let path = format!("/operators/{planted}");
    app.accept("planted@example.com").await;
    let holder = app.signed_in("planted@example.com").await;
    holder.get(&format!("/tenants/{acme}")).await.ok();
    let moved = admin.patch(&path, json!({ "email": "boss@example.com" })).await.data();
    assert_eq!((&moved["status"], &moved["password_changed_at"]), (&json!("pending"), &Value::Null));
    holder.get(&format!("/tenants/{acme}")).await.refused(401, "invalid_token");
    // The same when nobody vouches for them for a while.
    app.accept("boss@example.com").await;
    let holder = app.signed_in("boss@example.com").await;
    admin.delete(&format!("{path}/roles/{acme}/viewer")).await.with(204);
    let invited = invite(&owner, "boss@example.com", "admin", "platform").await;
    assert_ne!(invited, planted);
    assert_eq!(owner.get(&format!("/operators/{invited}")).await.data()["status"], "pending");
    holder.get(&format!("/tenants/{acme}")).await.refused(403, "forbidden");
}

async fn an_operator_who_is_suspended_signs_in_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let ada = invite(&owner, ADA, "admin", "platform").await;
    app.accept(ADA).await;
    let signed_in = app.signed_in(ADA).await;
    signed_in.get("/tenants").await.ok();
    app.clock.advance_micros(1_000_000);
    let path = format!("/operators/{ada}");
    assert_eq!(owner.patch(&path, json!({ "status": "suspended" })).await.data()["status"], "suspended");
    signed_in.get("/tenants").await.refused(401, "invalid_token");
    owner.act(&format!("{path}/mail-password-link")).await.refused(400, "not_applicable");
    owner.patch(&path, json!({ "status": "active" })).await.ok();
    app.clock.advance_micros(1_000_000);
    app.signed_in(ADA).await.get("/tenants").await.ok();
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let path = format!("/operators/{}", invite(&owner, ADA, "viewer", "platform").await);
    owner.patch_if(&path, "\"1\"", json!({ "name": "First" })).await.ok();
    owner.patch_if(&path, "\"1\"", json!({ "name": "Second" })).await.refused(412, "precondition_failed");
    owner.delete_if(&path, "\"1\"").await.refused(412, "precondition_failed");
    owner.delete_if(&path, "\"2\"").await.with(204);
}
