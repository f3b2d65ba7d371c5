use std::sync::Arc;

use proptest::prelude::*;

use super::super::TokenRights;
use super::super::rule::{Attribute, Operator};
use super::*;

const TOKEN: [Permission; 6] = [
    Permission::TokenCreate,
    Permission::TokenRead,
    Permission::TokenUpdate,
    Permission::TokenDelete,
    Permission::TokenSearch,
    Permission::TokenUse,
];

fn container(raw: &str) -> Container {
    Container::parse(raw).expect(raw)
}

fn rule(priority: u32, within: &str, transform: Transform, permissions: &[Permission]) -> AccessRule {
    AccessRule {
        description: String::new(),
        priority,
        scope: RuleScope::Container(container(within)),
        transform,
        permissions: permissions.to_vec(),
    }
}

/// What the holder of these rules is shown of a token when it is read there.
fn shown(rules: &[AccessRule], within: &str) -> Option<Transform> {
    let place = TokenPlace { id: None, container: &container(within) };
    AccessPolicy::new(&[], rules).decide(Permission::TokenRead, &place).transform()
}

#[test]
fn data_is_governed_container_by_container() {
    let read = [Permission::TokenRead];
    let rules = [
        rule(4, "/users/", Transform::Mask, &read),
        rule(1, "/", Transform::Mask, &[Permission::TokenCreate]),
        rule(2, "/users/government/", Transform::Redact, &read),
        rule(3, "/users/employees/", Transform::Reveal, &read),
    ];
    for (within, expected) in [
        ("/users/jedis/", Some(Transform::Mask)),
        ("/users/employees/", Some(Transform::Reveal)),
        ("/Users/Employees/Germany/", Some(Transform::Reveal)),
        ("/users/government/", Some(Transform::Redact)),
        ("/bounty-hunters/", None),
        ("/users2/", None),
        ("/", None),
    ] {
        assert_eq!(shown(&rules, within), expected, "{within}");
    }
}

#[test]
fn the_narrower_container_decides_only_if_it_comes_first() {
    let read = [Permission::TokenRead];
    let [high, low] = ["/pci/high/", "/pci/"];
    let first = [rule(1, high, Transform::Mask, &read), rule(2, low, Transform::Reveal, &read)];
    assert_eq!((shown(&first, high), shown(&first, low)), (Some(Transform::Mask), Some(Transform::Reveal)));
    let last = [rule(2, high, Transform::Mask, &read), rule(1, low, Transform::Reveal, &read)];
    assert_eq!(shown(&last, high), Some(Transform::Reveal));
}

#[test]
fn what_is_held_on_everything_comes_after_all_rules() {
    let here = container("/pci/high/");
    let place = TokenPlace { id: Some("tok"), container: &here };
    let rules = [rule(7, "/pci/", Transform::Reveal, &[Permission::TokenRead])];
    let policy = AccessPolicy::new(&[Permission::TokenRead, Permission::TokenUse], &rules);
    let by = GrantedBy::Rule { priority: 7 };
    for (permission, within, expected) in [
        (Permission::TokenRead, "/pci/", AccessDecision::Allowed { transform: Transform::Reveal, by }),
        (
            Permission::TokenRead,
            "/pii/",
            AccessDecision::Allowed { transform: Transform::Mask, by: GrantedBy::Permission },
        ),
        (
            Permission::TokenUse,
            "/pii/",
            AccessDecision::Allowed { transform: Transform::Reveal, by: GrantedBy::Permission },
        ),
        (Permission::TokenDelete, "/pci/", AccessDecision::Denied(AccessDenied::NotHeld)),
    ] {
        let place = TokenPlace { container: &container(within), ..place };
        assert_eq!(policy.decide(permission, &place), expected, "{permission:?} {within}");
    }
    let only_there = AccessPolicy::new(&[], &rules);
    let elsewhere = TokenPlace { container: &container("/pii/"), ..place };
    let denied = AccessDecision::Denied(AccessDenied::ElsewhereOnly);
    assert_eq!(only_there.decide(Permission::TokenRead, &elsewhere), denied);
    assert!(only_there.holds(Permission::TokenRead) && !only_there.holds(Permission::TokenUse));
}

