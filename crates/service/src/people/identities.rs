//! Who an application's users are with those who sign them in, as whoever
//! manages users is told of it and takes it away.

use appkeep_domain::{Action, Identity, ProviderName, UserId};
use appkeep_storage::WriteTx;
use serde_json::{Value, json};

use super::Step;
use super::pool::Pool;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;

impl Registry {
    /// All that the user has, by the names of their providers.
    pub async fn identities(&self, by: &By, of: Pool, user: &str) -> Result<Vec<Identity>, Error> {
        of.decide(by, Action::ReadUsers)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadUsers, self.now())).await?;
        let (directory, user) = place.user(&mut tx, user).await?;
        Ok(tx.identities_of(place.within(), &directory, user.id).await?)
    }

    /// By the account there nobody signs in as the user any more. Where they are
    /// signed in, they stay.
    pub async fn delete_identity(
        &self,
        by: &By,
        of: Pool,
        (user, provider): (&str, &str),
    ) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        let step = self.step_of(by, (of, user.to_owned(), provider.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| delete(tx, &step).await).await
    }
}

async fn delete(tx: &mut WriteTx, step: &Step<(Pool, String, String)>) -> Result<(), Error> {
    let ((of, user, provider), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::ManageUsers, step.stamp.now)).await?;
    let (directory, user) = place.user(tx, user).await?;
    let provider = parse_provider(provider)?;
    if !tx.delete_identity(place.within(), &directory, (user.id, &provider)).await? {
        return Err(no_such_identity());
    }
    let before = Some(told(user.id, &provider));
    Ok(place.record(tx, (by, step.stamp), UNLINKED, (before, None)).await?)
}

/// What is written of it.
pub(crate) const UNLINKED: &str = "user.identity_unlinked";

/// Whose it is, and with whom; never what they are known by there.
pub(crate) fn told(user: UserId, provider: &ProviderName) -> Value {
    json!({ "user_id": user.to_string(), "provider": provider.as_str() })
}

/// A text that is none is one with whom nobody has an account.
pub(crate) fn parse_provider(raw: &str) -> Result<ProviderName, Error> {
    ProviderName::parse(raw).map_err(|_| no_such_identity())
}

pub(crate) fn no_such_identity() -> Error {
    Error::new(ErrorCode::IdentityNotFound, "the user is connected with no such provider")
}
