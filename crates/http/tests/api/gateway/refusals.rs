//! Who is refused at the gateway, and what.

use appkeep_domain::Owner;
use appkeep_service::ApplicationFields;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{InSession, agent, machine, metadata_url, request, send, text};
use crate::harness::TestApp;

on_each_database![
    a_token_for_something_else_is_none_here,
    who_may_no_longer_come_is_refused_at_once,
    what_is_no_message_of_the_protocol_is_refused,
    a_session_is_the_agents_that_began_it,
    what_belongs_to_no_tenant_reaches_nothing,
];

async fn a_token_for_something_else_is_none_here(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ping = || request("ping", json!({}));
    let answer = send(&full, &[], ping()).await;
    let expected = format!(
        "Bearer realm=\"appkeep\", error=\"invalid_token\", resource_metadata=\"{}\"",
        metadata_url()
    );
    assert_eq!(answer.header("www-authenticate"), expected);
    answer.refused(401, "invalid_token");
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let body = json!({ "allowed_scopes": ["bills:read"], "allowed_resources": ["mcp-gateway"] });
    let other = full.create("m2m", body).await;
    let answer = send(&agent(&app, &other).await, &[], ping()).await;
    let told = answer.header("www-authenticate").to_owned();
    assert!(told.contains("scope=\"mcp:invoke\"") && told.contains("resource_metadata="), "{told}");
    answer.refused(403, "insufficient_scope");
    for method in [Method::GET, Method::DELETE] {
        let request = full.request(method, "/mcp");
        full.send(request, "").await.refused(401, "invalid_token");
    }
}

async fn who_may_no_longer_come_is_refused_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let machine = machine(&full, "Agent").await;
    let path = format!("/applications/{}", text(&machine, "id"));
    let session = InSession::begin(agent(&app, &machine).await).await;
    let answer = session.user.send(session.user.request(Method::GET, "/mcp"), "").await;
    assert_eq!(answer.header("allow"), "POST, DELETE");
    answer.refused(405, "method_not_allowed");
    let ping = || session.send(request("ping", json!({})));
    // From an integration that is the gateway.
    let round = send(&session.user, &[("appkeep-gateway", "1")], request("ping", json!({}))).await;
    round.refused(403, "forbidden");
    for (change, back, status, code) in [
        (
            json!({ "allowed_resources": [] }),
            json!({ "allowed_resources": ["mcp-gateway"] }),
            401,
            "invalid_token",
        ),
        (
            json!({ "allowed_scopes": ["bills:read"] }),
            json!({ "allowed_scopes": ["mcp:invoke"] }),
            403,
            "insufficient_scope",
        ),
    ] {
        full.patch(&path, change).await.ok();
        ping().await.refused(status, code);
        full.patch(&path, back).await.ok();
        ping().await.ok();
    }
    full.act(&format!("{path}/disable")).await.ok();
    ping().await.refused(403, "forbidden");
    full.act(&format!("{path}/enable")).await.ok();
    ping().await.ok();
    full.act(&format!("{path}/archive")).await.ok();
    ping().await.refused(401, "invalid_token");
    let ended = full.get(&format!("{path}/agent-sessions/{}", session.id)).await.data();
    assert_eq!((&ended["state"], &ended["ended_at"]), (&json!("ended"), &json!(app.now())));
}

async fn what_is_no_message_of_the_protocol_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let machine = machine(&full, "Agent").await;
    let session = InSession::begin(agent(&app, &machine).await).await;
    let plain = session.user.request(Method::POST, "/mcp").header("content-type", "application/json");
    let answer = session.user.send(plain, "{").await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]["code"]), (400, &json!(-32_700)));
    for (message, status, code) in [
        (json!([request("ping", json!({}))]), 400, -32_600),
        (json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }), 400, -32_600),
        (request("ping", json!([])), 400, -32_602),
        (request("resources/list", json!({})), 200, -32_601),
        (request("server/discover", json!({})), 200, -32_601),
        (request("tools/call", json!({})), 200, -32_602),
        (request("tools/call", json!({ "name": "x__y", "arguments": [] })), 200, -32_602),
        (request("tools/call", json!({ "name": "nothing" })), 200, -32_602),
        (request("tools/list", json!({ "cursor": "x" })), 200, -32_602),
    ] {
        let answer = session.send(message.clone()).await;
        let found = (answer.status.as_u16(), &answer.body["error"]["code"]);
        assert_eq!(found, (status, &json!(code)), "{message}");
    }
    let odd = [("mcp-session-id", session.id.as_str()), ("mcp-protocol-version", "2031-01-01")];
    let answer = send(&session.user, &odd, request("ping", json!({}))).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]["code"]), (400, &json!(-32_022)));
    let without = send(&session.user, &[], request("ping", json!({}))).await;
    assert_eq!((without.status.as_u16(), &without.body["error"]["code"]), (400, &json!(-32_600)));
    let began = full.entries("agent_session.began").await;
    assert_eq!(began, [(Value::Null, json!({ "agent_session_id": session.id }))]);
}

async fn a_session_is_the_agents_that_began_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (one, other) = (machine(&full, "One").await, machine(&full, "Other").await);
    let session = InSession::begin(agent(&app, &one).await).await;
    let stranger = InSession { user: agent(&app, &other).await, id: session.id.clone() };
    let answer = stranger.send(request("ping", json!({}))).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]["code"]), (404, &json!(-32_001)));
    let end = stranger.user.request(Method::DELETE, "/mcp").header("mcp-session-id", &session.id);
    stranger.user.send(end, "").await.refused(404, "session_not_found");
    let notice = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled" });
    assert_eq!(stranger.send(notice).await.status, 404);
    session.send(request("ping", json!({}))).await.ok();
}

async fn what_belongs_to_no_tenant_reaches_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let only = |word: &str| Some(vec![word.to_owned()]);
    let fields = ApplicationFields {
        name: Some("Everybody's".to_owned()),
        allowed_scopes: only("mcp:invoke"),
        allowed_resources: only("mcp-gateway"),
        ..ApplicationFields::default()
    };
    let (id, secret) = app.application_of(Owner::Global, "m2m", fields).await;
    let given = app.token(&id, &secret, "&resource=mcp-gateway").await.ok();
    let agent = app.bearing(text(&given, "access_token"));
    send(&agent, &[], request("initialize", json!({}))).await.refused(403, "forbidden");
}
