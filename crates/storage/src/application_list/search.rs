//! Searching what many own: the index of texts is kept by owner, and is asked
//! for each of them.

use appkeep_domain::{Application, ApplicationId, Ownership, Timestamp, Whose, Within};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::application_list::{ApplicationFilter, Wanted};
use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{owner_key, reaches_all};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;
use crate::walk::Walk as _;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub applications: Vec<Application>,
    /// Whether these are all; if not, it examined as much as it may.
    pub is_all: bool,
}

impl ReadTx {
    /// All applications that [`ReadTx::applications`] would list, as far as one
    /// call examines: of a text those that the index names, otherwise the newest.
    pub async fn find_applications(
        &mut self,
        within: Within,
        whose: &Whose,
        filter: &ApplicationFilter,
        now: Timestamp,
    ) -> Result<Found> {
        if !reaches_all(within, whose) {
            return Ok(Found { applications: Vec::new(), is_all: true });
        }
        let wanted = Wanted::new(whose, filter, now);
        let (applications, is_all) = self.examine_all(&wanted).await?;
        Ok(Found { applications, is_all })
    }

    /// Those of the ids that [`ReadTx::applications`] would list, newest first.
    pub async fn applications_among(
        &mut self,
        within: Within,
        (whose, ids): (&Whose, &[ApplicationId]),
        filter: &ApplicationFilter,
        now: Timestamp,
    ) -> Result<Vec<Application>> {
        if !reaches_all(within, whose) {
            return Ok(Vec::new());
        }
        let wanted = Wanted::new(whose, filter, now);
        let mut found = self.those_applications(&wanted, ids).await?;
        found.retain(|application| wanted.admits(application));
        Ok(found)
    }

