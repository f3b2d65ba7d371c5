//! What the history says of a person that can be erased: where they were, and
//! with what, sealed under a key of theirs.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use appkeep_domain::{ActorKind, AuditEntry, UserAgent, UserId};
use appkeep_keys::{Aad, DataKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::browser::Browser;
use super::history::PersonEvent;
use super::{Authority, Inner};
use crate::by::By;
use crate::registry::{AuditQuery, Numbered, NumberedAuditQuery, Page, Registry};
use crate::{Error, ErrorCode};

/// An entry of the history, and what of it can be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldEntry {
    pub entry: AuditEntry,
    pub personal: Personal,
}

/// What an entry says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Personal {
    /// It is about nobody, or says nothing of them.
    Nothing,
    Told(SeenThere),
    /// The person is gone, and so is the key of what it said.
    Erased,
}

/// Where somebody was, and with what, as far as the request told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenThere {
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Authority {
    /// The history of one owner, newest first, with what is sealed in it opened.
    pub async fn audit_entries(
        &self,
        registry: &Registry,
        by: &By,
        query: AuditQuery,
    ) -> Result<Page<ToldEntry>, Error> {
        let Page { items, next_cursor, limit } = registry.audit_entries(by, query).await?;
        Ok(Page { items: self.tell_all(by, items).await?, next_cursor, limit })
    }

    /// The same by numbered parts.
    pub async fn numbered_audit_entries(
        &self,
        registry: &Registry,
        by: &By,
        query: NumberedAuditQuery,
    ) -> Result<Numbered<ToldEntry>, Error> {
        let found = registry.numbered_audit_entries(by, query).await?;
        let Numbered { items, page, per_page, total, total_is_exact } = found;
        Ok(Numbered { items: self.tell_all(by, items).await?, page, per_page, total, total_is_exact })
    }

    async fn tell_all(&self, by: &By, items: Vec<AuditEntry>) -> Result<Vec<ToldEntry>, Error> {
        let mut people: Vec<UserId> = items.iter().filter_map(person_of).collect();
        people.sort_unstable();
        people.dedup();
        // Whoever may read a history may read what it says; it is one owner's.
        let within = items.first().map_or(by.within(), |entry| entry.owner.within());
        let keys = self.0.keyring.user_keys(within, &people).await?;
        items.into_iter().map(|entry| tell(entry, &keys)).collect()
    }
}

impl Inner {
    /// Seals into the entry where the person was; nothing of that stays in it
    /// otherwise, and nothing at all of somebody who is gone.
    pub(super) async fn seal_personal(
        &self,
        event: PersonEvent,
        entry: AuditEntry,
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let without = AuditEntry { address: None, personal: None, ..entry };
        let Some(key) = self.key_of(event).await? else { return Ok(without) };
        let seen = SeenThere {
            address: browser.origin.address.map(|address| address.to_string()),
            user_agent: browser.user_agent.as_ref().map(|agent| UserAgent::as_str(agent).to_owned()),
        };
        let plain = serde_json::to_vec(&seen).expect("texts always print");
        Ok(AuditEntry { personal: Some(key.seal(&place_in(&without, event.user), &plain)), ..without })
    }
}

impl Inner {
    async fn key_of(&self, event: PersonEvent) -> Result<Option<Arc<DataKey>>, Error> {
        if let Some(key) = self.keyring.held_user_key(event.user) {
            return Ok(Some(key));
        }
        let people = event.people;
        let directory = people.directory(&mut self.store.read().await?).await?;
        let Some(directory) = directory else { return Ok(None) };
        let place = (people.within, self.issuer());
        Ok(self.keyring.user_key(place, &directory, event.user).await?)
    }
}

/// Whose key opens what is personal in an entry, if something is: of whoever did
/// it, or of whom it names where that may have been anybody.
pub(crate) fn person_of(entry: &AuditEntry) -> Option<UserId> {
    entry.personal.as_ref()?;
    match entry.actor.kind {
        ActorKind::User => UserId::parse(&entry.actor.id).ok(),
        ActorKind::Anonymous => {
            let after: Value = serde_json::from_str(entry.after.as_deref()?).ok()?;
            UserId::parse(after["user_id"].as_str()?).ok()
        }
        ActorKind::Application
        | ActorKind::Operator
        | ActorKind::ServiceAccount
        | ActorKind::Registration
        | ActorKind::System => None,
    }
}

fn tell(mut entry: AuditEntry, keys: &HashMap<UserId, Arc<DataKey>>) -> Result<ToldEntry, Error> {
    let user = person_of(&entry);
    let (Some(user), Some(sealed)) = (user, entry.personal.take()) else {
        return Ok(ToldEntry { entry, personal: Personal::Nothing });
    };
    let Some(key) = keys.get(&user) else { return Ok(ToldEntry { entry, personal: Personal::Erased }) };
    let unreadable = || Error::new(ErrorCode::Internal, "something went wrong here");
    let opened = key.open(&place_in(&entry, user), &sealed);
    let opened = opened.map_err(|error| unreadable().because(error))?;
    let seen: SeenThere = serde_json::from_slice(&opened).map_err(|error| unreadable().because(error))?;
    Ok(ToldEntry { entry, personal: Personal::Told(seen) })
}

fn place_in(entry: &AuditEntry, user: UserId) -> Aad {
    Aad::new("audit_entries", &[entry.id.as_bytes(), user.as_bytes()].concat(), "personal")
}

/// Where a person is, is not for logs.
impl fmt::Debug for SeenThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeenThere(…)")
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{Actor, AuditEntryId, Owner, Timestamp};

    use super::*;

    #[test]
    fn what_is_personal_is_of_who_did_it_or_of_whom_it_was_done_to() {
        let (user, other) = (UserId::from_bytes([3; 16]), UserId::from_bytes([4; 16]));
        let after = Some(format!("{{\"user_id\":\"{other}\"}}"));
        for (kind, id, personal, person) in [
            (ActorKind::User, user.to_string(), Some(vec![1]), Some(user)),
            (ActorKind::User, user.to_string(), None, None),
            (ActorKind::Anonymous, user.to_string(), Some(vec![1]), Some(other)),
            (ActorKind::Anonymous, "unknown".to_owned(), None, None),
            (ActorKind::Operator, user.to_string(), Some(vec![1]), None),
            (ActorKind::User, "nobody".to_owned(), Some(vec![1]), None),
        ] {
            let entry = AuditEntry {
                id: AuditEntryId::from_bytes([1; 16]),
                owner: Owner::Global,
                occurred_at: Timestamp::from_seconds(0),
                actor: Actor { kind, id },
                action: "user.signed_in".to_owned(),
                application: None,
                before: None,
                after: after.clone(),
                request_id: String::new(),
                address: None,
                personal,
            };
            assert_eq!(person_of(&entry), person, "{entry:?}");
        }
    }
}
