//! Operators and the roles they hold. Only the platform sees them.

use appkeep_domain::{
    Email, Level, Operator, OperatorId, PartnerId, Role, RoleGrant, TenantId, Timestamp, Within,
};

use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// A row for each role, or one for somebody who holds none.
macro_rules! operators_of {
    ($chosen:literal) => {
        concat!(
            "SELECT o.id, o.email, o.password_hash, o.created_at, o.updated_at,
                r.role, r.level, r.level_id, t.partner_id
            FROM (",
            $chosen,
            ") o LEFT JOIN roles r ON r.operator_id = o.id
            LEFT JOIN tenants t ON t.id = r.level_id AND r.level = 2
            ORDER BY o.id, r.level, r.level_id, r.role"
        )
    };
}

impl ReadTx {
    /// Whoever has this address, case aside.
    pub async fn operator_by_email(&mut self, within: Within, email: &Email) -> Result<Option<Operator>> {
        const BY_EMAIL: Sql = sql!(operators_of!("SELECT * FROM operators WHERE email_folded = $1"));
        if within != Within::Platform {
            return Ok(None);
        }
        let rows = self.fetch_all(BY_EMAIL, &[email.folded().into()], read).await?;
        Ok(gather(rows).pop())
    }

    /// The first `limit`, in the order they were made.
    pub async fn operators(&mut self, within: Within, limit: u32) -> Result<Vec<Operator>> {
        const LIST: Sql = sql!(operators_of!("SELECT * FROM operators ORDER BY id LIMIT $1"));
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        Ok(gather(self.fetch_all(LIST, &[limit.into()], read).await?))
    }
}

impl WriteTx {
    /// An address in use, case aside, is `Taken("operators.email_folded")`;
    /// `Stale` within anything but the platform. A role comes back with the
    /// partner that its tenant has then.
    pub async fn insert_operator(&mut self, within: Within, operator: &Operator) -> Result<()> {
        const OPERATOR: Sql = sql!(
            "INSERT INTO operators (id, email, email_folded, password_hash, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6)"
        );
        const ROLE: Sql =
            sql!("INSERT INTO roles (operator_id, level, level_id, role) VALUES ($1, $2, $3, $4)");
        one_row(u64::from(within == Within::Platform))?;
        let values = [
            operator.id.into(),
            operator.email.as_str().into(),
            operator.email.folded().into(),
            operator.password_hash.as_str().into(),
            operator.created_at.into(),
            operator.updated_at.into(),
        ];
        self.execute(OPERATOR, &values).await?;
        for grant in &operator.roles {
            let (level, level_id) = print_level(grant.at);
            let values = [operator.id.into(), level.into(), level_id.into(), print_role(grant.role).into()];
            self.execute(ROLE, &values).await?;
        }
        Ok(())
    }

    /// `Stale` when there is no such operator, or within anything but the platform.
    pub async fn update_operator_password(
        &mut self,
        within: Within,
        id: OperatorId,
        hash: &str,
        now: Timestamp,
    ) -> Result<()> {
        const UPDATE: Sql = sql!("UPDATE operators SET password_hash = $2, updated_at = $3 WHERE id = $1");
        one_row(u64::from(within == Within::Platform))?;
        one_row(self.execute(UPDATE, &[id.into(), hash.into(), now.into()]).await?)
    }
}

/// Puts the rows of each operator together; they stand next to each other.
fn gather(rows: Vec<Operator>) -> Vec<Operator> {
    let mut operators: Vec<Operator> = Vec::new();
    for row in rows {
        match operators.last_mut().filter(|last| last.id == row.id) {
            Some(last) => last.roles.extend(row.roles),
            None => operators.push(row),
        }
    }
    operators
}

fn read(row: &Row<'_>) -> Result<Operator> {
    let role = row.parse_optional("role", parse_role)?;
    let roles = match role {
        Some(role) => vec![RoleGrant { role, at: read_level(row)? }],
        None => Vec::new(),
    };
    Ok(Operator {
        id: row.get("id")?,
        email: row.parse("email", Email::parse)?,
        password_hash: row.get("password_hash")?,
        roles,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
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
