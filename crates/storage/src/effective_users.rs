//! Who may use an application after all: directly, or by groups and the groups
//! in them.

mod reach;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{ApplicationId, Directory, DirectoryId, EffectiveUser, GroupId, User, UserId, Within};

use self::reach::Reach;
pub use self::whole::EffectiveCount;
use crate::error::Result;
use crate::owners::reaches;
use crate::pages::one_more;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};

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
        let (mut found, mut room, mut next) = (Vec::new(), limit, None);
        let mut has_more = false;
        for directory in &directories {
            let after = after.filter(|place| place.directory == directory.id).map(|place| place.user);
            let reach = self.reach(application, &[directory.id]).await?.remove(&directory.id);
            let reach = reach.unwrap_or_default();
            let mut ids = self.reached_users((application, directory.id), &reach, after, room).await?;
            has_more = ids.len() > room;
            ids.truncate(room);
            room -= ids.len();
            // What is exhausted is passed over; what was not begun comes after
            // the directory before it.
            if let Some(user) = if has_more { ids.last().copied() } else { Some(LAST) } {
                next = Some(EffectivePlace { directory: directory.id, user });
            }
            found.push(Found { directory, reach, ids });
            if has_more {
                break;
            }
        }
        let users = self.with_paths(application, found).await?;
        Ok(EffectivePage { users, next: next.filter(|_| has_more || unseen) })
    }

    /// Those of some directories' users who may use the application, with the
    /// ways by which they may, in the order in which they are named; none of a
    /// directory that is not within the boundary.
    pub async fn those_effective_users(
        &mut self,
        within: Within,
        application: ApplicationId,
        wanted: &[(&Directory, &[UserId])],
    ) -> Result<Vec<EffectiveUser>> {
        let wanted = wanted.iter().filter(|(directory, _)| reaches(within, directory.owner));
        let directories: Vec<DirectoryId> = wanted.clone().map(|(directory, _)| directory.id).collect();
        let mut reached = self.reach(application, &directories).await?;
        let found = wanted.map(|&(directory, ids)| {
            let reach = reached.remove(&directory.id).unwrap_or_default();
            Found { directory, reach, ids: ids.to_vec() }
        });
        let found = found.collect();
        self.with_paths(application, found).await
    }

    /// The next users, and one more than are wanted: a seek for each group.
    async fn reached_users(
        &mut self,
        (application, directory): (ApplicationId, DirectoryId),
        reach: &Reach,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>> {
        let groups: Vec<[u8; 16]> = reach.groups.iter().map(GroupId::as_bytes).collect();
        // No id is made of zeros.
        let after = after.unwrap_or(UserId::from_bytes([0; 16]));
        let values = [
            application.into(),
            directory.into(),
            groups.as_slice().into(),
            after.into(),
            one_more(limit).into(),
        ];
        self.fetch_all(REACHED, &values, |row| row.get("id")).await
    }

    /// Tells of each user by what they may, in as many statements for all as for
    /// one. One who has been deleted meanwhile is left out, and so is one whom
    /// nothing leads to any more.
    async fn with_paths(
        &mut self,
        application: ApplicationId,
        found: Vec<Found<'_>>,
    ) -> Result<Vec<EffectiveUser>> {
        let ids = found.iter().flat_map(|found| found.ids.iter().map(UserId::as_bytes));
        let ids: Vec<[u8; 16]> = ids.collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let values = [ids.as_slice().into(), application.into()];
        let users = self.fetch_all(USERS, &values[..1], read_user).await?;
        let mut users: BTreeMap<Key, User> = users.into_iter().map(|user| (key(&user), user)).collect();
        let direct: BTreeSet<Key> = self.fetch_all(DIRECT, &values, read_key).await?.into_iter().collect();
        let mut groups: BTreeMap<Key, BTreeSet<GroupId>> = BTreeMap::new();
        let read = |row: &Row<'_>| Ok((read_key(row)?, row.get("group_id")?));
        for (user, group) in self.fetch_all(MEMBERSHIPS, &values[..1], read).await? {
            groups.entry(user).or_default().insert(group);
        }
        let mut told = Vec::with_capacity(ids.len());
        for Found { directory, reach, ids } in found {
            let keys = ids.into_iter().map(|id| (directory.id, id));
            told.extend(keys.filter_map(|key| {
                let groups = groups.remove(&key).unwrap_or_default();
                let paths = reach.paths(direct.contains(&key), groups);
                let user = users.remove(&key).filter(|_| !paths.is_empty())?;
                Some(EffectiveUser { user, owner: directory.owner, paths })
            }));
        }
        Ok(told)
    }
}

/// Users who were found in a directory, and what leads to the application there.
struct Found<'a> {
    directory: &'a Directory,
    reach: Reach,
    ids: Vec<UserId>,
}

type Key = (DirectoryId, UserId);

fn key(user: &User) -> Key {
    (user.directory, user.id)
}

fn read_key(row: &Row<'_>) -> Result<Key> {
    Ok((row.get("directory_id")?, row.get("id")?))
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

/// Whose directory they are of is looked at by whoever asks.
const USERS: Sql = sql!(
    postgres: concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = ANY($1)"),
    sqlite: concat!(
        "SELECT ",
        user_columns!(),
        " FROM json_each($1) AS wanted CROSS JOIN users u WHERE u.id = unhex(wanted.value)"
    ),
);

const DIRECT: Sql = sql!(
    postgres: "SELECT directory_id, id FROM assignments
               WHERE application_id = $2 AND kind = 'user' AND id = ANY($1)",
    sqlite: "SELECT directory_id, id FROM assignments
             WHERE application_id = $2 AND kind = 'user' AND id IN (SELECT unhex(value) FROM json_each($1))",
);

const MEMBERSHIPS: Sql = sql!(
    postgres: "SELECT m.directory_id, m.user_id AS id, m.group_id FROM users u
               JOIN members m ON m.directory_id = u.directory_id AND m.user_id = u.id WHERE u.id = ANY($1)",
    sqlite: "SELECT m.directory_id, m.user_id AS id, m.group_id FROM json_each($1) AS wanted
             CROSS JOIN users u CROSS JOIN members m
             WHERE u.id = unhex(wanted.value) AND m.directory_id = u.directory_id AND m.user_id = u.id",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, steps_in_sqlite};

    /// A group's million members cost no more than the page's.
    #[tokio::test]
    async fn each_group_is_sought_in_sqlite() {
        for statement in [REACHED, USERS, DIRECT, MEMBERSHIPS] {
            assert_no_scan_of(statement, &["a", "m", "n", "u", "assignments", "members", "users"]).await;
        }
        let steps = steps_in_sqlite(REACHED).await;
        let next = |step: &String| {
            step.starts_with("SEARCH n ") && step.ends_with("(directory_id=? AND group_id=? AND user_id>?)")
        };
        assert!(steps.iter().any(next), "{steps:#?}");
    }
}
