//! Grants, each with its family of refresh tokens: hashes only.

use appkeep_domain::{
    Earlier, Ending, Grant, GrantId, Previous, RefreshFamily, SecretHash, Timestamp, Within,
};

use crate::changes::{Change, Topic};
use crate::claims::{parse_audience, parse_methods, parse_scope, print_audience, print_methods};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

macro_rules! grant_by {
    ($key:literal) => {
        concat!(
            "SELECT id, owner, owner_level, application_id, session_id, directory_id, user_id, scope, audience,
                client_spelling, authenticated_at, methods, created_at, family, current, previous, link,
                rotated_at, earlier, earlier_rotated_at, expires_at, last_expires_at, ended_at
            FROM grants WHERE ",
            $key,
            " = $1 AND (owner = $2 OR $2 IS NULL)"
        )
    };
}

impl ReadTx {
    /// Ended and expired ones too until they are swept.
    pub async fn grant(&mut self, within: Within, id: GrantId) -> Result<Option<Grant>> {
        const BY_ID: Sql = sql!(grant_by!("id"));
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(BY_ID, &[id.into(), owner.into()], read).await
    }

    /// The one whose refresh tokens have this in common; ended and expired ones
    /// too until they are swept.
    pub async fn grant_by_family(&mut self, within: Within, key: SecretHash) -> Result<Option<Grant>> {
        const BY_FAMILY: Sql = sql!(grant_by!("family"));
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(BY_FAMILY, &[key.into(), owner.into()], read).await
    }
}

impl WriteTx {
    /// `Stale` when its session has ended, has expired at `created_at` or is not
    /// there, or is not within the boundary.
    pub async fn insert_grant(&mut self, within: Within, grant: &Grant) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO grants (owner, owner_level, application_id, session_id, directory_id, user_id, id,
                scope, audience, client_spelling, authenticated_at, methods, created_at, ended_at, family,
                last_expires_at, current, previous, link, rotated_at, expires_at, earlier, earlier_rotated_at)
            SELECT s.owner, s.owner_level, s.application_id, s.id, s.directory_id, s.user_id, $6, $7, $8, $9,
                $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22
            FROM sessions s
            WHERE s.id = $3 AND s.owner = $1 AND s.application_id = $2 AND s.directory_id = $4
                AND s.user_id = $5 AND s.ended_at IS NULL AND s.expires_at > $12"
        );
        one_row(u64::from(reaches(within, grant.owner)))?;
        let family = grant.family.as_ref();
        let mut values = vec![
            owner_key(grant.owner).into(),
            grant.application.into(),
            grant.session.into(),
            grant.directory.into(),
            grant.user.into(),
            grant.id.into(),
            grant.scope.to_string().into(),
            print_audience(&grant.audience).into(),
            grant.client_spelling.as_str().into(),
            grant.authenticated_at.into(),
            print_methods(&grant.methods).into(),
            grant.created_at.into(),
            grant.ended_at.into(),
            family.map(|family| family.key).into(),
            family.map(|family| family.last_expires_at).into(),
        ];
        values.extend(generations(family));
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Writes the family's new state over the one whose newest token was
    /// `expected_current`. `Stale` when it is another by now, or the grant has
    /// ended, is not there, or is not within the boundary.
    pub async fn rotate_family(
        &mut self,
        within: Within,
        grant: &Grant,
        expected_current: SecretHash,
    ) -> Result<()> {
        const ROTATE: Sql = sql!(
            "UPDATE grants SET current = $4, previous = $5, link = $6, rotated_at = $7, expires_at = $8,
                earlier = $9, earlier_rotated_at = $10
            WHERE id = $2 AND owner = $1 AND current = $3 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, grant.owner) && grant.family.is_some()))?;
        let mut values = vec![owner_key(grant.owner).into(), grant.id.into(), expected_current.into()];
        values.extend(generations(grant.family.as_ref()));
        one_row(self.execute(ROTATE, &values).await?)
    }

    /// Ends it, and refuses what was issued of it. `Stale` when it has ended
    /// already, is not there, or is not within the boundary.
    pub async fn end_grant(&mut self, within: Within, grant: &Grant, ending: Ending) -> Result<()> {
        const END: Sql =
            sql!("UPDATE grants SET ended_at = $3 WHERE id = $2 AND owner = $1 AND ended_at IS NULL");
        const REVOKE: Sql = sql!(
            "INSERT INTO revocations (subject, kind, owner, owner_level, revoked_at, forget_at)
            SELECT g.id, 'grant', d.owner, d.owner_level, $2, $3
            FROM grants g JOIN directories d ON d.id = g.directory_id WHERE g.id = $1
            ON CONFLICT (subject, kind) DO NOTHING"
        );
        one_row(u64::from(reaches(within, grant.owner)))?;
        let values = [owner_key(grant.owner).into(), grant.id.into(), ending.at.into()];
        one_row(self.execute(END, &values).await?)?;
        self.execute(REVOKE, &[grant.id.into(), ending.at.into(), ending.forget_at.into()]).await?;
        self.announce(Change { topic: Topic::Revocation, key: grant.id.as_bytes() });
        Ok(())
    }

    /// Deletes at most `limit` with which nothing can be got at `now`, and says
    /// how many. `Stale` within anything but the platform.
    pub async fn delete_dead_grants(&mut self, within: Within, now: Timestamp, limit: u32) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }
}

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM grants WHERE id = ANY(ARRAY(
                   SELECT id FROM grants WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2))",
    sqlite: "DELETE FROM grants WHERE id IN (
                   SELECT id FROM grants WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2)",
);

/// What a rotation changes.
fn generations(family: Option<&RefreshFamily>) -> [Value<'static>; 7] {
    let previous = family.and_then(|family| family.previous.as_ref());
    let earlier = family.and_then(|family| family.earlier);
    [
        family.map(|family| family.current).into(),
        previous.map(|previous| previous.hash).into(),
        previous.map(|previous| previous.link).into(),
        previous.map(|previous| previous.rotated_at).into(),
        family.map(|family| family.expires_at).into(),
        earlier.map(|earlier| earlier.hash).into(),
        earlier.map(|earlier| earlier.rotated_at).into(),
    ]
}

fn read(row: &Row<'_>) -> Result<Grant> {
    Ok(Grant {
        id: row.get("id")?,
        owner: read_owner(row)?,
        application: row.get("application_id")?,
        session: row.get("session_id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        scope: row.parse("scope", parse_scope)?,
        audience: row.parse("audience", parse_audience)?,
        client_spelling: row.get("client_spelling")?,
        authenticated_at: row.get("authenticated_at")?,
        methods: row.parse("methods", parse_methods)?,
        created_at: row.get("created_at")?,
        family: row.get::<Option<SecretHash>>("family")?.map(|key| read_family(row, key)).transpose()?,
        ended_at: row.get("ended_at")?,
    })
}

fn read_family(row: &Row<'_>, key: SecretHash) -> Result<RefreshFamily> {
    let previous = match row.get("previous")? {
        None => None,
        Some(hash) => Some(Previous { hash, link: row.get("link")?, rotated_at: row.get("rotated_at")? }),
    };
    let earlier = match row.get("earlier")? {
        None => None,
        Some(hash) => Some(Earlier { hash, rotated_at: row.get("earlier_rotated_at")? }),
    };
    Ok(RefreshFamily {
        key,
        current: row.get("current")?,
        previous,
        earlier,
        expires_at: row.get("expires_at")?,
        last_expires_at: row.get("last_expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_sweep_seeks() {
        assert_seeks(SWEEP).await;
    }
}
