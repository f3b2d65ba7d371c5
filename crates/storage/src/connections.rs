//! What applications are registered as with those who sign their people in.

use appkeep_domain::{
    AppleKey, Connection, ConnectionId, Directory, DirectoryId, Issuer, Name, ProviderClientId,
    ProviderIssuer, ProviderName, ProviderPlace, Within,
};

use crate::changes::{Change, Topic};
use crate::claims::parse_scope;
use crate::error::{Result, StorageError, one_row};
use crate::owners::reaches;
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What an application proves to a provider who it is with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Whose data key seals it, and which of those.
    pub issuer: Issuer,
    pub data_key_version: u32,
    pub sealed: Vec<u8>,
}

macro_rules! connections_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, directory_id, provider, issuer, client_id, scopes, display_name, apple_team_id,
                apple_key_id, enabled, version, created_at, updated_at
            FROM connections WHERE ",
            $condition
        )
    };
}

const LIST: Sql = sql!(connections_where!("directory_id = $1 ORDER BY provider"));
const ONE: Sql = sql!(connections_where!("directory_id = $1 AND provider = $2"));

impl ReadTx {
    /// All that there are of a directory, by their providers' names; none when
    /// it is not within the boundary.
    pub async fn connections(&mut self, within: Within, directory: &Directory) -> Result<Vec<Connection>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        self.fetch_all(LIST, &[directory.id.into()], read).await
    }

    pub async fn connection(
        &mut self,
        within: Within,
        directory: &Directory,
        provider: &ProviderName,
    ) -> Result<Option<Connection>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[directory.id.into(), provider.as_str().into()], read).await
    }

    pub async fn connection_secret(
        &mut self,
        within: Within,
        directory: &Directory,
        connection: ConnectionId,
    ) -> Result<Option<SealedSecret>> {
        const SECRET: Sql = sql!(
            "SELECT sealed_by, data_key_version, sealed FROM connections WHERE id = $2 AND directory_id = $1"
        );
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(SECRET, &[directory.id.into(), connection.into()], read_secret).await
    }
}

impl WriteTx {
    /// A second one with a provider is `Taken("connections.directory_id,
    /// connections.provider")`; `Stale` when the directory is not there, or not
    /// within the boundary.
    pub async fn insert_connection(
        &mut self,
        within: Within,
        directory: &Directory,
        (connection, secret): (&Connection, &SealedSecret),
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO connections (directory_id, id, version, updated_at, client_id, scopes, display_name,
                apple_team_id, apple_key_id, enabled, provider, issuer, created_at, sealed_by,
                data_key_version, sealed)
            SELECT d.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
            FROM directories d WHERE d.id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner) && connection.directory == directory.id))?;
        let mut values = changeable(connection);
        values.extend([
            connection.provider.as_str().into(),
            connection.at.issuer().map(ProviderIssuer::as_str).into(),
            connection.created_at.into(),
        ]);
        values.extend(sealed_columns(secret));
        one_row(self.execute(INSERT, &values).await?)?;
        self.announce(change_of(directory.id));
        Ok(())
    }

    /// Writes the connection over the version before its own, and its secret if
    /// there is another; `Stale` when somebody else was quicker, it is not
    /// there, or its directory not within the boundary.
    pub async fn update_connection(
        &mut self,
        within: Within,
        directory: &Directory,
        (connection, secret): (&Connection, Option<&SealedSecret>),
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE connections SET version = $3, updated_at = $4, client_id = $5, scopes = $6,
                display_name = $7, apple_team_id = $8, apple_key_id = $9, enabled = $10
            WHERE directory_id = $1 AND id = $2 AND version = $3 - 1"
        );
        const SECRET: Sql = sql!(
            "UPDATE connections SET sealed_by = $3, data_key_version = $4, sealed = $5
            WHERE directory_id = $1 AND id = $2"
        );
        one_row(u64::from(reaches(within, directory.owner) && connection.directory == directory.id))?;
        one_row(self.execute(UPDATE, &changeable(connection)).await?)?;
        if let Some(secret) = secret {
            let mut values: Vec<Value<'_>> = vec![directory.id.into(), connection.id.into()];
            values.extend(sealed_columns(secret));
            one_row(self.execute(SECRET, &values).await?)?;
        }
        self.announce(change_of(directory.id));
        Ok(())
    }

    /// Leaves nothing of the connection, and nobody signs in by it any more; of
    /// many identities some are left to the sweep, which nobody reaches. `Stale`
    /// when it is not there, or its directory not within the boundary.
    pub async fn delete_connection(
        &mut self,
        within: Within,
        directory: &Directory,
        connection: ConnectionId,
    ) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM connections WHERE directory_id = $1 AND id = $2");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(DELETE, &[directory.id.into(), connection.into()]).await?)?;
        self.delete_remains(Remains::of_connection(directory.id, connection)).await?;
        self.announce(change_of(directory.id));
        Ok(())
    }
}

const fn change_of(directory: DirectoryId) -> Change {
    Change { topic: Topic::Directory, key: directory.as_bytes() }
}

/// The key, the version, and the columns that an update may change.
fn changeable(connection: &Connection) -> Vec<Value<'_>> {
    let apple = connection.at.apple();
    vec![
        connection.directory.into(),
        connection.id.into(),
        connection.version.into(),
        connection.updated_at.into(),
        connection.client_id.as_str().into(),
        connection.scopes.to_string().into(),
        connection.display_name.as_ref().map(Name::as_str).into(),
        apple.map(AppleKey::team_id).into(),
        apple.map(AppleKey::key_id).into(),
        connection.is_enabled.into(),
    ]
}

fn sealed_columns(secret: &SealedSecret) -> [Value<'_>; 3] {
    [secret.issuer.as_bytes().into(), secret.data_key_version.into(), secret.sealed.as_slice().into()]
}

fn read(row: &Row<'_>) -> Result<Connection> {
    let provider = row.parse("provider", ProviderName::parse)?;
    let issuer = row.parse_optional("issuer", ProviderIssuer::parse)?;
    let team_id: Option<String> = row.get("apple_team_id")?;
    let apple = row.parse_optional("apple_key_id", |key_id| {
        AppleKey::parse(team_id.as_deref().unwrap_or_default(), key_id)
    })?;
    let at = ProviderPlace::of(provider.kind(), (issuer, apple))
        .map_err(|reason| StorageError::corrupt("provider", reason))?;
    Ok(Connection {
        id: row.get("id")?,
        directory: row.get("directory_id")?,
        provider,
        at,
        client_id: row.parse("client_id", ProviderClientId::parse)?,
        scopes: row.parse("scopes", parse_scope)?,
        display_name: row.parse_optional("display_name", Name::parse)?,
        is_enabled: row.get("enabled")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_secret(row: &Row<'_>) -> Result<SealedSecret> {
    Ok(SealedSecret {
        issuer: Issuer::from_bytes(row.get("sealed_by")?),
        data_key_version: row.get("data_key_version")?,
        sealed: row.get("sealed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn connections_are_sought() {
        for sql in [LIST, ONE] {
            assert_seeks(sql).await;
        }
    }
}
