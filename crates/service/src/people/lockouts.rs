//! Accounts and addresses that are let alone for a while, because somebody
//! failed to sign in.

use appkeep_domain::{Action, Directory, Failing, Lockout, LockoutId, Network, Timestamp, Within};
use appkeep_storage::{ReadTx, Seek, WriteTx};
use serde_json::json;

use super::pool::Pool;
use super::users::view;
use super::{Step, UserView, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::page::{self, List, Page, PageQuery, id_key};

/// An address from where too many attempts to sign in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedAddress {
    pub id: LockoutId,
    pub network: Network,
    /// Those that still count.
    pub failures: u32,
    pub last_failed_at: Timestamp,
    /// Until then nobody signs in from there; `None` when they may.
    pub locked_until: Option<Timestamp>,
}

impl Registry {
    /// The user's next password is looked at, and their failures are forgotten.
    /// Doing it again changes nothing.
    pub async fn unlock_user(&self, by: &By, of: Pool, id: &str) -> Result<UserView, Error> {
        of.decide(by, Action::ManageUsers)?;
        let step = self.step_of(by, (of, id.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| unlock(tx, &step).await).await
    }

    /// From where none of these users signs in, or did not for a while in the
    /// last 24 hours; in the order of the ids.
    pub async fn locked_addresses(
        &self,
        by: &By,
        of: Pool,
        query: PageQuery,
    ) -> Result<Page<LockedAddress>, Error> {
        of.decide(by, Action::ReadUsers)?;
        let (wanted, now) = (Wanted::parse(&query)?, self.now());
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadUsers, now)).await?;
        wanted.read(&mut tx, (place.within(), place.directory), now).await
    }

    /// Whoever is there may try again, and what failed there is forgotten.
    pub async fn unlock_address(&self, by: &By, of: Pool, id: &str) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        let step = self.step_of(by, (of, id.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| unlock_address(tx, &step).await).await
    }
}

impl LockedAddress {
    fn of(id: LockoutId, lockout: &Lockout, now: Timestamp) -> Self {
        Self {
            id,
            network: network(id),
            failures: lockout.failures_at(now),
            last_failed_at: lockout.last_failed_at,
            locked_until: lockout.locked_at(now),
        }
    }
}

async fn unlock(tx: &mut WriteTx, step: &Step<(Pool, String)>) -> Result<UserView, Error> {
    let ((of, id), by, now) = (&step.id, &step.by, step.stamp.now);
    let place = of.find(tx, by, (Action::ManageUsers, now)).await?;
    let (directory, user) = place.user(tx, id).await?;
    if tx.delete_lockout(place.within(), &directory, Failing::Account(user.id)).await? {
        let after = Some(describe::user(user.id));
        place.record(tx, (by, step.stamp), "user.unlocked", (None, after)).await?;
    }
    view(tx, place.within(), (&directory, user), now).await
}

async fn unlock_address(tx: &mut WriteTx, step: &Step<(Pool, String)>) -> Result<(), Error> {
    let ((of, id), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::ManageUsers, step.stamp.now)).await?;
    let id = parse_lockout_id(id)?;
    forget(tx, (place.within(), place.directory.clone()), id).await?;
    let after = Some(json!({ "address": network(id).to_string() }));
    Ok(place.record(tx, (by, step.stamp), "address.unlocked", (None, after)).await?)
}

/// Which part of a list of addresses is wanted.
pub(crate) struct Wanted {
    after: Option<LockoutId>,
    limit: u32,
}

impl Wanted {
    pub(crate) fn parse(query: &PageQuery) -> Result<Self, Error> {
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::Lockouts, id_key, &mut faults).map(LockoutId::from_bytes);
        page::check(faults)?;
        Ok(Self { after, limit })
    }

    /// Those of a directory, if there is one.
    pub(crate) async fn read(
        self,
        tx: &mut ReadTx,
        (within, directory): (Within, Option<Directory>),
        now: Timestamp,
    ) -> Result<Page<LockedAddress>, Error> {
        let Self { after, limit } = self;
        let Some(directory) = directory else {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        };
        let (since, seek) = (now.minus(Lockout::FORGOTTEN_AFTER), Seek { after, limit: limit as usize });
        let found = tx.locked_addresses(within, &directory, since, seek).await?;
        let items = found.lockouts.iter().map(|(id, lockout)| LockedAddress::of(*id, lockout, now)).collect();
        let next_cursor = found.next.map(|id| List::Lockouts.cursor(&id.as_bytes()));
        Ok(Page { items, next_cursor, limit })
    }
}

/// Forgets what failed in a directory from an address, if something did.
pub(crate) async fn forget(
    tx: &mut WriteTx,
    (within, directory): (Within, Option<Directory>),
    id: LockoutId,
) -> Result<(), Error> {
    let directory = directory.ok_or_else(no_such_lockout)?;
    let is_there = tx.delete_lockout(within, &directory, Failing::Address(network(id))).await?;
    if is_there { Ok(()) } else { Err(no_such_lockout()) }
}

/// The id is made of the address: both are 128 bits.
pub(crate) const fn network(id: LockoutId) -> Network {
    Network::from_bytes(id.as_bytes())
}

pub(crate) fn parse_lockout_id(raw: &str) -> Result<LockoutId, Error> {
    LockoutId::parse(raw).map_err(|_| no_such_lockout())
}

pub(crate) fn no_such_lockout() -> Error {
    Error::new(ErrorCode::LockoutNotFound, "nobody failed to sign in from there")
}
