//! Users and groups of all the tenants that the caller may ask about: by
//! numbered pages, and one of them wherever it is.

use std::ops::Range;

use appkeep_domain::{
    Action, Decision, Group, GroupId, Owner, OwnerFilter, Ownership, PartnerId, Resource, TenantId, User,
    UserId, UserStatus, Whose, Within, may,
};
use appkeep_storage::{CountedDirectory, ReadTx, Seek, UserFilter, Whereabouts};

use super::find::{no_such_group, no_such_user, parse_group_id, parse_user_id};
use crate::by::{By, Mount, require};
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::list::searched;
use crate::registry::page::{self, Numbered, NumberedQuery, Numbers, parameter};

/// Which people are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleQuery {
    pub page: NumberedQuery,
    pub tenant: Option<String>,
    /// Of all its tenants.
    pub partner: Option<String>,
    /// Of users.
    pub status: Option<String>,
    /// Part of an address, a name or whatever else is searched, case aside.
    /// A search counts up to [`PeopleQuery::MOST_FOUND`].
    pub text: Option<String>,
}

/// A user or a group, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of<T> {
    pub it: T,
    pub tenant: TenantId,
}

impl PeopleQuery {
    /// What a search counts, and finds, at most.
    pub const MOST_FOUND: u64 = 10_000;

    fn text(&self, faults: &mut Vec<Fault>) -> Option<String> {
        // An empty search box finds everything.
        let text = self.text.as_deref().filter(|text| !text.is_empty());
        text.and_then(|text| searched(text, faults))
    }

    /// Whoever names none of ours names one that does not exist.
    fn whose(&self, by: &By) -> Whose {
        let wanted = OwnerFilter {
            ownership: Some(Ownership::Tenant),
            tenant: self.tenant.as_deref().map(|raw| TenantId::parse(raw).unwrap_or(NO_TENANT)),
            partner: self.partner.as_deref().map(|raw| PartnerId::parse(raw).unwrap_or(NO_PARTNER)),
        };
        Whose::seen_from(&by.levels(), &wanted)
    }
}

/// Nobody's id is made of zeros.
const NO_TENANT: TenantId = TenantId::from_bytes([0; 16]);
const NO_PARTNER: PartnerId = PartnerId::from_bytes([0; 16]);

impl Registry {
    /// Tenant by tenant, of each the newest first.
    pub async fn numbered_users(&self, by: &By, query: PeopleQuery) -> Result<Numbered<Of<User>>, Error> {
        may_list(by, Action::ReadUsers)?;
        let mut faults = Vec::new();
        let status = |raw: &str| UserStatus::parse(raw).map_err(|reason| format!("is {reason}"));
        let status = parameter("status", query.status.as_deref(), status, &mut faults);
        let filter = UserFilter { status, text: query.text(&mut faults), group: None };
        let numbers = query.page.numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let directories = tx.users_of_tenants(Within::Platform, &query.whose(by), status).await?;
        let mut part = Part::of(numbers);
        for counted in &directories {
            if filter.text.is_some() {
                search_users(&mut tx, counted, &filter, &mut part).await?;
            } else {
                let wanted = part.pass(counted.total);
                add_users(&mut tx, counted, (&filter, wanted), &mut part).await?;
            }
        }
        Ok(part.finish())
    }

    /// The same for groups.
    pub async fn numbered_groups(&self, by: &By, query: PeopleQuery) -> Result<Numbered<Of<Group>>, Error> {
        may_list(by, Action::ReadGroups)?;
        let mut faults = Vec::new();
        let text = query.text(&mut faults);
        let numbers = query.page.numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let directories = tx.groups_of_tenants(Within::Platform, &query.whose(by)).await?;
        let mut part = Part::of(numbers);
        for counted in &directories {
            if let Some(text) = &text {
                search_groups(&mut tx, counted, text, &mut part).await?;
            } else {
                let wanted = part.pass(counted.total);
                add_groups(&mut tx, counted, wanted, &mut part).await?;
            }
        }
        Ok(part.finish())
    }

    /// The same caller, speaking to the tenant whose user this is.
    pub async fn by_user(&self, by: &By, action: Action, id: &str) -> Result<By, Error> {
        let id = parse_user_id(id)?;
        let found = self.store().read().await?.whereabouts_of_user(Within::Platform, id).await?;
        moved(by, action, found).ok_or_else(no_such_user)
    }

    /// The same for a group.
    pub async fn by_group(&self, by: &By, action: Action, id: &str) -> Result<By, Error> {
        let id = parse_group_id(id)?;
        let found = self.store().read().await?.whereabouts_of_group(Within::Platform, id).await?;
        moved(by, action, found).ok_or_else(no_such_group)
    }

    /// The same caller, speaking to this tenant.
    pub async fn by_tenant(&self, by: &By, action: Action, id: &str) -> Result<By, Error> {
        let no_such_tenant = || Error::new(ErrorCode::NotFound, "there is no such tenant");
        let id = TenantId::parse(id).map_err(|_| no_such_tenant())?;
        let found = self.store().read().await?.tenant(Within::Platform, id).await?;
        let found = found.filter(|tenant| tenant.archived_at.is_none());
        let found = found.map(|tenant| Whereabouts { tenant: id, partner: tenant.partner });
        moved(by, action, found).ok_or_else(no_such_tenant)
    }
}

