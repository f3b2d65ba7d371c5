//! What happened, for whoever must prove it.

use appkeep_domain::{Action, ApplicationId, AuditEntry, AuditEntryId, Timestamp};
use appkeep_storage::AuditFilter;
use serde_json::{Map, Value};

use super::Registry;
use super::faults::Faults;
use super::ownership::{self, OwnershipFields, WantedOwner};
use super::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::by::{By, require};
use crate::error::{Error, Fault};

/// Which entries are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub page: PageQuery,
    /// Whose history it is: the tenant's that is spoken to where nothing is said.
    pub of: OwnershipFields,
    /// The application that they concern, deleted or not.
    pub application: Option<String>,
    /// Who did it, as the entries write it.
    pub actor: Option<String>,
    /// Such as `application.created`.
    pub action: Option<String>,
    /// What it was done to, such as `application`.
    pub noun: Option<String>,
    /// An id that it names.
    pub about: Option<String>,
    /// Not before this moment (RFC 3339).
    pub from: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
}

impl Registry {
    /// The history of one owner, newest first; an owner that the caller may not
    /// see has none, as one that is not there.
    pub async fn audit_entries(&self, by: &By, query: AuditQuery) -> Result<Page<AuditEntry>, Error> {
        require(&by.caller, Action::ReadAudit)?;
        let (wanted, mut faults) = wanted_owner(by, &query.of);
        if !wanted.is_named() {
            by.decide_of_tenant(Action::ReadAudit)?;
        }
        let filter = filter(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::AuditEntries, id_key, &mut faults).map(AuditEntryId::from_bytes);
        page::check(faults)?;
        let mut tx = self.store.read().await?;
        if wanted.is_named() && !ownership::is_seen(&mut tx, by, Action::ReadAudit, wanted).await? {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        }
        let owner = wanted.owner;
        let found = tx.audit_entries(owner.within(), owner, &filter, after, limit as usize).await?;
        let next_cursor = found.next.map(|id| List::AuditEntries.cursor(&id.as_bytes()));
        Ok(Page { items: found.entries, next_cursor, limit })
    }
}

/// What is wrong with it is the parameters' fault.
fn wanted_owner(by: &By, said: &OwnershipFields) -> (WantedOwner, Vec<Fault>) {
    let mut faults = Faults::default();
    let wanted = ownership::parse(by, said, &mut faults);
    (wanted, faults.of_parameters())
}

fn filter(query: &AuditQuery, faults: &mut Vec<Fault>) -> AuditFilter {
    let moment = |raw: &str| Timestamp::parse(raw).map_err(|reason| format!("is {reason}"));
    let application = |raw: &str| ApplicationId::parse(raw).map_err(|reason| format!("is {reason}"));
    AuditFilter {
        application: parameter("application", query.application.as_deref(), application, faults),
        actor: parameter("actor", query.actor.as_deref(), word, faults),
        action: parameter("action", query.action.as_deref(), word, faults),
        noun: parameter("resource_type", query.noun.as_deref(), word, faults),
        about: parameter("resource_id", query.about.as_deref(), word, faults),
        from: parameter("from", query.from.as_deref(), moment, faults),
        until: parameter("until", query.until.as_deref(), moment, faults),
        ..AuditFilter::default()
    }
}

/// The id of what it was done to, where the entry says so.
pub fn subject_id(entry: &AuditEntry) -> Option<String> {
    if entry.noun() == "application" {
        return entry.application.map(|id| id.to_string());
    }
    let member = format!("{}_id", entry.noun());
    let told = [entry.after.as_deref(), entry.before.as_deref()].into_iter().flatten();
    let mut objects = told.filter_map(|json| serde_json::from_str::<Map<String, Value>>(json).ok());
    let named = objects.find_map(|mut told| told.remove(&member).or_else(|| told.remove("id")))?;
    named.as_str().map(str::to_owned)
}

/// Every actor and every action is one, so that anything else finds nothing.
pub(super) fn word(raw: &str) -> Result<String, &'static str> {
    const MAX: usize = 100;
    if raw.is_empty() || raw.len() > MAX || !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is not a word of at most 100 printable characters");
    }
    Ok(raw.to_owned())
}
