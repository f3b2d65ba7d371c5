//! What an API key may be allowed to do.

use super::AccessKind;
use super::rule::Transform;

/// A word that names no permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no permission that there is")]
pub struct UnknownPermission;

macro_rules! permissions {
    ($($name:ident $word:literal $description:literal [$($kind:ident)+];)*) => {
        /// One of the things that an application's keys may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($name,)*
        }

        impl Permission {
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$name),*];

            /// Such as `token:create`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)*
                }
            }

            /// Which kinds of access may hold it.
            pub const fn kinds(self) -> &'static [AccessKind] {
                match self {
                    $(Self::$name => &[$(AccessKind::$kind),+],)*
                }
            }
        }
    };
}

permissions! {
    TokenCreate "token:create" "Create tokens" [Private Public];
    TokenRead "token:read" "Read tokens" [Private];
    TokenUpdate "token:update" "Update tokens" [Private Public];
    TokenDelete "token:delete" "Delete tokens" [Private];
    TokenSearch "token:search" "Search tokens" [Private];
    TokenUse "token:use" "Use tokens without reading them" [Private];
    ApplicationRead "application:read" "Read applications" [Management];
    ApplicationCreate "application:create" "Create applications and keys" [Management];
    ApplicationUpdate "application:update" "Update applications" [Management];
    ApplicationDelete "application:delete" "Delete applications and keys" [Management];
    TenantRead "tenant:read" "Read the tenant" [Management];
    TenantUpdate "tenant:update" "Update the tenant" [Management];
    TenantDelete "tenant:delete" "Delete the tenant" [Management];
    TenantMemberRead "tenant:member:read" "Read the tenant's members" [Management];
    TenantMemberUpdate "tenant:member:update" "Update the tenant's members" [Management];
    TenantMemberDelete "tenant:member:delete" "Remove members of the tenant" [Management];
    TenantInvitationRead "tenant:invitation:read" "Read invitations to the tenant" [Management];
    TenantInvitationCreate "tenant:invitation:create" "Invite to the tenant" [Management];
    TenantInvitationUpdate "tenant:invitation:update" "Send invitations to the tenant again" [Management];
    TenantInvitationDelete "tenant:invitation:delete" "Withdraw invitations to the tenant" [Management];
    LogRead "log:read" "Read the history" [Management];
    ReportRead "report:read" "Read reports of use" [Management];
    ReactorRead "reactor:read" "Read reactors" [Management];
    ReactorCreate "reactor:create" "Create reactors" [Management];
    ReactorUpdate "reactor:update" "Update reactors" [Management];
    ReactorDelete "reactor:delete" "Delete reactors" [Management];
    ProxyRead "proxy:read" "Read proxies" [Management];
    ProxyCreate "proxy:create" "Create proxies" [Management];
    ProxyUpdate "proxy:update" "Update proxies" [Management];
    ProxyDelete "proxy:delete" "Delete proxies" [Management];
}

impl Permission {
    pub fn parse(raw: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == raw).ok_or(UnknownPermission)
    }

    pub fn may_be_held_by(self, kind: AccessKind) -> bool {
        self.kinds().contains(&kind)
    }

    /// Whether it is about tokens: only these are for rules to give.
    pub const fn is_of_tokens(self) -> bool {
        self.implicit_transform().is_some()
    }

    /// How much of a token is shown to whoever holds it without a rule; none
    /// where it is not about tokens. Whoever deletes one is shown nothing.
    pub const fn implicit_transform(self) -> Option<Transform> {
        match self {
            Self::TokenCreate | Self::TokenRead | Self::TokenUpdate | Self::TokenSearch => {
                Some(Transform::Mask)
            }
            Self::TokenUse => Some(Transform::Reveal),
            Self::TokenDelete => Some(Transform::Redact),
            _ => None,
        }
    }

    /// The part of our own management API that it opens, if there is one to open.
    pub const fn management_scope(self) -> Option<&'static str> {
        Some(match self {
            Self::ApplicationRead => "applications:read",
            Self::ApplicationCreate | Self::ApplicationUpdate | Self::ApplicationDelete => {
                "applications:write"
            }
            Self::TenantRead | Self::ReportRead => "tenant:read",
            Self::TenantUpdate => "tenant:write",
            Self::TenantDelete => "tenants:write",
            Self::TenantMemberRead | Self::TenantInvitationRead => "operators:read",
            Self::TenantMemberUpdate
            | Self::TenantMemberDelete
            | Self::TenantInvitationCreate
            | Self::TenantInvitationUpdate
            | Self::TenantInvitationDelete => "operators:write",
            Self::LogRead => "audit:read",
            _ => return None,
        })
    }

    /// One bit for each.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_management;

    #[test]
    fn every_permission_is_read_back_and_is_for_some_kind() {
        const { assert!(Permission::ALL.len() <= 64, "each has a bit") };
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Ok(permission));
            assert!(!permission.kinds().is_empty() && !permission.description().is_empty());
        }
        for raw in ["", "token", "token:*", "Token:Read", "token:read "] {
            assert_eq!(Permission::parse(raw), Err(UnknownPermission), "{raw}");
        }
    }

    #[test]
    fn tokens_are_never_for_those_who_manage_nor_the_reverse() {
        for permission in Permission::ALL {
            let of_tokens = permission.as_str().starts_with("token:");
            assert_eq!(permission.is_of_tokens(), of_tokens, "{permission:?}");
            assert_eq!(permission.may_be_held_by(AccessKind::Management), !of_tokens, "{permission:?}");
            assert_eq!(permission.may_be_held_by(AccessKind::Private), of_tokens, "{permission:?}");
            assert!(permission.management_scope().is_none_or(|scope| !of_tokens && is_management(scope)));
        }
    }

    #[test]
    fn whoever_can_be_read_by_anybody_reads_nothing() {
        let public = |permission: &Permission| permission.may_be_held_by(AccessKind::Public);
        let held: Vec<Permission> = Permission::ALL.into_iter().filter(public).collect();
        assert_eq!(held, [Permission::TokenCreate, Permission::TokenUpdate]);
    }
}
