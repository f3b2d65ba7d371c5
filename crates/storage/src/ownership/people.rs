//! The people of many tenants: whose they are, and how many of them there are,
//! directory by directory.

use appkeep_domain::{Directory, GroupId, PartnerId, SessionId, TenantId, UserId, UserStatus, Whose, Within};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::directories::{directory_columns, read_directory};
use crate::error::Result;
use crate::ownership::{TenantLabel, read_label};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::totals::Noun;
use crate::tx::ReadTx;
use crate::value::Value;

/// A tenant's directory, and how many there are in it of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedDirectory {
    pub directory: Directory,
    pub tenant: TenantId,
    pub total: u64,
}

/// A tenant, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    pub tenant: TenantLabel,
    pub partner: Option<PartnerId>,
}

impl ReadTx {
    /// The directories of these tenants, of those that are not archived, in the
    /// order of their ids, with how many users each has, or how many of that
    /// status; none within anything but the platform.
    pub async fn users_of_tenants(
        &mut self,
        within: Within,
        whose: &Whose,
        status: Option<UserStatus>,
    ) -> Result<Vec<CountedDirectory>> {
        self.counted(within, whose, (Noun::User, status)).await
    }

    /// The same for groups.
    pub async fn groups_of_tenants(
        &mut self,
        within: Within,
        whose: &Whose,
    ) -> Result<Vec<CountedDirectory>> {
        self.counted(within, whose, (Noun::Group, None)).await
    }

    /// Whose tenant's user it is; nothing within anything but the platform, nor
    /// for those of other directories, nor where the tenant is archived.
    pub async fn whereabouts_of_user(&mut self, within: Within, id: UserId) -> Result<Option<Whereabouts>> {
        self.whereabouts(within, OF_USER, id.into()).await
    }

    /// The same for a group.
    pub async fn whereabouts_of_group(&mut self, within: Within, id: GroupId) -> Result<Option<Whereabouts>> {
        self.whereabouts(within, OF_GROUP, id.into()).await
    }

    /// The same for whoever has a session.
    pub async fn whereabouts_of_session(
        &mut self,
        within: Within,
        id: SessionId,
    ) -> Result<Option<Whereabouts>> {
        self.whereabouts(within, OF_SESSION, id.into()).await
    }

    /// The last of the first so many users of a directory, newest first, or of
    /// those of that status; nothing when there are not as many.
    pub async fn user_before(
        &mut self,
        directory: &Directory,
        status: Option<UserStatus>,
        skipped: u64,
    ) -> Result<Option<UserId>> {
        let Some(ahead) = skipped.checked_sub(1) else { return Ok(None) };
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        let mut values: Vec<Value<'_>> = vec![directory.id.into(), ahead.into()];
        let sql = match status {
            Some(status) => {
                values.push(status.as_str().into());
                USER_OF_STATUS_BEFORE
            }
            None => USER_BEFORE,
        };
        self.fetch_optional(sql, &values, |row| row.get("id")).await
    }

    /// The same for groups.
    pub async fn group_before(&mut self, directory: &Directory, skipped: u64) -> Result<Option<GroupId>> {
        let Some(ahead) = skipped.checked_sub(1) else { return Ok(None) };
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        self.fetch_optional(GROUP_BEFORE, &[directory.id.into(), ahead.into()], |row| row.get("id")).await
    }

    async fn counted(
        &mut self,
        within: Within,
        whose: &Whose,
        (noun, status): (Noun, Option<UserStatus>),
    ) -> Result<Vec<CountedDirectory>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value<'_>> =
            vec![noun.as_str().into(), status.map(UserStatus::as_str).into(), false.into()];
        let owners = OwnerValues::of(whose);
        let sql = if let Some(owners) = &owners {
            values.extend(owners.values());
            AMONG
        } else {
            ALL
        };
        self.fetch_all(sql, &values, read_counted).await
    }

    async fn whereabouts(&mut self, within: Within, sql: Sql, id: Value<'_>) -> Result<Option<Whereabouts>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(sql, &[id, false.into()], read_whereabouts).await
    }
}

/// Of a status they are counted along the index, and all of them are kept.
macro_rules! counted {
    ($status:literal, $among:expr) => {
        concat!(
            "SELECT ",
            directory_columns!(),
            ", t.id AS tenant_id, CASE WHEN ",
            $status,
            " IS NULL
                THEN (SELECT CAST(coalesce(sum(n.total), 0) AS BIGINT) FROM totals n
                    WHERE n.directory_id = d.id AND n.noun = $1)
                ELSE (SELECT count(*) FROM users u WHERE u.directory_id = d.id AND u.status = $2) END AS total
            FROM ",
            $among,
            " JOIN directories d ON d.owner = t.id AND d.application_id IS NULL
            WHERE t.archived = $3 ORDER BY d.id"
        )
    };
}

const ALL: Sql = sql!(
    postgres: counted!("$2::text", "tenants t"),
    sqlite: counted!("$2", "tenants t"),
);

const AMONG: Sql = sql!(
    postgres: counted!(
        "$2::text",
        concat!("(", owners_in_postgres!(), ") AS o JOIN tenants t ON t.id = o.owner")
    ),
    sqlite: counted!("$2", concat!("(", owners_in_sqlite!(), ") AS o CROSS JOIN tenants t ON t.id = o.owner")),
);

macro_rules! whereabouts {
    ($of:literal) => {
        concat!(
            "SELECT t.id, t.slug, t.name, t.partner_id FROM ",
            $of,
            " JOIN directories d ON d.id = x.directory_id AND d.application_id IS NULL
            JOIN tenants t ON t.id = d.owner WHERE x.id = $1 AND t.archived = $2"
        )
    };
}

const OF_USER: Sql = sql!(whereabouts!("users x"));

const OF_GROUP: Sql = sql!(whereabouts!("groups x"));

const OF_SESSION: Sql = sql!(whereabouts!("sessions x"));

const USER_BEFORE: Sql =
    sql!("SELECT u.id FROM users u WHERE u.directory_id = $1 ORDER BY u.id DESC LIMIT 1 OFFSET $2");

const USER_OF_STATUS_BEFORE: Sql = sql!(
    "SELECT u.id FROM users u WHERE u.directory_id = $1 AND u.status = $3
    ORDER BY u.id DESC LIMIT 1 OFFSET $2"
);

const GROUP_BEFORE: Sql =
    sql!("SELECT g.id FROM groups g WHERE g.directory_id = $1 ORDER BY g.id DESC LIMIT 1 OFFSET $2");

fn read_counted(row: &Row<'_>) -> Result<CountedDirectory> {
    Ok(CountedDirectory {
        directory: read_directory(row)?,
        tenant: row.get("tenant_id")?,
        total: row.get::<i64>("total")?.unsigned_abs(),
    })
}

fn read_whereabouts(row: &Row<'_>) -> Result<Whereabouts> {
    Ok(Whereabouts { tenant: read_label(row)?, partner: row.get("partner_id")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn what_is_asked_for_is_sought() {
        for lookup in [OF_USER, OF_GROUP, OF_SESSION, USER_BEFORE, USER_OF_STATUS_BEFORE, GROUP_BEFORE] {
            assert_seeks(lookup).await;
        }
        assert_no_scan_of(AMONG, &["t", "d", "n", "u", "tenants", "directories", "totals", "users"]).await;
        assert_no_scan_of(ALL, &["d", "n", "u", "directories", "totals", "users"]).await;
    }
}
