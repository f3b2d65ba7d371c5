//! Which roles operators hold. Only the platform sees them.
//!
//! An operator is a user of the platform's directory who holds one.

use appkeep_domain::{
    Footing, Level, OperatorId, PartnerId, Role, RoleGrant, Standing, TenantId, Timestamp, UserId, Within,
};

use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::users::change_of;
use crate::value::Value;

/// A role, and how the place where it is held stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldRole {
    pub grant: RoleGrant,
    pub footing: Footing,
}

/// What `read` reads, of `roles r` with the place where each is held.
macro_rules! roles_with_places {
    () => {
        "SELECT r.user_id, r.role, r.level, r.level_id, t.partner_id, t.status AS tenant_status,
            t.archived_at AS tenant_archived_at, p.status AS partner_status,
            p.archived_at AS partner_archived_at
        FROM roles r
        LEFT JOIN tenants t ON t.id = r.level_id AND r.level = 2
        LEFT JOIN partners p ON p.id = CASE r.level WHEN 1 THEN r.level_id ELSE t.partner_id END"
    };
}
pub(crate) use roles_with_places;

const ROLES: Sql =
    sql!(concat!(roles_with_places!(), " WHERE r.user_id = $1 ORDER BY r.level, r.level_id, r.role"));

const COUNT_OWNERS: Sql = sql!(
    "SELECT count(*) AS owners FROM roles r
    JOIN directories d ON d.owner = r.level_id AND d.application_id IS NULL
    JOIN users u ON u.directory_id = d.id AND u.id = r.user_id
    WHERE r.level = 0 AND r.level_id = $1 AND r.role = 'owner' AND u.status = 'active'"
);

impl ReadTx {
    /// Those of one operator, the platform's first. A role in a tenant says
    /// whose tenant it is now.
    pub async fn roles(&mut self, within: Within, operator: OperatorId) -> Result<Vec<HeldRole>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(ROLES, &[operator.into()], read_held).await
    }

    /// How many own the platform and may sign in; none within anything but it.
    pub async fn count_platform_owners(&mut self, within: Within) -> Result<i64> {
        if within != Within::Platform {
            return Ok(0);
        }
        let counted = self.fetch_optional(COUNT_OWNERS, &[[0; 16].into()], |row| row.get("owners")).await?;
        Ok(counted.unwrap_or_default())
    }
}

impl WriteTx {
    /// A role that is held already stays. `Stale` when there is no such user,
    /// or within anything but the platform.
    pub async fn insert_role(
        &mut self,
        within: Within,
        operator: OperatorId,
        grant: RoleGrant,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO roles (user_id, level, level_id, role)
            SELECT u.id, $2, $3, $4 FROM users u JOIN directories d ON d.id = u.directory_id
            WHERE d.owner_level = 0 AND u.id = $1
            ON CONFLICT (user_id, level, level_id, role) DO UPDATE SET role = excluded.role"
        );
        one_row(u64::from(within == Within::Platform))?;
        one_row(self.execute(INSERT, &columns(operator, grant)).await?)?;
        self.announce(change_of(UserId::from_bytes(operator.as_bytes())));
        Ok(())
    }

    /// `Stale` when it is not held, or within anything but the platform.
    pub async fn delete_role(
        &mut self,
        within: Within,
        operator: OperatorId,
        grant: RoleGrant,
    ) -> Result<()> {
        const DELETE: Sql =
            sql!("DELETE FROM roles WHERE user_id = $1 AND level = $2 AND level_id = $3 AND role = $4");
        one_row(u64::from(within == Within::Platform))?;
        one_row(self.execute(DELETE, &columns(operator, grant)).await?)?;
        self.announce(change_of(UserId::from_bytes(operator.as_bytes())));
        Ok(())
    }

    /// Whoever is no longer a user holds none.
    pub(crate) async fn delete_roles(&mut self, user: UserId) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM roles WHERE user_id = $1");
        self.execute(DELETE, &[user.into()]).await?;
        Ok(())
    }
}

fn columns(operator: OperatorId, grant: RoleGrant) -> [Value<'static>; 4] {
    let (level, level_id) = print_level(grant.at);
    [operator.into(), level.into(), level_id.into(), grant.role.as_str().into()]
}

pub(crate) fn read_held(row: &Row<'_>) -> Result<HeldRole> {
    let grant = RoleGrant { role: row.parse("role", Role::parse)?, at: read_level(row)? };
    let partner = read_footing(row, "partner_status", "partner_archived_at")?;
    let tenant = read_footing(row, "tenant_status", "tenant_archived_at")?;
    Ok(HeldRole { grant, footing: partner.max(tenant) })
}

/// Firm where there is nothing that could stand otherwise.
fn read_footing(row: &Row<'_>, status: &'static str, archived_at: &'static str) -> Result<Footing> {
    let standing = row.parse_optional(status, Standing::parse)?.unwrap_or(Standing::Active);
    Ok(Footing::of(standing, row.get::<Option<Timestamp>>(archived_at)?))
}

/// The numbers are those of owners.
pub(crate) fn print_level(level: Level) -> (i64, [u8; 16]) {
    match level {
        Level::Platform => (0, [0; 16]),
        Level::Partner(id) => (1, id.as_bytes()),
        Level::Tenant { id, .. } => (2, id.as_bytes()),
    }
}

fn read_level(row: &Row<'_>) -> Result<Level> {
    let id: [u8; 16] = row.get("level_id")?;
    match row.get::<i64>("level")? {
        0 => Ok(Level::Platform),
        1 => Ok(Level::Partner(PartnerId::from_bytes(id))),
        2 => Ok(Level::Tenant { id: TenantId::from_bytes(id), partner: row.get("partner_id")? }),
        _ => Err(StorageError::corrupt("level", "none of 0, 1, 2")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn roles_are_sought() {
        for sql in [ROLES, COUNT_OWNERS] {
            assert_seeks(sql).await;
        }
    }
}
