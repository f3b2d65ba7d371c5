//! Who may do what to it: the one place where that is decided.

mod caller;
mod reach;
mod roles;
mod service_account;
mod tokens;

use appkeep_oauth::ScopeSet;

pub use self::caller::{Caller, Level, Maker, Role, RoleGrant};
use self::reach::governs;
pub(crate) use self::reach::sees;
pub(crate) use self::roles::rank_over;
use self::roles::role_allows;
pub use self::roles::{UnknownRole, administers, may_give};
pub use self::service_account::{ServiceAccount, ServiceSecret};
pub use self::tokens::beyond_own_reach;
use crate::scope_registry::opens;
use crate::{Application, ApplicationId, ManagementScopes, Owner, PartnerId, is_management};

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
    ReadScopes,
    ChangeScopes,
    ReadTenant,
    /// What a tenant decides about itself.
    UpdateTenant,
    /// Makes, suspends, archives, renames and transfers them: the platform's.
    ManageTenants,
    ReadPartner,
    ManagePartners,
    ReadOperators,
    ManageOperators,
    ReadUsers,
    ManageUsers,
    ReadGroups,
    ManageGroups,
    /// Who may use an application, and by which group.
    ReadAssignments,
    ManageAssignments,
    /// Who may use an application after all. Whoever sees the application may
    /// ask, and is told of the people that it may know, each tenant's being a
    /// resource of their own; an application may ask of itself.
    ReadEffectiveUsers,
    /// Who is signed in to an application, and since when.
    ReadSessions,
    EndSessions,
    /// Acts as one of an application's people, which somebody does who can be
    /// asked why: no application.
    Impersonate,
    /// Who acted as whom, when and why.
    ReadImpersonations,
    /// Tells whoever was shown an API key of the application what it is worth.
    VerifyKeys,
    /// Sees of the vault what masks leave of it.
    ReadVault,
    /// Makes, changes and deletes what is in the vault.
    WriteVault,
    /// Sees it plain.
    RevealVault,
    /// What a tenant lets its applications reach.
    ReadIntegrations,
    ManageIntegrations,
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    pub owner: Owner,
    /// Whose tenant the owner is, when it is a tenant of a partner.
    pub partner: Option<PartnerId>,
    /// Whose own an application is, because they made it.
    pub maker: Option<Maker>,
    /// What of our own management API an application can open.
    pub opens: ManagementScopes,
    /// The application itself, where it is one.
    pub application: Option<ApplicationId>,
    /// Whether operators sign in to it. Whoever could change where it sends
    /// them would be handed what they get, and its people are not its owner's.
    pub for_operators: bool,
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
    pub const ALL: [Self; 37] = [
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
        Self::ReadScopes,
        Self::ChangeScopes,
        Self::ReadTenant,
        Self::UpdateTenant,
        Self::ManageTenants,
        Self::ReadPartner,
        Self::ManagePartners,
        Self::ReadOperators,
        Self::ManageOperators,
        Self::ReadUsers,
        Self::ManageUsers,
        Self::ReadGroups,
        Self::ManageGroups,
        Self::ReadAssignments,
        Self::ManageAssignments,
        Self::ReadEffectiveUsers,
        Self::ReadSessions,
        Self::EndSessions,
        Self::Impersonate,
        Self::ReadImpersonations,
        Self::VerifyKeys,
        Self::ReadVault,
        Self::WriteVault,
        Self::RevealVault,
        Self::ReadIntegrations,
        Self::ManageIntegrations,
    ];

    /// The scope that an application needs for it. Assignments go with users and
    /// not with applications: they name people and decide about them, and what
    /// registers applications has no need to know anybody.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::ReadApplication => "applications:read",
            Self::ReadAudit => "audit:read",
            Self::ReadScopes => "scopes:read",
            Self::ChangeScopes => "scopes:write",
            Self::ReadTenant => "tenant:read",
            Self::UpdateTenant => "tenant:write",
            Self::ManageTenants => "tenants:write",
            Self::ReadPartner => "partners:read",
            Self::ManagePartners => "partners:write",
            Self::ReadOperators => "operators:read",
            Self::ManageOperators => "operators:write",
            Self::ReadUsers
            | Self::ReadAssignments
            | Self::ReadEffectiveUsers
            | Self::ReadSessions
            | Self::ReadImpersonations => "users:read",
            Self::ManageUsers | Self::ManageAssignments | Self::EndSessions | Self::Impersonate => {
                "users:write"
            }
            Self::VerifyKeys => "keys:verify",
            Self::ReadVault => "vault:read",
            Self::WriteVault => "vault:write",
            Self::RevealVault => "vault:reveal",
            Self::ReadIntegrations => "integrations:read",
            Self::ManageIntegrations => "integrations:write",
            Self::ReadGroups => "groups:read",
            Self::ManageGroups => "groups:write",
            Self::CreateApplication
            | Self::UpdateApplication
            | Self::RotateSecret
            | Self::DisableApplication
            | Self::EnableApplication
            | Self::ArchiveApplication
            | Self::RestoreApplication
            | Self::DeleteApplication
            | Self::RevokeTokens => "applications:write",
        }
    }

    /// Whether somebody who was granted these has the scope for it.
    pub fn is_opened_by(self, scopes: &ScopeSet) -> bool {
        opens(scopes, self.scope())
    }

    /// Whether it changes nothing.
    pub const fn is_reading(self) -> bool {
        matches!(
            self,
            Self::ReadApplication
                | Self::ReadAudit
                | Self::ReadScopes
                | Self::ReadTenant
                | Self::ReadPartner
                | Self::ReadOperators
                | Self::ReadUsers
                | Self::ReadGroups
                | Self::ReadAssignments
                | Self::ReadEffectiveUsers
                | Self::ReadSessions
                | Self::ReadImpersonations
                | Self::VerifyKeys
                | Self::ReadVault
                | Self::ReadIntegrations
        )
    }

    /// Whether it is about people, of whom nothing is seen from below.
    const fn is_of_people(self) -> bool {
        matches!(
            self,
            Self::ReadOperators
                | Self::ManageOperators
                | Self::ReadUsers
                | Self::ManageUsers
                | Self::ReadGroups
                | Self::ManageGroups
                | Self::ReadAssignments
                | Self::ManageAssignments
                | Self::ReadSessions
                | Self::EndSessions
                | Self::Impersonate
                | Self::ReadImpersonations
        )
    }

    /// Whether those who see a thing from below its owner still may not know it:
    /// who did what in the platform's or a partner's name,
    /// and what is in a vault.
    const fn is_of_governors(self) -> bool {
        matches!(self, Self::ReadAudit | Self::ReadVault)
    }

    /// Whether it is done at the platform only, whatever is governed below.
    const fn is_of_the_platform(self) -> bool {
        matches!(self, Self::ManageTenants | Self::ManagePartners)
    }

    /// Whether it is about those who administer. Who they are is for owners and
    /// admins to know: it is a list of whom to deceive.
    const fn is_of_operators(self) -> bool {
        matches!(self, Self::ReadOperators | Self::ManageOperators)
    }

    /// Whether somebody does it who answers for it: an owner or an admin, and no
    /// application.
    const fn is_for_admins_in_person(self) -> bool {
        matches!(self, Self::Impersonate)
    }

    /// Whether an application may do it to itself, whatever its scopes.
    const fn is_ones_own(self) -> bool {
        matches!(self, Self::ReadEffectiveUsers)
    }

    /// Whether it would undo what somebody else decided about the caller itself.
    const fn puts_back(self) -> bool {
        matches!(self, Self::EnableApplication | Self::RestoreApplication)
    }
}

