//! How a server of tools is spoken to for an agent: in a session, or without one
//! if it begins none. What it is shown is its own, and never the agent's token.

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::AgentSessionId;
use appkeep_keys::sha256;
use serde_json::{Map, Value, json};

use super::FROM_GATEWAY;
use super::rpc::{CAPABILITIES, CLIENT, STATELESS, VERSION, WITH_SESSIONS};
use crate::Reachable;
use crate::tokens::{FetchBounds, FetchError, FetchRequest, FetchText, FetchedText};

/// How what is called answers.
const CALL: FetchBounds = FetchBounds { patience: Duration::from_mins(1), most: 1_024 * 1_024 };

/// How servers of tools are spoken to, as it was found out: of each agent and
/// each that it reached, so that nobody is in a session of somebody else's.
pub(crate) struct Conversations(quick_cache::sync::Cache<[u8; 32], Arc<Conversation>>);

impl Default for Conversations {
    /// A quarter of a kilobyte each.
    fn default() -> Self {
        const MOST: usize = 8_192;
        Self(quick_cache::sync::Cache::new(MOST))
    }
}

/// What was agreed on with one.
#[derive(Debug)]
pub(super) enum Conversation {
    InSession { version: &'static str, session: Option<String> },
    Stateless,
}

/// Why there is no answer.
pub(super) enum Trouble {
    /// It does not take what it is shown.
    Unauthorized,
    /// It does not answer, or not as it has to.
    Unavailable(FetchError),
    /// What was agreed on is forgotten there.
    Lost,
}

/// A server of tools, and what it is shown.
pub(super) struct Server<'a> {
    fetch: &'a dyn FetchText,
    known: &'a Conversations,
    reachable: &'a Reachable,
    key: [u8; 32],
}

/// What is asked of it.
pub(super) struct Question<'a> {
    pub(super) method: &'static str,
    /// What is called, if something is.
    pub(super) name: Option<&'a str>,
    pub(super) params: Map<String, Value>,
}

impl<'a> Server<'a> {
    /// With whom it is spoken for whom decides what is known of it.
    pub(super) fn new(
        (fetch, known): (&'a dyn FetchText, &'a Conversations),
        session: AgentSessionId,
        reachable: &'a Reachable,
    ) -> Self {
        let integration = &reachable.integration;
        let shown = reachable.authorization.as_ref().map_or("", |shown| shown.as_str());
        let mut of = [session.as_bytes(), integration.id.as_bytes()].concat();
        of.extend_from_slice(&sha256(integration.url.as_str().as_bytes()));
        of.extend_from_slice(&sha256(shown.as_bytes()));
        Self { fetch, known, reachable, key: sha256(&of) }
    }

    /// Its answer, as an object of JSON-RPC. Where it forgot what was agreed on,
    /// it did nothing, and is asked once more.
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<Map<String, Value>, Trouble> {
        let conversation = match self.known.0.get(&self.key) {
            Some(known) => known,
            None => self.open().await?,
        };
        match self.ask_in(&conversation, question).await {
            Err(Trouble::Lost) => {
                self.known.0.remove(&self.key);
                let again = self.open().await?;
                self.ask_in(&again, question).await
            }
            other => other,
        }
    }

    async fn open(&self) -> Result<Arc<Conversation>, Trouble> {
        let params = json!({
            "protocolVersion": WITH_SESSIONS[1],
            "capabilities": {},
            "clientInfo": client(),
        });
        let call = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let answer = self.send(self.request(&call)).await?;
        if answer.session.as_deref().is_some_and(|session| !is_session(session)) {
            return Err(Trouble::Unavailable(FetchError::new("names a session as MCP does not")));
        }
        let conversation = Arc::new(match agreed(&answer)? {
            Some(version) => Conversation::InSession { version, session: answer.session.clone() },
            None => Conversation::Stateless,
        });
        if matches!(*conversation, Conversation::InSession { .. }) {
            let notice = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            // It wants no answer, and one that is strict says so with the next.
            let _ = self.send(conversation.heads(self.request(&notice))).await;
        }
        self.known.0.insert(self.key, Arc::clone(&conversation));
        Ok(conversation)
    }

