//! Lists of sessions, newest first, and how many there are.

mod parts;

use std::ops::ControlFlow;

use appkeep_domain::{
    Application, ApplicationId, Directory, DirectoryId, Owner, Session, SessionId, SessionState, Timestamp,
    UserId, Within,
};

use crate::error::Result;
use crate::owners::{owner_key, reaches};
use crate::pages::{Gathering, Seek};
use crate::row::Row;
use crate::sessions::{read_session, session_columns};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

/// Which sessions of an application to list; all that hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionFilter {
    pub state: Option<SessionState>,
    /// Whether something can still be done in it.
    pub live: Option<bool>,
    pub user: Option<UserId>,
}

/// Which sessions of a user to list; all that hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserSessionFilter {
    pub state: Option<SessionState>,
    pub application: Option<ApplicationId>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionPage {
    pub sessions: Vec<Session>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when enough was examined.
    pub next: Option<SessionId>,
}

/// How many sessions an application has at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounts {
    /// Neither ended nor expired: the active and the idle.
    pub live: u64,
    pub active: u64,
    pub idle: u64,
    /// All there ever were.
    pub total: u64,
}

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.owner = $1 AND s.application_id = $2 AND s.id < $3 ORDER BY s.id DESC LIMIT $4"
));

/// Of all a user's, since those of one user are few.
const OF_USER: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.user_id = $1 AND s.id < $2 ORDER BY s.id DESC LIMIT $3"
));

const OF_USER_OF_DIRECTORY: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.user_id = $1 AND s.id < $2 AND s.directory_id = $4 ORDER BY s.id DESC LIMIT $3"
));

const ONE_OF_USER: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.id = $1 AND s.user_id = $2 AND s.directory_id = $3"
));

const COUNTS: Sql = sql!(
    "SELECT count(*) AS live, count(*) FILTER (WHERE s.last_seen_at > $4) AS active,
        (SELECT CAST(coalesce(sum(t.kept + t.swept), 0) AS BIGINT) FROM session_totals t
            WHERE t.application_id = $2) AS total
    FROM sessions s WHERE s.owner = $1 AND s.application_id = $2 AND s.dead_at > $3"
);

impl ReadTx {
    /// The application's sessions that pass the filter at `now`; what is over
    /// too until it is swept. None when the application is not within the
    /// boundary.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn sessions(
        &mut self,
        within: Within,
        application: &Application,
        filter: &SessionFilter,
        now: Timestamp,
        seek: Seek<SessionId>,
    ) -> Result<SessionPage> {
        if !reaches(within, application.owner) {
            return Ok(SessionPage::default());
        }
        let passes = |session: &Session| {
            let state = session.state(now);
            filter.state.is_none_or(|wanted| state == wanted)
                && filter.live.is_none_or(|live| state.is_live() == live)
        };
        let (owner, application) = (application.owner, application.id);
        let of = Of::Application { owner, application, user: filter.user };
        self.gather_sessions(of, seek, passes).await
    }

    /// The newest that the user has with the application, of those that are
    /// neither ended nor expired at `now`, whatever they signed in with.
    pub async fn live_session_of_user(
        &mut self,
        within: Within,
        (owner, application): (Owner, ApplicationId),
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        if !reaches(within, owner) {
            return Ok(None);
        }
        let first = Seek { after: None, limit: 1 };
        let of = Of::Application { owner, application, user: Some(user) };
        let passes = |session: &Session| session.is_live(now);
        Ok(self.gather_sessions(of, first, passes).await?.sessions.pop())
    }

    /// The user's sessions with whatever applications that pass the filter at
    /// `now`; what is over too until it is swept. None when the directory is not
    /// within the boundary.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn sessions_of_user(
        &mut self,
        within: Within,
        (directory, user): (&Directory, UserId),
        filter: &UserSessionFilter,
        now: Timestamp,
        seek: Seek<SessionId>,
    ) -> Result<SessionPage> {
        if !reaches(within, directory.owner) {
            return Ok(SessionPage::default());
        }
        let passes = |session: &Session| filter.state.is_none_or(|state| session.state(now) == state);
        let of = Of::User { directory: directory.id, user, application: filter.application };
        self.gather_sessions(of, seek, passes).await
    }

    /// One of them; none when it is another user's, or the directory is not
    /// within the boundary.
    pub async fn session_of_user(
        &mut self,
        within: Within,
        (directory, user): (&Directory, UserId),
        id: SessionId,
    ) -> Result<Option<Session>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE_OF_USER, &[id.into(), user.into(), directory.id.into()], read_session).await
    }

    /// How many sessions the application has at `now`, as of one moment; none
    /// when it is not within the boundary.
    pub async fn session_counts(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<SessionCounts> {
        if !reaches(within, application.owner) {
            return Ok(SessionCounts::default());
        }
        let seen_after = now.minus(Session::IDLE_AFTER);
        let values =
            [owner_key(application.owner).into(), application.id.into(), now.into(), seen_after.into()];
        Ok(self.fetch_optional(COUNTS, &values, read_counts).await?.unwrap_or_default())
    }

    async fn gather_sessions(
        &mut self,
        of: Of,
        seek: Seek<SessionId>,
        passes: impl Fn(&Session) -> bool,
    ) -> Result<SessionPage> {
        let admits = |session: &Session| of.admits(session) && passes(session);
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let (sql, values) = of.candidates(gathering.after().unwrap_or(LAST), batch);
            let candidates = self.fetch_all(sql, &values, read_session).await?;
            let exhausted = candidates.len() < batch;
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, admits) {
                return Ok(SessionPage { sessions: gathering.into_found(), next });
            }
        }
    }
}

