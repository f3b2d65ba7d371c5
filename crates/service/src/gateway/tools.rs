//! Which tools an agent is offered: those of what its application is attached to,
//! asked for at the same time, and each within bounds.

use std::time::Duration;

use appkeep_domain::integration::{AuthMode, Category, Integration};
use appkeep_domain::{AgentSession, IntegrationId, UserPool};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::conversation::{Question, Server, Trouble};
use super::names;
use super::rpc::{Asking, Reply};
use super::{Gateway, Present};
use crate::error::Error;
use crate::{Reachable, Unreachable};

/// So many are asked at the same time: the integrations of one page.
const AT_ONCE: usize = 16;
/// So long one of them has, however many pages it has.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_PAGES: usize = 10;
/// Of one of them.
const MOST_TOOLS: usize = 250;
const MOST_BYTES: usize = 256 * 1_024;

/// One that is not offered, and why.
struct LeftOut {
    integration: Integration,
    why: &'static str,
}

impl Gateway {
    pub(super) async fn list_tools(
        &self,
        present: &Present<'_>,
        session: &AgentSession,
        asking: &Asking,
    ) -> Result<Reply, Error> {
        let after = match asking.text("cursor").map(read_cursor) {
            None => None,
            Some(Some(after)) => Some(after),
            Some(None) => return Ok(Reply::invalid_params("`cursor` is none that this list gave out")),
        };
        let mut reached = self.attached(present).await?;
        reached.retain(|one| after.is_none_or(|after| one.id > after));
        let has_next = reached.len() > AT_ONCE;
        reached.truncate(AT_ONCE);
        let next = reached.last().filter(|_| has_next).map(|last| cursor_after(last.id));
        let asked = reached.into_iter().map(|one| self.tools_of(present, session, one));
        let (mut tools, mut left_out) = (Vec::new(), Vec::new());
        for found in join_all(asked).await {
            match found? {
                Ok(found) => tools.extend(found),
                Err(one) => left_out.push(one),
            }
        }
        Ok(listed(present, asking, (tools, left_out, next)))
    }

    /// What the application reaches by way of the gateway, by their ids.
    pub(super) async fn attached(&self, present: &Present<'_>) -> Result<Vec<Integration>, Error> {
        let mut tx = self.store().read().await?;
        let attached = tx.attached_integrations(present.within(), &present.application).await?;
        let by_the_gateway = |integration: &Integration| {
            integration.category == Category::GatewayRemoteMcp && integration.capabilities.may_have_tools()
        };
        Ok(attached.into_iter().map(|one| one.integration).filter(by_the_gateway).collect())
    }

    /// What is shown to it for this agent, or why it is not to be called.
    pub(super) async fn reach(
        &self,
        present: &Present<'_>,
        integration: IntegrationId,
    ) -> Result<Result<Reachable, Unreachable>, Error> {
        let person = present.agent.caller.map(|caller| (caller.directory, caller.user));
        self.integrations.reach(&present.application, person, integration).await
    }

    /// It did not take what it was shown: of somebody's own, it is not shown
    /// again.
    pub(super) async fn was_refused(
        &self,
        present: &Present<'_>,
        reachable: &Reachable,
    ) -> Result<Unreachable, Error> {
        let Reachable { integration, authorization } = reachable;
        let (Some(caller), Some(shown)) = (&present.agent.caller, authorization) else {
            return Ok(Unreachable::Unavailable);
        };
        if !integration.auth.is_of_each() {
            return Ok(Unreachable::Unavailable);
        }
        self.integrations.was_refused(integration, caller.user, shown).await?;
        Ok(Unreachable::ReauthorizationRequired)
    }

    async fn tools_of(
        &self,
        present: &Present<'_>,
        session: &AgentSession,
        integration: Integration,
    ) -> Result<Result<Vec<Value>, LeftOut>, Error> {
        let reachable = match self.reach(present, integration.id).await? {
            Ok(reachable) => reachable,
            Err(why) => return Ok(Err(LeftOut { integration, why: why.as_str() })),
        };
        let with = (present.here.fetch(), present.here.conversations());
        let server = Server::new(with, session.id, &reachable);
        let why = match tokio::time::timeout(PATIENCE, every_tool(&server)).await {
            Ok(Ok(tools)) => {
                let slug = names::slug(&integration);
                return Ok(Ok(tools.into_iter().filter_map(|tool| renamed(tool, &slug)).collect()));
            }
            Ok(Err(Trouble::Unauthorized)) => self.was_refused(present, &reachable).await?,
            Ok(Err(Trouble::Unavailable(error))) => {
                tracing::info!(integration.id = %integration.id, %error, "its tools cannot be listed");
                Unreachable::Unavailable
            }
            Ok(Err(Trouble::Lost)) | Err(_) => Unreachable::Unavailable,
        };
        Ok(Err(LeftOut { integration, why: why.as_str() }))
    }
}

