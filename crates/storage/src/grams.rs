//! The search indexes: every three characters of what a search looks in, hashed
//! with whose it is. Decision 0006 has the reasons.

use std::collections::HashSet;

use appkeep_domain::{Application, ApplicationId, DirectoryId, User, UserId};

use crate::error::Result;
use crate::owners::owner_key;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Characters of a gram.
const LENGTH: usize = 3;
/// Most grams of a query that the index is asked for. What they let through is
/// looked at anyway.
const MOST_ASKED: usize = 32;

/// The inner statement has no limit, so that PostgreSQL plans it for all its
/// rows and never prefers to read the table; nevertheless it only runs until
/// there are enough.
pub(crate) const HOLDING_ALL: Sql = sql!(
    postgres: "WITH found AS MATERIALIZED (SELECT id FROM application_grams WHERE grams @> $1)
               SELECT id FROM found LIMIT $2",
    sqlite: "SELECT a.id FROM application_grams g CROSS JOIN applications a ON a.number = g.rowid
             WHERE g.application_grams MATCH (SELECT group_concat(value, ' ') FROM json_each($1)) LIMIT $2",
);

pub(crate) const USERS_HOLDING_ALL: Sql = sql!(
    postgres: "WITH found AS MATERIALIZED (SELECT id FROM user_grams WHERE grams @> $1)
               SELECT id FROM found LIMIT $2",
    sqlite: "SELECT u.id FROM user_grams g CROSS JOIN users u ON u.number = g.rowid
             WHERE g.user_grams MATCH (SELECT group_concat(value, ' ') FROM json_each($1)) LIMIT $2",
);

/// What is to be entered in an index.
#[derive(Debug)]
pub(crate) struct GramEntry {
    index: GramIndex,
    whose: [u8; 16],
    id: [u8; 16],
    grams: Vec<i64>,
}

/// An index, by its statements.
#[derive(Debug, Clone, Copy)]
struct GramIndex {
    /// Whether a row is there.
    present: Sql,
    /// On SQLite a single row of values: a `SELECT` would begin a savepoint
    /// for itself.
    insert: Sql,
}

const APPLICATIONS: GramIndex = GramIndex {
    present: sql!("SELECT 1 FROM applications WHERE owner = $1 AND id = $2"),
    insert: sql!(
        postgres: "INSERT INTO application_grams (owner, id, grams) VALUES ($1, $2, $3)",
        sqlite: "INSERT INTO application_grams (rowid, grams)
                 VALUES ((SELECT number FROM applications WHERE owner = $1 AND id = $2), $3)",
    ),
};

const USERS: GramIndex = GramIndex {
    present: sql!("SELECT 1 FROM users WHERE directory_id = $1 AND id = $2"),
    insert: sql!(
        postgres: "INSERT INTO user_grams (directory_id, id, grams) VALUES ($1, $2, $3)",
        sqlite: "INSERT INTO user_grams (rowid, grams)
                 VALUES ((SELECT number FROM users WHERE directory_id = $1 AND id = $2), $3)",
    ),
};

impl ReadTx {
    /// The owner's applications that have all grams of a folded text, and
    /// perhaps others, in no order. `None` when the index cannot tell: the text
    /// is shorter than a gram, or more have its grams than one call examines.
    pub(crate) async fn holding_grams_of(
        &mut self,
        owner: [u8; 16],
        text: &str,
    ) -> Result<Option<Vec<ApplicationId>>> {
        self.holding(HOLDING_ALL, &grams_of(owner, text), |row| row.get("id")).await
    }

    /// The same for the users of a directory.
    pub(crate) async fn users_holding_grams_of(
        &mut self,
        directory: DirectoryId,
        text: &str,
    ) -> Result<Option<Vec<UserId>>> {
        self.holding(USERS_HOLDING_ALL, &grams_of(directory.as_bytes(), text), |row| row.get("id")).await
    }

    async fn holding<T>(
        &mut self,
        sql: Sql,
        grams: &[i64],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        if grams.is_empty() {
            return Ok(None);
        }
        let asked: Vec<i64> = grams.iter().copied().step_by(grams.len().div_ceil(MOST_ASKED)).collect();
        let limit = i64::try_from(ReadTx::MAX_EXAMINED + 1).unwrap_or(i64::MAX);
        let ids = self.fetch_all(sql, &[asked.as_slice().into(), limit.into()], read).await?;
        Ok(if ids.len() > ReadTx::MAX_EXAMINED { None } else { Some(ids) })
    }
}

impl WriteTx {
    /// Enters an application that is there and not yet in the index; by the
    /// commit at the latest.
    pub(crate) async fn insert_grams(&mut self, application: &Application) -> Result<()> {
        let owner = owner_key(application.owner);
        let grams = grams_of(owner, &application.search_text());
        self.enter_grams(GramEntry {
            index: APPLICATIONS,
            whose: owner,
            id: application.id.as_bytes(),
            grams,
        })
        .await
    }

