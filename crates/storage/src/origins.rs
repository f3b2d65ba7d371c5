//! Which origins the applications of an owner allow, by the origin.

use appkeep_domain::{Application, Owner, Within};

use crate::error::Result;
use crate::owners::{owner_key, reaches};
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

const ANY: Sql = sql!("SELECT id FROM origins WHERE owner = $1 AND origin = $2 LIMIT 1");
const DELETE: Sql = sql!("DELETE FROM origins WHERE owner = $1 AND id = $2");

impl ReadTx {
    /// Whether any application of the owner allows this origin; none does when
    /// the owner is not within the boundary.
    pub async fn is_allowed_origin(&mut self, within: Within, owner: Owner, origin: &str) -> Result<bool> {
        if !reaches(within, owner) {
            return Ok(false);
        }
        let values = [owner_key(owner).into(), origin.into()];
        let found = self.fetch_optional(ANY, &values, |row| row.get::<Vec<u8>>("id")).await?;
        Ok(found.is_some())
    }
}

impl WriteTx {
    pub(crate) async fn insert_origins(&mut self, application: &Application) -> Result<()> {
        const INSERT: Sql =
            sql!("INSERT INTO origins (owner, origin, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        let owner = owner_key(application.owner);
        for origin in application.oauth.iter().flat_map(|oauth| &oauth.allowed_origins) {
            self.execute(INSERT, &[owner.into(), origin.as_str().into(), application.id.into()]).await?;
        }
        Ok(())
    }

    pub(crate) async fn delete_origins(&mut self, application: &Application) -> Result<()> {
        let owner = owner_key(application.owner);
        self.execute(DELETE, &[owner.into(), application.id.into()]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn an_origin_is_sought() {
        assert_seeks(ANY).await;
        assert_seeks(DELETE).await;
    }
}
