//! Who comes to what, of a tenant with much of everything.

use std::process::Command;
use std::time::{Duration, Instant};

use super::connection::{Connection, Head};
use super::server::{Server, output};
use super::spread::Spread;
use super::table::{Figure, Row};
use super::{Bench, progress};
use crate::Failure;

const APPLICATIONS: usize = 1_000;
const INTEGRATIONS: usize = 200;
const USERS: usize = 10_000;
/// The most that can be asked for.
const NODES: usize = 250;
const TIMES: usize = 100;
/// No answer may take longer.
const BOUND: Duration = Duration::from_secs(1);

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let _here = bench.machine.load_from_here()?;
    let registry = bench.registry("access-graph", 0)?;
    progress(&format!("seeding {APPLICATIONS} applications, {INTEGRATIONS} integrations and {USERS} users"));
    let mut command = Command::new(&bench.programs.seed_graph);
    command.arg(registry.data.join("appkeep.db"));
    command.args([APPLICATIONS, INTEGRATIONS, USERS].map(|count| count.to_string()));
    output(&mut command, &bench.programs.seed_graph)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    server.comes_to_rest();
    let mut connection = server.connect()?;
    let authorization = registry.admin_authorization(&mut connection)?;
    let mut reader = Reader { connection, authorization };
    progress("the access graph");
    let first = reader.read(&format!("limit={NODES}&include_policy=true"), NODES)?;
    bench.table.add(row("access graph, the first after the start", first));
    for (what, query) in [
        ("access graph, 250 nodes with decisions", format!("limit={NODES}&include_policy=true")),
        ("access graph, 100 nodes without", String::new()),
    ] {
        let nodes = if query.is_empty() { 100 } else { NODES };
        let times = (0..TIMES).map(|_| reader.read(&query, nodes)).collect::<Result<Vec<_>, Failure>>()?;
        let spread = Spread::of(&times).ok_or_else(|| Failure::new("no graph was read"))?;
        let slowest = times.iter().max().copied().unwrap_or_default();
        bench.table.add(Row::new(what, Figure::Milliseconds(spread.p50_ms)));
        bench.table.add(row(&format!("{what}, the slowest"), slowest));
    }
    bench.table.remark(format!(
        "access graph: one tenant with {APPLICATIONS} applications, {INTEGRATIONS} integrations and {USERS} users, \
         {TIMES} times each, over one connection"
    ));
    Ok(())
}

fn row(what: &str, time: Duration) -> Row {
    Row::new(what, Figure::Milliseconds(time.as_secs_f64() * 1e3))
}

struct Reader {
    connection: Connection,
    authorization: String,
}

impl Reader {
    /// How long a graph took, which must have as many nodes as were asked for,
    /// and say how many it left out.
    #[expect(clippy::disallowed_methods, reason = "measures how long a graph takes")]
    fn read(&mut self, query: &str, nodes: usize) -> Result<Duration, Failure> {
        let path = format!("/api/v1/access-graph?{query}");
        let begun = Instant::now();
        let answer = self.connection.ask(Head::get(&path, Some(&self.authorization)), "")?;
        let took = begun.elapsed();
        let shown = answer["data"]["nodes"].as_array().map_or(0, Vec::len);
        let users = answer["data"]["left_out"]["users"].as_u64().unwrap_or_default();
        if shown != nodes || users < (USERS - nodes) as u64 {
            return Err(Failure::new(format!("a graph of {shown} nodes leaves {users} users out")));
        }
        if took >= BOUND {
            return Err(Failure::new(format!("a graph took {took:?}, more than {BOUND:?}")));
        }
        Ok(took)
    }
}
