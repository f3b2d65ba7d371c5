//! Sessions, as far as they keep an application from being deleted.

use appkeep_domain::{Application, Session, Timestamp, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches};
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// Whether the application has a session that is neither ended nor expired
    /// at `now`; none when it is not within the boundary.
    pub async fn has_live_session(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<bool> {
        const LIVE: Sql = sql!(
            "SELECT expires_at FROM sessions
            WHERE owner = $1 AND application_id = $2 AND ended_at IS NULL AND expires_at > $3 LIMIT 1"
        );
        if !reaches(within, application.owner) {
            return Ok(false);
        }
        let values = [owner_key(application.owner).into(), application.id.into(), now.into()];
        let found = self.fetch_optional(LIVE, &values, |row| row.get::<Timestamp>("expires_at")).await?;
        Ok(found.is_some())
    }
}

impl WriteTx {
    /// `Stale` when the application is not there, so that none is begun while
    /// it is deleted, or is not within the boundary.
    pub async fn insert_session(&mut self, within: Within, session: &Session) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO sessions (owner, owner_level, application_id, id, created_at, expires_at, ended_at)
            SELECT a.owner, a.owner_level, a.id, $3, $4, $5, $6
            FROM applications a WHERE a.owner = $1 AND a.id = $2"
        );
        one_row(u64::from(reaches(within, session.owner)))?;
        let values = [
            owner_key(session.owner).into(),
            session.application.into(),
            session.id.into(),
            session.created_at.into(),
            session.expires_at.into(),
            session.ended_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Writes when the session ended. `Stale` when it has ended already, is
    /// not there, or is not within the boundary.
    pub async fn end_session(&mut self, within: Within, session: &Session) -> Result<()> {
        const END: Sql = sql!(
            "UPDATE sessions SET ended_at = $4
            WHERE owner = $1 AND application_id = $2 AND id = $3 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, session.owner) && session.ended_at.is_some()))?;
        let values = [
            owner_key(session.owner).into(),
            session.application.into(),
            session.id.into(),
            session.ended_at.into(),
        ];
        one_row(self.execute(END, &values).await?)
    }

    /// Ends every session of the application that has not ended, and says how
    /// many. `Stale` when the application is not within the boundary.
    pub async fn end_sessions(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<u64> {
        const END: Sql = sql!(
            "UPDATE sessions SET ended_at = $3 WHERE owner = $1 AND application_id = $2 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, application.owner)))?;
        let values = [owner_key(application.owner).into(), application.id.into(), now.into()];
        self.execute(END, &values).await
    }
}
