//! Lists of groups: newest first, by seeking, with a bound on the work.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use appkeep_domain::{Directory, DirectoryId, Group, GroupId, UserId, Within, fold};

use crate::error::Result;
use crate::groups::{group_columns, read_group};
use crate::owners::reaches;
use crate::pages::{Gathering, Seek, one_more, page_of};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;
use crate::walk::ASKING;

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupPage {
    pub groups: Vec<Group>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<GroupId>,
}

impl ReadTx {
    /// The directory's groups, or those with `text` in their name or
    /// description, taken literally, case aside; none when the directory is not
    /// within the boundary.
    pub async fn groups(
        &mut self,
        within: Within,
        directory: &Directory,
        text: Option<&str>,
        seek: Seek<GroupId>,
    ) -> Result<GroupPage> {
        if !reaches(within, directory.owner) {
            return Ok(GroupPage::default());
        }
        let text = text.map(fold);
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let (after, limit) =
                (gathering.after().unwrap_or(LAST), i64::try_from(batch).unwrap_or(i64::MAX));
            let values = [directory.id.into(), after.into(), limit.into()];
            let candidates = self.fetch_all(NEWEST, &values, read_group).await?;
            let exhausted = candidates.len() < batch;
            let passes = |group: &Group| text.as_deref().is_none_or(|text| has_text(group, text));
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, passes) {
                return Ok(GroupPage { groups: gathering.into_found(), next });
            }
        }
    }

    /// All the directory's groups with `text` in their name or description, newest
    /// first, as far as `budget` rows go; what was examined is taken from it.
    /// None when the directory is not within the boundary.
    pub async fn examine_groups(
        &mut self,
        within: Within,
        directory: &Directory,
        text: &str,
        budget: &mut usize,
    ) -> Result<Vec<Group>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(*budget).unwrap_or(i64::MAX);
        let values = [directory.id.into(), LAST.into(), limit.into()];
        let mut groups = self.fetch_all(NEWEST, &values, read_group).await?;
        *budget = budget.saturating_sub(ASKING + groups.len());
        let text = fold(text);
        groups.retain(|group| has_text(group, &text));
        Ok(groups)
    }

    /// Those of the directories' groups that are there, in no order; none of a
    /// directory that is not within the boundary.
    pub async fn those_groups(
        &mut self,
        within: Within,
        directories: &[&Directory],
        ids: &[GroupId],
    ) -> Result<Vec<Group>> {
        let reached = directories.iter().filter(|directory| reaches(within, directory.owner));
        let reached: BTreeSet<DirectoryId> = reached.map(|directory| directory.id).collect();
        if ids.is_empty() || reached.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(GroupId::as_bytes).collect();
        let mut groups = self.fetch_all(THOSE, &[ids.as_slice().into()], read_group).await?;
        groups.retain(|group| reached.contains(&group.directory));
        Ok(groups)
    }

    /// The groups that the user is in, not by way of another.
    pub async fn groups_of_user(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        seek: Seek<GroupId>,
    ) -> Result<GroupPage> {
        self.group_page(OF_USER, (within, directory), user.into(), seek).await
    }

    /// The groups that are in the group, not by way of another.
    pub async fn child_groups(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        seek: Seek<GroupId>,
    ) -> Result<GroupPage> {
        self.group_page(CHILDREN, (within, directory), group.into(), seek).await
    }

    /// The groups that the group is in, not by way of another.
    pub async fn parent_groups(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        seek: Seek<GroupId>,
    ) -> Result<GroupPage> {
        self.group_page(PARENTS, (within, directory), group.into(), seek).await
    }

    async fn group_page(
        &mut self,
        sql: Sql,
        (within, directory): (Within, &Directory),
        of: Value<'_>,
        seek: Seek<GroupId>,
    ) -> Result<GroupPage> {
        if !reaches(within, directory.owner) {
            return Ok(GroupPage::default());
        }
        let after = seek.after.unwrap_or(LAST);
        let values = [directory.id.into(), after.into(), one_more(seek.limit).into(), of];
        let found = self.fetch_all(sql, &values, read_group).await?;
        let (groups, next) = page_of(found, seek.limit, |group| group.id);
        Ok(GroupPage { groups, next })
    }
}

fn has_text(group: &Group, text: &str) -> bool {
    let texts = [Some(group.name.as_str()), group.description.as_deref()];
    texts.into_iter().flatten().any(|one| fold(one).contains(text))
}

/// Greater than every id that is made.
const LAST: GroupId = GroupId::from_bytes([0xff; 16]);

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    group_columns!(),
    " FROM groups g WHERE g.directory_id = $1 AND g.id < $2 ORDER BY g.id DESC LIMIT $3"
));

const THOSE: Sql = sql!(
    postgres: concat!("SELECT ", group_columns!(), " FROM groups g WHERE g.id = ANY($1)"),
    sqlite: concat!(
        "SELECT ",
        group_columns!(),
        " FROM json_each($1) AS wanted CROSS JOIN groups g WHERE g.id = unhex(wanted.value)"
    ),
);

const OF_USER: Sql = sql!(concat!(
    "SELECT ",
    group_columns!(),
    " FROM members m JOIN groups g ON g.directory_id = m.directory_id AND g.id = m.group_id
    WHERE m.directory_id = $1 AND m.user_id = $4 AND m.group_id < $2 ORDER BY m.group_id DESC LIMIT $3"
));

const CHILDREN: Sql = sql!(concat!(
    "SELECT ",
    group_columns!(),
    " FROM subgroups s JOIN groups g ON g.directory_id = s.directory_id AND g.id = s.child_id
    WHERE s.directory_id = $1 AND s.parent_id = $4 AND s.child_id < $2 ORDER BY s.child_id DESC LIMIT $3"
));

const PARENTS: Sql = sql!(concat!(
    "SELECT ",
    group_columns!(),
    " FROM subgroups s JOIN groups g ON g.directory_id = s.directory_id AND g.id = s.parent_id
    WHERE s.directory_id = $1 AND s.child_id = $4 AND s.parent_id < $2 ORDER BY s.parent_id DESC LIMIT $3"
));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn every_list_seeks() {
        for list in [NEWEST, OF_USER, CHILDREN, PARENTS] {
            assert_seeks(list).await;
        }
        assert_no_scan_of(THOSE, &["g", "groups"]).await;
    }
}
