//! The vault: data that is kept sealed and shown only as far as rules say.
//!
//! Every function takes who asks first, and asks [`TokenRights::decide`] of each
//! token that it touches: whoever may not read one learns at the most that it
//! is there.

mod aside;
mod bare;
mod called;
mod change;
mod content;
mod create;
mod derive;
mod documents;
mod draft;
mod expire;
mod list;
mod record;
mod view;
mod words;

use std::fmt;

use appkeep_domain::access::TokenRights;
use appkeep_domain::{Action, Decision, Environment, Tenant, Timestamp, Within, may};
use appkeep_storage::{Store, VaultOf};

pub use self::documents::{ReadToken, ShowToken};
pub use self::words::{CreatedToken, NewToken, TokenPatch, TokenQuery, TokenView, Tokenized, VaultField};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::record::Stamp;
use crate::{Authority, KeyPrincipal, Keyring, Registry};

/// The use cases. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Vault {
    registry: Registry,
    authority: Authority,
}

/// Somebody who comes to a tenant's vault.
#[derive(Debug, Clone)]
pub struct VaultCaller {
    /// For the history; the tenant is the one that is spoken to.
    pub by: By,
    /// What test keys made is not there for live ones, nor the reverse.
    pub environment: Environment,
    pub rights: TokenRights,
}

impl VaultCaller {
    /// Somebody who comes by the scopes of an access token, to do `action`.
    /// `forbidden` when they may not, and `not_found` when the tenant is none
    /// that they see.
    pub fn by_scopes(by: By, environment: Environment, action: Action) -> Result<Self, Error> {
        by.decide_of_tenant(action)?;
        let place = by.place();
        let holds = |action| may(&by.caller, action, &place) == Decision::Allowed;
        let rights = TokenRights::Scopes {
            reads: holds(Action::ReadVault),
            reveals: holds(Action::RevealVault),
            writes: holds(Action::WriteVault),
        };
        Ok(Self { by, environment, rights })
    }

    /// Somebody who comes by an API key, to their own tenant's vault and to the
    /// data of the environment that the key is of; `forbidden` when there is no
    /// vault for them.
    pub fn by_key(by: By, principal: &KeyPrincipal) -> Result<Self, Error> {
        principal.tenant()?;
        Ok(Self { by, environment: principal.environment(), rights: principal.rights() })
    }

    /// The same where no data is to be shown plain, though they may see it.
    #[must_use]
    pub fn without_revealing(self) -> Self {
        let rights = match self.rights {
            TokenRights::Scopes { reads, writes, .. } => {
                TokenRights::Scopes { reads, reveals: false, writes }
            }
            others => others,
        };
        Self { rights, ..self }
    }

    const fn of(&self) -> VaultOf {
        VaultOf { tenant: self.by.tenant, environment: self.environment }
    }

    const fn within(&self) -> Within {
        self.by.within()
    }
}

impl Vault {
    pub const fn new(registry: Registry, authority: Authority) -> Self {
        Self { registry, authority }
    }

    const fn store(&self) -> &Store {
        self.registry.store()
    }

    fn keyring(&self) -> &Keyring {
        self.authority.keyring()
    }

    fn now(&self) -> Timestamp {
        self.registry.now()
    }

    fn stamp(&self) -> Stamp {
        self.registry.stamp()
    }

    async fn tenant(&self, caller: &VaultCaller) -> Result<Tenant, Error> {
        let mut tx = self.store().read().await?;
        let found = tx.tenant(caller.within(), caller.by.tenant).await?;
        found.ok_or_else(|| Error::new(ErrorCode::NotFound, "there is no such tenant"))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}
