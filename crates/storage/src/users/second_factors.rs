//! Second proofs of who somebody is: devices, the codes that stand in for
//! them, and who is being asked.

use appkeep_domain::{
    Challenge, Directory, DirectoryId, FactorId, Issuer, SecretHash, Timestamp, UserId, Within,
};

use crate::claims::{parse_methods, print_methods};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::users::change_of;

/// A device that shows somebody codes, with the sealed secret that it shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTotp {
    pub id: FactorId,
    pub directory: DirectoryId,
    pub user: UserId,
    /// Whose data key seals the secret, and which of those.
    pub issuer: Issuer,
    pub data_key_version: u32,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    /// When it first showed a right code; until then nobody is asked for one.
    pub confirmed_at: Option<Timestamp>,
    /// Of the newest code that was used.
    pub last_step: Option<i64>,
}

/// The first characters of a code's HMAC.
pub type BackupTag = [u8; 16];

const TOTP: Sql = sql!(
    "SELECT directory_id, user_id, id, issuer, data_key_version, sealed, created_at, confirmed_at, last_step
    FROM totp_factors WHERE directory_id = $1 AND user_id = $2"
);
const BACKUP_CODES: Sql =
    sql!("SELECT count(*) AS total FROM backup_codes WHERE directory_id = $1 AND user_id = $2");

impl ReadTx {
    /// The user's device, confirmed or not; none when the directory is not
    /// within the boundary.
    pub async fn totp(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Option<SealedTotp>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(TOTP, &[directory.id.into(), user.into()], read_totp).await
    }

    /// How many codes the user has left.
    pub async fn backup_codes(&mut self, within: Within, directory: &Directory, user: UserId) -> Result<u32> {
        if !reaches(within, directory.owner) {
            return Ok(0);
        }
        let values = [directory.id.into(), user.into()];
        Ok(self.fetch_optional(BACKUP_CODES, &values, |row| row.get("total")).await?.unwrap_or_default())
    }

    /// Whoever has shown the secret with this hash and is asked for more,
    /// expired ones too until they are swept.
    pub async fn challenge(&mut self, within: Within, hash: SecretHash) -> Result<Option<Challenge>> {
        const ONE: Sql = sql!(
            "SELECT c.hash, c.directory_id, c.user_id, c.application_id, c.methods, c.created_at, c.expires_at
            FROM challenges c JOIN directories d ON d.id = c.directory_id
            WHERE c.hash = $1 AND (d.owner = $2 OR $2 IS NULL)"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(ONE, &[hash.into(), owner.into()], read_challenge).await
    }
}

impl WriteTx {
    /// In place of the one before, with the codes that stand in for it. `Stale`
    /// when the user is not there, or the directory not within the boundary.
    pub async fn put_totp(
        &mut self,
        within: Within,
        directory: &Directory,
        (totp, codes): (&SealedTotp, &[BackupTag]),
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO totp_factors
                (directory_id, user_id, id, issuer, data_key_version, sealed, created_at, confirmed_at, last_step)
            SELECT u.directory_id, u.id, $3, $4, $5, $6, $7, $8, $9
            FROM users u WHERE u.directory_id = $1 AND u.id = $2"
        );
        const CODE: Sql = sql!("INSERT INTO backup_codes (directory_id, user_id, tag) VALUES ($1, $2, $3)");
        one_row(u64::from(reaches(within, directory.owner) && totp.directory == directory.id))?;
        self.delete_second_factors(directory, totp.user).await?;
        let values = [
            totp.directory.into(),
            totp.user.into(),
            totp.id.into(),
            totp.issuer.as_bytes().into(),
            totp.data_key_version.into(),
            totp.sealed.as_slice().into(),
            totp.created_at.into(),
            totp.confirmed_at.into(),
            totp.last_step.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)?;
        for code in codes {
            self.execute(CODE, &[totp.directory.into(), totp.user.into(), code.as_slice().into()]).await?;
        }
        self.announce(change_of(totp.user));
        Ok(())
    }

