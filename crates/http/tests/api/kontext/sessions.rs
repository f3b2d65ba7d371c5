//! `/applications/:id/sessions`, and `agent-instances` as older clients say.

use std::collections::BTreeSet;

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, delete, get, holding, ids, members, placed, public, read, refused, text};
use crate::harness::{TestApp, User};

on_each_database![
    sessions_are_listed_by_how_they_stand,
    a_session_is_looked_at_and_ended,
    all_sessions_of_an_application_are_revoked,
    older_clients_find_them_as_agent_instances,
    agent_instances_are_listed_by_how_they_stand,
    who_may_not_end_sessions_is_told_so,
];

const FIELDS: [&str; 15] = [
    "agentId",
    "clientInfo",
    "connectedAt",
    "createdAt",
    "derivedStatus",
    "disconnectedAt",
    "hostname",
    "id",
    "lastActiveAt",
    "name",
    "organizationId",
    "status",
    "tokenExpiresAt",
    "userAgent",
    "userId",
];

/// One that is idle, one that is active and one that has expired, in the order
/// in which they began.
async fn three(app: &TestApp, id: &str) {
    app.begin_agent(id, 3_600).await;
    app.clock.advance_micros(600_000_000);
    app.begin_agent(id, 3_600).await;
    app.clock.advance_micros(1_000);
    app.begin_agent(id, 60).await;
    app.clock.advance_micros(100_000_000);
}

async fn derived(user: &User<'_>, path: &str) -> Vec<String> {
    let listed = get(user, path).await.ok();
    assert_eq!(members(&listed), BTreeSet::from(["items", "nextCursor"]));
    let each = listed["items"].as_array().expect("a list").iter();
    each.map(|session| text(&session["derivedStatus"]).to_owned()).collect()
}

async fn sessions_are_listed_by_how_they_stand(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    three(&app, &id).await;
    let list = format!("{path}/sessions");
    for (query, expected) in [
        ("", &["active", "idle"][..]),
        ("?status=active", &["active", "idle"]),
        ("?status=inactive", &["expired"]),
        ("?status=all", &["expired", "active", "idle"]),
        ("?includeInactive=true", &["expired", "active", "idle"]),
        ("?includeInactive=false", &["active", "idle"]),
        ("?limit=1", &["active"]),
    ] {
        assert_eq!(derived(&owner, &format!("{list}{query}")).await, expected, "{query}");
    }
    let cursor = get(&owner, &format!("{list}?limit=1")).await.ok()["nextCursor"].take();
    assert_eq!(derived(&owner, &format!("{list}?limit=1&cursor={}", text(&cursor))).await, ["idle"]);
    for query in ["status=idle", "status=", "limit=0", "limit=201", "cursor=x", "includeInactive=maybe"] {
        refused(get(&owner, &format!("{list}?{query}")).await, 400);
    }
    refused(get(&owner, &format!("/applications/{UNKNOWN}/sessions")).await, 404);
}

async fn a_session_is_looked_at_and_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    let begun = app.now();
    app.begin_agent(&id, 3_600).await;
    let session = ids(&get(&owner, &format!("{path}/sessions")).await.ok()["items"]).remove(0);
    let one = format!("{path}/sessions/{session}");
    let shown = get(&owner, &one).await.ok();
    assert_eq!(members(&shown), BTreeSet::from(["session"]));
    assert_eq!(members(&shown["session"]), BTreeSet::from(FIELDS));
    for (member, value) in [
        ("id", json!(session)),
        ("status", json!("active")),
        ("derivedStatus", json!("active")),
        ("tokenExpiresAt", json!(app.after(3_600))),
        ("lastActiveAt", json!(begun)),
        ("connectedAt", json!(begun)),
        ("createdAt", json!(begun)),
        ("disconnectedAt", Value::Null),
        ("agentId", json!(id)),
        ("organizationId", json!(app.tenant().to_uuid())),
        ("hostname", Value::Null),
        ("clientInfo", Value::Null),
    ] {
        assert_eq!(shown["session"][member], value, "{member}");
    }
    for _ in 0..2 {
        delete(&owner, &one).await.with(204);
        let shown = get(&owner, &one).await.ok();
        assert_eq!(
            (&shown["session"]["status"], &shown["session"]["derivedStatus"]),
            (&json!("disconnected"), &json!("disconnected"))
        );
        assert_eq!(shown["session"]["disconnectedAt"], json!(app.now()));
    }
    refused(get(&owner, &format!("{path}/sessions/{UNKNOWN}")).await, 404);
    refused(delete(&owner, &format!("{path}/sessions/garbage")).await, 404);
}

