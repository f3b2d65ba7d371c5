//! The sessions that people have with applications: listed, and ended.

use appkeep_domain::{
    Action, Application, ApplicationId, Ending, Session, SessionId, SessionState, Timestamp, UserId,
};
use appkeep_storage::{ReadTx, Seek, SessionFilter, SessionPage, UserSessionFilter, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::{find_user, parse_user_id};
use crate::by::{By, require};
use crate::endings::finish_endings;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::find::{find, parse_id};
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::registry::record::{Told, record, record_of};

/// Which sessions of an application are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionQuery {
    pub page: PageQuery,
    pub state: Option<String>,
    /// Those that are over, or the others.
    pub live: Option<bool>,
    pub user: Option<String>,
}

/// Which sessions of a user are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserSessionQuery {
    pub page: PageQuery,
    pub state: Option<String>,
    pub application: Option<String>,
}

/// A session, and how it stands at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    pub session: Session,
    pub state: SessionState,
}

/// How many one transaction ends, so that it is in nobody's way for long.
const BATCH: u32 = 1_000;

impl Registry {
    /// The application's sessions, newest first; those that are over for 30 days
    /// more.
    pub async fn sessions(&self, by: &By, id: &str, query: SessionQuery) -> Result<Page<SessionView>, Error> {
        require(&by.caller, Action::ReadSessions)?;
        let mut faults = Vec::new();
        let filter = filter(&query, &mut faults);
        let (seek, limit) = seek(&query.page, List::Sessions, &mut faults);
        page::check(faults)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let application = find(&mut tx, by, Action::ReadSessions, (id, now)).await?.application;
        let within = application.owner.within();
        let found = tx.sessions(within, &application, &filter, now, seek).await?;
        Ok(page_of(found, List::Sessions, limit, now))
    }

    pub async fn session(&self, by: &By, id: &str, session: &str) -> Result<SessionView, Error> {
        require(&by.caller, Action::ReadSessions)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let application = find(&mut tx, by, Action::ReadSessions, (id, now)).await?.application;
        let session = find_session(&mut tx, &application, session).await?;
        Ok(SessionView::of(session, now))
    }

    /// What was issued in it is refused from now on, by every node. One that is
    /// over already stays as it is.
    pub async fn end_session(&self, by: &By, id: &str, session: &str) -> Result<(), Error> {
        require(&by.caller, Action::EndSessions)?;
        let step = self.step_of(by, (parse_id(id)?, session.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| end(tx, &step).await).await
    }

    /// The same for every session of the application; says how many that were.
    pub async fn end_sessions(&self, by: &By, id: &str) -> Result<u64, Error> {
        require(&by.caller, Action::EndSessions)?;
        let (id, mut ended) = (parse_id(id)?, 0);
        loop {
            let step = self.step_of(by, id);
            let batch = self.store().write(async move |tx: &mut WriteTx| end_some(tx, &step).await).await?;
            ended += batch;
            if batch < u64::from(BATCH) {
                return Ok(ended);
            }
        }
    }

    /// What the user has with whatever applications, newest first; what is over
    /// for 30 days more.
    pub async fn sessions_of_user(
        &self,
        by: &By,
        id: &str,
        query: UserSessionQuery,
    ) -> Result<Page<SessionView>, Error> {
        by.decide_of_tenant(Action::ReadSessions)?;
        let mut faults = Vec::new();
        let filter = user_filter(&query, &mut faults);
        let (seek, limit) = seek(&query.page, List::UserSessions, &mut faults);
        page::check(faults)?;
        let (id, now) = (parse_user_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let (directory, user) = find_user(&mut tx, by, id).await?;
        let whose = (&directory, user.id);
        let found = tx.sessions_of_user(by.within(), whose, &filter, now, seek).await?;
        Ok(page_of(found, List::UserSessions, limit, now))
    }

    pub async fn session_of_user(&self, by: &By, id: &str, session: &str) -> Result<SessionView, Error> {
        by.decide_of_tenant(Action::ReadSessions)?;
        let id = parse_user_id(id)?;
        let session = find_session_of(&mut self.store().read().await?, by, (id, session)).await?;
        Ok(SessionView::of(session, self.now()))
    }

    /// What was issued in it is refused from now on, by every node, whosever the
    /// application is. One that is over already stays as it is.
    pub async fn end_session_of_user(&self, by: &By, id: &str, session: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::EndSessions)?;
        let step = self.step_of(by, (parse_user_id(id)?, session.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| end_of_user(tx, &step).await).await
    }

    /// Nobody is signed in as the user any more, anywhere, and whatever was
    /// issued to them is refused from now on; says how many sessions that ended.
    pub async fn end_sessions_of_user(&self, by: &By, id: &str) -> Result<u64, Error> {
        by.decide_of_tenant(Action::EndSessions)?;
        let step = self.step_of(by, parse_user_id(id)?);
        let ended = self.store().write(async move |tx: &mut WriteTx| end_all(tx, &step).await).await?;
        finish_endings(self.store()).await?;
        Ok(ended)
    }
}

impl SessionView {
    pub(super) fn of(session: Session, now: Timestamp) -> Self {
        Self { state: session.state(now), session }
    }
}

fn filter(query: &SessionQuery, faults: &mut Vec<Fault>) -> SessionFilter {
    let state = |raw: &str| SessionState::parse(raw).map_err(|reason| format!("is {reason}"));
    let user = |raw: &str| UserId::parse(raw).map_err(|reason| format!("is {reason}"));
    SessionFilter {
        state: parameter("state", query.state.as_deref(), state, faults),
        live: query.live,
        user: parameter("user_id", query.user.as_deref(), user, faults),
    }
}

fn user_filter(query: &UserSessionQuery, faults: &mut Vec<Fault>) -> UserSessionFilter {
    let state = |raw: &str| SessionState::parse(raw).map_err(|reason| format!("is {reason}"));
    let application = |raw: &str| ApplicationId::parse(raw).map_err(|reason| format!("is {reason}"));
    UserSessionFilter {
        state: parameter("state", query.state.as_deref(), state, faults),
        application: parameter("application_id", query.application.as_deref(), application, faults),
    }
}

fn seek(query: &PageQuery, list: List, faults: &mut Vec<Fault>) -> (Seek<SessionId>, u32) {
    let limit = query.limit(faults);
    let after = query.after(list, id_key, faults).map(SessionId::from_bytes);
    (Seek { after, limit: limit as usize }, limit)
}

fn page_of(found: SessionPage, list: List, limit: u32, now: Timestamp) -> Page<SessionView> {
    let items = found.sessions.into_iter().map(|session| SessionView::of(session, now)).collect();
    Page { items, next_cursor: found.next.map(|id| list.cursor(&id.as_bytes())), limit }
}

async fn end(tx: &mut WriteTx, step: &Step<(ApplicationId, String)>) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::EndSessions, (step.id.0, now)).await?.application;
    let session = find_session(tx, &application, &step.id.1).await?;
    if !session.is_live(now) {
        return Ok(());
    }
    tx.end_session(application.owner.within(), &session, Ending::at(now)).await?;
    let told = Told::of("session.ended", application.id, Some(describe(&session)));
    Ok(record_of(tx, by, application.owner, (step.stamp, told)).await?)
}

