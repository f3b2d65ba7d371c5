//! Mailed links: hashes, each good for one time.

use appkeep_domain::{Directory, Email, Link, LinkPurpose, SecretHash, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The link with this hash, expired ones too until they are swept.
    pub async fn link(&mut self, within: Within, hash: SecretHash) -> Result<Option<Link>> {
        const ONE: Sql = sql!(
            "SELECT l.hash, l.directory_id, l.user_id, l.purpose, l.email, l.created_at, l.expires_at
            FROM links l JOIN directories d ON d.id = l.directory_id
            WHERE l.hash = $1 AND (d.owner = $2 OR $2 IS NULL)"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(ONE, &[hash.into(), owner.into()], read).await
    }
}

impl WriteTx {
    /// Of those that the user has for the same purpose, the newest stay, up to
    /// [`Link::MAX_LIVE`]. `Stale` when the user is not there, or the directory
    /// is not within the boundary.
    pub async fn insert_link(&mut self, within: Within, directory: &Directory, link: &Link) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO links (hash, directory_id, user_id, purpose, email, created_at, expires_at)
            SELECT $3, u.directory_id, u.id, $4, $5, $6, $7 FROM users u WHERE u.directory_id = $1 AND u.id = $2"
        );
        one_row(u64::from(reaches(within, directory.owner) && link.directory == directory.id))?;
        let values = [
            link.directory.into(),
            link.user.into(),
            link.hash.into(),
            link.purpose.as_str().into(),
            link.email.as_str().into(),
            link.created_at.into(),
            link.expires_at.into(),
        ];
        let others = i64::try_from(Link::MAX_LIVE - 1).unwrap_or(i64::MAX);
        let older = [directory.id.into(), link.user.into(), link.purpose.as_str().into(), others.into()];
        self.execute(DELETE_OLDER, &older).await?;
        one_row(self.execute(INSERT, &values).await?)
    }

    /// The link, which is gone when this commits; none when it has expired at
    /// `now`, is not there, or is not within the boundary.
    pub async fn take_link(
        &mut self,
        within: Within,
        hash: SecretHash,
        now: Timestamp,
    ) -> Result<Option<Link>> {
        const TAKE: Sql = sql!("DELETE FROM links WHERE hash = $1 AND expires_at > $2");
        let Some(link) = self.link(within, hash).await? else { return Ok(None) };
        let taken = self.execute(TAKE, &[hash.into(), now.into()]).await?;
        Ok((taken == 1).then_some(link))
    }

    /// All that the user has for this purpose. `Stale` when the directory is
    /// not within the boundary.
    pub async fn delete_links_of(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        purpose: LinkPurpose,
    ) -> Result<()> {
        const DELETE: Sql =
            sql!("DELETE FROM links WHERE directory_id = $1 AND user_id = $2 AND purpose = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [directory.id.into(), user.into(), purpose.as_str().into()];
        self.execute(DELETE, &values).await.map(drop)
    }

    /// Deletes at most `limit` that have expired at `now`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_expired_links(&mut self, within: Within, now: Timestamp, limit: u32) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }
}

/// All but the newest few.
const DELETE_OLDER: Sql = sql!(
    postgres: "DELETE FROM links WHERE hash = ANY(ARRAY(
                   SELECT hash FROM links WHERE directory_id = $1 AND user_id = $2 AND purpose = $3
                   ORDER BY created_at DESC OFFSET $4))",
    sqlite: "DELETE FROM links WHERE hash IN (
                   SELECT hash FROM links WHERE directory_id = $1 AND user_id = $2 AND purpose = $3
                   ORDER BY created_at DESC LIMIT -1 OFFSET $4)",
);

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM links WHERE hash = ANY(ARRAY(
                   SELECT hash FROM links WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM links WHERE hash IN (
                   SELECT hash FROM links WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

fn read(row: &Row<'_>) -> Result<Link> {
    Ok(Link {
        hash: row.get("hash")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        purpose: row.parse("purpose", LinkPurpose::parse)?,
        email: row.parse("email", Email::parse)?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn what_is_deleted_is_sought() {
        for sql in [DELETE_OLDER, SWEEP] {
            assert_seeks(sql).await;
        }
    }
}
