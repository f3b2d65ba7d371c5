//! An application as its reader sees it.

use appkeep_domain::{
    Action, Application, ApplicationEnvironment, ApplicationState, Decision, Timestamp, may, oversees,
};
use appkeep_storage::{AuditSummary, Owned, ReadTx, SessionCounts, StorageError};

use super::Registry;
use super::environments::environments_of;
use super::find::{find, parse_id, resource, stays};
use crate::by::By;
use crate::error::Error;

/// How many of its last changes an application shows.
const RECENT: u32 = 5;

/// An application, what the caller may do to it, and what was last done.
#[derive(Debug, Clone)]
pub struct ApplicationView {
    pub application: Application,
    /// Whether operators sign in to it.
    pub for_operators: bool,
    pub can: Can,
    /// Nothing for those who only see the application.
    pub audit: Option<AuditSummary>,
    /// Nothing for those who only see the application.
    pub sessions: Option<SessionCounts>,
    /// Live and test, where it has people of its own.
    pub environments: Vec<ApplicationEnvironment>,
}

/// What a transaction sees of an application.
///
/// Its sessions are counted afterwards: whoever signs in meanwhile is then in
/// nobody's way, nor is anybody in theirs.
#[derive(Debug)]
pub(super) struct Seen {
    found: Owned,
    audit: Option<AuditSummary>,
    environments: Vec<ApplicationEnvironment>,
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
    pub(super) fn of(by: &By, found: &Owned, sessions: Option<SessionCounts>) -> Self {
        let (application, resource) = (&found.application, resource(found));
        let is_in_use = sessions.is_none_or(|sessions| sessions.live > 0);
        let may = |action| may(&by.caller, action, &resource) == Decision::Allowed;
        let enabled = application.state == ApplicationState::Enabled;
        let archived = application.archived_at.is_some();
        let stays = stays(by, found);
        Self {
            rotate_secret: application.has_client_secret() && may(Action::RotateSecret),
            update: may(Action::UpdateApplication),
            disable: enabled && !stays && may(Action::DisableApplication),
            enable: !enabled && may(Action::EnableApplication),
            archive: !archived && !stays && may(Action::ArchiveApplication),
            restore: archived && may(Action::RestoreApplication),
            delete: !is_in_use && !stays && may(Action::DeleteApplication),
        }
    }
}

impl Registry {
    /// The whole configuration, archived or not.
    pub async fn application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        let seen = see(&mut tx, by, found).await?;
        let sessions = seen.count_sessions(&mut tx, now).await?;
        Ok(seen.with(by, sessions))
    }

    /// What became of an application.
    pub(super) async fn view_of(&self, by: &By, seen: Seen) -> Result<ApplicationView, Error> {
        let mut tx = self.store.read().await?;
        let sessions = seen.count_sessions(&mut tx, self.now()).await?;
        Ok(seen.with(by, sessions))
    }
}

impl Seen {
    pub(super) fn with(self, by: &By, sessions: Option<SessionCounts>) -> ApplicationView {
        let can = Can::of(by, &self.found, sessions);
        let Self { found, audit, environments } = self;
        let Owned { application, for_operators, .. } = found;
        ApplicationView { application, for_operators, can, audit, sessions, environments }
    }

    async fn count_sessions(
        &self,
        tx: &mut ReadTx,
        now: Timestamp,
    ) -> Result<Option<SessionCounts>, StorageError> {
        let application = &self.found.application;
        if self.audit.is_none() {
            return Ok(None);
        }
        tx.session_counts(application.owner.within(), application, now).await.map(Some)
    }
}

pub(super) async fn see(tx: &mut ReadTx, by: &By, found: Owned) -> Result<Seen, Error> {
    let Application { owner, id, .. } = found.application;
    let audit = if oversees(&by.caller, &resource(&found)) {
        Some(tx.audit_summary(owner.within(), owner, id, RECENT).await?)
    } else {
        None
    };
    let environments = environments_of(tx, &found.application).await?;
    Ok(Seen { found, audit, environments })
}
