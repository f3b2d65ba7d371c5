//! Which groups lead to an application, and by which ways.

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{AccessPath, ApplicationId, DirectoryId, GroupGraph, GroupId};

use crate::error::Result;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// What of a directory leads to an application.
#[derive(Debug, Default)]
pub(super) struct Reach {
    assigned: BTreeSet<GroupId>,
    /// Those, and what is in them.
    pub(super) groups: BTreeSet<GroupId>,
    graph: GroupGraph,
}

impl Reach {
    /// The ways for somebody who is in these groups.
    pub(super) fn paths(&self, direct: bool, mut groups: BTreeSet<GroupId>) -> Vec<AccessPath> {
        groups.retain(|group| self.groups.contains(group));
        let ways = self.graph.ways(&groups, &self.assigned).into_iter().map(AccessPath::Via);
        direct.then_some(AccessPath::Direct).into_iter().chain(ways).collect()
    }
}

impl ReadTx {
    /// Of those directories that have a group which leads to the application.
    pub(super) async fn reach(
        &mut self,
        application: ApplicationId,
        directories: &[DirectoryId],
    ) -> Result<BTreeMap<DirectoryId, Reach>> {
        let ids: Vec<[u8; 16]> = directories.iter().map(DirectoryId::as_bytes).collect();
        let found = self.fetch_all(LINKS, &[application.into(), ids.as_slice().into()], read_link).await?;
        let mut reached: BTreeMap<DirectoryId, Reach> = BTreeMap::new();
        let mut links: BTreeMap<DirectoryId, Vec<(GroupId, GroupId)>> = BTreeMap::new();
        for Link { directory, parent, child } in found {
            let reach = reached.entry(directory).or_default();
            reach.groups.insert(child);
            match parent {
                Some(parent) => links.entry(directory).or_default().push((parent, child)),
                None => drop(reach.assigned.insert(child)),
            }
        }
        for (directory, links) in links {
            reached.entry(directory).or_default().graph = links.into_iter().collect();
        }
        Ok(reached)
    }
}

/// A group in another that leads to an application, or one that is assigned.
struct Link {
    directory: DirectoryId,
    parent: Option<GroupId>,
    child: GroupId,
}

fn read_link(row: &Row<'_>) -> Result<Link> {
    Ok(Link {
        directory: row.get("directory_id")?,
        parent: row.get("parent_id")?,
        child: row.get("child_id")?,
    })
}

/// The groups of all these directories that lead to the application, through
/// none of them twice.
macro_rules! reached {
    ($wanted:literal) => {
        concat!(
            "WITH RECURSIVE wanted (id) AS (",
            $wanted,
            "), reached (directory_id, group_id) AS (
                SELECT a.directory_id, a.id FROM wanted CROSS JOIN assignments a
                WHERE a.application_id = $1 AND a.directory_id = wanted.id AND a.kind = 'group'
                UNION
                SELECT s.directory_id, s.child_id FROM reached r CROSS JOIN subgroups s
                WHERE s.directory_id = r.directory_id AND s.parent_id = r.group_id)"
        )
    };
}
pub(super) use reached;

macro_rules! links {
    ($wanted:literal) => {
        concat!(
            reached!($wanted),
            " SELECT a.directory_id, NULL AS parent_id, a.id AS child_id FROM wanted CROSS JOIN assignments a
            WHERE a.application_id = $1 AND a.directory_id = wanted.id AND a.kind = 'group'
            UNION ALL
            SELECT s.directory_id, s.parent_id, s.child_id FROM reached r CROSS JOIN subgroups s
            WHERE s.directory_id = r.directory_id AND s.parent_id = r.group_id"
        )
    };
}

const LINKS: Sql = sql!(
    postgres: links!("SELECT unnest($2::bytea[])"),
    sqlite: links!("SELECT unhex(value) FROM json_each($2)"),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_no_scan_of;

    #[tokio::test]
    async fn each_link_is_sought_in_sqlite() {
        assert_no_scan_of(LINKS, &["a", "s", "assignments", "subgroups"]).await;
    }
}
