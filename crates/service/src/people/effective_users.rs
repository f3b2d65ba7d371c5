//! Who may use an application after all, and by which way.

use appkeep_domain::{
    Action, ApplicationId, Caller, Decision, DirectoryId, EffectiveUser, Level, Owner, Resource, RoleGrant,
    TenantId, UserId, Within, may, oversees,
};
use appkeep_storage::{EffectivePage, EffectivePlace, Owned, ReadTx, StorageError, TenantLabel};

use crate::by::{By, Mount};
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::find::{look_up, parse_id, require_of, resource};
use crate::registry::page::{self, List, Page, PageQuery, parameter};
use crate::tenancy::within;

/// Which effective users are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveUserQuery {
    pub page: PageQuery,
    /// Those of one tenant.
    pub tenant: Option<String>,
}

/// Somebody who may use an application, and in which tenant they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveUserView {
    pub effective: EffectiveUser,
    /// None for those who are in no tenant's directory.
    pub tenant: Option<TenantLabel>,
}

impl Registry {
    /// Each user once to whom the application is assigned, directly or by
    /// groups, with every way. Of these, only the active can sign in.
    ///
    /// Whoever has a say over the application, and the application itself, see
    /// those of all tenants that it is for; anybody else who sees it those below
    /// their own level, or of the tenant at whose address they ask.
    pub async fn effective_users(
        &self,
        by: &By,
        id: &str,
        query: EffectiveUserQuery,
    ) -> Result<Page<EffectiveUserView>, Error> {
        require_of(by, Action::ReadEffectiveUsers, ApplicationId::parse(id).ok())?;
        let mut faults = Vec::new();
        let tenant = |raw: &str| TenantId::parse(raw).map_err(|reason| format!("is {reason}"));
        let tenant = parameter("tenant_id", query.tenant.as_deref(), tenant, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::EffectiveUsers, read_key, &mut faults);
        page::check(faults)?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let found = look_up(&mut tx, by, (id, self.now())).await?;
        let reached = match reach(by, &found)? {
            Reach::All => vec![found.application.owner.within()],
            Reach::Only(several) => several,
        };
        let reached = narrow(&mut tx, reached, tenant).await?;
        let mut parts = Vec::with_capacity(reached.len());
        for within in reached {
            parts.push(tx.effective_users(within, id, after, limit as usize).await?);
        }
        let (users, next) = merge(parts, limit as usize);
        let items = with_tenants(&mut tx, users).await?;
        let next_cursor = next.map(|place| List::EffectiveUsers.cursor(&print_key(place)));
        Ok(Page { items, next_cursor, limit })
    }
}

/// Whose people the caller is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// All that the application is for.
    All,
    /// Of these, those that are among it.
    Only(Vec<Within>),
}

/// All, where the caller has a say over the application or is it, and otherwise
/// those below each of their own levels from which it is seen.
pub(super) fn reach(by: &By, found: &Owned) -> Result<Reach, Error> {
    let (application, resource) = (&found.application, resource(found));
    by.decide(Action::ReadEffectiveUsers, &resource)?;
    let itself = matches!(by.caller, Caller::Application { id, .. } if id == application.id);
    if itself || oversees(&by.caller, &resource) {
        return Ok(Reach::All);
    }
    if by.mount == Mount::Tenant {
        by.decide_of_tenant(Action::ReadEffectiveUsers)?;
        return Ok(Reach::Only(vec![by.within()]));
    }
    let mut reached = Vec::new();
    for within in levels(&by.caller, &resource).into_iter().map(within) {
        if !reached.contains(&within) {
            reached.push(within);
        }
    }
    Ok(Reach::Only(reached))
}

