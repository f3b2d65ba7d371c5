//! The private keys that tokens are signed with, sealed.

use appkeep_domain::{Issuer, SigningAlgorithm, SigningKeyId, Timestamp, Within};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// A signing key as it is kept: only the public half can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSigningKey {
    pub issuer: Issuer,
    pub id: SigningKeyId,
    pub algorithm: SigningAlgorithm,
    /// JSON (RFC 7517 §4).
    pub public_jwk: String,
    /// The PKCS #8 form, sealed under the issuer's data key of this version.
    pub sealed_private: Vec<u8>,
    pub data_key_version: u32,
    pub created_at: Timestamp,
    /// Published before, signing from this moment on.
    pub activates_at: Timestamp,
    /// From this moment on it neither signs nor is published.
    pub retires_at: Option<Timestamp>,
}

impl SealedSigningKey {
    pub fn has_retired(&self, now: Timestamp) -> bool {
        self.retires_at.is_some_and(|deadline| deadline <= now)
    }
}

/// The half of a signing key that verifies. It stays when the other half is
/// destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicSigningKey {
    pub id: SigningKeyId,
    pub algorithm: SigningAlgorithm,
    /// JSON (RFC 7517 §4).
    pub jwk: String,
}

const INSERT_SIGNING_KEY: Sql = sql!(
    "INSERT INTO signing_keys (owner, id, alg, public_jwk, sealed_private, data_key_version, created_at,
                               activates_at, retires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);

const SIGNING_KEYS: Sql = sql!(
    "SELECT owner, id, alg, public_jwk, sealed_private, data_key_version, created_at, activates_at, retires_at
     FROM signing_keys WHERE owner = $1 ORDER BY activates_at, id"
);

const ISSUERS: Sql = sql!("SELECT DISTINCT owner FROM signing_keys ORDER BY owner");

/// What ends earlier is left as it is.
const RETIRE_SIGNING_KEY: Sql = sql!(
    "UPDATE signing_keys SET retires_at = $3
     WHERE owner = $1 AND id = $2 AND (retires_at IS NULL OR retires_at > $3)"
);

const KEEP_PUBLIC_HALVES: Sql = sql!(
    "INSERT INTO retired_signing_keys (owner, id, alg, public_jwk, activates_at, retires_at)
     SELECT owner, id, alg, public_jwk, activates_at, retires_at FROM signing_keys WHERE retires_at < $1"
);

const DELETE_RETIRED: Sql = sql!("DELETE FROM signing_keys WHERE retires_at < $1");

const PUBLIC_SIGNING_KEYS: Sql = sql!(
    "SELECT id, alg, public_jwk, activates_at FROM retired_signing_keys WHERE owner = $1
     UNION ALL SELECT id, alg, public_jwk, activates_at FROM signing_keys WHERE owner = $1
     ORDER BY activates_at, id"
);

impl ReadTx {
    /// Everybody who has signing keys; only the platform may ask.
    pub async fn issuers(&mut self, within: Within) -> Result<Vec<Issuer>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(ISSUERS, &[], |row| Ok(Issuer::from_bytes(row.get("owner")?))).await
    }

    /// All keys of an issuer, the one that activates first before the others;
    /// none when the issuer is not within reach.
    pub async fn signing_keys(&mut self, within: Within, issuer: Issuer) -> Result<Vec<SealedSigningKey>> {
        if !self.reaches(within, issuer).await? {
            return Ok(Vec::new());
        }
        self.fetch_all(SIGNING_KEYS, &[issuer.as_bytes().into()], read_signing_key).await
    }

    /// The public halves of all keys that an issuer has or ever had, the one
    /// that activated first before the others; none when the issuer is not
    /// within reach. For what was signed back then, not for tokens.
    pub async fn public_signing_keys(
        &mut self,
        within: Within,
        issuer: Issuer,
    ) -> Result<Vec<PublicSigningKey>> {
        if !self.reaches(within, issuer).await? {
            return Ok(Vec::new());
        }
        self.fetch_all(PUBLIC_SIGNING_KEYS, &[issuer.as_bytes().into()], read_public_key).await
    }
}

impl WriteTx {
    /// [`StorageError::Stale`] when the issuer is not within reach.
    pub async fn insert_signing_key(&mut self, within: Within, key: &SealedSigningKey) -> Result<()> {
        if !self.reaches(within, key.issuer).await? {
            return Err(StorageError::Stale);
        }
        let values = [
            key.issuer.as_bytes().into(),
            key.id.into(),
            key.algorithm.as_str().into(),
            (&key.public_jwk).into(),
            key.sealed_private.as_slice().into(),
            key.data_key_version.into(),
            key.created_at.into(),
            key.activates_at.into(),
            key.retires_at.into(),
        ];
        self.execute(INSERT_SIGNING_KEY, &values).await?;
        self.announce(Change { topic: Topic::SigningKeys, key: key.issuer.as_bytes() });
        Ok(())
    }

    /// Ends a key at `at`. [`StorageError::Stale`] when it is not within reach,
    /// or ends no later already.
    pub async fn retire_signing_key(
        &mut self,
        within: Within,
        (issuer, id): (Issuer, SigningKeyId),
        at: Timestamp,
    ) -> Result<()> {
        if !self.reaches(within, issuer).await? {
            return Err(StorageError::Stale);
        }
        let values = [issuer.as_bytes().into(), id.into(), at.into()];
        one_row(self.execute(RETIRE_SIGNING_KEY, &values).await?)?;
        self.announce(Change { topic: Topic::SigningKeys, key: issuer.as_bytes() });
        Ok(())
    }

    /// Destroys the private halves of keys of all issuers that have retired
    /// before a moment, keeps their public halves, and says how many there
    /// were; only the platform may. Nobody uses them any more, so that nobody
    /// is told.
    pub async fn destroy_retired_signing_keys(&mut self, within: Within, before: Timestamp) -> Result<u64> {
        if within != Within::Platform {
            return Ok(0);
        }
        self.execute(KEEP_PUBLIC_HALVES, &[before.into()]).await?;
        self.execute(DELETE_RETIRED, &[before.into()]).await
    }
}

fn read_signing_key(row: &Row<'_>) -> Result<SealedSigningKey> {
    Ok(SealedSigningKey {
        issuer: Issuer::from_bytes(row.get("owner")?),
        id: row.get("id")?,
        algorithm: row.parse("alg", SigningAlgorithm::parse)?,
        public_jwk: row.get("public_jwk")?,
        sealed_private: row.get("sealed_private")?,
        data_key_version: row.get("data_key_version")?,
        created_at: row.get("created_at")?,
        activates_at: row.get("activates_at")?,
        retires_at: row.get("retires_at")?,
    })
}

fn read_public_key(row: &Row<'_>) -> Result<PublicSigningKey> {
    Ok(PublicSigningKey {
        id: row.get("id")?,
        algorithm: row.parse("alg", SigningAlgorithm::parse)?,
        jwk: row.get("public_jwk")?,
    })
}
