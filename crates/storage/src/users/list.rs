//! Lists of users: newest first, by seeking, with a bound on the work.

use appkeep_domain::{Directory, DirectoryId, GroupId, User, UserId, UserStatus, Within, fold};

use crate::error::Result;
use crate::owners::reaches;
use crate::pages::Seek;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};
use crate::value::Value;
use crate::walk::Walk;

/// Which users of a directory to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    pub status: Option<UserStatus>,
    /// Part of an address, a name or whatever else is searched, taken
    /// literally, case aside.
    pub text: Option<String>,
    /// Only who is in this group, not by way of another.
    pub group: Option<GroupId>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    pub users: Vec<User>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<UserId>,
}

impl ReadTx {
    /// The directory's users who pass the filter, from where is sought on; none
    /// when the directory is not within the boundary.
    pub async fn users(
        &mut self,
        within: Within,
        directory: &Directory,
        filter: &UserFilter,
        seek: Seek<UserId>,
    ) -> Result<UserPage> {
        if !reaches(within, directory.owner) {
            return Ok(UserPage { users: Vec::new(), next: None });
        }
        let wanted = Wanted { directory: directory.id, filter, text: filter.text.as_deref().map(fold) };
        let (users, next) = self.walk(&wanted, seek).await?;
        Ok(UserPage { users, next })
    }

    /// All the directory's users who pass the filter, newest first, as far as
    /// `budget` rows go; what was examined is taken from it. None when the
    /// directory is not within the boundary.
    pub async fn examine_users(
        &mut self,
        within: Within,
        directory: &Directory,
        filter: &UserFilter,
        budget: &mut usize,
    ) -> Result<Vec<User>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        let wanted = Wanted { directory: directory.id, filter, text: filter.text.as_deref().map(fold) };
        self.examine(&wanted, budget).await
    }

    /// Those of the ids that are in the directory, newest first.
    pub(crate) async fn those_users(&mut self, directory: DirectoryId, ids: &[UserId]) -> Result<Vec<User>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(UserId::as_bytes).collect();
        self.fetch_all(THOSE, &[directory.into(), ids.as_slice().into()], read_user).await
    }

    async fn those_in_group(
        &mut self,
        directory: DirectoryId,
        group: GroupId,
        ids: &[UserId],
    ) -> Result<Vec<UserId>> {
        let ids: Vec<[u8; 16]> = ids.iter().map(UserId::as_bytes).collect();
        let values = [directory.into(), group.into(), ids.as_slice().into()];
        self.fetch_all(THOSE_IN_GROUP, &values, |row| row.get("user_id")).await
    }
}

/// What one call looks for.
struct Wanted<'a> {
    directory: DirectoryId,
    filter: &'a UserFilter,
    /// Folded.
    text: Option<String>,
}

impl Walk for Wanted<'_> {
    type Row = User;
    type Key = UserId;

    fn key(user: &User) -> UserId {
        user.id
    }

    /// Decides all but the group.
    fn admits(&self, user: &User) -> bool {
        let text = self.text.as_deref();
        self.filter.status.is_none_or(|status| user.status == status)
            && text.is_none_or(|text| user.is_found_by(text))
    }

    fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    async fn candidates(&self, tx: &mut ReadTx, after: Option<UserId>, limit: usize) -> Result<Vec<User>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut values: Vec<Value<'_>> =
            vec![self.directory.into(), after.unwrap_or(LAST).into(), limit.into()];
        let sql = match self.filter {
            UserFilter { group: Some(group), .. } => {
                values.push((*group).into());
                BY_GROUP
            }
            UserFilter { status: Some(status), .. } => {
                values.push(status.as_str().into());
                BY_STATUS
            }
            _ => NEWEST,
        };
        tx.fetch_all(sql, &values, read_user).await
    }

    /// Whether somebody is in the group, the index of texts does not know.
    async fn holding(&self, tx: &mut ReadTx, text: &str) -> Result<Option<Vec<UserId>>> {
        let ids = tx.users_holding_grams_of(self.directory, text).await?;
        match (ids, self.filter.group) {
            (Some(ids), Some(group)) => Ok(Some(tx.those_in_group(self.directory, group, &ids).await?)),
            (ids, _) => Ok(ids),
        }
    }

    async fn those(&self, tx: &mut ReadTx, ids: &[UserId]) -> Result<Vec<User>> {
        tx.those_users(self.directory, ids).await
    }
}

/// Greater than every id that is made.
const LAST: UserId = UserId::from_bytes([0xff; 16]);

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    user_columns!(),
    " FROM users u WHERE u.directory_id = $1 AND u.id < $2 ORDER BY u.id DESC LIMIT $3"
));

const BY_STATUS: Sql = sql!(concat!(
    "SELECT ",
    user_columns!(),
    " FROM users u WHERE u.directory_id = $1 AND u.status = $4 AND u.id < $2 ORDER BY u.id DESC LIMIT $3"
));

const BY_GROUP: Sql = sql!(concat!(
    "SELECT ",
    user_columns!(),
    " FROM members m JOIN users u ON u.directory_id = m.directory_id AND u.id = m.user_id
    WHERE m.directory_id = $1 AND m.group_id = $4 AND m.user_id < $2 ORDER BY m.user_id DESC LIMIT $3"
));

const THOSE: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        user_columns!(),
        " FROM users u WHERE u.directory_id = $1 AND u.id = ANY($2) ORDER BY u.id DESC"
    ),
    sqlite: concat!(
        "SELECT ",
        user_columns!(),
        " FROM users u WHERE u.directory_id = $1 AND u.id IN (SELECT unhex(value) FROM json_each($2))
        ORDER BY u.id DESC"
    ),
);

const THOSE_IN_GROUP: Sql = sql!(
    postgres: "SELECT user_id FROM members WHERE directory_id = $1 AND group_id = $2 AND user_id = ANY($3)",
    sqlite: "SELECT user_id FROM members WHERE directory_id = $1 AND group_id = $2
             AND user_id IN (SELECT unhex(value) FROM json_each($3))",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn every_list_seeks() {
        for list in [NEWEST, BY_STATUS, BY_GROUP] {
            assert_seeks(list).await;
        }
    }
}
