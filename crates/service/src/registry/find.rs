//! The one way to an application.

use appkeep_domain::{Action, Application, ApplicationId, Resource, Timestamp};
use appkeep_storage::ReadTx;

use crate::by::{By, no_such_application};
use crate::error::Error;

/// Reads any spelling; a text that is no id is one that never existed.
pub(crate) fn parse_id(raw: &str) -> Result<ApplicationId, Error> {
    ApplicationId::parse(raw).map_err(|_| no_such_application())
}

/// The application, if the caller may do this to it.
pub(super) async fn find(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Application, Error> {
    let found = tx.application(by.within(), id).await?.filter(|application| application.is_there(now));
    let application = found.ok_or_else(no_such_application)?;
    by.decide(action, &Resource::of(&application, None))?;
    Ok(application)
}
