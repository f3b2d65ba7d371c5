//! Groups in groups.

use appkeep_domain::{Action, Group, GroupId, Nesting, NestingRefused};
use appkeep_storage::{Nested, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::{absent, find_group, no_such_group, parse_group_id};
use super::groups::{page_of, seek};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::page::{List, Page, PageQuery};
use crate::registry::record::{Told, record};

impl Registry {
    /// The groups in the group, not by way of another, newest first.
    pub async fn subgroups(&self, by: &By, group: &str, query: PageQuery) -> Result<Page<Group>, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let seek = seek(&query, List::Subgroups, Vec::new())?;
        let id = parse_group_id(group)?;
        let mut tx = self.store().read().await?;
        let (directory, group) = find_group(&mut tx, by, id).await?;
        let found = tx.child_groups(by.within(), &directory, group.id, seek).await?;
        Ok(page_of(List::Subgroups, found, seek.limit))
    }

    /// Puts a group into another, and its users with it. Doing it again changes
    /// nothing.
    pub async fn add_subgroup(&self, by: &By, parent: &str, child: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let step = self.step_of(by, (parse_group_id(parent)?, child.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| add(tx, &step).await).await
    }

    pub async fn remove_subgroup(&self, by: &By, parent: &str, child: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let step = self.step_of(by, (parse_group_id(parent)?, child.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await
    }
}

async fn add(tx: &mut WriteTx, step: &Step<(GroupId, String)>) -> Result<(), Error> {
    let (by, added_at) = (&step.by, step.stamp.now);
    let (directory, parent) = find_group(tx, by, step.id.0).await?;
    let child = parse_group_id(&step.id.1)?;
    let child = tx.group(by.within(), &directory, child).await?.ok_or_else(no_such_group)?;
    let nesting = Nesting { parent: parent.id, child: child.id, added_at };
    match tx.add_group_group(by.within(), &directory, &nesting).await? {
        Nested::Already => return Ok(()),
        Nested::Refused(reason) => return Err(refused(reason)),
        Nested::Added => {}
    }
    let after = Some(describe(parent.id, child.id));
    let told = Told { action: "group.subgroup_added", application: None, before: None, after };
    Ok(record(tx, by, step.stamp, told).await?)
}

async fn remove(tx: &mut WriteTx, step: &Step<(GroupId, String)>) -> Result<(), Error> {
    let by = &step.by;
    let (directory, parent) = find_group(tx, by, step.id.0).await?;
    let child = GroupId::parse(&step.id.1).map_err(|_| no_such_member())?;
    let removed = tx.remove_group_group(by.within(), &directory, parent.id, child).await;
    removed.map_err(absent(no_such_member))?;
    let before = Some(describe(parent.id, child));
    let told = Told { action: "group.subgroup_removed", application: None, before, after: None };
    Ok(record(tx, by, step.stamp, told).await?)
}

fn refused(reason: NestingRefused) -> Error {
    let code = match reason {
        NestingRefused::Cycle => ErrorCode::GroupCycle,
        NestingRefused::TooDeep => ErrorCode::GroupTooDeep,
        NestingRefused::TooMany => ErrorCode::TooManyGroups,
    };
    Error::new(code, reason.to_string())
}

fn describe(group: GroupId, subgroup: GroupId) -> Value {
    json!({ "group_id": group.to_string(), "subgroup_id": subgroup.to_string() })
}

fn no_such_member() -> Error {
    Error::new(ErrorCode::MemberNotFound, "the group is not in the other")
}
