//! Sessions of public applications: keys that are made in a browser, and that
//! open what somebody with a key that nobody reads says.

use super::{AccessRule, Permission};
use crate::{AccessSessionId, ApplicationId, Environment, Lifetime, Owner, SecretHash, Timestamp};

/// A key of a public application for a while, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessSession {
    pub id: AccessSessionId,
    /// The public one, in whose name it is.
    pub application: ApplicationId,
    pub owner: Owner,
    pub environment: Environment,
    pub key: SecretHash,
    /// By which it is authorized.
    pub nonce: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// None until it is authorized; its key is good for nothing until then.
    pub grant: Option<SessionGrant>,
}

/// What a session may do, said once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionGrant {
    /// Whose rights bound it, at each use.
    pub by: ApplicationId,
    pub at: Timestamp,
    pub permissions: Vec<Permission>,
    pub rules: Vec<AccessRule>,
}

impl AccessSession {
    /// For how long there is one, where nobody says otherwise.
    pub const LIFETIME: Lifetime = Lifetime::from_minutes(3);
    pub const MAX_LIFETIME: Lifetime = Lifetime::from_days(7);
    /// Most that have not ended, of one application.
    pub const MAX_LIVE: u32 = 1_000;
    /// Most rules that one is granted.
    pub const MAX_RULES: usize = 100;

    /// Most conditions of one of them.
    pub const MAX_CONDITIONS: usize = 20;

    /// What stands before its key.
    pub const fn key_prefix(environment: Environment) -> &'static str {
        match environment {
            Environment::Live => "key_prod_us_sess_",
            Environment::Test => "key_test_us_sess_",
        }
    }

    /// What stands before its nonce.
    pub const NONCE_PREFIX: &str = "nonce_";

    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}
