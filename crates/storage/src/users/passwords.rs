//! The passwords of users: hashes only.

use appkeep_domain::{Directory, KeptPassword, PasswordHash, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::users::change_of;

impl ReadTx {
    /// None when the user has none, is not there, or the directory is not
    /// within the boundary.
    pub async fn password(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Option<KeptPassword>> {
        const ONE: Sql =
            sql!("SELECT hash, changed_at FROM passwords WHERE directory_id = $1 AND user_id = $2");
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[directory.id.into(), user.into()], read).await
    }
}

impl WriteTx {
    /// In place of the one before, if there was one. `Stale` when the user is
    /// not there, or the directory is not within the boundary.
    pub async fn set_password(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        password: &KeptPassword,
    ) -> Result<()> {
        const SET: Sql = sql!(
            "INSERT INTO passwords (directory_id, user_id, hash, changed_at)
            SELECT u.directory_id, u.id, $3, $4 FROM users u WHERE u.directory_id = $1 AND u.id = $2
            ON CONFLICT (directory_id, user_id)
                DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values =
            [directory.id.into(), user.into(), password.hash.as_str().into(), password.changed_at.into()];
        one_row(self.execute(SET, &values).await?)?;
        self.announce(change_of(user));
        Ok(())
    }

    /// Keeps the same password under another hash, such as a dearer one, if it
    /// is still the one that `old` is of; else `Stale`.
    pub async fn rehash_password(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        (old, new): (&PasswordHash, &PasswordHash),
    ) -> Result<()> {
        const REHASH: Sql =
            sql!("UPDATE passwords SET hash = $4 WHERE directory_id = $1 AND user_id = $2 AND hash = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [directory.id.into(), user.into(), old.as_str().into(), new.as_str().into()];
        one_row(self.execute(REHASH, &values).await?)?;
        self.announce(change_of(user));
        Ok(())
    }

    /// Leaves the user without one; `Stale` when they have none, or the
    /// directory is not within the boundary.
    pub async fn delete_password(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM passwords WHERE directory_id = $1 AND user_id = $2");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(DELETE, &[directory.id.into(), user.into()]).await?)?;
        self.announce(change_of(user));
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<KeptPassword> {
    let hash: String = row.get("hash")?;
    Ok(KeptPassword { hash: PasswordHash::from_phc(hash), changed_at: row.get("changed_at")? })
}
