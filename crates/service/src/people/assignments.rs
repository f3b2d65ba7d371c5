//! Users and groups that are assigned to an application.

use appkeep_domain::{Action, ApplicationId, Assignment, Directory, GroupId, Subject, UserId};
use appkeep_storage::{ReadTx, Seek, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::{Assigned, absent, find_assigned, no_such_group, no_such_user, subject_is_there};
use crate::by::{By, require};
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::find::parse_id;
use crate::registry::page::{self, List, Page, PageQuery};
use crate::registry::record::{Told, record_of};

impl Registry {
    /// Which of the tenant's people are assigned: groups, and then users, each
    /// in the order they were made.
    pub async fn assignments(&self, by: &By, id: &str, query: PageQuery) -> Result<Page<Assignment>, Error> {
        require(&by.caller, Action::ReadAssignments)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::Assignments, read_key, &mut faults);
        page::check(faults)?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let assigned = find_assigned(&mut tx, by, Action::ReadAssignments, (id, self.now())).await?;
        let Some(directory) = assigned.directory(&mut tx).await? else {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        };
        let seek = Seek { after, limit: limit as usize };
        let found =
            tx.assignments(assigned.people.within(), &directory, assigned.application.id, seek).await?;
        let next_cursor = found.next.map(|subject| List::Assignments.cursor(&print_key(subject)));
        Ok(Page { items: found.assignments, next_cursor, limit })
    }

    /// A user, or everybody in a group, may use the application. Doing it again
    /// changes nothing.
    pub async fn add_assignment(&self, by: &By, id: &str, subject: &str) -> Result<(), Error> {
        require(&by.caller, Action::ManageAssignments)?;
        let step = self.step_of(by, (parse_id(id)?, subject.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| assign(tx, &step).await).await
    }

    /// They may use it no longer, unless something else allows it.
    pub async fn remove_assignment(&self, by: &By, id: &str, subject: &str) -> Result<(), Error> {
        require(&by.caller, Action::ManageAssignments)?;
        let step = self.step_of(by, (parse_id(id)?, subject.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| unassign(tx, &step).await).await
    }
}

type Which = (ApplicationId, String);

pub(super) async fn assign(tx: &mut WriteTx, step: &Step<Which>) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let assigned = find_assigned(tx, by, Action::ManageAssignments, (step.id.0, now)).await?;
    let (application, people) = (&assigned.application, assigned.people);
    let subject = parse_subject(&step.id.1).ok_or_else(no_such_subject)?;
    let directory = find_subject(tx, &assigned, subject).await?;
    let assignment =
        Assignment { application: application.id, directory: directory.id, subject, created_at: now };
    if !tx.assign(people.within(), (application, &directory), &assignment).await? {
        return Ok(());
    }
    let told = Told::of("application.assigned", application.id, Some(describe(subject)));
    Ok(record_of(tx, by, people, (step.stamp, told)).await?)
}

pub(super) async fn unassign(tx: &mut WriteTx, step: &Step<Which>) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let assigned = find_assigned(tx, by, Action::ManageAssignments, (step.id.0, now)).await?;
    let (id, people) = (assigned.application.id, assigned.people);
    let subject = parse_subject(&step.id.1).ok_or_else(no_such_assignment)?;
    let directory = assigned.directory(tx).await?.ok_or_else(no_such_assignment)?;
    tx.unassign(people.within(), &directory, id, subject).await.map_err(absent(no_such_assignment))?;
    let before = Some(describe(subject));
    let told = Told { action: "application.unassigned", application: Some(id), before, after: None };
    Ok(record_of(tx, by, people, (step.stamp, told)).await?)
}

/// Where the subject is, if it is anywhere.
async fn find_subject(tx: &mut ReadTx, assigned: &Assigned, subject: Subject) -> Result<Directory, Error> {
    let no_such_subject = match subject {
        Subject::User(_) => no_such_user,
        Subject::Group(_) => no_such_group,
    };
    let directory = assigned.directory(tx).await?.ok_or_else(no_such_subject)?;
    let is_there = subject_is_there(tx, assigned.people.within(), &directory, subject).await?;
    if is_there { Ok(directory) } else { Err(no_such_subject()) }
}

/// By its prefix. A bare UUID does not say which of the two it names.
fn parse_subject(raw: &str) -> Option<Subject> {
    let is_bare = !raw.contains('_');
    let user = UserId::parse(raw).ok().map(Subject::User);
    let group = GroupId::parse(raw).ok().map(Subject::Group);
    user.or(group).filter(|_| !is_bare)
}

const USER: u8 = b'u';
const GROUP: u8 = b'g';

/// A subject as the key of a cursor.
fn print_key(subject: Subject) -> Vec<u8> {
    let (kind, id) = match subject {
        Subject::User(id) => (USER, id.as_bytes()),
        Subject::Group(id) => (GROUP, id.as_bytes()),
    };
    [&[kind], id.as_slice()].concat()
}

fn read_key(key: Vec<u8>) -> Option<Subject> {
    let (kind, id) = key.split_first()?;
    let id = <[u8; 16]>::try_from(id).ok()?;
    match *kind {
        USER => Some(Subject::User(UserId::from_bytes(id))),
        GROUP => Some(Subject::Group(GroupId::from_bytes(id))),
        _ => None,
    }
}

fn describe(subject: Subject) -> Value {
    match subject {
        Subject::User(id) => json!({ "user_id": id.to_string() }),
        Subject::Group(id) => json!({ "group_id": id.to_string() }),
    }
}

fn no_such_subject() -> Error {
    Error::new(ErrorCode::UserNotFound, "there is no such user or group; name it as `usr_…` or `grp_…`")
}

fn no_such_assignment() -> Error {
    Error::new(ErrorCode::AssignmentNotFound, "it is not assigned to the application")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_known_by_its_prefix() {
        let (user, group) = (UserId::from_bytes([1; 16]), GroupId::from_bytes([2; 16]));
        for (raw, expected) in [
            (user.to_string(), Some(Subject::User(user))),
            (group.to_string().to_lowercase(), Some(Subject::Group(group))),
            (format!("grp_{}", group.to_uuid()), Some(Subject::Group(group))),
            (user.to_uuid(), None),
            ("app_01KAH8Q2M4F7V9X3C5N8R1T6ZD".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(parse_subject(&raw), expected, "{raw}");
        }
    }

    #[test]
    fn a_cursor_tells_a_user_from_a_group() {
        for subject in
            [Subject::User(UserId::from_bytes([1; 16])), Subject::Group(GroupId::from_bytes([1; 16]))]
        {
            assert_eq!(read_key(print_key(subject)), Some(subject));
        }
        for damaged in
            [vec![], vec![USER], [vec![b'x'], vec![1; 16]].concat(), [vec![GROUP], vec![1; 17]].concat()]
        {
            assert_eq!(read_key(damaged), None);
        }
    }
}
