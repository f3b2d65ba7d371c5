//! Sessions of public applications with the vault: hashes, and what they were
//! granted.

use appkeep_domain::access::{AccessSession, SessionGrant};
use appkeep_domain::{Application, ApplicationId, Environment, Owner, SecretHash, Timestamp, Within};
use serde::{Deserialize, Serialize};

use crate::applications::access::{parse_permissions, parse_rules, print_permissions, print_rules};
use crate::changes::{Change, Topic};
use crate::error::{BoxError, Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key, owner_level, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

macro_rules! sessions_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, application_id, owner, owner_level, environment, key_hash, nonce_hash, created_at,
                expires_at, authorized_by, authorized_at, granted
            FROM access_sessions WHERE ",
            $condition
        )
    };
}

const BY_KEY: Sql = sql!(sessions_where!("key_hash = $1"));
const BY_NONCE: Sql = sql!(sessions_where!("nonce_hash = $1 AND (owner = $2 OR $2 IS NULL)"));
const LIVE: Sql = sql!(
    "SELECT count(*) AS live FROM (
        SELECT 1 FROM access_sessions WHERE application_id = $1 AND expires_at > $2 LIMIT $3) AS many"
);
const ENDED_AT: Sql = sql!("SELECT ended_at FROM access_session_ends WHERE application_id = $1");
const SWEEP: Sql = sql!(
    postgres: "DELETE FROM access_sessions WHERE id = ANY(ARRAY(
                   SELECT id FROM access_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM access_sessions WHERE id IN (
                   SELECT id FROM access_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

impl ReadTx {
    /// The session whose key has this hash, expired ones too until they are
    /// swept; none within anything but the platform, since a key does not say
    /// where to look.
    pub async fn access_session(
        &mut self,
        within: Within,
        key: &SecretHash,
    ) -> Result<Option<AccessSession>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(BY_KEY, &[(*key).into()], read).await
    }

    /// The session whose nonce has this hash, if it is within the boundary;
    /// expired ones too until they are swept.
    pub async fn access_session_to_authorize(
        &mut self,
        within: Within,
        nonce: &SecretHash,
    ) -> Result<Option<AccessSession>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(BY_NONCE, &[(*nonce).into(), owner.into()], read).await
    }

    /// How many sessions of the application have not expired at `now`, counted
    /// up to `most`; none of one that is not within the boundary.
    pub async fn live_access_sessions(
        &mut self,
        within: Within,
        (application, owner): (ApplicationId, Owner),
        (now, most): (Timestamp, u32),
    ) -> Result<u32> {
        if !reaches(within, owner) {
            return Ok(0);
        }
        let values = [application.into(), now.into(), most.into()];
        let live = self.fetch_optional(LIVE, &values, |row| row.get::<i64>("live")).await?;
        Ok(live.and_then(|live| u32::try_from(live).ok()).unwrap_or_default())
    }

    /// Until when every session of the application has ended, and every one
    /// that it authorized; none of one that is not within the boundary.
    pub async fn access_sessions_ended_at(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Option<Timestamp>> {
        if !reaches(within, application.owner) {
            return Ok(None);
        }
        self.fetch_optional(ENDED_AT, &[application.id.into()], |row| row.get("ended_at")).await
    }
}

impl WriteTx {
    /// `Stale` when its application is not within the boundary.
    pub async fn insert_access_session(&mut self, within: Within, session: &AccessSession) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO access_sessions (id, application_id, owner, owner_level, environment, key_hash,
                nonce_hash, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        let application = self.application(within, session.application).await?;
        application.filter(|found| found.owner == session.owner).ok_or(StorageError::Stale)?;
        let values = [
            session.id.into(),
            session.application.into(),
            owner_key(session.owner).into(),
            owner_level(session.owner).into(),
            session.environment.as_str().into(),
            session.key.into(),
            session.nonce.into(),
            session.created_at.into(),
            session.expires_at.into(),
        ];
        self.execute(INSERT, &values).await.map(drop)
    }

    /// Writes what the session is granted, and until when it is. `Stale` when
    /// that was said before, it is not there, or not within the boundary.
    ///
    /// Nobody is told: whoever keeps a copy keeps those that are authorized, of
    /// which nothing changes any more.
    pub async fn authorize_access_session(
        &mut self,
        within: Within,
        session: &AccessSession,
        grant: &SessionGrant,
    ) -> Result<()> {
        const AUTHORIZE: Sql = sql!(
            "UPDATE access_sessions SET expires_at = $2, authorized_by = $3, authorized_at = $4, granted = $5
            WHERE id = $1 AND authorized_at IS NULL"
        );
        one_row(u64::from(reaches(within, session.owner)))?;
        let values = [
            session.id.into(),
            session.expires_at.into(),
            grant.by.into(),
            grant.at.into(),
            print_grant(grant).into(),
        ];
        one_row(self.execute(AUTHORIZE, &values).await?)
    }

    /// Ends every session of the application until `now`, and every one that it
    /// authorized, however many there are. `Stale` when it is not within the
    /// boundary.
    pub async fn end_access_sessions(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<()> {
        const END: Sql = sql!(
            "INSERT INTO access_session_ends (application_id, ended_at) VALUES ($1, $2)
            ON CONFLICT (application_id) DO UPDATE SET ended_at = excluded.ended_at
            WHERE access_session_ends.ended_at < excluded.ended_at"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        if application.access.is_none() {
            return Ok(());
        }
        self.execute(END, &[application.id.into(), now.into()]).await?;
        self.announce(Change { topic: Topic::Application, key: application.id.as_bytes() });
        Ok(())
    }

    /// Deletes at most `limit` that have expired at `now`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_expired_access_sessions(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }
}

/// How what was granted is kept; a field added later has a default.
#[derive(Serialize, Deserialize)]
struct GrantColumn {
    permissions: Vec<String>,
    /// As those of an application are kept.
    rules: String,
}

fn print_grant(grant: &SessionGrant) -> String {
    let column =
        GrantColumn { permissions: print_permissions(&grant.permissions), rules: print_rules(&grant.rules) };
    serde_json::to_string(&column).expect("strings are JSON")
}

fn read(row: &Row<'_>) -> Result<AccessSession> {
    Ok(AccessSession {
        id: row.get("id")?,
        application: row.get("application_id")?,
        owner: read_owner(row)?,
        environment: row.parse("environment", Environment::parse)?,
        key: row.get("key_hash")?,
        nonce: row.get("nonce_hash")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        grant: read_grant(row)?,
    })
}

fn read_grant(row: &Row<'_>) -> Result<Option<SessionGrant>> {
    let by: Option<ApplicationId> = row.get("authorized_by")?;
    let at: Option<Timestamp> = row.get("authorized_at")?;
    let granted = row.parse_optional("granted", |text| -> Result<_, BoxError> {
        let column: GrantColumn = serde_json::from_str(text)?;
        Ok((parse_permissions(&column.permissions)?, parse_rules(&column.rules)?))
    })?;
    match (by, at, granted) {
        (None, None, None) => Ok(None),
        (Some(by), Some(at), Some((permissions, rules))) => {
            Ok(Some(SessionGrant { by, at, permissions, rules }))
        }
        _ => Err(StorageError::corrupt("granted", "not all of who, when and what")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn sessions_are_sought() {
        for sql in [BY_KEY, BY_NONCE, ENDED_AT, SWEEP] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(LIVE, &["access_sessions"]).await;
    }
}
