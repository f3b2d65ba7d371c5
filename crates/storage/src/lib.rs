//! Where the registry is kept: one [`Store`] over SQLite or PostgreSQL, one
//! file a noun.
//!
//! What differs between the databases stays in the seam: a statement is one
//! text (`sql!`), a transaction one closure ([`Store::write`]), an error one
//! word ([`StorageError`]), a change one row ([`Feed`]).
//!
//! **Invariant:** nothing here knows who is allowed, or of HTTP; and nothing
//! outside of here knows SQL.

mod application_list;
mod applications;
mod audit;
mod audit_chain;
mod audit_checkpoints;
mod changes;
mod conn;
mod counters;
mod credential_uses;
mod credentials;
mod data_keys;
mod error;
mod facets;
mod facts;
mod feed;
mod grams;
mod idempotency;
mod lock;
mod management;
mod migrate;
mod monotonic;
mod operators;
mod owners;
mod pages;
mod postgres;
mod revocations;
mod row;
mod scopes;
#[cfg(test)]
mod seam_tests;
mod sessions;
mod signing_keys;
mod sql;
mod sqlite;
mod stats;
mod store;
mod tenants;
mod tx;
mod value;

pub use application_list::{ApplicationFilter, ApplicationPage, Seek};
pub use audit::{AuditFilter, AuditPage, AuditSummary};
pub use audit_chain::{AuditChain, AuditLink, SealedAuditEntry};
pub use audit_checkpoints::AuditCheckpoint;
pub use changes::{Change, ChangeSink, Topic};
pub use counters::{AuditChainEnd, AuditTotal};
pub use credential_uses::ObservedUse;
pub use data_keys::WrappedDataKey;
pub use error::{OpenError, StorageError};
pub use facts::DatabaseFacts;
pub use feed::{Feed, Freshness};
pub use idempotency::{Attempt, KeptRequest, SealedAnswer};
pub use lock::ServerLock;
pub use migrate::{newest_migration, schema_checksum};
pub use postgres::Deadlines;
pub use signing_keys::{PublicSigningKey, SealedSigningKey};
pub use sqlite::{Copied, Durability, SqliteFile};
pub use stats::Stats;
pub use store::{Database, Store};
pub use tx::{ReadTx, WriteTx};
