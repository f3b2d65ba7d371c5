//! `cargo xtask bench`: how fast the server is, and how fast it could be at most.
//!
//! The server that is released runs on one core and the load comes from
//! another. Beside each figure stands, from the same run, what a bare loop
//! does with the same requests, or what the disk does. `docs/performance.md`
//! says what is measured, and what came out.

pub(crate) mod connection;
mod drive;
pub(crate) mod footprint;
pub(crate) mod machine;
mod options;
mod page;
pub(crate) mod registry;
pub(crate) mod server;
mod spread;
mod table;
mod wrk;

mod access_graph;
mod console;
mod create;
mod delete;
mod effective_users;
mod introspection;
mod keys;
mod list;
mod memory;
mod sign_in;
mod start;
mod token;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::footprint::Folder;
use self::machine::Machine;
pub use self::options::Options;
use self::options::Section;
use self::registry::Registry;
use self::server::Programs;
use self::table::Table;
use crate::process::Program;
use crate::{Failure, prerequisites, report};

/// What the help says of it.
pub const PURPOSE: &str = "measure the released server: [--quick] [--json] [--seconds 4] [--only token|\
    introspection|keys|create|sign-in|effective-users|access-graph|delete|list|console|memory|start] \
    [--peer URL --peer-client ID:SECRET]";

/// How many applications the registry has that most is measured with.
const LOADED: usize = 100_000;
/// How many it has at the most.
const LARGE: usize = 1_000_000;
/// A file system that keeps nothing, where syncing costs nothing.
const MEMORY: &str = "/dev/shm";

/// Builds what is measured, measures it, and prints one table.
pub fn run(options: Options) -> Result<(), Failure> {
    prerequisites::install(prerequisites::BENCHMARK)?;
    report::complain("building the server as it is released");
    build()?;
    let mut bench = Bench::new(options)?;
    for section in Section::ALL {
        if bench.options.wants(section) {
            progress(&format!("── {}", section.as_str()));
            bench.measure(section)?;
        }
    }
    bench.print();
    Ok(())
}

/// One run: what it works with, and what it has found so far.
struct Bench {
    options: Options,
    machine: Machine,
    programs: Programs,
    /// Gone with everything in it when the run is over.
    folder: Folder,
    /// Those that were made, by how many applications they have.
    made: BTreeMap<usize, Registry>,
    table: Table,
}

impl Bench {
    fn new(options: Options) -> Result<Self, Failure> {
        let machine = Machine::look();
        let table = Table::new(machine.describe());
        let folder = Folder::make()?;
        Ok(Self { options, machine, programs: Programs::built(), folder, made: BTreeMap::new(), table })
    }

    fn measure(&mut self, section: Section) -> Result<(), Failure> {
        match section {
            Section::Token => token::measure(self),
            Section::Introspection => introspection::measure(self),
            Section::Keys => keys::measure(self),
            Section::Create => create::measure(self),
            Section::SignIn => sign_in::measure(self),
            Section::EffectiveUsers => effective_users::measure(self),
            Section::AccessGraph => access_graph::measure(self),
            Section::Delete => delete::measure(self),
            Section::List => list::measure(self),
            Section::Console => console::measure(self),
            Section::Memory => memory::measure(self),
            Section::Start => start::measure(self),
        }
    }

    /// The registry with [`LOADED`] applications.
    fn loaded(&mut self) -> Result<Registry, Failure> {
        self.with(LOADED)
    }

    /// The registry with so many applications, made when it is first asked for.
    fn with(&mut self, applications: usize) -> Result<Registry, Failure> {
        if let Some(registry) = self.made.get(&applications) {
            return Ok(registry.clone());
        }
        let registry = self.registry(&format!("with-{applications}"), applications)?;
        self.made.insert(applications, registry.clone());
        Ok(registry)
    }

    /// A registry of its own, with so many applications besides the first.
    fn registry(&self, name: &str, applications: usize) -> Result<Registry, Failure> {
        self.registry_at(self.folder.path().join(name), applications)
    }

    fn registry_at(&self, folder: PathBuf, applications: usize) -> Result<Registry, Failure> {
        if applications > 0 {
            progress(&format!("seeding {applications} applications"));
        }
        Registry::make(&self.programs, folder, applications)
    }

    fn print(mut self) {
        self.table.close();
        report::say(&if self.options.json { self.table.to_json() } else { self.table.to_string() });
    }
}

/// Goes where it is not part of the result.
fn progress(line: &str) {
    report::complain(line);
}

pub(crate) fn build() -> Result<(), Failure> {
    let server = ["build", "--release", "--locked", "--package", "appkeep-cli", "--bin", "appkeep"];
    Program::new("cargo", &server).run()?;
    let others = ["build", "--release", "--locked", "--package", "appkeep-cli", "--examples"];
    Program::new("cargo", &others).run()
}
