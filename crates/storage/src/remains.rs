//! What is left of things that were deleted with more to them than one
//! transaction should delete.
//!
//! The thing itself goes at once, and with it every way to what hung on it. That
//! goes too if it is little; else the rest waits for a sweep, which deletes some
//! at a time and is in nobody's way for long.

use appkeep_domain::{
    Application, ConnectionId, DirectoryId, GroupId, IntegrationId, TenantId, UserId, Within,
};

use crate::error::{Result, one_row};
use crate::owners::owner_key;
use crate::row::Row;
use crate::sessions::ends::read_id;
use crate::sql::{Sql, sql};
use crate::tx::WriteTx;

/// Rows that the transaction deletes which deletes the thing itself.
const AT_ONCE: u32 = 500;
/// The same of a directory, of which an application has two that go with it.
const AT_ONCE_OF_DIRECTORY: u32 = 150;
/// Rows at most that go with a user: in the index, their roles, and what they
/// allowed the one application whose they are.
const ROWS_OF_USER: u32 = 4;

/// On what something hung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remains {
    noun: Noun,
    id: [u8; 16],
    /// Of an application its owner, of an integration its tenant, of a connection,
    /// a group or a user their directory, of a directory itself.
    whose: [u8; 16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noun {
    Application,
    Connection,
    Directory,
    Group,
    Integration,
    User,
}

impl Noun {
    const ALL: [Self; 6] =
        [Self::Application, Self::Connection, Self::Directory, Self::Group, Self::Integration, Self::User];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Connection => "connection",
            Self::Directory => "directory",
            Self::Group => "group",
            Self::Integration => "integration",
            Self::User => "user",
        }
    }

    fn parse(raw: &str) -> Result<Self, &'static str> {
        Self::ALL
            .into_iter()
            .find(|noun| noun.as_str() == raw)
            .ok_or("none of application, connection, directory, group, integration, user")
    }
}

impl Remains {
    pub(crate) const fn of_application(application: &Application) -> Self {
        Self { noun: Noun::Application, id: application.id.as_bytes(), whose: owner_key(application.owner) }
    }

    pub(crate) const fn of_connection(directory: DirectoryId, connection: ConnectionId) -> Self {
        Self { noun: Noun::Connection, id: connection.as_bytes(), whose: directory.as_bytes() }
    }

    pub(crate) const fn of_directory(directory: DirectoryId) -> Self {
        Self { noun: Noun::Directory, id: directory.as_bytes(), whose: directory.as_bytes() }
    }

    pub(crate) const fn of_group(directory: DirectoryId, group: GroupId) -> Self {
        Self { noun: Noun::Group, id: group.as_bytes(), whose: directory.as_bytes() }
    }

    /// Of one that stays: what people had with it in the generations before.
    pub(crate) const fn of_integration(tenant: TenantId, integration: IntegrationId) -> Self {
        Self { noun: Noun::Integration, id: integration.as_bytes(), whose: tenant.as_bytes() }
    }

    pub(crate) const fn of_user(directory: DirectoryId, user: UserId) -> Self {
        Self { noun: Noun::User, id: user.as_bytes(), whose: directory.as_bytes() }
    }
}

/// A statement that deletes some of a table's rows, as many as its last
/// parameter says.
macro_rules! some_sql {
    ($table:literal, $condition:literal, $limit:literal) => {
        sql!(
            postgres: concat!("DELETE FROM ", $table, " WHERE ctid = ANY(ARRAY(SELECT ctid FROM ", $table,
                " WHERE ", $condition, " LIMIT ", $limit, "))"),
            sqlite: concat!("DELETE FROM ", $table, " WHERE rowid IN (SELECT rowid FROM ", $table,
                " WHERE ", $condition, " LIMIT ", $limit, ")"),
        )
    };
}

/// The same of what belongs to one of the sessions of `$1`.
macro_rules! of_sessions_sql {
    ($table:literal) => {
        sql!(
            postgres: concat!("DELETE FROM ", $table, " WHERE ctid = ANY(ARRAY(SELECT ctid FROM ", $table,
                " WHERE session_id = ANY($1) LIMIT $2))"),
            sqlite: concat!("DELETE FROM ", $table, " WHERE rowid IN (SELECT rowid FROM ", $table,
                " WHERE session_id IN (SELECT unhex(value) FROM json_each($1)) LIMIT $2)"),
        )
    };
}

