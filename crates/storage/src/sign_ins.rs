//! Sign-ins: browsers in which a person has proved who they are.

use std::collections::HashMap;

use appkeep_domain::{Directory, Ending, SecretHash, SignIn, SignInId, Timestamp, UserId, Within};
use serde_json::{Value as Json, json};

use crate::claims::{from_columns, parse_methods, print_methods, read_from};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sessions::hex;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// Part of a list, those first that last longest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInPage {
    pub sign_ins: Vec<SignIn>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<SignInPlace>,
}

/// Where one that has not ended stands in such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInPlace {
    pub expires_at: Timestamp,
    pub id: SignInId,
}

/// Before all that there are.
const LAST: SignInPlace =
    SignInPlace { expires_at: Timestamp::from_micros(i64::MAX), id: SignInId::from_bytes([0xff; 16]) };

/// What `read` reads, of `sign_ins s`.
macro_rules! sign_in_columns {
    () => {
        "s.id, s.directory_id, s.user_id, s.secret, s.authenticated_at, s.methods, s.address, s.user_agent,
        s.created_at, s.last_seen_at, s.expires_at, s.ended_at"
    };
}

const BY_SECRET: Sql = sql!(concat!(
    "SELECT ",
    sign_in_columns!(),
    " FROM sign_ins s JOIN directories d ON d.id = s.directory_id
    WHERE s.secret = $1 AND (d.owner = $2 OR $2 IS NULL)"
));

const BY_ID: Sql = sql!(concat!(
    "SELECT ",
    sign_in_columns!(),
    " FROM sign_ins s JOIN directories d ON d.id = s.directory_id
    WHERE s.id = $1 AND (d.owner = $2 OR $2 IS NULL)"
));

const LIVE_OF_USER: Sql = sql!(concat!(
    "SELECT ",
    sign_in_columns!(),
    " FROM sign_ins s WHERE s.directory_id = $1 AND s.user_id = $2 AND s.dead_at > $3
        AND (s.dead_at, s.id) < ($4, $5)
    ORDER BY s.dead_at DESC, s.id DESC LIMIT $6"
));

const TOUCH: Sql = sql!(
    postgres: "UPDATE sign_ins s SET last_seen_at = t.seen
        FROM jsonb_to_recordset($1) AS t (id text, seen bigint), directories d
        WHERE s.id = decode(t.id, 'hex') AND s.last_seen_at < t.seen AND s.ended_at IS NULL
            AND d.id = s.directory_id AND (d.owner = $2 OR $2 IS NULL)",
    sqlite: "UPDATE sign_ins SET last_seen_at = t.value ->> 'seen' FROM json_each($1) AS t
        WHERE sign_ins.id = unhex(t.value ->> 'id') AND sign_ins.last_seen_at < t.value ->> 'seen'
            AND sign_ins.ended_at IS NULL AND EXISTS (SELECT 1 FROM directories d
                WHERE d.id = sign_ins.directory_id AND (d.owner = $2 OR $2 IS NULL))",
);

impl ReadTx {
    /// The one whose cookie holds this secret, ended and expired ones too.
    pub async fn sign_in_by_secret(&mut self, within: Within, secret: SecretHash) -> Result<Option<SignIn>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(BY_SECRET, &[secret.into(), owner.into()], read).await
    }

    /// Ended and expired ones too.
    pub async fn sign_in(&mut self, within: Within, id: SignInId) -> Result<Option<SignIn>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(BY_ID, &[id.into(), owner.into()], read).await
    }

    /// Where the user is signed in at `now`, those first that last longest;
    /// nowhere when the directory is not within the boundary.
    pub async fn live_sign_ins_of_user(
        &mut self,
        within: Within,
        (directory, user): (&Directory, UserId),
        now: Timestamp,
        seek: Seek<SignInPlace>,
    ) -> Result<SignInPage> {
        if !reaches(within, directory.owner) {
            return Ok(SignInPage::default());
        }
        let after = seek.after.unwrap_or(LAST);
        let values = [
            directory.id.into(),
            user.into(),
            now.into(),
            after.expires_at.into(),
            after.id.into(),
            one_more(seek.limit).into(),
        ];
        let found = self.fetch_all(LIVE_OF_USER, &values, read).await?;
        let place = |sign_in: &SignIn| SignInPlace { expires_at: sign_in.expires_at, id: sign_in.id };
        let (sign_ins, next) = page_of(found, seek.limit, place);
        Ok(SignInPage { sign_ins, next })
    }
}

