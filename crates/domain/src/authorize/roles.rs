//! Roles by their words, and who gives and takes them.

use super::{Action, Caller, Decision, Resource, Role, RoleGrant, governs, may};
use crate::ManagementScopes;

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of owner, admin, operator, member, viewer")]
pub struct UnknownRole;

impl Role {
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Operator, Self::Member, Self::Viewer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == raw).ok_or(UnknownRole)
    }
}

/// Whether `caller` may give this role to somebody at `place`, and take it away:
/// only owners make owners. Whoever is given a role signs in with every scope,
/// so that an application gives none unless it holds them all.
pub fn may_give(caller: &Caller, role: Role, place: &Resource) -> Decision {
    let decided = may(caller, Action::ManageOperators, place);
    let holds_it = match caller {
        Caller::System => true,
        Caller::Application { scopes, .. } => {
            role != Role::Owner && ManagementScopes::of(scopes) == ManagementScopes::ALL
        }
        Caller::Operator { roles, .. } => is_for(role, roles, place),
        // It gets the secret of whatever has the role, and that opens everything.
        Caller::ServiceAccount { roles, scopes, .. } => {
            is_for(role, roles, place) && ManagementScopes::of(scopes) == ManagementScopes::ALL
        }
    };
    if decided == Decision::Allowed && !holds_it { Decision::Forbidden } else { decided }
}

fn is_for(role: Role, roles: &[RoleGrant], place: &Resource) -> bool {
    let is_owner = |grant: &RoleGrant| grant.role == Role::Owner && governs(grant.at, place);
    role != Role::Owner || roles.iter().any(is_owner)
}

/// Whether `caller` runs `place`, rather than what it made there itself. An
/// application is what its scopes are.
pub fn administers(caller: &Caller, place: &Resource) -> bool {
    match caller {
        Caller::System | Caller::Application { .. } => true,
        Caller::Operator { roles, .. } | Caller::ServiceAccount { roles, .. } => {
            let runs = |grant: &RoleGrant| matches!(grant.role, Role::Owner | Role::Admin);
            roles.iter().any(|grant| runs(grant) && governs(grant.at, place))
        }
    }
}

/// How much these roles give over a thing, of which nothing is the least. The
/// best of them counts, wherever above the thing it is held.
pub(crate) fn rank_over(resource: &Resource, roles: &[RoleGrant]) -> usize {
    let held = roles.iter().filter(|grant| governs(grant.at, resource));
    let rank = |grant: &RoleGrant| Role::ALL.iter().rev().position(|role| *role == grant.role);
    held.filter_map(rank).max().map_or(0, |rank| rank + 1)
}

pub(super) fn role_allows(role: Role, action: Action, own: bool) -> bool {
    match role {
        Role::Owner | Role::Admin => true,
        _ if action.is_of_operators() || action.is_for_admins_in_person() => false,
        Role::Operator => action.is_reading() || action == Action::RotateSecret,
        Role::Member => member_may(action, own),
        Role::Viewer => action.is_reading(),
    }
}