/// A list shows what is seen from where it is asked for; at a tenant's own
/// address, what is the tenant's.
fn may_list(by: &By, action: Action) -> Result<(), Error> {
    match by.mount {
        Mount::Root => require(&by.caller, action),
        Mount::Tenant => by.decide_of_tenant(action),
    }
}

/// Nothing where the caller sees nothing of the kind.
fn moved(by: &By, action: Action, found: Option<Whereabouts>) -> Option<By> {
    let Whereabouts { tenant, partner } = found?;
    let there = Resource::of_owner(Owner::Tenant(tenant), partner);
    let is_seen = may(&by.caller, action, &there) != Decision::Hidden;
    is_seen.then(|| By { tenant, partner, ..by.clone() })
}

/// A numbered part while it is put together out of what comes one after the other.
struct Part<T> {
    numbers: Numbers,
    items: Vec<Of<T>>,
    total: u64,
}

impl<T> Part<T> {
    const fn of(numbers: Numbers) -> Self {
        Self { numbers, items: Vec::new(), total: 0 }
    }

    /// Counts so many more, and says which of them are wanted.
    fn pass(&mut self, count: u64) -> Range<u64> {
        let (skipped, limit) = self.numbers.range();
        let within = |bound: u64| bound.saturating_sub(self.total).min(count);
        let wanted = within(skipped)..within(skipped.saturating_add(limit));
        self.total += count;
        wanted
    }

    /// The same for one that was found.
    fn take(&mut self, it: T, tenant: TenantId) {
        if !self.pass(1).is_empty() {
            self.items.push(Of { it, tenant });
        }
    }

    const fn is_full(&self) -> bool {
        self.total >= PeopleQuery::MOST_FOUND
    }

    fn finish(self) -> Numbered<Of<T>> {
        self.numbers.of(self.items, self.total)
    }
}

async fn add_users(
    tx: &mut ReadTx,
    counted: &CountedDirectory,
    (filter, wanted): (&UserFilter, Range<u64>),
    part: &mut Part<User>,
) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let after = tx.user_before(&counted.directory, filter.status, wanted.start).await?;
    let seek = Seek { after, limit: length(&wanted) };
    let found = tx.users(Within::Platform, &counted.directory, filter, seek).await?;
    part.items.extend(found.users.into_iter().map(|it| Of { it, tenant: counted.tenant }));
    Ok(())
}

async fn add_groups(
    tx: &mut ReadTx,
    counted: &CountedDirectory,
    wanted: Range<u64>,
    part: &mut Part<Group>,
) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let after = tx.group_before(&counted.directory, wanted.start).await?;
    let seek = Seek { after, limit: length(&wanted) };
    let found = tx.groups(Within::Platform, &counted.directory, None, seek).await?;
    part.items.extend(found.groups.into_iter().map(|it| Of { it, tenant: counted.tenant }));
    Ok(())
}

async fn search_users(
    tx: &mut ReadTx,
    counted: &CountedDirectory,
    filter: &UserFilter,
    part: &mut Part<User>,
) -> Result<(), Error> {
    let mut after: Option<UserId> = None;
    while !part.is_full() {
        let seek = Seek { after, limit: AT_ONCE };
        let found = tx.users(Within::Platform, &counted.directory, filter, seek).await?;
        found.users.into_iter().for_each(|user| part.take(user, counted.tenant));
        let Some(next) = found.next else { break };
        after = Some(next);
    }
    Ok(())
}

async fn search_groups(
    tx: &mut ReadTx,
    counted: &CountedDirectory,
    text: &str,
    part: &mut Part<Group>,
) -> Result<(), Error> {
    let mut after: Option<GroupId> = None;
    while !part.is_full() {
        let seek = Seek { after, limit: AT_ONCE };
        let found = tx.groups(Within::Platform, &counted.directory, Some(text), seek).await?;
        found.groups.into_iter().for_each(|group| part.take(group, counted.tenant));
        let Some(next) = found.next else { break };
        after = Some(next);
    }
    Ok(())
}

/// How many a search reads at a time.
const AT_ONCE: usize = 500;

fn length(wanted: &Range<u64>) -> usize {
    usize::try_from(wanted.end - wanted.start).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_what_falls_into_it() {
        for (page, counts, expected) in [
            (1, [3, 4, 5], [0..3, 0..4, 0..3]),
            (2, [3, 4, 5], [3..3, 4..4, 3..5]),
            (2, [25, 0, 0], [10..20, 0..0, 0..0]),
        ] {
            let mut faults = Vec::new();
            let numbers = NumberedQuery { page: Some(page), per_page: Some(10) }.numbers(&mut faults);
            let mut part = Part::<User>::of(numbers);
            assert_eq!(counts.map(|count| part.pass(count)), expected, "{page}");
            assert_eq!(part.total, counts.iter().sum::<u64>());
        }
    }
}
