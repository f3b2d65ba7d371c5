//! What happened, for whoever must prove it.

use appkeep_domain::{Action, ApplicationId, AuditEntry, AuditEntryId, Timestamp};
use appkeep_storage::AuditFilter;

use super::Registry;
use super::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::by::By;
use crate::error::{Error, Fault};

/// Which entries are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub page: PageQuery,
    /// The application that they concern, deleted or not.
    pub application: Option<String>,
    /// Who did it, as the entries write it.
    pub actor: Option<String>,
    /// Such as `application.created`.
    pub action: Option<String>,
    /// Not before this moment (RFC 3339).
    pub from: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
}

impl Registry {
    /// The tenant's history, newest first.
    pub async fn audit_entries(&self, by: &By, query: AuditQuery) -> Result<Page<AuditEntry>, Error> {
        by.decide_of_tenant(Action::ReadAudit)?;
        let mut faults = Vec::new();
        let filter = filter(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::AuditEntries, id_key, &mut faults).map(AuditEntryId::from_bytes);
        page::check(faults)?;
        let mut tx = self.store.read().await?;
        let found = tx.audit_entries(by.within(), by.owner(), &filter, after, limit as usize).await?;
        let next_cursor = found.next.map(|id| List::AuditEntries.cursor(&id.as_bytes()));
        Ok(Page { items: found.entries, next_cursor, limit })
    }
}

fn filter(query: &AuditQuery, faults: &mut Vec<Fault>) -> AuditFilter {
    let moment = |raw: &str| Timestamp::parse(raw).map_err(|reason| format!("is {reason}"));
    let application = |raw: &str| ApplicationId::parse(raw).map_err(|reason| format!("is {reason}"));
    AuditFilter {
        application: parameter("application", query.application.as_deref(), application, faults),
        actor: parameter("actor", query.actor.as_deref(), word, faults),
        action: parameter("action", query.action.as_deref(), word, faults),
        from: parameter("from", query.from.as_deref(), moment, faults),
        until: parameter("until", query.until.as_deref(), moment, faults),
    }
}

/// Every actor and every action is one, so that anything else finds nothing.
fn word(raw: &str) -> Result<String, &'static str> {
    const MAX: usize = 100;
    if raw.is_empty() || raw.len() > MAX || !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is not a word of at most 100 printable characters");
    }
    Ok(raw.to_owned())
}
