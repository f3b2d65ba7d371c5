//! Totals that are kept beside what they count.

use appkeep_domain::Within;
use appkeep_storage::{
    AgentSessionTotal, ApplicationTotal, AuditTotal, DirectoryTotals, SessionTotal, StorageError, Store,
    WriteTx,
};

use super::Finding;

const COUNTERS: &str = "counters";
const BATCH: u32 = 200;

/// How many totals were looked at, and how many of each were wrong.
#[derive(Debug, Default)]
struct Counted {
    applications: usize,
    owners: usize,
    directories: usize,
    /// Numbers of audit entries.
    entries: usize,
    /// Numbers of sessions.
    sessions: usize,
    /// Numbers of agents' sessions.
    agents: usize,
    /// Numbers of users, of groups, or of those in a group.
    people: usize,
    /// Numbers of applications.
    registered: usize,
}

pub(super) async fn examine(store: &Store, recount: bool) -> Finding {
    match look(store, recount).await {
        Ok(counted) => counted.finding(recount),
        Err(error) => Finding::unread(COUNTERS, error),
    }
}

impl Counted {
    fn finding(&self, recount: bool) -> Finding {
        let Self { applications, directories, owners, .. } = self;
        let wrong = self.wrong();
        if wrong.is_empty() {
            let message = format!(
                "the totals of all {applications} applications, of the {owners} who have them, and of \
                 {directories} directories are right"
            );
            return Finding::ok(COUNTERS, message);
        }
        let wrong = wrong.join(", ");
        if recount {
            return Finding::ok(COUNTERS, format!("counted anew: {wrong}"));
        }
        Finding::error(COUNTERS, format!("wrong are: {wrong}"), "run `appkeep doctor --recount`")
    }

    /// What was wrong, for people.
    fn wrong(&self) -> Vec<String> {
        let Self { applications, directories, owners, .. } = self;
        [
            (self.entries, format!("audit entries of {} of {applications} applications", self.entries)),
            (self.sessions, format!("sessions of {} of {applications} applications", self.sessions)),
            (self.agents, format!("agents of {} of {applications} applications", self.agents)),
            (
                self.people,
                format!("users, groups or members of {} of {directories} directories", self.people),
            ),
            (self.registered, format!("applications of {} of {owners} owners", self.registered)),
        ]
        .into_iter()
        .filter(|(wrong, _)| *wrong > 0)
        .map(|(_, what)| what)
        .collect()
    }
}

async fn look(store: &Store, recount: bool) -> Result<Counted, StorageError> {
    let mut counted = Counted::default();
    look_at_entries(store, recount, &mut counted).await?;
    look_at_sessions(store, recount, &mut counted).await?;
    look_at_agents(store, recount, &mut counted).await?;
    look_at_people(store, recount, &mut counted).await?;
    look_at_applications(store, recount, &mut counted).await?;
    Ok(counted)
}

async fn look_at_entries(store: &Store, recount: bool, counted: &mut Counted) -> Result<(), StorageError> {
    let mut last: Option<AuditTotal> = None;
    loop {
        let page = store.read().await?.audit_totals(Within::Platform, last, BATCH).await?;
        if page.is_empty() {
            return Ok(());
        }
        counted.applications += page.len();
        last = page.last().copied();
        for one in page.into_iter().filter(|one| one.kept != one.counted) {
            counted.entries += 1;
            if recount {
                let count = async move |tx: &mut WriteTx| {
                    tx.recount_audit_total(Within::Platform, one.owner, one.application).await
                };
                unless_gone(store.write(count).await)?;
            }
        }
    }
}

async fn look_at_sessions(store: &Store, recount: bool, counted: &mut Counted) -> Result<(), StorageError> {
    let mut last: Option<SessionTotal> = None;
    loop {
        let page = store.read().await?.session_totals(Within::Platform, last, BATCH).await?;
        if page.is_empty() {
            return Ok(());
        }
        last = page.last().copied();
        for one in page.into_iter().filter(|one| !one.sessions.is_right()) {
            counted.sessions += 1;
            if recount {
                let count = async move |tx: &mut WriteTx| {
                    tx.recount_sessions(Within::Platform, one.owner, one.application).await
                };
                unless_gone(store.write(count).await)?;
            }
        }
    }
}

async fn look_at_agents(store: &Store, recount: bool, counted: &mut Counted) -> Result<(), StorageError> {
    let mut last: Option<AgentSessionTotal> = None;
    loop {
        let page = store.read().await?.agent_session_totals(Within::Platform, last, BATCH).await?;
        if page.is_empty() {
            return Ok(());
        }
        last = page.last().copied();
        for one in page.into_iter().filter(|one| !one.is_right()) {
            counted.agents += 1;
            if recount {
                let count = async move |tx: &mut WriteTx| {
                    tx.recount_agent_sessions(Within::Platform, one.owner, one.application).await
                };
                unless_gone(store.write(count).await)?;
            }
        }
    }
}

async fn look_at_people(store: &Store, recount: bool, counted: &mut Counted) -> Result<(), StorageError> {
    let mut last: Option<DirectoryTotals> = None;
    loop {
        let after = last.as_ref().map(|last| last.directory.id);
        let page = store.read().await?.directory_totals(Within::Platform, after, BATCH).await?;
        if page.is_empty() {
            return Ok(());
        }
        counted.directories += page.len();
        last = page.last().cloned();
        for one in page.into_iter().filter(|one| !one.are_right()) {
            counted.people += 1;
            if recount {
                let count = async move |tx: &mut WriteTx| {
                    tx.recount_directory(Within::Platform, &one.directory).await
                };
                unless_gone(store.write(count).await)?;
            }
        }
    }
}

async fn look_at_applications(
    store: &Store,
    recount: bool,
    counted: &mut Counted,
) -> Result<(), StorageError> {
    let mut last: Option<ApplicationTotal> = None;
    loop {
        let after = last.map(|last| last.owner);
        let page = store.read().await?.application_totals(Within::Platform, after, BATCH).await?;
        if page.is_empty() {
            return Ok(());
        }
        counted.owners += page.len();
        last = page.last().copied();
        for one in page.into_iter().filter(|one| !one.applications.is_right()) {
            counted.registered += 1;
            if recount {
                let count =
                    async move |tx: &mut WriteTx| tx.recount_applications(Within::Platform, one.owner).await;
                unless_gone(store.write(count).await)?;
            }
        }
    }
}

/// Each is mended in a transaction of its own, beside whatever else writes; what
/// was deleted in the meantime needs no mending.
fn unless_gone(outcome: Result<(), StorageError>) -> Result<(), StorageError> {
    match outcome {
        Err(StorageError::Stale) => Ok(()),
        outcome => outcome,
    }
}
