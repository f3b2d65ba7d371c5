//! Tools listed and called by an application that speaks for itself.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{InSession, agent, attach, in_session, machine, metadata_url, request, send, text, tools};
use crate::harness::{Elsewhere, ISSUER, Sent, TestApp};

on_each_database![
    an_agent_reaches_the_tools_of_what_is_attached_and_no_others,
    a_stranger_learns_who_gives_out_tokens,
    a_server_that_forgot_is_spoken_to_anew,
    one_that_does_not_answer_is_left_out,
];

async fn an_agent_reaches_the_tools_of_what_is_attached_and_no_others(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (server, machine) = (tools().await, machine(&full, "Agent").await);
    let id = text(&machine, "id").to_owned();
    let url = format!("{}/mcp", server.url);
    let open = json!({ "name": "Git", "url": url });
    let git = attach(&full, &id, open).await;
    let shown = json!({
        "name": "my mail", "url": url, "auth_mode": "server_token", "server_token": "hush-hush",
    });
    let mail = attach(&full, &id, shown).await;
    let by_itself = json!({ "name": "vault", "url": url, "category": "internal_mcp_credentials" });
    attach(&full, &id, by_itself).await;
    full.post("/integrations", json!({ "name": "other", "url": url })).await.created();

    let session = InSession::begin(agent(&app, &machine).await).await;
    assert_eq!(session.ask("ping", json!({})).await, Ok(json!({})));
    let slug = format!("my-mail-{}", mail[mail.len() - 6..].to_lowercase());
    let expected: Vec<String> = ["git", slug.as_str()]
        .iter()
        .flat_map(|slug| ["echo", "fail", "add"].map(|tool| format!("{slug}__{tool}")))
        .collect();
    assert_eq!(session.names().await, expected);

    let result = session.call("git__echo", json!({ "a": 1 })).await.expect("is called");
    assert_eq!(result["content"][0]["text"], "{\"a\":1}");
    let told = json!({ "integration_id": git, "tool": "echo", "agent_session_id": session.id });
    assert_eq!(full.entries("integration.called").await, [(Value::Null, told)]);
    session.call(&format!("{slug}__echo"), json!({})).await.expect("is called");
    let failed = json!({ "code": -32_000, "message": "it failed", "data": { "why": "so" } });
    assert_eq!(session.call("git__fail", json!({})).await, Err(failed));
    let shown: Vec<String> = server.asked().into_iter().map(|asked| asked.authorization).collect();
    assert!(shown.iter().all(|shown| shown.is_empty() || shown == "Bearer hush-hush"), "{shown:?}");
    assert!(shown.iter().any(|shown| shown == "Bearer hush-hush"));

    app.tell_sightings().await;
    let seen = full.get(&format!("/applications/{id}/agent-sessions/{}", session.id)).await.data();
    assert_eq!((&seen["calls"], &seen["state"]), (&json!(3), &json!("active")));
    assert_eq!(seen["client"], json!({ "name": "tester", "version": "1.0" }));

    full.delete(&format!("/applications/{id}/integrations/{git}")).await.with(204);
    assert_eq!(session.names().await, expected[3..]);
    assert_eq!(session.call("git__echo", json!({})).await.expect_err("is gone")["code"], -32_602);
    full.delete(&format!("/integrations/{mail}")).await.with(204);
    assert_eq!(session.names().await, [] as [&str; 0]);
    let unknown = session.call(&format!("{slug}__echo"), json!({})).await.expect_err("is archived");
    assert_eq!(unknown["code"], -32_602);

    let end = session.user.request(Method::DELETE, "/mcp").header("mcp-session-id", &session.id);
    session.user.send(end, "").await.with(204);
    let gone = session.send(request("ping", json!({}))).await;
    assert_eq!((gone.status.as_u16(), &gone.body["error"]["code"]), (404, &json!(-32_001)));
    let end = session.user.request(Method::DELETE, "/mcp").header("mcp-session-id", &session.id);
    session.user.send(end, "").await.refused(404, "session_not_found");
    let ended = json!({ "agent_session_id": session.id });
    assert_eq!(full.entries("agent_session.ended").await, [(Value::Null, ended)]);
}

