//! What proves that an application is itself: hashes only.

mod ending;

use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationId, Credential, CredentialClass, CredentialId,
    CredentialOrigin, CredentialUse, Environment, Lifetime, Name, SecretHash, Timestamp, UsedCredential,
    Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

macro_rules! credential_columns {
    () => {
        "c.id, c.environment, c.origin, c.name, c.prefix, c.hash, c.last_four, c.created_at, c.created_by_kind, c.created_by_id,
        c.expires_at, c.revoked_at"
    };
}
pub(crate) use credential_columns;

const BY_HASH: Sql = sql!(concat!(
    "SELECT c.application_id, ",
    credential_columns!(),
    " FROM credentials c WHERE c.hash = $1"
));

impl ReadTx {
    /// Most that are read at once: of each class twice as many as may be live,
    /// so that one too many shows.
    pub const MOST_LIVE: u32 = 66;

    /// The application's credentials that are good at `now`, newest first;
    /// none when it is not within the boundary.
    pub async fn live_credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Vec<Credential>> {
        const OWNED: Sql = sql!(concat!(
            "SELECT ",
            credential_columns!(),
            " FROM applications a JOIN credentials c ON c.application_id = a.id
            WHERE a.owner = $4 AND a.id = $1 AND c.dead_at > $2 AND c.revoked_at IS NULL
            ORDER BY c.id DESC LIMIT $3"
        ));
        const ANY: Sql = sql!(concat!(
            "SELECT ",
            credential_columns!(),
            " FROM credentials c WHERE c.application_id = $1 AND c.dead_at > $2 AND c.revoked_at IS NULL
            ORDER BY c.id DESC LIMIT $3"
        ));
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

    /// The application's credentials that live or died after `dead_after`, with
    /// their use, newest first, after `after`, at most `limit`; none when the
    /// application is not within the boundary.
    pub async fn credentials(
        &mut self,
        within: Within,
        application: &Application,
        dead_after: Timestamp,
        (after, limit): (Option<CredentialId>, u32),
    ) -> Result<Vec<UsedCredential>> {
        const LIST: Sql = sql!(concat!(
            "SELECT ",
            credential_columns!(),
            ", u.last_used_at, u.last_used_from, u.longest_gap_s
            FROM credentials c LEFT JOIN credential_uses u
                ON u.application_id = c.application_id AND u.credential_id = c.id
            WHERE c.application_id = $1 AND c.dead_at > $2 AND c.id < $3 ORDER BY c.id DESC LIMIT $4"
        ));
        if !reaches(within, application.owner) {
            return Ok(Vec::new());
        }
        // Every id is less than more bytes than an id has.
        let before = after.map_or_else(|| vec![0xff; 17], |after| after.as_bytes().to_vec());
        let values = [application.id.into(), dead_after.into(), before.into(), limit.into()];
        self.fetch_all(LIST, &values, read_used).await
    }

    /// One of the application's credentials, dead ones too; none when the
    /// application is not within the boundary.
    pub async fn credential(
        &mut self,
        within: Within,
        application: &Application,
        id: CredentialId,
    ) -> Result<Option<Credential>> {
        const ONE: Sql = sql!(concat!(
            "SELECT ",
            credential_columns!(),
            " FROM credentials c WHERE c.application_id = $1 AND c.id = $2"
        ));
        if !reaches(within, application.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[application.id.into(), id.into()], read).await
    }
}

impl ReadTx {
    /// The API key with this hash, dead or not, and whose it is; none within
    /// anything but the platform, since a key does not say where to look.
    pub async fn api_key(
        &mut self,
        within: Within,
        hash: &SecretHash,
    ) -> Result<Option<(ApplicationId, Credential)>> {
        if within != Within::Platform {
            return Ok(None);
        }
        let found = self.fetch_optional(BY_HASH, &[(*hash).into()], read_whose).await?;
        Ok(found.filter(|(_, credential)| matches!(credential.class, CredentialClass::ApiKey(_))))
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
            "INSERT INTO credentials (application_id, id, origin, prefix, hash, last_four, created_at, expires_at,
                name, created_by_kind, created_by_id, environment, owner)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        let owner = self.application(within, application).await?.ok_or(StorageError::Stale)?.owner;
        let values = [
            application.into(),
            credential.id.into(),
            print_origin(credential.origin).into(),
            credential.prefix.as_str().into(),
            credential.hash.into(),
            credential.last_four.as_str().into(),
            credential.created_at.into(),
            credential.expires_at.into(),
            credential.name.as_ref().map(Name::as_str).into(),
            credential.created_by.as_ref().map(|by| by.kind.as_str()).into(),
            credential.created_by.as_ref().map(|by| by.id.as_str()).into(),
            print_class(credential.class).into(),
            owner_key(owner).into(),
        ];
        self.execute(INSERT, &values).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(())
    }

