//! How sessions end: with their grants and their codes, and so that every node
//! refuses what was issued in them.

use appkeep_domain::{
    Application, ApplicationId, Directory, Ending, Revocation, RevokedSubject, Session, SignInId, Timestamp,
    UserId, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches};
use crate::row::Row;
use crate::sessions::endings::SessionsOf;
use crate::sql::{Sql, sql};
use crate::tx::WriteTx;

/// Sessions that one statement ends or deletes.
const BATCH: usize = 1_000;
/// So many sessions end in the transaction that ends all of them; the others
/// have ended with it, and their rows follow.
const AT_ONCE: u32 = 1_000;
/// Nodes are told of so many by name. Of more they are told that there is
/// something new, which is quicker read as a whole.
const NAMED: usize = 5_000;

/// A statement about the rows whose column is one of the ids of `$1`.
macro_rules! those_sql {
    ($before:literal, $after:literal) => {
        sql!(
            postgres: concat!($before, " = ANY($1)", $after),
            sqlite: concat!($before, " IN (SELECT unhex(value) FROM json_each($1))", $after),
        )
    };
}

const SOME_OF_APPLICATION: Sql = sql!(
    "SELECT id FROM sessions WHERE owner = $1 AND application_id = $2 AND dead_at > $3
    ORDER BY dead_at LIMIT $4"
);
const SOME_OF_USER: Sql =
    sql!("SELECT id FROM sessions WHERE user_id = $1 AND directory_id = $2 AND dead_at > $3 LIMIT $4");
const LIVE_OF_USER: Sql =
    sql!("SELECT count(*) AS live FROM sessions WHERE user_id = $1 AND directory_id = $2 AND dead_at > $3");
const SOME_OF_USER_WITH: Sql = sql!(
    "SELECT id FROM sessions
    WHERE user_id = $1 AND directory_id = $2 AND dead_at > $3 AND application_id = $4 LIMIT $5"
);
const UNDER_SIGN_IN: Sql = sql!("SELECT id FROM sessions WHERE sign_in_id = $1 AND ended_at IS NULL");

const END_SESSIONS: Sql = those_sql!("UPDATE sessions SET ended_at = $2 WHERE id", " AND ended_at IS NULL");
const END_GRANTS: Sql =
    those_sql!("UPDATE grants SET ended_at = $2 WHERE session_id", " AND ended_at IS NULL");
/// Whatever somebody did not end themselves.
const END_IMPERSONATIONS: Sql = those_sql!(
    "UPDATE impersonations SET ended_at = $2, end_reason = 'revoked' WHERE session_id",
    " AND ended_at IS NULL AND expires_at > $2"
);
const DELETE_UNREDEEMED: Sql = those_sql!("DELETE FROM codes WHERE session_id", " AND redeemed_at IS NULL");
/// Whoever has the directory has the tokens of its people, whosever the
/// application is.
const REVOKE: Sql = those_sql!(
    "INSERT INTO revocations (subject, kind, owner, owner_level, revoked_at, forget_at)
    SELECT s.id, 'session', d.owner, d.owner_level, $2, $3
    FROM sessions s JOIN directories d ON d.id = s.directory_id WHERE s.id",
    " ON CONFLICT (subject, kind) DO NOTHING"
);

const DELETE_CODES: Sql = those_sql!("DELETE FROM codes WHERE session_id", "");
const DELETE_GRANTS: Sql = those_sql!("DELETE FROM grants WHERE session_id", "");
const COUNT_AS_SWEPT: Sql = those_sql!(
    "INSERT INTO session_totals (application_id, part, kept, swept)
    SELECT s.application_id, 0, -count(*), count(*) FROM sessions s WHERE s.id",
    " GROUP BY s.application_id
    ON CONFLICT (application_id, part) DO UPDATE SET
        kept = session_totals.kept + excluded.kept, swept = session_totals.swept + excluded.swept"
);
const DELETE_SESSIONS: Sql = those_sql!("DELETE FROM sessions WHERE id", "");

const DEAD: Sql = sql!("SELECT id FROM sessions WHERE dead_at <= $1 ORDER BY dead_at, id LIMIT $2");

