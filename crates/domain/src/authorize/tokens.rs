//! Letting others do something with the tokens of a vault.

use super::{Action, Caller, Decision, Resource, may};
use crate::access::{AccessRule, Permission, Transform};

/// What an application would do in its owner's vault by these permissions and
/// rules, and `caller` may not: nobody lets it do more than they may themselves.
pub fn beyond_own_reach(
    caller: &Caller,
    (permissions, rules): (&[Permission], &[AccessRule]),
    resource: &Resource,
) -> Option<Action> {
    let by_rules = rules.iter().flat_map(|rule| rule.permissions.iter().map(|one| (*one, rule.transform)));
    let held = permissions.iter().filter_map(|one| Some((*one, one.implicit_transform()?)));
    let given: Vec<_> = held.chain(by_rules).collect();
    let amounts_to = |action| given.iter().any(|(permission, shown)| opens(*permission, *shown, action));
    [Action::WriteVault, Action::ReadVault, Action::RevealVault]
        .into_iter()
        .find(|action| amounts_to(*action) && may(caller, *action, resource) != Decision::Allowed)
}

/// Whether `permission`, by which so much of a token is shown, opens to keys
/// what `action` opens to those who come by scopes.
const fn opens(permission: Permission, shown: Transform, action: Action) -> bool {
    match action {
        Action::WriteVault => {
            matches!(permission, Permission::TokenCreate | Permission::TokenUpdate | Permission::TokenDelete)
        }
        Action::ReadVault => {
            // Whoever changes a token is shown what others put into it.
            let shows_others = matches!(permission, Permission::TokenUpdate);
            matches!(permission, Permission::TokenRead | Permission::TokenSearch)
                || (shows_others && !matches!(shown, Transform::Redact))
        }
        Action::RevealVault => {
            matches!(permission, Permission::TokenUse) || matches!(shown, Transform::Reveal)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use appkeep_oauth::ScopeSet;

    use super::*;
    use crate::access::{Container, RuleScope};
    use crate::{ApplicationId, Level, OperatorId, Owner, Role, RoleGrant, TenantId};

    const TENANT: TenantId = TenantId::from_bytes([7; 16]);
    const LEVEL: Level = Level::Tenant { id: TENANT, partner: None };

    fn beyond(caller: &Caller, (permissions, transform): (&[Permission], Transform)) -> [Option<Action>; 2] {
        let resource = Resource::of_owner(Owner::Tenant(TENANT), None);
        let rule = AccessRule {
            description: String::new(),
            priority: 1,
            scope: RuleScope::Container(Container::root()),
            transform,
            permissions: permissions.to_vec(),
        };
        let held = beyond_own_reach(caller, (permissions, &[]), &resource);
        [held, beyond_own_reach(caller, (&[], &[rule]), &resource)]
    }

    #[test]
    fn whoever_lets_others_do_something_with_tokens_may_do_it_themselves() {
        use Action::{ReadVault, RevealVault, WriteVault};
        use Permission::{LogRead, TokenCreate, TokenDelete, TokenRead, TokenSearch, TokenUpdate, TokenUse};
        use Transform::{Mask, Redact, Reveal};
        let program = |scopes| {
            let scopes = ScopeSet::parse(scopes).expect("is a scope");
            Caller::Application { id: ApplicationId::from_bytes([2; 16]), level: LEVEL, scopes }
        };
        let (none, reads) = (program("applications:write"), program("vault:read"));
        let (writes, reveals) = (program("vault:write"), program("vault:reveal"));
        for (caller, permission, transform, held, ruled) in [
            (&none, TokenRead, Redact, Some(ReadVault), Some(ReadVault)),
            (&none, TokenDelete, Redact, Some(WriteVault), Some(WriteVault)),
            (&none, LogRead, Redact, None, None),
            (&reads, TokenRead, Mask, None, None),
            (&reads, TokenSearch, Mask, None, None),
            (&reads, TokenRead, Reveal, None, Some(RevealVault)),
            (&reads, TokenUse, Redact, Some(RevealVault), Some(RevealVault)),
            (&reads, TokenCreate, Mask, Some(WriteVault), Some(WriteVault)),
            (&writes, TokenCreate, Mask, None, None),
            (&writes, TokenDelete, Mask, None, None),
            (&writes, TokenUpdate, Redact, Some(ReadVault), None),
            (&writes, TokenUpdate, Mask, Some(ReadVault), Some(ReadVault)),
            (&writes, TokenCreate, Reveal, None, Some(RevealVault)),
            (&reveals, TokenUse, Reveal, None, None),
            (&reveals, TokenRead, Reveal, Some(ReadVault), Some(ReadVault)),
        ] {
            let told = beyond(caller, (&[permission], transform));
            assert_eq!(told, [held, ruled], "{caller:?} {permission:?} {transform:?}");
        }
        for (role, expected) in [
            (Role::Owner, [None, None]),
            (Role::Admin, [None, None]),
            (Role::Operator, [None, Some(RevealVault)]),
            (Role::Member, [None, Some(RevealVault)]),
            (Role::Viewer, [None, Some(RevealVault)]),
        ] {
            let scopes = ScopeSet::parse("admin:write").expect("is a scope");
            let roles = vec![RoleGrant { role, at: LEVEL }];
            let caller = Caller::Operator { id: OperatorId::from_bytes([1; 16]), roles, scopes };
            assert_eq!(beyond(&caller, (&[TokenRead], Reveal)), expected, "{role:?}");
        }
    }
}