/// Whose sessions: an application's, of one user or of all, or a user's, with
/// one application or with all.
#[derive(Debug, Clone, Copy)]
enum Of {
    Application { owner: Owner, application: ApplicationId, user: Option<UserId> },
    User { directory: DirectoryId, user: UserId, application: Option<ApplicationId> },
}

impl Of {
    /// The next rows by the narrowest index that there is.
    fn candidates(&self, after: SessionId, limit: usize) -> (Sql, Vec<Value<'static>>) {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        match *self {
            Self::Application { user: Some(user), .. } => {
                (OF_USER, vec![user.into(), after.into(), limit.into()])
            }
            Self::Application { owner, application, user: None } => {
                (NEWEST, vec![owner_key(owner).into(), application.into(), after.into(), limit.into()])
            }
            Self::User { directory, user, .. } => {
                (OF_USER_OF_DIRECTORY, vec![user.into(), after.into(), limit.into(), directory.into()])
            }
        }
    }

    fn admits(&self, session: &Session) -> bool {
        match *self {
            Self::Application { owner, application, .. } => {
                session.application == application && session.owner == owner
            }
            Self::User { application, .. } => application.is_none_or(|wanted| wanted == session.application),
        }
    }
}

/// Greater than every id that is made.
const LAST: SessionId = SessionId::from_bytes([0xff; 16]);

fn read_counts(row: &Row<'_>) -> Result<SessionCounts> {
    let live = row.get::<i64>("live")?.unsigned_abs();
    let active = row.get::<i64>("active")?.unsigned_abs();
    let total = row.get::<i64>("total")?.unsigned_abs();
    Ok(SessionCounts { live, active, idle: live.saturating_sub(active), total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{Planned, SESSIONS, assert_seeks, assert_seeks_in_postgres};

    #[tokio::test]
    async fn every_list_seeks() {
        for sql in [NEWEST, OF_USER, OF_USER_OF_DIRECTORY, ONE_OF_USER, COUNTS] {
            assert_seeks(sql).await;
        }
    }

    #[tokio::test]
    async fn every_list_seeks_in_postgres() {
        let of_application = |sql, types, values| Planned { sql, types, values };
        let planned = [
            of_application(NEWEST, "(bytea, bytea, bytea, bigint)", "('\\x07', '\\x08', '\\xff', 51)"),
            of_application(OF_USER, "(bytea, bytea, bigint)", "('\\x07', '\\xff', 51)"),
            of_application(COUNTS, "(bytea, bytea, bigint, bigint)", "('\\x07', '\\x08', 60500, 60900)"),
        ];
        assert_seeks_in_postgres(SESSIONS, &["sessions"], &planned).await;
    }
}
