//! What the registry promises to whoever calls it, on both databases.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side")]

#[path = "registry/audit.rs"]
mod audit;
#[path = "registry/bootstrap.rs"]
mod bootstrap;
#[path = "registry/bulk.rs"]
mod bulk;
#[path = "registry/caps.rs"]
mod caps;
#[path = "registry/changes.rs"]
mod changes;
#[path = "registry/create.rs"]
mod create;
#[path = "registry/delete.rs"]
mod delete;
#[path = "registry/effective_users.rs"]
mod effective_users;
#[path = "registry/harness.rs"]
mod harness;
#[path = "registry/idempotency.rs"]
mod idempotency;
#[path = "registry/many_sessions.rs"]
mod many_sessions;
#[path = "registry/pools.rs"]
mod pools;
#[path = "registry/rights.rs"]
mod rights;
#[path = "registry/secrets.rs"]
mod secrets;
#[path = "registry/sweep.rs"]
mod sweep;
