//! Live and test of applications that have people of their own.

use appkeep_domain::{
    Application, ApplicationEnvironment, ApplicationId, Environment, KeyLevel, PublicKey, Timestamp, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// What a public key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOf {
    pub application: ApplicationId,
    pub environment: Environment,
    pub level: KeyLevel,
}

const LIST: Sql = sql!(
    "SELECT application_id, mode, id, public_key, created_at, updated_at FROM environments
    WHERE application_id = $1 ORDER BY mode"
);

const OF_APPLICATION: Sql =
    sql!("SELECT id FROM applications WHERE public_key = $1 AND (owner = $2 OR $2 IS NULL)");

const OF_ENVIRONMENT: Sql = sql!(
    "SELECT i.id FROM environments e JOIN application_ids i ON i.id = e.application_id
    WHERE e.public_key = $1 AND (i.owner = $2 OR $2 IS NULL)"
);

impl ReadTx {
    /// Live and then test; none of an application that serves its owner's
    /// people, or is not within the boundary.
    pub async fn environments(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Vec<ApplicationEnvironment>> {
        if !reaches(within, application.owner) {
            return Ok(Vec::new());
        }
        self.fetch_all(LIST, &[application.id.into()], read).await
    }

    /// What the key names, if that is within the boundary; archived and expired
    /// applications too.
    pub async fn application_by_public_key(
        &mut self,
        within: Within,
        key: &PublicKey,
    ) -> Result<Option<KeyOf>> {
        let sql = match key.level() {
            KeyLevel::Application => OF_APPLICATION,
            KeyLevel::Environment => OF_ENVIRONMENT,
        };
        let owner = bounding_owner(within).map(owner_key);
        let found =
            self.fetch_optional(sql, &[key.as_str().into(), owner.into()], |row| row.get("id")).await?;
        let key_of = |application| KeyOf { application, environment: key.environment(), level: key.level() };
        Ok(found.map(key_of))
    }
}

impl WriteTx {
    /// A second one of the same mode is `Taken("environments.application_id,
    /// environments.mode")`, a key that another has
    /// `Taken("environments.public_key")`; `Stale` when the application is not
    /// there, or not within the boundary.
    pub async fn insert_environment(
        &mut self,
        within: Within,
        application: &Application,
        environment: &ApplicationEnvironment,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO environments (application_id, mode, id, public_key, created_at, updated_at)
            SELECT a.id, $3, $4, $5, $6, $7 FROM applications a WHERE a.owner = $1 AND a.id = $2"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        let values = [
            owner_key(application.owner).into(),
            environment.application.into(),
            environment.mode.as_str().into(),
            environment.id.into(),
            environment.public_key.as_str().into(),
            environment.created_at.into(),
            environment.updated_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)?;
        self.announce(Change { topic: Topic::Application, key: application.id.as_bytes() });
        Ok(())
    }

    /// Writes when the environment's secret was replaced; `Stale` when it is
    /// not there, or its application not within the boundary.
    pub async fn touch_environment(
        &mut self,
        within: Within,
        (application, mode): (&Application, Environment),
        now: Timestamp,
    ) -> Result<()> {
        const TOUCH: Sql =
            sql!("UPDATE environments SET updated_at = $3 WHERE application_id = $1 AND mode = $2");
        one_row(u64::from(reaches(within, application.owner)))?;
        one_row(self.execute(TOUCH, &[application.id.into(), mode.as_str().into(), now.into()]).await?)
    }

    pub(crate) async fn delete_environments(&mut self, application: &Application) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM environments WHERE application_id = $1");
        self.execute(DELETE, &[application.id.into()]).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<ApplicationEnvironment> {
    Ok(ApplicationEnvironment {
        id: row.get("id")?,
        application: row.get("application_id")?,
        mode: row.parse("mode", Environment::parse)?,
        public_key: row.parse("public_key", PublicKey::parse)?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn a_key_is_sought() {
        for sql in [LIST, OF_APPLICATION, OF_ENVIRONMENT] {
            assert_seeks(sql).await;
        }
    }
}