async fn all_sessions_of_an_application_are_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    let (other, elsewhere) = placed(&owner, "Other", public()).await;
    three(&app, &id).await;
    app.begin_agent(&other, 3_600).await;
    for count in [2, 0] {
        let answer = delete(&owner, &format!("{path}/sessions")).await.ok();
        assert_eq!(answer, json!({ "success": true, "disconnectedCount": count }));
    }
    assert_eq!(derived(&owner, &format!("{path}/sessions")).await, [] as [&str; 0]);
    assert_eq!(read(&owner, &path).await["liveSessionCount"], 0);
    assert_eq!(read(&owner, &elsewhere).await["liveSessionCount"], 1);
    refused(delete(&owner, &format!("/applications/{UNKNOWN}/sessions")).await, 404);
}

async fn older_clients_find_them_as_agent_instances(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    app.begin_agent(&id, 3_600).await;
    let sessions = get(&owner, &format!("{path}/sessions")).await.ok();
    assert_eq!(get(&owner, &format!("{path}/agent-instances")).await.ok(), sessions);
    let of_application = get(&owner, &format!("/agent-instances?applicationId={id}")).await.ok();
    assert_eq!(of_application, sessions);
    let session = &sessions["items"][0];
    for of in [format!("{path}/agent-instances"), "/agent-instances".to_owned()] {
        let one = format!("{of}/{}", text(&session["id"]));
        assert_eq!(get(&owner, &one).await.ok(), json!({ "agentInstance": session }));
    }
    let everybodys = get(&owner, "/agent-instances").await.ok();
    assert!(ids(&everybodys["items"]).contains(&text(&session["id"]).to_owned()));
    let one = format!("/agent-instances/{}", text(&session["id"]));
    let answer = delete(&owner, &one).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_eq!(get(&owner, &one).await.ok()["agentInstance"]["status"], "disconnected");
    app.begin_agent(&id, 3_600).await;
    delete(&owner, &format!("{path}/agent-instances")).await.with(204);
    assert_eq!(read(&owner, &path).await["liveSessionCount"], 0);
    refused(get(&owner, &format!("/agent-instances/{UNKNOWN}")).await, 404);
    refused(delete(&owner, &format!("/agent-instances/{UNKNOWN}")).await, 404);
    refused(get(&owner, "/agent-instances?memberId=nobody").await, 400);
    refused(delete(&owner, "/agent-instances").await, 405);
}

async fn agent_instances_are_listed_by_how_they_stand(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    three(&app, &id).await;
    for list in [
        "/agent-instances?".to_owned(),
        format!("/agent-instances?applicationId={id}&"),
        format!("{path}/agent-instances?"),
    ] {
        for (query, expected) in [
            ("", &["active", "idle"][..]),
            ("status=active", &["active", "idle"]),
            ("status=inactive", &["expired"]),
            ("status=all", &["expired", "active", "idle"]),
            ("includeInactive=true", &["expired", "active", "idle"]),
        ] {
            assert_eq!(derived(&owner, &format!("{list}{query}")).await, expected, "{list}{query}");
        }
        for query in ["status=idle", "status=", "includeInactive=maybe"] {
            refused(get(&owner, &format!("{list}{query}")).await, 400);
        }
    }
}

async fn who_may_not_end_sessions_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let (id, path) = placed(&admin, "My App", public()).await;
    app.begin_agent(&id, 3_600).await;
    let viewer = holding(&app, Role::Viewer).await;
    let session = ids(&get(&viewer, &format!("{path}/sessions")).await.ok()["items"]).remove(0);
    for path in [
        format!("{path}/sessions"),
        format!("{path}/sessions/{session}"),
        format!("{path}/agent-instances"),
        format!("/agent-instances/{session}"),
    ] {
        refused(delete(&viewer, &path).await, 403);
    }
    assert_eq!(read(&admin, &path).await["liveSessionCount"], 1);
}
