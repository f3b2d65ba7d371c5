//! What the holder of an API key may do: permissions, and rules that say to
//! which tokens and how much of them is shown.

mod container;
mod permission;
mod policy;
mod rights;
mod rule;
mod session;
mod settings;
mod template;

use appkeep_oauth::{Scope, ScopeSet};

pub use self::container::{Container, InvalidContainer};
pub use self::permission::{Permission, UnknownPermission};
pub use self::policy::{
    AccessDecision, AccessDenied, AccessPolicy, GrantedBy, RuleVerdict, TokenPlace, explain,
};
pub use self::rights::{TokenReach, TokenRights};
pub use self::rule::{
    AccessRule, Attribute, Condition, InvalidPriority, Operator, RuleScope, Transform, UnknownAttribute,
    UnknownOperator, UnknownTransform,
};
pub use self::session::{AccessSession, SessionGrant};
pub use self::settings::{Deduplication, UnknownDeduplication, VaultSettings};
pub use self::template::AccessTemplate;
use crate::{ApplicationKind, Environment};

/// What an application is to those who know it by its API keys. Its rules,
/// which may be many, are kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFacet {
    pub kind: AccessKind,
    /// What it may do to every token, or beside tokens; each once.
    pub permissions: Vec<Permission>,
}

/// Where its keys are, which decides what they may open. Fixed once it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// On a server that keeps them to itself.
    Private,
    /// In browsers and on devices, where anybody can read them.
    Public,
    /// With those who administer; they never reach a token.
    Management,
}

/// A word that names no kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of private, public, management")]
pub struct UnknownAccessKind;

impl AccessKind {
    pub const ALL: [Self; 3] = [Self::Private, Self::Public, Self::Management];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Management => "management",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownAccessKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw).ok_or(UnknownAccessKind)
    }

    /// Whether an application of this kind may have keys of this one: what runs
    /// in a browser keeps no secret.
    pub const fn fits(self, kind: ApplicationKind) -> bool {
        match self {
            Self::Private | Self::Management => matches!(kind, ApplicationKind::M2m),
            Self::Public => matches!(kind, ApplicationKind::Spa),
        }
    }

    /// What an application is made that is to have keys of this kind.
    pub const fn application_kind(self) -> ApplicationKind {
        match self {
            Self::Private | Self::Management => ApplicationKind::M2m,
            Self::Public => ApplicationKind::Spa,
        }
    }

    /// Of which kind the keys are of an application of which nobody has said so.
    pub const fn unless_said(kind: ApplicationKind) -> Self {
        match kind {
            ApplicationKind::Spa => Self::Public,
            ApplicationKind::M2m
            | ApplicationKind::Native
            | ApplicationKind::Server
            | ApplicationKind::Saml => Self::Private,
        }
    }

    /// What stands before its keys.
    pub const fn key_prefix(self, environment: Environment) -> &'static str {
        match (environment, self) {
            (Environment::Live, Self::Private) => "key_prod_us_pvt_",
            (Environment::Live, Self::Public) => "key_prod_us_pub_",
            (Environment::Live, Self::Management) => "key_prod_us_mgt_",
            (Environment::Test, Self::Private) => "key_test_us_pvt_",
            (Environment::Test, Self::Public) => "key_test_us_pub_",
            (Environment::Test, Self::Management) => "key_test_us_mgt_",
        }
    }
}

impl AccessFacet {
    /// Most permissions that it holds: there are no more.
    pub const MAX_PERMISSIONS: usize = Permission::ALL.len();
    /// Most rules that an application has.
    pub const MAX_RULES: usize = 1_000;

    /// The parts of our own management API that its keys open. More than any of
    /// its permissions says: whoever acts by it asks for the permission first.
    pub fn management_scopes(&self) -> ScopeSet {
        let scopes = self.permissions.iter().filter_map(|permission| permission.management_scope());
        scopes.filter_map(|scope| Scope::parse(scope).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_and_fits_some_application() {
        for kind in AccessKind::ALL {
            assert_eq!(AccessKind::parse(kind.as_str()), Ok(kind));
            assert!(ApplicationKind::ALL.into_iter().any(|application| kind.fits(application)), "{kind:?}");
        }
        for kind in AccessKind::ALL {
            assert!(kind.fits(kind.application_kind()), "{kind:?}");
        }
        for kind in [ApplicationKind::Spa, ApplicationKind::M2m] {
            assert!(AccessKind::unless_said(kind).fits(kind), "{kind:?}");
        }
        assert_eq!(AccessKind::parse("Private"), Err(UnknownAccessKind));
        assert!(!AccessKind::Private.fits(ApplicationKind::Spa), "whose keys anybody could read");
    }

    #[test]
    fn a_prefix_says_where_a_key_is_good_and_for_what() {
        let mut seen = std::collections::BTreeSet::new();
        for environment in [Environment::Live, Environment::Test] {
            for kind in AccessKind::ALL {
                let prefix = kind.key_prefix(environment);
                assert!(
                    prefix.starts_with("key_") && prefix.ends_with('_') && seen.insert(prefix),
                    "{prefix}"
                );
            }
        }
    }

    #[test]
    fn a_facet_opens_what_its_permissions_stand_for() {
        let facet = AccessFacet {
            kind: AccessKind::Management,
            permissions: ["application:read", "application:create", "log:read", "proxy:read"]
                .map(|raw| Permission::parse(raw).expect(raw))
                .to_vec(),
        };
        let scopes: Vec<String> = facet.management_scopes().iter().map(ToString::to_string).collect();
        assert_eq!(scopes, ["applications:read", "applications:write", "audit:read"]);
    }
}
