//! Every page of those who may use an application, over many tenants.

use std::process::Command;
use std::time::{Duration, Instant};

use super::connection::{Connection, Head};
use super::registry::{Client, token};
use super::server::{Server, output};
use super::spread::Spread;
use super::table::{Figure, Row};
use super::{Bench, progress};
use crate::Failure;

const TENANTS: usize = 200;
const USERS: usize = 500;
/// The largest that can be asked for.
const PER_PAGE: usize = 100;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let _here = bench.machine.load_from_here()?;
    let registry = bench.registry("effective-users", 0)?;
    progress(&format!("seeding {TENANTS} tenants of {USERS} users"));
    let secrets = registry.data.join("application");
    let mut command = Command::new(&bench.programs.seed_people);
    command.arg(registry.data.join("appkeep.db")).arg(TENANTS.to_string()).arg(USERS.to_string());
    output(command.arg(&secrets), &bench.programs.seed_people)?;
    let client = read_client(&secrets)?;
    let server = Server::start(&bench.programs, &bench.machine, &registry)?;
    server.comes_to_rest();
    let mut connection = server.connect()?;
    let authorization = format!("Bearer {}", token(&mut connection, &client)?);
    progress("every page of effective users");
    let mut reader = Reader { connection, client, authorization };
    let first = reader.read(1)?;
    let pages = (TENANTS * USERS).div_ceil(PER_PAGE);
    let times = (1..=pages).map(|page| reader.read(page)).collect::<Result<Vec<_>, Failure>>()?;
    add_rows(bench, first, &times)
}

fn add_rows(bench: &mut Bench, first: Duration, times: &[Duration]) -> Result<(), Failure> {
    let spread = Spread::of(times).ok_or_else(|| Failure::new("no page was read"))?;
    let slowest = times.iter().max().copied().unwrap_or_default();
    for (what, figure) in [
        ("effective users, a page with the total, in the middle of all", spread.p50_ms),
        ("effective users, the 99th percentile of all pages", spread.p99_ms),
        ("effective users, the slowest page", millis(slowest)),
        ("effective users, the first page after the start", millis(first)),
    ] {
        bench.table.add(Row::new(what, Figure::Milliseconds(figure)));
    }
    bench.table.remark(format!(
        "effective users: {TENANTS} tenants of {USERS} users each, who come to the application by a group in a \
         group; all {} pages of {PER_PAGE} in turn, over one connection",
        times.len()
    ));
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

struct Reader {
    connection: Connection,
    client: Client,
    authorization: String,
}

impl Reader {
    /// How long a page took, which must be whole and know how many there are.
    #[expect(clippy::disallowed_methods, reason = "measures how long a page takes")]
    fn read(&mut self, page: usize) -> Result<Duration, Failure> {
        let path = format!(
            "/scaikey/api/v1/admin/applications/{}/effective-users?page={page}&per_page={PER_PAGE}",
            self.client.id
        );
        let begun = Instant::now();
        let answer = self.connection.ask(Head::get(&path, Some(&self.authorization)), "")?;
        let took = begun.elapsed();
        let users = answer["data"].as_array().map_or(0, Vec::len);
        let total = answer["pagination"]["total"].as_u64();
        if users == PER_PAGE && total == Some((TENANTS * USERS) as u64) {
            return Ok(took);
        }
        Err(Failure::new(format!("page {page} has {users} users of {total:?}")))
    }
}

fn read_client(path: &std::path::Path) -> Result<Client, Failure> {
    let line = std::fs::read_to_string(path);
    let line = line.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let client =
        line.split_once(' ').map(|(id, secret)| Client { id: id.to_owned(), secret: secret.to_owned() });
    client.ok_or_else(|| Failure::new("the seeder wrote no client"))
}
