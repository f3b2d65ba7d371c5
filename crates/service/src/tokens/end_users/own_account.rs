//! What somebody does with their own account, by their access token.

use appkeep_domain::{AuditEntry, Directory, Ending, OwnAction, User, UserId};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

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
        let (now, mut faults) = (self.here.now(), Faults::default());
        let changed = draft_user(user.clone(), &fields, now, &mut faults);
        faults.check()?;
        if changed == user {
            return Ok(user);
        }
        let changed = User { version: user.version + 1, updated_at: now, ..changed };
        let after = json!({ "user_id": user.id.to_string(), "fields": changed_user_fields(&user, &changed) });
        let event = self.event("user.updated", &user);
        let entry = self.here.entry_under(acting, (event, after), browser).await?;
        let (people, kept) = (self.people, changed.clone());
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.update_user(people.within, &directory, &kept).await?;
            tx.insert_audit_entry(people.within, &entry).await
        };
        self.here.store.write(write).await?;
        Ok(changed)
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
