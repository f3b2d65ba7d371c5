//! Which users are in a group.

use appkeep_domain::{Directory, GroupId, Member, Membership, UserId, Within};

use crate::directories::memberships_changed;
use crate::error::{Result, StorageError, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::users::{change_of, read_user, user_columns};

/// Part of a list, the newest user first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberPage {
    pub members: Vec<Member>,
    /// Where the next page begins: after this user. `None` at the end.
    pub next: Option<UserId>,
}

impl ReadTx {
    /// The users in the group, not by way of another; none when the directory
    /// is not within the boundary.
    pub async fn group_members(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        seek: Seek<UserId>,
    ) -> Result<MemberPage> {
        if !reaches(within, directory.owner) {
            return Ok(MemberPage::default());
        }
        // Greater than every id that is made.
        let after = seek.after.unwrap_or(UserId::from_bytes([0xff; 16]));
        let values = [directory.id.into(), group.into(), after.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(MEMBERS, &values, read).await?;
        let (members, next) = page_of(found, seek.limit, |member| member.user.id);
        Ok(MemberPage { members, next })
    }

    /// How many users are in the group, not by way of another; none when the
    /// directory is not within the boundary.
    pub async fn count_group_members(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
    ) -> Result<u64> {
        if !reaches(within, directory.owner) {
            return Ok(0);
        }
        let key = [directory.id.into(), group.into()];
        let counted = self.fetch_optional(COUNT, &key, |row| row.get::<i64>("counted")).await?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }

    /// The last of the first so many in the group, the newest user first;
    /// nothing when there are not as many.
    pub async fn group_member_before(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        skipped: u64,
    ) -> Result<Option<UserId>> {
        let Some(ahead) = skipped.checked_sub(1).filter(|_| reaches(within, directory.owner)) else {
            return Ok(None);
        };
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        let values = [directory.id.into(), group.into(), ahead.into()];
        self.fetch_optional(BEFORE, &values, |row| row.get("user_id")).await
    }

    /// Whether the user is in the group, not by way of another; nobody is when
    /// the directory is not within the boundary.
    pub async fn is_group_user(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        user: UserId,
    ) -> Result<bool> {
        if !reaches(within, directory.owner) {
            return Ok(false);
        }
        let key = [directory.id.into(), group.into(), user.into()];
        let present = self.fetch_optional(PRESENT, &key, |row| row.get::<i64>("added_at")).await?;
        Ok(present.is_some())
    }
}

impl WriteTx {
    /// Whether the user was not in the group before. `Stale` when either is not
    /// there, or the directory is not within the boundary.
    pub async fn add_group_user(
        &mut self,
        within: Within,
        directory: &Directory,
        membership: &Membership,
    ) -> Result<bool> {
        const ADD: Sql = sql!(
            "INSERT INTO members (directory_id, group_id, user_id, added_at, elsewhere)
            SELECT g.directory_id, g.id, u.id, $4, $5
            FROM groups g JOIN users u ON u.directory_id = g.directory_id
            WHERE g.directory_id = $1 AND g.id = $2 AND u.id = $3
            ON CONFLICT DO NOTHING"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let Membership { group, user, added_at } = *membership;
        // An index lets in one row of each user that is not elsewhere. Looking for
        // another first would be in the way of whoever adds somebody else.
        for elsewhere in [false, true] {
            let values = [directory.id.into(), group.into(), user.into(), added_at.into(), elsewhere.into()];
            if self.execute(ADD, &values).await? == 1 {
                self.announce(change_of(user));
                self.announce(memberships_changed(directory.id));
                return Ok(true);
            }
        }
        let present = self.is_group_user(within, directory, group, user).await?;
        if present { Ok(false) } else { Err(StorageError::Stale) }
    }

    /// `Stale` when the user is not in the group, or the directory is not
    /// within the boundary.
    pub async fn remove_group_user(
        &mut self,
        within: Within,
        directory: &Directory,
        group: GroupId,
        user: UserId,
    ) -> Result<()> {
        const REMOVE: Sql =
            sql!("DELETE FROM members WHERE directory_id = $1 AND group_id = $2 AND user_id = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(REMOVE, &[directory.id.into(), group.into(), user.into()]).await?)?;
        self.announce(change_of(user));
        self.announce(memberships_changed(directory.id));
        Ok(())
    }
}

const MEMBERS: Sql = sql!(concat!(
    "SELECT m.added_at, ",
    user_columns!(),
    " FROM members m JOIN users u ON u.directory_id = m.directory_id AND u.id = m.user_id
    WHERE m.directory_id = $1 AND m.group_id = $2 AND m.user_id < $3 ORDER BY m.user_id DESC LIMIT $4"
));

const COUNT: Sql = sql!(
    "SELECT CAST(coalesce(sum(members), 0) AS BIGINT) AS counted FROM headcounts
    WHERE directory_id = $1 AND group_id = $2"
);

const BEFORE: Sql = sql!(
    "SELECT user_id FROM members WHERE directory_id = $1 AND group_id = $2
    ORDER BY user_id DESC LIMIT 1 OFFSET $3"
);

const PRESENT: Sql =
    sql!("SELECT added_at FROM members WHERE directory_id = $1 AND group_id = $2 AND user_id = $3");

fn read(row: &Row<'_>) -> Result<Member> {
    Ok(Member { user: read_user(row)?, added_at: row.get("added_at")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_list_seeks() {
        for list in [MEMBERS, COUNT, BEFORE] {
            assert_seeks(list).await;
        }
    }
}
