//! Which scopes there are: those built in, and those a tenant registers.

use appkeep_oauth::Scope;

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

/// Scopes of OpenID Connect (Core 1.0 §5.4 and §11).
pub const OIDC_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Scopes that open our own management API. A caller grants only those that it
/// holds itself.
pub const MANAGEMENT_SCOPES: [&str; 8] = [
    "applications:read",
    "applications:write",
    "audit:read",
    "scopes:read",
    "scopes:write",
    "tenant:read",
    "tenant:write",
    "tokens:introspect",
];

/// Whether the scope is there without being registered.
pub fn is_built_in(scope: &str) -> bool {
    OIDC_SCOPES.contains(&scope) || is_management(scope)
}

pub fn is_management(scope: &str) -> bool {
    MANAGEMENT_SCOPES.contains(&scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

    #[test]
    fn every_built_in_scope_is_a_scope_and_none_is_two() {
        for scope in OIDC_SCOPES.iter().chain(&MANAGEMENT_SCOPES) {
            assert!(Scope::parse(scope).is_ok() && is_built_in(scope), "{scope}");
        }
        assert!(OIDC_SCOPES.iter().all(|scope| !is_management(scope)));
        assert!(!is_built_in("bills:read") && !is_built_in("Openid"));
    }

    #[test]
    fn every_action_is_opened_by_a_management_scope() {
        for action in Action::ALL {
            assert!(is_management(action.scope()), "{action:?}");
        }
    }
}
