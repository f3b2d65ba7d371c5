//! Where the registry is kept: one [`Store`] over SQLite or PostgreSQL, one
//! file a noun.
//!
//! What differs between the databases stays in the seam: a statement is one
//! text (`sql!`), a transaction one closure ([`Store::write`]), an error one
//! word ([`StorageError`]), a change one row ([`Feed`]).
//!
//! **Invariant:** nothing here knows who is allowed, or of HTTP; and nothing
//! outside of here knows SQL.

mod agent_sessions;
mod application_list;
mod applications;
mod assignments;
mod audiences;
mod audit;
mod changes;
mod claims;
mod codes;
mod conn;
mod connections;
mod consents;
mod counters;
mod credential_uses;
mod credentials;
mod data_keys;
mod directories;
mod effective_users;
mod environments;
mod error;
mod facets;
mod facts;
mod feed;
mod grams;
mod grants;
mod groups;
mod idempotency;
mod identities;
mod impersonations;
mod integrations;
mod links;
mod lockouts;
mod management;
mod migrate;
mod monotonic;
mod operators;
mod origins;
mod owners;
mod ownership;
mod pages;
mod partings;
mod partners;
mod postgres;
mod remains;
mod revocations;
mod roles;
mod row;
mod scopes;
#[cfg(test)]
mod seam_tests;
mod sessions;
mod sign_ins;
mod signing_keys;
mod sql;
mod sqlite;
mod stats;
mod store;
mod tenancy_list;
mod tenants;
mod totals;
mod tx;
mod users;
mod value;
mod vault;
mod walk;

pub use agent_sessions::{AgentSessionFilter, AgentSessionPage, AgentSessionTotal, AgentSighting};
pub use application_list::{ApplicationFilter, ApplicationPage, Found};
pub use applications::{RegistrationTokenPage, totals::ApplicationTotal};
pub use assignments::{Assignees, AssignmentPage};
pub use audiences::AudienceClash;
pub use audit::chain::{AuditChain, AuditLink, SealedAuditEntry};
pub use audit::{AuditFilter, AuditPage, AuditSummary, checkpoints::AuditCheckpoint};
pub use changes::{Change, ChangeSink, Topic};
pub use connections::SealedSecret;
pub use consents::ConsentPage;
pub use counters::{AuditChainEnd, AuditTotal};
pub use credential_uses::ObservedUse;
pub use data_keys::WrappedDataKey;
pub use effective_users::{EffectiveCount, EffectivePage, EffectivePlace};
pub use environments::KeyOf;
pub use error::{OpenError, StorageError};
pub use facts::DatabaseFacts;
pub use feed::{Feed, Freshness};
pub use groups::{GroupPage, MemberPage, Nested};
pub use idempotency::{Attempt, KeptRequest, SealedAnswer};
pub use impersonations::{ImpersonationPage, PeopleWith};
pub use integrations::{
    Attached, AttachedAddress, Errand, IntegrationFilter, IntegrationPage, IntegrationSecrets, LinkedAccount,
    LinkedPage, SealedLink, SecretEdit, SecretEdits,
};
pub use lockouts::LockoutPage;
pub use migrate::{newest_migration, schema_checksum};
pub use operators::{HeldRoles, OperatorPage, ServiceAccountPage};
pub use ownership::{CountedDirectory, KnownOwner, Owned, TenantLabel, Whereabouts};
pub use pages::Seek;
pub use postgres::Deadlines;
pub use roles::HeldRole;
pub use sessions::list::{SessionCounts, SessionFilter, SessionPage, UserSessionFilter};
pub use sessions::{SessionKey, totals::SessionTotal};
pub use sign_ins::{SignInPage, SignInPlace};
pub use signing_keys::{PublicSigningKey, SealedSigningKey};
pub use sqlite::{Copied, Durability, ServerLock, SqliteFile};
pub use stats::Stats;
pub use store::{Database, Store};
pub use tenancy_list::{CountedPart, FoundNewest, PartnerFilter, PartnerPage, TenantFilter, TenantPage};
pub use totals::{DirectoryTotals, Total};
pub use tx::{ReadTx, WriteTx};
pub use users::{BackupTag, SealedTotp, UserFilter, UserPage, WrappedUserKey};
pub use vault::{VaultBy, VaultCursor, VaultOf, VaultSeek, VaultTag, VaultToken};
