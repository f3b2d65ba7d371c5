//! Who brings an API key to ask for something themselves.

use std::net::IpAddr;
use std::sync::Arc;

use appkeep_domain::access::{AccessKind, Permission};
use appkeep_domain::{
    ApplicationId, Caller, CredentialId, Environment, Level, Name, Owner, PartnerId, TenantId, Timestamp,
};
use appkeep_keys::PresentedSecret;
use appkeep_oauth::ScopeSet;

use super::key_holders::KeyHolder;
use super::verify_key::KeyRefused;
use super::{Authority, Inner, RequestOrigin};
use crate::by::{By, Mount};
use crate::surface::Surface;
use crate::{Error, ErrorCode};

/// An application, proved by one of its API keys to be in use at this moment.
#[derive(Debug, Clone)]
pub struct KeyPrincipal {
    holder: Arc<KeyHolder>,
    environment: Environment,
    key: CredentialId,
    /// Whose registry it speaks to, and whose tenant that is.
    place: (TenantId, Option<PartnerId>),
}

/// Why whoever brought a key gets nothing by it.
#[derive(Debug)]
pub enum KeyNotAccepted {
    /// It is not good. Why, is for the log: a stranger learns nothing of keys.
    Worthless(KeyRefused),
    /// Too many that were not good came from there.
    TooOften {
        retry_after_s: u32,
    },
    Failed(Error),
}

impl From<Error> for KeyNotAccepted {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Authority {
    /// Who asks with this key, at whichever address that is. In steady state
    /// nothing is read for it.
    pub async fn key_principal(
        &self,
        presented: &str,
        from: Option<IpAddr>,
    ) -> Result<KeyPrincipal, KeyNotAccepted> {
        let now = self.0.now();
        let proved = self.0.prove_key(presented, now).await;
        if let Err(KeyNotAccepted::Worthless(_)) = proved {
            self.0.admit_failure(from, now)?;
        }
        let principal = proved?;
        self.0.uses.record(principal.application(), principal.key, now, from);
        Ok(principal)
    }
}

impl Inner {
    async fn prove_key(&self, presented: &str, now: Timestamp) -> Result<KeyPrincipal, KeyNotAccepted> {
        let worthless = KeyNotAccepted::Worthless;
        let presented = PresentedSecret::parse(presented).ok_or(worthless(KeyRefused::Malformed))?;
        let known = self.key_holders.key(&presented.hash()).await?;
        let key = known.ok_or(worthless(KeyRefused::NotFound))?;
        let holder = self.key_holders.holder(key.application, now).await?;
        let holder = holder.ok_or(worthless(KeyRefused::NotFound))?;
        holder.accept(&key, now).map_err(worthless)?;
        let place = self.place_of(&holder).await?;
        Ok(KeyPrincipal { holder, environment: key.environment, key: key.id, place })
    }

    /// A tenant's application speaks to its own; any other to the one at the
    /// public URL.
    async fn place_of(&self, holder: &KeyHolder) -> Result<(TenantId, Option<PartnerId>), Error> {
        match holder.resource.owner {
            Owner::Tenant(id) => Ok((id, holder.resource.partner)),
            Owner::Global | Owner::Partner(_) => {
                Ok((self.address.tenant, self.settings().await?.tenant.partner))
            }
        }
    }

    /// Counts a key that is not good, and refuses whoever brought too many.
    fn admit_failure(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), KeyNotAccepted> {
        let admitted = self.limits.admit(None, from, now);
        self.limits.failed(None, from, now);
        admitted
            .map_err(|refusal| KeyNotAccepted::TooOften { retry_after_s: refusal.retry_after().unwrap_or(1) })
    }
}

impl KeyPrincipal {
    pub fn application(&self) -> ApplicationId {
        self.holder.id
    }

    pub fn name(&self) -> &Name {
        &self.holder.name
    }

    pub fn owner(&self) -> Owner {
        self.holder.resource.owner
    }

    pub const fn environment(&self) -> Environment {
        self.environment
    }

    pub fn kind(&self) -> AccessKind {
        self.holder.access.kind
    }

    /// Which of the application's keys it is; none of a session.
    pub const fn key(&self) -> Option<CredentialId> {
        Some(self.key)
    }

    /// What it may do everywhere.
    pub fn permissions(&self) -> &[Permission] {
        &self.holder.access.permissions
    }

    /// In whose vault it may have tokens: `forbidden` for an application that
    /// belongs to no tenant.
    pub fn tenant(&self) -> Result<TenantId, Error> {
        match self.owner() {
            Owner::Tenant(id) => Ok(id),
            Owner::Global | Owner::Partner(_) => {
                let message = "the application belongs to no tenant, and there is no vault for it";
                Err(Error::new(ErrorCode::Forbidden, message))
            }
        }
    }

    /// The application as the history knows it. Nothing of the management API
    /// is open to it.
    pub fn by(&self, origin: &RequestOrigin, surface: Surface) -> By {
        self.asking((origin, surface), ScopeSet::default())
    }

    /// The application, for what this permission is about and nothing else: the
    /// scopes that come with it open more than each permission by itself.
    /// `forbidden` when it does not hold the permission.
    pub fn by_permission(
        &self,
        permission: Permission,
        (origin, surface): (&RequestOrigin, Surface),
    ) -> Result<By, Error> {
        if !self.permissions().contains(&permission) {
            let message = format!("this needs a key with the permission `{}`", permission.as_str());
            return Err(Error::new(ErrorCode::Forbidden, message));
        }
        Ok(self.asking((origin, surface), self.holder.access.management_scopes()))
    }

    fn asking(&self, (origin, surface): (&RequestOrigin, Surface), scopes: ScopeSet) -> By {
        let (tenant, partner) = self.place;
        By {
            caller: Caller::Application { id: self.application(), level: self.level(), scopes },
            tenant,
            partner,
            mount: Mount::Tenant,
            request_id: origin.request_id,
            address: origin.address,
            surface,
            attempt: None,
        }
    }

    fn level(&self) -> Level {
        match self.owner() {
            Owner::Global => Level::Platform,
            Owner::Partner(id) => Level::Partner(id),
            Owner::Tenant(id) => Level::Tenant { id, partner: self.holder.resource.partner },
        }
    }
}
