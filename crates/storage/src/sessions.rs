//! Sessions: what a person has with an application.

pub(crate) mod endings;
pub(crate) mod ends;
pub(crate) mod list;
pub(crate) mod totals;

use std::collections::HashMap;

use appkeep_domain::{Application, ApplicationId, Owner, Session, SessionId, SignInId, Timestamp, Within};
use serde_json::{Value as Json, json};

use crate::claims::{from_columns, read_from};
use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};

/// What finds a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey {
    pub owner: Owner,
    pub application: ApplicationId,
    pub id: SessionId,
}

/// What `read_session` reads, of `sessions s`.
macro_rules! session_columns {
    () => {
        "s.owner, s.owner_level, s.application_id, s.id, s.directory_id, s.user_id, s.sign_in_id, s.impersonation_id,
        s.address, s.user_agent, s.created_at, s.last_seen_at, s.expires_at,
        coalesce(s.ended_at, (SELECT min(e.ended_at) FROM session_endings e
            WHERE e.subject IN (s.user_id, s.application_id) AND e.with_id IN (s.user_id, s.application_id)
                AND e.ended_at >= s.created_at)) AS ended_at"
    };
}
pub(crate) use session_columns;

const LIVE: Sql =
    sql!("SELECT dead_at FROM sessions WHERE owner = $1 AND application_id = $2 AND dead_at > $3 LIMIT 1");

const UNDER_SIGN_IN: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.sign_in_id = $3 AND s.application_id = $2 AND s.owner = $1
        AND s.ended_at IS NULL AND s.expires_at > $4 LIMIT 1"
));

impl ReadTx {
    /// Ended and expired ones too.
    pub async fn session(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
        id: SessionId,
    ) -> Result<Option<Session>> {
        const ONE: Sql = sql!(concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions s WHERE s.id = $3 AND s.application_id = $2 AND s.owner = $1"
        ));
        if !reaches(within, owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[owner_key(owner).into(), application.into(), id.into()], read_session)
            .await
    }

    /// The one that the application has under a sign-in and that is neither
    /// ended nor expired at `now`.
    pub async fn session_of(
        &mut self,
        within: Within,
        (owner, application): (Owner, ApplicationId),
        sign_in: SignInId,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        if !reaches(within, owner) {
            return Ok(None);
        }
        let values = [owner_key(owner).into(), application.into(), sign_in.into(), now.into()];
        let found = self.fetch_optional(UNDER_SIGN_IN, &values, read_session).await?;
        Ok(found.filter(|session| session.is_live(now)))
    }

    /// Whether the application has a session that is neither ended nor expired
    /// at `now`; none when it is not within the boundary.
    pub async fn has_live_session(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<bool> {
        if !reaches(within, application.owner) {
            return Ok(false);
        }
        let values = [owner_key(application.owner).into(), application.id.into(), now.into()];
        let found = self.fetch_optional(LIVE, &values, |row| row.get::<Timestamp>("dead_at")).await?;
        Ok(found.is_some())
    }
}

impl WriteTx {
    /// `Stale` when the application or the user is not there, so that none is
    /// begun while either is deleted, or the application is not within the
    /// boundary.
    pub async fn insert_session(&mut self, within: Within, session: &Session) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO sessions (owner, owner_level, application_id, id, directory_id, user_id, sign_in_id,
                created_at, last_seen_at, expires_at, ended_at, impersonation_id, address, user_agent)
            SELECT a.owner, a.owner_level, a.id, $3, u.directory_id, u.id, $6, $7, $8, $9, $10, $11, $12, $13
            FROM applications a, users u
            WHERE a.owner = $1 AND a.id = $2 AND u.directory_id = $4 AND u.id = $5"
        );
        one_row(u64::from(reaches(within, session.owner)))?;
        let mut values = vec![
            owner_key(session.owner).into(),
            session.application.into(),
            session.id.into(),
            session.directory.into(),
            session.user.into(),
            session.sign_in.into(),
            session.created_at.into(),
            session.last_seen_at.into(),
            session.expires_at.into(),
            session.ended_at.into(),
            session.impersonation.into(),
        ];
        values.extend(from_columns(&session.from));
        one_row(self.execute(INSERT, &values).await?)?;
        self.count_session(session.application, session.id).await
    }

    /// Moves its end and when it was last seen, and neither backwards. `Stale`
    /// when it was over at `seen_at`, is not there, or is not within the
    /// boundary.
    pub async fn extend_session(
        &mut self,
        within: Within,
        session: &Session,
        expires_at: Timestamp,
        seen_at: Timestamp,
    ) -> Result<()> {
        const EXTEND: Sql = sql!(
            "UPDATE sessions SET
                expires_at = CASE WHEN expires_at < $4 THEN $4 ELSE expires_at END,
                last_seen_at = CASE WHEN last_seen_at < $5 THEN $5 ELSE last_seen_at END
            WHERE id = $3 AND application_id = $2 AND owner = $1 AND ended_at IS NULL AND expires_at > $5"
        );
        one_row(u64::from(reaches(within, session.owner)))?;
        let values = [
            owner_key(session.owner).into(),
            session.application.into(),
            session.id.into(),
            expires_at.into(),
            seen_at.into(),
        ];
        one_row(self.execute(EXTEND, &values).await?)
    }
}

const TOUCH: Sql = sql!(
    postgres: "UPDATE sessions s SET last_seen_at = t.seen
        FROM jsonb_to_recordset($1) AS t (id text, owner text, application text, seen bigint)
        WHERE s.id = decode(t.id, 'hex') AND s.owner = decode(t.owner, 'hex')
            AND s.application_id = decode(t.application, 'hex') AND s.last_seen_at < t.seen",
    sqlite: "UPDATE sessions SET last_seen_at = t.value ->> 'seen' FROM json_each($1) AS t
        WHERE sessions.id = unhex(t.value ->> 'id') AND sessions.owner = unhex(t.value ->> 'owner')
            AND sessions.application_id = unhex(t.value ->> 'application')
            AND sessions.last_seen_at < t.value ->> 'seen'",
);

impl Store {
    /// Notes when sessions were last seen, all in one statement and none
    /// backwards; those that are not there, or not within the boundary, are
    /// passed over. On PostgreSQL no serializable transaction: it is in nobody's
    /// way.
    pub async fn touch_sessions(&self, within: Within, seen: &[(SessionKey, Timestamp)]) -> Result<()> {
        let mut last: HashMap<SessionKey, Timestamp> = HashMap::new();
        for &(key, seen_at) in seen.iter().filter(|(key, _)| reaches(within, key.owner)) {
            let known = last.entry(key).or_insert(seen_at);
            *known = seen_at.max(*known);
        }
        let seen: Json = last.into_iter().map(|(key, seen_at)| print_seen(key, seen_at)).collect();
        self.execute_alone(TOUCH, vec![seen.to_string().into()]).await.map(drop)
    }
}

fn print_seen(key: SessionKey, seen_at: Timestamp) -> Json {
    json!({
        "id": hex(key.id.as_bytes()),
        "owner": hex(owner_key(key.owner)),
        "application": hex(key.application.as_bytes()),
        "seen": seen_at.as_micros(),
    })
}

pub(crate) fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

pub(crate) fn read_session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        owner: read_owner(row)?,
        application: row.get("application_id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        sign_in: row.get("sign_in_id")?,
        impersonation: row.get("impersonation_id")?,
        from: read_from(row)?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        expires_at: row.get("expires_at")?,
        ended_at: row.get("ended_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn a_session_is_sought() {
        for sql in [LIVE, UNDER_SIGN_IN] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(TOUCH, &["sessions"]).await;
    }
}
