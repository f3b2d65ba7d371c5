//! Groups in groups, and what is reached by them.

use std::collections::BTreeSet;

use appkeep_domain::{Directory, DirectoryId, GroupGraph, GroupId, Nesting, NestingRefused, Within};

use crate::directories::memberships_changed;
use crate::error::{Result, StorageError, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::WriteTx;

/// What became of a group that was to be put into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nested {
    Added,
    /// It was in it before.
    Already,
    Refused(NestingRefused),
}

impl WriteTx {
    /// Puts a group into another, unless it would be in itself or beyond the
    /// limits. What decides it is read in this transaction, so that of two that
    /// would make a cycle together one is refused. `Stale` when either group is
    /// not there, or the directory is not within the boundary.
    pub async fn add_group_group(
        &mut self,
        within: Within,
        directory: &Directory,
        nesting: &Nesting,
    ) -> Result<Nested> {
        const ADD: Sql = sql!(
            "INSERT INTO subgroups (directory_id, parent_id, child_id, added_at)
            SELECT p.directory_id, p.id, c.id, $4
            FROM groups p JOIN groups c ON c.directory_id = p.directory_id
            WHERE p.directory_id = $1 AND p.id = $2 AND c.id = $3
            ON CONFLICT DO NOTHING"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        for group in [nesting.parent, nesting.child] {
            self.group(within, directory, group).await?.ok_or(StorageError::Stale)?;
        }
        let links = self.links_around(directory.id, nesting).await?;
        let graph: GroupGraph = links.into_iter().collect();
        if let Err(refused) = graph.check_nesting(nesting.parent, nesting.child) {
            return Ok(Nested::Refused(refused));
        }
        let values =
            [directory.id.into(), nesting.parent.into(), nesting.child.into(), nesting.added_at.into()];
        let added = self.execute(ADD, &values).await? == 1;
        self.announce(memberships_changed(directory.id));
        Ok(if added { Nested::Added } else { Nested::Already })
    }

    /// `Stale` when the child is not in the parent, or the directory is not
    /// within the boundary.
    pub async fn remove_group_group(
        &mut self,
        within: Within,
        directory: &Directory,
        parent: GroupId,
        child: GroupId,
    ) -> Result<()> {
        const REMOVE: Sql =
            sql!("DELETE FROM subgroups WHERE directory_id = $1 AND parent_id = $2 AND child_id = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(REMOVE, &[directory.id.into(), parent.into(), child.into()]).await?)?;
        self.announce(memberships_changed(directory.id));
        Ok(())
    }

    /// All that `GroupGraph::check_nesting` asks for.
    async fn links_around(
        &mut self,
        directory: DirectoryId,
        nesting: &Nesting,
    ) -> Result<Vec<(GroupId, GroupId)>> {
        let mut links = self.links_from(PARENTS_OF, directory, &[nesting.parent]).await?;
        links.extend(self.links_from(CHILDREN_OF, directory, &[nesting.child]).await?);
        let graph: GroupGraph = links.iter().copied().collect();
        let (outermost, innermost) = (graph.outermost(nesting.parent), graph.innermost(nesting.child));
        links.extend(self.links_from(CHILDREN_OF, directory, &outermost).await?);
        links.extend(self.links_from(PARENTS_OF, directory, &innermost).await?);
        Ok(links)
    }

    /// Goes on level by level, a statement each, and through no group twice.
    async fn links_from(
        &mut self,
        sql: Sql,
        directory: DirectoryId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, GroupId)>> {
        let mut seen: BTreeSet<GroupId> = groups.iter().copied().collect();
        let mut level: Vec<GroupId> = seen.iter().copied().collect();
        let mut links = Vec::new();
        while !level.is_empty() {
            let ids: Vec<[u8; 16]> = level.iter().map(GroupId::as_bytes).collect();
            let found = self.fetch_all(sql, &[directory.into(), ids.as_slice().into()], read_link).await?;
            // One end of each link is known already.
            level = found
                .iter()
                .flat_map(|(parent, child)| [*parent, *child])
                .filter(|id| seen.insert(*id))
                .collect();
            links.extend(found);
        }
        Ok(links)
    }
}

const CHILDREN_OF: Sql = sql!(
    postgres: "SELECT parent_id, child_id FROM subgroups WHERE directory_id = $1 AND parent_id = ANY($2)",
    sqlite: "SELECT parent_id, child_id FROM subgroups
             WHERE directory_id = $1 AND parent_id IN (SELECT unhex(value) FROM json_each($2))",
);

const PARENTS_OF: Sql = sql!(
    postgres: "SELECT parent_id, child_id FROM subgroups WHERE directory_id = $1 AND child_id = ANY($2)",
    sqlite: "SELECT parent_id, child_id FROM subgroups
             WHERE directory_id = $1 AND child_id IN (SELECT unhex(value) FROM json_each($2))",
);

fn read_link(row: &Row<'_>) -> Result<(GroupId, GroupId)> {
    Ok((row.get("parent_id")?, row.get("child_id")?))
}
