//! Who asks, and what is said of the request in the audit trail.

use std::net::IpAddr;
use std::sync::Arc;

use appkeep_domain::access::{AccessRule, Permission};
use appkeep_domain::{
    Action, Actor, ActorKind, Application, Caller, Decision, Environment, Level, Owner, PartnerId, RequestId,
    Resource, TenantId, Within, administers, beyond_own_reach, may, may_ever, oversees,
};

use appkeep_storage::Attempt;

use crate::error::{Error, ErrorCode};
use crate::surface::Surface;

/// Who asks for what follows, of which tenant, and in which request.
#[derive(Debug, Clone)]
pub struct By {
    pub caller: Caller,
    /// Whose registry is spoken to.
    pub tenant: TenantId,
    /// Whose tenant that is.
    pub partner: Option<PartnerId>,
    pub mount: Mount,
    pub request_id: RequestId,
    /// Where the request came from, if from a network.
    pub address: Option<IpAddr>,
    /// By which API.
    pub surface: Surface,
    /// The run of a request that is to be done once.
    pub attempt: Option<Attempt>,
    /// The API key that they came with; of whoever came otherwise, their scopes
    /// say what they may do.
    pub key: Option<PresentedKey>,
}

/// What an API key allows.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// Each by itself.
    pub permissions: Arc<[Permission]>,
    pub environment: Environment,
}

/// At which address the registry is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// The platform's: everybody sees what is seen from their own level.
    Root,
    /// A tenant's own: everybody sees what is seen from the tenant.
    Tenant,
}

impl By {
    pub(crate) const fn within(&self) -> Within {
        Within::Tenant(self.tenant)
    }

    pub(crate) const fn owner(&self) -> Owner {
        Owner::Tenant(self.tenant)
    }

    pub(crate) fn actor(&self) -> Actor {
        actor(&self.caller)
    }

    /// Whether it is for the caller to hand out, as far as their key says.
    pub(crate) fn holds(&self, permission: Permission) -> bool {
        self.key.as_ref().is_none_or(|key| key.permissions.contains(&permission))
    }

    /// Refuses a key of tests that would make or end a live one.
    pub(crate) fn must_reach(&self, environment: Environment) -> Result<(), Error> {
        let is_of_tests = self.key.as_ref().is_some_and(|key| key.environment == Environment::Test);
        if is_of_tests && environment == Environment::Live {
            return Err(Error::new(ErrorCode::Forbidden, "a test key makes and ends no live ones"));
        }
        Ok(())
    }

    /// Refuses a key that would change an application which may do what the key
    /// may not: whoever changes another's keys can speak in its name.
    pub(crate) fn must_equal(&self, application: &Application, action: Action) -> Result<(), Error> {
        let permissions = application.access.iter().flat_map(|facet| &facet.permissions);
        let mut beyond = permissions.filter(|one| one.management_scope().is_some() && !self.holds(**one));
        match beyond.next().filter(|_| !action.is_reading()) {
            None => Ok(()),
            Some(permission) => {
                let message = format!(
                    "the application holds `{}`, which the key that asks does not",
                    permission.as_str()
                );
                Err(Error::new(ErrorCode::Forbidden, message))
            }
        }
    }

    /// Refuses to let keys do with tokens what the caller may not do with them.
    /// Whoever brings a key that manages never reaches a token, and gives others
    /// what their keys may hold.
    pub(crate) fn must_reach_tokens(
        &self,
        access: (&[Permission], &[AccessRule]),
        resource: &Resource,
    ) -> Result<(), Error> {
        let beyond = match &self.key {
            Some(_) => None,
            None => beyond_own_reach(&self.caller, access, resource),
        };
        beyond.map_or(Ok(()), |action| Err(forbidden_to_give(&self.caller, action)))
    }

    /// Refuses what the caller may not do to `resource`. What it may not even
    /// see answers as what is not there.
    pub(crate) fn decide(&self, action: Action, resource: &Resource) -> Result<(), Error> {
        match may(&self.caller, action, resource) {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(no_such_application()),
            Decision::Forbidden => Err(forbidden(&self.caller, action)),
        }
    }

    /// The same for what belongs to the tenant and is no application.
    pub(crate) fn decide_of_tenant(&self, action: Action) -> Result<(), Error> {
        match may(&self.caller, action, &self.place()) {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(Error::new(ErrorCode::NotFound, "there is no such tenant")),
            Decision::Forbidden => Err(forbidden(&self.caller, action)),
        }
    }

