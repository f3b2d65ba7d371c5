//! Audit entries, written in the transaction of what they tell.

use appkeep_domain::{Actor, ActorKind, ApplicationId, AuditEntry, Owner, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, owner_level, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The newest entries about an application, at most `limit`; none when its
    /// owner is not within the boundary.
    pub async fn audit_entries_of(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>> {
        const NEWEST: Sql = sql!(
            "SELECT owner, owner_level, id, occurred_at, actor_kind, actor_id, action, application_id, before,
                after, request_id, address
            FROM audit_entries WHERE owner = $1 AND application_id = $2 ORDER BY id DESC LIMIT $3"
        );
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        self.fetch_all(NEWEST, &[owner_key(owner).into(), application.into(), limit.into()], read).await
    }
}

impl WriteTx {
    pub async fn insert_audit_entry(&mut self, within: Within, entry: &AuditEntry) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO audit_entries (owner, owner_level, id, occurred_at, actor_kind, actor_id, action,
                application_id, before, after, request_id, address)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        one_row(u64::from(reaches(within, entry.owner)))?;
        let values = [
            owner_key(entry.owner).into(),
            owner_level(entry.owner).into(),
            entry.id.into(),
            entry.occurred_at.into(),
            entry.actor.kind.as_str().into(),
            entry.actor.id.as_str().into(),
            entry.action.as_str().into(),
            entry.application.into(),
            entry.before.as_deref().into(),
            entry.after.as_deref().into(),
            entry.request_id.as_str().into(),
            entry.address.as_deref().into(),
        ];
        self.execute(INSERT, &values).await?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get("id")?,
        owner: read_owner(row)?,
        occurred_at: row.get("occurred_at")?,
        actor: Actor { kind: row.parse("actor_kind", ActorKind::parse)?, id: row.get("actor_id")? },
        action: row.get("action")?,
        application: row.get("application_id")?,
        before: row.get("before")?,
        after: row.get("after")?,
        request_id: row.get("request_id")?,
        address: row.get("address")?,
    })
}
