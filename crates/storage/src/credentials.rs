//! What proves that an application is itself: hashes only.

use appkeep_domain::{ApplicationId, Credential, CredentialOrigin, Timestamp, Within};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// Most that are read at once: twice `Credential::MAX_LIVE`, so that one
    /// too many shows.
    const MOST_LIVE: u32 = 20;

    /// The application's credentials that are good at `now`, newest first;
    /// none when it is not within the boundary.
    pub async fn live_credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Vec<Credential>> {
        const OWNED: Sql = sql!(
            "SELECT c.id, c.origin, c.prefix, c.hash, c.last_four, c.created_at, c.expires_at, c.revoked_at
            FROM applications a JOIN credentials c ON c.application_id = a.id
            WHERE a.owner = $4 AND a.id = $1 AND c.dead_at > $2 AND c.revoked_at IS NULL
            ORDER BY c.id DESC LIMIT $3"
        );
        const ANY: Sql = sql!(
            "SELECT id, origin, prefix, hash, last_four, created_at, expires_at, revoked_at
            FROM credentials WHERE application_id = $1 AND dead_at > $2 AND revoked_at IS NULL
            ORDER BY id DESC LIMIT $3"
        );
        let mut values = vec![application.into(), now.into(), ReadTx::MOST_LIVE.into()];
        let sql = match bounding_owner(within) {
            Some(owner) => {
                values.push(owner_key(owner).into());
                OWNED
            }
            None => ANY,
        };
        self.fetch_all(sql, &values, read).await
    }
}

impl WriteTx {
    /// `Stale` when the application is not within the boundary.
    pub async fn insert_credential(
        &mut self,
        within: Within,
        application: ApplicationId,
        credential: &Credential,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO credentials (application_id, id, origin, prefix, hash, last_four, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        self.application(within, application).await?.ok_or(StorageError::Stale)?;
        let values = [
            application.into(),
            credential.id.into(),
            print_origin(credential.origin).into(),
            credential.prefix.as_str().into(),
            credential.hash.into(),
            credential.last_four.as_str().into(),
            credential.created_at.into(),
            credential.expires_at.into(),
        ];
        self.execute(INSERT, &values).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(())
    }

    /// Ends every credential of the application at once, however it came to be.
    /// `Stale` when the application is not within the boundary.
    pub async fn revoke_credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<u64> {
        const REVOKE: Sql =
            sql!("UPDATE credentials SET revoked_at = $2 WHERE application_id = $1 AND revoked_at IS NULL");
        self.application(within, application).await?.ok_or(StorageError::Stale)?;
        let revoked = self.execute(REVOKE, &[application.into(), now.into()]).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(revoked)
    }

    /// Ends what the last rotation made no later than `deadline`; one that has
    /// an earlier deadline keeps it, and what was added on its own is not
    /// touched. `Stale` when the application is not within the boundary.
    pub async fn end_rotated_credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
        deadline: Timestamp,
    ) -> Result<u64> {
        const END: Sql = sql!(
            "UPDATE credentials SET expires_at = $2
            WHERE application_id = $1 AND origin = 'rotation' AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > $2)"
        );
        self.application(within, application).await?.ok_or(StorageError::Stale)?;
        let ended = self.execute(END, &[application.into(), deadline.into()]).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(ended)
    }

    /// Deletes at most `limit` credentials of anybody's that were of no use
    /// from `before` on, and says how many. Nobody is told: whoever keeps a
    /// copy refuses them already. `Stale` within anything but the platform.
    pub async fn delete_dead_credentials(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        const DELETE: Sql = sql!(
            "DELETE FROM credentials WHERE hash IN (
                SELECT hash FROM credentials WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2)"
        );
        one_row(u64::from(within == Within::Platform))?;
        self.execute(DELETE, &[before.into(), limit.into()]).await
    }
}

const fn print_origin(origin: CredentialOrigin) -> &'static str {
    match origin {
        CredentialOrigin::Rotation => "rotation",
        CredentialOrigin::Added => "added",
    }
}

fn parse_origin(text: &str) -> Result<CredentialOrigin, &'static str> {
    match text {
        "rotation" => Ok(CredentialOrigin::Rotation),
        "added" => Ok(CredentialOrigin::Added),
        _ => Err("neither rotation nor added"),
    }
}

fn read(row: &Row<'_>) -> Result<Credential> {
    Ok(Credential {
        id: row.get("id")?,
        origin: row.parse("origin", parse_origin)?,
        prefix: row.get("prefix")?,
        hash: row.get("hash")?,
        last_four: row.get("last_four")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