impl WriteTx {
    /// Ends the session and its grants, deletes its codes that were not
    /// redeemed, and refuses what was issued in it. `Stale` when it has ended
    /// already, is not there, or is not within the boundary.
    pub async fn end_session(&mut self, within: Within, session: &Session, ending: Ending) -> Result<()> {
        const END: Sql = sql!(
            "UPDATE sessions SET ended_at = $4
            WHERE owner = $1 AND application_id = $2 AND id = $3 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, session.owner)))?;
        let owner = owner_key(session.owner);
        let values = [owner.into(), session.application.into(), session.id.into(), ending.at.into()];
        one_row(self.execute(END, &values).await?)?;
        self.end_those(&[session.id.as_bytes()], ending).await
    }

    /// Ends every session of the application that is neither ended nor expired,
    /// in the same way; of many the rest follows, and counts as ended from now
    /// on. `Stale` when the application is not within the boundary.
    pub async fn end_sessions(
        &mut self,
        within: Within,
        application: &Application,
        ending: Ending,
    ) -> Result<()> {
        let ended = self.end_some_sessions(within, application, AT_ONCE, ending).await?;
        if ended < u64::from(AT_ONCE) {
            return Ok(());
        }
        self.leave_to_end(SessionsOf::Application(application.owner, application.id), ending).await
    }

    /// The same for at most `limit` of them, so that no transaction is long;
    /// says how many that were.
    pub async fn end_some_sessions(
        &mut self,
        within: Within,
        application: &Application,
        limit: u32,
        ending: Ending,
    ) -> Result<u64> {
        one_row(u64::from(reaches(within, application.owner)))?;
        let owner = owner_key(application.owner);
        let values = [owner.into(), application.id.into(), ending.at.into(), limit.into()];
        let ids = self.fetch_all(SOME_OF_APPLICATION, &values, read_id).await?;
        self.end_those(&ids, ending).await?;
        Ok(ids.len() as u64)
    }

    /// Ends the user's sessions and sign-ins, refuses whatever was issued for
    /// them until now, and says how many sessions that were; of many the rest
    /// follows, and counts as ended from now on. `Stale` when the directory is
    /// not within the boundary.
    pub async fn end_sessions_of_user(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        ending: Ending,
    ) -> Result<u64> {
        one_row(u64::from(reaches(within, directory.owner)))?;
        let read = |row: &Row<'_>| row.get::<i64>("live");
        let values = [user.into(), directory.id.into(), ending.at.into()];
        let live = self.fetch_optional(LIVE_OF_USER, &values, read).await?.unwrap_or_default();
        let ended = self.end_some_sessions_of_user(within, (directory, user), AT_ONCE, ending).await?;
        self.end_sign_ins_of_user(directory, user, ending.at).await?;
        self.revoke_user(directory, user, ending).await?;
        if ended == u64::from(AT_ONCE) {
            self.leave_to_end(SessionsOf::User(user), ending).await?;
        }
        Ok(live.unsigned_abs())
    }

    /// Ends at most `limit` of the user's sessions, so that no transaction is
    /// long, and says how many. `Stale` when the directory is not within the
    /// boundary.
    pub async fn end_some_sessions_of_user(
        &mut self,
        within: Within,
        (directory, user): (&Directory, UserId),
        limit: u32,
        ending: Ending,
    ) -> Result<u64> {
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [user.into(), directory.id.into(), ending.at.into(), limit.into()];
        let ids = self.fetch_all(SOME_OF_USER, &values, read_id).await?;
        self.end_those(&ids, ending).await?;
        Ok(ids.len() as u64)
    }

    /// Those that a user has with one application, in the same way.
    pub(crate) async fn end_sessions_with(
        &mut self,
        directory: &Directory,
        (user, application): (UserId, ApplicationId),
        ending: Ending,
    ) -> Result<()> {
        let values = [user.into(), directory.id.into(), ending.at.into(), application.into(), AT_ONCE.into()];
        let ids = self.fetch_all(SOME_OF_USER_WITH, &values, read_id).await?;
        self.end_those(&ids, ending).await?;
        if ids.len() < AT_ONCE as usize {
            return Ok(());
        }
        self.leave_to_end(SessionsOf::UserWith(user, application), ending).await
    }

    pub(crate) async fn end_sessions_under(&mut self, sign_in: SignInId, ending: Ending) -> Result<()> {
        let ids = self.fetch_all(UNDER_SIGN_IN, &[sign_in.into()], read_id).await?;
        self.end_those(&ids, ending).await
    }

    pub(crate) async fn revoke_user(
        &mut self,
        directory: &Directory,
        user: UserId,
        ending: Ending,
    ) -> Result<()> {
        let revocation = Revocation {
            owner: directory.owner,
            subject: RevokedSubject::User(user),
            revoked_at: ending.at,
            forget_at: ending.forget_at,
        };
        self.insert_revocation(Within::Platform, &revocation).await
    }

    /// Deletes at most `limit` that were over at `before`, with what came of
    /// them, and says how many. `Stale` within anything but the platform.
    pub async fn delete_dead_sessions(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        let ids = self.fetch_all(DEAD, &[before.into(), limit.into()], read_id).await?;
        self.delete_those(&ids).await?;
        Ok(ids.len() as u64)
    }

    pub(crate) async fn end_those(&mut self, ids: &[[u8; 16]], ending: Ending) -> Result<()> {
        for batch in ids.chunks(BATCH) {
            for sql in [END_SESSIONS, END_GRANTS, END_IMPERSONATIONS] {
                self.execute(sql, &[batch.into(), ending.at.into()]).await?;
            }
            self.execute(DELETE_UNREDEEMED, &[batch.into()]).await?;
            self.execute(REVOKE, &[batch.into(), ending.at.into(), ending.forget_at.into()]).await?;
        }
        if ids.len() > NAMED {
            self.announce(Change::EVERYTHING);
            return Ok(());
        }
        for &key in ids {
            self.announce(Change { topic: Topic::Revocation, key });
        }
        Ok(())
    }

    /// Leaves nothing of these sessions but that there were so many.
    pub(crate) async fn delete_those(&mut self, ids: &[[u8; 16]]) -> Result<()> {
        for batch in ids.chunks(BATCH) {
            for sql in [DELETE_CODES, DELETE_GRANTS, COUNT_AS_SWEPT, DELETE_SESSIONS] {
                self.execute(sql, &[batch.into()]).await?;
            }
        }
        Ok(())
    }
}

