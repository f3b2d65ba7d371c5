//! Tokens of the vault: what is sealed, and by what it is found.

mod access_sessions;
mod list;

use appkeep_domain::access::Container;
use appkeep_domain::{Actor, ActorKind, Environment, Owner, TenantId, Timestamp, Within};

use crate::error::{Result, StorageError, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

pub use self::list::{VaultBy, VaultCursor, VaultSeek};

/// Whose tokens: those of one environment of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VaultOf {
    pub tenant: TenantId,
    pub environment: Environment,
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultToken {
    pub of: VaultOf,
    pub id: String,
    pub token_type: String,
    pub container: Container,
    pub fingerprint: Option<String>,
    pub data_key_version: u32,
    pub sealed: Vec<u8>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    /// Who changed it last, and when.
    pub modified: Option<(Actor, Timestamp)>,
    pub expires_at: Option<Timestamp>,
    /// Counts its changes, from 1.
    pub version: i64,
}

/// By what a token is found that is sealed: an HMAC.
pub type VaultTag = [u8; 32];

impl VaultOf {
    fn owner(self) -> Owner {
        Owner::Tenant(self.tenant)
    }

    fn is_live(self) -> bool {
        self.environment == Environment::Live
    }
}

impl VaultToken {
    pub const FIRST_VERSION: i64 = 1;
}

macro_rules! token_columns {
    () => {
        "t.tenant_id, t.live, t.id, t.type, t.container, t.fingerprint, t.data_key_version, t.sealed,
        t.created_by_kind, t.created_by, t.created_at, t.modified_by_kind, t.modified_by, t.modified_at,
        t.expires_at, t.version"
    };
}
pub(crate) use token_columns;

const ONE: Sql = sql!(concat!(
    "SELECT ",
    token_columns!(),
    " FROM vault_tokens t WHERE t.tenant_id = $1 AND t.live = $2 AND t.id = $3
        AND (t.expires_at IS NULL OR t.expires_at > $4)"
));

/// Of several the first that was made.
const SAME: Sql = sql!(concat!(
    "SELECT ",
    token_columns!(),
    " FROM vault_tokens t WHERE t.tenant_id = $1 AND t.live = $2 AND t.fingerprint = $3 AND t.type = $4
        AND (t.expires_at IS NULL OR t.expires_at > $5) LIMIT 1"
));

const EXPIRED: Sql = sql!(concat!(
    "SELECT ",
    token_columns!(),
    " FROM vault_tokens t WHERE t.expires_at <= $1 ORDER BY t.expires_at LIMIT $2"
));

const DELETE_TAGS: Sql = sql!("DELETE FROM vault_tags WHERE tenant_id = $1 AND live = $2 AND token_id = $3");

impl ReadTx {
    /// None when there is none, its time is over, or it is not within the
    /// boundary.
    pub async fn vault_token(
        &mut self,
        within: Within,
        (of, id): (VaultOf, &str),
        now: Timestamp,
    ) -> Result<Option<VaultToken>> {
        if !reaches(within, of.owner()) {
            return Ok(None);
        }
        let values = [of.tenant.into(), of.is_live().into(), id.into(), now.into()];
        self.fetch_optional(ONE, &values, read).await
    }

    /// One of this type and fingerprint, if there is any.
    pub async fn same_vault_token(
        &mut self,
        within: Within,
        of: VaultOf,
        (token_type, fingerprint): (&str, &str),
        now: Timestamp,
    ) -> Result<Option<VaultToken>> {
        if !reaches(within, of.owner()) {
            return Ok(None);
        }
        let values =
            [of.tenant.into(), of.is_live().into(), fingerprint.into(), token_type.into(), now.into()];
        self.fetch_optional(SAME, &values, read).await
    }

    /// Those whose time is over, at most `limit`, the longest ago first; the
    /// platform's to look at.
    pub async fn expired_vault_tokens(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<VaultToken>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(EXPIRED, &[now.into(), limit.into()], read).await
    }
}

impl WriteTx {
    /// An id that is in use is `Taken("vault_tokens.tenant_id, vault_tokens.live,
    /// vault_tokens.id")`; `Stale` when the tenant is not there or not within the
    /// boundary.
    pub async fn insert_vault_token(
        &mut self,
        within: Within,
        token: &VaultToken,
        tags: &[VaultTag],
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO vault_tokens (tenant_id, live, id, version, container, fingerprint, data_key_version,
                sealed, modified_by_kind, modified_by, modified_at, expires_at, type, created_by_kind,
                created_by, created_at)
            SELECT n.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
            FROM tenants n WHERE n.id = $1"
        );
        one_row(u64::from(reaches(within, token.of.owner())))?;
        let mut values = changeable(token);
        values.extend([
            token.token_type.as_str().into(),
            token.created_by.kind.as_str().into(),
            token.created_by.id.as_str().into(),
            token.created_at.into(),
        ]);
        one_row(self.execute(INSERT, &values).await?)?;
        self.insert_vault_tags(token, tags).await
    }

    /// Writes the token over the version before its own, and its tags in the
    /// place of all that it had; `Stale` when somebody else was quicker, it is
    /// not there, or not within the boundary.
    pub async fn update_vault_token(
        &mut self,
        within: Within,
        token: &VaultToken,
        tags: &[VaultTag],
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE vault_tokens SET version = $4, container = $5, fingerprint = $6, data_key_version = $7,
                sealed = $8, modified_by_kind = $9, modified_by = $10, modified_at = $11, expires_at = $12
            WHERE tenant_id = $1 AND live = $2 AND id = $3 AND version = $4 - 1"
        );
        one_row(u64::from(reaches(within, token.of.owner())))?;
        one_row(self.execute(UPDATE, &changeable(token)).await?)?;
        self.execute(DELETE_TAGS, &key(token)).await?;
        self.insert_vault_tags(token, tags).await
    }

    /// Leaves nothing of the version that was read; `Stale` when it is not there
    /// any more, or not within the boundary.
    pub async fn delete_vault_token(&mut self, within: Within, token: &VaultToken) -> Result<()> {
        const DELETE: Sql =
            sql!("DELETE FROM vault_tokens WHERE tenant_id = $1 AND live = $2 AND id = $3 AND version = $4");
        one_row(u64::from(reaches(within, token.of.owner())))?;
        let mut values = key(token).to_vec();
        values.push(token.version.into());
        one_row(self.execute(DELETE, &values).await?)?;
        self.execute(DELETE_TAGS, &key(token)).await?;
        Ok(())
    }

    async fn insert_vault_tags(&mut self, token: &VaultToken, tags: &[VaultTag]) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO vault_tags (tenant_id, live, token_id, tag, container, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)"
        );
        for tag in tags {
            let mut values = key(token).to_vec();
            values.extend([(*tag).into(), token.container.as_str().into(), token.created_at.into()]);
            self.execute(INSERT, &values).await?;
        }
        Ok(())
    }
}

