//! Starting what is measured.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::connection::{Connection, Head};
use super::footprint::{resident_mib, time_on_core};
use super::machine::Machine;
use super::registry::Registry;
use crate::process::Program;
use crate::{Failure, report, repository};

/// The programs that a release build makes.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) appkeep: PathBuf,
    pub(crate) seed: PathBuf,
    pub(crate) seed_people: PathBuf,
    pub(crate) seed_graph: PathBuf,
    pub(crate) end_users: PathBuf,
    pub(crate) bare_loop: PathBuf,
    pub(crate) signing_rate: PathBuf,
    pub(crate) password_rate: PathBuf,
    pub(crate) decision_rate: PathBuf,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// Kept, so that the server can go on printing.
    _stdout: BufReader<ChildStdout>,
}

impl Programs {
    pub(crate) fn built() -> Self {
        Self::of("release")
    }

    /// Those that tests use, built as they now are. With all that the tests are
    /// built of: by itself the server would be built anew, with other features of
    /// what it needs.
    pub(crate) fn of_tests() -> Result<Self, Failure> {
        Program::new("cargo", &["test", "--locked", "--workspace", "--no-run", "--quiet"]).run()?;
        Ok(Self::of("debug"))
    }

    fn of(profile: &str) -> Self {
        let built = repository::root().join("target").join(profile);
        let example = |name: &str| built.join("examples").join(name);
        Self {
            appkeep: built.join("appkeep"),
            seed: example("seed"),
            seed_people: example("seed_people"),
            seed_graph: example("seed_graph"),
            end_users: example("end_users"),
            bare_loop: example("bare_loop"),
            signing_rate: example("signing_rate"),
            password_rate: example("password_rate"),
            decision_rate: example("decision_rate"),
        }
    }
}

impl Server {
    /// The server that is released, as it is run in production, once it is ready.
    pub(crate) fn start(
        programs: &Programs,
        machine: &Machine,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        let command = machine.server(&programs.appkeep);
        Self::serve(command, &["--public-url", "http://localhost:8080"], &registry.data)
    }

    /// As it is started to be tried: a browser reaches it where it listens, and
    /// its mails go into a folder.
    pub(crate) fn start_to_try(programs: &Programs, data: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(data).map_err(|error| Failure::new(format!("{}: {error}", data.display())))?;
        Self::serve(Command::new(&programs.appkeep), &["--dev"], data)
    }

    fn serve(mut command: Command, arguments: &[&str], data: &Path) -> Result<Self, Failure> {
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).arg("--data-dir").arg(data);
        let log = data.join("server.log");
        let log = File::create(&log).map_err(|error| Failure::new(format!("{}: {error}", log.display())))?;
        let server = Self::spawn(command.stderr(log))?;
        server.becomes_ready()?;
        Ok(server)
    }

    /// The loop that does the least, which signs with this algorithm.
    pub(crate) fn start_bare(
        programs: &Programs,
        machine: &Machine,
        algorithm: &str,
    ) -> Result<Self, Failure> {
        let mut command = machine.server(&programs.bare_loop);
        Self::spawn(command.arg(algorithm).stderr(Stdio::inherit()))
    }

    pub(crate) fn resident_mib(&self) -> Result<f64, Failure> {
        resident_mib(self.child.id())
    }

    pub(crate) fn time_on_core(&self) -> Duration {
        time_on_core(self.child.id())
    }

    /// Waits until it has nothing more to do by itself: a server that starts for
    /// the first time makes keys, beside which nothing else is measured.
    pub(crate) fn comes_to_rest(&self) {
        const LOOKS: u32 = 40;
        const BETWEEN: Duration = Duration::from_millis(250);
        const AT_REST: Duration = Duration::from_millis(5);
        for _ in 0..LOOKS {
            let before = self.time_on_core();
            std::thread::sleep(BETWEEN);
            if self.time_on_core().saturating_sub(before) < AT_REST {
                return;
            }
        }
    }

    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(&self.address)
    }

    fn spawn(command: &mut Command) -> Result<Self, Failure> {
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| Failure::new(format!("a server did not start: {error}")))?;
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let read = stdout.read_line(&mut line);
        let address = read.ok().and_then(|_| address(&line));
        let mut server = Self { child, address: String::new(), _stdout: stdout };
        server.address =
            address.ok_or_else(|| Failure::new("a server ended before it listened; it said why above"))?;
        Ok(server)
    }

    fn becomes_ready(&self) -> Result<(), Failure> {
        const WITHIN: Duration = Duration::from_secs(30);
        let begun = report::now();
        while begun.elapsed() < WITHIN {
            if self.is_ready() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Err(Failure::new("the server did not become ready"))
    }

    fn is_ready(&self) -> bool {
        let asked = Connection::try_open(&self.address)
            .and_then(|mut connection| connection.send(Head::get("/readyz", None), ""));
        asked.is_ok_and(|answer| answer.status == 200)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address in a line such as `Appkeep listens on 127.0.0.1:8080`.
fn address(line: &str) -> Option<String> {
    line.split_whitespace().find(|word| word.starts_with("127.0.0.1:")).map(str::to_owned)
}

/// Runs a program to its end, and returns what it printed.
pub(crate) fn output(command: &mut Command, what: &Path) -> Result<String, Failure> {
    let failed = |reason: String| Failure::new(format!("`{}` {reason}", what.display()));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(format!("could not be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("printed no text".to_owned()))
}
