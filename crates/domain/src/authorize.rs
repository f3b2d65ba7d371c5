//! Who may do what to it: the one place where that is decided.

use appkeep_oauth::ScopeSet;

use crate::{ApplicationId, OperatorId, Owner, PartnerId, TenantId};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An application with an access token: its tenant's affairs, as far as its
    /// scopes go.
    Application { id: ApplicationId, tenant: TenantId, scopes: ScopeSet },
    /// A person who runs the platform, a partner or a tenant.
    Operator { id: OperatorId, roles: Vec<RoleGrant> },
    /// The product itself: a sweep, or a command on the machine.
    System,
}

/// A role, and where it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleGrant {
    pub role: Role,
    pub at: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Owner,
    Admin,
    /// Reads, and rotates client secrets.
    Operator,
    /// Creates applications and changes its own; reads the rest.
    Member,
    Viewer,
}

/// Where a role is held. A tenant's says whose tenant it is, because that
/// decides what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Platform,
    Partner(PartnerId),
    Tenant { id: TenantId, partner: Option<PartnerId> },
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    ReadApplication,
    CreateApplication,
    UpdateApplication,
    RotateSecret,
    DisableApplication,
    EnableApplication,
    ArchiveApplication,
    RestoreApplication,
    DeleteApplication,
    RevokeTokens,
    ReadAudit,
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    pub owner: Owner,
    /// Whose tenant the owner is, when it is a tenant of a partner.
    pub partner: Option<PartnerId>,
    /// The operator to whom an application belongs personally.
    pub owner_operator: Option<OperatorId>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// The caller may see it, and not do this to it.
    Forbidden,
    /// For this caller it does not exist.
    Hidden,
}

impl Action {
    pub const ALL: [Self; 11] = [
        Self::ReadApplication,
        Self::CreateApplication,
        Self::UpdateApplication,
        Self::RotateSecret,
        Self::DisableApplication,
        Self::EnableApplication,
        Self::ArchiveApplication,
        Self::RestoreApplication,
        Self::DeleteApplication,
        Self::RevokeTokens,
        Self::ReadAudit,
    ];

    /// The scope that an application needs for it.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::ReadApplication => "applications:read",
            Self::ReadAudit => "audit:read",
            _ => "applications:write",
        }
    }
}

/// Whether `caller` may do `action` to `resource`.
pub fn may(caller: &Caller, action: Action, resource: &Resource) -> Decision {
    match caller {
        Caller::System => Decision::Allowed,
        Caller::Application { tenant, scopes, .. } => application_may(*tenant, scopes, action, resource),
        Caller::Operator { id, roles } => {
            let each = roles.iter().map(|grant| operator_may(*id, *grant, action, resource));
            each.min_by_key(|decision| *decision as u8).unwrap_or(Decision::Hidden)
        }
    }
}

fn application_may(tenant: TenantId, scopes: &ScopeSet, action: Action, resource: &Resource) -> Decision {
    if resource.owner != Owner::Tenant(tenant) {
        return Decision::Hidden;
    }
    if scopes.contains(action.scope()) { Decision::Allowed } else { Decision::Forbidden }
}

fn operator_may(id: OperatorId, grant: RoleGrant, action: Action, resource: &Resource) -> Decision {
    if !sees(grant.at, resource) {
        return Decision::Hidden;
    }
    let changes = !matches!(action, Action::ReadApplication | Action::ReadAudit);
    if changes && !governs(grant.at, resource) {
        return Decision::Forbidden;
    }
    if role_allows(grant.role, action, resource.owner_operator == Some(id)) {
        Decision::Allowed
    } else {
        Decision::Forbidden
    }
}

/// What is above a level is seen from it, and what is below.
fn sees(level: Level, resource: &Resource) -> bool {
    governs(level, resource)
        || match (level, resource.owner) {
            (_, Owner::Global) => true,
            (Level::Tenant { partner, .. }, Owner::Partner(owner)) => partner == Some(owner),
            _ => false,
        }
}

/// What is at a level or below it is governed from there: seeing a GLOBAL or
/// PARTNER application from below never means changing it.
fn governs(level: Level, resource: &Resource) -> bool {
    match (level, resource.owner) {
        (Level::Platform, _) => true,
        (Level::Partner(id), Owner::Partner(owner)) => id == owner,
        (Level::Partner(id), Owner::Tenant(_)) => resource.partner == Some(id),
        (Level::Tenant { id, .. }, Owner::Tenant(owner)) => id == owner,
        _ => false,
    }
}

