//! How credentials were used, as the nodes tell it, and how far that reaches.
//!
//! Nobody is told of these changes: no node keeps a copy.

use std::net::IpAddr;

use appkeep_domain::{ApplicationId, Coverage, CredentialId, Lifetime, NodeId, Timestamp, Within};
use serde_json::{Value as Json, json};

use crate::error::{Result, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// What one node saw of a credential since it last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedUse {
    pub application: ApplicationId,
    pub credential: CredentialId,
    pub first_used_at: Timestamp,
    pub last_used_at: Timestamp,
    /// Where the last came from.
    pub last_used_from: Option<IpAddr>,
    /// The longest time between two of them.
    pub longest_gap: Lifetime,
}

impl ReadTx {
    /// How far what is known of uses reaches at `now`; nowhere for anybody but
    /// the platform.
    pub async fn use_coverage(&mut self, within: Within, now: Timestamp) -> Result<Coverage> {
        const COVERAGE: Sql = sql!(
            "SELECT min(flushed_at) FILTER (WHERE flushed_at >= $1) AS complete_until,
                max(flushed_at) FILTER (WHERE flushed_at < $1) AS last_silent FROM nodes"
        );
        if within != Within::Platform {
            return Ok(Coverage::default());
        }
        let silent_before = [now.minus(Coverage::SILENT_AFTER).into()];
        Ok(self.fetch_optional(COVERAGE, &silent_before, read_coverage).await?.unwrap_or_default())
    }
}

impl ReadTx {
    /// Until when each node has told of everything, the last that did before
    /// the others; none for anybody but the platform.
    pub async fn node_marks(&mut self, within: Within) -> Result<Vec<Timestamp>> {
        const MARKS: Sql = sql!("SELECT flushed_at FROM nodes ORDER BY flushed_at DESC");
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(MARKS, &[], |row| row.get("flushed_at")).await
    }
}

impl WriteTx {
    /// Adds what a node saw, in one statement; of credentials that are gone
    /// nothing is kept. Telling twice changes nothing. `Stale` within anything
    /// but the platform.
    pub async fn add_credential_uses(&mut self, within: Within, observed: &[ObservedUse]) -> Result<()> {
        // The gap that ends with the first use began with the last one known.
        const ADD: Sql = sql!(
            postgres: "INSERT INTO credential_uses
                (application_id, credential_id, last_used_at, last_used_from, longest_gap_s)
            SELECT c.application_id, c.id, greatest(u.last, p.last_used_at),
                CASE WHEN u.last < p.last_used_at THEN p.last_used_from ELSE u.address END,
                greatest(u.gap, p.longest_gap_s, (u.first - p.last_used_at + 999999) / 1000000)
            FROM jsonb_to_recordset($1) AS u
                (application text, credential text, first bigint, last bigint, address text, gap bigint)
            JOIN credentials c
                ON c.application_id = decode(u.application, 'hex') AND c.id = decode(u.credential, 'hex')
            LEFT JOIN credential_uses p ON p.application_id = c.application_id AND p.credential_id = c.id
            ON CONFLICT (application_id, credential_id) DO UPDATE SET last_used_at = excluded.last_used_at,
                last_used_from = excluded.last_used_from, longest_gap_s = excluded.longest_gap_s",
            sqlite: "INSERT INTO credential_uses
                (application_id, credential_id, last_used_at, last_used_from, longest_gap_s)
            SELECT c.application_id, c.id, max(u.value ->> 'last', coalesce(p.last_used_at, u.value ->> 'last')),
                CASE WHEN u.value ->> 'last' < p.last_used_at THEN p.last_used_from ELSE u.value ->> 'address' END,
                max(u.value ->> 'gap', coalesce(p.longest_gap_s, 0),
                    coalesce((u.value ->> 'first' - p.last_used_at + 999999) / 1000000, 0))
            FROM json_each($1) AS u
            CROSS JOIN credentials c
                ON c.application_id = unhex(u.value ->> 'application') AND c.id = unhex(u.value ->> 'credential')
            LEFT JOIN credential_uses p ON p.application_id = c.application_id AND p.credential_id = c.id
            WHERE true
            ON CONFLICT (application_id, credential_id) DO UPDATE SET last_used_at = excluded.last_used_at,
                last_used_from = excluded.last_used_from, longest_gap_s = excluded.longest_gap_s",
        );
        one_row(u64::from(within == Within::Platform))?;
        let observed: Json = observed.iter().map(print).collect();
        self.execute(ADD, &[observed.to_string().into()]).await?;
        Ok(())
    }

    /// Says that the node has told of everything until `flushed_at`. `Stale`
    /// within anything but the platform.
    pub async fn mark_node(&mut self, within: Within, node: NodeId, flushed_at: Timestamp) -> Result<()> {
        const MARK: Sql = sql!(
            "INSERT INTO nodes (id, flushed_at) VALUES ($1, $2)
            ON CONFLICT (id) DO UPDATE SET flushed_at = excluded.flushed_at"
        );
        one_row(u64::from(within == Within::Platform))?;
        self.execute(MARK, &[node.into(), flushed_at.into()]).await?;
        Ok(())
    }

    /// Forgets a node that has told everything and ends. `Stale` within
    /// anything but the platform.
    pub async fn delete_node(&mut self, within: Within, node: NodeId) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM nodes WHERE id = $1");
        one_row(u64::from(within == Within::Platform))?;
        self.execute(DELETE, &[node.into()]).await?;
        Ok(())
    }

    /// Of the nodes that are silent at `now` keeps the last that fell silent,
    /// which says all that the others say, and tells how many went. `Stale`
    /// within anything but the platform.
    pub async fn delete_silent_nodes(&mut self, within: Within, now: Timestamp) -> Result<u64> {
        const DELETE: Sql = sql!(
            "DELETE FROM nodes WHERE flushed_at < (SELECT max(flushed_at) FROM nodes WHERE flushed_at < $1)"
        );
        one_row(u64::from(within == Within::Platform))?;
        self.execute(DELETE, &[now.minus(Coverage::SILENT_AFTER).into()]).await
    }
}

fn read_coverage(row: &Row<'_>) -> Result<Coverage> {
    Ok(Coverage { complete_until: row.get("complete_until")?, last_silent: row.get("last_silent")? })
}

fn print(observed: &ObservedUse) -> Json {
    json!({
        "application": hex(observed.application.as_bytes()),
        "credential": hex(observed.credential.as_bytes()),
        "first": observed.first_used_at.as_micros(),
        "last": observed.last_used_at.as_micros(),
        "address": observed.last_used_from.map(|address| address.to_string()),
        "gap": observed.longest_gap.as_seconds(),
    })
}

fn hex(id: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(id))
}
