//! Where lists of applications are sought: in everybody's, or in those of some
//! owners, each for itself, so that nobody pays for what others have.

use appkeep_domain::{ApplicationState, Owner, Ownership, TenantId, Whose};

use crate::application_list::ApplicationFilter;
use crate::applications::application_columns;
use crate::owners::owner_key;
use crate::sql::{Sql, sql};
use crate::value::Value;

/// Some owners, as a statement takes them.
pub(crate) struct OwnerValues {
    owners: Vec<[u8; 16]>,
    tenants_of: Vec<[u8; 16]>,
    only: Option<TenantId>,
}

impl OwnerValues {
    /// Nothing for everybody's.
    pub(crate) fn of(whose: &Whose) -> Option<Self> {
        let Whose::Of { owners, tenants_of, only } = whose else { return None };
        Some(Self {
            owners: owners.iter().copied().map(owner_key).collect(),
            tenants_of: tenants_of.iter().map(|id| owner_key(Owner::Partner(*id))).collect(),
            only: *only,
        })
    }

    /// For `$4`, `$5` and `$6` of the statements here.
    pub(crate) fn values(&self) -> [Value<'_>; 3] {
        [self.owners.as_slice().into(), self.tenants_of.as_slice().into(), self.only.into()]
    }

    /// Those that are named themselves.
    pub(crate) fn keys(&self) -> &[[u8; 16]] {
        &self.owners
    }
}

/// The narrowest index for some owners' applications, and the word that it is
/// asked for, `$7`.
pub(crate) fn among(filter: &ApplicationFilter) -> (Sql, Option<&str>) {
    match filter {
        ApplicationFilter { made_by: Some(id), .. } => (AMONG_BY_MAKER, Some(id)),
        ApplicationFilter { tag: Some(tag), .. } => (AMONG_BY_TAG, Some(tag.as_str())),
        ApplicationFilter { kind: Some(kind), .. } => (AMONG_BY_KIND, Some(kind.as_str())),
        ApplicationFilter { state: Some(state), .. } => (AMONG_BY_STATE, Some(state.as_str())),
        _ => (AMONG_NEWEST, None),
    }
}

/// The same for everybody's, where the word is `$4`. Those that are enabled, and
/// those of tenants, are so many that the newest of all have them.
pub(crate) fn of_all(filter: &ApplicationFilter, ownership: Option<Ownership>) -> (Sql, Option<&str>) {
    match (filter, ownership) {
        (ApplicationFilter { made_by: Some(id), .. }, _) => (ALL_BY_MAKER, Some(id)),
        (ApplicationFilter { tag: Some(tag), .. }, _) => (ALL_BY_TAG, Some(tag.as_str())),
        (_, Some(Ownership::Partner)) => (ALL_OF_PARTNERS, None),
        (ApplicationFilter { state: Some(ApplicationState::Disabled), .. }, _) => (ALL_DISABLED, None),
        (ApplicationFilter { kind: Some(kind), .. }, _) => (ALL_BY_KIND, Some(kind.as_str())),
        _ => (ALL_NEWEST, None),
    }
}

/// The owners that are named, and the tenants of the partners that are; one that
/// is archived is the platform's alone.
macro_rules! owners_in_postgres {
    () => {
        "SELECT named.owner FROM unnest($4::bytea[]) AS named (owner)
         UNION SELECT t.id FROM tenants t
             WHERE t.partner_id = ANY($5) AND t.archived = FALSE AND (t.id = $6 OR $6 IS NULL)"
    };
}
pub(crate) use owners_in_postgres;

macro_rules! owners_in_sqlite {
    () => {
        "SELECT unhex(value) AS owner FROM json_each($4)
         UNION SELECT t.id FROM tenants t
             WHERE t.partner_id IN (SELECT unhex(value) FROM json_each($5)) AND t.archived = FALSE
                 AND (t.id = $6 OR $6 IS NULL)"
    };
}
pub(crate) use owners_in_sqlite;

/// From each owner the newest ids, which are in the index, and then of all
/// these the newest applications.
macro_rules! among_in_postgres {
    ($newest_of_one:literal) => {
        concat!(
            "WITH newest AS MATERIALIZED (
                SELECT o.owner, n.id FROM (",
            owners_in_postgres!(),
            ") AS o CROSS JOIN LATERAL (",
            $newest_of_one,
            ") AS n ORDER BY n.id DESC LIMIT $3)
            SELECT ",
            application_columns!(),
            " FROM newest CROSS JOIN LATERAL (
                SELECT * FROM applications one WHERE one.owner = newest.owner AND one.id = newest.id LIMIT 1
            ) AS a ORDER BY a.id DESC"
        )
    };
}

