//! The decision: whether somebody may do something to a token, and how much of
//! it is shown.

use std::collections::HashMap;

use super::rights::TokenReach;
use super::rule::{AccessRule, Condition, RuleScope, Transform};
use super::{Container, Permission};

/// The permissions and rules of one holder, made ready to decide by. It takes
/// as long however many rules there are about containers: what is looked for is
/// the token's own container and those around it.
#[derive(Debug, Default)]
pub struct AccessPolicy {
    /// Bits of the permissions on everything.
    everywhere: u64,
    /// Bits of those that some rule gives.
    somewhere: u64,
    by_container: HashMap<Container, Vec<Given>>,
    /// In the order of their priorities.
    by_conditions: Vec<(Box<[Condition]>, Vec<Given>)>,
}

/// What a rule gives, for one of its permissions.
#[derive(Debug, Clone, Copy)]
struct Given {
    permission: Permission,
    priority: u32,
    transform: Transform,
}

/// Where a token is, and which it is.
#[derive(Debug, Clone, Copy)]
pub struct TokenPlace<'a> {
    /// None of one that is about to be made.
    pub id: Option<&'a str>,
    pub container: &'a Container,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessDecision {
    Allowed { transform: Transform, by: GrantedBy },
    Denied(AccessDenied),
}

/// What allows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    Rule {
        priority: u32,
    },
    /// A permission on everything.
    Permission,
}

/// Why something is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessDenied {
    /// The permission is held nowhere.
    NotHeld,
    /// It is held, and not here.
    ElsewhereOnly,
}

/// What became of a rule in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleVerdict {
    /// It decides.
    Decides,
    /// It would, if one before it did not.
    Outranked,
    /// It gives other permissions only.
    OtherPermission,
    /// It is about another container.
    OtherContainer,
    /// One of its conditions does not hold.
    ConditionFails,
}

impl AccessPolicy {
    pub fn new(permissions: &[Permission], rules: &[AccessRule]) -> Self {
        let mut policy = Self {
            everywhere: permissions.iter().fold(0, |bits, permission| bits | permission.bit()),
            ..Self::default()
        };
        let mut ordered: Vec<&AccessRule> = rules.iter().collect();
        ordered.sort_by_key(|rule| rule.priority);
        for rule in ordered {
            policy.add(rule);
        }
        policy
    }

    /// After all of lower priority.
    fn add(&mut self, rule: &AccessRule) {
        let AccessRule { priority, transform, .. } = *rule;
        let given = rule.permissions.iter().map(|&permission| Given { permission, priority, transform });
        for permission in &rule.permissions {
            self.somewhere |= permission.bit();
        }
        match &rule.scope {
            RuleScope::Container(container) => {
                self.by_container.entry(container.clone()).or_default().extend(given);
            }
            RuleScope::Conditions(conditions) => {
                self.by_conditions.push((conditions.clone().into_boxed_slice(), given.collect()));
            }
        }
    }

    /// Whether it is held at all, be it on everything or by a rule.
    pub const fn holds(&self, permission: Permission) -> bool {
        (self.everywhere | self.somewhere) & permission.bit() != 0
    }

    /// In which containers it may be allowed; what conditions give may be
    /// anywhere.
    pub(super) fn reach(&self, permission: Permission) -> TokenReach {
        let gives = |given: &[Given]| given.iter().any(|given| given.permission == permission);
        let is_conditional = self.by_conditions.iter().any(|(_, given)| gives(given));
        if is_conditional || self.everywhere & permission.bit() != 0 {
            return TokenReach::Anywhere;
        }
        let holders = self.by_container.iter().filter(|(_, given)| gives(given));
        let mut containers: Vec<Container> = holders.map(|(container, _)| container.clone()).collect();
        // In their order each comes right after what it is within.
        containers.sort();
        containers.dedup_by(|inner, outer| outer.covers(inner));
        TokenReach::Within(containers)
    }

