//! An application that is deleted with all its users, while others write.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::connection::{Head, JSON};
use super::registry::{Registry, text};
use super::server::{Server, output};
use super::spread::Spread;
use super::table::{Figure, Row};
use super::{Bench, progress};
use crate::{Failure, report};

const USERS: usize = 100_000;
/// What no transaction writes more of.
const MOST_ROWS: u64 = 1_000;
const LARGEST: &str = "appkeep_database_largest_transaction_rows";
/// What tells that something was, and is not somebody's data: ids that stay used,
/// the history, totals, servers that ran, and what was revoked.
const STAYS: [&str; 7] = [
    "application_ids",
    "application_totals",
    "audit_",
    "changes",
    "nodes",
    "revocations",
    "sealed_checkpoints",
];

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let _here = bench.machine.load_from_here()?;
    let registry = bench.registry("delete", 0)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let authorization = registry.admin_authorization(&mut server.connect()?)?;
    let bystander = create(&server, &authorization, r#"{"type":"m2m","name":"Bystander"}"#)?;
    let before = rows(bench, &registry)?;
    let doomed = r#"{"type":"server","name":"Doomed","user_pool":"application"}"#;
    let doomed = create(&server, &authorization, doomed)?;
    // Again, so that its largest transaction is none of these.
    drop(server);
    progress(&format!("seeding {USERS} users of an application"));
    let mut fill = Command::new(&bench.programs.end_users);
    fill.arg("fill").arg(registry.data.join("appkeep.db")).arg(&doomed).arg(USERS.to_string());
    output(&mut fill, &bench.programs.end_users)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    server.comes_to_rest();
    progress("deleting it while others write");
    let stop = AtomicBool::new(false);
    let writer = Writer { server: &server, authorization: &authorization, application: &bystander };
    let (deleted, written) = thread::scope(|scope| {
        let writing = scope.spawn(|| writer.write_until(&stop));
        let deleted = delete(bench, (&registry, &server), (&authorization, &doomed));
        stop.store(true, Ordering::Relaxed);
        (deleted, writing.join())
    });
    let written = written.map_err(|_| Failure::new("whoever writes meanwhile panicked"))??;
    let deleted = deleted?;
    nothing_is_left(&before, &rows(bench, &registry)?)?;
    add_rows(bench, &deleted, &written, largest_transaction(&server)?)
}

/// When it was answered, and when its rows were going and gone.
struct Deleted {
    answered_after: Duration,
    going: Instant,
    gone: Instant,
}

fn delete(
    bench: &Bench,
    (registry, server): (&Registry, &Server),
    (authorization, application): (&str, &str),
) -> Result<Deleted, Failure> {
    let mut watching = Command::new(&bench.programs.end_users);
    watching.arg("watch").arg(registry.data.join("appkeep.db")).stdout(Stdio::piped());
    let failed = |error: std::io::Error| Failure::new(format!("nobody watches: {error}"));
    let mut watching = watching.spawn().map_err(failed)?;
    let path = format!("/zyphr/v1/applications/{application}");
    let head = Head { method: "DELETE", ..Head::get(&path, Some(authorization)) };
    let begun = report::now();
    server.connect()?.answered(head, "", &[204])?;
    let answered_after = begun.elapsed();
    let [going, gone] = seen(&mut watching)?;
    watching.wait().map_err(failed)?;
    Ok(Deleted { answered_after, going, gone })
}

fn seen(watching: &mut Child) -> Result<[Instant; 2], Failure> {
    let mut lines = BufReader::new(watching.stdout.take().expect("it is piped")).lines();
    let mut next = |expected: &str| match lines.next() {
        Some(Ok(line)) if line == expected => Ok(report::now()),
        _ => Err(Failure::new(format!("nobody saw the users {expected}"))),
    };
    Ok([next("going")?, next("gone")?])
}

/// Changes another application all the time, one change after the other.
struct Writer<'a> {
    server: &'a Server,
    authorization: &'a str,
    application: &'a str,
}

impl Writer<'_> {
    /// When each change was answered, and how long it took.
    fn write_until(&self, stop: &AtomicBool) -> Result<Vec<(Instant, Duration)>, Failure> {
        let path = format!("/api/v1/applications/{}", self.application);
        let (authorization, content_type) = (Some(self.authorization), Some(JSON));
        let head = Head { method: "PATCH", path: &path, content_type, authorization, cookie: None };
        let (mut connection, mut written) = (self.server.connect()?, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            let begun = report::now();
            let body = format!(r#"{{"description":"change {}"}}"#, written.len());
            connection.answered(head, &body, &[200])?;
            written.push((report::now(), begun.elapsed()));
        }
        Ok(written)
    }
}

fn create(server: &Server, authorization: &str, body: &str) -> Result<String, Failure> {
    let (path, authorization) = ("/api/v1/applications", Some(authorization));
    let head = Head { method: "POST", path, content_type: Some(JSON), authorization, cookie: None };
    text(&server.connect()?.ask(head, body)?["data"], "id")
}

fn rows(bench: &Bench, registry: &Registry) -> Result<BTreeMap<String, u64>, Failure> {
    let mut command = Command::new(&bench.programs.end_users);
    let printed =
        output(command.arg("rows").arg(registry.data.join("appkeep.db")), &bench.programs.end_users)?;
    let read = serde_json::from_str(&printed);
    read.map_err(|error| Failure::new(format!("the rows cannot be read: {error}")))
}

fn nothing_is_left(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Result<(), Failure> {
    let is_left = |(table, rows): &(&String, &u64)| {
        !STAYS.iter().any(|stays| table.starts_with(stays)) && before.get(*table) != Some(*rows)
    };
    let left: Vec<String> =
        after.iter().filter(is_left).map(|(table, rows)| format!("{rows} in {table}")).collect();
    if left.is_empty() { Ok(()) } else { Err(Failure::new(format!("rows are left: {}", left.join(", ")))) }
}

fn largest_transaction(server: &Server) -> Result<u64, Failure> {
    let answer = server.connect()?.answered(Head::get("/metrics", None), "", &[200])?;
    let found = answer.text().lines().find_map(|line| line.strip_prefix(LARGEST)?.trim().parse().ok());
    found.ok_or_else(|| Failure::new(format!("there is no metric {LARGEST}")))
}

fn add_rows(
    bench: &mut Bench,
    deleted: &Deleted,
    written: &[(Instant, Duration)],
    largest: u64,
) -> Result<(), Failure> {
    let meanwhile = |(at, _): &&(Instant, Duration)| (deleted.going..=deleted.gone).contains(at);
    let took: Vec<Duration> = written.iter().filter(meanwhile).map(|(_, took)| *took).collect();
    let spread = Spread::of(&took).ok_or_else(|| Failure::new("nobody wrote meanwhile"))?;
    for (what, figure) in [
        ("delete, an application with 100,000 users, until the answer", millis(deleted.answered_after)),
        ("delete, from the first user's going until nothing is left", millis(deleted.gone - deleted.going)),
        ("delete, what others write meanwhile, the median", spread.p50_ms),
        ("delete, what others write meanwhile, the 99th percentile", spread.p99_ms),
    ] {
        bench.table.add(Row::new(what, Figure::Milliseconds(figure)));
    }
    bench.table.remark(format!(
        "delete: {USERS} users with a password and a session each, {} changes of another application meanwhile; \
         the largest transaction wrote {largest} rows, and no table has a row more than before but those of \
         used ids, the history, totals and revocations",
        took.len()
    ));
    if largest > MOST_ROWS {
        return Err(Failure::new(format!("a transaction wrote {largest} rows, of {MOST_ROWS} at most")));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