impl Resource {
    /// What belongs to an owner and is no application.
    pub const fn of_owner(owner: Owner, partner: Option<PartnerId>) -> Self {
        Self {
            owner,
            partner,
            maker: None,
            opens: ManagementScopes::NONE,
            application: None,
            for_operators: false,
        }
    }

    pub fn of(application: &Application, partner: Option<PartnerId>) -> Self {
        let opens = application.management_scopes();
        Self {
            owner: application.owner,
            partner,
            maker: application.made_by.as_ref().and_then(Maker::of),
            opens,
            application: Some(application.id),
            for_operators: false,
        }
    }

    /// The same, and whether it is what operators sign in to.
    pub const fn for_operators(self, for_operators: bool) -> Self {
        Self { for_operators, ..self }
    }

    /// Who of `people`'s directory may use an application. It is theirs, and
    /// not the application's owner's: a GLOBAL application is assigned in each
    /// tenant by that tenant.
    pub fn of_assignments(application: &Application, people: Owner, partner: Option<PartnerId>) -> Self {
        Self { owner: people, ..Self::of(application, partner) }
    }
}

/// Whether `caller` may do `action` to `resource`.
pub fn may(caller: &Caller, action: Action, resource: &Resource) -> Decision {
    match caller {
        Caller::System => Decision::Allowed,
        Caller::Application { id, level, scopes } => application_may((*id, *level), scopes, action, resource),
        Caller::Operator { id, roles, scopes } => {
            by_roles(Maker::Operator(*id), (roles, scopes), action, resource)
        }
        Caller::ServiceAccount { id, roles, scopes } => {
            match by_roles(Maker::ServiceAccount(*id), (roles, scopes), action, resource) {
                Decision::Allowed if action.is_for_admins_in_person() => Decision::Forbidden,
                decided => decided,
            }
        }
    }
}

/// As the best of the roles decides, as far as the scopes go.
fn by_roles(
    who: Maker,
    (roles, scopes): (&[RoleGrant], &ScopeSet),
    action: Action,
    resource: &Resource,
) -> Decision {
    let each = roles.iter().map(|grant| operator_may(who, *grant, action, resource));
    match each.min_by_key(|decision| *decision as u8).unwrap_or(Decision::Hidden) {
        Decision::Allowed if !action.is_opened_by(scopes) => Decision::Forbidden,
        decided => decided,
    }
}

