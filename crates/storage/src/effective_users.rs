//! Who may use an application after all: directly, or by groups and the groups
//! in them.

mod whole;

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{
    AccessPath, ApplicationId, Directory, DirectoryId, EffectiveUser, GroupGraph, GroupId, Owner, User,
    UserId, Within,
};

pub use self::whole::EffectiveCount;
use crate::error::Result;
use crate::owners::reaches;
use crate::pages::one_more;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// Where in a list of effective users one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectivePlace {
    pub directory: DirectoryId,
    pub user: UserId,
}

/// Part of a list: directory by directory, in each in the order of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectivePage {
    pub users: Vec<EffectiveUser>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when it went through many directories.
    pub next: Option<EffectivePlace>,
}

impl ReadTx {
    /// Most directories that one call goes through.
    pub const MAX_DIRECTORIES: u32 = 20;

    /// Each user once who may use the application, from every directory within
    /// the boundary, with the ways by which they may. Within a partner these are
    /// its own and those of its tenants as they are now.
    pub async fn effective_users(
        &mut self,
        within: Within,
        application: ApplicationId,
        after: Option<EffectivePlace>,
        limit: usize,
    ) -> Result<EffectivePage> {
        let from = after.map_or(DirectoryId::from_bytes([0; 16]), |place| place.directory);
        let most = ReadTx::MAX_DIRECTORIES;
        let directories = self.assigned_directories(within, application, from, most).await?;
        let unseen = directories.len() == most as usize;
        let mut page = EffectivePage::default();
        for directory in &directories {
            let after = after.filter(|place| place.directory == directory.id).map(|place| place.user);
            let room = limit - page.users.len();
            let reach = self.reach(directory, application).await?;
            let mut ids = self.reached_users(&reach, after, room).await?;
            let more = ids.len() > room;
            ids.truncate(room);
            page.users.extend(self.with_paths((directory.owner, &reach), &ids).await?);
            // What is exhausted is passed over; what was not begun comes after
            // the directory before it.
            if let Some(user) = if more { ids.last().copied() } else { Some(LAST) } {
                page.next = Some(EffectivePlace { directory: directory.id, user });
            }
            if more {
                return Ok(page);
            }
        }
        if !unseen {
            page.next = None;
        }
        Ok(page)
    }

    /// Those of a directory's users who may use the application, with the ways
    /// by which they may, in the order of their ids; none when it is not within
    /// the boundary.
    pub async fn those_effective_users(
        &mut self,
        within: Within,
        directory: &Directory,
        application: ApplicationId,
        ids: &[UserId],
    ) -> Result<Vec<EffectiveUser>> {
        if ids.is_empty() || !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let reach = self.reach(directory, application).await?;
        self.with_paths((directory.owner, &reach), ids).await
    }

    /// Which groups of a directory lead to the application.
    async fn reach(&mut self, directory: &Directory, application: ApplicationId) -> Result<Reach> {
        let assigned = self.assigned_groups(directory.id, application).await?;
        let links = self.links_inside(directory.id, &assigned).await?;
        let mut groups: BTreeSet<GroupId> = assigned.iter().copied().collect();
        groups.extend(links.iter().map(|(_, child)| *child));
        Ok(Reach {
            application,
            directory: directory.id,
            assigned: assigned.into_iter().collect(),
            groups,
            graph: links.into_iter().collect(),
        })
    }

