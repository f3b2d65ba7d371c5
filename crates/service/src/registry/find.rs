//! The one way to an application.

use appkeep_domain::{Action, Application, ApplicationId, Owner, Resource, Timestamp};
use appkeep_storage::ReadTx;

use crate::by::{By, no_such_application};
use crate::error::Error;

/// Reads any spelling; a text that is no id is one that never existed.
pub(crate) fn parse_id(raw: &str) -> Result<ApplicationId, Error> {
    ApplicationId::parse(raw).map_err(|_| no_such_application())
}

/// The application, if the caller may do this to it.
pub(crate) async fn find(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Application, Error> {
    let is_there = |found: &Application| {
        found.is_there(now) && (found.archived_at.is_none() || by.surface.shows_archived())
    };
    let found = tx.application(by.within(), id).await?.filter(is_there);
    let application = found.ok_or_else(no_such_application)?;
    let for_operators = is_for_operators(tx, by, &application).await?;
    by.decide(action, &Resource::of(&application, None).for_operators(for_operators))?;
    Ok(application)
}

/// Whether operators sign in to it.
pub(crate) async fn is_for_operators(
    tx: &mut ReadTx,
    by: &By,
    application: &Application,
) -> Result<bool, Error> {
    let Owner::Tenant(tenant) = application.owner else { return Ok(false) };
    Ok(tx.console_application(by.within(), tenant).await? == Some(application.id))
}
