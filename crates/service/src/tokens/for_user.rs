//! Who asks for what one of its people connected, by the client's name for them.

use appkeep_domain::{ApplicationId, DirectoryId, Email, User, UserId};
use appkeep_oauth::{ClientAuthentication, GrantType, Refusal};
use appkeep_storage::StorageError;

use super::authenticate::AuthenticatedClient;
use super::people::ForWhom;
use super::refuse::refuse;
use super::{Authority, Inner, RequestOrigin};
use crate::Error;

/// A client that has proved who it is, and whom it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForUser {
    pub(crate) application: ApplicationId,
    /// Nobody, where it has no such person, or they may not use it.
    pub(crate) person: Option<(DirectoryId, UserId)>,
}

impl Authority {
    /// A confidential client with the grant for it, and the person whom it calls
    /// so: by the `sub` of their tokens, or by the address that is shown to be
    /// theirs.
    pub(crate) async fn client_for_user(
        &self,
        (client, name): (&ClientAuthentication, &str),
        origin: &RequestOrigin,
    ) -> Result<ForUser, Refusal> {
        let client = self.0.authenticate(client, origin).await?;
        client.may_use(GrantType::TokenExchange)?;
        self.0.settings().await.map_err(refuse)?.must_be_firm()?;
        client.must_be_confidential()?;
        let person = self.0.person_named(&client, name).await.map_err(|error| refused(error.into()))?;
        Ok(ForUser { application: client.client.id(), person })
    }
}

/// An error of ours, as an OAuth endpoint says it.
pub(crate) fn refused(error: Error) -> Refusal {
    refuse(error)
}

impl Inner {
    async fn person_named(
        &self,
        client: &AuthenticatedClient,
        name: &str,
    ) -> Result<Option<(DirectoryId, UserId)>, StorageError> {
        if client.client.for_whom == ForWhom::Operators {
            return Ok(None);
        }
        let people = self.people_of_client(&client.client, client.environment);
        let mut tx = self.store.read().await?;
        let Some(directory) = people.directory(&mut tx).await? else { return Ok(None) };
        let found = match (UserId::parse(name), Email::parse(name)) {
            (Ok(id), _) => tx.user(people.within, &directory, id).await?,
            (_, Ok(email)) => {
                let found = tx.user_by_email(people.within, &directory, &email).await?;
                found.filter(|user| user.email_verified_at.is_some())
            }
            _ => None,
        };
        let Some(user) = found.filter(User::may_sign_in) else { return Ok(None) };
        let client = &client.client;
        if client.assignment_required
            && !tx.is_assigned(people.within, &directory, client.id(), user.id).await?
        {
            return Ok(None);
        }
        Ok(Some((directory.id, user.id)))
    }
}