/// From which of their levels the caller sees it.
fn levels(caller: &Caller, resource: &Resource) -> Vec<Level> {
    match caller {
        Caller::System => vec![Level::Platform],
        Caller::Application { level, .. } => vec![*level],
        // What a role sees, it sees whoever holds it.
        Caller::ServiceAccount { roles, .. } => roles.iter().map(|grant| grant.at).collect(),
        Caller::Operator { id, roles, scopes } => {
            let sees = |grant: &RoleGrant| {
                let by_it = Caller::Operator { id: *id, roles: vec![*grant], scopes: scopes.clone() };
                may(&by_it, Action::ReadEffectiveUsers, resource) == Decision::Allowed
            };
            roles.iter().filter(|grant| sees(grant)).map(|grant| grant.at).collect()
        }
    }
}

/// Of these the wanted tenant's; nothing when it is not among them.
async fn narrow(
    tx: &mut ReadTx,
    reached: Vec<Within>,
    tenant: Option<TenantId>,
) -> Result<Vec<Within>, StorageError> {
    let Some(tenant) = tenant else { return Ok(reached) };
    let wanted = Within::Tenant(tenant);
    let known = tx.known_owner(Within::Platform, Owner::Tenant(tenant)).await?;
    let partner = known.and_then(|known| known.partner);
    let takes_it_in = |within: &Within| match within {
        Within::Platform => true,
        Within::Tenant(_) => *within == wanted,
        Within::Partner(id) => partner == Some(*id),
    };
    Ok(if reached.iter().any(takes_it_in) { vec![wanted] } else { Vec::new() })
}

/// One page of several, each in the order of places; of who is in two of them,
/// one.
fn merge(parts: Vec<EffectivePage>, limit: usize) -> (Vec<EffectiveUser>, Option<EffectivePlace>) {
    let place = |one: &EffectiveUser| EffectivePlace { directory: one.user.directory, user: one.user.id };
    // A part that goes on was not looked at any further than there.
    let known_until = parts.iter().filter_map(|part| part.next).min();
    let mut users: Vec<EffectiveUser> = parts.into_iter().flat_map(|part| part.users).collect();
    users.sort_by_key(place);
    users.dedup_by_key(|one| place(one));
    users.retain(|one| known_until.is_none_or(|last| place(one) <= last));
    let more = users.len() > limit;
    users.truncate(limit);
    let next = if more { users.last().map(place) } else { known_until };
    (users, next)
}

async fn with_tenants(
    tx: &mut ReadTx,
    users: Vec<EffectiveUser>,
) -> Result<Vec<EffectiveUserView>, StorageError> {
    let mut ids: Vec<TenantId> = users.iter().filter_map(tenant_of).collect();
    ids.dedup();
    let labels = tx.tenant_labels(Within::Platform, &ids).await?;
    let view = |effective: EffectiveUser| {
        let id = tenant_of(&effective);
        EffectiveUserView { tenant: labels.iter().find(|label| Some(label.id) == id).cloned(), effective }
    };
    Ok(users.into_iter().map(view).collect())
}

const fn tenant_of(effective: &EffectiveUser) -> Option<TenantId> {
    if let Owner::Tenant(id) = effective.owner { Some(id) } else { None }
}

/// A place as the key of a cursor.
fn print_key(place: EffectivePlace) -> Vec<u8> {
    [place.directory.as_bytes(), place.user.as_bytes()].concat()
}

fn read_key(key: Vec<u8>) -> Option<EffectivePlace> {
    let (directory, user) = key.split_first_chunk::<16>()?;
    let user = <[u8; 16]>::try_from(user).ok()?;
    Some(EffectivePlace { directory: DirectoryId::from_bytes(*directory), user: UserId::from_bytes(user) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_a_cursor() {
        let place =
            EffectivePlace { directory: DirectoryId::from_bytes([1; 16]), user: UserId::from_bytes([2; 16]) };
        assert_eq!(read_key(print_key(place)), Some(place));
        for damaged in [0, 16, 31, 33] {
            assert_eq!(read_key(vec![1; damaged]), None);
        }
    }
}
