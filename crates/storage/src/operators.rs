//! Lists of operators: who holds a role in a place, newest first, by seeking.

mod service_accounts;

use std::collections::BTreeMap;

use appkeep_domain::{Directory, Email, OperatorId, Owner, User, UserId, Within};

pub use self::service_accounts::ServiceAccountPage;
use crate::error::Result;
use crate::pages::{Seek, one_more, page_of};
use crate::roles::{HeldRole, read_held, roles_with_places};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};
use crate::value::Value;

/// Somebody who runs something, with all their roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRoles {
    pub user: User,
    pub roles: Vec<HeldRole>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPage {
    pub operators: Vec<HeldRoles>,
    /// Where the next page begins: after this one. `None` at the end. Whoever is
    /// taken away while the page is read may leave it short.
    pub next: Option<OperatorId>,
}

impl ReadTx {
    /// Those who hold a role that is governed from there: at the platform
    /// everybody who holds one, in a partner those of its and of its tenants that
    /// are not archived.
    pub async fn operators(&mut self, within: Within, seek: Seek<OperatorId>) -> Result<OperatorPage> {
        let Some(directory) = self.tenant_directory(Within::Platform, Owner::Global).await? else {
            return Ok(OperatorPage::default());
        };
        // Greater than every id that is made.
        let after = seek.after.unwrap_or(OperatorId::from_bytes([0xff; 16]));
        let mut values: Vec<Value<'_>> = vec![after.into(), one_more(seek.limit).into()];
        let (sql, place) = match within {
            Within::Platform => (EVERYBODY, None),
            Within::Partner(id) => (OF_PARTNER, Some(id.as_bytes())),
            Within::Tenant(id) => (OF_TENANT, Some(id.as_bytes())),
        };
        values.extend(place.map(Value::from));
        let found: Vec<UserId> = self.fetch_all(sql, &values, |row| row.get("user_id")).await?;
        let (ids, next) = page_of(found, seek.limit, |id| OperatorId::from_bytes(id.as_bytes()));
        let users = self.those_users(directory.id, &ids).await?;
        Ok(OperatorPage { operators: self.with_roles(users).await?, next })
    }

    /// Whoever has this address, case aside, and those who were invited by it,
    /// at most `limit`; with their roles, if they hold any. However many they
    /// are, it is as many statements. Only the platform sees them.
    pub async fn operators_named(
        &mut self,
        within: Within,
        directory: &Directory,
        email: &Email,
        limit: u32,
    ) -> Result<Vec<HeldRoles>> {
        if within != Within::Platform || directory.owner != Owner::Global {
            return Ok(Vec::new());
        }
        // Between the two nothing stands but the address, and a space behind it.
        let (from, until) = (email.folded(), format!("{}!", email.folded()));
        let values = [directory.id.into(), from.into(), until.into(), limit.into()];
        let users = self.fetch_all(NAMED, &values, read_user).await?;
        self.with_roles(users).await
    }

    /// Everything that each of them holds.
    async fn with_roles(&mut self, users: Vec<User>) -> Result<Vec<HeldRoles>> {
        let keys: Vec<[u8; 16]> = users.iter().map(|user| user.id.as_bytes()).collect();
        let mut roles: BTreeMap<UserId, Vec<HeldRole>> = BTreeMap::new();
        let read = self
            .fetch_all(ROLES_OF, &[keys.as_slice().into()], |row| Ok((row.get("user_id")?, read_held(row)?)))
            .await?;
        for (user, held) in read {
            roles.entry(user).or_default().push(held);
        }
        let with = |user: User| HeldRoles { roles: roles.remove(&user.id).unwrap_or_default(), user };
        Ok(users.into_iter().map(with).collect())
    }
}

const NAMED: Sql = sql!(concat!(
    "SELECT ",
    user_columns!(),
    " FROM users u WHERE u.directory_id = $1 AND u.email_key >= $2 AND u.email_key < $3
    ORDER BY u.email_key LIMIT $4"
));

const EVERYBODY: Sql = sql!(
    "SELECT r.user_id FROM roles r WHERE r.user_id < $1 GROUP BY r.user_id ORDER BY r.user_id DESC LIMIT $2"
);

const OF_TENANT: Sql = sql!(
    "SELECT r.user_id FROM roles r WHERE r.level = 2 AND r.level_id = $3 AND r.user_id < $1
    GROUP BY r.user_id ORDER BY r.user_id DESC LIMIT $2"
);

/// A seek for the partner and for each of its tenants.
pub(crate) const OF_PARTNER: Sql = sql!(
    postgres: "SELECT found.user_id FROM (
            (SELECT r.user_id FROM roles r WHERE r.level = 1 AND r.level_id = $3 AND r.user_id < $1
             GROUP BY r.user_id ORDER BY r.user_id DESC LIMIT $2)
            UNION
            SELECT held.user_id FROM tenants t CROSS JOIN LATERAL (
                SELECT r.user_id FROM roles r
                WHERE r.level = 2 AND r.level_id = t.id AND r.user_id < $1
                GROUP BY r.user_id ORDER BY r.user_id DESC LIMIT $2) AS held
            WHERE t.partner_id = $3 AND t.archived = FALSE
        ) AS found ORDER BY found.user_id DESC LIMIT $2",
    sqlite: "SELECT user_id FROM (
            SELECT user_id FROM (SELECT r.user_id AS user_id FROM roles r
                WHERE r.level = 1 AND r.level_id = $3 AND r.user_id < $1
                GROUP BY r.user_id ORDER BY r.user_id DESC LIMIT $2)
            UNION
            SELECT h.user_id FROM tenants t CROSS JOIN roles h
            WHERE t.partner_id = $3 AND t.archived = FALSE AND h.level = 2 AND h.level_id = t.id AND h.user_id IN (
                SELECT n.user_id FROM roles n WHERE n.level = 2 AND n.level_id = t.id AND n.user_id < $1
                GROUP BY n.user_id ORDER BY n.user_id DESC LIMIT $2)
        ) ORDER BY user_id DESC LIMIT $2",
);

const ROLES_OF: Sql = sql!(
    postgres: concat!(roles_with_places!(), " WHERE r.user_id = ANY($1) ORDER BY r.level, r.level_id, r.role"),
    sqlite: concat!(
        roles_with_places!(),
        " WHERE r.user_id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY r.level, r.level_id, r.role"
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn operators_are_sought() {
        for sql in [EVERYBODY, OF_TENANT, NAMED] {
            assert_seeks(sql).await;
        }
        for sql in [OF_PARTNER, ROLES_OF] {
            assert_no_scan_of(sql, &["r", "h", "n", "t", "p"]).await;
        }
    }
}
