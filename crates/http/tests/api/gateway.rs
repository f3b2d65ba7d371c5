//! `/mcp`: what agents reach, and what is known of them.

mod calls;
mod limits;
mod people;
mod refusals;
mod sessions;
mod stateless;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, AskedThere, Elsewhere, ISSUER, Sent, TestApp, User};

/// A server of tools, which begins sessions: `echo`, which repeats what it was
/// given, `fail`, which is refused, and on a second page `add`.
async fn tools() -> Elsewhere {
    Elsewhere::start(|_, asked| in_session(asked)).await
}

fn in_session(asked: &AskedThere) -> Sent {
    let call: Value = serde_json::from_str(&asked.body).expect("JSON");
    let method = call["method"].as_str().expect("a method");
    if method == "initialize" {
        let mut sent = result(&call, json!({ "protocolVersion": "2025-06-18", "capabilities": {} }));
        sent.headers.push(("mcp-session-id", "theirs".to_owned()));
        return sent;
    }
    assert_eq!(asked.headers["mcp-session-id"], "theirs", "{method}");
    assert_eq!(asked.headers["appkeep-gateway"], "1", "{method}");
    assert_eq!(asked.headers["mcp-protocol-version"], "2025-06-18", "{method}");
    if method == "notifications/initialized" {
        return Sent { status: 202, headers: Vec::new(), body: String::new() };
    }
    answer(&call)
}

fn answer(call: &Value) -> Sent {
    let params = &call["params"];
    let tool = |name: &str| json!({ "name": name, "inputSchema": { "type": "object" } });
    match (call["method"].as_str(), params["name"].as_str()) {
        (Some("tools/list"), _) if params["cursor"] == "2" => result(call, json!({ "tools": [tool("add")] })),
        (Some("tools/list"), _) => {
            let tools = json!([tool("echo"), tool("fail"), { "name": "no schema" }]);
            result(call, json!({ "tools": tools, "nextCursor": "2" }))
        }
        (Some("tools/call"), Some("echo")) => {
            let text = params["arguments"].to_string();
            result(call, json!({ "content": [{ "type": "text", "text": text }] }))
        }
        _ => {
            let error = json!({ "code": -32_000, "message": "it failed", "data": { "why": "so" } });
            let message = json!({ "jsonrpc": "2.0", "id": call["id"], "error": error });
            Sent::json(200, message.to_string())
        }
    }
}

fn result(call: &Value, result: Value) -> Sent {
    Sent::json(200, json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }).to_string())
}

/// A machine whose tokens are for the gateway.
async fn machine(full: &User<'_>, name: &str) -> Value {
    let body =
        json!({ "name": name, "allowed_scopes": ["mcp:invoke"], "allowed_resources": ["mcp-gateway"] });
    full.create("m2m", body).await
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().expect("text")
}

/// By a token of its own.
async fn agent<'a>(app: &'a TestApp, machine: &Value) -> User<'a> {
    let (id, secret) = (text(machine, "client_id"), text(machine, "client_secret"));
    let given = app.token(id, secret, "&resource=mcp-gateway").await.ok();
    app.bearing(text(&given, "access_token"))
}

/// An integration that the application is attached to; its id.
async fn attach(full: &User<'_>, application: &str, integration: Value) -> String {
    let made = full.post("/integrations", integration).await.created();
    let id = text(&made, "id").to_owned();
    full.act(&format!("/applications/{application}/integrations/{id}")).await.with(204);
    id
}

/// An agent in a session.
pub(crate) struct InSession<'a> {
    user: User<'a>,
    id: String,
}

impl<'a> InSession<'a> {
    pub(crate) async fn begin(user: User<'a>) -> Self {
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "tester", "version": "1.0", "sessionId": "x" },
        });
        let answer = send(&user, &[], request("initialize", params)).await;
        let id = answer.header("mcp-session-id").to_owned();
        let result = answer.ok()["result"].take();
        assert_eq!(result["protocolVersion"], "2025-06-18");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        let session = Self { user, id };
        let notice = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let noted = session.send(notice).await;
        assert_eq!((noted.status.as_u16(), noted.text.as_str()), (202, ""));
        session
    }

    async fn send(&self, message: Value) -> Answer {
        let headers = [("mcp-session-id", self.id.as_str()), ("mcp-protocol-version", "2025-06-18")];
        send(&self.user, &headers, message).await
    }

    /// The result, or the error, of a request.
    async fn ask(&self, method: &str, params: Value) -> Result<Value, Value> {
        outcome(self.send(request(method, params)).await)
    }

    async fn names(&self) -> Vec<String> {
        names(&self.ask("tools/list", json!({})).await.expect("is listed"))
    }

    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Result<Value, Value> {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await
    }
}

fn names(listed: &Value) -> Vec<String> {
    let tools = listed["tools"].as_array().expect("a list").iter();
    tools.map(|tool| text(tool, "name").to_owned()).collect()
}

fn outcome(answer: Answer) -> Result<Value, Value> {
    let mut message = answer.ok();
    assert_eq!((&message["jsonrpc"], &message["id"]), (&json!("2.0"), &json!(7)));
    if message["error"].is_null() { Ok(message["result"].take()) } else { Err(message["error"].take()) }
}

fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

async fn send(user: &User<'_>, headers: &[(&str, &str)], message: Value) -> Answer {
    let request = user.request(Method::POST, "/mcp").header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    user.send(request, message.to_string()).await
}

/// Where a stranger is told who gives out tokens.
fn metadata_url() -> String {
    format!("{ISSUER}/.well-known/oauth-protected-resource/mcp")
}