async fn a_stranger_learns_who_gives_out_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let answer = send(&app.nobody(), &[], request("initialize", json!({}))).await;
    let expected = format!("Bearer realm=\"appkeep\", resource_metadata=\"{}\"", metadata_url());
    assert_eq!(answer.header("www-authenticate"), expected);
    answer.refused(401, "invalid_token");
    let nobody = app.nobody();
    let asked = nobody.request(Method::GET, "/.well-known/oauth-protected-resource/mcp");
    let known = nobody.send(asked, "").await;
    assert_eq!(known.header("access-control-allow-origin"), "*");
    let known = known.ok();
    assert_eq!(known["resource"], format!("{ISSUER}/mcp"));
    assert_eq!(known["authorization_servers"], json!([ISSUER]));
    assert_eq!(known["bearer_methods_supported"], json!(["header"]));
    let asked = nobody.request(Method::GET, "/.well-known/oauth-protected-resource/t/nobody/mcp");
    nobody.send(asked, "").await.refused(404, "not_found");
}

async fn a_server_that_forgot_is_spoken_to_anew(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let asked_so_far = std::sync::atomic::AtomicUsize::new(0);
    let server = Elsewhere::start(move |_, asked| {
        let count = asked_so_far.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The first call of a tool, after the two that begin a session.
        if count == 2 { Sent::json(404, "{}".to_owned()) } else { in_session(asked) }
    })
    .await;
    let machine = machine(&full, "Agent").await;
    attach(&full, text(&machine, "id"), json!({ "name": "git", "url": format!("{}/mcp", server.url) })).await;
    let session = InSession::begin(agent(&app, &machine).await).await;
    session.call("git__echo", json!({})).await.expect("is called");
    session.call("git__echo", json!({})).await.expect("is called");
    let methods: Vec<String> = server
        .asked()
        .iter()
        .map(|asked| serde_json::from_str::<Value>(&asked.body).expect("JSON")["method"].to_string())
        .collect();
    let begin = ["\"initialize\"", "\"notifications/initialized\"", "\"tools/call\""];
    let expected: Vec<&str> = begin.iter().chain(&begin).chain(&["\"tools/call\""]).copied().collect();
    assert_eq!(methods, expected);
}

async fn one_that_does_not_answer_is_left_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (server, machine) = (tools().await, machine(&full, "Agent").await);
    let id = text(&machine, "id").to_owned();
    let broken = Elsewhere::start(|_, _| Sent::json(500, "{}".to_owned())).await;
    let odd = Elsewhere::start(|_, _| Sent::json(200, "[]".to_owned())).await;
    attach(&full, &id, json!({ "name": "git", "url": format!("{}/mcp", server.url) })).await;
    let down = attach(&full, &id, json!({ "name": "down", "url": format!("{}/mcp", broken.url) })).await;
    attach(&full, &id, json!({ "name": "odd", "url": format!("{}/mcp", odd.url) })).await;
    let session = InSession::begin(agent(&app, &machine).await).await;
    let listed = session.ask("tools/list", json!({})).await.expect("is listed");
    assert_eq!(super::names(&listed), ["git__echo", "git__fail", "git__add"]);
    let left_out = &listed["_meta"]["appkeep/left_out"];
    let told =
        json!({ "error": "unavailable", "integration_id": down, "integration": "down", "auth_mode": "none" });
    assert_eq!((&left_out[0], left_out.as_array().map(Vec::len)), (&told, Some(2)));
    let error = session.call("down__echo", json!({})).await.expect_err("does not answer");
    assert_eq!((&error["code"], &error["data"]), (&json!(-32_050), &told));
}