    /// Notes that the code of this step was used, and that the device is
    /// confirmed if it was not. False when that one was used before, or a later
    /// one, or the device is another by now.
    pub async fn use_totp(
        &mut self,
        within: Within,
        directory: &Directory,
        (user, factor): (UserId, FactorId),
        (step, now): (i64, Timestamp),
    ) -> Result<bool> {
        const USE: Sql = sql!(
            "UPDATE totp_factors SET last_step = $4, confirmed_at = coalesce(confirmed_at, $5)
            WHERE directory_id = $1 AND user_id = $2 AND id = $3 AND (last_step IS NULL OR last_step < $4)"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [directory.id.into(), user.into(), factor.into(), step.into(), now.into()];
        let is_good = self.execute(USE, &values).await? == 1;
        if is_good {
            self.announce(change_of(user));
        }
        Ok(is_good)
    }

    /// Whether the user had this code, which is used up when this commits.
    pub async fn use_backup_code(
        &mut self,
        within: Within,
        directory: &Directory,
        (user, tag): (UserId, &BackupTag),
    ) -> Result<bool> {
        const USE: Sql =
            sql!("DELETE FROM backup_codes WHERE directory_id = $1 AND user_id = $2 AND tag = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        Ok(self.execute(USE, &[directory.id.into(), user.into(), tag.as_slice().into()]).await? == 1)
    }

    /// Whether the user had a device. Nothing of it is left, nor of its codes
    /// and whoever was being asked for one. `Stale` when the directory is not
    /// within the boundary.
    pub async fn delete_totp(&mut self, within: Within, directory: &Directory, user: UserId) -> Result<bool> {
        one_row(u64::from(reaches(within, directory.owner)))?;
        let had = self.delete_second_factors(directory, user).await?;
        self.announce(change_of(user));
        Ok(had)
    }

    /// Of those of the user the newest stay, up to [`Challenge::MAX_LIVE`].
    /// `Stale` when the user is not there, or the directory not within the
    /// boundary.
    pub async fn insert_challenge(
        &mut self,
        within: Within,
        directory: &Directory,
        challenge: &Challenge,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO challenges (hash, directory_id, user_id, application_id, methods, created_at, expires_at)
            SELECT $3, u.directory_id, u.id, $4, $5, $6, $7
            FROM users u WHERE u.directory_id = $1 AND u.id = $2"
        );
        one_row(u64::from(reaches(within, directory.owner) && challenge.directory == directory.id))?;
        let others = i64::try_from(Challenge::MAX_LIVE - 1).unwrap_or(i64::MAX);
        self.execute(DELETE_OLDER, &[directory.id.into(), challenge.user.into(), others.into()]).await?;
        let values = [
            challenge.directory.into(),
            challenge.user.into(),
            challenge.hash.into(),
            challenge.application.into(),
            print_methods(&challenge.methods).into(),
            challenge.created_at.into(),
            challenge.expires_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Whether it was there still; it is gone when this commits.
    pub async fn take_challenge(&mut self, within: Within, hash: SecretHash, now: Timestamp) -> Result<bool> {
        const TAKE: Sql = sql!("DELETE FROM challenges WHERE hash = $1 AND expires_at > $2");
        if self.challenge(within, hash).await?.is_none() {
            return Ok(false);
        }
        Ok(self.execute(TAKE, &[hash.into(), now.into()]).await? == 1)
    }

    /// Whoever is being asked as this user is not any more. `Stale` when the
    /// directory is not within the boundary.
    pub async fn delete_challenges_of(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<()> {
        one_row(u64::from(reaches(within, directory.owner)))?;
        self.execute(CHALLENGES_OF, &[directory.id.into(), user.into()]).await.map(drop)
    }

    /// Deletes at most `limit` that have expired at `now`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_expired_challenges(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }

    /// Whether there was a device.
    async fn delete_second_factors(&mut self, directory: &Directory, user: UserId) -> Result<bool> {
        const TOTP: Sql = sql!("DELETE FROM totp_factors WHERE directory_id = $1 AND user_id = $2");
        const CODES: Sql = sql!("DELETE FROM backup_codes WHERE directory_id = $1 AND user_id = $2");
        let values = [directory.id.into(), user.into()];
        self.execute(CODES, &values).await?;
        self.execute(CHALLENGES_OF, &values).await?;
        Ok(self.execute(TOTP, &values).await? == 1)
    }
}

const CHALLENGES_OF: Sql = sql!("DELETE FROM challenges WHERE directory_id = $1 AND user_id = $2");

/// All but the newest few.
const DELETE_OLDER: Sql = sql!(
    postgres: "DELETE FROM challenges WHERE hash = ANY(ARRAY(
                   SELECT hash FROM challenges WHERE directory_id = $1 AND user_id = $2
                   ORDER BY created_at DESC OFFSET $3))",
    sqlite: "DELETE FROM challenges WHERE hash IN (
                   SELECT hash FROM challenges WHERE directory_id = $1 AND user_id = $2
                   ORDER BY created_at DESC LIMIT -1 OFFSET $3)",
);

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM challenges WHERE hash = ANY(ARRAY(
                   SELECT hash FROM challenges WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM challenges WHERE hash IN (
                   SELECT hash FROM challenges WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

fn read_totp(row: &Row<'_>) -> Result<SealedTotp> {
    Ok(SealedTotp {
        id: row.get("id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        issuer: Issuer::from_bytes(row.get("issuer")?),
        data_key_version: row.get("data_key_version")?,
        sealed: row.get("sealed")?,
        created_at: row.get("created_at")?,
        confirmed_at: row.get("confirmed_at")?,
        last_step: row.get("last_step")?,
    })
}

fn read_challenge(row: &Row<'_>) -> Result<Challenge> {
    Ok(Challenge {
        hash: row.get("hash")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        application: row.get("application_id")?,
        methods: row.parse("methods", parse_methods)?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn proofs_are_sought() {
        for sql in [TOTP, BACKUP_CODES, CHALLENGES_OF, SWEEP] {
            assert_seeks(sql).await;
        }
    }
}
