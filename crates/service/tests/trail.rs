//! The audit trail proves itself, on both databases.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side")]

#[path = "trail/export.rs"]
mod export;
#[path = "trail/given.rs"]
mod given;
#[path = "trail/refusals.rs"]
mod refusals;
#[path = "trail/seal.rs"]
mod seal;
