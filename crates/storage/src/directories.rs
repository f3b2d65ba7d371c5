//! Directories: whom they serve, and what goes with them.

use appkeep_domain::{
    Application, Directory, DirectoryId, DirectoryOf, Environment, Lifetime, Owner, PasswordPolicy, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key, owner_level, reaches, read_owner};
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What `read_directory` reads, of `directories d`.
macro_rules! directory_columns {
    () => {
        "d.id, d.owner, d.owner_level, d.application_id, d.environment, d.password_min_length,
        d.password_free_failures, d.password_longest_delay_s, d.version, d.created_at, d.updated_at"
    };
}
pub(crate) use directory_columns;

impl ReadTx {
    pub async fn directory(&mut self, within: Within, id: DirectoryId) -> Result<Option<Directory>> {
        const ONE: Sql = sql!(concat!(
            "SELECT ",
            directory_columns!(),
            " FROM directories d WHERE d.id = $1 AND (d.owner = $2 OR $2 IS NULL)"
        ));
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(ONE, &[id.into(), owner.into()], read_directory).await
    }

    /// The one that the owner's applications share; none when it was not made
    /// yet, or the owner is not within the boundary.
    pub async fn tenant_directory(&mut self, within: Within, owner: Owner) -> Result<Option<Directory>> {
        const SHARED: Sql = sql!(concat!(
            "SELECT ",
            directory_columns!(),
            " FROM directories d WHERE d.owner = $1 AND d.application_id IS NULL"
        ));
        if !reaches(within, owner) {
            return Ok(None);
        }
        self.fetch_optional(SHARED, &[owner_key(owner).into()], read_directory).await
    }

    /// The application's own, if it has one.
    pub async fn application_directory(
        &mut self,
        within: Within,
        application: &Application,
        environment: Environment,
    ) -> Result<Option<Directory>> {
        const OWN: Sql = sql!(concat!(
            "SELECT ",
            directory_columns!(),
            " FROM directories d WHERE d.application_id = $1 AND d.environment = $2"
        ));
        if !reaches(within, application.owner) {
            return Ok(None);
        }
        self.fetch_optional(OWN, &[application.id.into(), environment.as_str().into()], read_directory).await
    }
}

impl ReadTx {
    /// The one that the owner has for these; none when it was not made yet, or
    /// the owner is not within the boundary.
    pub async fn directory_of(
        &mut self,
        within: Within,
        owner: Owner,
        of: DirectoryOf,
    ) -> Result<Option<Directory>> {
        const OWN: Sql = sql!(concat!(
            "SELECT ",
            directory_columns!(),
            " FROM directories d WHERE d.application_id = $1 AND d.environment = $2 AND d.owner = $3"
        ));
        match of {
            DirectoryOf::Tenant => self.tenant_directory(within, owner).await,
            DirectoryOf::Application { .. } if !reaches(within, owner) => Ok(None),
            DirectoryOf::Application { application, environment } => {
                let values = [application.into(), environment.as_str().into(), owner_key(owner).into()];
                self.fetch_optional(OWN, &values, read_directory).await
            }
        }
    }
}

