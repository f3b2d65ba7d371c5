//! What ends by itself within a while, soonest first.

use appkeep_domain::{Application, ApplicationId, Name, Owner, Timestamp, UsedCredential, Within};

use super::{credential_columns, read_used};
use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// What is read of each.
macro_rules! whose {
    () => {
        concat!(
            "SELECT ",
            credential_columns!(),
            ", c.application_id, a.name AS called, a.archived_at, a.expires_at AS gone_at,
                u.last_used_at, u.last_used_from, u.longest_gap_s
            FROM credentials c"
        )
    };
}

/// Which, in which order.
macro_rules! ending {
    () => {
        "WHERE c.owner = $1 AND c.expires_at > $2 AND c.expires_at <= $3 AND c.revoked_at IS NULL
            AND coalesce(c.environment, '') NOT IN ('key_live', 'key_test')
        ORDER BY c.expires_at, c.id LIMIT $4"
    };
}

/// One application is looked up for each secret, in the secrets' order: PostgreSQL
/// could not know otherwise that there is always one.
const SECRETS: Sql = sql!(
    postgres: concat!(
        whose!(),
        "
        CROSS JOIN LATERAL (SELECT * FROM applications one
            WHERE one.owner = c.owner AND one.id = c.application_id LIMIT 1) AS a
        LEFT JOIN LATERAL (SELECT * FROM credential_uses one
            WHERE one.application_id = c.application_id AND one.credential_id = c.id LIMIT 1) AS u ON TRUE
        ",
        ending!()
    ),
    sqlite: concat!(
        whose!(),
        "
        CROSS JOIN applications a ON a.owner = c.owner AND a.id = c.application_id
        LEFT JOIN credential_uses u ON u.application_id = c.application_id AND u.credential_id = c.id
        ",
        ending!()
    ),
);

const APPLICATIONS: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a
    WHERE a.owner = $1 AND a.archived = FALSE AND a.expires_at > $2 AND a.expires_at <= $3
    ORDER BY a.expires_at, a.id LIMIT $4"
));

impl ReadTx {
    /// How many secrets are examined: those of applications that are archived are
    /// not told of.
    const EXAMINED_SECRETS: u32 = 200;

    /// The client secrets of the owner's applications that are good and end after
    /// the first moment and by the second, soonest first, and whose they are; at
    /// most `limit`, and none when the owner is not within the boundary. Those of
    /// archived applications are left out, and API keys.
    pub async fn secrets_that_end(
        &mut self,
        within: Within,
        owner: Owner,
        (after, until): (Timestamp, Timestamp),
        limit: usize,
    ) -> Result<Vec<(ApplicationId, Name, UsedCredential)>> {
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        let values = [owner_key(owner).into(), after.into(), until.into(), Self::EXAMINED_SECRETS.into()];
        let mut found = self.fetch_all(SECRETS, &values, read_ending).await?;
        found.retain(|ending| ending.is_of_use(after));
        found.truncate(limit);
        Ok(found.into_iter().map(|ending| (ending.application, ending.called, ending.secret)).collect())
    }

    /// The owner's applications in use that end after the first moment and by the
    /// second, soonest first, at most `limit`; none when the owner is not within
    /// the boundary.
    pub async fn applications_that_end(
        &mut self,
        within: Within,
        owner: Owner,
        (after, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Application>> {
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        let values = [owner_key(owner).into(), after.into(), until.into(), limit.into()];
        self.fetch_all(APPLICATIONS, &values, read_application).await
    }
}

struct Ending {
    application: ApplicationId,
    called: Name,
    archived_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
    secret: UsedCredential,
}

impl Ending {
    /// Whether anything can still be done with it at `now`.
    fn is_of_use(&self, now: Timestamp) -> bool {
        self.archived_at.is_none() && self.gone_at.is_none_or(|at| at > now)
    }
}

fn read_ending(row: &Row<'_>) -> Result<Ending> {
    Ok(Ending {
        application: row.get("application_id")?,
        called: row.parse("called", Name::parse)?,
        archived_at: row.get("archived_at")?,
        gone_at: row.get("gone_at")?,
        secret: read_used(row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{Planned, assert_seeks, assert_seeks_in_postgres, steps_in_sqlite};

    #[tokio::test]
    async fn what_ends_is_sought_among_the_owners_in_sqlite() {
        for (list, index) in [
            (SECRETS, "credentials_ending (owner=? AND expires_at>? AND expires_at<?)"),
            (APPLICATIONS, "applications_ending (owner=? AND archived=? AND expires_at>? AND expires_at<?)"),
        ] {
            assert_seeks(list).await;
            let steps = steps_in_sqlite(list).await;
            assert!(steps.iter().any(|step| step.ends_with(index)), "{index}: {steps:#?}");
        }
    }

    /// Sixty tenants with a thousand applications each, all of which end, and so
    /// do their secrets.
    #[tokio::test]
    async fn what_ends_is_sought_among_the_owners_in_postgres() {
        let fill =
            "INSERT INTO applications (owner, owner_level, id, kind, slug, name, tags, state, archived,
                    search_text, version, created_at, updated_at, expires_at)
                SELECT decode(lpad(to_hex(n % 60 + 1), 32, '0'), 'hex'), 2,
                    decode(lpad(to_hex(n), 32, '0'), 'hex'), 'm2m', 'a-' || n, 'A', '[]', 'enabled', false,
                    'a', 1, 0, 0, n
                FROM generate_series(1, 60000) AS n;
            INSERT INTO credentials (owner, application_id, id, origin, prefix, hash, last_four, created_at,
                    expires_at)
                SELECT owner, id, id, 'added', 'p', id, 'last', 0, expires_at FROM applications;
            INSERT INTO credential_uses (application_id, credential_id, last_used_at, longest_gap_s)
                SELECT id, id, 0, 0 FROM applications";
        let ending = |sql| Planned {
            sql,
            types: "(bytea, bigint, bigint, bigint)",
            values: "(decode(lpad('7', 32, '0'), 'hex'), 100, 50000, 8)",
        };
        let tables = ["applications", "credentials", "credential_uses"];
        assert_seeks_in_postgres(fill, &tables, &[ending(SECRETS), ending(APPLICATIONS)]).await;
    }
}
