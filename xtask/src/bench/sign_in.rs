//! People who sign in, and the applications that keep them signed in.

mod people;
mod refresh;
mod refused;
mod walk;

use std::path::Path;

use self::people::{Application, People};
use self::refresh::Family;
use self::refused::Refused;
use self::walk::Walker;
use super::drive::drive;
use super::footprint::Folder;
use super::machine::syncs_per_second;
use super::server::{Server, output};
use super::table::{Figure, Row};
use super::wrk::Measured;
use super::{Bench, MEMORY, progress};
use crate::Failure;

/// How many sign in at once.
const AT_ONCE: usize = 8;
/// How ID tokens are signed, which is most of what a refresh takes of the
/// processor, and how many families are renewed at once.
const REFRESHED: [(&str, usize); 3] = [("RS256", 32), ("ES256", 32), ("ES256", 1)];
const FAMILIES: usize = 32;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let _here = bench.machine.load_from_here()?;
    let registry = bench.registry("sign-in", 0)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let mut people = People::settle(&server, &registry, refused::PEOPLE)?;
    let application = people.register("ES256")?;
    sign_ins(bench, &server, &people, &application)?;
    refusals(bench, &server, &people, &application)?;
    drop(server);
    refreshes(bench)
}

fn sign_ins(
    bench: &mut Bench,
    server: &Server,
    people: &People,
    application: &Application,
) -> Result<(), Failure> {
    let program = &bench.programs.password_rate;
    let printed = output(&mut bench.machine.server(program), program)?;
    let verified = rate(&printed)?;
    let what = format!("sign-in, people at once: {AT_ONCE}");
    progress(&what);
    let share = people.names.len() / AT_ONCE;
    let walkers = people.names.chunks(share).take(AT_ONCE);
    let walkers = walkers.map(|names| Ok(Walker::new(server.connect()?, application, names)));
    let mut walkers = walkers.collect::<Result<Vec<_>, Failure>>()?;
    let measured = drive(server, &mut walkers, bench.options.seconds)?;
    bench.table.add(Row::of(what, measured).ceiling(verified));
    bench.table.remark(format!(
        "sign-in: the page, the password and the trade of the code, one after the other in a browser that is \
         new each time; the ceiling is how often the server's core verifies a password and does nothing else, \
         {verified:.1} in a second"
    ));
    Ok(())
}

fn refusals(
    bench: &mut Bench,
    server: &Server,
    people: &People,
    application: &Application,
) -> Result<(), Failure> {
    progress("names that nobody has, and wrong passwords");
    let refused = Refused::measure(server, people, application)?;
    for (what, measured) in [
        ("sign-in refused, a name that nobody has", refused.unknown_name()?),
        ("sign-in refused, a wrong password", refused.wrong_password()?),
    ] {
        let row = Row::new(what, Figure::Milliseconds(measured.p50_ms));
        bench.table.add(Row { measured: Some(measured), ..row });
    }
    let (difference, by_chance) = (refused.difference_ms()?, refused.difference_by_chance_ms()?);
    let what = "sign-in refused, how much longer a wrong password takes";
    bench.table.add(Row::new(what, Figure::Milliseconds(difference)));
    bench.table.remark(format!(
        "sign-in refused: {} of each in random order, one at a time, and the medians; two halves of the same \
         kind differ by up to {by_chance:.3} ms",
        refused::ATTEMPTS
    ));
    Ok(())
}

fn refreshes(bench: &mut Bench) -> Result<(), Failure> {
    let before = syncs_per_second(bench.folder.path())?;
    let on_disk = refresh_in(bench, &bench.folder.path().join("refreshes"))?;
    let after = syncs_per_second(bench.folder.path())?;
    let mut ceilings = None;
    if Path::new(MEMORY).is_dir() {
        let folder = Folder::make_in(Path::new(MEMORY))?;
        ceilings = Some(refresh_in(bench, &folder.path().join("refreshes"))?);
    }
    for (number, (algorithm, families)) in REFRESHED.into_iter().enumerate() {
        let what = format!("refresh, ID tokens in {algorithm}, families: {families}");
        let row = Row::of(what, on_disk[number]).raw(f64::midpoint(before, after));
        let ceiling = ceilings.as_ref().map(|ceilings| ceilings[number].per_second);
        bench.table.add(Row { ceiling, ..row });
    }
    bench.table.remark(format!(
        "refresh: each family over a connection of its own, one token after the other; the ceiling is the same \
         on a file system in memory; raw is how often the disk syncs four kilobytes, {before:.0} in a second \
         before and {after:.0} after"
    ));
    Ok(())
}

/// In the order of [`REFRESHED`], on a registry in this folder.
fn refresh_in(bench: &Bench, folder: &Path) -> Result<Vec<Measured>, Failure> {
    progress(&format!("refreshes in {}", folder.display()));
    let registry = bench.registry_at(folder.to_owned(), 0)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let mut people = People::settle(&server, &registry, FAMILIES)?;
    let measured = REFRESHED.into_iter().map(|(algorithm, families)| {
        let application = people.register(algorithm)?;
        let names = people.names.iter().take(families);
        let families = names.map(|name| Family::begin(server.connect()?, &application, name));
        let mut families = families.collect::<Result<Vec<_>, Failure>>()?;
        drive(&server, &mut families, bench.options.seconds)
    });
    measured.collect()
}

/// The number that a program printed.
fn rate(printed: &str) -> Result<f64, Failure> {
    let rate = printed.trim().parse().ok().filter(|rate| *rate > 0.0);
    rate.ok_or_else(|| Failure::new(format!("{printed:?} is no rate")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_or_refused() {
        assert_eq!(rate("45.21\n"), Ok(45.21));
        for printed in ["", "0", "-1", "many", "NaN"] {
            assert!(rate(printed).is_err(), "{printed}");
        }
    }
}