const OF_APPLICATION: [Sql; 15] = [
    some_sql!("credentials", "application_id = $1", "$2"),
    some_sql!("credential_uses", "application_id = $1", "$2"),
    some_sql!("session_totals", "application_id = $1", "$2"),
    some_sql!("assignments", "application_id = $1", "$2"),
    some_sql!("consents", "application_id = $1", "$2"),
    some_sql!("impersonations", "application_id = $1", "$2"),
    some_sql!("access_rules", "application_id = $1", "$2"),
    some_sql!("access_sessions", "application_id = $1", "$2"),
    some_sql!("access_sessions", "authorized_by = $1", "$2"),
    some_sql!("access_session_ends", "application_id = $1", "$2"),
    some_sql!("attachments", "application_id = $1", "$2"),
    some_sql!("integration_errands", "application_id = $1", "$2"),
    some_sql!("registrations", "application_id = $1", "$2"),
    some_sql!("agent_sessions", "application_id = $1", "$2"),
    some_sql!("agent_session_totals", "application_id = $1", "$2"),
];

/// Groups go before their members, who then are no longer counted.
const OF_DIRECTORY: [Sql; 21] = [
    some_sql!("assignments", "directory_id = $1", "$2"),
    some_sql!("passwords", "directory_id = $1", "$2"),
    some_sql!("groups", "directory_id = $1", "$2"),
    some_sql!("members", "directory_id = $1", "$2"),
    some_sql!("subgroups", "directory_id = $1", "$2"),
    some_sql!("headcounts", "directory_id = $1", "$2"),
    some_sql!("totals", "directory_id = $1", "$2"),
    some_sql!("sign_ins", "directory_id = $1", "$2"),
    some_sql!("links", "directory_id = $1", "$2"),
    some_sql!("lockouts", "directory_id = $1", "$2"),
    some_sql!("user_keys", "directory_id = $1", "$2"),
    some_sql!("totp_factors", "directory_id = $1", "$2"),
    some_sql!("backup_codes", "directory_id = $1", "$2"),
    some_sql!("challenges", "directory_id = $1", "$2"),
    some_sql!("impersonations", "directory_id = $1", "$2"),
    some_sql!("connections", "directory_id = $1", "$2"),
    some_sql!("identities", "directory_id = $1", "$2"),
    some_sql!("authorizations_under_way", "directory_id = $1", "$2"),
    some_sql!("linked_accounts", "directory_id = $1", "$2"),
    some_sql!("integration_errands", "directory_id = $1", "$2"),
    some_sql!("agent_sessions", "directory_id = $1", "$2"),
];

const OF_CONNECTION: Sql = some_sql!("identities", "directory_id = $1 AND connection_id = $2", "$3");

const OF_INTEGRATION: Sql = some_sql!(
    "linked_accounts",
    "tenant_id = $1 AND integration_id = $2
    AND generation < (SELECT i.generation FROM integrations i WHERE i.tenant_id = $1 AND i.id = $2)",
    "$3"
);

const OF_GROUP: Sql = some_sql!("members", "directory_id = $1 AND group_id = $2", "$3");

/// What of a user is not a session.
const OF_USER: [Sql; 5] = [
    some_sql!("sign_ins", "directory_id = $1 AND user_id = $2", "$3"),
    some_sql!("impersonations", "directory_id = $1 AND user_id = $2", "$3"),
    some_sql!("linked_accounts", "directory_id = $1 AND user_id = $2", "$3"),
    some_sql!("integration_errands", "directory_id = $1 AND user_id = $2", "$3"),
    some_sql!("agent_sessions", "directory_id = $1 AND user_id = $2", "$3"),
];

const SESSIONS_OF_USER: Sql =
    sql!("SELECT id FROM sessions WHERE user_id = $2 AND directory_id = $1 ORDER BY id LIMIT $3");

const SESSIONS: Sql =
    sql!("SELECT id FROM sessions WHERE owner = $1 AND application_id = $2 ORDER BY id LIMIT $3");

const SESSIONS_OF_DIRECTORY: Sql =
    sql!("SELECT id FROM sessions WHERE directory_id = $1 AND directory_id = $2 ORDER BY id LIMIT $3");