    /// The next users, and one more than are wanted: a seek for each group.
    async fn reached_users(
        &mut self,
        reach: &Reach,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>> {
        let groups: Vec<[u8; 16]> = reach.groups.iter().map(GroupId::as_bytes).collect();
        // No id is made of zeros.
        let after = after.unwrap_or(UserId::from_bytes([0; 16]));
        let values = [
            reach.application.into(),
            reach.directory.into(),
            groups.as_slice().into(),
            after.into(),
            one_more(limit).into(),
        ];
        self.fetch_all(REACHED, &values, |row| row.get("id")).await
    }

    /// Tells of each user by what they may. One who has been deleted meanwhile
    /// is left out, and so is one whom nothing leads to any more.
    async fn with_paths(
        &mut self,
        (owner, reach): (Owner, &Reach),
        ids: &[UserId],
    ) -> Result<Vec<EffectiveUser>> {
        let mut users = self.those_users(reach.directory, ids).await?;
        users.reverse();
        let ids: Vec<[u8; 16]> = ids.iter().map(UserId::as_bytes).collect();
        let values = [reach.directory.into(), ids.as_slice().into(), reach.application.into()];
        let direct: BTreeSet<UserId> =
            self.fetch_all(DIRECT, &values, |row| row.get("id")).await?.into_iter().collect();
        let mut groups: BTreeMap<UserId, BTreeSet<GroupId>> = BTreeMap::new();
        let memberships = self
            .fetch_all(MEMBERSHIPS, &values[..2], |row| Ok((row.get("user_id")?, row.get("group_id")?)))
            .await?;
        for (user, group) in memberships {
            groups.entry(user).or_default().insert(group);
        }
        let tell = |user: User| {
            let paths = reach.paths(direct.contains(&user.id), groups.remove(&user.id).unwrap_or_default());
            EffectiveUser { user, owner, paths }
        };
        Ok(users.into_iter().map(tell).filter(|effective| !effective.paths.is_empty()).collect())
    }
}

/// What of a directory leads to an application.
struct Reach {
    application: ApplicationId,
    directory: DirectoryId,
    assigned: BTreeSet<GroupId>,
    /// Those, and what is in them.
    groups: BTreeSet<GroupId>,
    graph: GroupGraph,
}

impl Reach {
    /// The ways for somebody who is in these groups.
    fn paths(&self, direct: bool, mut groups: BTreeSet<GroupId>) -> Vec<AccessPath> {
        groups.retain(|group| self.groups.contains(group));
        let ways = self.graph.ways(&groups, &self.assigned).into_iter().map(AccessPath::Via);
        direct.then_some(AccessPath::Direct).into_iter().chain(ways).collect()
    }
}

/// Greater than every id that is made.
const LAST: UserId = UserId::from_bytes([0xff; 16]);

pub(crate) const REACHED: Sql = sql!(
    postgres: "SELECT found.id FROM (
            (SELECT a.id FROM assignments a
             WHERE a.application_id = $1 AND a.directory_id = $2 AND a.kind = 'user' AND a.id > $4
             ORDER BY a.id LIMIT $5)
            UNION
            SELECT members.user_id FROM unnest($3::bytea[]) AS reached (id) CROSS JOIN LATERAL (
                SELECT m.user_id FROM members m
                WHERE m.directory_id = $2 AND m.group_id = reached.id AND m.user_id > $4
                ORDER BY m.user_id LIMIT $5) AS members
        ) AS found ORDER BY found.id LIMIT $5",
    sqlite: "SELECT id FROM (
            SELECT id FROM (SELECT a.id AS id FROM assignments a
                WHERE a.application_id = $1 AND a.directory_id = $2 AND a.kind = 'user' AND a.id > $4
                ORDER BY a.id LIMIT $5)
            UNION
            SELECT m.user_id FROM json_each($3) AS reached CROSS JOIN members m
            WHERE m.directory_id = $2 AND m.group_id = unhex(reached.value) AND m.user_id IN (
                SELECT n.user_id FROM members n
                WHERE n.directory_id = $2 AND n.group_id = unhex(reached.value) AND n.user_id > $4
                ORDER BY n.user_id LIMIT $5)
        ) ORDER BY id LIMIT $5",
);

const DIRECT: Sql = sql!(
    postgres: "SELECT id FROM assignments
               WHERE application_id = $3 AND kind = 'user' AND id = ANY($2) AND directory_id = $1",
    sqlite: "SELECT id FROM assignments
             WHERE application_id = $3 AND kind = 'user' AND id IN (SELECT unhex(value) FROM json_each($2))
             AND directory_id = $1",
);

const MEMBERSHIPS: Sql = sql!(
    postgres: "SELECT user_id, group_id FROM members WHERE directory_id = $1 AND user_id = ANY($2)",
    sqlite: "SELECT user_id, group_id FROM members
             WHERE directory_id = $1 AND user_id IN (SELECT unhex(value) FROM json_each($2))",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, steps_in_sqlite};

    /// A group's million members cost no more than the page's.
    #[tokio::test]
    async fn each_group_is_sought_in_sqlite() {
        for statement in [REACHED, DIRECT, MEMBERSHIPS] {
            assert_no_scan_of(statement, &["a", "m", "n", "assignments", "members"]).await;
        }
        let steps = steps_in_sqlite(REACHED).await;
        let next = |step: &String| {
            step.starts_with("SEARCH n ") && step.ends_with("(directory_id=? AND group_id=? AND user_id>?)")
        };
        assert!(steps.iter().any(next), "{steps:#?}");
    }
}
