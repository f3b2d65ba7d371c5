//! Sessions that are to end, and are more than one transaction should end.
//!
//! What is written here has ended already: whoever reads such a session finds it
//! ended, with what hangs on it. The rows follow some at a time, and are in
//! nobody's way for long.

use appkeep_domain::{ApplicationId, Ending, Owner, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::owner_key;
use crate::row::Row;
use crate::sessions::ends::read_id;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Whose sessions, of those that were begun until some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionsOf {
    User(UserId),
    /// What the user has with that application.
    UserWith(UserId, ApplicationId),
    Application(Owner, ApplicationId),
}

/// Some that are to end, with when that was.
struct Due {
    kind: String,
    subject: [u8; 16],
    with_id: [u8; 16],
    owner: Option<[u8; 16]>,
    ending: Ending,
}

const OF_USER: Sql = sql!(
    "SELECT id FROM sessions WHERE user_id = $1 AND dead_at > $2 AND created_at <= $2
    ORDER BY id LIMIT $3"
);
const OF_USER_WITH: Sql = sql!(
    "SELECT id FROM sessions WHERE user_id = $1 AND dead_at > $2 AND created_at <= $2 AND application_id = $4
    ORDER BY id LIMIT $3"
);
const OF_APPLICATION: Sql = sql!(
    "SELECT id FROM sessions WHERE owner = $4 AND application_id = $1 AND dead_at > $2 AND created_at <= $2
    ORDER BY dead_at LIMIT $3"
);

const NEXT: Sql = sql!(
    "SELECT kind, subject, with_id, owner, ended_at, forget_at FROM session_endings
    ORDER BY subject, with_id LIMIT 1"
);

impl ReadTx {
    /// Whether sessions have ended whose rows say nothing of it yet; within
    /// anything but the platform nobody knows.
    pub async fn has_sessions_to_end(&mut self, within: Within) -> Result<bool> {
        if within != Within::Platform {
            return Ok(false);
        }
        Ok(self.fetch_optional(NEXT, &[], read).await?.is_some())
    }
}

impl WriteTx {
    /// Writes down that at most about `limit` more of the sessions have ended of
    /// which that is true, and says of how many; none when nothing is left.
    /// `Stale` within anything but the platform.
    pub async fn end_more_sessions(&mut self, within: Within, limit: u32) -> Result<Option<u32>> {
        const DONE: Sql = sql!("DELETE FROM session_endings WHERE subject = $1 AND with_id = $2");
        one_row(u64::from(within == Within::Platform))?;
        let Some(due) = self.fetch_optional(NEXT, &[], read).await? else { return Ok(None) };
        let mut values = vec![due.subject.into(), due.ending.at.into(), limit.into()];
        let sql = match due.kind.as_str() {
            "user" => OF_USER,
            "consent" => {
                values.push(due.with_id.into());
                OF_USER_WITH
            }
            _ => {
                values.push(due.owner.into());
                OF_APPLICATION
            }
        };
        let ids = self.fetch_all(sql, &values, read_id).await?;
        self.end_those(&ids, due.ending).await?;
        let ended = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        if ended < limit {
            self.execute(DONE, &[due.subject.into(), due.with_id.into()]).await?;
        }
        Ok(Some(ended))
    }

    /// From now on these are ended, whatever their rows say.
    pub(crate) async fn leave_to_end(&mut self, whose: SessionsOf, ending: Ending) -> Result<()> {
        const LEAVE: Sql = sql!(
            "INSERT INTO session_endings (kind, subject, with_id, owner, ended_at, forget_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (subject, with_id)
                DO UPDATE SET ended_at = excluded.ended_at, forget_at = excluded.forget_at"
        );
        let (kind, subject, with_id, owner) = match whose {
            SessionsOf::User(user) => ("user", user.as_bytes(), user.as_bytes(), None),
            SessionsOf::UserWith(user, application) => {
                ("consent", user.as_bytes(), application.as_bytes(), None)
            }
            SessionsOf::Application(owner, application) => {
                ("application", application.as_bytes(), application.as_bytes(), Some(owner_key(owner)))
            }
        };
        let values = [
            kind.into(),
            subject.into(),
            with_id.into(),
            owner.into(),
            ending.at.into(),
            ending.forget_at.into(),
        ];
        self.execute(LEAVE, &values).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<Due> {
    let (at, forget_at): (Timestamp, Timestamp) = (row.get("ended_at")?, row.get("forget_at")?);
    Ok(Due {
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        with_id: row.get("with_id")?,
        owner: row.get("owner")?,
        ending: Ending { at, forget_at },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn what_is_to_end_is_sought() {
        for sql in [OF_USER, OF_USER_WITH, OF_APPLICATION] {
            assert_seeks(sql).await;
        }
    }
}
