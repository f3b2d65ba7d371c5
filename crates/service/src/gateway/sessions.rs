//! The sessions of agents, for whoever runs the application: listed, and ended.

use std::sync::Arc;

use appkeep_domain::{
    Action, AgentSession, AgentSessionId, Application, ApplicationId, Owner, SessionState, Timestamp, UserId,
    Within,
};
use appkeep_storage::{AgentSessionFilter, AgentSessionPage, ReadTx, Seek, StorageError, WriteTx};
use serde_json::json;

use crate::by::{By, require};
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::find::{find, parse_id};
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::registry::record::{Stamp, Told, record_of};

/// Which sessions are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSessionQuery {
    pub page: PageQuery,
    pub state: Option<String>,
    /// Those that are over, or the others.
    pub live: Option<bool>,
    pub user: Option<String>,
}

/// A session, and how it stands at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSessionView {
    pub session: AgentSession,
    pub state: SessionState,
}

impl Registry {
    /// Those of the application's agents, newest first; those that are over for 30
    /// days more.
    pub async fn agent_sessions(
        &self,
        by: &By,
        id: &str,
        query: AgentSessionQuery,
    ) -> Result<Page<AgentSessionView>, Error> {
        require(&by.caller, Action::ReadSessions)?;
        let (filter, seek, limit) = wanted(&query, List::AgentSessions)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let application = find(&mut tx, by, Action::ReadSessions, (id, now)).await?.application;
        let within = application.owner.within();
        let found = tx.agent_sessions(within, &application, &filter, now, seek).await?;
        Ok(page_of(found, List::AgentSessions, (limit, now)))
    }

    pub async fn agent_session(&self, by: &By, id: &str, session: &str) -> Result<AgentSessionView, Error> {
        require(&by.caller, Action::ReadSessions)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let application = find(&mut tx, by, Action::ReadSessions, (id, now)).await?.application;
        Ok(AgentSessionView::of(find_session(&mut tx, &application, session).await?, now))
    }

    /// The agent has to begin another, for which it needs a token that is good. One
    /// that is over already stays as it is.
    pub async fn end_agent_session(&self, by: &By, id: &str, session: &str) -> Result<(), Error> {
        require(&by.caller, Action::EndSessions)?;
        let step = Arc::new((by.clone(), self.stamp(), parse_id(id)?, session.to_owned()));
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            let (by, stamp, id, session) = &*step;
            end(tx, (by, *stamp), (*id, session)).await
        };
        self.store().write(write).await
    }

    /// The same for every session of the application; says how many that were.
    pub async fn end_agent_sessions(&self, by: &By, id: &str) -> Result<u64, Error> {
        require(&by.caller, Action::EndSessions)?;
        let step = Arc::new((by.clone(), self.stamp(), parse_id(id)?));
        let write = async move |tx: &mut WriteTx| -> Result<u64, Error> {
            let (by, stamp, id) = &*step;
            end_all(tx, (by, *stamp), *id).await
        };
        self.store().write(write).await
    }

    /// Those of all agents of the tenant's applications.
    pub async fn agent_sessions_of_tenant(
        &self,
        by: &By,
        query: AgentSessionQuery,
    ) -> Result<Page<AgentSessionView>, Error> {
        by.decide_of_tenant(Action::ReadSessions)?;
        let (filter, seek, limit) = wanted(&query, List::TenantAgentSessions)?;
        let now = self.now();
        let mut tx = self.store().read().await?;
        let found = tx.agent_sessions_of_tenant(by.within(), by.tenant, &filter, now, seek).await?;
        Ok(page_of(found, List::TenantAgentSessions, (limit, now)))
    }

    /// Of which application of the tenant's a session is.
    pub async fn application_of_agent_session(&self, by: &By, session: &str) -> Result<ApplicationId, Error> {
        by.decide_of_tenant(Action::ReadSessions)?;
        let id = AgentSessionId::parse(session).map_err(|_| no_such_session())?;
        let mut tx = self.store().read().await?;
        let found = tx.agent_session_of_tenant(by.within(), by.tenant, id).await?;
        Ok(found.ok_or_else(no_such_session)?.application)
    }

    /// Deletes those that were over for a month, and says how many.
    pub(crate) async fn sweep_agent_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_dead_agent_sessions(Within::Platform, before, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }
}

impl AgentSessionView {
    fn of(session: AgentSession, now: Timestamp) -> Self {
        Self { state: session.state(now), session }
    }
}

fn wanted(
    query: &AgentSessionQuery,
    list: List,
) -> Result<(AgentSessionFilter, Seek<AgentSessionId>, u32), Error> {
    let mut faults: Vec<Fault> = Vec::new();
    let state = |raw: &str| SessionState::parse(raw).map_err(|reason| format!("is {reason}"));
    let user = |raw: &str| UserId::parse(raw).map_err(|reason| format!("is {reason}"));
    let filter = AgentSessionFilter {
        state: parameter("state", query.state.as_deref(), state, &mut faults),
        live: query.live,
        user: parameter("user_id", query.user.as_deref(), user, &mut faults),
    };
    let limit = query.page.limit(&mut faults);
    let after = query.page.after(list, id_key, &mut faults).map(AgentSessionId::from_bytes);
    page::check(faults)?;
    Ok((filter, Seek { after, limit: limit as usize }, limit))
}

fn page_of(found: AgentSessionPage, list: List, (limit, now): (u32, Timestamp)) -> Page<AgentSessionView> {
    let items = found.sessions.into_iter().map(|session| AgentSessionView::of(session, now)).collect();
    Page { items, next_cursor: found.next.map(|id| list.cursor(&id.as_bytes())), limit }
}

async fn end(
    tx: &mut WriteTx,
    (by, stamp): (&By, Stamp),
    (id, session): (ApplicationId, &str),
) -> Result<(), Error> {
    let now = stamp.now;
    let application = find(tx, by, Action::EndSessions, (id, now)).await?.application;
    let session = find_session(tx, &application, session).await?;
    if !session.state(now).is_live() {
        return Ok(());
    }
    tx.end_agent_session(application.owner.within(), &session, now).await?;
    let after = json!({ "agent_session_id": session.id.to_string() });
    let told = Told::of("agent_session.ended", application.id, Some(after));
    Ok(record_of(tx, by, application.owner, (stamp, told)).await?)
}

async fn end_all(tx: &mut WriteTx, (by, stamp): (&By, Stamp), id: ApplicationId) -> Result<u64, Error> {
    let application = find(tx, by, Action::EndSessions, (id, stamp.now)).await?.application;
    if !matches!(application.owner, Owner::Tenant(_)) {
        return Ok(0);
    }
    let ended = tx.end_agent_sessions(application.owner.within(), &application, stamp.now).await?;
    if ended > 0 {
        let after = Some(json!({ "agent_sessions": ended }));
        let told = Told::of("application.agent_sessions_ended", application.id, after);
        record_of(tx, by, application.owner, (stamp, told)).await?;
    }
    Ok(ended)
}

/// A text that is no id is one that never existed.
async fn find_session(
    tx: &mut ReadTx,
    application: &Application,
    session: &str,
) -> Result<AgentSession, Error> {
    let id = AgentSessionId::parse(session).map_err(|_| no_such_session())?;
    let found = tx.agent_session(application.owner.within(), application, id).await?;
    found.ok_or_else(no_such_session)
}

fn no_such_session() -> Error {
    Error::new(ErrorCode::SessionNotFound, "the application has no such session")
}
