//! The gateway: agents of an application reach the tools of what the application
//! is attached to, and of nothing else.
//!
//! Each request is decided by the token that comes with it and by what is so at
//! that moment. A session is where an agent is listed, counted and ended; it opens
//! nothing.

mod at_once;
mod calls;
mod conversation;
mod names;
mod own_sessions;
mod rpc;
mod sessions;
mod tools;

use std::fmt;

use appkeep_domain::{
    Actor, ActorKind, AgentSession, Application, Owner, RequestId, SeenFrom, TenantId, Within,
};
use appkeep_storage::Store;
use serde_json::Value;

use self::at_once::PassingOn;
pub(crate) use self::at_once::UnderWay;
pub(crate) use self::conversation::Conversations;
use self::rpc::{Asking, Reply, Spoken};
pub use self::sessions::{AgentSessionQuery, AgentSessionView};
use crate::error::{Error, ErrorCode};
use crate::tokens::Agent;
use crate::{Authority, Integrations, Registry};

/// What every request of the gateway bears: none with it is let in, or an
/// integration that is the gateway would be asked by itself without end.
pub const FROM_GATEWAY: &str = "appkeep-gateway";

/// The use cases. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Gateway {
    registry: Registry,
    integrations: Integrations,
}

/// An agent that comes with an access token.
#[derive(Clone)]
pub struct AgentAsks<'a> {
    /// At whose address it asks.
    pub here: &'a Authority,
    pub bearer: &'a str,
    pub request_id: RequestId,
    pub from: SeenFrom,
}

/// What an agent sent, and what stood around it.
#[derive(Debug, Clone, Default)]
pub struct AgentMessage {
    /// A message of JSON-RPC; nothing where the body is no JSON.
    pub body: Option<Value>,
    /// `MCP-Protocol-Version`.
    pub version: Option<String>,
    /// `Mcp-Session-Id`.
    pub session: Option<String>,
    /// `Mcp-Method`.
    pub method: Option<String>,
    /// `Mcp-Name`.
    pub name: Option<String>,
}

/// What an agent is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayReply {
    /// Nothing was asked.
    Noted,
    /// A result, or an error that belongs to the call and not to how it came.
    Answered {
        message: Value,
        /// Of one that begins here.
        session: Option<String>,
    },
    /// It is not asked like that.
    Malformed(Value),
    /// There is no such session, or no longer: the agent begins another.
    NoSession(Value),
    /// There is no such method.
    NoMethod(Value),
}

/// An agent whose token is good, and the application that it belongs to.
struct Present<'a> {
    here: &'a Authority,
    agent: Agent,
    application: Application,
    tenant: TenantId,
    request_id: RequestId,
    from: SeenFrom,
}

impl Gateway {
    /// Speaks to others as whoever is at the public URL, which the authority is
    /// that of.
    pub fn new(registry: Registry, authority: Authority) -> Self {
        let integrations = Integrations::new(registry.clone(), authority);
        Self { registry, integrations }
    }

    /// Whether the token is good here, for whoever asks nothing else.
    pub async fn admit(&self, asks: AgentAsks<'_>) -> Result<(), Error> {
        self.present(asks).await.map(drop)
    }

    /// Answers one message. The token is looked at before the message is.
    pub async fn answer(&self, asks: AgentAsks<'_>, message: AgentMessage) -> Result<GatewayReply, Error> {
        let present = self.present(asks).await?;
        let asking = match rpc::read(message) {
            Ok(Spoken::Request(asking)) => asking,
            Ok(Spoken::Nothing { session }) => return self.note(&present, session.as_deref()).await,
            Err(reply) => return Ok(reply),
        };
        let reply = match asking.method.as_str() {
            "initialize" if !asking.is_stateless => return self.begin(&present, &asking).await,
            "server/discover" if asking.is_stateless => rpc::discovered(),
            "tools/list" | "tools/call" | "ping" => return self.within_session(&present, &asking).await,
            _ => Reply::no_such_method(),
        };
        Ok(asking.answer(reply))
    }

    /// Ends the session that the agent names. Nothing when there is none.
    pub async fn end(&self, asks: AgentAsks<'_>, session: &str) -> Result<Option<()>, Error> {
        let present = self.present(asks).await?;
        let Some(session) = self.own_session(&present, session).await? else { return Ok(None) };
        self.end_own(&present, session).await.map(Some)
    }

    async fn within_session(&self, present: &Present<'_>, asking: &Asking) -> Result<GatewayReply, Error> {
        let session = if asking.is_stateless {
            if asking.method == "ping" {
                return Ok(asking.answer(Reply::no_such_method()));
            }
            self.found_or_begun(present, asking).await?
        } else {
            let Some(named) = asking.session.as_deref() else { return Ok(asking.names_no_session()) };
            let found = self.own_session(present, named).await?;
            let Some(session) = found else { return Ok(asking.no_such_session()) };
            session
        };
        let _passing_on = match asking.method.as_str() {
            "tools/list" | "tools/call" => Some(present.begin_passing_on()?),
            _ => None,
        };
        let reply = match asking.method.as_str() {
            "tools/list" => self.list_tools(present, &session, asking).await?,
            "tools/call" => return self.call_tool(present, &session, asking).await,
            _ => Reply::empty(),
        };
        present.here.see_agent(&session, present.agent.expires_at, 0);
        Ok(asking.answer(reply))
    }

    /// Something that wants no answer.
    async fn note(&self, present: &Present<'_>, session: Option<&str>) -> Result<GatewayReply, Error> {
        let Some(named) = session else { return Ok(GatewayReply::Noted) };
        let Some(session) = self.own_session(present, named).await? else {
            return Ok(rpc::no_session(&Value::Null));
        };
        present.here.see_agent(&session, present.agent.expires_at, 0);
        Ok(GatewayReply::Noted)
    }

    async fn present<'a>(&self, asks: AgentAsks<'a>) -> Result<Present<'a>, Error> {
        let AgentAsks { here, bearer, request_id, from } = asks;
        let agent = here.agent(bearer).await?;
        let gone = || Error::new(ErrorCode::InvalidToken, "the application is gone");
        let found = self.store().read().await?.owned_application(Within::Platform, agent.application).await?;
        let application = found.ok_or_else(gone)?.application;
        let Owner::Tenant(tenant) = application.owner else { return Err(gone()) };
        Ok(Present { here, agent, application, tenant, request_id, from })
    }

    const fn store(&self) -> &Store {
        self.registry.store()
    }
}

impl Present<'_> {
    /// In whose name it is done.
    fn actor(&self) -> Actor {
        match &self.agent.caller {
            Some(caller) => Actor { kind: ActorKind::User, id: caller.user.to_string() },
            None => Actor { kind: ActorKind::Application, id: self.application.id.to_string() },
        }
    }

    fn begin_passing_on(&self) -> Result<PassingOn<'_>, Error> {
        let person = self.agent.caller.map(|caller| caller.user);
        self.here.under_way().begin(self.application.id, person)
    }

    const fn within(&self) -> Within {
        Within::Tenant(self.tenant)
    }

    /// Whether the session is this agent's.
    fn has(&self, session: &AgentSession) -> bool {
        session.ended_at.is_none() && session.caller == self.agent.caller
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl fmt::Debug for AgentAsks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentAsks(…)")
    }
}
