//! Whom an application is for.

use appkeep_domain::{
    Application, ApplicationId, Directory, DirectoryOf, Environment, Owner, TenantId, UserPool, Within,
};
use appkeep_storage::{ReadTx, StorageError};

use super::Inner;
use super::clients::Client;
use crate::Error;

/// Whose directory the people of an application are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct People {
    pub(super) owner: Owner,
    /// How far a look for them may reach.
    pub(super) within: Within,
    /// Whether it is the one that the owner's applications share.
    pub(super) of: DirectoryOf,
}

impl People {
    /// The users of a tenant.
    pub(super) const fn of_tenant(tenant: TenantId) -> Self {
        Self { owner: Owner::Tenant(tenant), within: Within::Tenant(tenant), of: DirectoryOf::Tenant }
    }

    /// Those whom one application has for itself, in one of its environments.
    pub(super) const fn of_application(
        (owner, application): (Owner, ApplicationId),
        environment: Environment,
    ) -> Self {
        let of = DirectoryOf::Application { application, environment };
        Self { owner, within: owner.within(), of }
    }

    pub(super) const fn of_directory(directory: &Directory) -> Self {
        Self { owner: directory.owner, within: directory.owner.within(), of: directory.of }
    }

    /// Whoever runs the platform, a partner or a tenant. They are out of the
    /// reach of those who manage a tenant's users.
    pub(super) const OPERATORS: Self =
        Self { owner: Owner::Global, within: Within::Platform, of: DirectoryOf::Tenant };

    pub(super) const fn are_operators(&self) -> bool {
        matches!((self.owner, self.of), (Owner::Global, DirectoryOf::Tenant))
    }

    /// Where they are kept; nothing before anybody was.
    pub(super) async fn directory(&self, tx: &mut ReadTx) -> Result<Option<Directory>, StorageError> {
        tx.directory_of(self.within, self.owner, self.of).await
    }

    /// Whether this is where they are kept.
    pub(super) fn are_in(&self, directory: &Directory) -> bool {
        directory.owner == self.owner && directory.of == self.of
    }
}

/// Whom an application is for, as it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForWhom {
    /// The users of the tenant at whose address it is.
    Tenant,
    /// Whoever administers with it.
    Operators,
    /// Users of its own.
    Own,
}

/// Whom this application is for.
pub(super) async fn for_whom(tx: &mut ReadTx, application: &Application) -> Result<ForWhom, StorageError> {
    if application.user_pool == UserPool::Application {
        return Ok(ForWhom::Own);
    }
    let Owner::Tenant(tenant) = application.owner else { return Ok(ForWhom::Tenant) };
    let console = tx.console_application(Within::Tenant(tenant), tenant).await?;
    Ok(if console == Some(application.id) { ForWhom::Operators } else { ForWhom::Tenant })
}

impl Inner {
    /// Who may use an application here: its own people where it has them, the
    /// users of the tenant whose address it is, whoever owns the application, or
    /// operators for the one that they administer with.
    pub(super) fn people(
        &self,
        for_whom: ForWhom,
        application: (Owner, ApplicationId),
        environment: Environment,
    ) -> People {
        match for_whom {
            ForWhom::Tenant => self.people_of_tenant(),
            ForWhom::Operators => People::OPERATORS,
            ForWhom::Own => People::of_application(application, environment),
        }
    }

    pub(super) fn people_of_client(&self, client: &Client, environment: Environment) -> People {
        self.people(client.for_whom, (client.owner, client.id()), environment)
    }

    pub(super) fn people_of_tenant(&self) -> People {
        People::of_tenant(self.address.tenant)
    }

    /// Whether somebody in this directory may be signed in with a browser here.
    /// Operators are at home at the public URL, and an application's own people
    /// wherever it is a client.
    pub(super) async fn is_home_of(&self, people: People) -> Result<bool, Error> {
        match people.of {
            DirectoryOf::Tenant if people.are_operators() => Ok(self.address.is_root()),
            DirectoryOf::Tenant => Ok(people == self.people_of_tenant()),
            DirectoryOf::Application { .. } => self.serves(people.owner).await,
        }
    }
}
