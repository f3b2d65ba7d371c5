//! People who are asked for by id alone: the caller speaks to the tenant that
//! has them, whichever it is, and is then held to what holds there.

use appkeep_domain::{
    Action, Decision, GroupId, Level, Owner, Resource, SessionId, TenantId, UserId, Within, may,
};
use appkeep_storage::{TenantLabel, Whereabouts};

use super::find::{no_such_group, no_such_user};
use super::tenant_sessions::no_such_session;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;

/// A caller who speaks to the tenant that something was found in.
#[derive(Debug, Clone)]
pub struct There {
    pub by: By,
    pub tenant: TenantLabel,
}

const TENANT_ID: &str = "tenant_id";

impl Registry {
    /// Where the user is, if the caller sees them. Somebody whom the caller does
    /// not see is looked for as one who never was, and answered so.
    pub async fn there_with_user(&self, by: &By, action: Action, id: &str) -> Result<There, Error> {
        let id = UserId::parse(id).map_err(|_| no_such_user())?;
        let found = self.store().read().await?.whereabouts_of_user(Within::Platform, id).await?;
        there(by, action, found).ok_or_else(no_such_user)
    }

    /// The same for a group.
    pub async fn there_with_group(&self, by: &By, action: Action, id: &str) -> Result<There, Error> {
        let id = GroupId::parse(id).map_err(|_| no_such_group())?;
        let found = self.store().read().await?.whereabouts_of_group(Within::Platform, id).await?;
        there(by, action, found).ok_or_else(no_such_group)
    }

    /// The same for whoever has a session.
    pub async fn there_with_session(&self, by: &By, action: Action, id: &str) -> Result<There, Error> {
        let id = SessionId::parse(id).map_err(|_| no_such_session())?;
        let found = self.store().read().await?.whereabouts_of_session(Within::Platform, id).await?;
        there(by, action, found).ok_or_else(no_such_session)
    }

    /// The tenant by its id.
    pub async fn there_in_tenant(&self, by: &By, action: Action, id: &str) -> Result<There, Error> {
        let absent = || Error::new(ErrorCode::TenantNotFound, "there is no such tenant");
        let id = TenantId::parse(id).map_err(|_| absent())?;
        self.find_there(by, action, id).await?.ok_or_else(absent)
    }

    /// The tenant that somebody new is to be of: the one that is named, or the
    /// caller's own, where that is one.
    pub async fn there_for_new(&self, by: &By, action: Action, named: Option<&str>) -> Result<There, Error> {
        let fault = |code, message| Error::invalid(Fault::new(TENANT_ID, code, message));
        let absent = || fault(ErrorCode::InvalidField, "there is no such tenant");
        let id = match named {
            Some(raw) => TenantId::parse(raw).map_err(|_| absent())?,
            None => own_tenant(by).ok_or_else(|| fault(ErrorCode::InvalidRequest, "is required"))?,
        };
        self.find_there(by, action, id).await?.ok_or_else(absent)
    }

    async fn find_there(&self, by: &By, action: Action, id: TenantId) -> Result<Option<There>, Error> {
        let found = self.store().read().await?.tenant(Within::Platform, id).await?;
        let found = found.filter(|tenant| tenant.archived_at.is_none());
        let whereabouts = found.map(|tenant| Whereabouts {
            tenant: TenantLabel { id: tenant.id, slug: tenant.slug, name: tenant.name },
            partner: tenant.partner,
        });
        Ok(there(by, action, whereabouts))
    }
}

impl There {
    /// Sending whose somebody is anyhow is fine; nobody changes tenants.
    pub fn check_unchanged(&self, named: Option<&str>) -> Result<(), Error> {
        let stays = named.is_none_or(|raw| TenantId::parse(raw) == Ok(self.tenant.id));
        let message = "cannot be changed";
        let fault = || Error::invalid(Fault::new(TENANT_ID, ErrorCode::ImmutableField, message));
        if stays { Ok(()) } else { Err(fault()) }
    }
}

/// Nothing where the caller sees nothing of the kind.
fn there(by: &By, action: Action, found: Option<Whereabouts>) -> Option<There> {
    let Whereabouts { tenant, partner } = found?;
    let resource = Resource::of_owner(Owner::Tenant(tenant.id), partner);
    let is_seen = may(&by.caller, action, &resource) != Decision::Hidden;
    is_seen.then(|| There { by: By { tenant: tenant.id, partner, ..by.clone() }, tenant })
}

fn own_tenant(by: &By) -> Option<TenantId> {
    match by.levels().as_slice() {
        [Level::Tenant { id, .. }] => Some(*id),
        _ => None,
    }
}
