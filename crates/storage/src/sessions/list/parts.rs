//! The sessions of a tenant's people, with whatever applications: numbered
//! parts, newest first, and one of them by its id alone.

use appkeep_domain::{Directory, Session, SessionId, TenantId, Timestamp, UserId, Whose, Within};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::directories::{directory_columns, read_directory};
use crate::error::Result;
use crate::owners::reaches;
use crate::ownership::CountedDirectory;
use crate::row::Row;
use crate::sessions::{read_session, session_columns};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

impl ReadTx {
    /// Most sessions of a directory, or of a user, that are counted.
    pub const MOST_SESSIONS: u64 = 10_000;

    /// The directories of these tenants, of those that are not archived, in the
    /// order of their ids, with how many sessions the people of each have, those
    /// that are over too until they are swept; none within anything but the
    /// platform.
    pub async fn sessions_of_tenants(
        &mut self,
        within: Within,
        whose: &Whose,
    ) -> Result<Vec<CountedDirectory>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value<'_>> = vec![false.into(), bigint(Self::MOST_SESSIONS), Value::Null];
        let owners = OwnerValues::of(whose);
        let sql = if let Some(owners) = &owners {
            values.extend(owners.values());
            COUNTED_AMONG
        } else {
            COUNTED_ALL
        };
        self.fetch_all(sql, &values, read_counted).await
    }

    /// How many a user of the directory has; none when it is not within the boundary.
    pub async fn count_sessions_of_user(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<u64> {
        if !reaches(within, directory.owner) {
            return Ok(0);
        }
        let values = [directory.id.into(), user.into(), bigint(Self::MOST_SESSIONS)];
        let counted = self.fetch_optional(COUNT_OF_USER, &values, |row| row.get::<i64>("total")).await?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }

    /// Those of the directory's people, or of one of them, so many after the
    /// first `skipped`; none when the directory is not within the boundary.
    pub async fn sessions_part(
        &mut self,
        within: Within,
        directory: &Directory,
        user: Option<UserId>,
        (skipped, limit): (u64, u64),
    ) -> Result<Vec<Session>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let mut values = vec![directory.id.into(), bigint(limit), bigint(skipped)];
        let sql = match user {
            Some(user) => {
                values.push(user.into());
                OF_USER
            }
            None => OF_DIRECTORY,
        };
        self.fetch_all(sql, &values, read_session).await
    }

    /// One that somebody of the directory has, ended and expired ones too.
    pub async fn session_in(
        &mut self,
        within: Within,
        directory: &Directory,
        id: SessionId,
    ) -> Result<Option<Session>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[id.into(), directory.id.into()], read_session).await
    }

    /// Who of the directory has a session that is neither ended nor expired at
    /// `now`, a session each, the newest first, after `after`.
    pub async fn users_with_sessions(
        &mut self,
        within: Within,
        directory: &Directory,
        (after, limit): (Option<SessionId>, u32),
        now: Timestamp,
    ) -> Result<Vec<(SessionId, UserId)>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        // Greater than every id that is made.
        let after = after.unwrap_or(SessionId::from_bytes([0xff; 16]));
        let values = [directory.id.into(), after.into(), limit.into(), now.into()];
        self.fetch_all(LIVE, &values, |row| Ok((row.get("id")?, row.get("user_id")?))).await
    }
}

fn bigint(number: u64) -> Value<'static> {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

fn read_counted(row: &Row<'_>) -> Result<CountedDirectory> {
    Ok(CountedDirectory {
        directory: read_directory(row)?,
        tenant: row.get::<TenantId>("tenant_id")?,
        total: row.get::<i64>("total")?.unsigned_abs(),
    })
}

macro_rules! counted {
    ($among:expr, $unused:literal) => {
        concat!(
            "SELECT ",
            directory_columns!(),
            ", t.id AS tenant_id, (SELECT count(*) FROM (
                SELECT 1 FROM sessions s WHERE s.directory_id = d.id LIMIT $2) AS newest) AS total
            FROM ",
            $among,
            " JOIN directories d ON d.owner = t.id AND d.application_id IS NULL
            WHERE t.archived = $1",
            $unused,
            " ORDER BY d.id"
        )
    };
}

const COUNTED_ALL: Sql = sql!(
    postgres: counted!("tenants t", " AND $3::bigint IS NULL"),
    sqlite: counted!("tenants t", " AND $3 IS NULL"),
);

const COUNTED_AMONG: Sql = sql!(
    postgres: counted!(
        concat!("(", owners_in_postgres!(), ") AS o JOIN tenants t ON t.id = o.owner"),
        " AND $3::bigint IS NULL"
    ),
    sqlite: counted!(
        concat!("(", owners_in_sqlite!(), ") AS o CROSS JOIN tenants t ON t.id = o.owner"),
        " AND $3 IS NULL"
    ),
);

const COUNT_OF_USER: Sql = sql!(
    "SELECT count(*) AS total FROM (
        SELECT 1 FROM sessions WHERE user_id = $2 AND directory_id = $1 LIMIT $3) AS newest"
);

const OF_DIRECTORY: Sql = sql!(concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions s WHERE s.directory_id = $1 ORDER BY s.id DESC LIMIT $2 OFFSET $3"
));

const OF_USER: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions s WHERE s.directory_id = $1 AND s.user_id = $4 ORDER BY s.id DESC LIMIT $2 OFFSET $3"
    ),
    sqlite: concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions s INDEXED BY sessions_by_user WHERE s.directory_id = $1 AND s.user_id = $4
        ORDER BY s.id DESC LIMIT $2 OFFSET $3"
    ),
);

const ONE: Sql =
    sql!(concat!("SELECT ", session_columns!(), " FROM sessions s WHERE s.id = $1 AND s.directory_id = $2"));

const LIVE: Sql = sql!(
    "SELECT id, user_id FROM sessions WHERE directory_id = $1 AND id < $2 AND dead_at > $4
    ORDER BY id DESC LIMIT $3"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{
        Planned, SESSIONS, assert_no_scan_of, assert_seeks, assert_seeks_in_postgres,
    };

    #[tokio::test]
    async fn sessions_are_sought() {
        for sql in [OF_DIRECTORY, OF_USER, ONE, LIVE] {
            assert_seeks(sql).await;
        }
        for sql in [COUNTED_AMONG, COUNTED_ALL, COUNT_OF_USER] {
            assert_no_scan_of(sql, &["s", "sessions", "d", "directories"]).await;
        }
    }

    #[tokio::test]
    async fn a_users_sessions_are_sought_in_postgres() {
        let planned = [
            Planned {
                sql: OF_USER,
                types: "(bytea, bigint, bigint, bytea)",
                values: "('\\x07', 50, 0, '\\x07')",
            },
            Planned {
                sql: COUNT_OF_USER,
                types: "(bytea, bytea, bigint)",
                values: "('\\x07', '\\x07', 10000)",
            },
        ];
        assert_seeks_in_postgres(SESSIONS, &["sessions"], &planned).await;
    }
}
