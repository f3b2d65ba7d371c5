//! What is tied to what in a tenant, read for many at once: for whoever draws
//! the whole. Every list has a bound, and beyond it no order.

use appkeep_domain::access::AccessRule;
use appkeep_domain::integration::Integration;
use appkeep_domain::{
    Application, ApplicationId, Assignment, Directory, Group, GroupId, Id, IdKind, IntegrationId, Owner,
    Subject, TenantId, User, UserId, Within,
};

use super::linked::LinkedAccount;
use super::{integration_columns, linked, read};
use crate::applications::access::parse_rules;
use crate::applications::{application_columns, read_application};
use crate::assignments::read_assignment;
use crate::error::{Result, StorageError};
use crate::groups::{group_columns, read_group};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};

impl ReadTx {
    /// Most rows that one of these lists has.
    pub const MOST_TIES: u32 = 20_000;

    /// Those of the tenant's applications that have one of these ids, newest
    /// first; archived and expired ones too.
    pub async fn tied_applications(
        &mut self,
        within: Within,
        tenant: TenantId,
        ids: &[ApplicationId],
    ) -> Result<Vec<Application>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(ids);
        self.fetch_all(APPLICATIONS, &[tenant.into(), ids.as_slice().into()], read_application).await
    }

    /// Those of the tenant's integrations that have one of these ids, newest
    /// first; archived ones too.
    pub async fn tied_integrations(
        &mut self,
        within: Within,
        tenant: TenantId,
        ids: &[IntegrationId],
    ) -> Result<Vec<Integration>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(ids);
        self.fetch_all(INTEGRATIONS, &[tenant.into(), ids.as_slice().into()], read).await
    }

    /// Which integrations these applications reach, archived ones too.
    pub async fn tied_attachments(
        &mut self,
        within: Within,
        tenant: TenantId,
        applications: &[ApplicationId],
    ) -> Result<Vec<(ApplicationId, IntegrationId)>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(applications);
        let values = [tenant.into(), ids.as_slice().into(), Self::MOST_TIES.into()];
        let pair = |row: &Row<'_>| Ok((row.get("application_id")?, row.get("integration_id")?));
        self.fetch_all(ATTACHMENTS, &values, pair).await
    }

    /// Who of the tenant's people is assigned to these applications.
    pub async fn tied_assignments(
        &mut self,
        within: Within,
        tenant: TenantId,
        applications: &[ApplicationId],
    ) -> Result<Vec<Assignment>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(applications);
        let values = [tenant.into(), ids.as_slice().into(), Self::MOST_TIES.into()];
        self.fetch_all(ASSIGNMENTS, &values, read_assignment).await
    }

    /// To what the user and these groups are assigned.
    pub async fn assignments_of(
        &mut self,
        within: Within,
        directory: &Directory,
        (user, groups): (UserId, &[GroupId]),
    ) -> Result<Vec<Assignment>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let mut ids = keys(groups);
        ids.push(user.as_bytes());
        let values = [directory.id.into(), ids.as_slice().into(), Self::MOST_TIES.into()];
        self.fetch_all(ASSIGNMENTS_OF, &values, read_assignment).await
    }

    /// Who is in the groups of the tenant's that are assigned to these
    /// applications, and in the groups in those: each with the group.
    pub async fn tied_members(
        &mut self,
        within: Within,
        tenant: TenantId,
        applications: &[ApplicationId],
    ) -> Result<Vec<(GroupId, Subject)>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(applications);
        let values = [tenant.into(), ids.as_slice().into(), Self::MOST_TIES.into()];
        let mut found = self.fetch_all(GROUPS_BELOW, &values, read_member).await?;
        found.extend(self.fetch_all(USERS_BELOW, &values, read_member).await?);
        Ok(found)
    }

    /// In which groups the user is, and in which groups those are.
    pub async fn groups_around(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Vec<(GroupId, Subject)>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let values = [directory.id.into(), user.into(), Self::MOST_TIES.into()];
        self.fetch_all(AROUND, &values, read_member).await
    }

    /// Who has something with these integrations.
    pub async fn tied_accounts(
        &mut self,
        within: Within,
        tenant: TenantId,
        integrations: &[IntegrationId],
    ) -> Result<Vec<LinkedAccount>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(integrations);
        let values = [tenant.into(), ids.as_slice().into(), Self::MOST_TIES.into()];
        self.fetch_all(ACCOUNTS, &values, linked::read).await
    }

    /// What the user has with integrations.
    pub async fn accounts_of(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Vec<LinkedAccount>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let values = [directory.id.into(), user.into(), Self::MOST_TIES.into()];
        self.fetch_all(ACCOUNTS_OF, &values, linked::read).await
    }

    /// What the keys of these applications may do by rules.
    pub async fn tied_rules(
        &mut self,
        within: Within,
        tenant: TenantId,
        applications: &[ApplicationId],
    ) -> Result<Vec<(ApplicationId, Vec<AccessRule>)>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(applications);
        let rules = |row: &Row<'_>| Ok((row.get("application_id")?, row.parse("rules", parse_rules)?));
        self.fetch_all(RULES, &[tenant.into(), ids.as_slice().into()], rules).await
    }

    /// Those of the tenant's people who have one of these ids, in whichever of
    /// its directories.
    pub async fn tied_users(
        &mut self,
        within: Within,
        tenant: TenantId,
        ids: &[UserId],
    ) -> Result<Vec<User>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(ids);
        self.fetch_all(USERS, &[tenant.into(), ids.as_slice().into()], read_user).await
    }

    /// The same for groups.
    pub async fn tied_groups(
        &mut self,
        within: Within,
        tenant: TenantId,
        ids: &[GroupId],
    ) -> Result<Vec<Group>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        let ids = keys(ids);
        self.fetch_all(GROUPS, &[tenant.into(), ids.as_slice().into()], read_group).await
    }
}

