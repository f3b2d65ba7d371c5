//! By which names what a list tells of by ids is known: of people, groups and
//! applications, as far as the caller may know them. Never of more than a part of
//! a list.

use std::collections::BTreeMap;

use appkeep_domain::{
    Action, ApplicationId, Decision, DirectoryId, Email, GroupId, Name, Owner, Resource, UserId, Within, may,
};
use appkeep_storage::{ReadTx, StorageError};

use super::find::find_directory;
use crate::by::By;
use crate::error::Error;
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
        for (id, user) in people {
            if addresses.contains_key(user) {
                continue;
            }
            if !known.contains_key(id) {
                let found = tx.directory(Within::Platform, *id).await?;
                let found = match found {
                    Some(directory) if may_know(&mut tx, by, directory.owner).await? => Some(directory),
                    _ => None,
                };
                known.insert(*id, found);
            }
            let Some(Some(directory)) = known.get(id) else { continue };
            if let Some(found) = tx.user(Within::Platform, directory, *user).await? {
                addresses.insert(*user, found.email);
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
        for id in ids {
            if names.contains_key(id) {
                continue;
            }
            let Ok(found) = look_up(&mut tx, by, (*id, now)).await else { continue };
            if may(&by.caller, Action::ReadApplication, &resource(&found)) != Decision::Hidden {
                names.insert(*id, found.application.name);
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