/// What came of sessions.
const CODES_OF_SESSIONS: Sql = of_sessions_sql!("codes");
const GRANTS_OF_SESSIONS: Sql = of_sessions_sql!("grants");

const USERS: Sql = sql!("SELECT id FROM users WHERE directory_id = $1 ORDER BY id LIMIT $2");

/// The index goes before the users that number it.
const DELETE_USERS: [Sql; 4] = [
    sql!(
        postgres: "DELETE FROM roles WHERE user_id = ANY($1) AND $2::bytea IS NOT NULL",
        sqlite: "DELETE FROM roles
                 WHERE user_id IN (SELECT unhex(value) FROM json_each($1)) AND $2 IS NOT NULL",
    ),
    sql!(
        postgres: "DELETE FROM consents WHERE user_id = ANY($1) AND directory_id = $2",
        sqlite: "DELETE FROM consents
                 WHERE user_id IN (SELECT unhex(value) FROM json_each($1)) AND directory_id = $2",
    ),
    sql!(
        postgres: "DELETE FROM user_grams WHERE directory_id = $2 AND id = ANY($1)",
        sqlite: "DELETE FROM user_grams WHERE rowid IN (
                     SELECT number FROM users
                     WHERE directory_id = $2 AND id IN (SELECT unhex(value) FROM json_each($1)))",
    ),
    sql!(
        postgres: "DELETE FROM users WHERE directory_id = $2 AND id = ANY($1)",
        sqlite: "DELETE FROM users
                 WHERE directory_id = $2 AND id IN (SELECT unhex(value) FROM json_each($1))",
    ),
];

/// What a transaction deleted.
#[derive(Debug, Clone, Copy)]
struct Deleted {
    rows: u32,
    /// Whether nothing is left.
    is_all: bool,
}

impl WriteTx {
    /// Deletes what hung on a thing that this transaction deletes: all of it if
    /// that is little, and else some, and leaves the rest to the sweep.
    pub(crate) async fn delete_remains(&mut self, remains: Remains) -> Result<()> {
        const LEAVE: Sql = sql!(
            "INSERT INTO remains (noun, id, whose) VALUES ($1, $2, $3) ON CONFLICT (noun, id) DO NOTHING"
        );
        let at_once = match remains.noun {
            Noun::Directory => AT_ONCE_OF_DIRECTORY,
            Noun::Application | Noun::Connection | Noun::Group | Noun::Integration | Noun::User => AT_ONCE,
        };
        if self.delete_some(&remains, at_once).await?.is_all {
            return Ok(());
        }
        let values = [remains.noun.as_str().into(), remains.id.into(), remains.whose.into()];
        self.execute(LEAVE, &values).await.map(drop)
    }

    /// Deletes at most `limit` rows of what hung on things that are gone, and
    /// says how many; none when nothing is left. `Stale` within anything but
    /// the platform.
    pub async fn sweep_remains(&mut self, within: Within, limit: u32) -> Result<Option<u32>> {
        const NEXT: Sql = sql!("SELECT noun, id, whose FROM remains ORDER BY noun, id LIMIT 1");
        const DONE: Sql = sql!("DELETE FROM remains WHERE noun = $1 AND id = $2");
        one_row(u64::from(within == Within::Platform))?;
        let Some(next) = self.fetch_optional(NEXT, &[], read).await? else { return Ok(None) };
        let deleted = self.delete_some(&next, limit).await?;
        if deleted.is_all {
            self.execute(DONE, &[next.noun.as_str().into(), next.id.into()]).await?;
        }
        Ok(Some(deleted.rows))
    }

    /// At most `limit` rows.
    async fn delete_some(&mut self, remains: &Remains, limit: u32) -> Result<Deleted> {
        match remains.noun {
            Noun::Application => {
                let sessions = self.delete_sessions_of(SESSIONS, remains, limit).await?;
                self.delete_rows(&OF_APPLICATION, remains, (sessions, limit)).await
            }
            Noun::Directory => {
                let sessions = self.delete_sessions_of(SESSIONS_OF_DIRECTORY, remains, limit).await?;
                let users = self.delete_users_of(remains, (sessions, limit)).await?;
                self.delete_rows(&OF_DIRECTORY, remains, (users, limit)).await
            }
            Noun::Connection => self.delete_of_one(OF_CONNECTION, remains, limit).await,
            Noun::Group => self.delete_of_one(OF_GROUP, remains, limit).await,
            Noun::Integration => self.delete_of_one(OF_INTEGRATION, remains, limit).await,
            Noun::User => {
                let sessions = self.delete_sessions_of(SESSIONS_OF_USER, remains, limit).await?;
                let mut rows = sessions.rows;
                for sql in OF_USER {
                    let values = [remains.whose.into(), remains.id.into(), (limit - rows).into()];
                    rows += as_count(self.execute(sql, &values).await?);
                }
                Ok(Deleted { rows, is_all: sessions.is_all && rows < limit })
            }
        }
    }

