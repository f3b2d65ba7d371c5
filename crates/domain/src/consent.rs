//! What a person allowed an application.

use appkeep_oauth::ScopeSet;

use crate::{ApplicationId, DirectoryId, Timestamp, UserId};

/// Remembered, so that the person is asked once; they can take it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Where the user is.
    pub directory: DirectoryId,
    pub user: UserId,
    pub application: ApplicationId,
    pub scope: ScopeSet,
    /// When it was first given.
    pub granted_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Consent {
    /// Whether nothing is asked for that was not allowed.
    pub fn covers(&self, scope: &ScopeSet) -> bool {
        scope.is_subset_of(&self.scope)
    }

    /// With what was allowed now beside what was allowed before.
    pub fn extended(self, scope: &ScopeSet, now: Timestamp) -> Self {
        let scope = self.scope.iter().chain(scope).cloned().collect();
        Self { scope, updated_at: now, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> ScopeSet {
        ScopeSet::parse(text).expect("are scopes")
    }

    #[test]
    fn what_was_allowed_is_not_asked_again() {
        let at = Timestamp::from_seconds;
        let consent = Consent {
            directory: DirectoryId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            application: ApplicationId::from_bytes([3; 16]),
            scope: scope("openid email"),
            granted_at: at(1),
            updated_at: at(1),
        };
        assert!(consent.covers(&scope("email")) && consent.covers(&ScopeSet::new()));
        assert!(!consent.covers(&scope("email profile")));
        let extended = consent.extended(&scope("profile email"), at(2));
        assert_eq!(extended.scope, scope("openid email profile"));
        assert_eq!((extended.granted_at, extended.updated_at), (at(1), at(2)));
    }
}