    /// Takes an application that is there out of the index.
    pub(crate) async fn delete_grams(&mut self, application: &Application) -> Result<()> {
        const DELETE: Sql = sql!(
            postgres: "DELETE FROM application_grams WHERE owner = $1 AND id = $2",
            sqlite: "DELETE FROM application_grams
                     WHERE rowid = (SELECT number FROM applications WHERE owner = $1 AND id = $2)",
        );
        let owner = owner_key(application.owner);
        self.execute(DELETE, &[owner.into(), application.id.into()]).await.map(drop)
    }

    /// Enters a user who is there and not yet in the index; by the commit at
    /// the latest.
    pub(crate) async fn insert_user_grams(&mut self, user: &User) -> Result<()> {
        let whose = user.directory.as_bytes();
        let grams = grams_of(whose, &user.search_text());
        self.enter_grams(GramEntry { index: USERS, whose, id: user.id.as_bytes(), grams }).await
    }

    /// Takes a user who is there out of the index.
    pub(crate) async fn delete_user_grams(&mut self, directory: DirectoryId, user: UserId) -> Result<()> {
        const DELETE: Sql = sql!(
            postgres: "DELETE FROM user_grams WHERE directory_id = $1 AND id = $2",
            sqlite: "DELETE FROM user_grams
                     WHERE rowid = (SELECT number FROM users WHERE directory_id = $1 AND id = $2)",
        );
        self.execute(DELETE, &[directory.into(), user.into()]).await.map(drop)
    }

    /// FTS5 writes a segment at every savepoint that finds it with something
    /// new, and merges segments all the time. So where transactions share a
    /// commit, what they enter waits for it, and is one segment.
    async fn enter_grams(&mut self, entry: GramEntry) -> Result<()> {
        if self.conn().shares_commits() {
            self.entries.push(entry);
            return Ok(());
        }
        self.write_entry(&entry).await
    }

    /// Enters what waits for the commit that several transactions share.
    pub(crate) async fn write_entries(&mut self) -> Result<()> {
        for entry in latest(std::mem::take(&mut self.entries)) {
            let key = [entry.whose.into(), entry.id.into()];
            // One that was entered may have been deleted by another transaction.
            if self.fetch_optional(entry.index.present, &key, |_| Ok(())).await?.is_some() {
                self.write_entry(&entry).await?;
            }
        }
        Ok(())
    }

    async fn write_entry(&mut self, entry: &GramEntry) -> Result<()> {
        let values = [entry.whose.into(), entry.id.into(), entry.grams.as_slice().into()];
        self.execute(entry.index.insert, &values).await.map(drop)
    }
}

/// Of several entries of one row, the last, since an index holds one; in the
/// order of the rows' last entries.
fn latest(entries: Vec<GramEntry>) -> Vec<GramEntry> {
    let mut seen = HashSet::new();
    let is_last = |entry: &GramEntry| seen.insert((entry.index.insert.sqlite, entry.whose, entry.id));
    let mut kept: Vec<GramEntry> = entries.into_iter().rev().filter(is_last).collect();
    kept.reverse();
    kept
}

/// The different grams of a folded text, none of which spans two lines.
fn grams_of(whose: [u8; 16], text: &str) -> Vec<i64> {
    let mut grams = Vec::new();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        grams.extend(characters.windows(LENGTH).map(|gram| hash(whose, gram)));
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// FNV-1a, never negative, so that SQLite's JSON of it is a token without a
/// sign. It is kept in the database and cannot change; two that have one hash
/// cost a look and no more.
fn hash(whose: [u8; 16], gram: &[char]) -> i64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let characters = gram.iter().flat_map(|&character| u32::from(character).to_be_bytes());
    let bytes = whose.into_iter().chain(characters);
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    (hash >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [u8; 16] = [7; 16];
    const PLATFORM: [u8; 16] = [0; 16];

    #[test]
    fn a_text_has_the_grams_of_its_parts() {
        let grams = grams_of(OURS, "ärger mit äpfeln\npays");
        for (part, expected) in
            [("ärg", true), ("mit ä", true), ("pays", true), ("npa", false), ("n\np", false), ("xyz", false)]
        {
            let found = grams_of(OURS, part);
            assert_eq!(
                !found.is_empty() && found.iter().all(|gram| grams.contains(gram)),
                expected,
                "{part}"
            );
        }
        assert_eq!(grams_of(OURS, "äö\nab"), Vec::<i64>::new());
        assert_eq!(grams_of(OURS, "aaaaaa").len(), 1);
    }

    #[test]
    fn a_gram_is_its_owners_alone_and_keeps_its_hash() {
        assert_ne!(grams_of(OURS, "abc"), grams_of(PLATFORM, "abc"));
        assert_eq!(grams_of(PLATFORM, "abc"), [3_516_795_416_720_518_330]);
    }

    #[test]
    fn of_the_entries_of_a_row_the_last_counts() {
        let entry = |index, id: u8, gram| GramEntry { index, whose: OURS, id: [id; 16], grams: vec![gram] };
        let entries = vec![
            entry(APPLICATIONS, 1, 10),
            entry(APPLICATIONS, 2, 20),
            entry(USERS, 1, 30),
            entry(APPLICATIONS, 1, 11),
        ];
        let kept: Vec<i64> = latest(entries).iter().flat_map(|entry| entry.grams.clone()).collect();
        assert_eq!(kept, [20, 30, 11]);
        assert!(latest(Vec::new()).is_empty());
    }
}
