//! Who may use an application, over all the tenants that the caller may ask
//! about, by numbered pages.

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{
    AccessPath, Action, Application, ApplicationId, Decision, Directory, DirectoryId, EffectiveUser, Group,
    GroupId, Owner, Resource, Tenant, TenantId, UserId, Within, may,
};
use appkeep_storage::{ReadTx, StorageError};

use super::effective_index::Place;
use super::effective_users::reach;
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::find::{look_up, parse_id, require_of};
use crate::registry::page::{self, Numbered, NumberedQuery};

/// Which of them are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveQuery {
    pub page: NumberedQuery,
    /// Of this tenant only.
    pub tenant: Option<String>,
}

/// Somebody who may use an application, and where they are.
#[derive(Debug, Clone)]
pub struct EffectiveUserIn {
    pub effective: EffectiveUser,
    /// Whose user they are; nobody's, who runs the platform.
    pub tenant: Option<Tenant>,
    /// The groups that are assigned to the application and lead to them, in the
    /// order of their paths.
    pub groups: Vec<Group>,
}

impl Registry {
    /// Each once, tenant by tenant: of a GLOBAL application of all tenants, of a
    /// partner's of that partner's, of a tenant's own of that one; and of these,
    /// of those whose people the caller may know. An application may ask about
    /// itself.
    pub async fn numbered_effective_users(
        &self,
        by: &By,
        id: &str,
        query: EffectiveQuery,
    ) -> Result<Numbered<EffectiveUserIn>, Error> {
        require_of(by, Action::ReadEffectiveUsers, ApplicationId::parse(id).ok())?;
        let mut faults = Vec::new();
        let numbers = query.page.numbers(&mut faults);
        page::check(faults)?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let found = look_up(&mut tx, by, (id, self.now())).await?;
        // Many may wait for one who reads, who has to find a connection then.
        drop(tx);
        let reach = reach(by, &found)?;
        let application = found.application;
        // Whoever names none of ours names one that does not exist.
        let wanted = query.tenant.map(|raw| TenantId::parse(&raw).ok());
        let is_wanted = |owner| wanted.is_none_or(|id| id.is_some_and(|id| owner == Owner::Tenant(id)));
        let mut places = self.effective().places(id, &reach, is_wanted).await?;
        places.retain(|place| place.tenant.as_ref().is_some_and(|tenant| may_know(by, &application, tenant)));
        let part = self.effective().part(id, &places, numbers.range()).await?;
        let items = tell(&mut self.store().read().await?, id, &part.users).await?;
        Ok(numbers.of(items, part.total))
    }
}

/// Whether the application is for the tenant's people at all, and the caller
/// may know which of them use it.
fn may_know(by: &By, application: &Application, tenant: &Tenant) -> bool {
    let people = Resource::of_assignments(application, Owner::Tenant(tenant.id), tenant.partner);
    application.owner.takes_in(tenant)
        && tenant.archived_at.is_none()
        && may(&by.caller, Action::ReadEffectiveUsers, &people) == Decision::Allowed
}

/// In as many statements for a page of many tenants as for one of one.
async fn tell(
    tx: &mut ReadTx,
    application: ApplicationId,
    users: &[(Place, Vec<UserId>)],
) -> Result<Vec<EffectiveUserIn>, StorageError> {
    let wanted: Vec<(&Directory, &[UserId])> =
        users.iter().map(|(place, ids)| (&*place.directory, ids.as_slice())).collect();
    let found = tx.those_effective_users(Within::Platform, application, &wanted).await?;
    let assigned: BTreeSet<GroupId> = found.iter().flat_map(assigned_groups).collect();
    let assigned: Vec<GroupId> = assigned.into_iter().collect();
    let directories: Vec<&Directory> = wanted.iter().map(|(directory, _)| *directory).collect();
    let groups = tx.those_groups(Within::Platform, &directories, &assigned).await?;
    let named: BTreeMap<(DirectoryId, GroupId), &Group> =
        groups.iter().map(|group| ((group.directory, group.id), group)).collect();
    let places: BTreeMap<DirectoryId, &Place> =
        users.iter().map(|(place, _)| (place.directory.id, place)).collect();
    let tell = |effective: EffectiveUser| {
        let directory = effective.user.directory;
        let name = |id| named.get(&(directory, id)).map(|&group| group.clone());
        let tenant = places.get(&directory).and_then(|place| place.tenant.as_deref().cloned());
        EffectiveUserIn { groups: assigned_groups(&effective).filter_map(name).collect(), tenant, effective }
    };
    Ok(found.into_iter().map(tell).collect())
}

/// The groups that are assigned, one a path.
fn assigned_groups(effective: &EffectiveUser) -> impl Iterator<Item = GroupId> {
    effective.paths.iter().filter_map(|path| match path {
        AccessPath::Direct => None,
        AccessPath::Via(groups) => groups.first().copied(),
    })
}