    /// Ends every client secret of the application at once, however it came to
    /// be. `Stale` when the application is not within the boundary.
    pub async fn revoke_client_secrets(
        &mut self,
        within: Within,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<u64> {
        const REVOKE: Sql = sql!(
            "UPDATE credentials SET revoked_at = $2
            WHERE application_id = $1 AND revoked_at IS NULL AND environment IS NULL"
        );
        self.application(within, application).await?.ok_or(StorageError::Stale)?;
        let revoked = self.execute(REVOKE, &[application.into(), now.into()]).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(revoked)
    }

    /// Ends every API key of the application at once. `Stale` when it is not
    /// within the boundary.
    pub async fn revoke_api_keys(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<u64> {
        const REVOKE: Sql = sql!(
            "UPDATE credentials SET revoked_at = $2
            WHERE application_id = $1 AND revoked_at IS NULL AND environment IN ('key_live', 'key_test')"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        let revoked = self.execute(REVOKE, &[application.id.into(), now.into()]).await?;
        self.announce(Change { topic: Topic::Application, key: application.id.as_bytes() });
        Ok(revoked)
    }

    /// Ends what the last rotation made of a class no later than `deadline`; one
    /// that has an earlier deadline keeps it, and what was added on its own is
    /// not touched. `Stale` when the application is not within the boundary.
    pub async fn end_rotated_credentials(
        &mut self,
        within: Within,
        application: ApplicationId,
        (class, deadline): (CredentialClass, Timestamp),
    ) -> Result<u64> {
        const END: Sql = sql!(
            "UPDATE credentials SET expires_at = $2
            WHERE application_id = $1 AND origin = 'rotation' AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > $2) AND coalesce(environment, '') = $3"
        );
        self.application(within, application).await?.ok_or(StorageError::Stale)?;
        let class = print_class(class).unwrap_or_default();
        let values = [application.into(), deadline.into(), class.into()];
        let ended = self.execute(END, &values).await?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(ended)
    }

    /// Ends a credential at `now`; `Stale` when it is dead already, is not
    /// there, or its application is not within the boundary.
    pub async fn revoke_credential(
        &mut self,
        within: Within,
        application: &Application,
        id: CredentialId,
        now: Timestamp,
    ) -> Result<()> {
        const REVOKE: Sql = sql!(
            "UPDATE credentials SET revoked_at = $3
            WHERE application_id = $1 AND id = $2 AND revoked_at IS NULL AND dead_at > $3"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        one_row(self.execute(REVOKE, &[application.id.into(), id.into(), now.into()]).await?)?;
        self.announce(Change { topic: Topic::Application, key: application.id.as_bytes() });
        Ok(())
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
        const USES: Sql = sql!(
            "DELETE FROM credential_uses WHERE (application_id, credential_id) IN (
                SELECT application_id, id FROM credentials WHERE dead_at <= $1 ORDER BY dead_at, hash LIMIT $2)"
        );
        const DELETE: Sql = sql!(
            "DELETE FROM credentials WHERE hash IN (
                SELECT hash FROM credentials WHERE dead_at <= $1 ORDER BY dead_at, hash LIMIT $2)"
        );
        one_row(u64::from(within == Within::Platform))?;
        self.execute(USES, &[before.into(), limit.into()]).await?;
        self.execute(DELETE, &[before.into(), limit.into()]).await
    }
}

/// Null for a client secret.
const fn print_class(class: CredentialClass) -> Option<&'static str> {
    match class {
        CredentialClass::ClientSecret => None,
        CredentialClass::EnvironmentSecret(environment) => Some(environment.as_str()),
        CredentialClass::ApiKey(Environment::Live) => Some("key_live"),
        CredentialClass::ApiKey(Environment::Test) => Some("key_test"),
    }
}

fn parse_class(text: &str) -> Result<CredentialClass, &'static str> {
    let known = CredentialClass::ALL.into_iter().find(|class| print_class(*class) == Some(text));
    known.ok_or("no class of credentials")
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
        class: row.parse_optional("environment", parse_class)?.unwrap_or(CredentialClass::ClientSecret),
        origin: row.parse("origin", parse_origin)?,
        name: row.parse_optional("name", Name::parse)?,
        prefix: row.get("prefix")?,
        hash: row.get("hash")?,
        last_four: row.get("last_four")?,
        created_at: row.get("created_at")?,
        created_by: read_creator(row)?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

fn read_whose(row: &Row<'_>) -> Result<(ApplicationId, Credential)> {
    Ok((row.get("application_id")?, read(row)?))
}

pub(crate) fn read_creator(row: &Row<'_>) -> Result<Option<Actor>> {
    let kind = row.parse_optional("created_by_kind", ActorKind::parse)?;
    let id: Option<String> = row.get("created_by_id")?;
    Ok(kind.zip(id).map(|(kind, id)| Actor { kind, id }))
}

fn read_used(row: &Row<'_>) -> Result<UsedCredential> {
    let last_used_at: Option<Timestamp> = row.get("last_used_at")?;
    let used = match last_used_at {
        None => None,
        Some(last_used_at) => Some(CredentialUse {
            last_used_at,
            last_used_from: row.parse_optional("last_used_from", str::parse)?,
            longest_gap: Lifetime::from_seconds(row.get("longest_gap_s")?),
        }),
    };
    Ok(UsedCredential { credential: read(row)?, used })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn a_key_is_sought_by_its_hash() {
        assert_seeks(BY_HASH).await;
    }

    #[test]
    fn every_class_is_read_back() {
        for class in CredentialClass::ALL {
            let text = print_class(class);
            let read = text.map_or(Ok(CredentialClass::ClientSecret), parse_class);
            assert_eq!(read, Ok(class), "{text:?}");
        }
        assert!(parse_class("key").is_err());
    }
}