macro_rules! among_in_sqlite {
    ($newest_of_one:literal) => {
        concat!(
            "SELECT ",
            application_columns!(),
            " FROM (SELECT o.owner AS owner, n.id AS id FROM (",
            owners_in_sqlite!(),
            ") AS o CROSS JOIN applications n WHERE n.owner = o.owner AND n.id IN (",
            $newest_of_one,
            ") ORDER BY n.id DESC LIMIT $3) AS newest
            CROSS JOIN applications a WHERE a.owner = newest.owner AND a.id = newest.id ORDER BY a.id DESC"
        )
    };
}

const AMONG_NEWEST: Sql = sql!(
    postgres: among_in_postgres!(
        "SELECT m.id FROM applications m WHERE m.owner = o.owner AND m.archived = $1 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
    sqlite: among_in_sqlite!(
        "SELECT m.id FROM applications m WHERE m.owner = o.owner AND m.archived = $1 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
);

const AMONG_BY_STATE: Sql = sql!(
    postgres: among_in_postgres!(
        "SELECT m.id FROM applications m
         WHERE m.owner = o.owner AND m.archived = $1 AND m.state = $7 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
    sqlite: among_in_sqlite!(
        "SELECT m.id FROM applications m
         WHERE m.owner = o.owner AND m.archived = $1 AND m.state = $7 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
);

const AMONG_BY_KIND: Sql = sql!(
    postgres: among_in_postgres!(
        "SELECT m.id FROM applications m
         WHERE m.owner = o.owner AND m.archived = $1 AND m.kind = $7 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
    sqlite: among_in_sqlite!(
        "SELECT m.id FROM applications m
         WHERE m.owner = o.owner AND m.archived = $1 AND m.kind = $7 AND m.id < $2
         ORDER BY m.id DESC LIMIT $3"
    ),
);

/// What somebody made is in one place, and nearly all of it in one owner's.
const AMONG_BY_MAKER: Sql = sql!(
    postgres: among_in_postgres!(
        "SELECT m.id FROM applications m
         WHERE m.created_by_id = $7 AND m.archived = $1 AND m.id < $2 AND m.owner = o.owner
         ORDER BY m.id DESC LIMIT $3"
    ),
    sqlite: among_in_sqlite!(
        "SELECT m.id FROM applications m INDEXED BY applications_by_maker
         WHERE m.created_by_id = $7 AND m.archived = $1 AND m.id < $2 AND m.owner = o.owner
         ORDER BY m.id DESC LIMIT $3"
    ),
);

const AMONG_BY_TAG: Sql = sql!(
    postgres: among_in_postgres!(
        "SELECT g.id FROM tags g CROSS JOIN LATERAL (SELECT 1 FROM applications m
            WHERE m.owner = g.owner AND m.id = g.id AND m.archived = $1 LIMIT 1) AS kept
         WHERE g.owner = o.owner AND g.tag = $7 AND g.id < $2 ORDER BY g.id DESC LIMIT $3"
    ),
    sqlite: among_in_sqlite!(
        "SELECT g.id FROM tags g CROSS JOIN applications m ON m.owner = g.owner AND m.id = g.id
         WHERE g.owner = o.owner AND g.tag = $7 AND g.id < $2 AND m.archived = $1
         ORDER BY g.id DESC LIMIT $3"
    ),
);

const ALL_NEWEST: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.archived = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
));

const ALL_BY_KIND: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.archived = $1 AND a.kind = $4 AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
));

const ALL_BY_MAKER: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.created_by_id = $4 AND a.archived = $1 AND a.id < $2
    ORDER BY a.id DESC LIMIT $3"
));

const ALL_DISABLED: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.archived = $1 AND a.state = 'disabled' AND a.id < $2
        ORDER BY a.id DESC LIMIT $3"
    ),
    sqlite: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a INDEXED BY applications_disabled
        WHERE a.archived = $1 AND a.state = 'disabled' AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
    ),
);

const ALL_OF_PARTNERS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.archived = $1 AND a.owner_level = 1 AND a.id < $2
        ORDER BY a.id DESC LIMIT $3"
    ),
    sqlite: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a INDEXED BY applications_of_partners
        WHERE a.archived = $1 AND a.owner_level = 1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
    ),
);