impl WriteTx {
    /// `Stale` when the user is not there, so that none is begun while they are
    /// deleted, or the directory is not within the boundary.
    pub async fn insert_sign_in(
        &mut self,
        within: Within,
        directory: &Directory,
        sign_in: &SignIn,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO sign_ins (id, directory_id, user_id, secret, authenticated_at, methods, last_seen_at,
                expires_at, address, user_agent, created_at, ended_at)
            SELECT $1, u.directory_id, u.id, $4, $5, $6, $7, $8, $9, $10, $11, $12
            FROM users u WHERE u.directory_id = $2 AND u.id = $3"
        );
        one_row(u64::from(reaches(within, directory.owner) && sign_in.directory == directory.id))?;
        let mut values = changeable(sign_in);
        values.extend([sign_in.created_at.into(), sign_in.ended_at.into()]);
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Writes all that a new proof or another look changes: the secret, by what
    /// and when the person proved who they are, where they were last seen and
    /// when, and until when that holds. `Stale` when it has ended or is not
    /// there, or the directory is not within the boundary.
    pub async fn update_sign_in(
        &mut self,
        within: Within,
        directory: &Directory,
        sign_in: &SignIn,
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE sign_ins SET secret = $4, authenticated_at = $5, methods = $6, last_seen_at = $7,
                expires_at = $8, address = $9, user_agent = $10
            WHERE id = $1 AND directory_id = $2 AND user_id = $3 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, directory.owner) && sign_in.directory == directory.id))?;
        one_row(self.execute(UPDATE, &changeable(sign_in)).await?)
    }

    /// Ends it, and every session under it with what came of those. `Stale`
    /// when it has ended or is not there, or the directory is not within the
    /// boundary.
    pub async fn end_sign_in(
        &mut self,
        within: Within,
        directory: &Directory,
        id: SignInId,
        ending: Ending,
    ) -> Result<()> {
        const END: Sql = sql!(
            "UPDATE sign_ins SET ended_at = $3 WHERE id = $1 AND directory_id = $2 AND ended_at IS NULL"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(END, &[id.into(), directory.id.into(), ending.at.into()]).await?)?;
        self.end_sessions_under(id, ending).await
    }

    /// Ends all of a user's.
    pub(crate) async fn end_sign_ins_of_user(
        &mut self,
        directory: &Directory,
        user: UserId,
        now: Timestamp,
    ) -> Result<()> {
        const END: Sql = sql!(
            "UPDATE sign_ins SET ended_at = $3
            WHERE directory_id = $1 AND user_id = $2 AND ended_at IS NULL"
        );
        self.execute(END, &[directory.id.into(), user.into(), now.into()]).await.map(drop)
    }

    /// Deletes at most `limit` that were over at `before`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_dead_sign_ins(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[before.into(), limit.into()]).await
    }
}

impl Store {
    /// Notes when sign-ins were last seen, all in one statement and none
    /// backwards; those that have ended, are not there or not within the
    /// boundary are passed over. On PostgreSQL no serializable transaction: it
    /// is in nobody's way.
    pub async fn touch_sign_ins(&self, within: Within, seen: &[(SignInId, Timestamp)]) -> Result<()> {
        let mut last: HashMap<SignInId, Timestamp> = HashMap::new();
        for &(id, seen_at) in seen {
            let known = last.entry(id).or_insert(seen_at);
            *known = seen_at.max(*known);
        }
        let print = |(id, seen_at): (SignInId, Timestamp)| json!({ "id": hex(id.as_bytes()), "seen": seen_at.as_micros() });
        let seen: Json = last.into_iter().map(print).collect();
        let owner = bounding_owner(within).map(owner_key);
        self.execute_alone(TOUCH, vec![seen.to_string().into(), owner.into()]).await.map(drop)
    }
}

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM sign_ins WHERE id = ANY(ARRAY(
                   SELECT id FROM sign_ins WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2))",
    sqlite: "DELETE FROM sign_ins WHERE id IN (
                   SELECT id FROM sign_ins WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2)",
);

/// The key, and the columns that an update may change.
fn changeable(sign_in: &SignIn) -> Vec<Value<'_>> {
    let mut values = vec![
        sign_in.id.into(),
        sign_in.directory.into(),
        sign_in.user.into(),
        sign_in.secret.into(),
        sign_in.authenticated_at.into(),
        print_methods(&sign_in.methods).into(),
        sign_in.last_seen_at.into(),
        sign_in.expires_at.into(),
    ];
    values.extend(from_columns(&sign_in.from));
    values
}

fn read(row: &Row<'_>) -> Result<SignIn> {
    Ok(SignIn {
        id: row.get("id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        secret: row.get("secret")?,
        authenticated_at: row.get("authenticated_at")?,
        methods: row.parse("methods", parse_methods)?,
        from: read_from(row)?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        expires_at: row.get("expires_at")?,
        ended_at: row.get("ended_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn a_sign_in_is_sought() {
        for sql in [BY_SECRET, BY_ID, LIVE_OF_USER, SWEEP] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(TOUCH, &["sign_ins", "d"]).await;
    }
}
