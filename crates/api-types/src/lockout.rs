//! Addresses that are let alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address from where too many attempts to sign in failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lockout {
    #[schema(example = "lck_00000000000000007ZZZ5G0W87")]
    pub id: String,
    /// Of version 6 the 64 bits that one site has, such as `2001:db8::/64`.
    #[schema(example = "203.0.113.7")]
    pub address: String,
    /// Those that still count: every ten minutes one counts no more.
    #[schema(example = 101)]
    pub failures: u32,
    #[schema(format = DateTime)]
    pub last_failed_at: String,
    /// Until then nobody signs in from there; `null` when they may.
    #[schema(required = true, format = DateTime)]
    pub locked_until: Option<String>,
}