async fn end_of_user(tx: &mut WriteTx, step: &Step<(UserId, String)>) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let session = find_session_of(tx, by, (step.id.0, &step.id.1)).await?;
    if !session.is_live(now) {
        return Ok(());
    }
    // Whoever has the directory has what its people have with others' applications.
    tx.end_session(session.owner.within(), &session, Ending::at(now)).await?;
    let told = Told::of("session.ended", session.application, Some(describe(&session)));
    Ok(record(tx, by, step.stamp, told).await?)
}

async fn end_some(tx: &mut WriteTx, step: &Step<ApplicationId>) -> Result<u64, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::EndSessions, (step.id, now)).await?.application;
    let within = application.owner.within();
    let ended = tx.end_some_sessions(within, &application, BATCH, Ending::at(now)).await?;
    if ended > 0 {
        let after = Some(json!({ "sessions": ended }));
        let told = Told::of("application.sessions_ended", application.id, after);
        record_of(tx, by, application.owner, (step.stamp, told)).await?;
    }
    Ok(ended)
}

async fn end_all(tx: &mut WriteTx, step: &Step<UserId>) -> Result<u64, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let (directory, user) = find_user(tx, by, step.id).await?;
    let ended = tx.end_sessions_of_user(by.within(), &directory, user.id, Ending::at(now)).await?;
    let after = Some(json!({ "user_id": user.id.to_string(), "sessions": ended }));
    let told = Told { action: "user.sessions_ended", application: None, before: None, after };
    record(tx, by, step.stamp, told).await?;
    Ok(ended)
}

/// A text that is no id is one that never existed.
async fn find_session(tx: &mut ReadTx, application: &Application, id: &str) -> Result<Session, Error> {
    let id = SessionId::parse(id).map_err(|_| no_such_session())?;
    let found = tx.session(application.owner.within(), application.owner, application.id, id).await?;
    found.ok_or_else(no_such_session)
}

/// The same of a user.
async fn find_session_of(
    tx: &mut ReadTx,
    by: &By,
    (user, session): (UserId, &str),
) -> Result<Session, Error> {
    let (directory, user) = find_user(tx, by, user).await?;
    let none = || Error::new(ErrorCode::SessionNotFound, "the user has no such session");
    let id = SessionId::parse(session).map_err(|_| none())?;
    tx.session_of_user(by.within(), (&directory, user.id), id).await?.ok_or_else(none)
}

/// Who it was with, and nothing of where they were.
pub(super) fn describe(session: &Session) -> Value {
    json!({ "session_id": session.id.to_string(), "user_id": session.user.to_string() })
}

fn no_such_session() -> Error {
    Error::new(ErrorCode::SessionNotFound, "the application has no such session")
}
