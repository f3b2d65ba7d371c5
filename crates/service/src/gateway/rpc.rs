//! The words of JSON-RPC 2.0 and of MCP, in both ways that agents speak it: in a
//! session that they begin (until 2025-11-25), and without one, where each
//! request says all there is to know (2026-07-28).

use appkeep_domain::AgentClient;
use serde_json::{Map, Value, json};

use super::{AgentMessage, GatewayReply};

/// Versions in which an agent begins a session, the newest first.
pub(super) const WITH_SESSIONS: [&str; 2] = ["2025-11-25", "2025-06-18"];
/// What an agent is offered whose version is none of ours.
const OFFERED: &str = "2025-06-18";
/// The version without sessions.
pub(super) const STATELESS: &str = "2026-07-28";

/// Where a request without a session says what it is.
pub(super) const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(super) const CLIENT: &str = "io.modelcontextprotocol/clientInfo";
pub(super) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER: &str = "io.modelcontextprotocol/serverInfo";

const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const NO_SESSION: i64 = -32_001;
const HEADER_MISMATCH: i64 = -32_020;
const UNSUPPORTED_VERSION: i64 = -32_022;
/// Ours: what is asked for is there, and is not reached.
const NOT_REACHED: i64 = -32_050;

/// What was said.
pub(super) enum Spoken {
    Request(Asking),
    /// A notice, or an answer to something that nobody asked.
    Nothing {
        session: Option<String>,
    },
}

/// A request.
pub(super) struct Asking {
    id: Value,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
    pub(super) is_stateless: bool,
    /// Which one it names.
    pub(super) session: Option<String>,
}

/// What is answered to it.
pub(super) enum Reply {
    Result(Map<String, Value>),
    Error { code: i64, message: String, data: Option<Value> },
}

/// The message, if it is one and its heads say what it does.
pub(super) fn read(message: AgentMessage) -> Result<Spoken, GatewayReply> {
    let AgentMessage { body, version, session, method: named_method, name } = message;
    let refuse =
        |id: &Value, code, text: &str| GatewayReply::Malformed(written(id, &Reply::error(code, text)));
    let Some(body) = body else { return Err(refuse(&Value::Null, PARSE_ERROR, "this is no JSON")) };
    let Value::Object(mut body) = body else {
        return Err(refuse(&Value::Null, INVALID_REQUEST, "this is no single message of JSON-RPC"));
    };
    let id = body.remove("id");
    let method = match body.remove("method") {
        Some(Value::String(method)) if body.get("jsonrpc") == Some(&json!("2.0")) => method,
        None if body.contains_key("result") || body.contains_key("error") => {
            return Ok(Spoken::Nothing { session });
        }
        _ => return Err(refuse(&Value::Null, INVALID_REQUEST, "this is no message of JSON-RPC 2.0")),
    };
    let Some(id) = id else { return Ok(Spoken::Nothing { session }) };
    if !(id.is_string() || id.is_i64() || id.is_u64()) {
        return Err(refuse(&Value::Null, INVALID_REQUEST, "an id is a text or a whole number"));
    }
    let params = match body.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(refuse(&id, INVALID_PARAMS, "`params` is no object")),
    };
    let said = params.get("_meta").and_then(|meta| meta.get(VERSION)).and_then(Value::as_str);
    let is_stateless = said.is_some() || version.as_deref() == Some(STATELESS);
    let known = |version: &str| WITH_SESSIONS.contains(&version) || version == STATELESS;
    if let Some(unknown) = [version.as_deref(), said].into_iter().flatten().find(|one| !known(one)) {
        return Err(GatewayReply::Malformed(written(&id, &unsupported(unknown))));
    }
    if is_stateless {
        if version.as_deref() != Some(STATELESS) || said != Some(STATELESS) {
            let text = "`MCP-Protocol-Version` and `_meta` do not say the same version";
            return Err(refuse(&id, HEADER_MISMATCH, text));
        }
        let is_called = |tool: &Value| tool.as_str() == name.as_deref();
        let fits = method != "tools/call" || params.get("name").is_some_and(is_called);
        if named_method.as_deref() != Some(&*method) || !fits {
            let text = "`Mcp-Method` or `Mcp-Name` does not say what the message does";
            return Err(refuse(&id, HEADER_MISMATCH, text));
        }
    }
    Ok(Spoken::Request(Asking { id, method, params, is_stateless, session }))
}

