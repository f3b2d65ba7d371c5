//! Whether a partner or a tenant may do business, and what that leaves to whoever
//! belongs to it.

use appkeep_oauth::ScopeSet;

use crate::{Role, RoleGrant, Timestamp};

/// What the platform decided about a partner or a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Active,
    /// Nothing new is issued to what belongs to it, and nobody signs in there.
    Suspended,
}

/// A word that names no standing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither active nor suspended")]
pub struct UnknownStanding;

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownStanding> {
        match raw {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            _ => Err(UnknownStanding),
        }
    }
}

/// How far what belongs to a partner or a tenant is in force, all told. The
/// greater, the less is left; a tenant stands no firmer than its partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Footing {
    Firm,
    Suspended,
    Archived,
}

/// Why an application gets nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotInUse {
    Archived,
    Disabled,
    TenantSuspended,
    TenantArchived,
}

impl NotInUse {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Archived => "application_archived",
            Self::Disabled => "application_disabled",
            Self::TenantSuspended => "tenant_suspended",
            Self::TenantArchived => "tenant_archived",
        }
    }
}

impl Footing {
    /// Nothing new is issued to what belongs to a tenant that is suspended or
    /// archived, or whose partner is.
    pub const fn must_be_firm(self) -> Result<(), NotInUse> {
        match self {
            Self::Firm => Ok(()),
            Self::Suspended => Err(NotInUse::TenantSuspended),
            Self::Archived => Err(NotInUse::TenantArchived),
        }
    }

    pub fn of(standing: Standing, archived_at: Option<Timestamp>) -> Self {
        match standing {
            _ if archived_at.is_some() => Self::Archived,
            Standing::Active => Self::Firm,
            Standing::Suspended => Self::Suspended,
        }
    }

    /// What is left of a role that is held there: the suspended look on.
    pub fn role(self, grant: RoleGrant) -> Option<RoleGrant> {
        match self {
            Self::Firm => Some(grant),
            Self::Suspended => Some(RoleGrant { role: Role::Viewer, ..grant }),
            Self::Archived => None,
        }
    }

    /// What is left of the scopes of an application that belongs there, when it
    /// calls our management API.
    pub fn scopes(self, scopes: ScopeSet) -> ScopeSet {
        match self {
            Self::Firm => scopes,
            Self::Suspended => scopes.filtered(|scope| scope.as_str().ends_with(":read")),
            Self::Archived => ScopeSet::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn every_standing_is_read_back() {
        for standing in [Standing::Active, Standing::Suspended] {
            assert_eq!(Standing::parse(standing.as_str()), Ok(standing));
        }
        assert_eq!(Standing::parse("Active"), Err(UnknownStanding));
    }

    #[test]
    fn the_suspended_look_on_and_the_archived_do_nothing() {
        let owner = RoleGrant { role: Role::Owner, at: Level::Platform };
        let scopes = ScopeSet::parse("admin:write users:read users:write").expect("are scopes");
        for (standing, archived_at, footing, role, left) in [
            (Standing::Active, None, Footing::Firm, Some(Role::Owner), "admin:write users:read users:write"),
            (Standing::Suspended, None, Footing::Suspended, Some(Role::Viewer), "users:read"),
            (Standing::Active, Some(Timestamp::from_seconds(1)), Footing::Archived, None, ""),
            (Standing::Suspended, Some(Timestamp::from_seconds(1)), Footing::Archived, None, ""),
        ] {
            assert_eq!(Footing::of(standing, archived_at), footing);
            assert_eq!(footing.role(owner).map(|grant| grant.role), role);
            assert_eq!(footing.scopes(scopes.clone()).to_string(), left);
        }
        assert!(Footing::Firm < Footing::Suspended && Footing::Suspended < Footing::Archived);
    }
}
