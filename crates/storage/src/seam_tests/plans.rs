//! How the databases go about what would be slow the other way.

use appkeep_testkit::TestDatabase;

use crate::assignments::IS_ASSIGNED;
use crate::audit::chain::{DEQUEUE, UNSEALED};
use crate::effective_users::REACHED;
use crate::grams::HOLDING_ALL;
use crate::sql::Sql;

/// The steps that SQLite takes, in its words.
pub(crate) async fn steps_in_sqlite(sql: Sql) -> Vec<String> {
    let database = TestDatabase::sqlite().await;
    let connection = rusqlite::Connection::open(database.address()).expect("opens");
    let explain = format!("EXPLAIN QUERY PLAN {}", sql.sqlite);
    let mut statement = connection.prepare(&explain).expect("prepares");
    // The plan does not depend on what is bound, so nothing is.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("explains") {
        steps.push(row.get("detail").expect("a text"));
    }
    steps
}

/// A list that seeks in an index which has its order reads as many rows as it
/// answers, and no more.
pub(crate) async fn assert_seeks(sql: Sql) {
    let steps = steps_in_sqlite(sql).await;
    let slow = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
    assert!(!steps.iter().any(slow), "{}: {steps:#?}", sql.place);
}

/// What is small may be gone through, such as what the statement made itself;
/// these are not.
pub(crate) async fn assert_no_scan_of(sql: Sql, tables: &[&str]) {
    let steps = steps_in_sqlite(sql).await;
    for table in tables {
        let scan = format!("SCAN {table}");
        let scanned = steps.iter().any(|step| *step == scan || step.starts_with(&format!("{scan} ")));
        assert!(!scanned, "{}: {steps:#?}", sql.place);
    }
}

#[tokio::test]
async fn a_search_asks_the_index_in_sqlite() {
    let steps = steps_in_sqlite(HOLDING_ALL).await;
    assert!(steps[0].starts_with("SCAN g VIRTUAL TABLE INDEX") && steps[0].contains(":M"), "{steps:#?}");
    let last = steps.last().map_or("", String::as_str);
    assert!(last.starts_with("SEARCH a USING INTEGER PRIMARY KEY"), "{steps:#?}");
}

#[tokio::test]
async fn a_search_asks_the_index_in_postgres() {
    let database = TestDatabase::postgres().await;
    let (client, wire) =
        tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
    let fill = "INSERT INTO application_grams
        SELECT '\\x00', decode(lpad(to_hex(number), 32, '0'), 'hex'), ARRAY[1, 2, 3, number]
        FROM generate_series(4, 20000) AS number";
    client.batch_execute(fill).await.expect("fills");
    let prepare = format!("PREPARE search (bigint[], bigint) AS {}", HOLDING_ALL.postgres);
    client.batch_execute(&prepare).await.expect("prepares");
    for setting in [
        "SET plan_cache_mode = force_generic_plan",
        "SET plan_cache_mode = force_custom_plan",
        "ANALYZE application_grams",
        "SET plan_cache_mode = force_generic_plan",
    ] {
        client.batch_execute(setting).await.expect("sets");
        let rows = client.query("EXPLAIN EXECUTE search ('{1, 2, 77}', 5001)", &[]).await.expect("explains");
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("Bitmap Index Scan on application_grams_by_gram"), "{setting}:\n{plan}");
    }
}

/// A statement as PostgreSQL prepares it: the types of its parameters, and
/// values to plan it with.
pub(crate) struct Planned {
    pub(crate) sql: Sql,
    pub(crate) types: &'static str,
    pub(crate) values: &'static str,
}

/// Whatever PostgreSQL knows of these tables and however it plans, it reads none
/// of them through. In a serializable transaction that would stand in the way of
/// every write to them.
pub(crate) async fn assert_seeks_in_postgres(fill: &str, tables: &[&str], planned: &[Planned]) {
    let database = TestDatabase::postgres().await;
    let (client, wire) =
        tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
    client.batch_execute(fill).await.expect("fills");
    for (number, Planned { sql, types, .. }) in planned.iter().enumerate() {
        let prepare = format!("PREPARE planned_{number} {types} AS {}", sql.postgres);
        client.batch_execute(&prepare).await.expect("prepares");
    }
    let analyze = format!("VACUUM ANALYZE {}", tables.join(", "));
    for setting in [
        "SET plan_cache_mode = force_generic_plan",
        "SET plan_cache_mode = force_custom_plan",
        analyze.as_str(),
        "SET plan_cache_mode = force_generic_plan",
    ] {
        client.batch_execute(setting).await.expect("sets");
        for (number, Planned { sql, values, .. }) in planned.iter().enumerate() {
            let explain = format!("EXPLAIN EXECUTE planned_{number} {values}");
            let rows = client.query(&explain, &[]).await.expect("explains");
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            let scanned = tables.iter().any(|table| plan.contains(&format!("Seq Scan on {table}")));
            assert!(!scanned, "{}, {setting}:\n{plan}", sql.place);
        }
    }
}

