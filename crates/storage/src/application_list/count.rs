//! How many applications a list has.

use appkeep_domain::{ApplicationKind, ApplicationState, Timestamp, Whose, Within};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::application_list::{ApplicationFilter, Wanted};
use crate::error::Result;
use crate::owners::{level_of, reaches_all};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

impl ReadTx {
    /// How many applications [`ReadTx::applications`] would list, all parts
    /// together. It is exact, and reads the applications themselves only where
    /// kind and state stand together; what has a text, a tag or a maker is found, with
    /// [`ReadTx::find_applications`], and not counted: they are passed over here.
    pub async fn count_applications(
        &mut self,
        within: Within,
        whose: impl Into<Whose>,
        filter: &ApplicationFilter,
        now: Timestamp,
    ) -> Result<u64> {
        let whose = whose.into();
        if !reaches_all(within, &whose) {
            return Ok(0);
        }
        let wanted = Wanted::new(&whose, filter, now);
        let (counting, expired) = statements(&wanted);
        let all = self.count_of(counting, &wanted, None).await?;
        // Those are few: a sweep takes them away.
        let gone = self.count_of(expired, &wanted, Some(now)).await?;
        Ok(all.saturating_sub(gone))
    }

    async fn count_of(&mut self, sql: Sql, wanted: &Wanted<'_>, now: Option<Timestamp>) -> Result<u64> {
        let ApplicationFilter { kind, state, archived, .. } = wanted.filter;
        let mut values: Vec<Value<'_>> = vec![
            (*archived).into(),
            kind.map(ApplicationKind::as_str).into(),
            state.map(ApplicationState::as_str).into(),
        ];
        let owners = OwnerValues::of(wanted.whose);
        match &owners {
            Some(owners) => values.extend(owners.values()),
            None => values.push(wanted.ownership().map(level_of).into()),
        }
        values.extend(now.map(Value::from));
        let counted = self.fetch_optional(sql, &values, |row| row.get::<i64>("counted")).await?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }
}

/// What counts them, and what counts those of them that have expired.
const fn statements(wanted: &Wanted<'_>) -> (Sql, Sql) {
    match (wanted.whose, wanted.filter) {
        (Whose::All(_), _) => (ALL, ALL_EXPIRED),
        (Whose::Of { .. }, ApplicationFilter { kind: Some(_), .. }) => (AMONG_BY_KIND, AMONG_EXPIRED),
        (Whose::Of { .. }, ApplicationFilter { state: Some(_), .. }) => (AMONG_BY_STATE, AMONG_EXPIRED),
        (Whose::Of { .. }, _) => (AMONG, AMONG_EXPIRED),
    }
}

/// A condition whose value is not there does not look at the row.
macro_rules! among {
    ($owners:expr, $found:literal) => {
        concat!(
            "SELECT count(*) AS counted FROM (",
            $owners,
            ") AS o CROSS JOIN applications a WHERE a.owner = o.owner AND a.archived = $1",
            $found
        )
    };
}

const AMONG: Sql = sql!(
    postgres: among!(owners_in_postgres!(), " AND ($2::text IS NULL) AND ($3::text IS NULL)"),
    sqlite: among!(owners_in_sqlite!(), " AND ($2 IS NULL) AND ($3 IS NULL)"),
);

const AMONG_BY_KIND: Sql = sql!(
    postgres: among!(owners_in_postgres!(), " AND a.kind = $2 AND ($3::text IS NULL OR a.state = $3)"),
    sqlite: among!(owners_in_sqlite!(), " AND a.kind = $2 AND ($3 IS NULL OR a.state = $3)"),
);

const AMONG_BY_STATE: Sql = sql!(
    postgres: among!(owners_in_postgres!(), " AND ($2::text IS NULL OR a.kind = $2) AND a.state = $3"),
    sqlite: among!(owners_in_sqlite!(), " AND ($2 IS NULL OR a.kind = $2) AND a.state = $3"),
);

const AMONG_EXPIRED: Sql = sql!(
    postgres: concat!(
        "SELECT count(*) AS counted FROM applications a WHERE a.expires_at <= $7 AND a.archived = $1
            AND ($2::text IS NULL OR a.kind = $2) AND ($3::text IS NULL OR a.state = $3) AND a.owner IN (",
        owners_in_postgres!(),
        ")"
    ),
    sqlite: concat!(
        "SELECT count(*) AS counted FROM applications a INDEXED BY applications_by_end
        WHERE a.expires_at <= $7 AND a.archived = $1
            AND ($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR a.state = $3) AND a.owner IN (",
        owners_in_sqlite!(),
        ")"
    ),
);

const ALL: Sql = sql!(
    postgres: "SELECT count(*) AS counted FROM applications a WHERE a.archived = $1
        AND ($2::text IS NULL OR a.kind = $2) AND ($3::text IS NULL OR a.state = $3)
        AND ($4::smallint IS NULL OR a.owner_level = $4)",
    sqlite: "SELECT count(*) AS counted FROM applications a INDEXED BY applications_of_all
        WHERE a.archived = $1 AND ($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR a.state = $3)
        AND ($4 IS NULL OR a.owner_level = $4)",
);

const ALL_EXPIRED: Sql = sql!(
    postgres: "SELECT count(*) AS counted FROM applications a WHERE a.expires_at <= $5 AND a.archived = $1
        AND ($2::text IS NULL OR a.kind = $2) AND ($3::text IS NULL OR a.state = $3)
        AND ($4::smallint IS NULL OR a.owner_level = $4)",
    sqlite: "SELECT count(*) AS counted FROM applications a INDEXED BY applications_by_end
        WHERE a.expires_at <= $5 AND a.archived = $1
        AND ($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR a.state = $3)
        AND ($4 IS NULL OR a.owner_level = $4)",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, steps_in_sqlite};

    #[tokio::test]
    async fn what_is_counted_is_sought_in_sqlite() {
        for (counting, index) in [
            // It has all that is counted by, and is as long.
            (AMONG, "COVERING INDEX applications_by_kind (owner=? AND archived=?)"),
            (AMONG_BY_KIND, "applications_by_kind (owner=? AND archived=? AND kind=?)"),
            (AMONG_BY_STATE, "applications_by_state (owner=? AND archived=? AND state=?)"),
            (AMONG_EXPIRED, "applications_by_end (expires_at<?)"),
            (ALL, "COVERING INDEX applications_of_all (archived=?)"),
            (ALL_EXPIRED, "applications_by_end (expires_at<?)"),
        ] {
            assert_no_scan_of(counting, &["a", "t", "applications", "tenants"]).await;
            let steps = steps_in_sqlite(counting).await;
            let seeks = |step: &String| step.starts_with("SEARCH a ") && step.ends_with(index);
            assert!(steps.iter().any(seeks), "{index}: {steps:#?}");
        }
    }
}
