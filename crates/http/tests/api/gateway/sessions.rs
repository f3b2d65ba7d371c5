//! `/applications/{application_id}/agent-sessions`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{InSession, agent, machine, request, text};
use crate::harness::{ISSUER, TestApp, User};

on_each_database![
    agents_sessions_are_listed_by_how_they_stand,
    a_session_is_ended_and_so_are_all,
    what_was_over_for_a_month_is_forgotten_and_counted,
    a_later_token_keeps_a_session,
    kontexts_gateway_is_that_of_whoever_gave_out_the_token,
];

const UNKNOWN: &str = "ags_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn states(user: &User<'_>, path: &str) -> Vec<String> {
    let listed = user.get(path).await.data();
    listed.as_array().expect("a list").iter().map(|one| text(one, "state").to_owned()).collect()
}

/// One that is idle, one that is active and one that has expired, in the order in
/// which they began.
async fn three(app: &TestApp, id: &str) {
    app.begin_agent(id, 3_600).await;
    app.clock.advance_micros(600_000_000);
    app.begin_agent(id, 3_600).await;
    app.clock.advance_micros(1_000);
    app.begin_agent(id, 60).await;
    app.clock.advance_micros(100_000_000);
}

async fn agents_sessions_are_listed_by_how_they_stand(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = machine(&full, "Agent").await;
    let id = text(&made, "id");
    three(&app, id).await;
    let path = format!("/applications/{id}/agent-sessions");
    for (query, expected) in [
        ("", &["expired", "active", "idle"][..]),
        ("?state=active", &["active"]),
        ("?state=idle", &["idle"]),
        ("?state=expired", &["expired"]),
        ("?state=ended", &[]),
        ("?user_id=usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", &[]),
    ] {
        assert_eq!(states(&full, &format!("{path}{query}")).await, expected, "{query}");
    }
    assert_eq!(full.each(&path, 1).await.len(), 3);
    for query in ["state=live", "user_id=x", "cursor=x", "limit=0", "limit=251"] {
        full.get(&format!("{path}?{query}")).await.refused(400, "invalid_request");
    }
    full.get(&format!("{path}/{UNKNOWN}")).await.refused(404, "session_not_found");
    full.get("/applications/app_01KAH8Q2M4F7V9X3C5N8R1T6ZD/agent-sessions")
        .await
        .refused(404, "app_not_found");
}

async fn a_session_is_ended_and_so_are_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (made, other) = (machine(&full, "Agent").await, machine(&full, "Other").await);
    let path = format!("/applications/{}/agent-sessions", text(&made, "id"));
    let session = InSession::begin(agent(&app, &made).await).await;
    let elsewhere = InSession::begin(agent(&app, &other).await).await;
    let one = format!("{path}/{}", session.id);
    let shown = full.get(&one).await.data();
    assert_eq!((&shown["state"], &shown["user_id"]), (&json!("active"), &Value::Null));
    assert_eq!((&shown["created_at"], &shown["address"]), (&json!(app.now()), &json!("203.0.113.7")));
    for _ in 0..2 {
        full.delete(&one).await.with(204);
        assert_eq!(full.get(&one).await.data()["ended_at"], app.now());
    }
    let ended = full.entries("agent_session.ended").await;
    assert_eq!(ended, [(Value::Null, json!({ "agent_session_id": session.id }))]);
    assert_eq!(session.send(request("ping", json!({}))).await.status, 404);
    elsewhere.send(request("ping", json!({}))).await.ok();
    for _ in 0..2 {
        InSession::begin(agent(&app, &made).await).await;
    }
    for count in [2, 0] {
        assert_eq!(full.delete(&path).await.data(), json!({ "ended": count }));
    }
    assert_eq!(states(&full, &path).await, ["ended"; 3]);
    assert_eq!(full.entries("application.agent_sessions_ended").await.len(), 1);
    full.delete(&format!("{path}/{UNKNOWN}")).await.refused(404, "session_not_found");
    elsewhere.send(request("ping", json!({}))).await.ok();
}