fn keys<K: IdKind>(ids: &[Id<K>]) -> Vec<[u8; 16]> {
    ids.iter().map(Id::as_bytes).collect()
}

fn read_member(row: &Row<'_>) -> Result<(GroupId, Subject)> {
    let member = match row.get::<String>("kind")?.as_str() {
        "user" => Subject::User(row.get("id")?),
        "group" => Subject::Group(row.get("id")?),
        _ => return Err(StorageError::corrupt("kind", "neither user nor group")),
    };
    Ok((row.get("group_id")?, member))
}

const APPLICATIONS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.owner = $1 AND a.id = ANY($2) ORDER BY a.id DESC"
    ),
    sqlite: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.owner = $1 AND a.id IN (SELECT unhex(value) FROM json_each($2))
        ORDER BY a.id DESC"
    ),
);

const INTEGRATIONS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        integration_columns!(),
        " FROM integrations i WHERE i.tenant_id = $1 AND i.id = ANY($2) ORDER BY i.id DESC"
    ),
    sqlite: concat!(
        "SELECT ",
        integration_columns!(),
        " FROM integrations i WHERE i.tenant_id = $1 AND i.id IN (SELECT unhex(value) FROM json_each($2))
        ORDER BY i.id DESC"
    ),
);

// The plus keeps SQLite from going through all that the tenant has.
const ATTACHMENTS: Sql = sql!(
    postgres: "SELECT t.application_id, t.integration_id FROM attachments t
        WHERE t.application_id = ANY($2) AND t.tenant_id = $1 LIMIT $3",
    sqlite: "SELECT t.application_id, t.integration_id FROM attachments t
        WHERE t.application_id IN (SELECT unhex(value) FROM json_each($2)) AND +t.tenant_id = $1 LIMIT $3",
);

const ASSIGNMENTS: Sql = sql!(
    postgres: "SELECT s.application_id, s.directory_id, s.kind, s.id, s.created_at
        FROM assignments s JOIN directories d ON d.id = s.directory_id
        WHERE s.application_id = ANY($2) AND d.owner = $1 LIMIT $3",
    sqlite: "SELECT s.application_id, s.directory_id, s.kind, s.id, s.created_at
        FROM assignments s CROSS JOIN directories d
        WHERE s.application_id IN (SELECT unhex(value) FROM json_each($2)) AND d.id = s.directory_id
            AND +d.owner = $1 LIMIT $3",
);

const ASSIGNMENTS_OF: Sql = sql!(
    postgres: "SELECT s.application_id, s.directory_id, s.kind, s.id, s.created_at FROM assignments s
        WHERE s.directory_id = $1 AND s.kind IN ('group', 'user') AND s.id = ANY($2) LIMIT $3",
    sqlite: "SELECT s.application_id, s.directory_id, s.kind, s.id, s.created_at FROM assignments s
        WHERE s.directory_id = $1 AND s.kind IN ('group', 'user')
            AND s.id IN (SELECT unhex(value) FROM json_each($2)) LIMIT $3",
);

/// The groups that lead to some applications, through none of them twice, and
/// what is in them. SQLite would go through the users who are assigned to find
/// the groups, unless it is told.
macro_rules! below {
    ($assignments:literal, $those:literal, $members:literal) => {
        concat!(
            "WITH RECURSIVE below (directory_id, id) AS (
                SELECT s.directory_id, s.id FROM ",
            $assignments,
            " CROSS JOIN directories d WHERE s.application_id ",
            $those,
            " AND s.kind = 'group' AND d.id = s.directory_id AND d.owner = $1
                UNION
                SELECT s.directory_id, s.child_id FROM below b CROSS JOIN subgroups s
                WHERE s.directory_id = b.directory_id AND s.parent_id = b.id) ",
            $members,
            " LIMIT $3"
        )
    };
}

