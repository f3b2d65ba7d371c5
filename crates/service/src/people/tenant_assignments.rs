//! Which of a tenant's people may use what, asked of the tenant: who is assigned
//! to an application, and which applications somebody is assigned to.

use appkeep_domain::{Action, Application, ApplicationId, Decision, Group, Subject, Timestamp, User, may};
use appkeep_storage::{ReadTx, WriteTx};

use super::Step;
use super::assignments::{assign, unassign};
use super::find::{Assigned, find_assigned, find_directory, no_such_group, no_such_user, subject_is_there};
use crate::by::{By, no_such_application, require};
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::find::{parse_id, resource};

/// Who of a tenant is assigned to an application, not by way of a group.
#[derive(Debug, Clone)]
pub struct Assignees {
    pub application: Application,
    pub groups: Vec<(Group, Timestamp)>,
    pub users: Vec<(User, Timestamp)>,
    /// Whether there are more than are told.
    pub has_more: bool,
}

/// An application that somebody is assigned to.
#[derive(Debug, Clone)]
pub struct AssignedApplication {
    pub application: Application,
    pub assigned_at: Timestamp,
}

/// How many are told, at most.
const MOST: usize = 1_000;

impl Registry {
    /// Groups, and then users, each in the order they were made; a thousand at most.
    pub async fn assignees(&self, by: &By, application: &str) -> Result<Assignees, Error> {
        require(&by.caller, Action::ReadAssignments)?;
        let (id, now) = (parse_id(application)?, self.now());
        let mut tx = self.store().read().await?;
        let assigned = find_of_tenant(&mut tx, by, Action::ReadAssignments, (id, now)).await?;
        let found = match assigned.directory(&mut tx).await? {
            Some(directory) => tx.assignees(by.within(), &directory, id, MOST).await?,
            None => appkeep_storage::Assignees::default(),
        };
        Ok(Assignees {
            application: assigned.application,
            groups: found.groups,
            users: found.users,
            has_more: found.has_more,
        })
    }

    /// Those that the caller sees, a thousand at most, the newest application
    /// first.
    pub async fn assigned_applications(
        &self,
        by: &By,
        subject: Subject,
    ) -> Result<Vec<AssignedApplication>, Error> {
        by.decide_of_tenant(Action::ReadAssignments)?;
        let now = self.now();
        let mut tx = self.store().read().await?;
        let absent = absent(subject);
        let directory = find_directory(&mut tx, by).await?.ok_or_else(absent)?;
        if !subject_is_there(&mut tx, by.within(), &directory, subject).await? {
            return Err(absent());
        }
        let found = tx.applications_of_subject(by.within(), &directory, subject, MOST).await?;
        let is_seen = |(owned, _): &(appkeep_storage::Owned, Timestamp)| {
            owned.application.is_there(now)
                && owned.application.archived_at.is_none()
                && may(&by.caller, Action::ReadApplication, &resource(owned)) != Decision::Hidden
        };
        let seen = found.into_iter().filter(is_seen);
        let tell = |(owned, assigned_at): (appkeep_storage::Owned, _)| AssignedApplication {
            application: owned.application,
            assigned_at,
        };
        Ok(seen.map(tell).collect())
    }

    /// Doing it again changes nothing.
    pub async fn assign_in_tenant(
        &self,
        by: &By,
        application: &str,
        subject: Subject,
    ) -> Result<AssignedApplication, Error> {
        require(&by.caller, Action::ManageAssignments)?;
        let step = self.step_of(by, (parse_id(application)?, print(subject)));
        let assigned_at = step.stamp.now;
        let assign = async move |tx: &mut WriteTx| {
            let found = check(tx, &step).await?;
            assign(tx, &step).await?;
            Ok::<_, Error>(found)
        };
        let application = self.store().write(assign).await?.application;
        Ok(AssignedApplication { application, assigned_at })
    }

    pub async fn unassign_in_tenant(
        &self,
        by: &By,
        application: &str,
        subject: Subject,
    ) -> Result<(), Error> {
        require(&by.caller, Action::ManageAssignments)?;
        let step = self.step_of(by, (parse_id(application)?, print(subject)));
        let unassign = async move |tx: &mut WriteTx| {
            check(tx, &step).await?;
            unassign(tx, &step).await
        };
        self.store().write(unassign).await
    }
}

async fn check(tx: &mut WriteTx, step: &Step<(ApplicationId, String)>) -> Result<Assigned, Error> {
    let what = (step.id.0, step.stamp.now);
    find_of_tenant(tx, &step.by, Action::ManageAssignments, what).await
}

/// The application, if it is for the people of the tenant that is spoken to.
async fn find_of_tenant(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    what: (ApplicationId, Timestamp),
) -> Result<Assigned, Error> {
    let assigned = find_assigned(tx, by, action, what).await?;
    if assigned.people == by.owner() { Ok(assigned) } else { Err(no_such_application()) }
}

fn print(subject: Subject) -> String {
    match subject {
        Subject::User(id) => id.to_string(),
        Subject::Group(id) => id.to_string(),
    }
}

fn absent(subject: Subject) -> fn() -> Error {
    match subject {
        Subject::User(_) => no_such_user,
        Subject::Group(_) => no_such_group,
    }
}
