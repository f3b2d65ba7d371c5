//! How the databases go about what would be slow the other way.

use appkeep_testkit::TestDatabase;

use crate::assignments::IS_ASSIGNED;
use crate::audit_chain::{DEQUEUE, UNSEALED};
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

/// The queue is short and what was sealed is long, whatever the database knows
/// of either.
#[tokio::test]
async fn what_is_to_be_sealed_is_found_without_reading_what_was_in_postgres() {
    let database = TestDatabase::postgres().await;
    let (client, wire) =
        tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
    let fill = "INSERT INTO audit_entries
            SELECT decode(lpad('7', 32, '0'), 'hex'), 2, decode(lpad(to_hex(number), 32, '0'), 'hex'), number,
                'system', 'system', 'x', NULL, NULL, NULL, 'req', NULL, NULL
            FROM generate_series(1, 60000) AS number;
        INSERT INTO audit_seals SELECT owner, occurred_at, id, id || id, 0 FROM audit_entries
            WHERE occurred_at <= 59900;
        DELETE FROM audit_unsealed u USING audit_seals s WHERE s.owner = u.owner AND s.id = u.id";
    client.batch_execute(fill).await.expect("fills");
    let unsealed = format!("PREPARE unsealed (bytea, bigint) AS {}", UNSEALED.postgres);
    let dequeue = format!("PREPARE dequeue (bigint) AS {}", DEQUEUE.postgres);
    client.batch_execute(&format!("{unsealed}; {dequeue}")).await.expect("prepares");
    for setting in [
        "SET plan_cache_mode = force_generic_plan",
        "SET plan_cache_mode = force_custom_plan",
        "ANALYZE audit_entries, audit_seals",
        "VACUUM ANALYZE audit_unsealed",
        "SET plan_cache_mode = force_generic_plan",
    ] {
        client.batch_execute(setting).await.expect("sets");
        for statement in ["unsealed (NULL, 500)", "dequeue (500)"] {
            let rows = client.query(&format!("EXPLAIN EXECUTE {statement}"), &[]).await.expect("explains");
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            let reads_everything = ["Seq Scan on audit_seals", "Seq Scan on audit_entries"];
            assert!(!reads_everything.iter().any(|slow| plan.contains(slow)), "{setting}:\n{plan}");
        }
    }
}

/// Sixty groups of a thousand: a page of effective users takes its own from
/// each, and whether one user may is a walk from that user.
#[tokio::test]
async fn people_are_sought_by_group_and_by_user_in_postgres() {
    let database = TestDatabase::postgres().await;
    let (client, wire) =
        tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await.expect("connects");
    tokio::spawn(async move { drop(wire.await) });
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
    client.batch_execute(fill).await.expect("fills");
    let reached = format!("PREPARE reached (bytea, bytea, bytea[], bytea, bigint) AS {}", REACHED.postgres);
    let assigned = format!("PREPARE assigned (bytea, bytea, bytea) AS {}", IS_ASSIGNED.postgres);
    client.batch_execute(&format!("{reached}; {assigned}")).await.expect("prepares");
    for setting in [
        "SET plan_cache_mode = force_generic_plan",
        "SET plan_cache_mode = force_custom_plan",
        "ANALYZE members, subgroups, assignments",
        "SET plan_cache_mode = force_generic_plan",
    ] {
        client.batch_execute(setting).await.expect("sets");
        for statement in
            ["reached ('\\x01', '\\x07', '{}', '\\x00', 51)", "assigned ('\\x07', '\\x08', '\\x01')"]
        {
            let rows = client.query(&format!("EXPLAIN EXECUTE {statement}"), &[]).await.expect("explains");
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            let slow = ["members", "subgroups", "assignments"].map(|table| format!("Seq Scan on {table}"));
            assert!(!slow.iter().any(|slow| plan.contains(slow)), "{setting}:\n{plan}");
        }
    }
}