    /// Of the rules that reach the token and give the permission the one of the
    /// lowest priority decides, and what is held on everything comes after all
    /// rules. Asked for what is not about tokens, the place does not matter, and
    /// there is nothing to show.
    pub fn decide(&self, permission: Permission, place: &TokenPlace<'_>) -> AccessDecision {
        let rule = self.in_container(permission, place.container);
        let conditional = self.by_condition(permission, place);
        let first = rule.into_iter().chain(conditional).min_by_key(|given| given.priority);
        match first {
            Some(Given { priority, transform, .. }) => {
                AccessDecision::Allowed { transform, by: GrantedBy::Rule { priority } }
            }
            None => self.decide_everywhere(permission),
        }
    }

    fn decide_everywhere(&self, permission: Permission) -> AccessDecision {
        if self.everywhere & permission.bit() != 0 {
            let transform = permission.implicit_transform().unwrap_or(Transform::Redact);
            return AccessDecision::Allowed { transform, by: GrantedBy::Permission };
        }
        let held = self.holds(permission);
        AccessDecision::Denied(if held { AccessDenied::ElsewhereOnly } else { AccessDenied::NotHeld })
    }

    /// Each container has its rules in their order, so that the first will do.
    fn in_container(&self, permission: Permission, container: &Container) -> Option<Given> {
        if self.by_container.is_empty() {
            return None;
        }
        let around = container.paths().filter_map(|path| self.by_container.get(path));
        let first = around.filter_map(|given| given.iter().find(|given| given.permission == permission));
        first.min_by_key(|given| given.priority).copied()
    }

    fn by_condition(&self, permission: Permission, place: &TokenPlace<'_>) -> Option<Given> {
        self.by_conditions.iter().find_map(|(conditions, given)| {
            let given = given.iter().find(|given| given.permission == permission)?;
            all_hold(conditions, place).then_some(*given)
        })
    }
}

impl AccessDecision {
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// How much is shown, if it is allowed.
    pub const fn transform(self) -> Option<Transform> {
        match self {
            Self::Allowed { transform, .. } => Some(transform),
            Self::Denied(_) => None,
        }
    }
}

/// The rules in their order, and what becomes of each when somebody is to do
/// this to such a token: as [`AccessPolicy::decide`] decides, told rule by rule.
pub fn explain<'a>(
    rules: &'a [AccessRule],
    permission: Permission,
    place: &TokenPlace<'_>,
) -> Vec<(&'a AccessRule, RuleVerdict)> {
    let mut ordered: Vec<&AccessRule> = rules.iter().collect();
    ordered.sort_by_key(|rule| rule.priority);
    let mut is_decided = false;
    let verdict = |rule: &'a AccessRule| {
        let verdict = match judge(rule, permission, place) {
            RuleVerdict::Decides if is_decided => RuleVerdict::Outranked,
            verdict => verdict,
        };
        is_decided |= verdict == RuleVerdict::Decides;
        (rule, verdict)
    };
    ordered.into_iter().map(verdict).collect()
}

/// The rule by itself.
fn judge(rule: &AccessRule, permission: Permission, place: &TokenPlace<'_>) -> RuleVerdict {
    if !rule.permissions.contains(&permission) {
        return RuleVerdict::OtherPermission;
    }
    match &rule.scope {
        RuleScope::Container(container) if container.covers(place.container) => RuleVerdict::Decides,
        RuleScope::Container(_) => RuleVerdict::OtherContainer,
        RuleScope::Conditions(conditions) if all_hold(conditions, place) => RuleVerdict::Decides,
        RuleScope::Conditions(_) => RuleVerdict::ConditionFails,
    }
}

fn all_hold(conditions: &[Condition], place: &TokenPlace<'_>) -> bool {
    conditions.iter().all(|condition| condition.holds(place.id, place.container))
}

#[cfg(test)]
mod tests;
