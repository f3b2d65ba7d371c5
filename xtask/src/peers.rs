//! Other people's implementations, which the tests check ours against.

use std::fs;
use std::path::Path;

use crate::process::Program;
use crate::{Failure, report, repository};

/// The Python environment that the tests look for.
const ENVIRONMENT: &str = "target/peers-venv";
const REQUIREMENTS: &str = "tests/peers/requirements.txt";

/// Makes [`ENVIRONMENT`] what [`REQUIREMENTS`] says, and does nothing when it is so already.
pub(crate) fn install() -> Result<(), Failure> {
    let root = repository::root();
    let wanted = read(&root.join(REQUIREMENTS))?;
    // A copy of the list lies inside once everything on it is installed.
    let installed = root.join(ENVIRONMENT).join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        report::say("the Python peers are here");
        return Ok(());
    }
    Program::new("python3", &["-m", "venv", "--clear", ENVIRONMENT]).run()?;
    // In full, because a relative program and another working folder do not go together everywhere.
    let pip = root.join(ENVIRONMENT).join("bin/pip").to_string_lossy().into_owned();
    let pip_install = Program::new(
        &pip,
        &["install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS],
    );
    pip_install.run().map_err(|error| {
        Failure::new(format!("the Python peers of {REQUIREMENTS} could not be installed: {error}"))
    })?;
    fs::write(&installed, wanted).map_err(|error| Failure::new(format!("{}: {error}", installed.display())))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
