//! How much memory the server holds.

use std::time::Duration;

use super::Bench;
use super::registry::{Client, Registry};
use super::server::Server;
use super::table::{Figure, Row};
use super::wrk::Load;
use crate::Failure;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let empty = bench.registry("memory", 0)?;
    let server = start(bench, &empty)?;
    add(bench, "memory, no applications, idle", &server)?;
    drop(server);
    let loaded = bench.loaded()?;
    let server = start(bench, &loaded)?;
    add(bench, &format!("memory, {} applications, idle", super::LOADED), &server)?;
    let forms: Vec<String> = loaded.clients(None, super::LOADED)?.iter().map(Client::token_form).collect();
    let forms = loaded.bodies("memory-forms", &forms)?;
    Load::forms("/oauth2/token", forms, bench.options.seconds * 2).run(&bench.machine, &server)?;
    add(bench, "the same after tokens for as many of them as there was time for", &server)
}

/// Once it has done what a start brings with it, and given back what that took.
fn start(bench: &Bench, registry: &Registry) -> Result<Server, Failure> {
    let server = Server::start(&bench.programs, &bench.machine, registry)?;
    std::thread::sleep(Duration::from_secs(15));
    Ok(server)
}

fn add(bench: &mut Bench, what: &str, server: &Server) -> Result<(), Failure> {
    bench.table.add(Row::new(what, Figure::Mebibytes(server.resident_mib()?)));
    Ok(())
}
