//! Who may use an application: users and groups that are assigned to it.

mod assigned;

use appkeep_domain::{
    Application, ApplicationId, Assignment, Directory, DirectoryId, Subject, UserId, Within,
};

pub use self::assigned::Assignees;
use crate::changes::{Change, Topic};
use crate::directories::{directory_columns, memberships_changed, read_directory};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// Part of a list: groups, and then users, each in the order they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentPage {
    pub assignments: Vec<Assignment>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<Subject>,
}

impl ReadTx {
    /// Who of the directory is assigned to the application; nobody when the
    /// directory is not within the boundary.
    pub async fn assignments(
        &mut self,
        within: Within,
        directory: &Directory,
        application: ApplicationId,
        seek: Seek<Subject>,
    ) -> Result<AssignmentPage> {
        if !reaches(within, directory.owner) {
            return Ok(AssignmentPage::default());
        }
        // Every kind is greater than the empty text.
        let (kind, id) = seek.after.map_or(("", [0; 16]), print_subject);
        let values =
            [application.into(), directory.id.into(), kind.into(), id.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(LIST, &values, read_assignment).await?;
        let (assignments, next) = page_of(found, seek.limit, |assignment| assignment.subject);
        Ok(AssignmentPage { assignments, next })
    }

    /// The directories within the boundary that somebody is assigned to the
    /// application from, in the order of their ids, from `from` on. Within a
    /// partner are those of its tenants as well: its applications are for them.
    pub async fn assigned_directories(
        &mut self,
        within: Within,
        application: ApplicationId,
        from: DirectoryId,
        limit: u32,
    ) -> Result<Vec<Directory>> {
        let mut values = vec![application.into(), from.into(), limit.into()];
        values.extend(bounding_owner(within).map(|owner| Value::from(owner_key(owner))));
        let sql = match within {
            Within::Platform => DIRECTORIES,
            Within::Partner(_) => DIRECTORIES_OF_PARTNER,
            Within::Tenant(_) => DIRECTORIES_OF_OWNER,
        };
        self.fetch_all(sql, &values, read_directory).await
    }

    /// Whether the user may use the application, directly or by a group; nobody
    /// may when the directory is not within the boundary.
    pub async fn is_assigned(
        &mut self,
        within: Within,
        directory: &Directory,
        application: ApplicationId,
        user: UserId,
    ) -> Result<bool> {
        if !reaches(within, directory.owner) {
            return Ok(false);
        }
        let values = [directory.id.into(), user.into(), application.into()];
        let assigned = self.fetch_optional(IS_ASSIGNED, &values, |row| row.get("assigned")).await?;
        Ok(assigned == Some(true))
    }
}

impl WriteTx {
    /// Whether the subject was not assigned before. `Stale` when the subject or
    /// the application is not there, the directory is not within the boundary,
    /// or its people cannot be assigned: those of one tenant to the application
    /// of another, or those of an application's own directory to any other.
    pub async fn assign(
        &mut self,
        within: Within,
        (application, directory): (&Application, &Directory),
        assignment: &Assignment,
    ) -> Result<bool> {
        const PRESENT: Sql = sql!(
            "SELECT created_at FROM assignments
            WHERE application_id = $1 AND directory_id = $2 AND kind = $3 AND id = $4"
        );
        let matching = assignment.application == application.id && assignment.directory == directory.id;
        one_row(u64::from(reaches(within, directory.owner) && matching))?;
        let (kind, id) = print_subject(assignment.subject);
        let sql = match assignment.subject {
            Subject::User(_) => ASSIGN_USER,
            Subject::Group(_) => ASSIGN_GROUP,
        };
        let key = [application.id.into(), directory.id.into(), kind.into(), id.into()];
        let mut values = key.to_vec();
        values.extend([assignment.created_at.into(), owner_key(application.owner).into()]);
        if self.execute(sql, &values).await? == 1 {
            self.announce_assignments(application.id, directory.id);
            return Ok(true);
        }
        let present = self.fetch_optional(PRESENT, &key, |row| row.get::<i64>("created_at")).await?;
        present.map(|_| false).ok_or(StorageError::Stale)
    }

