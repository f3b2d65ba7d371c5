//! Where people are kept: a tenant's directory, or an application's own.

use crate::{ApplicationId, DirectoryId, Owner, PasswordPolicy, Timestamp};

/// Users and groups that know of each other. An address, a user name and a
/// group's name are each taken once in it, and free in every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    pub id: DirectoryId,
    /// Of an application's directory, the application's owner.
    pub owner: Owner,
    pub of: DirectoryOf,
    pub policy: PasswordPolicy,
    /// Counts its changes, from 1: what an update was based on.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whom a directory serves, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectoryOf {
    /// Every application that its owner's people may use.
    Tenant,
    /// One application only, and of that one environment.
    Application { application: ApplicationId, environment: Environment },
}

impl Directory {
    /// Whether those in it run the platform, a partner or a tenant.
    pub const fn is_of_operators(&self) -> bool {
        matches!((self.owner, self.of), (Owner::Global, DirectoryOf::Tenant))
    }
}

/// Which people an application speaks of: the real ones, or those it is tried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    Live,
    Test,
}

/// A word that names no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither live nor test")]
pub struct UnknownEnvironment;

impl Environment {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownEnvironment> {
        match raw {
            "live" => Ok(Self::Live),
            "test" => Ok(Self::Test),
            _ => Err(UnknownEnvironment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_platform_shares_is_of_operators() {
        let application = ApplicationId::from_bytes([1; 16]);
        let own = DirectoryOf::Application { application, environment: Environment::Live };
        let tenant = Owner::Tenant(crate::TenantId::from_bytes([2; 16]));
        for (owner, of, is_of_operators) in [
            (Owner::Global, DirectoryOf::Tenant, true),
            (Owner::Global, own, false),
            (tenant, DirectoryOf::Tenant, false),
            (tenant, own, false),
        ] {
            let directory = Directory {
                id: DirectoryId::from_bytes([3; 16]),
                owner,
                of,
                policy: PasswordPolicy::DEFAULT,
                version: 1,
                created_at: Timestamp::from_seconds(1),
                updated_at: Timestamp::from_seconds(1),
            };
            assert_eq!(directory.is_of_operators(), is_of_operators, "{owner:?} {of:?}");
        }
    }

    #[test]
    fn every_environment_is_read_back() {
        for environment in [Environment::Live, Environment::Test] {
            assert_eq!(Environment::parse(environment.as_str()), Ok(environment));
        }
        assert_eq!(Environment::parse("Live"), Err(UnknownEnvironment));
    }
}
