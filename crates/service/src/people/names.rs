//! By which names what a list tells of by ids is known: of people, groups and
//! applications, as far as the caller may know them. Never of more than a part of
//! a list.

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{
    Action, ApplicationId, Decision, DirectoryId, Email, GroupId, Name, Owner, Resource, UserId, Within, may,
};
use appkeep_storage::{ReadTx, StorageError};

use super::find::find_directory;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::find::{look_up, resource};

impl Registry {
    /// The addresses of those who are there, each with where they are.
    pub async fn addresses(
        &self,
        by: &By,
        people: &[(DirectoryId, UserId)],
    ) -> Result<BTreeMap<UserId, Email>, Error> {
        let mut tx = self.store().read().await?;
        let (mut known, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        let (places, people): (BTreeSet<_>, BTreeSet<_>) = people.iter().map(|one| (one.0, *one)).unzip();
        for id in places {
            let found = tx.directory(Within::Platform, id).await?;
            if let Some(directory) = found
                && may_know(&mut tx, by, directory.owner).await?
            {
                known.insert(id, directory);
            }
        }
        for (id, user) in people {
            let Some(directory) = known.get(&id) else { continue };
            if let Some(found) = tx.user(Within::Platform, directory, user).await? {
                addresses.insert(user, found.email);
            }
        }
        Ok(addresses)
    }

    /// The names of those applications that the caller sees.
    pub async fn application_names(
        &self,
        by: &By,
        ids: &[ApplicationId],
    ) -> Result<BTreeMap<ApplicationId, Name>, Error> {
        let (now, mut names) = (self.now(), BTreeMap::new());
        let mut tx = self.store().read().await?;
        for id in ids.iter().copied().collect::<BTreeSet<_>>() {
            let found = match look_up(&mut tx, by, (id, now)).await {
                Ok(found) => found,
                Err(error) if error.code() == ErrorCode::AppNotFound => continue,
                Err(error) => return Err(error),
            };
            if may(&by.caller, Action::ReadApplication, &resource(&found)) != Decision::Hidden {
                names.insert(id, found.application.name);
            }
        }
        Ok(names)
    }

    /// The names of the tenant's groups; none for those who may read none.
    pub async fn group_names(&self, by: &By, ids: &[GroupId]) -> Result<BTreeMap<GroupId, Name>, Error> {
        if by.decide_of_tenant(Action::ReadGroups).is_err() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.store().read().await?;
        let Some(directory) = find_directory(&mut tx, by).await? else { return Ok(BTreeMap::new()) };
        let found = tx.those_groups(by.within(), &[&directory], ids).await?;
        Ok(found.into_iter().map(|group| (group.id, group.name)).collect())
    }
}

/// Whether the caller may know the people of this owner.
async fn may_know(tx: &mut ReadTx, by: &By, owner: Owner) -> Result<bool, StorageError> {
    let partner = if owner == by.owner() {
        by.partner
    } else {
        tx.known_owner(Within::Platform, owner).await?.and_then(|known| known.partner)
    };
    Ok(may(&by.caller, Action::ReadUsers, &Resource::of_owner(owner, partner)) == Decision::Allowed)
}
