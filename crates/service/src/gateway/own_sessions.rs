//! The session of an agent, as the agent has it: begun, found, and ended.

use std::sync::Arc;

use appkeep_domain::{
    AgentCaller, AgentSession, AgentSessionId, Application, AuditEntry, SecretHash, Timestamp,
};
use appkeep_keys::sha256;
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::rpc::{self, Asking};
use super::{Gateway, GatewayReply, Present};
use crate::error::{Error, ErrorCode};
use crate::registry::record::Told;

/// So many of an application are neither ended nor expired.
const MOST: u64 = 10_000;
/// The same of those that speak for one person, who leaves room for the others.
const MOST_OF_PERSON: u32 = 100;

impl Gateway {
    /// The agent begins a session.
    pub(super) async fn begin(&self, present: &Present<'_>, asking: &Asking) -> Result<GatewayReply, Error> {
        let session = self.write_new(present, (asking, None)).await?;
        Ok(asking.begun(session.id.to_string(), &rpc::initialized(asking)))
    }

    /// That of an agent which begins none: the one for this person and this
    /// program, as long as nobody ends it.
    pub(super) async fn found_or_begun(
        &self,
        present: &Present<'_>,
        asking: &Asking,
    ) -> Result<AgentSession, Error> {
        let agent = agent_hash(present, asking);
        if let Some(found) = self.found_by(present, &agent).await? {
            return Ok(found);
        }
        self.write_new(present, (asking, Some(agent))).await
    }

    /// The one that is named, if it is this agent's and was not ended.
    pub(super) async fn own_session(
        &self,
        present: &Present<'_>,
        named: &str,
    ) -> Result<Option<AgentSession>, Error> {
        let Ok(id) = AgentSessionId::parse(named) else { return Ok(None) };
        let mut tx = self.store().read().await?;
        let found = tx.agent_session(present.within(), &present.application, id).await?;
        Ok(found.filter(|session| present.has(session)))
    }

    pub(super) async fn end_own(&self, present: &Present<'_>, session: AgentSession) -> Result<(), Error> {
        let entry = self.entry(present, &session, "agent_session.ended");
        let (within, now) = (present.within(), self.registry.now());
        let what = Arc::new((session, entry));
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            let (session, entry) = &*what;
            match tx.end_agent_session(within, session, now).await {
                // Somebody else ended it meanwhile.
                Err(StorageError::Stale) => Ok(()),
                Err(error) => Err(error),
                Ok(()) => tx.insert_audit_entry(within, entry).await,
            }
        };
        Ok(self.store().write(write).await?)
    }

    async fn found_by(
        &self,
        present: &Present<'_>,
        agent: &SecretHash,
    ) -> Result<Option<AgentSession>, Error> {
        let mut tx = self.store().read().await?;
        Ok(tx.agent_session_found_by(present.within(), &present.application, agent).await?)
    }

    async fn write_new(
        &self,
        present: &Present<'_>,
        (asking, found_by): (&Asking, Option<SecretHash>),
    ) -> Result<AgentSession, Error> {
        let now = self.registry.now();
        let session = AgentSession {
            id: self.registry.make_id(),
            tenant: present.tenant,
            application: present.application.id,
            caller: present.agent.caller,
            found_by,
            client: asking.client(),
            protocol: asking.agreed().to_owned(),
            from: present.from.clone(),
            calls: 0,
            created_at: now,
            last_seen_at: now,
            expires_at: present.agent.expires_at,
            ended_at: None,
        };
        let entry = self.entry(present, &session, "agent_session.began");
        let what = Arc::new((present.application.clone(), session, entry));
        let within = present.within();
        let write = async move |tx: &mut WriteTx| -> Result<AgentSession, Error> {
            let (application, session, entry) = &*what;
            // Another request of the same agent may have been quicker.
            if let Some(agent) = &session.found_by
                && let Some(found) = tx.agent_session_found_by(within, application, agent).await?
            {
                return Ok(found);
            }
            check_room(tx, (application, session.caller), now).await?;
            tx.insert_agent_session(within, session).await?;
            tx.insert_audit_entry(within, entry).await?;
            Ok(session.clone())
        };
        self.store().write(write).await
    }

    fn entry(&self, present: &Present<'_>, session: &AgentSession, action: &str) -> AuditEntry {
        let after = json!({ "agent_session_id": session.id.to_string() });
        let told = Told::of(action, session.application, Some(after));
        let entry = self.registry.stamp().entry(present.application.owner, present.actor(), told);
        AuditEntry { request_id: present.request_id.to_string(), ..entry }
    }
}

async fn check_room(
    tx: &mut ReadTx,
    (application, caller): (&Application, Option<AgentCaller>),
    now: Timestamp,
) -> Result<(), Error> {
    let within = application.owner.within();
    if let Some(caller) = caller {
        let most = (now, MOST_OF_PERSON);
        if tx.live_agent_sessions_of(within, application, caller, most).await? >= MOST_OF_PERSON {
            let message = "this person has as many agents here as they may";
            return Err(Error::new(ErrorCode::TooManyRequests, message));
        }
    }
    if tx.agent_session_counts(within, application, now).await?.live >= MOST {
        let message = "the application has as many agents here as it may";
        return Err(Error::new(ErrorCode::TooManyRequests, message));
    }
    Ok(())
}

fn agent_hash(present: &Present<'_>, asking: &Asking) -> SecretHash {
    let client = asking.client();
    let said = client.map(|client| json!([client.name, client.version]));
    let user = present.agent.caller.map(|caller| caller.user.to_string());
    SecretHash::from_bytes(sha256(json!([user, said]).to_string().as_bytes()))
}