    /// `Stale` when the subject is not assigned, or the directory is not within
    /// the boundary.
    pub async fn unassign(
        &mut self,
        within: Within,
        directory: &Directory,
        application: ApplicationId,
        subject: Subject,
    ) -> Result<()> {
        const UNASSIGN: Sql = sql!(
            "DELETE FROM assignments WHERE application_id = $1 AND kind = $2 AND id = $3 AND directory_id = $4"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let (kind, id) = print_subject(subject);
        let values = [application.into(), kind.into(), id.into(), directory.id.into()];
        one_row(self.execute(UNASSIGN, &values).await?)?;
        self.announce_assignments(application, directory.id);
        Ok(())
    }

    fn announce_assignments(&mut self, application: ApplicationId, directory: DirectoryId) {
        self.announce(Change { topic: Topic::Assignments, key: application.as_bytes() });
        self.announce(memberships_changed(directory));
    }
}

const LIST: Sql = sql!(
    "SELECT application_id, directory_id, kind, id, created_at FROM assignments
    WHERE application_id = $1 AND directory_id = $2 AND (kind, id) > ($3, $4)
    ORDER BY kind, id LIMIT $5"
);

/// Steps from one directory to the next, over however many are assigned of each.
const DIRECTORIES: Sql = sql!(concat!(
    "WITH RECURSIVE found (id) AS (
        SELECT (SELECT directory_id FROM assignments WHERE application_id = $1 AND directory_id >= $2
                ORDER BY directory_id LIMIT 1)
        UNION ALL
        SELECT (SELECT a.directory_id FROM assignments a
                WHERE a.application_id = $1 AND a.directory_id > found.id ORDER BY a.directory_id LIMIT 1)
        FROM found WHERE found.id IS NOT NULL)
    SELECT ",
    directory_columns!(),
    " FROM (SELECT id FROM found LIMIT $3) AS next CROSS JOIN directories d WHERE d.id = next.id
    ORDER BY d.id"
));

const DIRECTORIES_OF_OWNER: Sql = sql!(concat!(
    "SELECT ",
    directory_columns!(),
    " FROM directories d WHERE d.owner = $4 AND d.id >= $2
        AND EXISTS (SELECT 1 FROM assignments a WHERE a.application_id = $1 AND a.directory_id = d.id)
    ORDER BY d.id LIMIT $3"
));

/// From each tenant that is of the partner now, so that nobody pays for what
/// others assign. One that was of the partner once keeps what it assigned.
const DIRECTORIES_OF_PARTNER: Sql = sql!(concat!(
    "SELECT ",
    directory_columns!(),
    " FROM (SELECT p.id FROM partners p WHERE p.id = $4
        UNION ALL SELECT t.id FROM tenants t WHERE t.partner_id = $4 AND NOT t.archived) AS o
    CROSS JOIN directories d WHERE d.owner = o.id AND d.id >= $2
        AND EXISTS (SELECT 1 FROM assignments a WHERE a.application_id = $1 AND a.directory_id = d.id)
    ORDER BY d.id LIMIT $3"
));

/// Goes from the user outwards, through no group twice.
pub(crate) const IS_ASSIGNED: Sql = sql!(
    "WITH RECURSIVE around (id) AS (
        SELECT group_id FROM members WHERE directory_id = $1 AND user_id = $2
        UNION
        SELECT s.parent_id FROM around JOIN subgroups s ON s.directory_id = $1 AND s.child_id = around.id)
    SELECT EXISTS (SELECT 1 FROM assignments
            WHERE application_id = $3 AND kind = 'user' AND id = $2 AND directory_id = $1)
        OR EXISTS (SELECT 1 FROM around JOIN assignments a
            ON a.application_id = $3 AND a.kind = 'group' AND a.id = around.id AND a.directory_id = $1)
        AS assigned"
);

/// Which directory's people an application is for.
macro_rules! assign {
    ($subjects:literal) => {
        concat!(
            "INSERT INTO assignments (application_id, directory_id, kind, id, created_at)
            SELECT a.id, d.id, $3, s.id, $5
            FROM applications a, directories d, ",
            $subjects,
            " s
            WHERE a.owner = $6 AND a.id = $1 AND d.id = $2 AND s.directory_id = $2 AND s.id = $4
                AND (d.application_id IS NULL OR d.application_id = a.id)
                AND (a.owner_level = 0 OR a.owner = d.owner OR EXISTS (
                    SELECT 1 FROM tenants t WHERE t.id = d.owner AND t.partner_id = a.owner))
            ON CONFLICT DO NOTHING"
        )
    };
}

const ASSIGN_USER: Sql = sql!(assign!("users"));
const ASSIGN_GROUP: Sql = sql!(assign!("groups"));

fn print_subject(subject: Subject) -> (&'static str, [u8; 16]) {
    match subject {
        Subject::User(id) => ("user", id.as_bytes()),
        Subject::Group(id) => ("group", id.as_bytes()),
    }
}

pub(crate) fn read_assignment(row: &Row<'_>) -> Result<Assignment> {
    Ok(Assignment {
        application: row.get("application_id")?,
        directory: row.get("directory_id")?,
        subject: read_subject(row)?,
        created_at: row.get("created_at")?,
    })
}

fn read_subject(row: &Row<'_>) -> Result<Subject> {
    match row.get::<String>("kind")?.as_str() {
        "user" => Ok(Subject::User(row.get("id")?)),
        "group" => Ok(Subject::Group(row.get("id")?)),
        _ => Err(StorageError::corrupt("kind", "neither user nor group")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn every_list_seeks() {
        for list in [LIST, DIRECTORIES_OF_OWNER] {
            assert_seeks(list).await;
        }
    }

    #[tokio::test]
    async fn what_is_walked_is_sought_step_by_step() {
        for walk in [DIRECTORIES, DIRECTORIES_OF_PARTNER, IS_ASSIGNED] {
            let tables =
                ["a", "d", "s", "t", "assignments", "directories", "members", "subgroups", "tenants"];
            assert_no_scan_of(walk, &tables).await;
        }
    }
}
