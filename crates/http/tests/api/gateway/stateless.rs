//! The protocol without sessions, on both sides (MCP 2026-07-28).

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{agent, answer, attach, machine, names, outcome, request, send, text};
use crate::harness::{Answer, Elsewhere, Sent, TestApp, User};

on_each_database![an_agent_without_a_session_is_answered, what_its_heads_do_not_say_is_refused];

const VERSION: &str = "2026-07-28";

/// It begins no session, and takes nothing that does not say what it is.
async fn modern() -> Elsewhere {
    Elsewhere::start(|_, asked| {
        let call: Value = serde_json::from_str(&asked.body).expect("JSON");
        if call["method"] == "initialize" {
            let error = json!({ "code": -32_022, "message": "no", "data": { "supported": [VERSION] } });
            return Sent::json(
                400,
                json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }).to_string(),
            );
        }
        assert_eq!(asked.headers["mcp-protocol-version"], VERSION);
        assert_eq!(asked.headers["mcp-method"], *text(&call, "method"));
        let meta = &call["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], VERSION);
        assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
        assert!(asked.headers.get("mcp-session-id").is_none());
        let name = asked.headers.get("mcp-name").map(|name| name.to_str().expect("text"));
        assert_eq!(name, call["params"]["name"].as_str());
        answer(&call)
    })
    .await
}

/// With what each request says.
fn said(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": { "name": "tester", "version": "2.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request(method, params)
}

async fn ask(user: &User<'_>, method: &str, params: Value) -> Answer {
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let heads = [("mcp-protocol-version", VERSION), ("mcp-method", method), ("mcp-name", &name)];
    let heads = if name.is_empty() { &heads[..2] } else { &heads[..] };
    send(user, heads, said(method, params)).await
}

async fn an_agent_without_a_session_is_answered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (server, machine) = (modern().await, machine(&full, "Agent").await);
    let id = text(&machine, "id").to_owned();
    attach(&full, &id, json!({ "name": "git", "url": format!("{}/mcp", server.url) })).await;
    let user = agent(&app, &machine).await;
    let known = outcome(ask(&user, "server/discover", json!({})).await).expect("is told");
    assert_eq!(known["supportedVersions"], json!([VERSION, "2025-11-25", "2025-06-18"]));
    assert_eq!(known["resultType"], "complete");
    let sessions = format!("/applications/{id}/agent-sessions");
    assert_eq!(full.get(&sessions).await.data(), json!([]), "to look begins none");

    let listed = outcome(ask(&user, "tools/list", json!({})).await).expect("is listed");
    assert_eq!(names(&listed), ["git__echo", "git__fail", "git__add"]);
    assert_eq!((&listed["resultType"], &listed["cacheScope"]), (&json!("complete"), &json!("private")));
    assert_eq!(listed["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "appkeep");
    let call = json!({ "name": "git__echo", "arguments": { "a": 1 } });
    let result = outcome(ask(&user, "tools/call", call).await).expect("is called");
    assert_eq!(
        (&result["resultType"], &result["content"][0]["text"]),
        (&json!("complete"), &json!("{\"a\":1}"))
    );
    app.tell_sightings().await;
    let listed = full.get(&sessions).await.data();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "the agent has one session");
    assert_eq!((&listed[0]["calls"], &listed[0]["protocol_version"]), (&json!(1), &json!(VERSION)));

    let one = format!("{sessions}/{}", text(&listed[0], "id"));
    full.delete(&one).await.with(204);
    outcome(ask(&user, "tools/list", json!({})).await).expect("begins another");
    assert_eq!(full.get(&sessions).await.data().as_array().map(Vec::len), Some(2));
}

async fn what_its_heads_do_not_say_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let user = agent(&app, &machine(&full, "Agent").await).await;
    let version = ("mcp-protocol-version", VERSION);
    let call = || said("tools/call", json!({ "name": "git__echo" }));
    for (heads, message, status, code) in [
        (&[version, ("mcp-method", "tools/call"), ("mcp-name", "git__echo")][..], call(), 200, -32_602),
        (&[("mcp-method", "tools/call"), ("mcp-name", "git__echo")], call(), 400, -32_020),
        (&[version, ("mcp-method", "tools/list"), ("mcp-name", "git__echo")], call(), 400, -32_020),
        (&[version, ("mcp-method", "tools/call"), ("mcp-name", "git__add")], call(), 400, -32_020),
        (&[version, ("mcp-method", "tools/call")], call(), 400, -32_020),
        (&[version, ("mcp-method", "tools/list")], request("tools/list", json!({})), 400, -32_020),
        (&[version, ("mcp-method", "ping")], said("ping", json!({})), 404, -32_601),
        (&[version, ("mcp-method", "initialize")], said("initialize", json!({})), 404, -32_601),
    ] {
        let answer = send(&user, heads, message).await;
        let found = (answer.status.as_u16(), &answer.body["error"]["code"]);
        assert_eq!(found, (status, &json!(code)), "{heads:?}");
    }
}