pub(crate) fn read_id(row: &Row<'_>) -> Result<[u8; 16]> {
    row.get("id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{
        Planned, SESSIONS, assert_no_scan_of, assert_seeks, assert_seeks_in_postgres,
    };

    #[tokio::test]
    async fn what_ends_is_sought() {
        for sql in [SOME_OF_APPLICATION, SOME_OF_USER, LIVE_OF_USER, SOME_OF_USER_WITH, UNDER_SIGN_IN, DEAD] {
            assert_seeks(sql).await;
        }
        for sql in [
            END_SESSIONS,
            END_GRANTS,
            END_IMPERSONATIONS,
            DELETE_UNREDEEMED,
            REVOKE,
            DELETE_CODES,
            DELETE_GRANTS,
            COUNT_AS_SWEPT,
            DELETE_SESSIONS,
        ] {
            assert_no_scan_of(sql, &["sessions", "grants", "impersonations", "codes", "s", "d"]).await;
        }
    }

    #[tokio::test]
    async fn what_ends_is_sought_in_postgres() {
        let those = |sql, types, values| Planned { sql, types, values };
        let mut planned = vec![
            those(SOME_OF_APPLICATION, "(bytea, bytea, bigint, bigint)", "('\\x07', '\\x08', 60500, 1000)"),
            those(LIVE_OF_USER, "(bytea, bytea, bigint)", "('\\x07', '\\x07', 60500)"),
            those(UNDER_SIGN_IN, "(bytea)", "('\\x07')"),
            those(DEAD, "(bigint, bigint)", "(2000, 500)"),
            those(REVOKE, "(bytea[], bigint, bigint)", "('{}', 1, 2)"),
        ];
        for sql in [END_SESSIONS, END_GRANTS] {
            planned.push(those(sql, "(bytea[], bigint)", "('{\\\\x07}', 1)"));
        }
        for sql in [DELETE_UNREDEEMED, DELETE_CODES, DELETE_GRANTS, COUNT_AS_SWEPT, DELETE_SESSIONS] {
            planned.push(those(sql, "(bytea[])", "('{\\\\x07}')"));
        }
        assert_seeks_in_postgres(SESSIONS, &["sessions", "grants", "codes"], &planned).await;
    }
}
