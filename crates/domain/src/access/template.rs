//! Access as it is often wanted, to begin with.

use super::{AccessKind, AccessRule, Container, Permission, RuleScope, Transform};

/// Permissions or rules under a name, for whoever sets up an application. They
/// are copied: what is made from a template has nothing to do with it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTemplate {
    /// A UUID that stays the same.
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub kind: AccessKind,
    /// Whether it is what somebody new begins with.
    pub is_starter: bool,
    pub permissions: Vec<Permission>,
    pub rules: Vec<AccessRule>,
}

impl AccessTemplate {
    /// Those that there are, in the order in which they are shown.
    pub fn all() -> Vec<Self> {
        vec![
            Self {
                id: "931b306f-6be7-405d-9a8d-1442a99dd2d7",
                name: "Full Management Access",
                description: "Everything that can be done to the tenant and its applications",
                kind: AccessKind::Management,
                is_starter: true,
                permissions: held_by(AccessKind::Management),
                rules: Vec::new(),
            },
            Self {
                id: "2f6a5e0c-4f51-4d5c-9d2e-6f3f6b7f6a01",
                name: "Full Access",
                description: "Everything that can be done to tokens; of their data masks are shown",
                kind: AccessKind::Private,
                is_starter: false,
                permissions: held_by(AccessKind::Private),
                rules: Vec::new(),
            },
            within(
                ("8c7d2f0e-0b1d-4a57-8f0b-1f3a0c9d5b02", "Payments", "/pci/", "cards"),
                AccessKind::Private,
            ),
            within(
                ("c1b9a6de-7c3e-4f86-9a41-0d5e2b8c7a03", "Banking", "/bank/", "accounts"),
                AccessKind::Private,
            ),
            within(
                ("5ad0c3b7-92e4-4b1f-8e6d-3c7f1a2b9d04", "PII Data", "/pii/", "data about people"),
                AccessKind::Private,
            ),
            Self {
                is_starter: true,
                ..within(
                    (
                        "e07b4d19-6a8f-4c23-b5d1-7e9f0c1a2b05",
                        "Collect Data",
                        "/",
                        "anything, without reading it",
                    ),
                    AccessKind::Public,
                )
            },
        ]
    }
}

/// For one container and what is within it.
fn within(
    (id, name, container, what): (&'static str, &'static str, &str, &str),
    kind: AccessKind,
) -> AccessTemplate {
    let rule = AccessRule {
        description: format!("For {what}"),
        priority: 1,
        scope: RuleScope::Container(Container::parse(container).expect("is written below as one")),
        transform: Transform::Mask,
        permissions: held_by(kind).into_iter().filter(|permission| permission.is_of_tokens()).collect(),
    };
    AccessTemplate {
        id,
        name,
        description: "Everything that can be done to tokens in one container; of their data masks are shown",
        kind,
        is_starter: false,
        permissions: Vec::new(),
        rules: vec![rule],
    }
}

fn held_by(kind: AccessKind) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| permission.may_be_held_by(kind)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_template_is_what_an_application_could_have() {
        let templates = AccessTemplate::all();
        let ids: BTreeSet<_> = templates.iter().map(|template| template.id).collect();
        assert_eq!(ids.len(), templates.len());
        for AccessTemplate { name, kind, permissions, rules, .. } in templates {
            assert!(permissions.is_empty() != rules.is_empty(), "{name}");
            let ruled = rules.iter().flat_map(|rule| rule.permissions.iter());
            for permission in permissions.iter().chain(ruled) {
                assert!(permission.may_be_held_by(kind), "{name}: {permission:?}");
            }
            assert!(rules.iter().all(|rule| !rule.permissions.is_empty()), "{name}");
            assert!(rules.is_empty() || kind != AccessKind::Management, "{name}");
        }
    }
}
