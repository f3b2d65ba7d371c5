//! `/api/v1/operators/{operator_id}/roles/{at}/{role}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::invite;
use crate::harness::{TestApp, within_a_second};

on_each_database![
    roles_are_given_and_taken_one_at_a_time,
    a_role_counts_on_every_node_within_a_second,
    only_owners_make_owners,
    the_last_owner_of_the_platform_stays,
    of_two_owners_who_take_each_others_role_one_stays,
];

const ADA: &str = "ada@example.com";

async fn roles_are_given_and_taken_one_at_a_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let ada = invite(&owner, ADA, "viewer", &acme).await;
    let path = format!("/operators/{ada}");
    let roles = async || owner.get(&path).await.data()["roles"].clone();
    let at = |role: &str| json!({ "role": role, "at": acme });
    for _ in 0..2 {
        owner.put(&format!("{path}/roles/{acme}/member")).await.ok();
    }
    assert_eq!(roles().await, json!([at("member"), at("viewer")]));
    owner.delete(&format!("{path}/roles/{acme}/viewer")).await.with(204);
    owner.delete(&format!("{path}/roles/{acme}/viewer")).await.refused(404, "role_not_found");
    assert_eq!(roles().await, json!([at("member")]));
    for (role, code) in [
        (format!("{acme}/king"), "role_not_found"),
        ("platform/member".to_owned(), "role_not_found"),
        ("tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD/member".to_owned(), "tenant_not_found"),
        ("prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD/member".to_owned(), "partner_not_found"),
        ("nowhere/member".to_owned(), "not_found"),
    ] {
        owner.delete(&format!("{path}/roles/{role}")).await.refused(404, code);
    }
    // Whoever has lost the last one is nobody's operator, until they are given another.
    owner.delete(&format!("{path}/roles/{acme}/member")).await.with(204);
    owner.get(&path).await.refused(404, "operator_not_found");
    owner.put(&format!("{path}/roles/{acme}/member")).await.refused(404, "operator_not_found");
    assert_ne!(invite(&owner, ADA, "admin", &acme).await, ada);
}

async fn a_role_counts_on_every_node_within_a_second(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let owner = one.owner().await;
    let (acme, sister) = (owner.tenant("acme", None).await, owner.tenant("sister", None).await);
    let ada = invite(&owner, ADA, "viewer", &acme).await;
    one.accept(ADA).await;
    let there = other.signed_in(ADA).await;
    let sees = async || there.get(&format!("/tenants/{sister}")).await.status == 200;
    assert!(!sees().await);
    let role = format!("/operators/{ada}/roles/{sister}/viewer");
    owner.put(&role).await.ok();
    within_a_second("it is given", sees).await;
    owner.delete(&role).await.with(204);
    within_a_second("it is taken", async || !sees().await).await;
}

async fn only_owners_make_owners(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let (admin, owns) = (app.runs("admin", &acme).await, app.runs("owner", &acme).await);
    let ada = invite(&owner, ADA, "viewer", &acme).await;
    let role = format!("/operators/{ada}/roles/{acme}/owner");
    admin.put(&role).await.refused(403, "forbidden");
    let body = json!({ "email": "new@example.com", "role": "owner", "at": acme });
    admin.post("/operators", body).await.refused(403, "forbidden");
    owns.put(&role).await.ok();
    admin.delete(&role).await.refused(403, "forbidden");
    admin.put(&format!("/operators/{ada}/roles/{acme}/member")).await.ok();
    owns.delete(&role).await.with(204);
    let platform = format!("/operators/{ada}/roles/platform/viewer");
    owns.put(&platform).await.refused(404, "not_found");
}

async fn the_last_owner_of_the_platform_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let me = owner.get("/operators").await.ok()["data"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/operators/{me}");
    let role = format!("{path}/roles/platform/owner");
    // Somebody who was invited cannot take anything back yet.
    invite(&owner, ADA, "owner", "platform").await;
    let before = database.dump().await;
    owner.delete(&role).await.refused(409, "last_owner");
    owner.delete(&path).await.refused(409, "last_owner");
    owner.patch(&path, json!({ "status": "suspended" })).await.refused(409, "last_owner");
    assert_eq!(database.dump().await, before);
    app.accept(ADA).await;
    owner.delete(&role).await.with(204);
    owner.get("/operators").await.refused(403, "forbidden");
}

async fn of_two_owners_who_take_each_others_role_one_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let me = owner.get("/operators").await.ok()["data"][0]["id"].as_str().expect("an id").to_owned();
    let ada = invite(&owner, ADA, "owner", "platform").await;
    app.accept(ADA).await;
    let other = app.signed_in(ADA).await;
    let (mine, theirs) =
        (format!("/operators/{me}/roles/platform/owner"), format!("/operators/{ada}/roles/platform/owner"));
    let (one, two) = tokio::join!(owner.delete(&theirs), other.delete(&mine));
    let statuses = [one.status.as_u16(), two.status.as_u16()];
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 403, 409].contains(status)), "{statuses:?}");
    let owners = [&owner, &other];
    let mut remaining = 0;
    for one in owners {
        remaining += usize::from(one.get("/operators").await.status == 200);
    }
    assert_eq!(remaining, 1);
}
