//! Who may use an application after all, and by which way.

use appkeep_domain::{
    Action, ApplicationId, Caller, DirectoryId, EffectiveUser, Level, Owner, TenantId, UserId, Within,
    oversees,
};
use appkeep_storage::{EffectivePlace, Owned, ReadTx, StorageError, TenantLabel};

use crate::by::{By, Mount};
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::find::{look_up, parse_id, require_of, resource};
use crate::registry::page::{self, List, Page, PageQuery, parameter};

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
        let reach = reach(by, &found)?;
        let Some(within) = narrow(&mut tx, reach, tenant).await? else {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        };
        let found = tx.effective_users(within, id, after, limit as usize).await?;
        let items = with_tenants(&mut tx, found.users).await?;
        let next_cursor = found.next.map(|place| List::EffectiveUsers.cursor(&print_key(place)));
        Ok(Page { items, next_cursor, limit })
    }
}

/// Whose people the caller is told of: all that the application is for, where
/// they have a say over it or are it, and otherwise those below their own level.
fn reach(by: &By, found: &Owned) -> Result<Within, Error> {
    let (application, resource) = (&found.application, resource(found));
    by.decide(Action::ReadEffectiveUsers, &resource)?;
    let itself = matches!(by.caller, Caller::Application { id, .. } if id == application.id);
    if itself || oversees(&by.caller, &resource) {
        return Ok(application.owner.within());
    }
    if by.mount == Mount::Tenant {
        by.decide_of_tenant(Action::ReadEffectiveUsers)?;
    }
    Ok(match by.levels().first() {
        Some(Level::Platform) => Within::Platform,
        Some(Level::Partner(id)) => Within::Partner(*id),
        Some(Level::Tenant { id, .. }) => Within::Tenant(*id),
        None => by.within(),
    })
}

/// Of these the wanted tenant's; nothing when it is not among them.
async fn narrow(
    tx: &mut ReadTx,
    reach: Within,
    tenant: Option<TenantId>,
) -> Result<Option<Within>, StorageError> {
    let Some(tenant) = tenant else { return Ok(Some(reach)) };
    let wanted = Within::Tenant(tenant);
    Ok(match reach {
        Within::Platform => Some(wanted),
        Within::Tenant(_) => (reach == wanted).then_some(wanted),
        Within::Partner(partner) => {
            let known = tx.known_owner(Within::Platform, Owner::Tenant(tenant)).await?;
            known.is_some_and(|known| known.partner == Some(partner)).then_some(wanted)
        }
    })
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