impl Asking {
    /// Which version of the protocol is spoken from now on.
    pub(super) fn agreed(&self) -> &'static str {
        if self.is_stateless {
            return STATELESS;
        }
        let wanted = self.text("protocolVersion");
        WITH_SESSIONS.into_iter().find(|known| Some(*known) == wanted).unwrap_or(OFFERED)
    }

    /// What the agent calls itself.
    pub(super) fn client(&self) -> Option<AgentClient> {
        let said = if self.is_stateless {
            self.params.get("_meta").and_then(|meta| meta.get(CLIENT))
        } else {
            self.params.get("clientInfo")
        }?;
        let text = |member: &str| said.get(member).and_then(Value::as_str);
        AgentClient::new(text("name")?, text("version")).ok()
    }

    pub(super) fn text(&self, param: &str) -> Option<&str> {
        self.params.get(param).and_then(Value::as_str)
    }

    pub(super) fn answer(&self, reply: Reply) -> GatewayReply {
        let is_unknown = matches!(reply, Reply::Error { code: METHOD_NOT_FOUND, .. });
        let reply = if self.is_stateless { reply.complete() } else { reply };
        let message = written(&self.id, &reply);
        if is_unknown && self.is_stateless {
            return GatewayReply::NoMethod(message);
        }
        GatewayReply::Answered { message, session: None }
    }

    pub(super) fn begun(&self, session: String, reply: &Reply) -> GatewayReply {
        GatewayReply::Answered { message: written(&self.id, reply), session: Some(session) }
    }

    pub(super) fn no_such_session(&self) -> GatewayReply {
        no_session(&self.id)
    }

    pub(super) fn names_no_session(&self) -> GatewayReply {
        let text = "no valid session id: `initialize` begins a session, and `Mcp-Session-Id` names it";
        GatewayReply::Malformed(written(&self.id, &Reply::error(INVALID_REQUEST, text)))
    }
}

impl Reply {
    pub(super) fn empty() -> Self {
        Self::Result(Map::new())
    }

    /// Of an object.
    pub(super) fn result(value: Value) -> Self {
        match value {
            Value::Object(members) => Self::Result(members),
            _ => Self::empty(),
        }
    }

    fn error(code: i64, message: impl Into<String>) -> Self {
        Self::Error { code, message: message.into(), data: None }
    }

    pub(super) fn no_such_method() -> Self {
        Self::error(METHOD_NOT_FOUND, "there is no such method here")
    }

    pub(super) fn invalid_params(message: impl Into<String>) -> Self {
        Self::error(INVALID_PARAMS, message)
    }

    /// `data` says in a word why, and what helps.
    pub(super) fn not_reached(message: impl Into<String>, data: Value) -> Self {
        Self::Error { code: NOT_REACHED, message: message.into(), data: Some(data) }
    }

    /// What a server of tools answered, which is passed on as it is.
    pub(super) fn passed_on(mut reply: Map<String, Value>) -> Option<Self> {
        if let Some(Value::Object(result)) = reply.remove("result") {
            return Some(Self::Result(result));
        }
        let Some(Value::Object(mut error)) = reply.remove("error") else { return None };
        let message = error.get("message").and_then(Value::as_str)?.to_owned();
        Some(Self::Error { code: error.get("code")?.as_i64()?, message, data: error.remove("data") })
    }

    /// As an agent without a session expects a result.
    fn complete(self) -> Self {
        let Self::Result(mut members) = self else { return self };
        members.entry("resultType").or_insert_with(|| json!("complete"));
        if let Some(meta) = members.entry("_meta").or_insert_with(|| json!({})).as_object_mut() {
            meta.insert(SERVER.to_owned(), server());
        }
        Self::Result(members)
    }
}

/// What this server is, to an agent that begins a session.
pub(super) fn initialized(asking: &Asking) -> Reply {
    Reply::result(json!({
        "protocolVersion": asking.agreed(),
        "capabilities": { "tools": {} },
        "serverInfo": server(),
    }))
}