/// What a member made itself is its own; the rest of the tenant it reads. The
/// people of the tenant it manages, and who may use an application of its own.
fn member_may(action: Action, own: bool) -> bool {
    match action {
        Action::ReadApplication
        | Action::CreateApplication
        | Action::ReadScopes
        | Action::ReadTenant
        | Action::ReadPartner
        | Action::ReadUsers
        | Action::ManageUsers
        | Action::ReadGroups
        | Action::ManageGroups
        | Action::ReadAssignments
        | Action::ReadEffectiveUsers
        | Action::ReadSessions
        | Action::EndSessions
        | Action::ReadImpersonations
        | Action::VerifyKeys
        | Action::ReadVault
        | Action::ReadIntegrations => true,
        Action::ChangeScopes
        | Action::UpdateTenant
        | Action::ManageTenants
        | Action::ManagePartners
        | Action::WriteVault
        | Action::RevealVault
        | Action::ManageIntegrations
        // Somebody who runs the place may have put it away.
        | Action::EnableApplication
        | Action::RestoreApplication => false,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use appkeep_oauth::ScopeSet;

    use super::*;
    use crate::authorize::oversees;
    use crate::{ApplicationId, Level, OperatorId, Owner, PartnerId, TenantId};

    const PARTNER: PartnerId = PartnerId::from_bytes([5; 16]);
    const TENANT: TenantId = TenantId::from_bytes([7; 16]);

    fn operator(role: Role, at: Level) -> Caller {
        let scopes = ScopeSet::parse("operators:write").expect("is a scope");
        Caller::Operator { id: OperatorId::from_bytes([1; 16]), roles: vec![RoleGrant { role, at }], scopes }
    }

    #[test]
    fn every_role_is_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
        }
        assert_eq!(Role::parse("Owner"), Err(UnknownRole));
    }

    #[test]
    fn owners_and_admins_run_a_place_and_what_is_below_it() {
        let tenants = Level::Tenant { id: TENANT, partner: Some(PARTNER) };
        let elsewhere = Level::Tenant { id: TenantId::from_bytes([8; 16]), partner: Some(PARTNER) };
        let tenant = Resource::of_owner(Owner::Tenant(TENANT), Some(PARTNER));
        for (caller, runs) in [
            (Caller::System, true),
            (operator(Role::Owner, Level::Platform), true),
            (operator(Role::Admin, Level::Partner(PARTNER)), true),
            (operator(Role::Admin, tenants), true),
            (operator(Role::Owner, elsewhere), false),
            (operator(Role::Operator, tenants), false),
            (operator(Role::Member, tenants), false),
            (operator(Role::Viewer, Level::Platform), false),
        ] {
            assert_eq!(administers(&caller, &tenant), runs, "{caller:?}");
        }
    }

    #[test]
    fn owners_and_admins_give_roles_below_them_and_only_owners_make_owners() {
        use Decision::{Allowed, Forbidden, Hidden};
        let tenants = Level::Tenant { id: TENANT, partner: Some(PARTNER) };
        let elsewhere = Level::Tenant { id: TenantId::from_bytes([8; 16]), partner: Some(PARTNER) };
        let program = |scopes| {
            let scopes = ScopeSet::parse(scopes).expect("is a scope");
            Caller::Application { id: ApplicationId::from_bytes([2; 16]), level: tenants, scopes }
        };
        let [platform, partner, tenant] = [
            Resource::of_owner(Owner::Global, None),
            Resource::of_owner(Owner::Partner(PARTNER), None),
            Resource::of_owner(Owner::Tenant(TENANT), Some(PARTNER)),
        ];
        for (caller, place, admin, owner) in [
            (Caller::System, platform, Allowed, Allowed),
            (operator(Role::Owner, Level::Platform), platform, Allowed, Allowed),
            (operator(Role::Admin, Level::Platform), platform, Allowed, Forbidden),
            (operator(Role::Owner, Level::Platform), tenant, Allowed, Allowed),
            (operator(Role::Admin, Level::Partner(PARTNER)), tenant, Allowed, Forbidden),
            (operator(Role::Owner, Level::Partner(PARTNER)), partner, Allowed, Allowed),
            (operator(Role::Owner, Level::Partner(PARTNER)), platform, Hidden, Hidden),
            (operator(Role::Owner, tenants), tenant, Allowed, Allowed),
            (operator(Role::Owner, tenants), partner, Hidden, Hidden),
            (operator(Role::Owner, elsewhere), tenant, Hidden, Hidden),
            (operator(Role::Viewer, tenants), tenant, Forbidden, Forbidden),
            (program("admin:write"), tenant, Allowed, Forbidden),
            (program("operators:write users:write"), tenant, Forbidden, Forbidden),
        ] {
            let decided = [Role::Admin, Role::Owner].map(|role| may_give(&caller, role, &place));
            assert_eq!(decided, [admin, owner], "{caller:?} {place:?}");
            assert_eq!(oversees(&caller, &place), admin != Hidden, "{caller:?} {place:?}");
        }
    }
}
