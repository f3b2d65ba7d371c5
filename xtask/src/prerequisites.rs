//! Programs that the chores start, and how to get the ones that are missing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Program;
use crate::{Failure, report};

/// Something a chore uses, and the Debian package that brings it.
pub(crate) struct Need {
    what: &'static str,
    package: &'static str,
    present: fn() -> bool,
}

/// What the tests need, one line a need.
pub(crate) const TESTS: &[Need] = &[
    Need { what: "PostgreSQL's server programs", package: "postgresql", present: has_postgresql },
    Need { what: "Python 3", package: "python3", present: || runs("python3", &["--version"]) },
    Need { what: "Python's venv module", package: "python3-venv", present: has_venv },
    Need { what: "PyJWT, which the README's first steps use", package: "python3-jwt", present: has_pyjwt },
    Need { what: "PyJWT's cryptography", package: "python3-cryptography", present: has_pyjwt },
    Need { what: "curl", package: "curl", present: || runs("curl", &["--version"]) },
    Need { what: "jq", package: "jq", present: || runs("jq", &["--version"]) },
    Need { what: "Node.js 20 or later", package: "nodejs", present: has_node },
    Need { what: "npm", package: "npm", present: || runs("npm", &["--version"]) },
    Need { what: "Chromium", package: "chromium", present: || BROWSERS.iter().any(|name| is_on_path(name)) },
    // Of what a client in Rust speaks TLS with, which is not ours.
    Need { what: "pkg-config", package: "pkg-config", present: || runs("pkg-config", &["--version"]) },
    Need {
        what: "OpenSSL's headers",
        package: "libssl-dev",
        present: || runs("pkg-config", &["--exists", "openssl"]),
    },
    Need { what: "the CA certificates", package: "ca-certificates", present: has_certificates },
];

/// By which of its names there is a Chromium; `tests/peers/node/chromium.mjs` looks for the same.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// What the benchmark needs.
pub(crate) const BENCHMARK: &[Need] = &[
    // Without an argument it only tells how it is used, and ends with 1.
    Need { what: "the load generator wrk", package: "wrk", present: || is_on_path("wrk") },
    Need { what: "taskset", package: "util-linux", present: || runs("taskset", &["--version"]) },
];

/// Installs the packages that are missing, and says which needs were met.
pub(crate) fn install(needs: &'static [Need]) -> Result<(), Failure> {
    let missing = missing(needs);
    if missing.is_empty() {
        report::say("everything is here");
        return Ok(());
    }
    for need in &missing {
        report::say(&format!("{} is not here; installing `{}`", need.what, need.package));
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    apt_get(&["update", "--quiet"]).map_err(|error| not_installed(&packages, &error))?;
    let arguments =
        [&["install", "--yes", "--quiet", "--no-install-recommends"], packages.as_slice()].concat();
    apt_get(&arguments).map_err(|error| not_installed(&packages, &error))?;
    still_missing(needs, &packages)
}

fn missing(needs: &'static [Need]) -> Vec<&'static Need> {
    needs.iter().filter(|need| !(need.present)()).collect()
}

/// A package manager may end well and still leave something out.
fn still_missing(needs: &'static [Need], installed: &[&str]) -> Result<(), Failure> {
    match missing(needs).first() {
        None => Ok(()),
        Some(need) => Err(Failure::new(format!(
            "{} is still not here after installing {}; install it by hand and run this again",
            need.what,
            installed.join(", ")
        ))),
    }
}

fn not_installed(packages: &[&str], error: &Failure) -> Failure {
    Failure::new(format!(
        "these are needed: {}; and installing failed: {error}; install by hand and run this again",
        packages.join(", ")
    ))
}

/// Runs `apt-get` without questions, through `sudo` for anybody but root.
fn apt_get(arguments: &[&str]) -> Result<(), Failure> {
    let as_root = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let line = [as_root.as_slice(), arguments].concat();
    if is_root() { Program::new(line[0], &line[1..]).run() } else { Program::new("sudo", &line).run() }
}

fn is_root() -> bool {
    Program::new("id", &["-u"]).output().is_ok_and(|user| user.trim_ascii() == b"0")
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Program::new(program, arguments).works()
}

/// By `sh`, which has to look for it anyway.
fn is_on_path(program: &str) -> bool {
    runs("sh", &["-c", &format!("command -v {program}")])
}

/// Debian keeps the server's programs out of the path, a folder a version.
fn has_postgresql() -> bool {
    let on_path = runs("postgres", &["--version"]) && runs("initdb", &["--version"]);
    on_path || versions("/usr/lib/postgresql").iter().any(|version| has_server(&version.join("bin")))
}

fn has_server(programs: &Path) -> bool {
    ["postgres", "initdb", "pg_ctl"].iter().all(|program| programs.join(program).is_file())
}

fn versions(folder: &str) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Debian ships `venv` without `ensurepip`, and then it cannot make one.
fn has_venv() -> bool {
    runs("python3", &["-c", "import ensurepip, venv"])
}

/// In the system's own Python, where `apt-get` puts it.
fn has_pyjwt() -> bool {
    runs("/usr/bin/python3", &["-c", "import cryptography, jwt"])
}

/// Older ones lack what the clients of `tests/peers/node` are written for.
fn has_node() -> bool {
    runs("node", &["--eval", "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)"])
}

fn has_certificates() -> bool {
    Path::new("/etc/ssl/certs/ca-certificates.crt").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_install_says_what_is_needed_and_what_to_do() {
        let failure = not_installed(&["postgresql", "jq"], &Failure::new("`apt-get update` ended with 100"));
        assert_eq!(
            failure.to_string(),
            "these are needed: postgresql, jq; and installing failed: `apt-get update` ended with 100; \
             install by hand and run this again"
        );
    }

    #[test]
    fn a_folder_without_the_server_is_not_postgresql() {
        assert!(!has_server(Path::new("/nowhere/postgresql/17/bin")));
        assert!(versions("/nowhere/postgresql").is_empty());
    }

    #[test]
    fn each_package_is_asked_for_once() {
        let needs = || TESTS.iter().chain(BENCHMARK);
        let mut packages: Vec<&str> = needs().map(|need| need.package).collect();
        packages.sort_unstable();
        packages.dedup();
        assert_eq!(packages.len(), needs().count());
    }
}