impl LeftOut {
    fn told(&self, present: &Present<'_>) -> Value {
        told(&self.integration, (self.why, connect_url(present, &self.integration, self.why)))
    }
}

/// What is said of an integration that is not reached.
pub(super) fn told(integration: &Integration, (why, connect_url): (&str, Option<String>)) -> Value {
    let mut told = json!({
        "error": why,
        "integration_id": integration.id.to_string(),
        "integration": integration.name.as_str(),
        "auth_mode": integration.auth.as_str(),
    });
    if let (Some(url), Some(members)) = (connect_url, told.as_object_mut()) {
        members.insert("connect_url".to_owned(), url.into());
    }
    told
}

/// Where the person connects it, if that helps.
pub(super) fn connect_url(present: &Present<'_>, integration: &Integration, why: &str) -> Option<String> {
    let helps = [Unreachable::IntegrationRequired, Unreachable::ReauthorizationRequired];
    let is_theirs = present.agent.caller.is_some() && helps.iter().any(|one| one.as_str() == why);
    let (issuer, application) = (present.here.issuer(), &present.application);
    // Where nobody has to bring anything, a page of ours is all that it takes.
    let by_page = integration.auth == AuthMode::Oauth && application.user_pool == UserPool::Tenant;
    is_theirs.then(|| {
        if by_page {
            format!("{issuer}/integrations/{}/connect-own?client_id={}", integration.id, application.id)
        } else {
            format!("{issuer}/api/v1/account/integrations/{}/connection", integration.id)
        }
    })
}

fn listed(
    present: &Present<'_>,
    asking: &Asking,
    (tools, left_out, next): (Vec<Value>, Vec<LeftOut>, Option<String>),
) -> Reply {
    let mut result = Map::new();
    result.insert("tools".to_owned(), tools.into());
    if let Some(next) = next {
        result.insert("nextCursor".to_owned(), next.into());
    }
    if !left_out.is_empty() {
        let told: Vec<Value> = left_out.iter().map(|one| one.told(present)).collect();
        result.insert("_meta".to_owned(), json!({ "appkeep/left_out": told }));
    }
    if asking.is_stateless {
        // Whatever is attached may be detached the next moment.
        result.insert("ttlMs".to_owned(), 0.into());
        result.insert("cacheScope".to_owned(), "private".into());
    }
    Reply::Result(result)
}

/// Page by page; what is beyond the bounds is left out.
async fn every_tool(server: &Server<'_>) -> Result<Vec<Value>, Trouble> {
    let (mut tools, mut bytes, mut cursor) = (Vec::new(), 0, None);
    for _ in 0..MOST_PAGES {
        let mut params = Map::new();
        params.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
        let question = Question { method: "tools/list", name: None, params };
        let mut reply = server.ask(&question).await?;
        let Some(Value::Object(mut result)) = reply.remove("result") else {
            let error = crate::FetchError::new("refuses to list its tools");
            return Err(Trouble::Unavailable(error));
        };
        if let Some(Value::Array(some)) = result.remove("tools") {
            for tool in some {
                bytes += tool.to_string().len();
                if tools.len() == MOST_TOOLS || bytes > MOST_BYTES {
                    return Ok(tools);
                }
                tools.push(tool);
            }
        }
        match result.remove("nextCursor") {
            Some(next @ Value::String(_)) => cursor = Some(next),
            _ => return Ok(tools),
        }
    }
    Ok(tools)
}

/// As agents see it; nothing of what is no tool.
fn renamed(tool: Value, slug: &str) -> Option<Value> {
    let Value::Object(mut tool) = tool else { return None };
    let name = names::joined(slug, tool.get("name")?.as_str()?)?;
    tool.get("inputSchema").filter(|schema| schema.is_object())?;
    tool.insert("name".to_owned(), name.into());
    // What is done in the background cannot be asked for again here.
    tool.remove("execution");
    Some(Value::Object(tool))
}

fn cursor_after(id: IntegrationId) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn read_cursor(raw: &str) -> Option<IntegrationId> {
    let bytes = URL_SAFE_NO_PAD.decode(raw).ok()?;
    bytes.try_into().ok().map(IntegrationId::from_bytes)
}
