//! Who asks, and by what.

use appkeep_oauth::ScopeSet;

use crate::{Actor, ActorKind, ApplicationId, OperatorId, PartnerId, ServiceAccountId, TenantId};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An application with an access token: the affairs of whoever owns it, as
    /// far as its scopes go.
    Application { id: ApplicationId, level: Level, scopes: ScopeSet },
    /// A person who runs the platform, a partner or a tenant, by an application
    /// that they signed in to: their roles, as far as its scopes go.
    Operator { id: OperatorId, roles: Vec<RoleGrant>, scopes: ScopeSet },
    /// A program that runs a tenant by a role of its own, as far as the scopes of
    /// its token go.
    ServiceAccount { id: ServiceAccountId, roles: Vec<RoleGrant>, scopes: ScopeSet },
    /// The product itself: a sweep, or a command on the machine.
    System,
}

/// Somebody who has roles, and of whose own some of them speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    Operator(OperatorId),
    ServiceAccount(ServiceAccountId),
}

impl Maker {
    /// What applications, strangers and the product itself make is nobody's own.
    pub fn of(actor: &Actor) -> Option<Self> {
        match actor.kind {
            ActorKind::Operator => OperatorId::parse(&actor.id).ok().map(Self::Operator),
            ActorKind::ServiceAccount => ServiceAccountId::parse(&actor.id).ok().map(Self::ServiceAccount),
            ActorKind::Application
            | ActorKind::Registration
            | ActorKind::User
            | ActorKind::System
            | ActorKind::Anonymous => None,
        }
    }
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
    /// Creates applications and changes its own; reads the rest; manages users.
    Member,
    Viewer,
}

/// Where a role is held, or an application belongs. A tenant's says whose tenant
/// it is, because that decides what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Platform,
    Partner(PartnerId),
    Tenant { id: TenantId, partner: Option<PartnerId> },
}