fn role_allows(role: Role, action: Action, own: bool) -> bool {
    match role {
        Role::Owner | Role::Admin => true,
        Role::Operator => {
            matches!(action, Action::ReadApplication | Action::ReadAudit | Action::RotateSecret)
        }
        Role::Member => own || matches!(action, Action::ReadApplication | Action::CreateApplication),
        Role::Viewer => matches!(action, Action::ReadApplication | Action::ReadAudit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: TenantId = TenantId::from_bytes([1; 16]);
    const THEIRS: TenantId = TenantId::from_bytes([2; 16]);
    const PARTNER: PartnerId = PartnerId::from_bytes([3; 16]);
    const ME: OperatorId = OperatorId::from_bytes([4; 16]);

    fn resource(owner: Owner) -> Resource {
        let partner = matches!(owner, Owner::Tenant(id) if id == OURS).then_some(PARTNER);
        Resource { owner, partner, owner_operator: None }
    }

    fn operator(role: Role, at: Level) -> Caller {
        Caller::Operator { id: ME, roles: vec![RoleGrant { role, at }] }
    }

    /// A letter an action, in the order of `Action::ALL`: Allowed, Forbidden, Hidden.
    fn row(caller: &Caller, resource: &Resource) -> String {
        let letter = |action| match may(caller, action, resource) {
            Decision::Allowed => 'A',
            Decision::Forbidden => 'f',
            Decision::Hidden => '-',
        };
        Action::ALL.into_iter().map(letter).collect()
    }

    #[test]
    fn the_whole_table_of_roles_and_levels() {
        let tenant = Level::Tenant { id: OURS, partner: Some(PARTNER) };
        let [all, creates, seen, none] = ["AAAAAAAAAAA", "AAfffffffff", "AfffffffffA", "-----------"];
        for (role, own_level) in [
            (Role::Owner, all),
            (Role::Admin, all),
            (Role::Operator, "AffAffffffA"),
            (Role::Member, creates),
            (Role::Viewer, seen),
        ] {
            // Reading is all that anybody may do to what is above.
            let above = if role == Role::Member { "Affffffffff" } else { seen };
            for (at, global, partner, ours, theirs) in [
                (Level::Platform, own_level, own_level, own_level, own_level),
                (Level::Partner(PARTNER), above, own_level, own_level, none),
                (tenant, above, above, own_level, none),
            ] {
                let caller = operator(role, at);
                for (owner, expected) in [
                    (Owner::Global, global),
                    (Owner::Partner(PARTNER), partner),
                    (Owner::Tenant(OURS), ours),
                    (Owner::Tenant(THEIRS), theirs),
                ] {
                    assert_eq!(row(&caller, &resource(owner)), expected, "{role:?} {at:?} {owner:?}");
                }
            }
        }
    }

    #[test]
    fn a_member_governs_its_own_application_only() {
        let member = operator(Role::Member, Level::Tenant { id: OURS, partner: None });
        let own = Resource { owner_operator: Some(ME), ..resource(Owner::Tenant(OURS)) };
        assert_eq!(row(&member, &own), "AAAAAAAAAAA");
    }

    #[test]
    fn an_application_does_what_its_scopes_say_in_its_tenant() {
        for (scopes, ours) in [
            ("applications:read", "Affffffffff"),
            ("applications:write", "fAAAAAAAAAf"),
            ("audit:read", "ffffffffffA"),
            ("openid", "fffffffffff"),
        ] {
            let scopes = ScopeSet::parse(scopes).expect("are scopes");
            let caller = Caller::Application { id: ApplicationId::from_bytes([9; 16]), tenant: OURS, scopes };
            assert_eq!(row(&caller, &resource(Owner::Tenant(OURS))), ours);
            assert_eq!(row(&caller, &resource(Owner::Tenant(THEIRS))), "-----------");
            assert_eq!(row(&caller, &resource(Owner::Global)), "-----------");
        }
    }

    #[test]
    fn the_best_of_several_roles_counts_and_no_role_sees_nothing() {
        let two = Caller::Operator {
            id: ME,
            roles: vec![
                RoleGrant { role: Role::Viewer, at: Level::Platform },
                RoleGrant { role: Role::Admin, at: Level::Tenant { id: OURS, partner: None } },
            ],
        };
        assert_eq!(row(&two, &resource(Owner::Tenant(OURS))), "AAAAAAAAAAA");
        assert_eq!(row(&two, &resource(Owner::Tenant(THEIRS))), "AfffffffffA");
        let nobody = Caller::Operator { id: ME, roles: Vec::new() };
        assert_eq!(row(&nobody, &resource(Owner::Global)), "-----------");
        assert_eq!(row(&Caller::System, &resource(Owner::Global)), "AAAAAAAAAAA");
    }
}
