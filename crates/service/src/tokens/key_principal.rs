//! Who brings an API key to ask for something themselves.

use std::net::IpAddr;
use std::sync::Arc;

use appkeep_domain::access::{AccessKind, AccessPolicy, AccessSession, Permission, TokenRights};
use appkeep_domain::{
    AccessSessionId, ApplicationId, Caller, CredentialId, Environment, Level, Name, Owner, PartnerId,
    TenantId, Timestamp,
};
use appkeep_keys::PresentedSecret;
use appkeep_oauth::{Refusal, ScopeSet};

use super::access_sessions::FoundSession;
use super::key_holders::KeyHolder;
use super::verify_key::KeyRefused;
use super::{Authority, Inner, RequestOrigin};
use crate::by::{By, Mount, PresentedKey};
use crate::surface::Surface;
use crate::{Error, ErrorCode};

/// An application, proved to be in use at this moment by one of its API keys or
/// by the key of a session in its name.
#[derive(Debug, Clone)]
pub struct KeyPrincipal {
    holder: Arc<KeyHolder>,
    environment: Environment,
    proof: Proof,
    /// Whose registry it speaks to, and whose tenant that is.
    place: (TenantId, Option<PartnerId>),
}

/// What it was proved by.
#[derive(Debug, Clone)]
enum Proof {
    Key(CredentialId),
    Session {
        id: AccessSessionId,
        granted: Arc<AccessPolicy>,
        /// What whoever authorized it may do now.
        ceiling: Arc<AccessPolicy>,
    },
}

/// Why whoever brought a key gets nothing by it.
#[derive(Debug)]
pub enum KeyNotAccepted {
    /// It is not good. Why, is for the log: a stranger learns nothing of keys.
    Worthless(KeyRefused),
    /// It is that of a session which nobody has authorized.
    NotAuthorized,
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
        let proved = self.0.prove_any_key(presented, now).await;
        if let Err(KeyNotAccepted::Worthless(_) | KeyNotAccepted::NotAuthorized) = proved {
            self.0.admit_failure(from, now)?;
        }
        let principal = proved?;
        if let Proof::Key(key) = principal.proof {
            self.0.admit_key(&principal, from, now)?;
            self.0.uses.record(principal.application(), key, now, from);
        }
        Ok(principal)
    }
}

impl Inner {
    async fn prove_any_key(&self, raw: &str, now: Timestamp) -> Result<KeyPrincipal, KeyNotAccepted> {
        let malformed = KeyNotAccepted::Worthless(KeyRefused::Malformed);
        let presented = PresentedSecret::parse(raw).ok_or(malformed)?;
        let mut prefixes = [Environment::Live, Environment::Test].map(AccessSession::key_prefix).into_iter();
        if prefixes.any(|prefix| raw.starts_with(prefix)) {
            return self.prove_session(presented, now).await;
        }
        self.prove_key(presented, now).await
    }

    async fn prove_key(
        &self,
        presented: PresentedSecret,
        now: Timestamp,
    ) -> Result<KeyPrincipal, KeyNotAccepted> {
        let worthless = KeyNotAccepted::Worthless;
        let known = self.key_holders.key(&presented.hash()).await?;
        let key = known.ok_or(worthless(KeyRefused::NotFound))?;
        let holder = self.key_holders.holder(key.application, now).await?;
        let holder = holder.ok_or(worthless(KeyRefused::NotFound))?;
        holder.accept(&key, now).map_err(worthless)?;
        let place = self.place_of(&holder).await?;
        Ok(KeyPrincipal { holder, environment: key.environment, proof: Proof::Key(key.id), place })
    }

    /// Of a session both applications are looked at, each time: it ends with
    /// either of them, and does no more than the one that authorized it.
    async fn prove_session(
        &self,
        presented: PresentedSecret,
        now: Timestamp,
    ) -> Result<KeyPrincipal, KeyNotAccepted> {
        let worthless = KeyNotAccepted::Worthless;
        let session = match self.access_sessions.find(&presented.hash()).await? {
            FoundSession::Authorized(session) => session,
            FoundSession::Begun => return Err(KeyNotAccepted::NotAuthorized),
            FoundSession::Unknown => return Err(worthless(KeyRefused::NotFound)),
        };
        if session.expires_at <= now {
            return Err(worthless(KeyRefused::Expired));
        }
        let holder = self.holder_of((session.application, session.created_at), now).await?;
        let authorizer = self.holder_of((session.by, session.authorized_at), now).await?;
        let place = self.place_of(&holder).await?;
        let (granted, ceiling) = (Arc::clone(&session.granted), Arc::clone(&authorizer.policy));
        let proof = Proof::Session { id: session.id, granted, ceiling };
        Ok(KeyPrincipal { holder, environment: session.environment, proof, place })
    }

    /// An application in use whose sessions of that moment have not ended.
    async fn holder_of(
        &self,
        (application, session_of): (ApplicationId, Timestamp),
        now: Timestamp,
    ) -> Result<Arc<KeyHolder>, KeyNotAccepted> {
        let worthless = KeyNotAccepted::Worthless;
        let holder = self.key_holders.holder(application, now).await?;
        let holder = holder.ok_or(worthless(KeyRefused::NotFound))?;
        holder.must_be_in_use().map_err(worthless)?;
        if holder.has_ended(session_of) {
            return Err(worthless(KeyRefused::Revoked));
        }
        Ok(holder)
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
        self.limits.admit(None, from, now).map_err(|refusal| too_often(&refusal))?;
        self.limits.failed(None, from, now);
        Ok(())
    }

    /// Anybody can ask with a public key, and uses up what is theirs alone.
    fn admit_key(
        &self,
        principal: &KeyPrincipal,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), KeyNotAccepted> {
        if principal.kind() != AccessKind::Public {
            return Ok(());
        }
        let taken = self.limits.take((principal.application(), true), from, now);
        taken.map_err(|refusal| too_often(&refusal))
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

    /// Of a session that of the application in whose name it is: public.
    pub fn kind(&self) -> AccessKind {
        self.holder.access.kind
    }

    /// Which of the application's keys it is; none of a session.
    pub const fn key(&self) -> Option<CredentialId> {
        match self.proof {
            Proof::Key(id) => Some(id),
            Proof::Session { .. } => None,
        }
    }

    /// Which session it is, where it is one.
    pub const fn session(&self) -> Option<AccessSessionId> {
        match self.proof {
            Proof::Session { id, .. } => Some(id),
            Proof::Key(_) => None,
        }
    }

    /// What it may do to tokens. Who manages applications reaches none.
    pub fn rights(&self) -> TokenRights {
        match &self.proof {
            Proof::Key(_) if self.kind() == AccessKind::Management => TokenRights::Policy(Arc::default()),
            Proof::Key(_) => TokenRights::Policy(Arc::clone(&self.holder.policy)),
            Proof::Session { granted, ceiling, .. } => {
                TokenRights::Session { granted: Arc::clone(granted), ceiling: Arc::clone(ceiling) }
            }
        }
    }

    /// Whether only those have the key who were given it: a public one is for
    /// anybody to read, and who brings it is not who brought it before.
    pub fn is_secret(&self) -> bool {
        self.kind() != AccessKind::Public || matches!(self.proof, Proof::Session { .. })
    }

    /// What keys of the application may do everywhere.
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
            key: Some(PresentedKey {
                permissions: Arc::from(self.permissions()),
                environment: self.environment,
            }),
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

fn too_often(refusal: &Refusal) -> KeyNotAccepted {
    KeyNotAccepted::TooOften { retry_after_s: refusal.retry_after().unwrap_or(1) }
}
