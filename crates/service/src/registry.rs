//! The registry: what callers may do with a tenant's applications and with what
//! belongs to them.
//!
//! Every function takes who asks first and decides for itself whether that
//! caller may, so that every surface meets the same rule. A change, its audit
//! entry and its word to the other nodes are one transaction.

pub mod access;
mod archive;
mod audience;
mod audit;
mod audit_numbered;
mod bulk;
mod create;
mod credentials;
mod delete;
mod describe;
pub(crate) mod draft;
mod ending;
pub(crate) mod environments;
pub(crate) mod faults;
mod fields;
pub(crate) mod find;
pub(crate) mod list;
mod oauth_config;
mod oauth_draft;
mod ownership;
pub(crate) mod page;
pub(crate) mod record;
mod registration;
mod revoke_tokens;
mod saml_draft;
mod scopes;
mod secrets;
mod state;
mod tenant;
mod trust;
mod update;
mod view;
mod whole;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Clock, Entropy, Id, IdKind, Ids, PasswordHash, Timestamp};
use appkeep_keys::PasswordCost;
use appkeep_storage::{Freshness, Store};
use zeroize::Zeroizing;

pub(crate) use audience::is_at;
pub use audit::{AuditQuery, subject_id};
pub use audit_numbered::{HistoryOf, NumberedAuditQuery};
pub use bulk::{BulkOutcome, BulkResult, BulkVerb};
pub use create::Created;
pub(crate) use create::Purpose;
pub use credentials::{AddedSecret, CredentialView, NewSecretFields};
pub use ending::{EndingSecret, EndsSoon};
pub use environments::{CreatedEnvironment, RotatedEnvironment};
pub use fields::{ApplicationFields, AttributeStatementFields, Edit, SamlFields};
pub use list::{ApplicationQuery, OwnerQuery};
pub use oauth_config::{OauthConfig, OauthEndpoints, OauthFields};
pub use ownership::OwnershipFields;
pub use page::{Numbered, NumberedQuery, Page, PageQuery};
pub(crate) use registration::{
    Applicant, RegistrationHolder, registration_is_closed, registration_takes_a_token,
};
pub use registration::{
    ClientMetadata, MadeRegistrationToken, RegisteredClient, RegistrationTokenFields, ReplacedMetadata,
};
pub use scopes::{ScopeEntry, ScopeQuery};
pub use secrets::Rotated;
pub use tenant::TenantUpdate;
pub use update::{ApplicationUpdate, Expected};
pub use view::{ApplicationView, Can};
pub use whole::WholeApplication;

use crate::error::Error;
use crate::passwords::Passwords;
use crate::people::EffectiveIndex;
use crate::refusals::Refusals;

/// The use cases. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    shared: Arc<Shared>,
    passwords: Passwords,
    /// Where the issuers are, if anything is served.
    public_url: Option<Arc<str>>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
    refusals: Refusals,
    effective: EffectiveIndex,
}

impl Registry {
    /// For a process that is told of no changes, such as a command.
    pub fn new(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self::following(store, &Arc::new(Freshness::never()), clock, entropy)
    }

    /// What is told of changes as `freshness` says remembers what costs much.
    pub fn following(
        store: Store,
        freshness: &Arc<Freshness>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let passwords = Passwords::new(Arc::clone(&entropy), PasswordCost::STANDARD);
        let effective = EffectiveIndex::new(&store, freshness);
        let shared = Shared { clock, entropy, ids: Ids::new(), refusals: Refusals::new(), effective };
        Self { store, shared: Arc::new(shared), passwords, public_url: None }
    }

    /// The same registry, which takes so much trouble with passwords.
    #[must_use]
    pub fn hashing_at(self, cost: PasswordCost) -> Self {
        Self { passwords: Passwords::new(self.entropy(), cost), ..self }
    }

    /// The same registry, which knows by which address it is served.
    #[must_use]
    pub fn served_at(self, public_url: &str) -> Self {
        Self { public_url: Some(public_url.trim_end_matches('/').into()), ..self }
    }

    /// Remembers whole who may use an application where no more than so many may,
    /// and else only how many they are: 4,096 unless this is called.
    pub fn remember_whole_among(&self, users: u64) {
        self.shared.effective.read_unless_more_than(users);
    }

    pub(crate) fn effective(&self) -> &EffectiveIndex {
        &self.shared.effective
    }

    /// The same registry, whose statements count as background work.
    pub(crate) fn background(&self) -> Self {
        Self { store: self.store.background(), ..self.clone() }
    }

    /// Where to tell of those who are refused.
    pub fn refusals(&self) -> &Refusals {
        &self.shared.refusals
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.shared.entropy)
    }

    /// `unavailable` when too many want the same.
    pub(crate) async fn hash_password(&self, password: String) -> Result<PasswordHash, Error> {
        self.passwords.hash(Zeroizing::new(password)).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn make_id<K: IdKind>(&self) -> Id<K> {
        self.shared.ids.make(&*self.shared.clock, &*self.shared.entropy)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}
