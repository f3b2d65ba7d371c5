//! Other people's implementations, which the tests check ours against.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Program;
use crate::{Failure, report, repository};

/// Installs those that come as packages, for the tests and for
/// `cargo xtask contract`.
pub(crate) fn fetch() -> Result<(), Failure> {
    PEERS.install()?;
    install_packages()?;
    CONTRACT.install()
}

/// Builds the one in Rust: in a workspace of its own, and beside the binary that
/// it is to test.
pub(crate) fn build() -> Result<(), Failure> {
    const BUILD: &[&str] =
        &["build", "--manifest-path", "tests/peers/rust/Cargo.toml", "--target-dir", "target", "--locked"];
    Program::new("cargo", BUILD).run()
}

/// Where the clients that run on Node.js are, and in it what they are made of.
const NODE: &str = "tests/peers/node";

/// What `package-lock.json` lists, from which nothing is run while it is installed.
pub(crate) fn install_packages() -> Result<(), Failure> {
    let folder = repository::root().join(NODE);
    let wanted = read(&folder.join("package-lock.json"))?;
    // npm leaves a list of its own there, which says the same in other words.
    let installed = folder.join("node_modules/package-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        report::say(&format!("what {NODE}/package-lock.json lists is here"));
        return Ok(());
    }
    Program::new("npm", &["ci", "--prefix", NODE, "--ignore-scripts", "--no-audit", "--no-fund"])
        .run()
        .map_err(|error| {
            Failure::new(format!("what {NODE}/package-lock.json lists could not be installed: {error}"))
        })?;
    write(&installed, wanted)
}

/// A Python environment of its own, and what is to be in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Environment {
    folder: &'static str,
    requirements: &'static str,
}

/// The one that the tests look for.
const PEERS: Environment =
    Environment { folder: "target/peers-venv", requirements: "tests/peers/requirements.txt" };

/// The one that `cargo xtask contract` uses.
pub(crate) const CONTRACT: Environment =
    Environment { folder: "target/contract-venv", requirements: "tests/contract/requirements.txt" };

impl Environment {
    /// Makes it what its list says, and does nothing when it is so already.
    pub(crate) fn install(self) -> Result<(), Failure> {
        let root = repository::root();
        let wanted = read(&root.join(self.requirements))?;
        // A copy of the list lies inside once everything on it is installed.
        let installed = root.join(self.folder).join("requirements.txt");
        if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
            report::say(&format!("what {} lists is here", self.requirements));
            return Ok(());
        }
        Program::new("python3", &["-m", "venv", "--clear", self.folder]).run()?;
        let pip = self.program("pip").to_string_lossy().into_owned();
        let arguments =
            ["install", "--quiet", "--disable-pip-version-check", "--requirement", self.requirements];
        Program::new(&pip, &arguments).run().map_err(|error| {
            Failure::new(format!("what {} lists could not be installed: {error}", self.requirements))
        })?;
        write(&installed, wanted)
    }

    /// In full, because a relative program and another working folder do not go together everywhere.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        repository::root().join(self.folder).join("bin").join(name)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn write(path: &Path, text: String) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
