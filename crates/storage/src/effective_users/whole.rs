//! Everybody who may use an application, of many directories at once: for whoever
//! remembers them.

use std::collections::BTreeMap;

use appkeep_domain::{ApplicationId, Directory, DirectoryId, UserId, Within};

use super::reach::reached;
use crate::error::Result;
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// How many of a directory may use an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveCount {
    pub directory: DirectoryId,
    /// Where that is known without looking at who they are: where nobody can
    /// come to it by two ways. Then it takes a look at each group, however many
    /// are in it.
    pub people: Option<u64>,
    /// How many they are at most: where that is not known, all whom the directory
    /// has. About as many are read by whoever has to look.
    pub most: u64,
}

impl ReadTx {
    /// How many of each directory may use the application; those are left out
    /// that nobody comes from, or that are not within the boundary. There is no
    /// bound on what is counted.
    pub async fn count_effective_users(
        &mut self,
        within: Within,
        application: ApplicationId,
        directories: &[&Directory],
    ) -> Result<Vec<EffectiveCount>> {
        let ids = keys(within, directories);
        self.fetch_all(COUNTED, &[application.into(), ids.as_slice().into()], read_count).await
    }

    /// Everybody of each directory who may use the application, each once, in
    /// the order of their ids; those directories are left out that nobody comes
    /// from, or that are not within the boundary. There is no bound on how many
    /// they are.
    pub async fn all_effective_users(
        &mut self,
        within: Within,
        application: ApplicationId,
        directories: &[&Directory],
    ) -> Result<BTreeMap<DirectoryId, Vec<UserId>>> {
        let ids = keys(within, directories);
        let read = |row: &Row<'_>| Ok((row.get("id")?, row.get::<Option<Vec<UserId>>>("people")?));
        let ways = self.fetch_all(ALL_REACHED, &[application.into(), ids.as_slice().into()], read).await?;
        let mut found: BTreeMap<DirectoryId, Vec<UserId>> = BTreeMap::new();
        for (directory, people) in ways {
            if let Some(people) = people {
                found.entry(directory).or_default().extend(people);
            }
        }
        for people in found.values_mut() {
            // Quick, for those of one group are in order already.
            people.sort();
            people.dedup();
        }
        Ok(found)
    }
}

fn keys(within: Within, directories: &[&Directory]) -> Vec<[u8; 16]> {
    let reached = directories.iter().filter(|directory| reaches(within, directory.owner));
    reached.map(|directory| directory.id.as_bytes()).collect()
}

fn read_count(row: &Row<'_>) -> Result<EffectiveCount> {
    let people = row.get::<Option<i64>>("people")?.map(i64::unsigned_abs);
    let users = row.get::<Option<i64>>("users")?.map(i64::unsigned_abs);
    Ok(EffectiveCount { directory: row.get("id")?, people, most: people.or(users).unwrap_or_default() })
}

/// Who is in groups that lead to the application is counted by what is kept of
/// those groups, unless somebody may be in two of them. A way that nobody comes
/// by is none; that of those who are assigned themselves has no group.
macro_rules! counted {
    ($wanted:literal) => {
        concat!(
            reached!($wanted),
            ", ways (id, people, elsewhere) AS (
                SELECT r.directory_id, sum(h.members), sum(h.elsewhere)
                FROM reached r CROSS JOIN headcounts h
                WHERE h.directory_id = r.directory_id AND h.group_id = r.group_id
                GROUP BY r.directory_id, r.group_id HAVING sum(h.members) > 0
                UNION ALL
                SELECT wanted.id, NULL, NULL FROM wanted
                WHERE EXISTS (SELECT 1 FROM assignments a
                    WHERE a.application_id = $1 AND a.directory_id = wanted.id AND a.kind = 'user')
            ), many (id, ways, by_group, people, elsewhere) AS (
                SELECT id, count(*), count(people), sum(people), sum(elsewhere) FROM ways GROUP BY id
            ), counted (id, people) AS MATERIALIZED (
                SELECT many.id,
                    CASE WHEN many.by_group = 0 THEN (SELECT count(*) FROM assignments a
                            WHERE a.application_id = $1 AND a.directory_id = many.id AND a.kind = 'user')
                        WHEN many.ways = 1 OR (many.ways = many.by_group AND many.elsewhere = 0)
                            THEN CAST(many.people AS BIGINT) END
                FROM many
            )
            SELECT counted.id, counted.people,
                CASE WHEN counted.people IS NULL THEN
                    (SELECT CAST(coalesce(sum(n.total), 0) AS BIGINT) FROM totals n
                        WHERE n.directory_id = counted.id AND n.noun = 'user') END AS users
            FROM counted"
        )
    };
}

const COUNTED: Sql = sql!(
    postgres: counted!("SELECT unnest($2::bytea[])"),
    sqlite: counted!("SELECT unhex(value) FROM json_each($2)"),
);

/// A row for each way, with the ids of all who come by it one after the other: a
/// row for each of them would cost more than finding them does.
macro_rules! all_reached {
    ($wanted:literal, $members:literal, $assigned:literal) => {
        concat!(
            reached!($wanted),
            " SELECT r.directory_id AS id, (SELECT ",
            $members,
            " FROM members m WHERE m.directory_id = r.directory_id AND m.group_id = r.group_id) AS people
            FROM reached r
            UNION ALL
            SELECT wanted.id, (SELECT ",
            $assigned,
            " FROM assignments a
                WHERE a.application_id = $1 AND a.directory_id = wanted.id AND a.kind = 'user')
            FROM wanted"
        )
    };
}

const ALL_REACHED: Sql = sql!(
    postgres: all_reached!(
        "SELECT unnest($2::bytea[])",
        "string_agg(m.user_id, ''::bytea)",
        "string_agg(a.id, ''::bytea)"
    ),
    // It takes their bytes for a text, whatever they are, and leaves them as they are.
    sqlite: all_reached!(
        "SELECT unhex(value) FROM json_each($2)",
        "CAST(group_concat(m.user_id, '') AS BLOB)",
        "CAST(group_concat(a.id, '') AS BLOB)"
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_no_scan_of;

    #[tokio::test]
    async fn each_group_is_sought_in_sqlite() {
        for statement in [COUNTED, ALL_REACHED] {
            let tables = ["a", "h", "m", "n", "s", "assignments", "headcounts", "members", "totals"];
            assert_no_scan_of(statement, &tables).await;
        }
    }
}
