//! Failures to sign in: whose they are, counted on every node alike, and
//! forgiven.
//!
//! A failure counts against the name that was tried, whether somebody has it or
//! not, and against where it was tried from. For a name that nobody has the same
//! is read and written as for an account, so that nobody learns by failing which
//! names there are, at whichever node they ask.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, Directory, DirectoryId, Failing, Lockout, Network, Timestamp, User, fold,
};
use appkeep_keys::MacKey;
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::Inner;
use super::browser::Browser;
use super::history::PersonEvent;
use super::people::People;
use crate::Error;

const PURPOSE: &str = "lockouts";

/// Whom it counts against if an attempt fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried {
    /// The account, or the name that nobody has.
    pub(super) name: Failing,
    pub(super) address: Option<Network>,
}

/// One of them, and what the history is told if it is locked.
type Counted = (Failing, Telling);

enum Telling {
    Nothing,
    Entry(Box<AuditEntry>),
    /// What is sealed in it takes a while to make, which would tell by each
    /// failure that there is such an account.
    NotMadeYet,
}

/// Why a failure was not counted.
enum Uncounted {
    /// It locks somebody, and what the history is told is not made yet.
    Untold,
    Failed(StorageError),
}

impl From<StorageError> for Uncounted {
    fn from(error: StorageError) -> Self {
        Self::Failed(error)
    }
}

impl Tried {
    fn all(self) -> impl Iterator<Item = Failing> {
        std::iter::once(self.name).chain(self.address.map(Failing::Address))
    }
}

impl Inner {
    /// What makes tags of names that nobody has: what is typed there may be
    /// anything, a password too, and is not kept.
    pub(super) async fn lockout_key(&self) -> Result<MacKey, Error> {
        let making = || async { Ok(self.keyring.mac_key(self.issuer(), PURPOSE).await?) };
        self.address.lockout_key.get_or_try_init(making).await.cloned()
    }

    /// Counts a failure, unless somebody is let alone by now: then it says until
    /// when. Of many at once, those that come after a lock are not counted.
    pub(super) async fn count_failure(
        &self,
        (people, directory): (People, &Directory),
        (user, tried): (Option<&User>, Tried),
        browser: &Browser,
    ) -> Result<Option<Timestamp>, Error> {
        let place = (people, directory);
        let mut of_account = user.map_or(Telling::Nothing, |_| Telling::NotMadeYet);
        loop {
            let counted = self.counted(people, (tried, of_account), browser);
            match (self.try_to_count(place, tried, counted).await, user) {
                (Err(Uncounted::Untold), Some(user)) => {
                    let action = "user.locked_out";
                    let event = PersonEvent { people, action, user: user.id, application: None };
                    let entry = self.entry_of_anybody(event, browser).await?;
                    of_account = Telling::Entry(Box::new(entry));
                }
                // Whoever it was is being deleted.
                (Err(Uncounted::Failed(StorageError::Stale) | Uncounted::Untold), _) => return Ok(None),
                (Err(Uncounted::Failed(error)), _) => return Err(error.into()),
                (Ok(until), _) => return Ok(until),
            }
        }
    }

    async fn try_to_count(
        &self,
        (people, directory): (People, &Directory),
        tried: Tried,
        counted: Vec<Counted>,
    ) -> Result<Option<Timestamp>, Uncounted> {
        let (now, directory) = (self.now(), directory.clone());
        let write = async move |tx: &mut WriteTx| -> Result<Option<Timestamp>, Uncounted> {
            if let Some(until) = locked_until(tx, (people, &directory), tried, now).await? {
                return Ok(Some(until));
            }
            for one in &counted {
                count(tx, (people, &directory), one, now).await?;
            }
            Ok(None)
        };
        self.store.write(write).await
    }

    fn counted(
        &self,
        people: People,
        (tried, of_account): (Tried, Telling),
        browser: &Browser,
    ) -> Vec<Counted> {
        let of_address = tried.address.map(|network| {
            let actor = Actor { kind: ActorKind::Anonymous, id: network.to_string() };
            let told = (json!({ "address": network.to_string() }), &browser.origin);
            let entry = self.entry_by((actor, people.owner), "address.locked_out", None, told);
            (Failing::Address(network), Telling::Entry(Box::new(entry)))
        });
        std::iter::once((tried.name, of_account)).chain(of_address).collect()
    }
}

/// The same name is another in another directory.
pub(super) fn tag(key: &MacKey, directory: DirectoryId, name: &str) -> Failing {
    let message = [directory.as_bytes().as_slice(), fold(name).as_bytes()].concat();
    let mut tag = [0; 16];
    tag.copy_from_slice(&key.tag(&message)[..16]);
    Failing::Name(tag)
}

/// Until when the name, or the address, is let alone.
pub(super) async fn locked_until(
    tx: &mut ReadTx,
    (people, directory): (People, &Directory),
    tried: Tried,
    now: Timestamp,
) -> Result<Option<Timestamp>, StorageError> {
    let mut latest = None;
    for whose in tried.all() {
        let lockout = tx.lockout(people.within, directory, whose).await?;
        latest = latest.max(lockout.and_then(|lockout| lockout.locked_at(now)));
    }
    Ok(latest)
}

/// Forgets the failures before a success; of the address those of this account
/// and no others.
pub(super) async fn forgive(
    tx: &mut WriteTx,
    (people, directory): (People, &Directory),
    tried: Tried,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(own) = tx.lockout(people.within, directory, tried.name).await? else { return Ok(()) };
    tx.delete_lockout(people.within, directory, tried.name).await?;
    let Some(address) = tried.address.map(Failing::Address) else { return Ok(()) };
    let Some(there) = tx.lockout(people.within, directory, address).await? else { return Ok(()) };
    tx.put_lockout(people.within, directory, &there.forgiven(own.failures_at(now))).await
}

async fn count(
    tx: &mut WriteTx,
    (people, directory): (People, &Directory),
    (whose, telling): &Counted,
    now: Timestamp,
) -> Result<(), Uncounted> {
    let before = tx.lockout(people.within, directory, *whose).await?;
    let after = Lockout::after_failure((directory.id, *whose), before.as_ref(), &directory.policy, now);
    tx.put_lockout(people.within, directory, &after).await?;
    match telling {
        Telling::Entry(entry) if after.is_locked(now) => {
            Ok(tx.insert_audit_entry(people.within, entry).await?)
        }
        Telling::NotMadeYet if after.is_locked(now) => Err(Uncounted::Untold),
        Telling::Entry(_) | Telling::NotMadeYet | Telling::Nothing => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_tag_in_a_directory_and_another_in_another() {
        let (key, other) = (MacKey::new(&[1; 32]), MacKey::new(&[2; 32]));
        let [here, there] = [1, 2].map(|number| DirectoryId::from_bytes([number; 16]));
        let eve = tag(&key, here, "eve");
        for (key, directory, name, same) in [
            (&key, here, "EVE", true),
            (&key, here, "mallory", false),
            (&key, there, "eve", false),
            (&other, here, "eve", false),
        ] {
            assert_eq!(tag(key, directory, name) == eve, same, "{directory} {name}");
        }
    }
}