impl WriteTx {
    /// A second one that serves the same is `Taken("directories.owner")` or
    /// `Taken("directories.application_id, directories.environment")`; `Stale`
    /// when the application is not there, or the owner not within the boundary.
    pub async fn insert_directory(&mut self, within: Within, directory: &Directory) -> Result<()> {
        const SHARED: Sql = sql!(
            "INSERT INTO directories (id, owner, owner_level, password_min_length, password_free_failures,
                password_longest_delay_s, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        const OWN: Sql = sql!(
            "INSERT INTO directories (id, owner, owner_level, password_min_length, password_free_failures,
                password_longest_delay_s, version, created_at, updated_at, application_id, environment)
            SELECT $1, a.owner, $3, $4, $5, $6, $7, $8, $9, a.id, $11
            FROM applications a WHERE a.owner = $2 AND a.id = $10"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let mut values = columns(directory);
        let sql = match directory.of {
            DirectoryOf::Tenant => SHARED,
            DirectoryOf::Application { application, environment } => {
                values.extend([application.into(), environment.as_str().into()]);
                OWN
            }
        };
        one_row(self.execute(sql, &values).await?)?;
        self.announce(change_of(directory.id));
        Ok(())
    }

    /// The directory that the owner's applications share: the one that is
    /// there, or else this one, so that of several who come first all have the
    /// same. `Stale` when it serves one application only, or the owner is not
    /// within the boundary.
    pub async fn tenant_directory_or_insert(
        &mut self,
        within: Within,
        directory: &Directory,
    ) -> Result<Directory> {
        one_row(u64::from(directory.of == DirectoryOf::Tenant))?;
        if let Some(present) = self.tenant_directory(within, directory.owner).await? {
            return Ok(present);
        }
        self.insert_directory(within, directory).await?;
        Ok(directory.clone())
    }

    /// Writes the policy over the version before the directory's own; `Stale`
    /// when somebody else was quicker, or it is not there.
    pub async fn update_directory(&mut self, within: Within, directory: &Directory) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE directories SET password_min_length = $4, password_free_failures = $5,
                password_longest_delay_s = $6, version = $2, updated_at = $3
            WHERE id = $1 AND version = $2 - 1"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let policy = directory.policy;
        let values = [
            directory.id.into(),
            directory.version.into(),
            directory.updated_at.into(),
            policy.min_length().into(),
            policy.free_failures().into(),
            policy.longest_delay().into(),
        ];
        one_row(self.execute(UPDATE, &values).await?)?;
        self.announce(change_of(directory.id));
        Ok(())
    }

    /// The directories that serve this application only. What was issued for
    /// their people was issued to it, and is refused with it.
    pub(crate) async fn delete_directories_of(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<()> {
        for environment in [Environment::Live, Environment::Test] {
            if let Some(own) = self.application_directory(within, application, environment).await? {
                self.remove_directory(own.id).await?;
            }
        }
        Ok(())
    }

    async fn remove_directory(&mut self, id: DirectoryId) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM directories WHERE id = $1");
        one_row(self.execute(DELETE, &[id.into()]).await?)?;
        self.delete_remains(Remains::of_directory(id)).await?;
        self.announce(change_of(id));
        self.announce(memberships_changed(id));
        Ok(())
    }
}

pub(crate) const fn memberships_changed(id: DirectoryId) -> Change {
    Change { topic: Topic::Memberships, key: id.as_bytes() }
}

const fn change_of(id: DirectoryId) -> Change {
    Change { topic: Topic::Directory, key: id.as_bytes() }
}

fn columns(directory: &Directory) -> Vec<Value<'_>> {
    vec![
        directory.id.into(),
        owner_key(directory.owner).into(),
        owner_level(directory.owner).into(),
        directory.policy.min_length().into(),
        directory.policy.free_failures().into(),
        directory.policy.longest_delay().into(),
        directory.version.into(),
        directory.created_at.into(),
        directory.updated_at.into(),
    ]
}

pub(crate) fn read_directory(row: &Row<'_>) -> Result<Directory> {
    let environment = row.parse_optional("environment", Environment::parse)?;
    let of = match (row.get("application_id")?, environment) {
        (Some(application), Some(environment)) => DirectoryOf::Application { application, environment },
        _ => DirectoryOf::Tenant,
    };
    Ok(Directory {
        id: row.get("id")?,
        owner: read_owner(row)?,
        of,
        policy: read_policy(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_policy(row: &Row<'_>) -> Result<PasswordPolicy> {
    const LENGTH: &str = "password_min_length";
    let delay = Lifetime::from_seconds(row.get("password_longest_delay_s")?);
    PasswordPolicy::parse(row.get(LENGTH)?, row.get("password_free_failures")?, delay)
        .map_err(|error| StorageError::corrupt(LENGTH, error))
}