/// Whether there is anything that `caller` may do `action` to, as far as can be
/// told without knowing what. Asked first, so that a stranger's request is not
/// even read.
pub fn may_ever(caller: &Caller, action: Action) -> bool {
    match caller {
        Caller::System => true,
        Caller::Application { level, scopes, .. } => {
            let in_reach = *level == Level::Platform || !action.is_of_the_platform();
            let may = in_reach && !action.is_for_admins_in_person();
            action.is_ones_own() || (may && action.is_opened_by(scopes))
        }
        Caller::ServiceAccount { .. } if action.is_for_admins_in_person() => false,
        Caller::Operator { roles, scopes, .. } | Caller::ServiceAccount { roles, scopes, .. } => {
            let may = |grant: &RoleGrant| {
                role_allows(grant.role, action, true)
                    && (grant.at == Level::Platform || !action.is_of_the_platform())
            };
            action.is_opened_by(scopes) && roles.iter().any(may)
        }
    }
}

/// Whether `caller` may give this scope to an application of `resource`'s owner:
/// nobody hands out more of the management API than he holds.
pub fn may_grant(caller: &Caller, scope: &str, resource: &Resource) -> bool {
    match caller {
        _ if !is_management(scope) => true,
        Caller::System => true,
        Caller::Application { scopes, .. } => opens(scopes, scope),
        Caller::Operator { roles, scopes, .. } | Caller::ServiceAccount { roles, scopes, .. } => {
            let may = |grant: &RoleGrant| {
                governs(grant.at, resource) && matches!(grant.role, Role::Owner | Role::Admin)
            };
            opens(scopes, scope) && roles.iter().any(may)
        }
    }
}

/// Whether it is at a level of the caller's, or below one. What is told of a
/// thing beside the thing, such as who changed it, how many use it and which
/// secrets it has, is told to those only.
pub fn oversees(caller: &Caller, resource: &Resource) -> bool {
    match caller {
        Caller::System => true,
        Caller::Application { level, .. } => governs(*level, resource),
        Caller::Operator { roles, .. } | Caller::ServiceAccount { roles, .. } => {
            roles.iter().any(|grant| governs(grant.at, resource))
        }
    }
}

/// An application governs none that opens more of the management API than it
/// holds itself: whoever changes another's credentials can speak in its name.
/// Nor one that operators sign in to, whose sessions it does not even see. Nor
/// does it put itself back when somebody disabled or archived it.
fn application_may(
    (id, level): (ApplicationId, Level),
    scopes: &ScopeSet,
    action: Action,
    resource: &Resource,
) -> Decision {
    let itself = resource.application == Some(id);
    if itself && action.is_ones_own() {
        return Decision::Allowed;
    }
    if is_hidden(level, action, resource) || (resource.for_operators && is_of_its_people(action, resource)) {
        return Decision::Hidden;
    }
    let opens_more = || resource.for_operators || !resource.opens.is_subset_of(ManagementScopes::of(scopes));
    let exceeds = !action.is_reading() && opens_more();
    let puts_itself_back = itself && action.puts_back();
    if action.is_opened_by(scopes)
        && !action.is_for_admins_in_person()
        && !is_out_of_hand(level, action, resource)
        && !exceeds
        && !puts_itself_back
    {
        Decision::Allowed
    } else {
        Decision::Forbidden
    }
}

fn operator_may(who: Maker, grant: RoleGrant, action: Action, resource: &Resource) -> Decision {
    if is_hidden(grant.at, action, resource) {
        return Decision::Hidden;
    }
    if is_out_of_hand(grant.at, action, resource) {
        return Decision::Forbidden;
    }
    let is_admin = matches!(grant.role, Role::Owner | Role::Admin);
    if !action.is_reading() && !resource.opens.is_empty() && !is_admin {
        return Decision::Forbidden;
    }
    if role_allows(grant.role, action, resource.maker == Some(who)) {
        Decision::Allowed
    } else {
        Decision::Forbidden
    }
}

/// Whether nothing of it is seen from there.
fn is_hidden(level: Level, action: Action, resource: &Resource) -> bool {
    !sees(level, resource) || (is_of_its_people(action, resource) && !governs(level, resource))
}

/// Who may use an application is asked of each tenant's people by themselves;
/// of what operators sign in to, they are the people.
fn is_of_its_people(action: Action, resource: &Resource) -> bool {
    action.is_of_people() || (resource.for_operators && action == Action::ReadEffectiveUsers)
}

/// Whether it is seen from there, and yet not for anybody there to do.
fn is_out_of_hand(level: Level, action: Action, resource: &Resource) -> bool {
    let needs_hold = !action.is_reading() || action.is_of_governors();
    (needs_hold && !governs(level, resource)) || (action.is_of_the_platform() && level != Level::Platform)
}

#[cfg(test)]
mod tests;
