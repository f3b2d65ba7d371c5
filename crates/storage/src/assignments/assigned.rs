//! Assignments with what they are of: who of a directory is assigned to an
//! application, and what a user or a group is assigned to.

use appkeep_domain::{ApplicationId, Directory, Group, Subject, Timestamp, User, Within};

use crate::applications::application_columns;
use crate::assignments::print_subject;
use crate::error::Result;
use crate::groups::{group_columns, read_group};
use crate::owners::reaches;
use crate::ownership::{Owned, read_owned};
use crate::pages::{one_more, page_of};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};

/// Who is assigned to an application, and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignees {
    pub groups: Vec<(Group, Timestamp)>,
    pub users: Vec<(User, Timestamp)>,
    /// Whether there are more.
    pub has_more: bool,
}

impl ReadTx {
    /// The groups and then the users of the directory that are assigned to the
    /// application, each in the order of their ids, at most `limit` of each;
    /// nobody when the directory is not within the boundary.
    pub async fn assignees(
        &mut self,
        within: Within,
        directory: &Directory,
        application: ApplicationId,
        limit: usize,
    ) -> Result<Assignees> {
        if !reaches(within, directory.owner) {
            return Ok(Assignees::default());
        }
        let values = [application.into(), directory.id.into(), one_more(limit).into()];
        let groups =
            self.fetch_all(GROUPS, &values, |row| Ok((read_group(row)?, row.get("assigned_at")?))).await?;
        let users =
            self.fetch_all(USERS, &values, |row| Ok((read_user(row)?, row.get("assigned_at")?))).await?;
        let (groups, more_groups) = page_of(groups, limit, |(group, _): &(Group, _)| group.id);
        let (users, more_users) = page_of(users, limit, |(user, _): &(User, _)| user.id);
        Ok(Assignees { groups, users, has_more: more_groups.is_some() || more_users.is_some() })
    }

    /// What the user or the group is assigned to, not by way of a group, and
    /// since when, the newest application first; archived and expired ones too.
    /// Nothing when the directory is not within the boundary.
    pub async fn applications_of_subject(
        &mut self,
        within: Within,
        directory: &Directory,
        subject: Subject,
        limit: usize,
    ) -> Result<Vec<(Owned, Timestamp)>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let (kind, id) = print_subject(subject);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [directory.id.into(), kind.into(), id.into(), limit.into()];
        let read = |row: &crate::row::Row<'_>| Ok((read_owned(row)?, row.get("assigned_at")?));
        self.fetch_all(APPLICATIONS, &values, read).await
    }
}

const GROUPS: Sql = sql!(concat!(
    "SELECT s.created_at AS assigned_at, ",
    group_columns!(),
    " FROM assignments s JOIN groups g ON g.directory_id = s.directory_id AND g.id = s.id
    WHERE s.application_id = $1 AND s.directory_id = $2 AND s.kind = 'group' ORDER BY s.id LIMIT $3"
));

const USERS: Sql = sql!(concat!(
    "SELECT s.created_at AS assigned_at, ",
    user_columns!(),
    " FROM assignments s JOIN users u ON u.directory_id = s.directory_id AND u.id = s.id
    WHERE s.application_id = $1 AND s.directory_id = $2 AND s.kind = 'user' ORDER BY s.id LIMIT $3"
));

const APPLICATIONS: Sql = sql!(concat!(
    "SELECT s.created_at AS assigned_at,
        CASE WHEN t.archived = TRUE THEN NULL ELSE t.partner_id END AS partner_id,
        (c.application_id IS NOT NULL) AS for_operators, ",
    application_columns!(),
    " FROM assignments s
    JOIN application_ids i ON i.id = s.application_id
    JOIN applications a ON a.owner = i.owner AND a.id = i.id
    LEFT JOIN tenants t ON t.id = a.owner
    LEFT JOIN console_applications c ON c.tenant_id = a.owner AND c.application_id = a.id
    WHERE s.directory_id = $1 AND s.kind = $2 AND s.id = $3 ORDER BY s.application_id DESC LIMIT $4"
));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn assignments_are_sought() {
        for sql in [GROUPS, USERS] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(APPLICATIONS, &["s", "i", "a", "t", "c"]).await;
    }
}
