//! What keeps agents from each other's room, and whose tokens come to nothing.

use std::time::Duration;

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::people::{party, person};
use super::{InSession, agent, attach, machine, request, send, text, tools};
use crate::harness::{Answer, TestApp, User};

on_each_database![
    one_person_has_so_many_sessions_and_leaves_room_for_others,
    so_many_calls_are_under_way_at_once,
    what_was_issued_for_test_does_not_open_the_gateway,
    a_tenant_that_is_suspended_reaches_nothing,
    what_says_that_it_has_no_tools_is_not_asked_for_any,
];

async fn initialize(user: &User<'_>) -> Answer {
    send(user, &[], request("initialize", json!({ "protocolVersion": "2025-06-18" }))).await
}

async fn one_person_has_so_many_sessions_and_leaves_room_for_others(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let party = party(&full, "Shop").await;
    for email in ["ada@example.com", "bob@example.com"] {
        full.person(email).await;
    }
    let (ada, _) = person(&app, &party, "ada@example.com").await;
    let (bob, _) = person(&app, &party, "bob@example.com").await;
    let mut last = String::new();
    for _ in 0..100 {
        let answer = initialize(&ada).await;
        answer.header("mcp-session-id").clone_into(&mut last);
        answer.ok();
    }
    initialize(&ada).await.refused(429, "too_many_requests");
    assert_eq!(database.dump().await["agent_sessions"].len(), 100);
    initialize(&bob).await.ok();
    let end = ada.request(Method::DELETE, "/mcp").header("mcp-session-id", &last);
    ada.send(end, "").await.with(204);
    initialize(&ada).await.ok();
    initialize(&ada).await.refused(429, "too_many_requests");
}

async fn so_many_calls_are_under_way_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let party = party(&full, "Shop").await;
    // It is connected to, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", silent.local_addr().expect("bound"));
    attach(&full, &party.client_id, json!({ "name": "git", "url": url })).await;
    for email in ["ada@example.com", "bob@example.com"] {
        full.person(email).await;
    }
    let (ada, _) = person(&app, &party, "ada@example.com").await;
    let (bob, _) = person(&app, &party, "bob@example.com").await;
    let (ada, bob) = (InSession::begin(ada).await, InSession::begin(bob).await);
    let call = || request("tools/call", json!({ "name": "git__echo", "arguments": {} }));
    let under_way = join_all((0..16).map(|_| ada.send(call())));
    let others = async {
        let mut passed_on = Vec::new();
        while passed_on.len() < 16 {
            passed_on.push(silent.accept().await.expect("is called"));
        }
        ada.send(call()).await.refused(429, "too_many_requests");
        // What is not passed on needs no room, and others have their own.
        ada.send(request("ping", json!({}))).await.ok();
        let passed_on = tokio::time::timeout(Duration::from_millis(50), bob.send(call())).await;
        assert!(passed_on.is_err(), "it waits for an answer");
    };
    tokio::select! {
        _ = under_way => panic!("somebody answered"),
        () = others => {}
    }
    // What nobody waits for is over.
    let one_more = tokio::time::timeout(Duration::from_millis(50), ada.send(call())).await;
    assert!(one_more.is_err(), "it waits for an answer");
}

async fn what_was_issued_for_test_does_not_open_the_gateway(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({
        "user_pool": "application", "allowed_scopes": ["mcp:invoke"], "allowed_resources": ["mcp-gateway"],
    });
    let made = full.create("server", body).await;
    for (place, opens) in [(0, true), (1, false)] {
        let keys = &made["environments"][place];
        let (name, secret) = (text(keys, "public_key"), text(keys, "secret_key"));
        let given = app.token(name, secret, "&resource=mcp-gateway").await.ok();
        assert_eq!(given["scope"], "mcp:invoke");
        let user = app.bearing(text(&given, "access_token"));
        if opens {
            initialize(&user).await.ok();
            continue;
        }
        let answer = initialize(&user).await;
        assert!(answer.header("www-authenticate").contains("resource_metadata="));
        answer.refused(401, "invalid_token");
    }
    assert_eq!(database.dump().await["agent_sessions"].len(), 1);
}

async fn a_tenant_that_is_suspended_reaches_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let tenant = owner.tenant("acme", None).await;
    let acme = owner.clone().at("/t/acme");
    let server = tools().await;
    let made = machine(&acme, "Agent").await;
    let (client, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    attach(&acme, text(&made, "id"), json!({ "name": "git", "url": format!("{}/mcp", server.url) })).await;
    let form = "grant_type=client_credentials&resource=mcp-gateway";
    let given = app.client(client, secret).at("/t/acme").form("/oauth2/token", form).await.ok();
    let session = InSession::begin(app.bearing(text(&given, "access_token")).at("/t/acme")).await;
    session.call("git__echo", json!({})).await.expect("is called");
    owner.act(&format!("/tenants/{tenant}/suspend")).await.ok();
    let call = || request("tools/call", json!({ "name": "git__echo", "arguments": {} }));
    session.send(call()).await.refused(403, "forbidden");
    initialize(&session.user).await.refused(403, "forbidden");
    owner.act(&format!("/tenants/{tenant}/resume")).await.ok();
    session.call("git__echo", json!({})).await.expect("is called again");
    assert_eq!(acme.entries("integration.called").await.len(), 2);
}

async fn what_says_that_it_has_no_tools_is_not_asked_for_any(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (server, made) = (tools().await, machine(&full, "Agent").await);
    let url = format!("{}/mcp", server.url);
    let id = text(&made, "id");
    let body = json!({ "name": "git", "url": url, "capabilities": { "prompts": true } });
    let git = attach(&full, id, body).await;
    let session = InSession::begin(agent(&app, &made).await).await;
    let path = format!("/integrations/{git}");
    for (capabilities, offered) in [
        (json!({ "prompts": true }), false),
        (json!({ "prompts": true, "tools": true }), true),
        (json!({ "prompts": false, "tools": false, "resources": true }), false),
        // Nobody said anything.
        (json!({ "prompts": false, "tools": false, "resources": false }), true),
    ] {
        full.patch(&path, json!({ "capabilities": capabilities })).await.ok();
        let before = server.asked().len();
        let listed = session.ask("tools/list", json!({})).await.expect("is listed");
        assert_eq!(super::names(&listed).is_empty(), !offered, "{capabilities}");
        assert_eq!(listed["_meta"], Value::Null);
        let called = session.call("git__echo", json!({})).await;
        match called {
            Ok(_) => assert!(offered, "{capabilities}"),
            Err(error) => assert_eq!((offered, &error["code"]), (false, &json!(-32_602))),
        }
        assert_eq!(server.asked().len() > before, offered, "{capabilities}");
    }
}
