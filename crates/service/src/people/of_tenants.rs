//! Users and groups of all the tenants that the caller may ask about, by
//! numbered pages: tenant by tenant, of each the newest first.

use std::ops::Range;

use appkeep_domain::{
    Action, Group, OwnerFilter, Ownership, PartnerId, TenantId, User, UserStatus, Whose, Within,
};
use appkeep_storage::{CountedDirectory, ReadTx, Seek, TenantLabel, UserFilter};

use crate::by::{By, require};
use crate::error::{Error, Fault};
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
    /// A search finds and counts what it comes to by examining so many.
    pub text: Option<String>,
}

/// A user or a group, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of<T> {
    pub it: T,
    pub tenant: TenantLabel,
}

impl PeopleQuery {
    fn text(&self, faults: &mut Vec<Fault>) -> Option<String> {
        // An empty search box finds everything.
        let text = self.text.as_deref().filter(|text| !text.is_empty());
        text.and_then(|text| searched(text, faults))
    }
}

/// What of the tenants that the caller sees is wanted. A text that is no id at
/// all is told so; one that is nobody's whom the caller sees finds nothing.
pub(super) fn whose(
    by: &By,
    (tenant, partner): (Option<&str>, Option<&str>),
    faults: &mut Vec<Fault>,
) -> Whose {
    let tenant_id = |raw: &str| TenantId::parse(raw).map_err(|reason| format!("is {reason}"));
    let partner_id = |raw: &str| PartnerId::parse(raw).map_err(|reason| format!("is {reason}"));
    let wanted = OwnerFilter {
        ownership: Some(Ownership::Tenant),
        tenant: parameter("tenant_id", tenant, tenant_id, faults),
        partner: parameter("partner_id", partner, partner_id, faults),
    };
    Whose::seen_from(&by.levels(), &wanted)
}

impl Registry {
    pub async fn numbered_users(&self, by: &By, query: PeopleQuery) -> Result<Numbered<Of<User>>, Error> {
        require(&by.caller, Action::ReadUsers)?;
        let mut faults = Vec::new();
        let status = |raw: &str| UserStatus::parse(raw).map_err(|reason| format!("is {reason}"));
        let status = parameter("status", query.status.as_deref(), status, &mut faults);
        let filter = UserFilter { status, text: query.text(&mut faults), group: None };
        let whose = whose(by, (query.tenant.as_deref(), query.partner.as_deref()), &mut faults);
        let numbers = query.page.counted_numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let directories = tx.users_of_tenants(Within::Platform, &whose, status).await?;
        if filter.text.is_some() {
            let (found, is_all) = search_users(&mut tx, &directories, &filter).await?;
            return labelled(&mut tx, numbers.cut_found(found, is_all)).await;
        }
        let mut part = Part::of(numbers);
        for counted in &directories {
            let wanted = part.pass(counted.total);
            add_users(&mut tx, counted, (&filter, wanted), &mut part).await?;
        }
        labelled(&mut tx, part.finish()).await
    }

    /// The same for groups.
    pub async fn numbered_groups(&self, by: &By, query: PeopleQuery) -> Result<Numbered<Of<Group>>, Error> {
        require(&by.caller, Action::ReadGroups)?;
        let mut faults = Vec::new();
        let text = query.text(&mut faults);
        let whose = whose(by, (query.tenant.as_deref(), query.partner.as_deref()), &mut faults);
        let numbers = query.page.counted_numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let directories = tx.groups_of_tenants(Within::Platform, &whose).await?;
        if let Some(text) = &text {
            let (found, is_all) = search_groups(&mut tx, &directories, text).await?;
            return labelled(&mut tx, numbers.cut_found(found, is_all)).await;
        }
        let mut part = Part::of(numbers);
        for counted in &directories {
            let wanted = part.pass(counted.total);
            add_groups(&mut tx, counted, wanted, &mut part).await?;
        }
        labelled(&mut tx, part.finish()).await
    }
}

/// A numbered part while it is put together out of what comes one after the other.
pub(super) struct Part<T> {
    numbers: Numbers,
    items: Vec<(T, TenantId)>,
    total: u64,
}

impl<T> Part<T> {
    pub(super) const fn of(numbers: Numbers) -> Self {
        Self { numbers, items: Vec::new(), total: 0 }
    }

    /// Counts so many more, and says which of them are wanted.
    pub(super) fn pass(&mut self, count: u64) -> Range<u64> {
        let (skipped, limit) = self.numbers.range();
        let within = |bound: u64| bound.saturating_sub(self.total).min(count);
        let wanted = within(skipped)..within(skipped.saturating_add(limit));
        self.total += count;
        wanted
    }

    pub(super) fn extend(&mut self, items: Vec<T>, tenant: TenantId) {
        self.items.extend(items.into_iter().map(|it| (it, tenant)));
    }

    pub(super) fn finish(self) -> Numbered<(T, TenantId)> {
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
    part.extend(found.users, counted.tenant);
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
    part.extend(found.groups, counted.tenant);
    Ok(())
}

/// As far as one call examines, whoever is asked.
/// And whether it came to the end.
async fn search_users(
    tx: &mut ReadTx,
    directories: &[CountedDirectory],
    filter: &UserFilter,
) -> Result<(Vec<(User, TenantId)>, bool), Error> {
    let (mut budget, mut found) = (ReadTx::MAX_EXAMINED, Vec::new());
    for counted in directories {
        if budget == 0 {
            break;
        }
        let users = tx.examine_users(Within::Platform, &counted.directory, filter, &mut budget).await?;
        found.extend(users.into_iter().map(|user| (user, counted.tenant)));
    }
    Ok((found, budget > 0))
}

/// And whether it came to the end.
async fn search_groups(
    tx: &mut ReadTx,
    directories: &[CountedDirectory],
    text: &str,
) -> Result<(Vec<(Group, TenantId)>, bool), Error> {
    let (mut budget, mut found) = (ReadTx::MAX_EXAMINED, Vec::new());
    for counted in directories.iter().filter(|counted| counted.total > 0) {
        if budget == 0 {
            break;
        }
        let groups = tx.examine_groups(Within::Platform, &counted.directory, text, &mut budget).await?;
        found.extend(groups.into_iter().map(|group| (group, counted.tenant)));
    }
    Ok((found, budget > 0))
}

/// With what their tenants are called.
pub(super) async fn labelled<T>(
    tx: &mut ReadTx,
    part: Numbered<(T, TenantId)>,
) -> Result<Numbered<Of<T>>, Error> {
    let mut ids: Vec<TenantId> = part.items.iter().map(|(_, tenant)| *tenant).collect();
    ids.dedup();
    let labels = tx.tenant_labels(Within::Platform, &ids).await?;
    let label = |id| labels.iter().find(|label| label.id == id).cloned();
    // One that is gone meanwhile has taken its people along.
    let with_label = |(it, tenant)| label(tenant).map(|tenant| Of { it, tenant });
    let items = part.items.into_iter().filter_map(with_label).collect();
    let Numbered { page, per_page, total, total_is_exact, .. } = part;
    Ok(Numbered { items, page, per_page, total, total_is_exact })
}

pub(super) fn length(wanted: &Range<u64>) -> usize {
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