#[test]
fn what_is_not_about_tokens_is_held_or_not() {
    let policy = AccessPolicy::new(&[Permission::LogRead], &[]);
    let place = TokenPlace { id: None, container: &container("/") };
    assert!(policy.decide(Permission::LogRead, &place).is_allowed());
    assert!(!policy.decide(Permission::ApplicationRead, &place).is_allowed());
}

#[test]
fn each_rule_says_what_became_of_it() {
    let rules = [
        rule(3, "/pci/", Transform::Mask, &[Permission::TokenRead]),
        rule(1, "/", Transform::Mask, &[Permission::TokenCreate]),
        rule(4, "/pii/", Transform::Mask, &[Permission::TokenRead]),
        AccessRule {
            scope: RuleScope::Conditions(vec![Condition::new(Attribute::Id, Operator::Equals, "other")]),
            ..rule(2, "/", Transform::Reveal, &[Permission::TokenRead])
        },
        rule(5, "/", Transform::Reveal, &[Permission::TokenRead]),
    ];
    let place = TokenPlace { id: Some("tok"), container: &container("/pci/high/") };
    let told = explain(&rules, Permission::TokenRead, &place);
    let told: Vec<_> = told.into_iter().map(|(rule, verdict)| (rule.priority, verdict)).collect();
    let expected = [
        (1, RuleVerdict::OtherPermission),
        (2, RuleVerdict::ConditionFails),
        (3, RuleVerdict::Decides),
        (4, RuleVerdict::OtherContainer),
        (5, RuleVerdict::Outranked),
    ];
    assert_eq!(told, expected);
}

/// Segments that look alike, in both cases.
fn any_path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["users", "Users", "users2", "user", "a", "A-", "high"]);
    prop::collection::vec(segment, 0..4)
        .prop_map(|parts| parts.iter().fold("/".to_owned(), |path, part| format!("{path}{part}/")))
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let id = prop::sample::select(vec!["", "tok", "tok_1", "tok_12", "TOK_1"]).prop_map(str::to_owned);
    // Beginnings of paths that end anywhere.
    let path = (any_path(), 0..24_usize).prop_map(|(path, end)| path.chars().take(end).collect::<String>());
    let operator = prop::sample::select(vec![Operator::Equals, Operator::StartsWith]);
    let of_id = (id, operator.clone()).prop_map(|(value, by)| Condition::new(Attribute::Id, by, &value));
    let of_path = prop_oneof![path, any_path()];
    let of_container =
        (of_path, operator).prop_map(|(value, by)| Condition::new(Attribute::Container, by, &value));
    prop_oneof![of_id, of_container]
}

fn any_rules() -> impl Strategy<Value = Vec<AccessRule>> {
    let scope = prop_oneof![
        3 => any_path().prop_map(|path| RuleScope::Container(container(&path))),
        1 => prop::collection::vec(any_condition(), 1..3).prop_map(RuleScope::Conditions),
    ];
    let permissions = prop::sample::subsequence(TOKEN.to_vec(), 1..=6);
    let transform = prop::sample::select(Transform::ALL.to_vec());
    let one = (scope, permissions, transform);
    let many = prop::collection::vec(one, 0..12);
    (many, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(many, turn, reversed)| {
        let count = many.len();
        let turn = if count == 0 { 0 } else { turn.index(count) };
        let mut rules: Vec<AccessRule> = (1..)
            .zip(many)
            .map(|(priority, (scope, permissions, transform))| AccessRule {
                description: String::new(),
                priority,
                scope,
                transform,
                permissions,
            })
            .collect();
        // In whichever order they come, their priorities decide.
        rules.rotate_left(turn);
        if reversed {
            rules.reverse();
        }
        rules
    })
}

