//! Groups: written whole, found by id or name. Who is in them is in
//! `members` and `nestings`.

mod list;
mod members;
mod nestings;

use appkeep_domain::{Directory, Group, GroupId, Name, Within, fold};

pub use self::list::GroupPage;
pub use self::members::MemberPage;
pub use self::nestings::Nested;
use crate::directories::memberships_changed;
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::totals::Noun;
use crate::tx::{ReadTx, WriteTx};

/// What `read_group` reads, of `groups g`.
macro_rules! group_columns {
    () => {
        "g.directory_id, g.id, g.name, g.description, g.version, g.created_at, g.updated_at"
    };
}
pub(crate) use group_columns;

impl ReadTx {
    pub async fn group(
        &mut self,
        within: Within,
        directory: &Directory,
        id: GroupId,
    ) -> Result<Option<Group>> {
        const BY_ID: Sql = sql!(concat!(
            "SELECT ",
            group_columns!(),
            " FROM groups g WHERE g.directory_id = $1 AND g.id = $2"
        ));
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(BY_ID, &[directory.id.into(), id.into()], read_group).await
    }

    /// The group that is called so, case aside.
    pub async fn group_by_name(
        &mut self,
        within: Within,
        directory: &Directory,
        name: &Name,
    ) -> Result<Option<Group>> {
        const BY_NAME: Sql = sql!(concat!(
            "SELECT ",
            group_columns!(),
            " FROM groups g WHERE g.directory_id = $1 AND g.name_key = $2"
        ));
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(BY_NAME, &[directory.id.into(), name_key(name).into()], read_group).await
    }
}

impl WriteTx {
    /// A name in use, case aside, is `Taken("groups.directory_id,
    /// groups.name_key")`; `Stale` when the directory is not there, or not
    /// within the boundary.
    pub async fn insert_group(&mut self, within: Within, directory: &Directory, group: &Group) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO groups (directory_id, id, name, name_key, description, version, created_at, updated_at)
            SELECT d.id, $2, $3, $4, $5, $6, $7, $8 FROM directories d WHERE d.id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner) && group.directory == directory.id))?;
        let values = [
            group.directory.into(),
            group.id.into(),
            group.name.as_str().into(),
            name_key(&group.name).into(),
            group.description.as_deref().into(),
            group.version.into(),
            group.created_at.into(),
            group.updated_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)?;
        self.count_one(group.directory, Noun::Group, group.id.as_bytes(), 1).await
    }

    /// Writes the group over the version before its own; `Stale` when somebody
    /// else was quicker, or it is not there.
    pub async fn update_group(&mut self, within: Within, directory: &Directory, group: &Group) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE groups SET name = $4, name_key = $5, description = $6, version = $3, updated_at = $7
            WHERE directory_id = $1 AND id = $2 AND version = $3 - 1"
        );
        one_row(u64::from(reaches(within, directory.owner) && group.directory == directory.id))?;
        let values = [
            group.directory.into(),
            group.id.into(),
            group.version.into(),
            group.name.as_str().into(),
            name_key(&group.name).into(),
            group.description.as_deref().into(),
            group.updated_at.into(),
        ];
        one_row(self.execute(UPDATE, &values).await?)
    }

    /// Leaves nothing of the group but those who were in it; `Stale` when it is
    /// not there.
    pub async fn delete_group(&mut self, within: Within, directory: &Directory, id: GroupId) -> Result<()> {
        const ASSIGNMENTS: Sql =
            sql!("DELETE FROM assignments WHERE directory_id = $1 AND kind = 'group' AND id = $2");
        const INSIDE: Sql = sql!("DELETE FROM subgroups WHERE directory_id = $1 AND parent_id = $2");
        const AROUND: Sql = sql!("DELETE FROM subgroups WHERE directory_id = $1 AND child_id = $2");
        const HEADCOUNT: Sql = sql!("DELETE FROM headcounts WHERE directory_id = $1 AND group_id = $2");
        const GROUP: Sql = sql!("DELETE FROM groups WHERE directory_id = $1 AND id = $2");
        one_row(u64::from(reaches(within, directory.owner)))?;
        let key = [directory.id.into(), id.into()];
        // What somebody may by way of it ends now; who was in it can wait.
        for sql in [ASSIGNMENTS, INSIDE, AROUND, HEADCOUNT] {
            self.execute(sql, &key).await?;
        }
        one_row(self.execute(GROUP, &key).await?)?;
        self.delete_remains(Remains::of_group(directory.id, id)).await?;
        self.announce(memberships_changed(directory.id));
        self.count_one(directory.id, Noun::Group, id.as_bytes(), -1).await
    }
}

/// The form of a name that is compared.
fn name_key(name: &Name) -> String {
    fold(name.as_str())
}

pub(crate) fn read_group(row: &Row<'_>) -> Result<Group> {
    Ok(Group {
        id: row.get("id")?,
        directory: row.get("directory_id")?,
        name: row.parse("name", Name::parse)?,
        description: row.get("description")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
