//! `GET /applications`, as the registry grows.

use serde_json::Value;

use super::connection::{Connection, Head};
use super::registry::text;
use super::server::Server;
use super::table::Row;
use super::wrk::Load;
use super::{Bench, progress};
use crate::Failure;

const SMALL: usize = 1_000;
/// What the seeder gives to seven applications, however many there are.
const RARE: &str = "zanzibar";
/// What it gives to a third of them.
const COMMON: &str = "billing";

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let small = measure_size(bench, SMALL, None)?;
    measure_size(bench, super::LOADED, Some(&small))?;
    if !bench.options.quick {
        measure_size(bench, super::LARGE, Some(&small))?;
    }
    bench.table.remark(
        "list: 50 a page, one connection; the deep page is the one in the middle; the ceiling is the rate of \
         the same page with 1,000 applications",
    );
    Ok(())
}

/// The rate of each page, in the order of [`pages`].
fn measure_size(bench: &mut Bench, size: usize, ceilings: Option<&[f64]>) -> Result<Vec<f64>, Failure> {
    let registry = bench.with(size)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let mut connection = server.connect()?;
    let authorization = registry.admin_authorization(&mut connection)?;
    let mut rates = Vec::new();
    for (number, (page, path)) in pages(&mut connection, &authorization, size)?.into_iter().enumerate() {
        let what = format!("list, {page}, {size} applications");
        progress(&what);
        let head = Head::get(&path, Some(&authorization));
        let load = Load { head, bodies: None, connections: 1, seconds: bench.options.seconds };
        let measured = load.run(&bench.machine, &server)?;
        let row = Row::of(what, measured);
        bench.table.add(match ceilings.and_then(|ceilings| ceilings.get(number)) {
            Some(&ceiling) => row.ceiling(ceiling),
            None => row,
        });
        rates.push(measured.per_second);
    }
    Ok(rates)
}

fn pages(
    connection: &mut Connection,
    authorization: &str,
    size: usize,
) -> Result<[(&'static str, String); 4], Failure> {
    let cursor = cursor_in_the_middle(connection, authorization, size)?;
    let path = |query: &str| format!("/api/v1/applications{query}");
    Ok([
        ("first page", path("")),
        ("deep page", path(&format!("?cursor={cursor}"))),
        ("q that 7 have", path(&format!("?q={RARE}"))),
        ("q that a third have", path(&format!("?q={COMMON}"))),
    ])
}

/// By reading the first half, as anybody would have to.
fn cursor_in_the_middle(
    connection: &mut Connection,
    authorization: &str,
    size: usize,
) -> Result<String, Failure> {
    const PAGE: usize = 250;
    let mut path = format!("/api/v1/applications?limit={PAGE}");
    for page in 1.. {
        let answer: Value = connection.ask(Head::get(&path, Some(authorization)), "")?;
        let cursor = text(&answer["meta"], "next_cursor")?;
        if page * PAGE >= size / 2 {
            return Ok(cursor);
        }
        path = format!("/api/v1/applications?limit={PAGE}&cursor={cursor}");
    }
    unreachable!("a page is counted until there are enough")
}
