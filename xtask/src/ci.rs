//! `cargo xtask ci`: everything that must hold before a change is merged.

use std::sync::mpsc;

use crate::process::Program;
use crate::report::{self, Report};
use crate::{Failure, peers, prerequisites};

/// What is known from the text alone and ends soonest, so that it is known first.
const OF_THE_TEXT: &[(&str, Program<'_>)] = &[
    ("format", cargo(&["fmt", "--all", "--check"])),
    ("lints", cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])),
];

/// By itself, because the compilers that run beside the tests would wait for it.
const BUILD: Program<'_> = cargo(&["test", "--workspace", "--locked", "--no-run"]);

/// Every failing test in one run, rather than the first crate's. They wait for a
/// database more than they compute, so more run at once than there are cores.
const TESTS: Program<'_> = Program {
    environment: Some(("RUST_TEST_THREADS", "8")),
    ..cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
};

/// What leaves a core idle by itself, one after the other while the tests run.
const BESIDE_THE_TESTS: &[(&str, Program<'_>)] = &[
    ("the API against its description", cargo(&["xtask", "contract"])),
    (
        "documentation",
        Program {
            environment: Some(("RUSTDOCFLAGS", "-Dwarnings")),
            ..cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
        },
    ),
    // In a workspace of its own, where nothing else would notice a change; without
    // the fuzzer, which would be compiled and not used.
    (
        "fuzz targets",
        cargo(&[
            "check",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--no-default-features",
            "--target-dir",
            "target",
            "--locked",
        ]),
    ),
];

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
    let _ = report.step("building the tests", || BUILD.run());
    std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        scope.spawn(move || {
            for (_, check) in BESIDE_THE_TESTS {
                let _ = tell.send(check.run_unheard());
            }
        });
        let _ = report.step("tests", || TESTS.run());
        for (title, _) in BESIDE_THE_TESTS {
            let _ = report.step(title, || {
                let (said, outcome) = told.recv().map_err(|_| Failure::new("running it broke off"))?;
                report::pass_on(&said);
                outcome
            });
        }
    });
    report.close()
}

const fn cargo(arguments: &'static [&'static str]) -> Program<'static> {
    Program { name: "cargo", arguments, environment: None }
}
