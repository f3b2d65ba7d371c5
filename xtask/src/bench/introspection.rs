//! Introspection: tokens that the server remembers, and more than it can.

use std::path::PathBuf;

use super::registry::{Client, Registry, token};
use super::server::Server;
use super::table::Row;
use super::wrk::Load;
use super::{Bench, progress};
use crate::Failure;

/// Remembered after they were asked about once.
const FEW: usize = 1_000;
/// Three times what is remembered, so that most are verified anew.
const MANY: usize = 100_000;
/// Whose tokens they are; each asks about its own.
const CLIENTS: usize = 1_000;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let registry = bench.loaded()?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    let bare = Server::start_bare(&bench.programs, &bench.machine, "none")?;
    let machine = &bench.machine;
    for (algorithm, tokens) in [("ES256", FEW), ("EdDSA", MANY), ("ES256", MANY)] {
        progress(&format!("{tokens} tokens, {algorithm}"));
        let load = Load::forms(
            "/oauth2/introspect",
            forms(&registry, &server, algorithm, tokens)?,
            bench.options.seconds,
        );
        let (ours, least) = (load.run(machine, &server)?, load.run(machine, &bare)?);
        let what = format!("introspection, {tokens} {algorithm} tokens in turn");
        bench.table.add(Row::of(what, ours).ceiling(least.per_second));
    }
    bench.table.remark(
        "introspection: the ceiling is the bare loop without a signature; a server remembers 32,768 tokens \
         and verifies what is not among them",
    );
    Ok(())
}

/// Asks for so many tokens, and makes of each the form that asks what it is worth.
fn forms(registry: &Registry, server: &Server, algorithm: &str, tokens: usize) -> Result<PathBuf, Failure> {
    let clients = registry.clients(Some(algorithm), CLIENTS)?;
    let mut connection = server.connect()?;
    let form = |client: &Client| Ok(client.introspection_form(&token(&mut connection, client)?));
    let forms: Result<Vec<String>, Failure> = clients.iter().cycle().take(tokens).map(form).collect();
    registry.bodies("introspection-forms", &forms?)
}
