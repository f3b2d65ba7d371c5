//! "Existing user connections to that integration remain intact but will no
//! longer be usable through this application."

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{act, delete, made, post, put, text};
use crate::gateway::InSession;
use crate::harness::{Elsewhere, REDIRECT_URI, RelyingParty, Sent, TestApp, Tokens, User};

on_each_database![a_connection_remains_after_a_detach_and_is_usable_when_it_is_attached_again];

/// A server of one tool, which takes one token only.
async fn tools() -> Elsewhere {
    Elsewhere::start(|_, asked| {
        let call: Value = serde_json::from_str(&asked.body).expect("JSON");
        let result = match call["method"].as_str() {
            _ if asked.authorization != "Bearer hush-ada" => return Sent::json(401, "{}".to_owned()),
            Some("initialize") => json!({ "protocolVersion": "2025-06-18", "capabilities": {} }),
            Some("notifications/initialized") => {
                return Sent { status: 202, headers: Vec::new(), body: String::new() };
            }
            Some("tools/list") => {
                json!({ "tools": [{ "name": "echo", "inputSchema": { "type": "object" } }] })
            }
            _ => json!({ "content": [{ "type": "text", "text": "said" }] }),
        };
        Sent::json(200, json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }).to_string())
    })
    .await
}

/// A token of hers, asked for with this.
async fn token<'a>(app: &'a TestApp, party: &RelyingParty<'a>, more: &[(&str, &str)]) -> User<'a> {
    let back = party.walk(&app.browser(), "ada@example.com", more).await;
    let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
    app.bearing(&Tokens::of(&party.trade(&code).await.ok()).access)
}

async fn a_connection_remains_after_a_detach_and_is_usable_when_it_is_attached_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, server) = (app.owner().await, tools().await);
    app.full().await.person("ada@example.com").await;
    let oauth = json!({
        "type": "public", "redirectUris": [REDIRECT_URI], "scopes": ["openid", "mcp:invoke"],
        "allowedResources": ["mcp-gateway"],
    });
    let application = made(&owner, "My App", oauth).await;
    let path = format!("/applications/{}", text(&application["application"]["id"]));
    let body = json!({ "name": "git", "url": format!("{}/mcp", server.url), "authMode": "user_token" });
    let integration = post(&owner, "/integrations", body).await.with(201);
    let id = text(&integration["integration"]["id"]);
    let one = format!("{path}/integrations/{id}");
    act(&owner, &one).await.with(204);

    let party = RelyingParty::new(&app, text(&application["oauth"]["clientId"]).to_owned());
    let own = token(&app, &party, &[("scope", "openid")]).await;
    let for_gateway = [("scope", "openid mcp:invoke"), ("resource", "mcp-gateway")];
    let session = InSession::begin(token(&app, &party, &for_gateway).await).await;
    let connection = format!("/api/v1/account/integrations/{id}/connection");
    own.json(Method::PUT, &connection, json!({ "token": "hush-ada" })).await.ok();
    session.call("git__echo", json!({})).await.expect("is connected");

    let (list, ids) = (format!("{path}/integrations"), |ids: Value| json!({ "integrationIds": ids }));
    for (detach_all, attach_all) in [(false, false), (true, true), (false, true)] {
        if detach_all {
            put(&owner, &list, ids(json!([]))).await.ok();
        } else {
            delete(&owner, &one).await.with(204);
        }
        let error = session.call("git__echo", json!({})).await.expect_err("is not attached");
        assert_eq!(error["code"], -32_602, "it is not usable through this application");
        own.get(&format!("/account/integrations/{id}/connection"))
            .await
            .refused(404, "integration_not_found");
        assert_eq!(database.dump().await["linked_accounts"].len(), 1, "it remains intact");
        if attach_all {
            put(&owner, &list, ids(json!([id]))).await.ok();
        } else {
            act(&owner, &one).await.with(204);
        }
        session.call("git__echo", json!({})).await.expect("is the same connection");
    }
    let status = own.get(&format!("/account/integrations/{id}/connection")).await.data();
    assert_eq!(status["status"], "connected");
}
