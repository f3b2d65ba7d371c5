//! `/applications/:id/integrations`.

use std::collections::BTreeSet;

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, act, delete, get, holding, placed, post, public, put, read, refused, text};
use crate::harness::{TestApp, User};

on_each_database![
    an_integration_is_attached_once_and_detached,
    the_entire_set_is_replaced_or_nothing_is,
    the_application_shows_what_is_attached,
    who_may_not_change_an_application_attaches_nothing,
];

async fn several(user: &User<'_>, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let body = json!({ "name": name, "url": "https://mcp.example/mcp" });
        let made = post(user, "/integrations", body).await.with(201);
        ids.push(text(&made["integration"]["id"]).to_owned());
    }
    ids
}

async fn attached(user: &User<'_>, path: &str) -> BTreeSet<String> {
    let answer = get(user, &format!("{path}/integrations")).await.ok();
    assert_eq!(super::members(&answer), BTreeSet::from(["integrationIds"]));
    set(&answer)
}

fn set(answer: &Value) -> BTreeSet<String> {
    let each = answer["integrationIds"].as_array().expect("a list").iter();
    each.map(|id| text(id).to_owned()).collect()
}

async fn an_integration_is_attached_once_and_detached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let all = several(&owner, &["Git", "Mail"]).await;
    assert_eq!(attached(&owner, &path).await, BTreeSet::new());
    let one = format!("{path}/integrations/{}", all[0]);
    for _ in 0..2 {
        let answer = act(&owner, &one).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(attached(&owner, &path).await, BTreeSet::from([all[0].clone()]));
    }
    act(&owner, &format!("{path}/integrations/{}", all[1])).await.with(204);
    assert_eq!(attached(&owner, &path).await.len(), 2);
    for _ in 0..2 {
        delete(&owner, &one).await.with(204);
        assert_eq!(attached(&owner, &path).await, BTreeSet::from([all[1].clone()]));
    }
    refused(act(&owner, &format!("{path}/integrations/{UNKNOWN}")).await, 404);
    refused(act(&owner, &format!("/applications/{UNKNOWN}/integrations/{}", all[0])).await, 404);
    refused(get(&owner, &format!("/applications/{UNKNOWN}/integrations")).await, 404);
    delete(&owner, &format!("{path}/integrations/{UNKNOWN}")).await.with(204);
}

async fn the_entire_set_is_replaced_or_nothing_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let all = several(&owner, &["A", "B", "C"]).await;
    let list = format!("{path}/integrations");
    for wanted in [&all[..2], &all[1..], &all[..0], &all[..]] {
        let answer = put(&owner, &list, json!({ "integrationIds": wanted })).await.ok();
        assert_eq!(set(&answer), wanted.iter().cloned().collect());
        assert_eq!(attached(&owner, &path).await, wanted.iter().cloned().collect());
    }
    for (body, field) in [
        (json!({ "integrationIds": [all[0], UNKNOWN] }), "integrationIds[1] "),
        (json!({ "integrationIds": ["garbage"] }), "integrationIds[0] "),
        (json!({ "integrationIds": "a" }), "integrationIds "),
        (json!({}), "integrationIds is required"),
    ] {
        let said = refused(put(&owner, &list, body).await, 400);
        assert!(said.starts_with(field), "{said}");
        assert_eq!(attached(&owner, &path).await, all.iter().cloned().collect());
    }
}

async fn the_application_shows_what_is_attached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let git = several(&owner, &["Git"]).await.remove(0);
    act(&owner, &format!("{path}/integrations/{git}")).await.with(204);
    let expected = json!([{
        "id": git, "name": "Git", "url": "https://mcp.example/mcp", "category": "gateway_remote_mcp",
        "authMode": "none", "attachedAt": app.now(),
    }]);
    assert_eq!(read(&owner, &path).await["integrations"], expected);
    assert_eq!(get(&owner, "/applications").await.ok()["items"][0]["integrations"], expected);
    delete(&owner, &format!("/integrations/{git}")).await.with(204);
    assert_eq!(read(&owner, &path).await["integrations"], json!([]), "one that is archived is not reached");
}

async fn who_may_not_change_an_application_attaches_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let (_, path) = placed(&admin, "My App", public()).await;
    let git = several(&admin, &["Git"]).await.remove(0);
    let (member, viewer) = (holding(&app, Role::Member).await, holding(&app, Role::Viewer).await);
    for user in [&member, &viewer] {
        refused(act(user, &format!("{path}/integrations/{git}")).await, 403);
        refused(delete(user, &format!("{path}/integrations/{git}")).await, 403);
        refused(put(user, &format!("{path}/integrations"), json!({ "integrationIds": [git] })).await, 403);
        assert_eq!(attached(user, &path).await, BTreeSet::new());
    }
    // Of an own application neither: an integration is the organization's.
    let (_, own) = placed(&member, "Mine", public()).await;
    refused(act(&member, &format!("{own}/integrations/{git}")).await, 403);
    refused(put(&member, &format!("{own}/integrations"), json!({ "integrationIds": [git] })).await, 403);
    assert_eq!(attached(&member, &own).await, BTreeSet::new());
}