const GROUPS_BELOW: Sql = sql!(
    postgres: below!(
        "assignments s",
        "= ANY($2)",
        "SELECT 'group' AS kind, s.parent_id AS group_id, s.child_id AS id FROM below b CROSS JOIN subgroups s
        WHERE s.directory_id = b.directory_id AND s.parent_id = b.id"
    ),
    sqlite: below!(
        "assignments s INDEXED BY sqlite_autoindex_assignments_1",
        "IN (SELECT unhex(value) FROM json_each($2))",
        "SELECT 'group' AS kind, s.parent_id AS group_id, s.child_id AS id FROM below b CROSS JOIN subgroups s
        WHERE s.directory_id = b.directory_id AND s.parent_id = b.id"
    ),
);

const USERS_BELOW: Sql = sql!(
    postgres: below!(
        "assignments s",
        "= ANY($2)",
        "SELECT 'user' AS kind, m.group_id, m.user_id AS id FROM below b CROSS JOIN members m
        WHERE m.directory_id = b.directory_id AND m.group_id = b.id"
    ),
    sqlite: below!(
        "assignments s INDEXED BY sqlite_autoindex_assignments_1",
        "IN (SELECT unhex(value) FROM json_each($2))",
        "SELECT 'user' AS kind, m.group_id, m.user_id AS id FROM below b CROSS JOIN members m
        WHERE m.directory_id = b.directory_id AND m.group_id = b.id"
    ),
);

/// Goes from the user outwards, through no group twice.
const AROUND: Sql = sql!(
    "WITH RECURSIVE around (id) AS (
        SELECT group_id FROM members WHERE directory_id = $1 AND user_id = $2
        UNION
        SELECT s.parent_id FROM around JOIN subgroups s ON s.directory_id = $1 AND s.child_id = around.id)
    SELECT 'user' AS kind, m.group_id AS group_id, m.user_id AS id FROM members m
    WHERE m.directory_id = $1 AND m.user_id = $2
    UNION ALL
    SELECT 'group', s.parent_id, s.child_id FROM around
    JOIN subgroups s ON s.directory_id = $1 AND s.child_id = around.id
    LIMIT $3"
);

macro_rules! accounts {
    ($condition:literal) => {
        concat!(
            "SELECT l.tenant_id, l.integration_id, l.generation, l.user_id, l.directory_id, l.refreshable,
                l.expires_at, l.refused_at, l.refreshing_until, l.version, l.connected_by, l.connected_at,
                l.updated_at
            FROM linked_accounts l CROSS JOIN integrations i
            WHERE ",
            $condition,
            " AND i.tenant_id = l.tenant_id AND i.id = l.integration_id AND i.generation = l.generation
            LIMIT $3"
        )
    };
}

const ACCOUNTS: Sql = sql!(
    postgres: accounts!("l.tenant_id = $1 AND l.integration_id = ANY($2)"),
    sqlite: accounts!(
        "l.tenant_id = $1 AND l.integration_id IN (SELECT unhex(value) FROM json_each($2))"
    ),
);

const ACCOUNTS_OF: Sql = sql!(accounts!("l.directory_id = $1 AND l.user_id = $2"));

const RULES: Sql = sql!(
    postgres: "SELECT r.application_id, r.rules FROM applications a
        JOIN access_rules r ON r.application_id = a.id WHERE a.owner = $1 AND a.id = ANY($2)",
    sqlite: "SELECT r.application_id, r.rules FROM applications a CROSS JOIN access_rules r
        WHERE r.application_id = a.id AND a.owner = $1 AND a.id IN (SELECT unhex(value) FROM json_each($2))",
);

const USERS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        user_columns!(),
        " FROM users u JOIN directories d ON d.id = u.directory_id WHERE u.id = ANY($2) AND d.owner = $1"
    ),
    sqlite: concat!(
        "SELECT ",
        user_columns!(),
        " FROM users u CROSS JOIN directories d WHERE u.id IN (SELECT unhex(value) FROM json_each($2))
            AND d.id = u.directory_id AND +d.owner = $1"
    ),
);

const GROUPS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        group_columns!(),
        " FROM groups g JOIN directories d ON d.id = g.directory_id WHERE g.id = ANY($2) AND d.owner = $1"
    ),
    sqlite: concat!(
        "SELECT ",
        group_columns!(),
        " FROM groups g CROSS JOIN directories d WHERE g.id IN (SELECT unhex(value) FROM json_each($2))
            AND d.id = g.directory_id AND +d.owner = $1"
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_no_scan_of;

    #[tokio::test]
    async fn whatever_is_tied_is_sought() {
        for sql in [
            APPLICATIONS,
            INTEGRATIONS,
            ATTACHMENTS,
            ASSIGNMENTS,
            ASSIGNMENTS_OF,
            GROUPS_BELOW,
            USERS_BELOW,
            AROUND,
            ACCOUNTS,
            ACCOUNTS_OF,
            RULES,
            USERS,
            GROUPS,
        ] {
            assert_no_scan_of(sql, &["a", "d", "g", "i", "l", "m", "r", "s", "t", "u", "members"]).await;
        }
    }
}
