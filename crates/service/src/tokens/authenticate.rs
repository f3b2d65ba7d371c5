//! Which client asks, and whether it is that client (RFC 6749 §2.3).

use std::sync::Arc;

use appkeep_domain::{ApplicationId, Environment, Owner, SecretHash, Timestamp};
use appkeep_keys::{PresentedSecret, hashes_equal};
use appkeep_oauth::{ClientAuthMethod, ClientAuthentication, ErrorCode, GrantType, Refusal};

use super::client_names::{ClientName, NamedClient};
use super::clients::Client;
use super::refuse::{out_of_use, refuse, unauthenticated, unauthorized};
use super::{Inner, RequestOrigin};
use crate::Error;

/// A client that has proved who it is, and is in use.
pub(super) struct AuthenticatedClient {
    pub(super) client: Arc<Client>,
    /// Its id as it spelt it: clients compare texts, so it is answered thus.
    pub(super) spelling: String,
    /// Which of its people it speaks of.
    pub(super) environment: Environment,
}

impl AuthenticatedClient {
    pub(super) fn may_use(&self, grant: GrantType) -> Result<(), Refusal> {
        if self.client.grant_types.contains(&grant) {
            return Ok(());
        }
        Err(unauthorized("this client may not use this grant type"))
    }

    /// Refuses a public client (RFC 6749 §2.1): what anybody can say proves nothing.
    pub(super) fn must_be_confidential(&self) -> Result<(), Refusal> {
        match self.client.auth_method {
            ClientAuthMethod::None => Err(unauthenticated(format!("{} is a public client", self.spelling))),
            ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::PrivateKeyJwt => Ok(()),
        }
    }
}

impl Inner {
    /// Proof first, state after: that a client is disabled is told only to
    /// itself.
    pub(super) async fn authenticate(
        &self,
        presented: &ClientAuthentication,
        origin: &RequestOrigin,
    ) -> Result<AuthenticatedClient, Refusal> {
        let (now, claimed, address) = (self.now(), presented.client_id(), origin.address);
        let proved = self.prove(presented, origin).await;
        // Whoever proves who it is does not wait for the failures of others.
        if proved.as_ref().is_err_and(|refusal| refusal.code() == ErrorCode::InvalidClient) {
            self.limits.admit(claimed, address, now)?;
            self.limits.failed(claimed, address, now);
        }
        let authenticated = proved?;
        let client = &authenticated.client;
        let is_public = client.auth_method == ClientAuthMethod::None;
        self.limits.take((client.id(), is_public), address, now)?;
        must_be_in_use(&authenticated.client)?;
        Ok(authenticated)
    }

    async fn prove(
        &self,
        presented: &ClientAuthentication,
        origin: &RequestOrigin,
    ) -> Result<AuthenticatedClient, Refusal> {
        match presented {
            ClientAuthentication::Basic { client_id, client_secret }
            | ClientAuthentication::Post { client_id, client_secret } => {
                self.by_secret(client_id, client_secret, origin).await
            }
            ClientAuthentication::Assertion { client_id, assertion } => {
                self.by_assertion(client_id.as_deref(), assertion).await
            }
            ClientAuthentication::Public { client_id } => self.by_name(client_id).await,
        }
    }

    /// Either way of sending a secret will do: it is the same secret.
    async fn by_secret(
        &self,
        spelling: &str,
        secret: &str,
        origin: &RequestOrigin,
    ) -> Result<AuthenticatedClient, Refusal> {
        let unfit = || unauthenticated("what was sent as a secret does not fit its checksum");
        let presented = PresentedSecret::parse(secret).ok_or_else(unfit)?;
        let now = self.now();
        let Some(named) = self.named_client(spelling, now).await.map_err(refuse)? else {
            // As much work as a client with one wrong secret.
            let _ = hashes_equal(&SecretHash::from_bytes([0; 32]), &presented.hash());
            return Err(unknown(spelling));
        };
        let NamedClient { client, environment, class } = named;
        let matched = client.credential_of(class, presented, now);
        match client.auth_method {
            ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => {
                let none = || unauthenticated(format!("the secret is none of {spelling}'s live ones"));
                self.uses.record(client.id(), matched.ok_or_else(none)?, now, origin.address);
                Ok(AuthenticatedClient { client, spelling: spelling.to_owned(), environment })
            }
            ClientAuthMethod::PrivateKeyJwt | ClientAuthMethod::None => Err(wrong_method(spelling)),
        }
    }

    /// Enough for a public client, and for no other.
    pub(super) async fn by_name(&self, spelling: &str) -> Result<AuthenticatedClient, Refusal> {
        match self.named_client(spelling, self.now()).await.map_err(refuse)? {
            Some(NamedClient { client, environment, .. }) if client.auth_method == ClientAuthMethod::None => {
                Ok(AuthenticatedClient { client, spelling: spelling.to_owned(), environment })
            }
            Some(_) => Err(wrong_method(spelling)),
            None => Err(unknown(spelling)),
        }
    }

    /// The client, if it is one here; that of another address is as one that
    /// never was.
    pub(super) async fn client(
        &self,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Arc<Client>>, Error> {
        let Some(client) = self.clients.find(id, now).await? else { return Ok(None) };
        Ok(self.serves(client.owner).await?.then_some(client))
    }

    /// Whether applications of this owner are clients here.
    pub(super) async fn serves(&self, owner: Owner) -> Result<bool, Error> {
        let partner = match owner {
            // A tenant may be given to another partner.
            Owner::Partner(_) => self.settings().await?.tenant.partner,
            Owner::Global | Owner::Tenant(_) => None,
        };
        Ok(self.address.serves(owner, partner))
    }
}

/// What is no id is not repeated: it may be a secret in the wrong place.
pub(super) fn unknown(spelling: &str) -> Refusal {
    match ClientName::parse(spelling) {
        Some(ClientName::Id(id)) => unauthenticated(format!("there is no client {id}")),
        Some(ClientName::Key(key)) => unauthenticated(format!("there is no client {key}")),
        None => unauthenticated("what was sent as a client's id is none"),
    }
}

pub(super) fn wrong_method(spelling: &str) -> Refusal {
    unauthenticated(format!("{spelling} is not registered for this way of authenticating"))
}

pub(super) fn must_be_in_use(client: &Client) -> Result<(), Refusal> {
    client.state.must_be_in_use(client.is_archived).map_err(out_of_use)
}
