//! A call of a tool: decided, written into the history, and passed on. Neither
//! what it was given nor what it answered is kept.

use std::sync::Arc;

use appkeep_domain::integration::Integration;
use appkeep_domain::{AgentSession, AuditEntry};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::{Map, Value, json};

use super::conversation::{Question, Server, Trouble};
use super::rpc::{Asking, Reply};
use super::tools::{connect_url, told};
use super::{Gateway, GatewayReply, Present, names};
use crate::Unreachable;
use crate::error::Error;
use crate::registry::record::Told;

impl Gateway {
    pub(super) async fn call_tool(
        &self,
        present: &Present<'_>,
        session: &AgentSession,
        asking: &Asking,
    ) -> Result<GatewayReply, Error> {
        let Some(name) = asking.text("name") else {
            return Ok(asking.answer(Reply::invalid_params("`name` is missing")));
        };
        let arguments = match asking.params.get("arguments") {
            None => None,
            Some(arguments @ Value::Object(_)) => Some(arguments.clone()),
            Some(_) => return Ok(asking.answer(Reply::invalid_params("`arguments` is no object"))),
        };
        let Some((integration, tool)) = self.integration_of(present, name).await? else {
            return Ok(asking.answer(Reply::invalid_params("there is no such tool")));
        };
        let outcome = self.pass_on(present, session, (&integration, tool, arguments)).await?;
        let reply = outcome.unwrap_or_else(|why| not_reached(present, &integration, why));
        Ok(asking.answer(reply))
    }

    /// Whose tool is called so. What the application is not attached to has none.
    async fn integration_of<'a>(
        &self,
        present: &Present<'_>,
        name: &'a str,
    ) -> Result<Option<(Integration, &'a str)>, Error> {
        let Some((slug, tool)) = names::parted(name) else { return Ok(None) };
        let attached = self.attached(present).await?;
        let found = attached.into_iter().find(|one| names::slug(one) == slug);
        Ok(found.filter(|_| names::joined(slug, tool).is_some()).map(|integration| (integration, tool)))
    }

    async fn pass_on(
        &self,
        present: &Present<'_>,
        session: &AgentSession,
        (integration, tool, arguments): (&Integration, &str, Option<Value>),
    ) -> Result<Result<Reply, Unreachable>, Error> {
        let reachable = match self.reach(present, integration.id).await? {
            Ok(reachable) => reachable,
            Err(why) => {
                present.here.see_agent(session, present.agent.expires_at, 0);
                return Ok(Err(why));
            }
        };
        // Before the call: what nobody can prove happened, does not.
        self.record(present, (session, integration, tool)).await?;
        present.here.see_agent(session, present.agent.expires_at, 1);
        let mut params = Map::from_iter([("name".to_owned(), Value::from(tool))]);
        params.extend(arguments.map(|arguments| ("arguments".to_owned(), arguments)));
        let with = (present.here.fetch(), present.here.conversations());
        let server = Server::new(with, session.id, &reachable);
        let why = match server.ask(&Question { method: "tools/call", name: Some(tool), params }).await {
            Ok(reply) => match Reply::passed_on(reply) {
                Some(reply) => return Ok(Ok(reply)),
                None => Unreachable::Unavailable,
            },
            Err(Trouble::Unauthorized) => self.was_refused(present, &reachable).await?,
            Err(Trouble::Unavailable(error)) => {
                tracing::info!(integration.id = %integration.id, %error, "a call was not answered");
                Unreachable::Unavailable
            }
            Err(Trouble::Lost) => Unreachable::Unavailable,
        };
        Ok(Err(why))
    }

    async fn record(
        &self,
        present: &Present<'_>,
        (session, integration, tool): (&AgentSession, &Integration, &str),
    ) -> Result<(), Error> {
        let after = json!({
            "integration_id": integration.id.to_string(),
            "tool": tool,
            "agent_session_id": session.id.to_string(),
        });
        let told = Told::of("integration.called", present.application.id, Some(after));
        let entry = self.registry.stamp().entry(present.application.owner, present.actor(), told);
        let entry = Arc::new(AuditEntry { request_id: present.request_id.to_string(), ..entry });
        let within = present.within();
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.insert_audit_entry(within, &entry).await
        };
        Ok(self.store().write(write).await?)
    }
}

fn not_reached(present: &Present<'_>, integration: &Integration, why: Unreachable) -> Reply {
    let message = match why {
        Unreachable::IntegrationRequired => "somebody has to connect this integration first",
        Unreachable::ReauthorizationRequired => "what was allowed there is over; it has to be connected anew",
        Unreachable::Unknown | Unreachable::NotAttached | Unreachable::Archived => {
            return Reply::invalid_params("there is no such tool");
        }
        Unreachable::Unavailable => "the integration does not answer, or not as it has to",
    };
    let data = told(integration, (why.as_str(), connect_url(present, integration, why.as_str())));
    Reply::not_reached(message, data)
}
