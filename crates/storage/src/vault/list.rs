//! Lists of tokens, by container and then by age, the last first.

use appkeep_domain::access::Container;
use appkeep_domain::{Timestamp, Within};

use super::{VaultOf, VaultTag, VaultToken, read, token_columns};
use crate::error::Result;
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

/// Which of the tokens in a container, and in what is within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSeek {
    pub by: VaultBy,
    /// In which container.
    pub floor: Container,
    /// What comes before this one in the order of containers, times and ids.
    pub below: VaultCursor,
    pub limit: u32,
}

/// By what they are sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultBy {
    Nothing,
    Type(String),
    Fingerprint(String),
    Tag(VaultTag),
}

/// The place of a token in the lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultCursor {
    pub container: String,
    pub created_at: Timestamp,
    pub id: String,
}

impl VaultCursor {
    pub fn of(token: &VaultToken) -> Self {
        Self { container: token.container.to_string(), created_at: token.created_at, id: token.id.clone() }
    }

    /// Where all that is in a container comes before.
    pub fn above(container: &Container) -> Self {
        // `0` is what comes after `/`, with which every container ends.
        let end = format!("{}0", container.as_str().trim_end_matches('/'));
        Self { container: end, created_at: Timestamp::from_micros(i64::MIN), id: String::new() }
    }
}

macro_rules! listed {
    ($columns:expr, $condition:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM vault_tokens t WHERE t.tenant_id = $1 AND t.live = $2 AND t.container >= $3
                AND (t.container, t.created_at, t.id) < ($4, $5, $6)
                AND (t.expires_at IS NULL OR t.expires_at > $7)",
            $condition,
            " ORDER BY t.container DESC, t.created_at DESC, t.id DESC LIMIT $8"
        )
    };
}

macro_rules! tagged {
    ($columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM vault_tags x JOIN vault_tokens t
                ON t.tenant_id = x.tenant_id AND t.live = x.live AND t.id = x.token_id
            WHERE x.tenant_id = $1 AND x.live = $2 AND x.tag = $9 AND x.container >= $3
                AND (x.container, x.created_at, x.token_id) < ($4, $5, $6)
                AND (t.expires_at IS NULL OR t.expires_at > $7)
            ORDER BY x.container DESC, x.created_at DESC, x.token_id DESC LIMIT $8"
        )
    };
}

macro_rules! place_columns {
    () => {
        "t.container, t.created_at, t.id"
    };
}

const ALL: Sql = sql!(listed!(token_columns!(), ""));
const OF_TYPE: Sql = sql!(listed!(token_columns!(), " AND t.type = $9"));
const OF_FINGERPRINT: Sql = sql!(listed!(token_columns!(), " AND t.fingerprint = $9"));
const OF_TAG: Sql = sql!(tagged!(token_columns!()));
const PLACES: Sql = sql!(listed!(place_columns!(), ""));
const PLACES_OF_TYPE: Sql = sql!(listed!(place_columns!(), " AND t.type = $9"));
const PLACES_OF_FINGERPRINT: Sql = sql!(listed!(place_columns!(), " AND t.fingerprint = $9"));
const PLACES_OF_TAG: Sql = sql!(tagged!(place_columns!()));

impl ReadTx {
    /// None when they are not within the boundary.
    pub async fn vault_tokens(
        &mut self,
        within: Within,
        of: VaultOf,
        seek: &VaultSeek,
        now: Timestamp,
    ) -> Result<Vec<VaultToken>> {
        if !reaches(within, of.owner()) {
            return Ok(Vec::new());
        }
        let sql = match seek.by {
            VaultBy::Nothing => ALL,
            VaultBy::Type(_) => OF_TYPE,
            VaultBy::Fingerprint(_) => OF_FINGERPRINT,
            VaultBy::Tag(_) => OF_TAG,
        };
        self.fetch_all(sql, &values(of, seek, now), read).await
    }

    /// Only where they are: for counting.
    pub async fn vault_places(
        &mut self,
        within: Within,
        of: VaultOf,
        seek: &VaultSeek,
        now: Timestamp,
    ) -> Result<Vec<VaultCursor>> {
        if !reaches(within, of.owner()) {
            return Ok(Vec::new());
        }
        let sql = match seek.by {
            VaultBy::Nothing => PLACES,
            VaultBy::Type(_) => PLACES_OF_TYPE,
            VaultBy::Fingerprint(_) => PLACES_OF_FINGERPRINT,
            VaultBy::Tag(_) => PLACES_OF_TAG,
        };
        self.fetch_all(sql, &values(of, seek, now), read_place).await
    }
}

fn values(of: VaultOf, seek: &VaultSeek, now: Timestamp) -> Vec<Value<'_>> {
    let mut values: Vec<Value<'_>> = vec![
        of.tenant.into(),
        of.is_live().into(),
        seek.floor.as_str().into(),
        seek.below.container.as_str().into(),
        seek.below.created_at.into(),
        seek.below.id.as_str().into(),
        now.into(),
        seek.limit.into(),
    ];
    match &seek.by {
        VaultBy::Nothing => {}
        VaultBy::Type(text) | VaultBy::Fingerprint(text) => values.push(text.into()),
        VaultBy::Tag(tag) => values.push((*tag).into()),
    }
    values
}

fn read_place(row: &Row<'_>) -> Result<VaultCursor> {
    Ok(VaultCursor {
        container: row.get("container")?,
        created_at: row.get("created_at")?,
        id: row.get("id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn lists_are_sought() {
        for sql in [ALL, OF_TYPE, OF_FINGERPRINT, OF_TAG] {
            assert_seeks(sql).await;
        }
        for sql in [PLACES, PLACES_OF_TYPE, PLACES_OF_FINGERPRINT, PLACES_OF_TAG] {
            assert_seeks(sql).await;
        }
    }

    #[test]
    fn all_that_is_in_a_container_comes_before_its_end() {
        let container = |raw: &str| Container::parse(raw).expect(raw);
        let at = |raw: &str| VaultCursor {
            container: raw.to_owned(),
            created_at: Timestamp::from_micros(i64::MAX),
            id: "z".to_owned(),
        };
        for (outer, inner, before) in [
            ("/", "/zzz/", true),
            ("/users/", "/users/", true),
            ("/users/", "/users/z/z/", true),
            ("/users/", "/users2/", false),
            ("/users/", "/users0/", false),
        ] {
            assert_eq!(at(inner) < VaultCursor::above(&container(outer)), before, "{outer} {inner}");
        }
        // What begins alike and comes before it is cut off by the floor.
        assert!("/users-2/" < "/users/");
    }
}
