//! The console's list of applications, as the registry grows.

mod browser;
mod page;

use std::time::Duration;

use self::browser::Browser;
use self::page::{api_path, assets, next_part, rows};
use super::connection::{Connection, Head};
use super::drive::{Work, drive};
use super::registry::Registry;
use super::server::Server;
use super::table::{Figure, Row};
use super::wrk::Measured;
use super::{Bench, LARGE, LOADED, progress};
use crate::{Failure, report};

const LIST: &str = "/console/applications";
const SMALL: usize = 1_000;
/// Which part of the list is looked at besides the first.
const PART: usize = 10;
/// Rows of a part.
const ROWS: usize = 50;
/// What the seeder gives to seven applications, however many there are.
const RARE: (&str, usize) = ("zanzibar", 7);
/// What it gives to a third of them.
const COMMON: &str = "billing";
/// Half of all first parts must be there sooner.
const SOON: Duration = Duration::from_millis(100);
/// The most that a page may weigh with all that it loads.
const HEAVIEST: usize = 150 * 1024;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let _here = bench.machine.load_from_here()?;
    let small = measure_size(bench, SMALL, &[])?;
    let large = if bench.options.quick { LOADED } else { LARGE };
    measure_size(bench, large, &small)?;
    bench.table.remark(format!(
        "console: pages of {ROWS} rows over one connection, for an operator of the platform who signed in as a \
         browser does; the ceiling is the rate of the same page with {SMALL} applications, and raw is the rate \
         of the API's answer to the same question, on the same registry"
    ));
    Ok(())
}

/// A page of the list, and how many rows it must have.
struct Look {
    what: &'static str,
    path: String,
    rows: usize,
}

/// The rate of each page, in the order of [`looks`].
fn measure_size(bench: &mut Bench, size: usize, ceilings: &[f64]) -> Result<Vec<f64>, Failure> {
    let registry = bench.with(size)?;
    let (server, mut browser) = sign_in(bench, &registry)?;
    let begun = report::now();
    browser.page(LIST)?;
    let first = begun.elapsed();
    let of_size = |what: &str| format!("console, {what}, {size} applications");
    bench.table.add(Row::new(of_size("the first after the start"), milliseconds(first)));
    weigh(bench, &mut browser, &of_size("first part, weight"))?;
    let mut connection = server.connect()?;
    let authorization = registry.admin_authorization(&mut connection)?;
    let mut rates = Vec::new();
    for (number, look) in looks(&mut browser)?.into_iter().enumerate() {
        progress(&of_size(look.what));
        let mut asked =
            [Asking { connection: server.connect()?, authorization: &authorization, look: &look }];
        let raw = drive(&server, &mut asked, bench.options.seconds)?;
        let mut looked = [Looking { browser: &mut browser, look: &look }];
        let measured = drive(&server, &mut looked, bench.options.seconds)?;
        if number == 0 {
            comes_soon(&measured)?;
        }
        let row = Row::of(of_size(look.what), measured).raw(raw.per_second);
        bench.table.add(Row { ceiling: ceilings.get(number).copied(), ..row });
        rates.push(measured.per_second);
    }
    Ok(rates)
}

/// A server that has just been started, and a browser that signed in before that.
fn sign_in(bench: &Bench, registry: &Registry) -> Result<(Server, Browser), Failure> {
    let server = Server::start(&bench.programs, &bench.machine, registry)?;
    let browser = Browser::sign_in(server.connect()?, &registry.operator, LIST)?;
    drop(server);
    let server = Server::start(&bench.programs, &bench.machine, registry)?;
    server.comes_to_rest();
    let browser = browser.over(server.connect()?);
    Ok((server, browser))
}

fn looks(browser: &mut Browser) -> Result<[Look; 5], Failure> {
    let (rare, of_rare) = RARE;
    let query = |query: &str| format!("{LIST}?{query}");
    Ok([
        Look { what: "first part", path: LIST.to_owned(), rows: ROWS },
        Look { what: "tenth part", path: part(browser, PART)?, rows: ROWS },
        Look { what: "q that 7 have", path: query(&format!("q={rare}")), rows: of_rare },
        Look { what: "q that a third have", path: query(&format!("q={COMMON}")), rows: ROWS },
        Look { what: "filter by type", path: query("type=m2m"), rows: ROWS },
    ])
}

/// The path of a later part, found as anybody finds it.
fn part(browser: &mut Browser, number: usize) -> Result<String, Failure> {
    let mut path = LIST.to_owned();
    for before in 1..number {
        let next = next_part(&browser.page(&path)?);
        path = next.ok_or_else(|| Failure::new(format!("part {before} of the list is the last")))?;
    }
    Ok(path)
}

/// What a browser loads that has nothing yet.
fn weigh(bench: &mut Bench, browser: &mut Browser, what: &str) -> Result<(), Failure> {
    let page = browser.page(LIST)?;
    let mut whole = page.len();
    for path in assets(&page) {
        whole += browser.page(&path)?.len();
    }
    bench.table.add(Row::new(what, kibibytes(page.len())));
    bench.table.add(Row::new(format!("{what} with style sheet and scripts"), kibibytes(whole)));
    if whole > HEAVIEST {
        return Err(Failure::new(format!("a page weighs {whole} bytes, more than {HEAVIEST}")));
    }
    Ok(())
}

fn comes_soon(measured: &Measured) -> Result<(), Failure> {
    if Duration::from_secs_f64(measured.p50_ms / 1e3) < SOON {
        return Ok(());
    }
    Err(Failure::new(format!("half of the first parts took {} ms or more", measured.p50_ms)))
}

/// Somebody who looks at a page again and again.
struct Looking<'a> {
    browser: &'a mut Browser,
    look: &'a Look,
}

impl Work for Looking<'_> {
    fn once(&mut self) -> Result<(), Failure> {
        let found = rows(&self.browser.page(&self.look.path)?);
        is_whole(self.look, found)
    }
}

/// A program that asks the API for the same.
struct Asking<'a> {
    connection: Connection,
    authorization: &'a str,
    look: &'a Look,
}

impl Work for Asking<'_> {
    fn once(&mut self) -> Result<(), Failure> {
        let path = api_path(&self.look.path);
        let answer = self.connection.ask(Head::get(&path, Some(self.authorization)), "")?;
        is_whole(self.look, answer["data"].as_array().map_or(0, Vec::len))
    }
}

fn is_whole(look: &Look, found: usize) -> Result<(), Failure> {
    if found == look.rows {
        return Ok(());
    }
    Err(Failure::new(format!("{} has {found} rows, not {}", look.path, look.rows)))
}

fn milliseconds(time: Duration) -> Figure {
    Figure::Milliseconds(time.as_secs_f64() * 1e3)
}

fn kibibytes(bytes: usize) -> Figure {
    Figure::Kibibytes(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1024.0)
}
