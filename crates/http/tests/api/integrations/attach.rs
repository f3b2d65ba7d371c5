//! `/api/v1/applications/{application_id}/integrations`

use std::collections::BTreeSet;

use appkeep_domain::Owner;
use appkeep_service::ApplicationFields;
use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::{id_of, made, path_of};
use crate::harness::{Answer, TestApp, User};

on_each_database![
    an_integration_is_attached_once_and_detached,
    the_set_is_replaced_at_once_or_not_at_all,
    fifty_replacements_at_once_end_in_one_of_the_sets,
    an_archived_integration_is_not_reached,
    only_a_tenants_application_reaches_integrations,
    an_application_that_is_deleted_leaves_no_attachment,
];

async fn several(user: &User<'_>, names: &[&str]) -> Vec<Value> {
    let mut all = Vec::new();
    for name in names {
        all.push(made(user, json!({ "name": name, "url": "https://a.example" })).await);
    }
    all
}

async fn replace(user: &User<'_>, application: &str, ids: &[&str]) -> Answer {
    let path = format!("/api/v1/applications/{application}/integrations");
    user.json(Method::PUT, &path, json!({ "integration_ids": ids })).await
}

async fn attached(user: &User<'_>, application: &str) -> BTreeSet<String> {
    let listed = user.get(&format!("/applications/{application}/integrations")).await.data();
    let each = listed.as_array().expect("a list").iter();
    each.map(|one| one["integration_id"].as_str().expect("an id").to_owned()).collect()
}

async fn an_integration_is_attached_once_and_detached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = id_of(&full.create("m2m", json!({})).await);
    let git = &several(&full, &["Git"]).await[0];
    let list = format!("/applications/{application}/integrations");
    let path = format!("{list}/{}", id_of(git));
    assert_eq!(full.get(&list).await.data(), json!([]));
    for _ in 0..2 {
        full.act(&path).await.with(204);
        let expected = json!([{
            "integration_id": git["id"], "name": "Git", "category": "gateway_remote_mcp",
            "auth_mode": "none", "attached_at": app.now(),
        }]);
        assert_eq!(full.get(&list).await.data(), expected);
    }
    let told = |ids: Value| json!({ "integration_ids": ids });
    let entries = full.entries("application.integrations_changed").await;
    assert_eq!(entries, [(told(json!([])), told(json!([git["id"]])))]);
    for _ in 0..2 {
        full.delete(&path).await.with(204);
        assert_eq!(full.get(&list).await.data(), json!([]));
    }
    assert_eq!(full.entries("application.integrations_changed").await.len(), 2);
    let nobodys = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
    let theirs = app.neighbour().await;
    for strange in [nobodys, &theirs.integration, "garbage"] {
        full.act(&format!("{list}/{strange}")).await.refused(404, "integration_not_found");
    }
    full.delete(&format!("{list}/{nobodys}")).await.with(204);
    full.get(&format!("/applications/{}/integrations", theirs.application))
        .await
        .refused(404, "app_not_found");
    let reader = app.with("applications:read integrations:write").await;
    reader.get(&list).await.ok();
    reader.act(&path).await.refused(403, "insufficient_scope");
    replace(&reader, &application, &[]).await.refused(403, "insufficient_scope");
    // Whoever may write the application, and no integrations, lets go of them only.
    let writer = app.with("applications:read applications:write").await;
    writer.act(&path).await.refused(403, "insufficient_scope");
    replace(&writer, &application, &[&id_of(git)]).await.refused(403, "insufficient_scope");
    assert_eq!(full.get(&list).await.data(), json!([]));
    full.act(&path).await.with(204);
    writer.act(&path).await.with(204);
    replace(&writer, &application, &[]).await.ok();
}