async fn what_was_over_for_a_month_is_forgotten_and_counted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = machine(&full, "Agent").await;
    let id = text(&made, "id");
    app.begin_agent(id, 60).await;
    let day = 24 * 60 * 60 * 1_000_000;
    for (days, rows) in [(29, 1), (2, 0)] {
        app.clock.advance_micros(days * day);
        app.sweep().await;
        assert_eq!(database.dump().await["agent_sessions"].len(), rows);
    }
    assert_eq!(database.dump().await["agent_session_totals"].len(), 1, "that there was one is known");
    let full = app.full().await;
    full.act(&format!("/applications/{id}/disable")).await.ok();
    full.delete(&format!("/applications/{id}")).await.with(204);
    assert_eq!(database.dump().await["agent_session_totals"].len(), 0);
}

async fn a_later_token_keeps_a_session(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = machine(&full, "Agent").await;
    let session = InSession::begin(agent(&app, &made).await).await;
    let path = format!("/applications/{}/agent-sessions/{}", text(&made, "id"), session.id);
    let first = full.get(&path).await.data();
    app.clock.advance_micros(60_000_000);
    let again = InSession { user: agent(&app, &made).await, id: session.id.clone() };
    again.send(request("ping", json!({}))).await.ok();
    app.tell_sightings().await;
    let later = full.get(&path).await.data();
    assert_eq!(later["last_seen_at"], app.now());
    assert!(text(&later, "expires_at") > text(&first, "expires_at"));
}

async fn kontexts_gateway_is_that_of_whoever_gave_out_the_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let below = app.tenant_of(None, "acme").await;
    let full = app.full_at(&below).await;
    let made = machine(&full, "Agent").await;
    let (client, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let asking = app.client(client, secret).at(&below.path);
    let form = "grant_type=client_credentials&resource=mcp-gateway";
    let given = asking.form("/oauth2/token", form).await.ok();
    let agent = app.bearing(text(&given, "access_token"));
    let body = request("initialize", json!({ "clientInfo": { "name": "kontext" } }));
    for (path, status) in [("/kontext/mcp", 200), ("/kontext/mcp/", 200), ("/mcp", 401)] {
        let answer = agent.json(Method::POST, path, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {}", answer.text);
    }
    let refused = app.nobody().json(Method::POST, "/kontext/mcp", body.clone()).await;
    let known = "/.well-known/oauth-protected-resource/kontext/mcp";
    let told = format!("Bearer realm=\"appkeep\", resource_metadata=\"{ISSUER}{known}\"");
    assert_eq!(refused.header("www-authenticate"), told);
    assert_eq!(refused.with(401)["statusCode"], 401);
    let nobody = app.nobody();
    let metadata = nobody.send(nobody.request(Method::GET, known), "").await.ok();
    let resource = format!("{ISSUER}/kontext/mcp");
    assert_eq!(
        (&metadata["resource"], &metadata["authorization_servers"]),
        (&json!(resource), &json!([ISSUER]))
    );
    // Whoever is registered for the gateway asks for it by that name as well.
    let here = app.full().await;
    for allowed in ["mcp-gateway", resource.as_str()] {
        let body = json!({ "allowed_scopes": ["mcp:invoke"], "allowed_resources": [allowed] });
        let made = here.create("m2m", body).await;
        let (client, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
        let given = app.token(client, secret, &format!("&resource={resource}")).await.ok();
        let agent = app.bearing(text(&given, "access_token"));
        let message = request("initialize", json!({ "clientInfo": { "name": "kontext" } }));
        agent.json(Method::POST, "/kontext/mcp", message).await.ok();
    }
    let path = format!("/applications/{}/agent-sessions", text(&made, "id"));
    assert_eq!(states(&full, &path).await, ["active"; 2]);
}
