//! The one way to a user, a group, and what is assigned to whom.

use appkeep_domain::{
    Action, Application, ApplicationId, Directory, Group, GroupId, Resource, Timestamp, User, UserId,
};
use appkeep_storage::{ReadTx, StorageError};

use crate::by::{By, no_such_application};
use crate::error::{Error, ErrorCode};
use crate::registry::find::is_for_operators;

/// Reads any spelling; a text that is no id is one that never existed.
pub(super) fn parse_user_id(raw: &str) -> Result<UserId, Error> {
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

/// The application, if the caller may do this to what the tenant's people are
/// assigned to it.
pub(super) async fn find_assigned(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Application, Error> {
    let found = tx.application(by.within(), id).await?.filter(|application| application.is_there(now));
    let application = found.ok_or_else(no_such_application)?;
    let for_operators = is_for_operators(tx, by, &application).await?;
    let people = Resource::of_assignments(&application, by.owner(), None);
    by.decide(action, &people.for_operators(for_operators))?;
    Ok(application)
}

pub(super) fn no_such_user() -> Error {
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
