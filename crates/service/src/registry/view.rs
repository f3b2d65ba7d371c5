//! An application as its reader sees it.

use appkeep_domain::{Action, Application, ApplicationState, Decision, Resource, may};
use appkeep_storage::{AuditSummary, ReadTx, SessionCounts};

use super::Registry;
use super::find::{find, is_for_operators, parse_id};
use crate::by::By;
use crate::error::Error;

/// How many of its last changes an application shows.
const RECENT: u32 = 5;

/// An application, what the caller may do to it, and what was last done.
#[derive(Debug, Clone)]
pub struct ApplicationView {
    pub application: Application,
    pub can: Can,
    pub audit: AuditSummary,
    pub sessions: SessionCounts,
}

/// What a transaction sees of an application.
///
/// Its sessions are counted afterwards: whoever signs in meanwhile is then in
/// nobody's way, nor is anybody in theirs.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) application: Application,
    audit: AuditSummary,
    for_operators: bool,
}

/// What the caller may do to the application as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own to the reader")]
pub struct Can {
    pub rotate_secret: bool,
    pub update: bool,
    pub disable: bool,
    pub enable: bool,
    pub archive: bool,
    pub restore: bool,
    pub delete: bool,
}

impl Can {
    fn of(by: &By, seen: &Seen, sessions: SessionCounts) -> Self {
        let application = &seen.application;
        let resource = Resource::of(application, None).for_operators(seen.for_operators);
        let may = |action| may(&by.caller, action, &resource) == Decision::Allowed;
        let enabled = application.state == ApplicationState::Enabled;
        let archived = application.archived_at.is_some();
        Self {
            rotate_secret: application.has_client_secret() && may(Action::RotateSecret),
            update: may(Action::UpdateApplication),
            disable: enabled && may(Action::DisableApplication),
            enable: !enabled && may(Action::EnableApplication),
            archive: !archived && may(Action::ArchiveApplication),
            restore: archived && may(Action::RestoreApplication),
            delete: sessions.live == 0 && may(Action::DeleteApplication),
        }
    }
}

impl Registry {
    /// The whole configuration, archived or not.
    pub async fn application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let application = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        let sessions = tx.session_counts(by.within(), &application, now).await?;
        Ok(see(&mut tx, by, application).await?.with(by, sessions))
    }

    /// What became of an application.
    pub(super) async fn view_of(&self, by: &By, seen: Seen) -> Result<ApplicationView, Error> {
        let mut tx = self.store.read().await?;
        let sessions = tx.session_counts(by.within(), &seen.application, self.now()).await?;
        Ok(seen.with(by, sessions))
    }
}

impl Seen {
    pub(super) fn with(self, by: &By, sessions: SessionCounts) -> ApplicationView {
        let can = Can::of(by, &self, sessions);
        ApplicationView { application: self.application, can, audit: self.audit, sessions }
    }
}

pub(super) async fn see(tx: &mut ReadTx, by: &By, application: Application) -> Result<Seen, Error> {
    let audit = tx.audit_summary(by.within(), application.owner, application.id, RECENT).await?;
    let for_operators = is_for_operators(tx, by, &application).await?;
    Ok(Seen { application, audit, for_operators })
}
