//! Where a numbered part of a list of applications begins.

use appkeep_domain::{ApplicationId, ApplicationKind, ApplicationState, Timestamp, Whose, Within};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::application_list::{ApplicationFilter, Wanted};
use crate::error::Result;
use crate::owners::{level_of, reaches_all};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

impl ReadTx {
    /// The last of the first so many that [`ReadTx::applications`] would list,
    /// behind which the rest begins; nothing when there are not as many. It
    /// counts its way there along an index, and passes over a text and a tag:
    /// what has them is found with [`ReadTx::find_applications`].
    pub async fn application_before(
        &mut self,
        within: Within,
        (whose, skipped): (&Whose, u64),
        filter: &ApplicationFilter,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>> {
        let Some(ahead) = skipped.checked_sub(1).filter(|_| reaches_all(within, whose)) else {
            return Ok(None);
        };
        let wanted = Wanted::new(whose, filter, now);
        let mut values: Vec<Value<'_>> = vec![
            filter.archived.into(),
            filter.kind.map(ApplicationKind::as_str).into(),
            filter.state.map(ApplicationState::as_str).into(),
        ];
        let owners = OwnerValues::of(whose);
        let sql = if let Some(owners) = &owners {
            values.extend(owners.values());
            AMONG
        } else {
            values.push(wanted.ownership().map(level_of).into());
            ALL
        };
        values.push(i64::try_from(ahead).unwrap_or(i64::MAX).into());
        values.push(now.into());
        self.fetch_optional(sql, &values, |row| row.get("id")).await
    }
}

/// What has expired is not in the list, and here until the sweep comes: it is
/// little, and is found once.
macro_rules! not_expired {
    ($end:literal, $now:literal) => {
        concat!(
            " AND a.id NOT IN (SELECT e.id FROM applications e ",
            $end,
            "WHERE e.expires_at <= ",
            $now,
            ")"
        )
    };
}

const ALL: Sql = sql!(
    postgres: concat!(
        "SELECT a.id FROM applications a WHERE a.archived = $1
        AND ($2::text IS NULL OR a.kind = $2) AND ($3::text IS NULL OR a.state = $3)
        AND ($4::smallint IS NULL OR a.owner_level = $4)",
        not_expired!("", "$6"),
        " ORDER BY a.id DESC LIMIT 1 OFFSET $5"
    ),
    sqlite: concat!(
        "SELECT a.id FROM applications a INDEXED BY applications_of_all WHERE a.archived = $1
        AND ($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR a.state = $3)
        AND ($4 IS NULL OR a.owner_level = $4)",
        not_expired!("INDEXED BY applications_by_end ", "$6"),
        " ORDER BY a.id DESC LIMIT 1 OFFSET $5"
    ),
);

macro_rules! among {
    ($owners:expr, $kind_and_state:literal, $end:literal) => {
        concat!(
            "SELECT a.id FROM (",
            $owners,
            ") AS o CROSS JOIN applications a WHERE a.owner = o.owner AND a.archived = $1",
            $kind_and_state,
            not_expired!($end, "$8"),
            " ORDER BY a.id DESC LIMIT 1 OFFSET $7"
        )
    };
}

const AMONG: Sql = sql!(
    postgres: among!(
        owners_in_postgres!(),
        " AND ($2::text IS NULL OR a.kind = $2) AND ($3::text IS NULL OR a.state = $3)",
        ""
    ),
    sqlite: among!(
        owners_in_sqlite!(),
        " AND ($2 IS NULL OR a.kind = $2) AND ($3 IS NULL OR a.state = $3)",
        "INDEXED BY applications_by_end "
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, steps_in_sqlite};

    #[tokio::test]
    async fn the_way_to_a_place_is_along_an_index() {
        for (sql, index) in
            [(ALL, "COVERING INDEX applications_of_all (archived=?)"), (AMONG, "(owner=? AND archived=?)")]
        {
            assert_no_scan_of(sql, &["a", "e", "t", "applications", "tenants"]).await;
            let steps = steps_in_sqlite(sql).await;
            let seeks = |step: &String| step.starts_with("SEARCH a ") && step.ends_with(index);
            assert!(steps.iter().any(seeks), "{index}: {steps:#?}");
        }
    }
}
