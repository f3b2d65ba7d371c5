//! Which users are in which groups.

use appkeep_domain::{Action, Group, GroupId, Member, Membership, UserId};
use appkeep_storage::{Seek, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::{absent, find_group, find_user, no_such_user, parse_group_id, parse_user_id};
use super::groups::{page_of, seek};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::page::{self, List, Numbered, NumberedQuery, Page, PageQuery, id_key};
use crate::registry::record::{Told, record};

impl Registry {
    /// The users in the group, not by way of another, the newest user first.
    pub async fn group_members(&self, by: &By, group: &str, query: PageQuery) -> Result<Page<Member>, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::Members, id_key, &mut faults).map(UserId::from_bytes);
        page::check(faults)?;
        let id = parse_group_id(group)?;
        let mut tx = self.store().read().await?;
        let (directory, group) = find_group(&mut tx, by, id).await?;
        let seek = Seek { after, limit: limit as usize };
        let found = tx.group_members(by.within(), &directory, group.id, seek).await?;
        let next_cursor = found.next.map(|id| List::Members.cursor(&id.as_bytes()));
        Ok(Page { items: found.members, next_cursor, limit })
    }

    /// The same by numbered parts.
    pub async fn numbered_group_members(
        &self,
        by: &By,
        group: &str,
        page: NumberedQuery,
    ) -> Result<Numbered<Member>, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let mut faults = Vec::new();
        let numbers = page.counted_numbers(&mut faults);
        page::check(faults)?;
        let id = parse_group_id(group)?;
        let ((skipped, limit), within) = (numbers.range(), by.within());
        let mut tx = self.store().read().await?;
        let (directory, group) = find_group(&mut tx, by, id).await?;
        let total = tx.count_group_members(within, &directory, group.id).await?;
        if skipped >= total {
            return Ok(numbers.of(Vec::new(), total));
        }
        let after = tx.group_member_before(within, &directory, group.id, skipped).await?;
        let seek = Seek { after, limit: usize::try_from(limit).unwrap_or(usize::MAX) };
        let found = tx.group_members(within, &directory, group.id, seek).await?;
        Ok(numbers.of(found.members, total))
    }

    /// The groups that the user is in, not by way of another, newest first.
    pub async fn groups_of_user(&self, by: &By, user: &str, query: PageQuery) -> Result<Page<Group>, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let seek = seek(&query, List::UserGroups, Vec::new())?;
        let id = parse_user_id(user)?;
        let mut tx = self.store().read().await?;
        let (directory, user) = find_user(&mut tx, by, id).await?;
        let found = tx.groups_of_user(by.within(), &directory, user.id, seek).await?;
        Ok(page_of(List::UserGroups, found, seek.limit))
    }

    /// Puts a user into a group. Doing it again changes nothing.
    pub async fn add_group_member(&self, by: &By, group: &str, user: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let step = self.step_of(by, (parse_group_id(group)?, user.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| add(tx, &step).await).await
    }

    pub async fn remove_group_member(&self, by: &By, group: &str, user: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let step = self.step_of(by, (parse_group_id(group)?, user.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await
    }
}

async fn add(tx: &mut WriteTx, step: &Step<(GroupId, String)>) -> Result<(), Error> {
    let (by, added_at) = (&step.by, step.stamp.now);
    let (directory, group) = find_group(tx, by, step.id.0).await?;
    let user = parse_user_id(&step.id.1)?;
    let user = tx.user(by.within(), &directory, user).await?.ok_or_else(no_such_user)?;
    let membership = Membership { group: group.id, user: user.id, added_at };
    if !tx.add_group_user(by.within(), &directory, &membership).await? {
        return Ok(());
    }
    let after = Some(describe(group.id, user.id));
    let told = Told { action: "group.member_added", application: None, before: None, after };
    Ok(record(tx, by, step.stamp, told).await?)
}

async fn remove(tx: &mut WriteTx, step: &Step<(GroupId, String)>) -> Result<(), Error> {
    let by = &step.by;
    let (directory, group) = find_group(tx, by, step.id.0).await?;
    let user = UserId::parse(&step.id.1).map_err(|_| no_such_member())?;
    let removed = tx.remove_group_user(by.within(), &directory, group.id, user).await;
    removed.map_err(absent(no_such_member))?;
    let before = Some(describe(group.id, user));
    let told = Told { action: "group.member_removed", application: None, before, after: None };
    Ok(record(tx, by, step.stamp, told).await?)
}

fn describe(group: GroupId, user: UserId) -> Value {
    json!({ "group_id": group.to_string(), "user_id": user.to_string() })
}

fn no_such_member() -> Error {
    Error::new(ErrorCode::MemberNotFound, "the user is not in the group")
}
