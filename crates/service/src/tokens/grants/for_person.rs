//! What the grants have in common that speak for a person.

use appkeep_domain::{Grant, Session, User};
use appkeep_oauth::{ErrorCode, Refusal};
use appkeep_storage::{ReadTx, StorageError};

use crate::tokens::clients::Client;
use crate::tokens::people::People;
use crate::tokens::refuse::refuse;

/// A refusal from within a transaction.
pub(super) struct Denied(pub(super) Refusal);

impl From<StorageError> for Denied {
    fn from(error: StorageError) -> Self {
        match error {
            // What the grant hangs on went away this very moment.
            StorageError::Stale => Self(invalid_grant("something changed at the same moment")),
            other => Self(refuse(other.into())),
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

/// One sentence for every reason, so that nobody learns what is wrong with what
/// he found; the log does.
pub(super) fn invalid_grant(cause: &'static str) -> Refusal {
    let description = "the code or refresh token is unknown, was used or revoked, has expired, or is not \
                       this client's";
    Refusal::new(ErrorCode::InvalidGrant, description).because(cause)
}

/// The person and their session, if the grant still stands on both, and the
/// person is one of those `people`: whoever they are, a client of several
/// addresses gets tokens for them where they signed in.
pub(super) async fn stand_on(
    tx: &mut ReadTx,
    people: People,
    (grant, client): (&Grant, &Client),
    now: appkeep_domain::Timestamp,
) -> Result<(User, Session), Denied> {
    let session = tx.session(client.within(), grant.owner, grant.application, grant.session).await?;
    let session = session.filter(|session| session.is_live(now));
    let session = session.ok_or_else(|| invalid_grant("its session has ended"))?;
    let directory = tx.directory(people.within, grant.directory).await?;
    let directory = directory.filter(|directory| people.are_in(directory));
    let directory = directory.ok_or_else(|| invalid_grant("its directory is gone"))?;
    let user = tx.user(people.within, &directory, grant.user).await?.filter(User::may_sign_in);
    let user = user.ok_or_else(|| invalid_grant("the person may not sign in"))?;
    if client.assignment_required && !tx.is_assigned(people.within, &directory, client.id(), user.id).await? {
        return Err(invalid_grant("the person is no longer assigned to the application").into());
    }
    Ok((user, session))
}