async fn the_set_is_replaced_at_once_or_not_at_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = id_of(&full.create("server", json!({})).await);
    let all: Vec<String> = several(&full, &["A", "B", "C", "D"]).await.iter().map(id_of).collect();
    let [a, b, c, d] = [0, 1, 2, 3].map(|index| all[index].as_str());
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    replace(&full, &application, &[a, b, a]).await.ok();
    assert_eq!(attached(&full, &application).await, set(&[a, b]));
    replace(&full, &application, &[b, c]).await.ok();
    assert_eq!(attached(&full, &application).await, set(&[b, c]));
    full.delete(&format!("/integrations/{d}")).await.with(204);
    let theirs = app.neighbour().await.integration;
    let before = database.dump().await;
    for wrong in [d, &theirs, "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        replace(&full, &application, &[a, wrong]).await.refused_for(
            422,
            "invalid_field",
            &["integration_ids[1]"],
        );
    }
    let many = vec![a; 201];
    replace(&full, &application, &many).await.refused_for(422, "invalid_field", &["integration_ids"]);
    replace(&full, &application, &[c, b]).await.ok();
    assert_eq!(database.dump().await, before, "the same set is no change");
    replace(&full, &application, &[]).await.ok();
    assert_eq!(attached(&full, &application).await, set(&[]));
}

async fn fifty_replacements_at_once_end_in_one_of_the_sets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = id_of(&full.create("m2m", json!({})).await);
    let all: Vec<String> = several(&full, &["A", "B", "C", "D", "E", "F"]).await.iter().map(id_of).collect();
    // Each of them another set of the six.
    let sets: Vec<BTreeSet<String>> = (1..=50_usize)
        .map(|bits| (0..6).filter(|bit| bits >> bit & 1 == 1).map(|bit| all[bit].clone()).collect())
        .collect();
    let requests = sets.iter().map(|set| {
        let ids: Vec<&str> = set.iter().map(String::as_str).collect();
        let (full, application) = (&full, &application);
        async move { replace(full, application, &ids).await }
    });
    for answer in join_all(requests).await {
        answer.ok();
    }
    let settled = attached(&full, &application).await;
    assert!(sets.contains(&settled), "{settled:?}");
    let entries = full.entries("application.integrations_changed").await;
    let told = json!({ "integration_ids": settled });
    assert!(entries.iter().any(|(_, after)| *after == told), "the history tells of it");
}

async fn an_archived_integration_is_not_reached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = id_of(&full.create("m2m", json!({})).await);
    let git = several(&full, &["Git"]).await.remove(0);
    replace(&full, &application, &[&id_of(&git)]).await.ok();
    full.delete(&path_of(&git)).await.with(204);
    assert!(attached(&full, &application).await.is_empty());
    let path = format!("/applications/{application}/integrations/{}", id_of(&git));
    full.act(&path).await.refused(404, "integration_not_found");
    made(&full, json!({ "name": "Git", "url": "https://a.example", "confirm_unarchive": true })).await;
    assert_eq!(attached(&full, &application).await, BTreeSet::from([id_of(&git)]), "it is back");
}

async fn only_a_tenants_application_reaches_integrations(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let fields = ApplicationFields { name: Some("Everybody's".to_owned()), ..ApplicationFields::default() };
    let (global, _) = app.application_of(Owner::Global, "m2m", fields).await;
    let owner = app.owner().await;
    let git = id_of(&several(&owner, &["Git"]).await[0]);
    let before = database.dump().await;
    let path = format!("/applications/{global}/integrations");
    owner.get(&path).await.refused(400, "not_applicable");
    owner.act(&format!("{path}/{git}")).await.refused(400, "not_applicable");
    owner.delete(&format!("{path}/{git}")).await.refused(400, "not_applicable");
    replace(&owner, &global, &[&git]).await.refused(400, "not_applicable");
    assert_eq!(database.dump().await, before);
}

async fn an_application_that_is_deleted_leaves_no_attachment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = id_of(&full.create("m2m", json!({})).await);
    let git = several(&full, &["Git"]).await.remove(0);
    replace(&full, &application, &[&id_of(&git)]).await.ok();
    assert_eq!(database.dump().await["attachments"].len(), 1);
    full.delete(&format!("/applications/{application}")).await.with(204);
    assert_eq!(database.dump().await["attachments"].len(), 0);
    full.get(&path_of(&git)).await.ok();
}