/// One application is looked up for each tag, in the tags' order: PostgreSQL
/// would rather join both tables whole, as it cannot know that every tag is an
/// application's.
const ALL_BY_TAG: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        application_columns!(),
        " FROM tags g CROSS JOIN LATERAL (SELECT * FROM applications one
            WHERE one.owner = g.owner AND one.id = g.id AND one.archived = $1 LIMIT 1) AS a
        WHERE g.tag = $4 AND g.id < $2 ORDER BY g.id DESC LIMIT $3"
    ),
    sqlite: concat!(
        "SELECT ",
        application_columns!(),
        " FROM tags g CROSS JOIN applications a
        WHERE g.tag = $4 AND g.id < $2 AND a.owner = g.owner AND a.id = g.id AND a.archived = $1
        ORDER BY g.id DESC LIMIT $3"
    ),
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{
        Planned, assert_no_scan_of, assert_seeks, assert_seeks_in_postgres, steps_in_sqlite,
    };

    #[tokio::test]
    async fn everybodys_are_sought_in_the_order_of_an_index() {
        for list in [ALL_NEWEST, ALL_BY_KIND, ALL_BY_MAKER, ALL_DISABLED, ALL_OF_PARTNERS, ALL_BY_TAG] {
            assert_seeks(list).await;
        }
    }

    /// What an owner has, the others have not to go through.
    #[tokio::test]
    async fn each_owner_is_sought_in_sqlite() {
        for (list, index) in [
            (AMONG_NEWEST, "applications_newest (owner=? AND archived=? AND id<?)"),
            (AMONG_BY_STATE, "applications_by_state (owner=? AND archived=? AND state=? AND id<?)"),
            (AMONG_BY_KIND, "applications_by_kind (owner=? AND archived=? AND kind=? AND id<?)"),
            (AMONG_BY_TAG, "(owner=? AND tag=? AND id<?)"),
            (AMONG_BY_MAKER, "applications_by_maker (created_by_id=? AND archived=? AND id<?)"),
        ] {
            assert_no_scan_of(list, &["a", "m", "n", "g", "t", "applications", "tenants", "tags"]).await;
            let steps = steps_in_sqlite(list).await;
            let seeks = |step: &String| step.starts_with("SEARCH") && step.ends_with(index);
            assert!(steps.iter().any(seeks), "{index}: {steps:#?}");
        }
    }

    /// Six thousand tenants of sixty partners, with ten applications each.
    #[tokio::test]
    async fn no_list_reads_everything_in_postgres() {
        let fill = "INSERT INTO partners (id, slug, name, created_at)
                SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 'p-' || n, 'P', 0
                FROM generate_series(1, 60) AS n;
            INSERT INTO tenants (id, partner_id, slug, name, created_at, updated_at, version)
                SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'),
                    decode(lpad(to_hex(n % 60 + 1), 32, '0'), 'hex'), 't-' || n, 'T', 0, 0, 1
                FROM generate_series(100, 6100) AS n;
            INSERT INTO applications (owner, owner_level, id, kind, slug, name, tags, state, archived,
                    search_text, version, created_at, updated_at)
                SELECT decode(lpad(to_hex(n % 6000 + 100), 32, '0'), 'hex'), 2,
                    decode(lpad(to_hex(n), 32, '0'), 'hex'), 'spa', 'a-' || n, 'A', '[]', 'enabled', false,
                    'a', 1, 0, 0
                FROM generate_series(1, 60000) AS n;
            INSERT INTO tags (owner, tag, id)
                SELECT owner, 'production', id FROM applications";
        let among = |sql, types, word: &str| Planned {
            sql,
            types,
            values: format!("(false, '\\xff', 51, '{{\"\\\\x00\"}}', '{{\"\\\\x01\"}}', NULL{word})").leak(),
        };
        let all = |sql, types, word: &str| Planned {
            sql,
            types,
            values: format!("(false, '\\xff', 51{word})").leak(),
        };
        let (six, seven) = (
            "(bool, bytea, bigint, bytea[], bytea[], bytea)",
            "(bool, bytea, bigint, bytea[], bytea[], bytea, text)",
        );
        let (three, four) = ("(bool, bytea, bigint)", "(bool, bytea, bigint, text)");
        let planned = [
            among(AMONG_NEWEST, six, ""),
            among(AMONG_BY_STATE, seven, ", 'enabled'"),
            among(AMONG_BY_KIND, seven, ", 'spa'"),
            among(AMONG_BY_TAG, seven, ", 'production'"),
            among(AMONG_BY_MAKER, seven, ", 'opr_1'"),
            all(ALL_NEWEST, three, ""),
            all(ALL_BY_KIND, four, ", 'spa'"),
            all(ALL_DISABLED, three, ""),
            all(ALL_OF_PARTNERS, three, ""),
            all(ALL_BY_TAG, four, ", 'production'"),
            all(ALL_BY_MAKER, four, ", 'opr_1'"),
        ];
        assert_seeks_in_postgres(fill, &["applications", "tags", "tenants"], &planned).await;
    }
}