/// The same, to one that begins none.
pub(super) fn discovered() -> Reply {
    let mut versions = vec![STATELESS];
    versions.extend(WITH_SESSIONS);
    Reply::result(json!({
        "supportedVersions": versions,
        "capabilities": { "tools": {} },
        "ttlMs": 0,
        "cacheScope": "private",
    }))
}

pub(super) fn no_session(id: &Value) -> GatewayReply {
    let text = "no valid session id: there is no such session, or no longer; begin another";
    GatewayReply::NoSession(written(id, &Reply::error(NO_SESSION, text)))
}

fn unsupported(version: &str) -> Reply {
    let mut supported = vec![STATELESS];
    supported.extend(WITH_SESSIONS);
    let data = json!({ "supported": supported, "requested": version });
    let message = "this version of the protocol is not spoken here".to_owned();
    Reply::Error { code: UNSUPPORTED_VERSION, message, data: Some(data) }
}

fn server() -> Value {
    json!({ "name": "appkeep", "title": "Appkeep", "version": env!("CARGO_PKG_VERSION") })
}

fn written(id: &Value, reply: &Reply) -> Value {
    match reply {
        Reply::Result(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Reply::Error { code, message, data: None } => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        }
        Reply::Error { code, message, data: Some(data) } => {
            let error = json!({ "code": code, "message": message, "data": data });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(read: Result<Spoken, GatewayReply>) -> Option<i64> {
        match read {
            Ok(_) => None,
            Err(GatewayReply::Malformed(message)) => message["error"]["code"].as_i64(),
            Err(_) => Some(0),
        }
    }

    fn message(body: Value, version: &str, method: &str) -> AgentMessage {
        let text = |raw: &str| (!raw.is_empty()).then(|| raw.to_owned());
        AgentMessage {
            body: Some(body),
            version: text(version),
            method: text(method),
            ..AgentMessage::default()
        }
    }

    #[test]
    fn a_message_is_one_of_json_rpc() {
        assert_eq!(code(read(AgentMessage::default())), Some(PARSE_ERROR));
        for (body, expected) in [
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }), None),
            (json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }), None),
            (json!({ "jsonrpc": "2.0", "id": 1, "result": {} }), None),
            (json!([]), Some(INVALID_REQUEST)),
            (json!([{ "jsonrpc": "2.0", "id": 1, "method": "ping" }]), Some(INVALID_REQUEST)),
            (json!({ "id": 1, "method": "ping" }), Some(INVALID_REQUEST)),
            (json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }), Some(INVALID_REQUEST)),
            (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "ping" }), Some(INVALID_REQUEST)),
            (json!({ "jsonrpc": "2.0", "id": 1 }), Some(INVALID_REQUEST)),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": [] }), Some(INVALID_PARAMS)),
        ] {
            assert_eq!(code(read(message(body.clone(), "", ""))), expected, "{body}");
        }
    }

    #[test]
    fn the_heads_of_a_request_without_a_session_say_what_it_does() {
        let body = |said: &str| {
            let params = json!({ "_meta": { VERSION: said } });
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params })
        };
        for (said, version, method, expected) in [
            (STATELESS, STATELESS, "tools/list", None),
            (STATELESS, "", "tools/list", Some(HEADER_MISMATCH)),
            (STATELESS, "2025-06-18", "tools/list", Some(HEADER_MISMATCH)),
            ("2025-06-18", STATELESS, "tools/list", Some(HEADER_MISMATCH)),
            (STATELESS, STATELESS, "tools/call", Some(HEADER_MISMATCH)),
            (STATELESS, STATELESS, "", Some(HEADER_MISMATCH)),
            ("2031-01-01", "2031-01-01", "tools/list", Some(UNSUPPORTED_VERSION)),
        ] {
            assert_eq!(
                code(read(message(body(said), version, method))),
                expected,
                "{said} {version} {method}"
            );
        }
        let plain = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        assert_eq!(code(read(message(plain, "2024-01-01", ""))), Some(UNSUPPORTED_VERSION));
    }

    #[test]
    fn the_version_is_agreed_on() {
        for (wanted, agreed) in
            [("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2024-11-05", OFFERED)]
        {
            let params = json!({ "protocolVersion": wanted });
            let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
            match read(message(body, "", "")) {
                Ok(Spoken::Request(asking)) => assert_eq!(asking.agreed(), agreed),
                _ => panic!("{wanted} is no request"),
            }
        }
    }
}
