//! The one way to an application.

use appkeep_domain::{Action, Application, ApplicationId, Caller, Resource, Timestamp, Within};
use appkeep_storage::{Owned, ReadTx};

use crate::by::{By, forbidden, no_such_application};
use crate::error::{Error, ErrorCode};

/// Reads any spelling; a text that is no id is one that never existed.
pub(crate) fn parse_id(raw: &str) -> Result<ApplicationId, Error> {
    ApplicationId::parse(raw).map_err(|_| no_such_application())
}

/// The application, wherever it is, if the caller may do this to it. One that
/// the caller may not see is looked for as one that never was, and answered so.
pub(crate) async fn find(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Owned, Error> {
    let found = look_up(tx, by, (id, now)).await?;
    by.decide(action, &resource(&found))?;
    by.must_equal(&found.application, action)?;
    Ok(found)
}

/// Whoever asks.
pub(crate) async fn look_up(
    tx: &mut ReadTx,
    by: &By,
    (id, now): (ApplicationId, Timestamp),
) -> Result<Owned, Error> {
    let is_there = |found: &Owned| {
        let application = &found.application;
        application.is_there(now)
            && (application.archived_at.is_none() || by.surface.shows_archived())
            && (application.owner == by.owner() || by.surface.shows_others())
    };
    tx.owned_application(Within::Platform, id).await?.filter(is_there).ok_or_else(no_such_application)
}

/// What decisions about an application are made of.
pub(crate) fn resource(found: &Owned) -> Resource {
    Resource::of(&found.application, found.partner).for_operators(found.for_operators)
}

/// Whether operators sign in to it, so that it is nobody's to disable, archive or
/// delete: they would all be out, and so would whoever was to put it back. Whoever
/// has the server itself still can.
pub(super) fn stays(by: &By, found: &Owned) -> bool {
    found.for_operators && !matches!(by.caller, Caller::System)
}

/// Refuses to take away what stays.
pub(super) fn must_not_stay(by: &By, found: &Owned) -> Result<(), Error> {
    if stays(by, found) {
        let message = "operators sign in to it, so it is neither disabled nor archived nor deleted";
        return Err(Error::new(ErrorCode::NotApplicable, message));
    }
    Ok(())
}

/// Refuses somebody without the scope for it, except an application that asks
/// about itself, before anything is looked for: no id is told from another.
pub(crate) fn require_of(by: &By, action: Action, id: Option<ApplicationId>) -> Result<(), Error> {
    match &by.caller {
        Caller::Application { id: own, .. } if id == Some(*own) => Ok(()),
        Caller::Application { scopes, .. }
        | Caller::Operator { scopes, .. }
        | Caller::ServiceAccount { scopes, .. }
            if !action.is_opened_by(scopes) =>
        {
            Err(forbidden(&by.caller, action))
        }
        _ => Ok(()),
    }
}

/// What became of what was found.
pub(super) fn kept(found: Owned, application: Application) -> Owned {
    Owned { application, ..found }
}
