//! Which roles operators hold. Only the platform sees them.
//!
//! An operator is a user of the platform's directory who holds one.

use appkeep_domain::{Level, OperatorId, PartnerId, Role, RoleGrant, TenantId, UserId, Within};

use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::users::change_of;

impl ReadTx {
    /// Those of one operator, the platform's first. A role in a tenant says
    /// whose tenant it is now.
    pub async fn roles(&mut self, within: Within, operator: OperatorId) -> Result<Vec<RoleGrant>> {
        const ROLES: Sql = sql!(
            "SELECT r.role, r.level, r.level_id, t.partner_id FROM roles r
            LEFT JOIN tenants t ON t.id = r.level_id AND r.level = 2
            WHERE r.user_id = $1 ORDER BY r.level, r.level_id, r.role"
        );
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(ROLES, &[operator.into()], read).await
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
        let (level, level_id) = print_level(grant.at);
        let values = [operator.into(), level.into(), level_id.into(), print_role(grant.role).into()];
        one_row(self.execute(INSERT, &values).await?)?;
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

fn read(row: &Row<'_>) -> Result<RoleGrant> {
    Ok(RoleGrant { role: row.parse("role", parse_role)?, at: read_level(row)? })
}

/// The numbers are those of owners.
fn print_level(level: Level) -> (i64, [u8; 16]) {
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

const fn print_role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Operator => "operator",
        Role::Member => "member",
        Role::Viewer => "viewer",
    }
}

fn parse_role(text: &str) -> Result<Role, &'static str> {
    [Role::Owner, Role::Admin, Role::Operator, Role::Member, Role::Viewer]
        .into_iter()
        .find(|role| print_role(*role) == text)
        .ok_or("none of owner, admin, operator, member, viewer")
}
