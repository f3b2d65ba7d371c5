//! What proves that an application is itself: hashes only.

use appkeep_domain::{ApplicationId, Credential, CredentialOrigin, Timestamp, Within};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError};
use crate::owners::{bounding_owner, owner_key};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The application's credentials, newest first, refused ones too; none when
    /// it is not within the boundary. At most `Credential::MAX_LIVE` are live.
    pub async fn credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
    ) -> Result<Vec<Credential>> {
        const OWNED: Sql = sql!(
            "SELECT c.id, c.origin, c.prefix, c.hash, c.last_four, c.created_at, c.expires_at, c.revoked_at
            FROM applications a JOIN credentials c ON c.application_id = a.id
            WHERE a.owner = $1 AND a.id = $2 ORDER BY c.id DESC"
        );
        const ANY: Sql = sql!(
            "SELECT id, origin, prefix, hash, last_four, created_at, expires_at, revoked_at
            FROM credentials WHERE application_id = $1 ORDER BY id DESC"
        );
        match bounding_owner(within) {
            Some(owner) => self.fetch_all(OWNED, &[owner_key(owner).into(), application.into()], read).await,
            None => self.fetch_all(ANY, &[application.into()], read).await,
        }
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
