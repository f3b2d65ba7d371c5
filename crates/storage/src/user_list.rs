//! Lists of users: newest first, by seeking, with a bound on the work.

use std::ops::ControlFlow;

use appkeep_domain::{Directory, DirectoryId, GroupId, User, UserId, UserStatus, Within, fold};

use crate::error::Result;
use crate::owners::reaches;
use crate::pages::{Gathering, Seek};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::users::{read_user, user_columns};
use crate::value::Value;

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
        let text = filter.text.as_deref().map(fold);
        let wanted = Wanted { directory: directory.id, filter, text };
        self.gather_users(&wanted, Gathering::new(seek.after, seek.limit)).await
    }

    /// Those of the ids that are in the directory, newest first.
    pub(crate) async fn those_users(&mut self, directory: DirectoryId, ids: &[UserId]) -> Result<Vec<User>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(UserId::as_bytes).collect();
        self.fetch_all(THOSE, &[directory.into(), ids.as_slice().into()], read_user).await
    }

    /// Looks at the directory's users one after another; when few of the newest
    /// pass, the index is asked.
    async fn gather_users(
        &mut self,
        wanted: &Wanted<'_>,
        mut gathering: Gathering<User, UserId>,
    ) -> Result<UserPage> {
        let mut unasked = wanted.text.as_deref();
        loop {
            if gathering.is_thin()
                && let Some(text) = unasked.take()
                && let Some(ids) = self.users_holding_grams_of(wanted.directory, text).await?
            {
                return self.pick_users(wanted, gathering, ids).await;
            }
            let batch = gathering.batch();
            let candidates = self.user_candidates(wanted, gathering.after(), batch).await?;
            let exhausted = candidates.len() < batch;
            let admits = |one: &User| wanted.admits(one);
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, admits) {
                return Ok(UserPage { users: gathering.into_found(), next });
            }
        }
    }

    /// Goes on with these only. Whether somebody is in the group, the index of
    /// texts does not know.
    async fn pick_users(
        &mut self,
        wanted: &Wanted<'_>,
        mut gathering: Gathering<User, UserId>,
        mut ids: Vec<UserId>,
    ) -> Result<UserPage> {
        if let Some(group) = wanted.filter.group {
            ids = self.those_in_group(wanted.directory, group, &ids).await?;
        }
        ids.retain(|id| gathering.after().is_none_or(|after| *id < after));
        ids.sort_unstable_by(|one, other| other.cmp(one));
        let mut rest = ids.as_slice();
        loop {
            let batch;
            (batch, rest) = rest.split_at(gathering.batch().min(rest.len()));
            let candidates = self.those_users(wanted.directory, batch).await?;
            let admits = |one: &User| wanted.admits(one);
            let taken = gathering.take(candidates, rest.is_empty(), |one| one.id, admits);
            if let ControlFlow::Break(next) = taken {
                return Ok(UserPage { users: gathering.into_found(), next });
            }
        }
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

    /// The next rows by the narrowest index that the filter offers.
    async fn user_candidates(
        &mut self,
        wanted: &Wanted<'_>,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut values: Vec<Value<'_>> =
            vec![wanted.directory.into(), after.unwrap_or(LAST).into(), limit.into()];
        let sql = match wanted.filter {
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
        self.fetch_all(sql, &values, read_user).await
    }
}

/// What one call looks for.
struct Wanted<'a> {
    directory: DirectoryId,
    filter: &'a UserFilter,
    /// Folded.
    text: Option<String>,
}

impl Wanted<'_> {
    /// Decides all but the group, whatever an index has decided before.
    fn admits(&self, user: &User) -> bool {
        let text = self.text.as_deref();
        self.filter.status.is_none_or(|status| user.status == status)
            && text.is_none_or(|text| user.is_found_by(text))
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
