//! Which scopes there are: those built in, and those a tenant registers.

use appkeep_oauth::{Scope, ScopeSet};

use crate::{ScopeId, TenantId, Timestamp};

/// A scope that a tenant registered for its own APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredScope {
    pub id: ScopeId,
    pub tenant: TenantId,
    pub scope: Scope,
    pub description: Option<String>,
    pub created_at: Timestamp,
}

impl RegisteredScope {
    /// Most scopes that a tenant can register: all of them are held in memory.
    pub const MOST: u32 = 1_000;
}

/// Scopes of OpenID Connect (Core 1.0 §5.4 and §11).
pub const OIDC_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Scopes of the gateway to what is integrated: to come to it at all, and to call
/// what is behind it.
pub const GATEWAY_SCOPES: [&str; 2] = ["gateway:access", "mcp:invoke"];

/// Scopes that open our own management API. A caller grants only those that it
/// holds itself.
pub const MANAGEMENT_SCOPES: [&str; 26] = [
    ADMIN_READ,
    ADMIN_WRITE,
    "applications:read",
    "applications:write",
    "audit:read",
    "groups:read",
    "groups:write",
    "integrations:read",
    "integrations:write",
    "keys:verify",
    MANAGEMENT_ALL,
    "operators:read",
    "operators:write",
    "partners:read",
    "partners:write",
    "scopes:read",
    "scopes:write",
    "tenant:read",
    "tenant:write",
    "tenants:write",
    "tokens:introspect",
    "users:read",
    "users:write",
    "vault:read",
    "vault:reveal",
    "vault:write",
];

/// Opens whatever is read.
const ADMIN_READ: &str = "admin:read";
/// Opens everything.
const ADMIN_WRITE: &str = "admin:write";
/// Opens everything too, by the name that clients of the gateway know.
const MANAGEMENT_ALL: &str = "management:all";

/// All that are there without being registered.
pub fn built_in_scopes() -> impl Iterator<Item = &'static str> {
    OIDC_SCOPES.into_iter().chain(GATEWAY_SCOPES).chain(MANAGEMENT_SCOPES)
}

/// Whether the scope is there without being registered.
pub fn is_built_in(scope: &str) -> bool {
    built_in_scopes().any(|known| known == scope)
}

pub fn is_management(scope: &str) -> bool {
    MANAGEMENT_SCOPES.contains(&scope)
}

/// Whether a set of scopes holds this one of [`MANAGEMENT_SCOPES`], by name or
/// because another stands for it.
pub(crate) fn opens(scopes: &ScopeSet, scope: &str) -> bool {
    let is_told = || {
        let all = scopes.contains(ADMIN_WRITE) || scopes.contains(MANAGEMENT_ALL);
        all || (scope.ends_with(":read") && scopes.contains(ADMIN_READ))
    };
    scopes.contains(scope) || is_told()
}

/// Which of [`MANAGEMENT_SCOPES`] a set of scopes holds, by name or because
/// another of them stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagementScopes(u32);

impl ManagementScopes {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self((1 << MANAGEMENT_SCOPES.len()) - 1);

    pub fn of(scopes: &ScopeSet) -> Self {
        let held = MANAGEMENT_SCOPES.iter().enumerate().filter(|(_, scope)| opens(scopes, scope));
        Self(held.map(|(index, _)| 1 << index).sum())
    }

    /// Whether one of them, by its name, is among these.
    pub fn contains(self, scope: &str) -> bool {
        let place = MANAGEMENT_SCOPES.iter().position(|known| *known == scope);
        place.is_some_and(|place| self.0 & (1 << place) != 0)
    }

    pub const fn is_subset_of(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

    #[test]
    fn every_built_in_scope_is_a_scope_and_none_is_two() {
        for scope in built_in_scopes() {
            assert!(Scope::parse(scope).is_ok() && is_built_in(scope), "{scope}");
        }
        assert!(OIDC_SCOPES.iter().chain(&GATEWAY_SCOPES).all(|scope| !is_management(scope)));
        assert!(!is_built_in("bills:read") && !is_built_in("Openid"));
    }

    #[test]
    fn every_action_is_opened_by_a_management_scope() {
        for action in Action::ALL {
            assert!(is_management(action.scope()), "{action:?}");
        }
    }

    #[test]
    fn management_scopes_are_compared_as_sets() {
        let of = |scopes| ManagementScopes::of(&ScopeSet::parse(scopes).expect("are scopes"));
        assert!(of("openid bills:read").is_empty());
        assert!(of("openid").is_subset_of(of("audit:read")));
        assert!(of("audit:read").is_subset_of(of("tokens:introspect audit:read")));
        assert!(!of("tokens:introspect audit:read").is_subset_of(of("audit:read")));
    }

    #[test]
    fn two_scopes_stand_for_many() {
        let of = |scopes| ManagementScopes::of(&ScopeSet::parse(scopes).expect("are scopes"));
        for (held, scope, expected) in [
            ("admin:read", "users:read", true),
            ("admin:read", "admin:read", true),
            ("admin:read", "users:write", false),
            ("admin:read", "tokens:introspect", false),
            ("admin:write", "users:read", true),
            ("admin:write", "tokens:introspect", true),
            ("users:read", "admin:read", false),
            ("users:read", "users:read", true),
            ("users:read", "bills:read", false),
        ] {
            assert_eq!(of(held).contains(scope), expected, "{held} {scope}");
        }
        assert_eq!(of("admin:write"), of(&MANAGEMENT_SCOPES.join(" ")));
    }
}
