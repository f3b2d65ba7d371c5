//! Whose users are meant: the tenant's, or those whom an application has for
//! itself. What may be done to them is one and the same.

use appkeep_domain::{
    Action, ApplicationId, Directory, Environment, Owner, Timestamp, User, UserPool, Within,
};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::Value;

use super::find::{find_directory, no_such_user, parse_user_id};
use crate::by::{By, require};
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::environments::no_environments;
use crate::registry::find::{find, parse_id};
use crate::registry::record::{Stamp, Told, record_of};

/// Whose users are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Those of the tenant that is spoken to.
    Tenant,
    /// Those of one application, in one of its environments.
    Application(ApplicationId, Environment),
}

impl Pool {
    /// Those of an application; the live ones when no environment is named.
    pub fn of_application(application: &str, environment: Option<&str>) -> Result<Self, Error> {
        let fault = |reason| {
            Error::invalid(Fault::new("environment", ErrorCode::InvalidRequest, format!("is {reason}")))
        };
        let environment = environment.map(Environment::parse).transpose().map_err(fault)?;
        Ok(Self::Application(parse_id(application)?, environment.unwrap_or(Environment::Live)))
    }

    /// Refuses who may do this to nobody at all, before anything is read.
    pub(super) fn decide(self, by: &By, action: Action) -> Result<(), Error> {
        match self {
            Self::Tenant => by.decide_of_tenant(action),
            Self::Application(..) => require(&by.caller, action),
        }
    }

    /// Where they are, if the caller may do this to them.
    pub(super) async fn find(
        self,
        tx: &mut ReadTx,
        by: &By,
        (action, now): (Action, Timestamp),
    ) -> Result<Place, Error> {
        let Self::Application(id, environment) = self else {
            by.decide_of_tenant(action)?;
            let directory = find_directory(tx, by).await?;
            return Ok(Place { owner: by.owner(), application: None, directory });
        };
        let application = find(tx, by, action, (id, now)).await?.application;
        if application.user_pool == UserPool::Tenant {
            return Err(no_environments());
        }
        let owner = application.owner;
        let directory = tx.application_directory(owner.within(), &application, environment).await?;
        Ok(Place { owner, application: Some(id), directory })
    }
}

/// Where users are that the caller may do something to.
pub(super) struct Place {
    pub(super) owner: Owner,
    /// Whose they are, if an application has them for itself.
    application: Option<ApplicationId>,
    /// None where nobody was ever put.
    pub(super) directory: Option<Directory>,
}

impl Place {
    pub(super) const fn within(&self) -> Within {
        self.owner.within()
    }

    /// The directory; the one that is made for it where there is none yet,
    /// which is so of a tenant's only.
    pub(super) async fn directory_or(&self, tx: &mut WriteTx, fresh: &Directory) -> Result<Directory, Error> {
        match (&self.directory, self.application) {
            (Some(directory), _) => Ok(directory.clone()),
            (None, None) => Ok(tx.tenant_directory_or_insert(self.within(), fresh).await?),
            (None, Some(_)) => Err(no_environments()),
        }
    }

    /// The user of this id; a text that is none is one who never existed.
    pub(super) async fn user(&self, tx: &mut ReadTx, id: &str) -> Result<(Directory, User), Error> {
        let id = parse_user_id(id)?;
        let directory = self.directory.clone().ok_or_else(no_such_user)?;
        let user = tx.user(self.within(), &directory, id).await?.ok_or_else(no_such_user)?;
        Ok((directory, user))
    }

    /// Writes into the history of whose they are what the caller did.
    pub(super) async fn record(
        &self,
        tx: &mut WriteTx,
        (by, stamp): (&By, Stamp),
        action: &str,
        (before, after): (Option<Value>, Option<Value>),
    ) -> Result<(), StorageError> {
        let told = Told { action, application: self.application, before, after };
        record_of(tx, by, self.owner, (stamp, told)).await
    }
}
