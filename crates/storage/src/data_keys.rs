//! The keys that seal what is stored, wrapped under the master key.

use appkeep_domain::{Issuer, Timestamp, Within};

use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// A data key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    pub issuer: Issuer,
    /// Counts from 1; the newest seals, the older ones still open.
    pub version: u32,
    pub wrapped: Vec<u8>,
    pub created_at: Timestamp,
}

const INSERT_DATA_KEY: Sql =
    sql!("INSERT INTO data_keys (owner, version, wrapped, created_at) VALUES ($1, $2, $3, $4)");

const DATA_KEYS: Sql =
    sql!("SELECT owner, version, wrapped, created_at FROM data_keys WHERE owner = $1 ORDER BY version");

const ALL_DATA_KEYS: Sql =
    sql!("SELECT owner, version, wrapped, created_at FROM data_keys ORDER BY owner, version");

const REWRAP_DATA_KEY: Sql = sql!("UPDATE data_keys SET wrapped = $3 WHERE owner = $1 AND version = $2");

impl ReadTx {
    /// Those of every issuer; only the platform may ask.
    pub async fn all_data_keys(&mut self, within: Within) -> Result<Vec<WrappedDataKey>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(ALL_DATA_KEYS, &[], read_data_key).await
    }

    /// Whether anything was ever sealed; only the platform may ask.
    pub async fn has_data_keys(&mut self, within: Within) -> Result<bool> {
        const ANY: Sql = sql!("SELECT version FROM data_keys LIMIT 1");
        let any = self.fetch_optional(ANY, &[], |row| row.get::<u32>("version")).await?;
        Ok(within == Within::Platform && any.is_some())
    }

    /// All data keys of an issuer, the newest last; none when the issuer is
    /// not within reach.
    pub async fn data_keys(&mut self, within: Within, issuer: Issuer) -> Result<Vec<WrappedDataKey>> {
        if !self.reaches(within, issuer).await? {
            return Ok(Vec::new());
        }
        self.fetch_all(DATA_KEYS, &[issuer.as_bytes().into()], read_data_key).await
    }
}

impl WriteTx {
    /// [`StorageError::Stale`] when the issuer is not within reach.
    pub async fn insert_data_key(&mut self, within: Within, key: &WrappedDataKey) -> Result<()> {
        if !self.reaches(within, key.issuer).await? {
            return Err(StorageError::Stale);
        }
        let values = [
            key.issuer.as_bytes().into(),
            key.version.into(),
            key.wrapped.as_slice().into(),
            key.created_at.into(),
        ];
        self.execute(INSERT_DATA_KEY, &values).await.map(drop)
    }

    /// Keeps another wrapping of the same key. [`StorageError::Stale`] when
    /// there is no such key, or its issuer is not within reach.
    pub async fn rewrap_data_key(&mut self, within: Within, key: &WrappedDataKey) -> Result<()> {
        if !self.reaches(within, key.issuer).await? {
            return Err(StorageError::Stale);
        }
        let values = [key.issuer.as_bytes().into(), key.version.into(), key.wrapped.as_slice().into()];
        one_row(self.execute(REWRAP_DATA_KEY, &values).await?)
    }
}

fn read_data_key(row: &Row<'_>) -> Result<WrappedDataKey> {
    Ok(WrappedDataKey {
        issuer: Issuer::from_bytes(row.get("owner")?),
        version: row.get("version")?,
        wrapped: row.get("wrapped")?,
        created_at: row.get("created_at")?,
    })
}
