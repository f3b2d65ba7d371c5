//! The one way to a user, a group, and what is assigned to whom.

use appkeep_domain::{
    Action, Application, ApplicationId, Decision, Directory, DirectoryOf, Environment, Group, GroupId, Owner,
    PartnerId, Resource, Subject, Timestamp, User, UserId, UserPool, Within, may,
};
use appkeep_storage::{Owned, ReadTx, StorageError};

use crate::by::{By, no_such_application};
use crate::error::{Error, ErrorCode};
use crate::registry::find::{look_up, resource};

/// Reads any spelling; a text that is no id is one that never existed.
pub(crate) fn parse_user_id(raw: &str) -> Result<UserId, Error> {
    UserId::parse(raw).map_err(|_| no_such_user())
}

/// The same for a group.
pub(super) fn parse_group_id(raw: &str) -> Result<GroupId, Error> {
    GroupId::parse(raw).map_err(|_| no_such_group())
}

/// The tenant's directory; none when nobody was ever put into it.
pub(super) async fn find_directory(tx: &mut ReadTx, by: &By) -> Result<Option<Directory>, StorageError> {
    tx.tenant_directory(by.within(), by.owner()).await
}

/// A user of the tenant, and where they are.
pub(super) async fn find_user(tx: &mut ReadTx, by: &By, id: UserId) -> Result<(Directory, User), Error> {
    let directory = find_directory(tx, by).await?.ok_or_else(no_such_user)?;
    let user = tx.user(by.within(), &directory, id).await?.ok_or_else(no_such_user)?;
    Ok((directory, user))
}

/// A group of the tenant, and where it is.
pub(super) async fn find_group(tx: &mut ReadTx, by: &By, id: GroupId) -> Result<(Directory, Group), Error> {
    let directory = find_directory(tx, by).await?.ok_or_else(no_such_group)?;
    let group = tx.group(by.within(), &directory, id).await?.ok_or_else(no_such_group)?;
    Ok((directory, group))
}

/// An application, whose people it is for, and what decides about both.
pub(crate) struct WithPeople {
    pub(crate) application: Application,
    pub(crate) people: Owner,
    pub(crate) rights: Resource,
}

impl WithPeople {
    /// One of those people, and where they are.
    pub(crate) async fn user(
        &self,
        tx: &mut ReadTx,
        id: UserId,
    ) -> Result<Option<(Directory, User)>, StorageError> {
        for of in self.places() {
            let found = tx.directory_of(self.people.within(), self.people, of).await?;
            let Some(directory) = found else { continue };
            if let Some(user) = tx.user(self.people.within(), &directory, id).await? {
                return Ok(Some((directory, user)));
            }
        }
        Ok(None)
    }

    fn places(&self) -> Vec<DirectoryOf> {
        let application = self.application.id;
        let own = |environment| DirectoryOf::Application { application, environment };
        match self.application.user_pool {
            UserPool::Tenant => vec![DirectoryOf::Tenant],
            UserPool::Application => [Environment::Live, Environment::Test].map(own).to_vec(),
        }
    }
}

/// An application, and whose people it is assigned to: a tenant's own is for
/// that tenant's, any other for those of the tenant that is spoken to.
pub(super) struct Assigned {
    pub(super) application: Application,
    pub(super) people: Owner,
}

impl Assigned {
    /// Where those people are; nowhere when nobody was ever put there.
    pub(super) async fn directory(&self, tx: &mut ReadTx) -> Result<Option<Directory>, StorageError> {
        tx.tenant_directory(self.people.within(), self.people).await
    }
}

/// Whether there is such a user or group in the directory.
pub(super) async fn subject_is_there(
    tx: &mut ReadTx,
    within: Within,
    directory: &Directory,
    subject: Subject,
) -> Result<bool, StorageError> {
    Ok(match subject {
        Subject::User(id) => tx.user(within, directory, id).await?.is_some(),
        Subject::Group(id) => tx.group(within, directory, id).await?.is_some(),
    })
}

/// The application, if the caller sees it and may do this to what those people
/// are assigned to it.
pub(super) async fn find_assigned(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Assigned, Error> {
    let found = look_up(tx, by, (id, now)).await?;
    decide_of_people(by, action, &found)?;
    let people = people_of(by, &found).0;
    Ok(Assigned { application: found.application, people })
}

/// The application, if the caller sees it and may do this to what those people
/// have with it.
pub(crate) async fn find_people_of(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<WithPeople, Error> {
    let found = look_up(tx, by, (id, now)).await?;
    match found.application.user_pool {
        UserPool::Tenant => decide_of_people(by, action, &found)?,
        UserPool::Application => by.decide(action, &resource(&found))?,
    }
    Ok(with_people(by, found))
}

/// The same, where the caller has to be able to do it to the application as well.
pub(crate) async fn find_with_people(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<WithPeople, Error> {
    let found = look_up(tx, by, (id, now)).await?;
    by.decide(action, &resource(&found))?;
    if found.application.user_pool == UserPool::Tenant {
        decide_of_people(by, action, &found)?;
    }
    Ok(with_people(by, found))
}

/// An application's own people are whose it is.
fn with_people(by: &By, found: Owned) -> WithPeople {
    let (people, partner) = match found.application.user_pool {
        UserPool::Tenant => people_of(by, &found),
        UserPool::Application => (found.application.owner, found.partner),
    };
    let rights = Resource::of_assignments(&found.application, people, partner);
    let rights = rights.for_operators(found.for_operators);
    WithPeople { application: found.application, people, rights }
}

/// Refuses what the caller may not do to what the tenant's people have with an
/// application, and people who can have nothing with it.
fn decide_of_people(by: &By, action: Action, found: &Owned) -> Result<(), Error> {
    if may(&by.caller, Action::ReadApplication, &resource(found)) == Decision::Hidden {
        return Err(no_such_application());
    }
    let (people, partner) = people_of(by, found);
    let assignments = Resource::of_assignments(&found.application, people, partner);
    by.decide(action, &assignments.for_operators(found.for_operators))?;
    if action == Action::ManageAssignments && found.application.user_pool == UserPool::Application {
        let message = "it has users of its own, and every one of them may use it";
        return Err(Error::new(ErrorCode::NotApplicable, message));
    }
    match found.application.owner {
        Owner::Partner(id) if partner != Some(id) => {
            let message = "it is for the tenants of its partner, and the tenant that is spoken to is none";
            Err(Error::new(ErrorCode::NotApplicable, message))
        }
        Owner::Global | Owner::Partner(_) | Owner::Tenant(_) => Ok(()),
    }
}

/// Whose people an application is for, and whose tenant that is.
fn people_of(by: &By, found: &Owned) -> (Owner, Option<PartnerId>) {
    match found.application.owner {
        owner @ Owner::Tenant(_) => (owner, found.partner),
        Owner::Global | Owner::Partner(_) => (by.owner(), by.partner),
    }
}

pub(crate) fn no_such_user() -> Error {
    Error::new(ErrorCode::UserNotFound, "there is no such user")
}

pub(super) fn no_such_group() -> Error {
    Error::new(ErrorCode::GroupNotFound, "there is no such group")
}

/// For what is taken away from where it may not be.
pub(super) fn absent(no_such_thing: fn() -> Error) -> impl FnOnce(StorageError) -> Error {
    move |error| match error {
        StorageError::Stale => no_such_thing(),
        other => other.into(),
    }
}
