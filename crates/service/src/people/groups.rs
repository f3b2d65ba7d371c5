//! Groups: made, read, changed, taken away.

use std::sync::Arc;

use appkeep_domain::{Action, Directory, Group, GroupId, Name};
use appkeep_storage::{GroupPage, ReadTx, Seek, StorageError, WriteTx};

use super::find::{find_directory, find_group, parse_group_id};
use super::{Step, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::draft::{edit, parse_description};
use crate::registry::faults::Faults;
use crate::registry::list::searched;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::{Stamp, Told, record};
use crate::registry::{Edit, Expected, Registry};

/// The fields that a caller names; what it leaves out stays as it is, or is
/// empty when the group is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupFields {
    pub name: Option<String>,
    pub description: Edit<String>,
}

/// What is to become of a group.
#[derive(Debug, Clone, Default)]
pub struct GroupUpdate {
    pub expected: Expected,
    pub fields: GroupFields,
}

/// Which groups are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupQuery {
    pub page: PageQuery,
    /// Part of the name or the description, case aside.
    pub text: Option<String>,
}

/// Made before the transaction, which may run more than once.
struct Plan {
    by: By,
    stamp: Stamp,
    /// The tenant's directory, if there is none yet.
    directory: Directory,
    group: Group,
    faults: Faults,
}

impl Registry {
    /// The tenant's groups, newest first.
    pub async fn groups(&self, by: &By, query: GroupQuery) -> Result<Page<Group>, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let mut faults = Vec::new();
        // An empty search box finds everything.
        let text = query.text.as_deref().filter(|text| !text.is_empty());
        let text = text.and_then(|text| searched(text, &mut faults));
        let seek = seek(&query.page, List::Groups, faults)?;
        let mut tx = self.store().read().await?;
        let Some(directory) = find_directory(&mut tx, by).await? else {
            return Ok(page_of(List::Groups, GroupPage::default(), seek.limit));
        };
        let found = tx.groups(by.within(), &directory, text.as_deref(), seek).await?;
        Ok(page_of(List::Groups, found, seek.limit))
    }

    pub async fn create_group(&self, by: &By, fields: GroupFields) -> Result<Group, Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let plan = self.plan_group(by, &fields);
        let group = self.store().write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(group.id = %group.id, "made a group");
        Ok(group)
    }

    pub async fn group(&self, by: &By, id: &str) -> Result<Group, Error> {
        by.decide_of_tenant(Action::ReadGroups)?;
        let id = parse_group_id(id)?;
        let (_, group) = find_group(&mut self.store().read().await?, by, id).await?;
        Ok(group)
    }

    /// What is not named stays. A change that changes nothing leaves no trace.
    pub async fn update_group(&self, by: &By, id: &str, update: GroupUpdate) -> Result<Group, Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let (step, update) = (self.step_of(by, parse_group_id(id)?), Arc::new(update));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &update).await).await
    }

    /// Who was in it stays, and may no longer do what only it allowed them.
    pub async fn delete_group(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageGroups)?;
        let step = self.step_of(by, parse_group_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| delete(tx, &step, &expected).await).await
    }

    fn plan_group(&self, by: &By, fields: &GroupFields) -> Arc<Plan> {
        let (stamp, directory) = (self.stamp(), self.fresh_directory(by));
        let mut faults = Faults::default();
        if fields.name.is_none() {
            faults.add("name", ErrorCode::InvalidRequest, "is required");
        }
        let blank = Group {
            id: self.make_id(),
            directory: directory.id,
            name: stand_in(),
            description: None,
            version: 1,
            created_at: stamp.now,
            updated_at: stamp.now,
        };
        let group = draft(blank, fields, &mut faults);
        Arc::new(Plan { by: by.clone(), stamp, directory, group, faults })
    }
}

/// Which part of a list is wanted, unless something is wrong with that or was before.
pub(super) fn seek(query: &PageQuery, list: List, mut faults: Vec<Fault>) -> Result<Seek<GroupId>, Error> {
    let limit = query.limit(&mut faults);
    let after = query.after(list, id_key, &mut faults).map(GroupId::from_bytes);
    page::check(faults)?;
    Ok(Seek { after, limit: limit as usize })
}

/// What was found, as a part of that list.
pub(super) fn page_of(list: List, found: GroupPage, limit: usize) -> Page<Group> {
    let next_cursor = found.next.map(|id| list.cursor(&id.as_bytes()));
    Page { items: found.groups, next_cursor, limit: u32::try_from(limit).unwrap_or(u32::MAX) }
}

/// Holds the place of a name until one was given; a group without is refused.
fn stand_in() -> Name {
    Name::parse("group").expect("is printable and short")
}

fn draft(mut base: Group, fields: &GroupFields, faults: &mut Faults) -> Group {
    if let Some(name) = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        base.name = name;
    }
    edit(&mut base.description, "description", &fields.description, faults, parse_description);
    base
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<Group, Error> {
    let by = &plan.by;
    let directory = tx.tenant_directory_or_insert(by.within(), &plan.directory).await?;
    let group = Group { directory: directory.id, ..plan.group.clone() };
    let mut faults = plan.faults.clone();
    check_free(tx, by, (&directory, &group), &mut faults).await?;
    faults.check()?;
    tx.insert_group(by.within(), &directory, &group).await.map_err(taken)?;
    let after = Some(describe::group(&group));
    let told = Told { action: "group.created", application: None, before: None, after };
    record(tx, by, plan.stamp, told).await?;
    Ok(group)
}

async fn apply(tx: &mut WriteTx, step: &Step<GroupId>, update: &GroupUpdate) -> Result<Group, Error> {
    let by = &step.by;
    let (directory, current) = find_group(tx, by, step.id).await?;
    update.expected.check(current.version)?;
    let mut faults = Faults::default();
    let mut changed = draft(current.clone(), &update.fields, &mut faults);
    check_free(tx, by, (&directory, &changed), &mut faults).await?;
    faults.check()?;
    if current == changed {
        return Ok(current);
    }
    changed.version += 1;
    changed.updated_at = step.stamp.now;
    tx.update_group(by.within(), &directory, &changed).await.map_err(taken)?;
    let (before, after) = (Some(describe::group(&current)), Some(describe::group(&changed)));
    record(tx, by, step.stamp, Told { action: "group.updated", application: None, before, after }).await?;
    Ok(changed)
}

async fn delete(tx: &mut WriteTx, step: &Step<GroupId>, expected: &Expected) -> Result<(), Error> {
    let by = &step.by;
    let (directory, group) = find_group(tx, by, step.id).await?;
    expected.check(group.version)?;
    tx.delete_group(by.within(), &directory, group.id).await?;
    let before = Some(describe::group(&group));
    let told = Told { action: "group.deleted", application: None, before, after: None };
    record(tx, by, step.stamp, told).await?;
    Ok(())
}

/// Finds fault with a name that another group has.
async fn check_free(
    tx: &mut ReadTx,
    by: &By,
    (directory, group): (&Directory, &Group),
    faults: &mut Faults,
) -> Result<(), Error> {
    let found = tx.group_by_name(by.within(), directory, &group.name).await?;
    if found.is_some_and(|found| found.id != group.id) {
        faults.add("name", ErrorCode::GroupNameTaken, TAKEN);
    }
    Ok(())
}

const TAKEN: &str = "another group has it";

/// The clash that a caller can do something about, if somebody was quicker
/// than `check_free`.
fn taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "groups.directory_id, groups.name_key" => {
            Error::invalid(Fault::new("name", ErrorCode::GroupNameTaken, TAKEN)).because(error)
        }
        _ => error.into(),
    }
}
