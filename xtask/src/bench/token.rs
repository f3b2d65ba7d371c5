//! Tokens by `client_credentials`, asked for by clients in turn.

use std::path::PathBuf;
use std::process::Stdio;

use super::options::Peer;
use super::registry::{Client, Registry};
use super::server::{Server, output};
use super::table::Row;
use super::wrk::{Load, Measured};
use super::{Bench, progress};
use crate::Failure;

/// With how many connections at once each is measured.
const MEASURED: [(&str, &[u32]); 3] = [("ES256", &[32]), ("EdDSA", &[32, 1]), ("RS256", &[32])];
/// So many that no single one stays in the processor's cache.
const CLIENTS: usize = 1_000;
/// Two that are compared take turns so often; of each the round in the middle counts.
const ROUNDS: usize = 3;
const PATH: &str = "/oauth2/token";

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let registry = bench.loaded()?;
    let rates = raw_rates(bench)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    for (algorithm, connections) in MEASURED {
        let forms = forms(&registry, algorithm)?;
        let raw = raw_rate(&rates, algorithm)?;
        for &connections in connections {
            let load = Load::forms(PATH, forms.clone(), bench.options.seconds).over(connections);
            beside_bare_loop(bench, &server, &load, (algorithm, raw))?;
        }
    }
    bench.table.remark(
        "token: the ceiling is a bare loop that reads the form, hashes the secret and signs; raw is signing \
         and nothing else, while the other core signs too",
    );
    match bench.options.peer.clone() {
        Some(peer) => beside_peer(bench, &server, &registry, &peer),
        None => Ok(()),
    }
}

/// How often the server's core signs while the load's core is as busy as it is
/// under load: two cores may be threads of one, and share what it has.
fn raw_rates(bench: &Bench) -> Result<String, Failure> {
    let program = &bench.programs.signing_rate;
    let beside = bench.machine.beside(program).map(|mut command| command.stdout(Stdio::null()).spawn());
    let rates = output(&mut bench.machine.server(program), program);
    if let Some(Ok(mut beside)) = beside {
        let _ = beside.kill();
        let _ = beside.wait();
    }
    rates
}

fn beside_bare_loop(
    bench: &mut Bench,
    server: &Server,
    load: &Load<'_>,
    (algorithm, raw): (&str, f64),
) -> Result<(), Failure> {
    let what = format!("{algorithm}, connections: {}", load.connections);
    progress(&what);
    let machine = &bench.machine;
    let bare = Server::start_bare(&bench.programs, machine, algorithm)?;
    let [ours, least] = in_turns([&|| load.run(machine, server), &|| load.run(machine, &bare)])?;
    bench.table.add(Row::of(format!("token, {what}"), ours).ceiling(least.per_second).raw(raw));
    bench.table.add(Row::of(format!("bare loop, {what}"), least).raw(raw));
    Ok(())
}

/// The same form, but for id and secret, at another server. Whoever started
/// that one decides on which cores it runs.
fn beside_peer(bench: &mut Bench, server: &Server, registry: &Registry, peer: &Peer) -> Result<(), Failure> {
    let (origin, path) = split(&peer.url)?;
    let client = Client { id: peer.client_id.clone(), secret: peer.client_secret.clone() };
    let theirs = registry.bodies("peer-form", &[client.token_form()])?;
    let theirs = Load::forms(path, theirs, bench.options.seconds);
    let ours = Load::forms(PATH, forms(registry, MEASURED[0].0)?, bench.options.seconds);
    progress(&format!("in turns with {}", peer.url));
    let machine = &bench.machine;
    let [ours, theirs] = in_turns([&|| ours.run(machine, server), &|| theirs.run_at(machine, origin)])?;
    let ratio = ours.per_second / theirs.per_second;
    bench.table.add(Row::of(format!("token, {}, in turns with the peer", MEASURED[0].0), ours));
    bench.table.add(Row::of(format!("the peer, {}", peer.url), theirs));
    bench.table.remark(format!("peer: ours are {ratio:.1} times as many in a second"));
    Ok(())
}

type Run<'a> = &'a dyn Fn() -> Result<Measured, Failure>;

/// What disturbs a machine for a while then disturbs both.
fn in_turns(runs: [Run<'_>; 2]) -> Result<[Measured; 2], Failure> {
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (run, round) in runs.iter().zip(&mut rounds) {
            round.push(run()?);
        }
    }
    Ok(rounds.map(Measured::median))
}

fn forms(registry: &Registry, algorithm: &str) -> Result<PathBuf, Failure> {
    let clients = registry.clients(Some(algorithm), CLIENTS)?;
    let forms: Vec<String> = clients.iter().map(Client::token_form).collect();
    registry.bodies(&format!("token-forms-{algorithm}"), &forms)
}

/// Out of lines such as `ES256 64000`.
fn raw_rate(lines: &str, algorithm: &str) -> Result<f64, Failure> {
    let line = lines.lines().find_map(|line| line.strip_prefix(algorithm));
    let rate = line.and_then(|rate| rate.trim().parse().ok());
    rate.ok_or_else(|| Failure::new(format!("the rate of {algorithm} is not among {lines:?}")))
}

/// The origin and the path of a URL.
fn split(url: &str) -> Result<(&str, &str), Failure> {
    let path = url.find("://").and_then(|scheme| url[scheme + 3..].find('/').map(|path| scheme + 3 + path));
    let path = path.ok_or_else(|| Failure::new(format!("`{url}` is not the URL of a token endpoint")))?;
    Ok(url.split_at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_before_its_path() {
        assert_eq!(split("http://localhost:3000/oauth/token"), Ok(("http://localhost:3000", "/oauth/token")));
        assert!(split("localhost:3000").is_err());
        assert!(split("http://localhost:3000").is_err());
    }

    #[test]
    fn a_rate_is_found_by_its_algorithm() {
        let lines = "ES256 64000\nRS256 4100\n";
        assert_eq!(raw_rate(lines, "RS256"), Ok(4100.0));
        assert!(raw_rate(lines, "EdDSA").is_err());
    }
}