/// The queue is short and what was sealed is long, whatever the database knows
/// of either.
#[tokio::test]
async fn what_is_to_be_sealed_is_found_without_reading_what_was_in_postgres() {
    let fill = "INSERT INTO audit_entries
            SELECT decode(lpad('7', 32, '0'), 'hex'), 2, decode(lpad(to_hex(number), 32, '0'), 'hex'), number,
                'system', 'system', 'x', NULL, NULL, NULL, 'req', NULL, NULL
            FROM generate_series(1, 60000) AS number;
        INSERT INTO audit_seals SELECT owner, occurred_at, id, id || id, 0 FROM audit_entries
            WHERE occurred_at <= 59900;
        DELETE FROM audit_unsealed u USING audit_seals s WHERE s.owner = u.owner AND s.id = u.id";
    let unsealed = Planned { sql: UNSEALED, types: "(bytea, bigint)", values: "(NULL, 500)" };
    let dequeue = Planned { sql: DEQUEUE, types: "(bigint)", values: "(500)" };
    assert_seeks_in_postgres(fill, &["audit_entries", "audit_seals"], &[unsealed, dequeue]).await;
}

/// Sixty groups of a thousand: a page of effective users takes its own from
/// each, and whether one user may is a walk from that user.
#[tokio::test]
async fn people_are_sought_by_group_and_by_user_in_postgres() {
    let fill = "INSERT INTO members
            SELECT '\\x07', decode(lpad(to_hex(number % 60), 32, '0'), 'hex'),
                decode(lpad(to_hex(number), 32, '0'), 'hex'), 0
            FROM generate_series(1, 60000) AS number;
        INSERT INTO subgroups
            SELECT '\\x07', decode(lpad(to_hex(number / 20), 32, '0'), 'hex'),
                decode(lpad(to_hex(number), 32, '0'), 'hex'), 0
            FROM generate_series(1000, 20000) AS number;
        INSERT INTO assignments
            SELECT '\\x01', 'user', decode(lpad(to_hex(number), 32, '0'), 'hex'), '\\x07', 0
            FROM generate_series(1, 20000) AS number";
    let reached = Planned {
        sql: REACHED,
        types: "(bytea, bytea, bytea[], bytea, bigint)",
        values: "('\\x01', '\\x07', '{}', '\\x00', 51)",
    };
    let assigned =
        Planned { sql: IS_ASSIGNED, types: "(bytea, bytea, bytea)", values: "('\\x07', '\\x08', '\\x01')" };
    assert_seeks_in_postgres(fill, &["members", "subgroups", "assignments"], &[reached, assigned]).await;
}

/// Sixty thousand sessions of sixty applications and six thousand people, each
/// with a grant and a code.
pub(crate) const SESSIONS: &str =
    "INSERT INTO sessions (owner, owner_level, application_id, id, directory_id,
            user_id, sign_in_id, created_at, last_seen_at, expires_at)
        SELECT '\\x07', 2, decode(lpad(to_hex(n % 60), 32, '0'), 'hex'),
            decode(lpad(to_hex(n), 32, '0'), 'hex'), '\\x07', decode(lpad(to_hex(n % 6000), 32, '0'), 'hex'),
            decode(lpad(to_hex(n), 32, '0'), 'hex'), n, n, n + 1000
        FROM generate_series(1, 60000) AS n;
    INSERT INTO grants (id, owner, owner_level, application_id, session_id, directory_id, user_id, scope,
            audience, client_spelling, authenticated_at, methods, created_at)
        SELECT id, owner, 2, application_id, id, directory_id, user_id, '', '', '', 0, 'pwd', created_at
        FROM sessions;
    INSERT INTO codes (hash, owner, owner_level, application_id, session_id, grant_id, directory_id, user_id,
            scope, audience, client_spelling, authenticated_at, methods, created_at, expires_at)
        SELECT id, owner, 2, application_id, id, id, directory_id, user_id, '', '', '', 0, 'pwd', created_at,
            expires_at FROM sessions";
