//! The keys of an application, as a request brings them.

use std::fmt;

use appkeep_domain::Owner;
use appkeep_keys::PresentedSecret;
use zeroize::Zeroizing;

use super::{EndUserRefused, EndUsers};
use crate::tokens::authenticate::{AuthenticatedClient, must_be_in_use};
use crate::tokens::client_names::ClientName;
use crate::tokens::{Authority, Inner, RequestOrigin};

/// The public key of an application or of one environment, and the secret one
/// beside it where the application itself asks.
#[derive(Clone)]
pub struct AppKeys {
    pub public: String,
    pub secret: Option<Zeroizing<String>>,
}

impl fmt::Debug for AppKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKeys(…)")
    }
}

impl Authority {
    /// The people of the application that the keys are of, in the environment
    /// that they are of, at whichever address that is. Each public key is proved
    /// by its own class of secret and by no other.
    pub async fn end_users(
        &self,
        keys: &AppKeys,
        origin: &RequestOrigin,
    ) -> Result<EndUsers, EndUserRefused> {
        let (now, address) = (self.0.now(), origin.address);
        let proved = self.0.prove_keys(keys, origin).await;
        if matches!(proved, Err(EndUserRefused::Unauthorized(_))) {
            self.0.limits.admit(None, address, now)?;
            self.0.limits.failed(None, address, now);
        }
        let (client, is_proved) = proved?;
        self.0.limits.take((client.client.id(), !is_proved), address, now)?;
        must_be_in_use(&client.client)?;
        let here = self.0.issuer_for(client.client.owner).await?.ok_or(UNKNOWN)?;
        here.settings().await?.must_be_firm()?;
        let people = here.people_of_client(&client.client, client.environment);
        Ok(EndUsers { here, client, people, is_proved })
    }
}

/// One sentence for every reason, so that nobody learns which keys there are.
const UNKNOWN: EndUserRefused =
    EndUserRefused::Unauthorized("these are no keys of an application, or they do not belong together");

impl Inner {
    /// Whose keys they are, and whether they prove that the application asks.
    async fn prove_keys(
        &self,
        keys: &AppKeys,
        origin: &RequestOrigin,
    ) -> Result<(AuthenticatedClient, bool), EndUserRefused> {
        let name = ClientName::parse(&keys.public).filter(|name| matches!(name, ClientName::Key(_)));
        let (name, now) = (name.ok_or(UNKNOWN)?, self.now());
        let id = self.application_named(&name).await?.ok_or(UNKNOWN)?;
        let client = self.clients.find(id, now).await?.ok_or(UNKNOWN)?;
        if let Some(secret) = &keys.secret {
            let presented = PresentedSecret::parse(secret).ok_or(UNKNOWN)?;
            let credential = client.credential_of(name.class(), presented, now).ok_or(UNKNOWN)?;
            self.uses.record(client.id(), credential, now, origin.address);
        }
        let (spelling, environment) = (keys.public.clone(), name.environment());
        Ok((AuthenticatedClient { client, spelling, environment }, keys.secret.is_some()))
    }

    /// Where the people of an owner's applications are at home: at the tenant's
    /// own address, or here, where anybody else's is a client.
    async fn issuer_for(&self, owner: Owner) -> Result<Option<Self>, EndUserRefused> {
        let here = match owner {
            Owner::Tenant(tenant) => self.of_tenant(tenant).await?,
            Owner::Global | Owner::Partner(_) => Some(self.clone()),
        };
        let Some(here) = here else { return Ok(None) };
        Ok(here.serves(owner).await?.then_some(here))
    }
}
