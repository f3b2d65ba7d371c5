//! `cargo xtask ci`: everything that must hold before a change is merged.

use crate::process::Program;
use crate::report::Report;
use crate::{Failure, contract, peers, prerequisites};

/// What is known from the text alone, quickest first.
const OF_THE_TEXT: &[(&str, Program<'_>)] = &[
    ("format", cargo(&["fmt", "--all", "--check"])),
    ("lints", cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])),
    (
        "documentation",
        Program {
            environment: Some(("RUSTDOCFLAGS", "-Dwarnings")),
            ..cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
        },
    ),
    // In a workspace of its own, where nothing else would notice a change.
    (
        "fuzz targets",
        cargo(&["check", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target", "--locked"]),
    ),
];

/// Every failing test in one run, rather than the first crate's. They wait for a
/// database more than they compute, so more run at once than there are cores.
const TESTS: Program<'_> = Program {
    environment: Some(("RUST_TEST_THREADS", "8")),
    ..cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
};

/// Installs what is missing and runs every check, also after one has failed.
///
/// A failed install ends the run: its tests could only fail for a reason that
/// is known already.
pub fn run() -> Result<(), Failure> {
    let mut report = Report::new(Box::new(std::io::stdout()));
    report.step("what the tests need", || prerequisites::install(prerequisites::TESTS))?;
    std::thread::scope(|scope| {
        // Other people's servers are waited for while the compiler works.
        let fetched = scope.spawn(peers::fetch);
        for (title, check) in OF_THE_TEXT {
            // Remembered by the report, which is asked at the end.
            let _ = report.step(title, || check.run());
        }
        report.step("peers to test against", || {
            fetched.join().map_err(|_| Failure::new("fetching them broke off"))??;
            peers::build()
        })
    })?;
    let _ = report.step("tests", || TESTS.run());
    let _ = report.step("the API against its description", || contract::run(contract::Options::default()));
    report.close()
}

const fn cargo(arguments: &'static [&'static str]) -> Program<'static> {
    Program { name: "cargo", arguments, environment: None }
}