    /// Refuses whoever does not run the tenant: for a surface where nobody makes
    /// an application for themselves.
    pub fn must_administer(&self) -> Result<(), Error> {
        if administers(&self.caller, &self.place()) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::Forbidden, "this is for owners and admins"))
    }

    /// The tenant that is spoken to, as what decisions are made of.
    pub(crate) const fn place(&self) -> Resource {
        Resource::of_owner(self.owner(), self.partner)
    }

    /// From which levels a list looks.
    pub(crate) fn levels(&self) -> Vec<Level> {
        let of_tenant = Level::Tenant { id: self.tenant, partner: self.partner };
        match (self.mount, &self.caller) {
            (Mount::Tenant, _) => vec![of_tenant],
            (Mount::Root, Caller::System) => vec![Level::Platform],
            (Mount::Root, Caller::Application { level, .. }) => vec![*level],
            (Mount::Root, Caller::Operator { roles, .. } | Caller::ServiceAccount { roles, .. }) => {
                roles.iter().map(|grant| grant.at).collect()
            }
        }
    }

    /// In whose history it stands what was asked for as a whole: the tenant's
    /// that is spoken to, if it is the caller's to speak for, else that of the
    /// caller's own level.
    pub(crate) fn own_history(&self) -> Owner {
        if oversees(&self.caller, &self.place()) {
            return self.owner();
        }
        self.of_caller()
    }

    /// Whose the caller is, whatever it speaks to: nobody writes into a history,
    /// or has something sealed under a key, by naming whose it is.
    pub(crate) fn of_caller(&self) -> Owner {
        owner_of(&self.caller).unwrap_or_else(|| self.owner())
    }
}

/// Whose the caller is; nobody's, that is the system or has lost every role.
pub fn owner_of(caller: &Caller) -> Option<Owner> {
    let level = match caller {
        Caller::System => None,
        Caller::Application { level, .. } => Some(*level),
        Caller::Operator { roles, .. } | Caller::ServiceAccount { roles, .. } => {
            roles.first().map(|grant| grant.at)
        }
    };
    level.map(|level| match level {
        Level::Platform => Owner::Global,
        Level::Partner(id) => Owner::Partner(id),
        Level::Tenant { id, .. } => Owner::Tenant(id),
    })
}

/// A caller as the history writes it.
pub(crate) fn actor(caller: &Caller) -> Actor {
    let (kind, id) = match caller {
        Caller::Application { id, .. } => (ActorKind::Application, id.to_string()),
        Caller::Operator { id, .. } => (ActorKind::Operator, id.to_string()),
        Caller::ServiceAccount { id, .. } => (ActorKind::ServiceAccount, id.client_id()),
        Caller::System => (ActorKind::System, "system".to_owned()),
    };
    Actor { kind, id }
}

/// Refuses a caller who may do this to nothing at all, before its request is read.
pub fn require(caller: &Caller, action: Action) -> Result<(), Error> {
    if may_ever(caller, action) { Ok(()) } else { Err(forbidden(caller, action)) }
}

pub(crate) fn no_such_application() -> Error {
    Error::new(ErrorCode::AppNotFound, "there is no such application")
}

pub(crate) fn forbidden(caller: &Caller, action: Action) -> Error {
    match caller {
        Caller::Application { scopes, .. }
        | Caller::Operator { scopes, .. }
        | Caller::ServiceAccount { scopes, .. }
            if !action.is_opened_by(scopes) =>
        {
            let message = format!("this needs an access token with the scope `{}`", action.scope());
            Error::new(ErrorCode::InsufficientScope, message).wanting(action.scope())
        }
        Caller::Application { .. } | Caller::ServiceAccount { .. } if action == Action::Impersonate => {
            let message = "an application acts as nobody; somebody does who can be asked why";
            Error::new(ErrorCode::Forbidden, message)
        }
        Caller::Application { .. } => {
            let message = "an application changes what belongs to its owner, or below; it does not put itself \
                           back, nor change an application that opens more of the management API than it \
                           holds, or that operators sign in to";
            Error::new(ErrorCode::Forbidden, message)
        }
        Caller::Operator { .. } | Caller::ServiceAccount { .. } | Caller::System => {
            Error::new(ErrorCode::Forbidden, "your role does not allow this")
        }
    }
}

/// Why nobody is given what the caller may not do in a vault.
fn forbidden_to_give(caller: &Caller, action: Action) -> Error {
    let refused = forbidden(caller, action);
    if refused.code() == ErrorCode::InsufficientScope {
        return refused;
    }
    let message = "its keys would do more with tokens than your role lets you do yourself";
    Error::new(ErrorCode::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{ApplicationId, Level};
    use appkeep_oauth::ScopeSet;

    use super::*;

    #[test]
    fn a_missing_scope_is_named() {
        let scopes = ScopeSet::parse("applications:read").expect("is a scope");
        let (id, tenant) = (ApplicationId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let caller = Caller::Application { id, level: Level::Tenant { id: tenant, partner: None }, scopes };
        assert!(require(&caller, Action::ReadApplication).is_ok());
        let error = require(&caller, Action::DeleteApplication).expect_err("lacks the scope");
        assert_eq!((error.code(), error.scope()), (ErrorCode::InsufficientScope, Some("applications:write")));
        assert!(error.to_string().contains("applications:write"), "{error}");
    }
}