    async fn ask_in(
        &self,
        conversation: &Conversation,
        question: &Question<'_>,
    ) -> Result<Map<String, Value>, Trouble> {
        let mut params = question.params.clone();
        if matches!(conversation, Conversation::Stateless) {
            let meta = json!({ VERSION: STATELESS, CLIENT: client(), CAPABILITIES: {} });
            params.insert("_meta".to_owned(), meta);
        }
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": question.method, "params": params });
        let mut request = conversation.heads(self.request(&call));
        if matches!(conversation, Conversation::Stateless) {
            request.headers.push(("mcp-method", question.method.to_owned()));
            request.headers.extend(question.name.map(|name| ("mcp-name", name.to_owned())));
        }
        request.bounds = question.name.map(|_| CALL);
        let answer = self.send(request).await?;
        let is_in_session = matches!(conversation, Conversation::InSession { session: Some(_), .. });
        if answer.status == 404 && is_in_session {
            return Err(Trouble::Lost);
        }
        reply_of(&answer).ok_or_else(|| unreadable(answer.status))
    }

    fn request(&self, call: &Value) -> FetchRequest {
        let request = FetchRequest::call(self.reachable.integration.url.as_str(), call.to_string());
        let headers = vec![(FROM_GATEWAY, "1".to_owned())];
        FetchRequest { authorization: self.reachable.authorization.clone(), headers, ..request }
    }

    async fn send(&self, request: FetchRequest) -> Result<FetchedText, Trouble> {
        let answer = self.fetch.fetch(request).await.map_err(Trouble::Unavailable)?;
        if answer.status == 401 { Err(Trouble::Unauthorized) } else { Ok(answer) }
    }
}

impl Conversation {
    fn heads(&self, mut request: FetchRequest) -> FetchRequest {
        let (version, session) = match self {
            Self::InSession { version, session } => (*version, session.clone()),
            Self::Stateless => (STATELESS, None),
        };
        request.headers.push(("mcp-protocol-version", version.to_owned()));
        request.headers.extend(session.map(|session| ("mcp-session-id", session)));
        request
    }
}

/// The version of a session that was begun; nothing where none is begun there.
fn agreed(answer: &FetchedText) -> Result<Option<&'static str>, Trouble> {
    let Some(reply) = reply_of(answer) else {
        // Without a word of the protocol: nobody who knows sessions says so.
        return if matches!(answer.status, 400 | 404) { Ok(None) } else { Err(unreadable(answer.status)) };
    };
    let Some(result) = reply.get("result") else { return Ok(None) };
    let version = result.get("protocolVersion").and_then(Value::as_str);
    let older = ["2025-03-26", "2024-11-05"];
    let mut known = WITH_SESSIONS.into_iter().chain(older);
    known.find(|known| Some(*known) == version).map(Some).ok_or_else(|| unreadable(answer.status))
}

/// Visible ASCII, as MCP says, and no longer than is worth remembering.
fn is_session(named: &str) -> bool {
    const LONGEST: usize = 256;
    !named.is_empty() && named.len() <= LONGEST && named.bytes().all(|byte| byte.is_ascii_graphic())
}

fn reply_of(answer: &FetchedText) -> Option<Map<String, Value>> {
    let reply: Map<String, Value> = serde_json::from_str(&answer.text).ok()?;
    (reply.contains_key("result") || reply.contains_key("error")).then_some(reply)
}

fn unreadable(status: u16) -> Trouble {
    Trouble::Unavailable(FetchError::new(format_args!("answers with status {status}, and not as MCP says")))
}

fn client() -> Value {
    json!({ "name": "appkeep", "version": env!("CARGO_PKG_VERSION") })
}
