//! What a tenant's people had with the applications of a partner that it is no
//! longer a tenant of.
//!
//! It ends when the tenant goes over, some at a time: until all of it has, the
//! tenant's directory is noted here.

use appkeep_domain::{Directory, Ending, Within};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::sessions::ends::read_id;
use crate::sql::{Sql, sql};
use crate::tx::WriteTx;

const NEXT: Sql = sql!("SELECT directory_id AS id FROM partings ORDER BY directory_id LIMIT 1");
const DONE: Sql = sql!("DELETE FROM partings WHERE directory_id = $1");

/// Those with a partner's applications that are not of the partner whose tenant
/// it is now; `$3` is nobody.
const STRANGE: Sql = sql!(
    "SELECT s.id FROM sessions s
    WHERE s.directory_id = $1 AND s.owner_level = 1 AND s.owner <> coalesce(
        (SELECT t.partner_id FROM directories d JOIN tenants t ON t.id = d.owner WHERE d.id = $1), $3)
    LIMIT $2"
);

impl WriteTx {
    /// Whatever the people of the directory have with applications of partners
    /// is to end, but for those of the partner whose tenant it is. `Stale` when
    /// the directory is not within the boundary.
    pub async fn part(&mut self, within: Within, directory: &Directory) -> Result<()> {
        const INSERT: Sql = sql!("INSERT INTO partings (directory_id) VALUES ($1) ON CONFLICT DO NOTHING");
        one_row(u64::from(reaches(within, directory.owner)))?;
        self.execute(INSERT, &[directory.id.into()]).await.map(drop)
    }

    /// Ends at most `limit` sessions of one directory that is noted, leaves
    /// nothing of them, and says how many; none when none is noted. `Stale`
    /// within anything but the platform.
    pub async fn end_parting(&mut self, within: Within, limit: u32, ending: Ending) -> Result<Option<u32>> {
        one_row(u64::from(within == Within::Platform))?;
        let Some(directory) = self.fetch_optional(NEXT, &[], read_id).await? else { return Ok(None) };
        let values = [directory.into(), limit.into(), [0; 16].into()];
        let ids = self.fetch_all(STRANGE, &values, read_id).await?;
        self.end_those(&ids, ending).await?;
        self.delete_those(&ids).await?;
        let ended = u32::try_from(ids.len()).unwrap_or(limit);
        if ended < limit {
            self.execute(DONE, &[directory.into()]).await?;
        }
        Ok(Some(ended))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn what_ends_is_sought() {
        assert_seeks(DONE).await;
        assert_no_scan_of(STRANGE, &["s", "d", "t"]).await;
    }
}