    /// Of a thing in a directory that has rows in one table.
    async fn delete_of_one(&mut self, sql: Sql, remains: &Remains, limit: u32) -> Result<Deleted> {
        let values = [remains.whose.into(), remains.id.into(), limit.into()];
        let rows = as_count(self.execute(sql, &values).await?);
        Ok(Deleted { rows, is_all: rows < limit })
    }

    async fn delete_rows(
        &mut self,
        statements: &[Sql],
        remains: &Remains,
        (before, limit): (Deleted, u32),
    ) -> Result<Deleted> {
        if !before.is_all {
            return Ok(before);
        }
        let mut rows = before.rows;
        for &sql in statements {
            if rows >= limit {
                break;
            }
            let values = [remains.id.into(), limit.saturating_sub(rows).into()];
            rows += as_count(self.execute(sql, &values).await?);
        }
        Ok(Deleted { rows, is_all: rows < limit })
    }

    /// Sessions, and before them what came of them.
    async fn delete_sessions_of(&mut self, sql: Sql, remains: &Remains, limit: u32) -> Result<Deleted> {
        let values = [remains.whose.into(), remains.id.into(), limit.into()];
        let mut ids = self.fetch_all(sql, &values, read_id).await?;
        let (found, mut left) = (as_count(ids.len() as u64), limit);
        for sql in [CODES_OF_SESSIONS, GRANTS_OF_SESSIONS] {
            if left > 0 && !ids.is_empty() {
                left -= as_count(self.execute(sql, &[ids.as_slice().into(), left.into()]).await?);
            }
        }
        ids.truncate(left as usize);
        self.delete_those(&ids).await?;
        let rows = limit - left + as_count(ids.len() as u64);
        Ok(Deleted { rows, is_all: found < limit && rows < limit })
    }

    async fn delete_users_of(
        &mut self,
        remains: &Remains,
        (before, limit): (Deleted, u32),
    ) -> Result<Deleted> {
        if !before.is_all {
            return Ok(before);
        }
        let mut rows = before.rows;
        loop {
            let many = limit.saturating_sub(rows) / ROWS_OF_USER;
            if many == 0 {
                return Ok(Deleted { rows, is_all: false });
            }
            let ids = self.fetch_all(USERS, &[remains.id.into(), many.into()], read_id).await?;
            if ids.is_empty() {
                return Ok(Deleted { rows, is_all: true });
            }
            for sql in DELETE_USERS {
                rows += as_count(self.execute(sql, &[ids.as_slice().into(), remains.id.into()]).await?);
            }
        }
    }
}

fn as_count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn read(row: &Row<'_>) -> Result<Remains> {
    Ok(Remains { noun: row.parse("noun", Noun::parse)?, id: row.get("id")?, whose: row.get("whose")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn what_is_left_is_sought() {
        let statements = OF_APPLICATION.into_iter().chain(OF_DIRECTORY);
        let of_user = OF_USER.into_iter().chain([SESSIONS_OF_USER, SESSIONS_OF_DIRECTORY]);
        for sql in statements.chain([OF_CONNECTION, OF_GROUP, OF_INTEGRATION, SESSIONS, USERS]).chain(of_user)
        {
            assert_seeks(sql).await;
        }
        for sql in [CODES_OF_SESSIONS, GRANTS_OF_SESSIONS, DELETE_USERS[0], DELETE_USERS[1], DELETE_USERS[3]]
        {
            assert_no_scan_of(sql, &["codes", "consents", "grants", "roles", "users"]).await;
        }
    }

    #[test]
    fn every_noun_is_read_back() {
        for noun in Noun::ALL {
            assert_eq!(Noun::parse(noun.as_str()), Ok(noun));
        }
        assert!(Noun::parse("partner").is_err());
    }
}