/// By the letter: the segments of one path begin the other's.
fn naively_covers(outer: &Container, inner: &Container) -> bool {
    let segments = |path: &Container| {
        path.as_str().to_lowercase().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (outer, inner): (Vec<String>, Vec<String>) = (segments(outer), segments(inner));
    outer.len() <= inner.len() && outer.iter().zip(&inner).all(|(one, other)| one == other)
}

fn naively_holds(condition: &Condition, place: &TokenPlace<'_>) -> bool {
    let (found, value) = match condition.attribute {
        Attribute::Id => match place.id {
            Some(id) => (id.to_owned(), condition.value().to_owned()),
            None => return false,
        },
        Attribute::Container => (place.container.as_str().to_lowercase(), condition.value().to_lowercase()),
    };
    match condition.operator {
        Operator::Equals => found == value,
        Operator::StartsWith => found.get(..value.len()).is_some_and(|start| start == value),
    }
}

/// One rule after the other, by the words of the documentation.
fn naively(
    permissions: &[Permission],
    rules: &[AccessRule],
    permission: Permission,
    place: &TokenPlace<'_>,
) -> AccessDecision {
    for priority in 1..=u32::try_from(rules.len()).expect("are few") {
        let rule = rules.iter().find(|rule| rule.priority == priority).expect("has a rule");
        let reaches = match &rule.scope {
            RuleScope::Container(container) => naively_covers(container, place.container),
            RuleScope::Conditions(all) => !all.iter().any(|condition| !naively_holds(condition, place)),
        };
        if reaches && rule.permissions.contains(&permission) {
            return AccessDecision::Allowed { transform: rule.transform, by: GrantedBy::Rule { priority } };
        }
    }
    if permissions.contains(&permission) {
        let transform = match permission {
            Permission::TokenUse => Transform::Reveal,
            Permission::TokenDelete => Transform::Redact,
            _ => Transform::Mask,
        };
        return AccessDecision::Allowed { transform, by: GrantedBy::Permission };
    }
    let elsewhere = rules.iter().any(|rule| rule.permissions.contains(&permission));
    AccessDecision::Denied(if elsewhere { AccessDenied::ElsewhereOnly } else { AccessDenied::NotHeld })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_decision_is_what_one_rule_after_the_other_says(
        rules in any_rules(),
        permissions in prop::sample::subsequence(TOKEN.to_vec(), 0..=3),
        permission in prop::sample::select(TOKEN.to_vec()),
        path in any_path(),
        id in prop::option::of(prop::sample::select(vec!["tok", "tok_1", "tok_123", "Tok_1"])),
    ) {
        let place = TokenPlace { id, container: &container(&path) };
        let decision = AccessPolicy::new(&permissions, &rules).decide(permission, &place);
        prop_assert_eq!(decision, naively(&permissions, &rules, permission, &place));
        let told = explain(&rules, permission, &place);
        let decides = told.iter().find(|(_, verdict)| *verdict == RuleVerdict::Decides);
        let by = decides.map(|(rule, _)| GrantedBy::Rule { priority: rule.priority });
        let by_rule = match decision {
            AccessDecision::Allowed { by: by @ GrantedBy::Rule { .. }, .. } => Some(by),
            _ => None,
        };
        prop_assert_eq!(by, by_rule);
    }
}

/// Permissions and rules of one holder.
type Held = (Vec<Permission>, Vec<AccessRule>);

fn any_holder() -> impl Strategy<Value = Held> {
    (prop::sample::subsequence(TOKEN.to_vec(), 0..=3), any_rules())
}

fn policy((permissions, rules): &Held) -> Arc<AccessPolicy> {
    Arc::new(AccessPolicy::new(permissions, rules))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_session_is_granted_what_both_say_and_shown_what_its_own_rules_say(
        granted in any_holder(),
        ceiling in any_holder(),
        permission in prop::sample::select(TOKEN.to_vec()),
        path in any_path(),
        id in prop::option::of(prop::sample::select(vec!["tok", "tok_1", "tok_123", "Tok_1"])),
    ) {
        let place = TokenPlace { id, container: &container(&path) };
        let says = |(permissions, rules): &Held| naively(permissions, rules, permission, &place);
        let expected = match (says(&granted), says(&ceiling)) {
            (own, AccessDecision::Allowed { .. }) => own,
            (_, denied @ AccessDecision::Denied(_)) => denied,
        };
        let rights = TokenRights::Session { granted: policy(&granted), ceiling: policy(&ceiling) };
        let decision = rights.decide(permission, &place);
        prop_assert_eq!(decision, expected);
        prop_assert!(!decision.is_allowed() || rights.holds(permission));
        let alone = TokenRights::Policy(policy(&granted));
        prop_assert_eq!(alone.decide(permission, &place), says(&granted));
        // A ceiling only takes away, and shows no more.
        prop_assert!(!decision.is_allowed() || decision == alone.decide(permission, &place));
    }
}
