//! The sessions of the people of all the tenants that the caller may ask about,
//! with whatever applications.

use std::collections::BTreeSet;

use appkeep_domain::{Action, Ending, Owner, Session, SessionId, TenantId, UserId, Whose, Within};
use appkeep_storage::{ReadTx, WriteTx};
use serde_json::json;

use super::Step;
use super::find::find_directory;
use super::of_tenants::{Of, Part, labelled, whose};
use super::sessions::{SessionView, describe};
use crate::by::{By, require};
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::page::{self, Numbered, NumberedQuery, Numbers, parameter};
use crate::registry::record::{Told, record};

/// Whose sessions are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantSessionQuery {
    pub page: NumberedQuery,
    pub user: Option<String>,
    pub tenant: Option<String>,
    /// Of all its tenants.
    pub partner: Option<String>,
}

/// People whom one transaction signs out.
const BATCH: u32 = 200;

impl Registry {
    /// Tenant by tenant, of each the newest first; those that are over for 30
    /// days more. Of each tenant's, and of a user's, the newest ten thousand:
    /// where there may be others, the total is not exact.
    pub async fn numbered_sessions(
        &self,
        by: &By,
        query: TenantSessionQuery,
    ) -> Result<Numbered<Of<SessionView>>, Error> {
        require(&by.caller, Action::ReadSessions)?;
        let mut faults = Vec::new();
        let user = |raw: &str| UserId::parse(raw).map_err(|reason| format!("is {reason}"));
        let user = parameter("user_id", query.user.as_deref(), user, &mut faults);
        let whose = whose(by, (query.tenant.as_deref(), query.partner.as_deref()), &mut faults);
        let numbers = query.page.counted_numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let found = match user {
            Some(user) => of_user(&mut tx, &whose, user, numbers).await?,
            None => of_everybody(&mut tx, &whose, numbers).await?,
        };
        let now = self.now();
        let Numbered { items, page, per_page, total, total_is_exact } = labelled(&mut tx, found).await?;
        let view = |of: Of<Session>| Of { it: SessionView::of(of.it, now), tenant: of.tenant };
        Ok(Numbered { items: items.into_iter().map(view).collect(), page, per_page, total, total_is_exact })
    }

    /// What somebody of the tenant has with whatever application.
    pub async fn tenant_session(&self, by: &By, id: &str) -> Result<SessionView, Error> {
        by.decide_of_tenant(Action::ReadSessions)?;
        let session = find(&mut self.store().read().await?, by, id).await?;
        Ok(SessionView::of(session, self.now()))
    }

    /// What was issued in it is refused from now on, by every node. One that is
    /// over already stays as it is.
    pub async fn end_tenant_session(&self, by: &By, id: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::EndSessions)?;
        let step = self.step_of(by, id.to_owned());
        self.store().write(async move |tx: &mut WriteTx| end(tx, &step).await).await
    }

    /// Whoever of the tenant has a session is signed out everywhere, and what was
    /// issued to them is refused from now on; says how many sessions that ended.
    pub async fn end_sessions_of_tenant(&self, by: &By) -> Result<u64, Error> {
        by.decide_of_tenant(Action::EndSessions)?;
        let (mut ended, mut after) = (0, None);
        loop {
            let step = self.step_of(by, after);
            let (batch, last) =
                self.store().write(async move |tx: &mut WriteTx| end_some(tx, &step).await).await?;
            ended += batch;
            if last.is_none() {
                return Ok(ended);
            }
            after = last;
        }
    }
}

async fn of_everybody(
    tx: &mut ReadTx,
    whose: &Whose,
    numbers: Numbers,
) -> Result<Numbered<(Session, TenantId)>, Error> {
    let (mut part, mut is_all) = (Part::of(numbers), true);
    for counted in tx.sessions_of_tenants(Within::Platform, whose).await? {
        is_all &= counted.total < ReadTx::MOST_SESSIONS;
        let wanted = part.pass(counted.total);
        if !wanted.is_empty() {
            let range = (wanted.start, wanted.end - wanted.start);
            let found = tx.sessions_part(Within::Platform, &counted.directory, None, range).await?;
            part.extend(found, counted.tenant);
        }
    }
    Ok(Numbered { total_is_exact: is_all, ..part.finish() })
}

/// Nothing of somebody whom the caller does not see, as of nobody.
async fn of_user(
    tx: &mut ReadTx,
    whose: &Whose,
    user: UserId,
    numbers: Numbers,
) -> Result<Numbered<(Session, TenantId)>, Error> {
    let mut part = Part::of(numbers);
    let found = tx.whereabouts_of_user(Within::Platform, user).await?;
    let found = found.filter(|found| whose.includes(Owner::Tenant(found.tenant.id), found.partner));
    let Some(found) = found else { return Ok(part.finish()) };
    let (owner, within) = (Owner::Tenant(found.tenant.id), Within::Tenant(found.tenant.id));
    let Some(directory) = tx.tenant_directory(within, owner).await? else { return Ok(part.finish()) };
    let total = tx.count_sessions_of_user(within, &directory, user).await?;
    let wanted = part.pass(total);
    let range = (wanted.start, wanted.end - wanted.start);
    part.extend(tx.sessions_part(within, &directory, Some(user), range).await?, found.tenant.id);
    Ok(Numbered { total_is_exact: total < ReadTx::MOST_SESSIONS, ..part.finish() })
}

/// A text that is no id is one that never existed.
async fn find(tx: &mut ReadTx, by: &By, id: &str) -> Result<Session, Error> {
    let id = SessionId::parse(id).map_err(|_| no_such_session())?;
    let directory = find_directory(tx, by).await?.ok_or_else(no_such_session)?;
    tx.session_in(by.within(), &directory, id).await?.ok_or_else(no_such_session)
}

async fn end(tx: &mut WriteTx, step: &Step<String>) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let session = find(tx, by, &step.id).await?;
    if !session.is_live(now) {
        return Ok(());
    }
    tx.end_session(session.owner.within(), &session, Ending::at(now)).await?;
    let told = Told::of("session.ended", session.application, Some(describe(&session)));
    Ok(record(tx, by, step.stamp, told).await?)
}

/// How many sessions it ended, and after which to go on; nothing at the end.
async fn end_some(
    tx: &mut WriteTx,
    step: &Step<Option<SessionId>>,
) -> Result<(u64, Option<SessionId>), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let Some(directory) = find_directory(tx, by).await? else { return Ok((0, None)) };
    let found = tx.users_with_sessions(by.within(), &directory, (step.id, BATCH), now).await?;
    let (last, users): (_, BTreeSet<UserId>) =
        (found.last().map(|(id, _)| *id), found.into_iter().map(|(_, user)| user).collect());
    if users.is_empty() {
        return Ok((0, None));
    }
    let mut ended = 0;
    for user in &users {
        ended += tx.end_sessions_of_user(by.within(), &directory, *user, Ending::at(now)).await?;
    }
    let after = Some(json!({ "users": users.len(), "sessions": ended }));
    let told = Told { action: "tenant.sessions_ended", application: None, before: None, after };
    record(tx, by, step.stamp, told).await?;
    Ok((ended, last))
}

pub(super) fn no_such_session() -> Error {
    Error::new(ErrorCode::SessionNotFound, "there is no such session")
}
