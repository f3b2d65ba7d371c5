//! What somebody does with their own account, by their access token.

use appkeep_domain::{AuditEntry, Directory, Ending, OwnAction, Timestamp, User, UserId};
use appkeep_storage::{StorageError, WriteTx};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{EndUserRefused, EndUsers, Present};
use crate::endings::finish_endings;
use crate::error::Error;
use crate::people::{MemberEdits, UserFields, changed_user_fields, draft_user};
use crate::registry::Edit;
use crate::registry::faults::Faults;
use crate::tokens::browser::Browser;
use crate::tokens::people::People;

/// How many sessions of somebody who goes one transaction ends.
const SESSIONS_AT_ONCE: u32 = 1_000;

/// What somebody changes of themselves; what they do not name stays.
#[derive(Debug, Clone, Default)]
pub struct OwnFields {
    pub name: Edit<String>,
    pub metadata: Edit<MemberEdits>,
}

impl EndUsers {
    pub async fn me(&self, bearer: &str) -> Result<User, EndUserRefused> {
        Ok(self.present(bearer, OwnAction::Read).await?.user)
    }

    /// A change that changes nothing leaves no trace.
    pub async fn update_me(
        &self,
        bearer: &str,
        fields: OwnFields,
        browser: &Browser,
    ) -> Result<User, EndUserRefused> {
        let present = self.present(bearer, OwnAction::Update).await?;
        let Present { directory, user, acting, .. } = present;
        let OwnFields { name, metadata } = fields;
        let fields = UserFields { name, metadata, ..UserFields::default() };
        let event = self.event("user.updated", &user);
        let after = json!({ "user_id": user.id.to_string() });
        let entry = self.here.entry_under(acting, (event, after), browser).await?;
        let (people, now) = (self.people, self.here.now());
        let write = async move |tx: &mut WriteTx| -> Result<User, Error> {
            update(tx, people, (&directory, user.id), (&fields, &entry, now)).await
        };
        Ok(self.here.store.write(write).await?)
    }

    /// Leaves nothing of them but what the history says, which names nobody.
    pub async fn delete_me(&self, bearer: &str, browser: &Browser) -> Result<(), EndUserRefused> {
        let Present { directory, user, .. } = self.present(bearer, OwnAction::DeleteAccount).await?;
        let event = self.event("user.deleted", &user);
        let after = json!({ "user_id": user.id.to_string() });
        let entry = self.here.entry_of_person(event, after, browser).await?;
        let (people, id, ending) = (self.people, user.id, Ending::at(self.here.now()));
        loop {
            let (directory, entry) = (directory.clone(), entry.clone());
            let write = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
                delete(tx, people, (&directory, id), (ending, &entry)).await
            };
            if self.here.store.write(write).await.or_else(unless_gone)? {
                break;
            }
        }
        Ok(finish_endings(&self.here.store).await.map(drop)?)
    }
}

async fn update(
    tx: &mut WriteTx,
    people: People,
    (directory, id): (&Directory, UserId),
    (fields, entry, now): (&UserFields, &AuditEntry, Timestamp),
) -> Result<User, Error> {
    let current = tx.user(people.within, directory, id).await?.ok_or(StorageError::Stale)?;
    let mut faults = Faults::default();
    let changed = draft_user(current.clone(), fields, now, &mut faults);
    faults.check()?;
    if changed == current {
        return Ok(current);
    }
    let changed = User { version: current.version + 1, updated_at: now, ..changed };
    tx.update_user(people.within, directory, &changed).await?;
    let told = with_fields(entry, changed_user_fields(&current, &changed));
    tx.insert_audit_entry(people.within, &told).await?;
    Ok(changed)
}

/// Whether all of it is done: of many sessions some end at a time.
async fn delete(
    tx: &mut WriteTx,
    people: People,
    (directory, user): (&Directory, UserId),
    (ending, entry): (Ending, &AuditEntry),
) -> Result<bool, StorageError> {
    let whose = (directory, user);
    let ended = tx.end_some_sessions_of_user(people.within, whose, SESSIONS_AT_ONCE, ending).await?;
    if ended == u64::from(SESSIONS_AT_ONCE) {
        return Ok(false);
    }
    tx.delete_user(people.within, directory, user, ending).await?;
    tx.insert_audit_entry(people.within, entry).await?;
    Ok(true)
}

/// Somebody else was quicker, and the person is gone.
fn unless_gone(error: StorageError) -> Result<bool, Error> {
    match error {
        StorageError::Stale => Ok(true),
        other => Err(other.into()),
    }
}

/// The same entry, which also names what changed.
fn with_fields(entry: &AuditEntry, fields: impl Serialize) -> AuditEntry {
    let told =
        entry.after.as_deref().and_then(|after| serde_json::from_str::<Map<String, Value>>(after).ok());
    let mut after = told.unwrap_or_default();
    after.insert("fields".to_owned(), json!(fields));
    AuditEntry { after: Some(Value::Object(after).to_string()), ..entry.clone() }
}
