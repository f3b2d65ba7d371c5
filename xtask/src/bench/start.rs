//! How long a start takes, until the server says that it is ready.

use super::registry::Registry;
use super::server::Server;
use super::table::{Figure, Row};
use super::{Bench, progress};
use crate::{Failure, report};

/// Of so many starts the one in the middle counts.
const STARTS: usize = 7;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let empty = bench.registry("start", 0)?;
    let first = start(bench, &empty)?;
    bench.table.add(Row::new("start, for the first time: makes the keys", Figure::Milliseconds(first)));
    add(bench, "start, no applications", &empty)?;
    let loaded = bench.loaded()?;
    // Whoever measured before may have been the first; if not, this is.
    start(bench, &loaded)?;
    add(bench, &format!("start, {} applications", super::LOADED), &loaded)
}

fn add(bench: &mut Bench, what: &str, registry: &Registry) -> Result<(), Failure> {
    progress(what);
    let starts: Result<Vec<f64>, Failure> = (0..STARTS).map(|_| start(bench, registry)).collect();
    let mut starts = starts?;
    starts.sort_by(f64::total_cmp);
    bench.table.add(Row::new(what, Figure::Milliseconds(starts[STARTS / 2])));
    Ok(())
}

/// In milliseconds.
fn start(bench: &Bench, registry: &Registry) -> Result<f64, Failure> {
    let begun = report::now();
    let server = Server::start(&bench.programs, &bench.machine, registry)?;
    let took = begun.elapsed();
    drop(server);
    Ok(took.as_secs_f64() * 1e3)
}