fn key(token: &VaultToken) -> [Value<'_>; 3] {
    [token.of.tenant.into(), token.of.is_live().into(), token.id.as_str().into()]
}

/// The key, the version, and the columns that an update may change.
fn changeable(token: &VaultToken) -> Vec<Value<'_>> {
    let modified = token.modified.as_ref();
    let mut values = key(token).to_vec();
    values.extend([
        token.version.into(),
        token.container.as_str().into(),
        token.fingerprint.as_deref().into(),
        token.data_key_version.into(),
        token.sealed.as_slice().into(),
        modified.map(|(actor, _)| actor.kind.as_str()).into(),
        modified.map(|(actor, _)| actor.id.as_str()).into(),
        modified.map(|(_, at)| *at).into(),
        token.expires_at.into(),
    ]);
    values
}

fn read(row: &Row<'_>) -> Result<VaultToken> {
    let environment = if row.get("live")? { Environment::Live } else { Environment::Test };
    let modified_kind = row.parse_optional("modified_by_kind", ActorKind::parse)?;
    let modified = match (modified_kind, row.get("modified_by")?, row.get("modified_at")?) {
        (Some(kind), Some(id), Some(at)) => Some((Actor { kind, id }, at)),
        (None, None, None) => None,
        _ => return Err(StorageError::corrupt("modified_by", "not with the others")),
    };
    Ok(VaultToken {
        of: VaultOf { tenant: row.get("tenant_id")?, environment },
        id: row.get("id")?,
        token_type: row.get("type")?,
        container: row.parse("container", Container::parse)?,
        fingerprint: row.get("fingerprint")?,
        data_key_version: row.get("data_key_version")?,
        sealed: row.get("sealed")?,
        created_by: Actor {
            kind: row.parse("created_by_kind", ActorKind::parse)?,
            id: row.get("created_by")?,
        },
        created_at: row.get("created_at")?,
        modified,
        expires_at: row.get("expires_at")?,
        version: row.get("version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn tokens_are_sought() {
        for sql in [ONE, SAME, EXPIRED, DELETE_TAGS] {
            assert_seeks(sql).await;
        }
    }
}
