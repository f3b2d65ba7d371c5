//! What somebody who comes to the vault may do there, however they came.

use std::sync::Arc;

use super::policy::{AccessDecision, AccessDenied, AccessPolicy, GrantedBy, TokenPlace};
use super::rule::Transform;
use super::{Container, Permission};

/// Whose word it is that a token may be read or changed.
#[derive(Debug, Clone)]
pub enum TokenRights {
    /// Operators, and applications that come by scopes: every token alike.
    Scopes { reads: bool, reveals: bool, writes: bool },
    /// The holder of an application's key.
    Policy(Arc<AccessPolicy>),
    /// The holder of a session's key: what was granted to the session, and no
    /// more than whoever granted it may do themselves.
    Session { granted: Arc<AccessPolicy>, ceiling: Arc<AccessPolicy> },
}

/// In which containers somebody may do something at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenReach {
    /// Perhaps in any: each token is to be asked for.
    Anywhere,
    /// In these and what is within them; none of them is within another, and
    /// they are in their order.
    Within(Vec<Container>),
}

impl TokenRights {
    /// The one place where it is decided. Of a session both have to allow it,
    /// and how much is shown says what was granted.
    pub fn decide(&self, permission: Permission, place: &TokenPlace<'_>) -> AccessDecision {
        match self {
            Self::Scopes { .. } => self.decide_by_scopes(permission),
            Self::Policy(policy) => policy.decide(permission, place),
            Self::Session { granted, ceiling } => match ceiling.decide(permission, place) {
                AccessDecision::Allowed { .. } => granted.decide(permission, place),
                denied @ AccessDecision::Denied(_) => denied,
            },
        }
    }

    /// Whether it is held at all, if only somewhere.
    pub fn holds(&self, permission: Permission) -> bool {
        match self {
            Self::Scopes { .. } => self.decide_by_scopes(permission).is_allowed(),
            Self::Policy(policy) => policy.holds(permission),
            Self::Session { granted, ceiling } => granted.holds(permission) && ceiling.holds(permission),
        }
    }

    /// Where to look for what may be done: elsewhere it is denied. Within it is
    /// still to be decided token by token.
    pub fn reach(&self, permission: Permission) -> TokenReach {
        match self {
            Self::Scopes { .. } => TokenReach::Anywhere,
            Self::Policy(policy) | Self::Session { granted: policy, .. } => policy.reach(permission),
        }
    }

    fn decide_by_scopes(&self, permission: Permission) -> AccessDecision {
        let Self::Scopes { reads, reveals, writes } = *self else {
            return AccessDecision::Denied(AccessDenied::NotHeld);
        };
        let is_allowed = match permission {
            Permission::TokenRead | Permission::TokenSearch => reads || reveals,
            Permission::TokenUse => reveals,
            Permission::TokenCreate | Permission::TokenUpdate | Permission::TokenDelete => writes,
            _ => false,
        };
        if !is_allowed {
            return AccessDecision::Denied(AccessDenied::NotHeld);
        }
        let transform = match (reveals, reads) {
            (true, _) => Transform::Reveal,
            (false, true) => Transform::Mask,
            (false, false) => Transform::Redact,
        };
        AccessDecision::Allowed { transform, by: GrantedBy::Permission }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AccessRule, Attribute, Condition, Operator, RuleScope};
    use super::*;

    fn container(raw: &str) -> Container {
        Container::parse(raw).expect(raw)
    }

    fn rule(priority: u32, scope: RuleScope, transform: Transform) -> AccessRule {
        let permissions = vec![Permission::TokenRead];
        AccessRule { description: String::new(), priority, scope, transform, permissions }
    }

    fn within(priority: u32, raw: &str, transform: Transform) -> AccessRule {
        rule(priority, RuleScope::Container(container(raw)), transform)
    }

    #[test]
    fn scopes_reach_every_token_and_show_what_they_say() {
        use Permission::{TokenCreate, TokenDelete, TokenRead, TokenSearch, TokenUse};
        let reader = TokenRights::Scopes { reads: true, reveals: false, writes: false };
        let revealer = TokenRights::Scopes { reads: false, reveals: true, writes: false };
        let writer = TokenRights::Scopes { reads: false, reveals: false, writes: true };
        let both = TokenRights::Scopes { reads: true, reveals: false, writes: true };
        let root = Container::root();
        for (rights, permission, shown) in [
            (&reader, TokenRead, Some(Transform::Mask)),
            (&reader, TokenSearch, Some(Transform::Mask)),
            (&reader, TokenUse, None),
            (&reader, TokenCreate, None),
            (&revealer, TokenRead, Some(Transform::Reveal)),
            (&revealer, TokenUse, Some(Transform::Reveal)),
            (&revealer, TokenDelete, None),
            (&writer, TokenRead, None),
            (&writer, TokenCreate, Some(Transform::Redact)),
            (&both, TokenCreate, Some(Transform::Mask)),
            (&both, Permission::ApplicationRead, None),
        ] {
            let decision = rights.decide(permission, &TokenPlace { id: None, container: &root });
            assert_eq!(decision.transform(), shown, "{rights:?} {permission:?}");
            assert_eq!(rights.holds(permission), shown.is_some(), "{rights:?} {permission:?}");
        }
    }

    #[test]
    fn a_session_does_no_more_than_who_granted_it_and_shows_what_was_granted() {
        let ceiling = AccessPolicy::new(&[], &[within(1, "/pci/", Transform::Mask)]);
        let granted = AccessPolicy::new(&[], &[within(1, "/", Transform::Reveal)]);
        let session = TokenRights::Session { granted: Arc::new(granted), ceiling: Arc::new(ceiling) };
        for (raw, shown) in [("/pci/high/", Some(Transform::Reveal)), ("/pii/", None), ("/", None)] {
            let (id, container) = (Some("tok"), container(raw));
            let decision = session.decide(Permission::TokenRead, &TokenPlace { id, container: &container });
            assert_eq!(decision.transform(), shown, "{raw}");
        }
        assert!(session.holds(Permission::TokenRead) && !session.holds(Permission::TokenDelete));
    }

    #[test]
    fn what_is_out_of_reach_is_denied() {
        let rules = [
            within(1, "/users/jedis/", Transform::Mask),
            within(2, "/users/", Transform::Reveal),
            within(3, "/users2/", Transform::Mask),
            within(4, "/pci/", Transform::Redact),
        ];
        let policy = AccessPolicy::new(&[], &rules);
        let expected = ["/pci/", "/users/", "/users2/"].map(container).to_vec();
        assert_eq!(policy.reach(Permission::TokenRead), TokenReach::Within(expected));
        assert_eq!(policy.reach(Permission::TokenSearch), TokenReach::Within(Vec::new()));
        let everywhere = AccessPolicy::new(&[Permission::TokenRead], &rules);
        assert_eq!(everywhere.reach(Permission::TokenRead), TokenReach::Anywhere);
        let condition = Condition::new(Attribute::Id, Operator::StartsWith, "a");
        let conditional = rule(1, RuleScope::Conditions(vec![condition]), Transform::Mask);
        let policy = AccessPolicy::new(&[], &[conditional]);
        assert_eq!(policy.reach(Permission::TokenRead), TokenReach::Anywhere);
    }
}