    /// The applications of these owners that the index names for a folded text,
    /// and perhaps others. `None` when it cannot tell, or would have to be asked
    /// for more owners than one call asks for.
    pub(super) async fn holding_grams_of_all(
        &mut self,
        whose: &Whose,
        text: &str,
    ) -> Result<Option<Vec<ApplicationId>>> {
        let owners = self.owners_to_ask(whose).await?;
        if owners.len() > MOST_OWNERS {
            return Ok(None);
        }
        let mut found = Vec::new();
        for owner in owners {
            match self.holding_grams_of(owner, text).await? {
                Some(ids) if found.len() + ids.len() <= ReadTx::MAX_EXAMINED => found.extend(ids),
                Some(_) | None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// At most one more than may be asked for.
    async fn owners_to_ask(&mut self, whose: &Whose) -> Result<Vec<[u8; 16]>> {
        let most = Value::from(as_i64(MOST_OWNERS + 1));
        let (owners, tenants_of, only) = match whose {
            Whose::All(Some(Ownership::Global)) => return Ok(vec![PLATFORM]),
            Whose::All(_) => return self.keys(OWNERS, &[PLATFORM.into(), most]).await,
            Whose::Of { owners, tenants_of, only } => (owners, tenants_of, *only),
        };
        let mut owners: Vec<[u8; 16]> = owners.iter().copied().map(owner_key).collect();
        if tenants_of.is_empty() {
            return Ok(owners);
        }
        let partners: Vec<[u8; 16]> = tenants_of.iter().map(appkeep_domain::Id::as_bytes).collect();
        let tenants = self.keys(TENANTS, &[partners.as_slice().into(), only.into(), most]).await?;
        owners.extend(tenants);
        owners.sort_unstable();
        owners.dedup();
        Ok(owners)
    }

    async fn keys(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<Vec<[u8; 16]>> {
        self.fetch_all(sql, values, |row| row.get("owner")).await
    }

    /// Those of the ids that are these owners', newest first.
    pub(super) async fn those_applications(
        &mut self,
        wanted: &Wanted<'_>,
        ids: &[ApplicationId],
    ) -> Result<Vec<Application>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(ApplicationId::as_bytes).collect();
        let mut values: Vec<Value<'_>> =
            vec![wanted.filter.archived.into(), ids.as_slice().into(), as_i64(ids.len()).into()];
        let owners = OwnerValues::of(wanted.whose);
        let sql = match (&owners, wanted.whose) {
            (Some(owners), Whose::Of { tenants_of, .. }) if tenants_of.is_empty() => {
                values.push(owners.keys().into());
                THOSE_OF_SOME
            }
            (Some(owners), _) => {
                values.extend(owners.values());
                THOSE_AMONG
            }
            (None, _) => THOSE_OF_ALL,
        };
        self.fetch_all(sql, &values, read_application).await
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Most owners whose part of the index is asked.
const MOST_OWNERS: usize = 500;

const PLATFORM: [u8; 16] = [0; 16];

/// The platform, and from each owner the next: nobody's applications are gone
/// through.
const OWNERS: Sql = sql!(
    postgres: "WITH RECURSIVE o (owner, place) AS (
            SELECT $1::bytea, 1::bigint
            UNION ALL
            SELECT (SELECT a.owner FROM applications a WHERE a.owner > o.owner ORDER BY a.owner LIMIT 1),
                o.place + 1
            FROM o WHERE o.owner IS NOT NULL AND o.place < $2
        ) SELECT o.owner FROM o WHERE o.owner IS NOT NULL",
    sqlite: "WITH RECURSIVE o (owner, place) AS (
            SELECT $1, 1
            UNION ALL
            SELECT (SELECT a.owner FROM applications a WHERE a.owner > o.owner ORDER BY a.owner LIMIT 1),
                o.place + 1
            FROM o WHERE o.owner IS NOT NULL AND o.place < $2
        ) SELECT o.owner AS owner FROM o WHERE o.owner IS NOT NULL",
);

const TENANTS: Sql = sql!(
    postgres: "SELECT t.id AS owner FROM tenants t
        WHERE t.partner_id = ANY($1) AND t.archived = FALSE AND (t.id = $2 OR $2 IS NULL) LIMIT $3",
    sqlite: "SELECT t.id AS owner FROM tenants t
        WHERE t.partner_id IN (SELECT unhex(value) FROM json_each($1)) AND t.archived = FALSE
            AND (t.id = $2 OR $2 IS NULL) LIMIT $3",
);

macro_rules! those {
    ($ids:literal, $owners:expr) => {
        concat!(
            "SELECT ",
            application_columns!(),
            " FROM applications a WHERE a.archived = $1 AND a.id ",
            $ids,
            $owners,
            " ORDER BY a.id DESC LIMIT $3"
        )
    };
}

const THOSE_OF_SOME: Sql = sql!(
    postgres: those!("= ANY($2)", " AND a.owner = ANY($4)"),
    sqlite: those!(
        "IN (SELECT unhex(value) FROM json_each($2))",
        " AND a.owner IN (SELECT unhex(value) FROM json_each($4))"
    ),
);

/// An id has one owner, who is looked at behind it.
const THOSE_AMONG: Sql = sql!(
    postgres: those!("= ANY($2)", concat!(" AND a.owner IN (", owners_in_postgres!(), ")")),
    sqlite: those!(
        "IN (SELECT unhex(value) FROM json_each($2))",
        concat!(" AND +a.owner IN (", owners_in_sqlite!(), ")")
    ),
);

const THOSE_OF_ALL: Sql = sql!(
    postgres: those!("= ANY($2)", ""),
    sqlite: those!("IN (SELECT unhex(value) FROM json_each($2))", ""),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, steps_in_sqlite};

    #[tokio::test]
    async fn what_the_index_names_is_sought() {
        for (sql, index) in [
            (THOSE_AMONG, "applications_of_all (archived=? AND id=?)"),
            (THOSE_OF_ALL, "applications_of_all (archived=? AND id=?)"),
        ] {
            let steps = steps_in_sqlite(sql).await;
            let seeks = |step: &String| step.starts_with("SEARCH a ") && step.contains(index);
            assert!(steps.iter().any(seeks), "{index}: {steps:#?}");
        }
        for sql in [OWNERS, TENANTS, THOSE_OF_SOME, THOSE_AMONG, THOSE_OF_ALL] {
            assert_no_scan_of(sql, &["a", "t", "applications", "tenants"]).await;
        }
    }
}
