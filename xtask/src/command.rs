//! Which chores there are, and which one was asked for.

use std::process::ExitCode;

use crate::{Failure, bench, ci, contract, crash, fuzz, openapi, pictures, report, soak};

/// A chore that `cargo xtask` knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Chore {
    Ci,
    OpenApi,
    Bench(bench::Options),
    Fuzz(fuzz::Options),
    Crash(crash::Options),
    Contract(contract::Options),
    Pictures(pictures::Options),
    Soak(soak::Options),
    Help,
}

/// A chore's word, how what follows it is read, and what it is for.
type Entry = (&'static str, fn(&[String]) -> Result<Chore, Failure>, &'static str);

/// Every chore in the order in which the help lists them.
const CHORES: &[Entry] = &[
    (
        "ci",
        |rest| alone(rest, Chore::Ci),
        "install what the tests need, then check format, lints, documentation and tests",
    ),
    ("openapi", |rest| alone(rest, Chore::OpenApi), "write openapi/native-v1.json from the code"),
    ("bench", |rest| bench::Options::parse(rest).map(Chore::Bench), bench::PURPOSE),
    ("fuzz", |rest| fuzz::Options::parse(rest).map(Chore::Fuzz), fuzz::PURPOSE),
    ("crash", |rest| crash::Options::parse(rest).map(Chore::Crash), crash::PURPOSE),
    ("contract", |rest| contract::Options::parse(rest).map(Chore::Contract), contract::PURPOSE),
    ("pictures", |rest| pictures::Options::parse(rest).map(Chore::Pictures), pictures::PURPOSE),
    ("soak", |rest| soak::Options::parse(rest).map(Chore::Soak), soak::PURPOSE),
    ("help", |rest| alone(rest, Chore::Help), "list the chores"),
];

impl Chore {
    /// No argument means help; a word not listed is refused.
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let Some((word, rest)) = arguments.split_first() else { return Ok(Self::Help) };
        if matches!(word.as_str(), "-h" | "--help") {
            return alone(rest, Self::Help);
        }
        let Some((_, parse, _)) = CHORES.iter().find(|(name, _, _)| name == word) else {
            return Err(Failure::new(format!("there is no chore `{word}`\n\n{}", usage())));
        };
        parse(rest)
    }

    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Ci => ci::run(),
            Self::OpenApi => openapi::write(),
            Self::Bench(options) => bench::run(options),
            Self::Fuzz(options) => fuzz::run(&options),
            Self::Crash(options) => crash::run(&options),
            Self::Contract(options) => contract::run(options),
            Self::Pictures(options) => pictures::run(&options),
            Self::Soak(options) => soak::run(options),
            Self::Help => {
                report::say(&usage());
                Ok(())
            }
        }
    }
}

/// For a chore that takes no arguments.
fn alone(rest: &[String], chore: Chore) -> Result<Chore, Failure> {
    match rest.first() {
        None => Ok(chore),
        Some(extra) => {
            Err(Failure::new(format!("this chore takes no arguments, and here is `{extra}`\n\n{}", usage())))
        }
    }
}

/// Runs the chore that the arguments name and says in words what went wrong.
pub fn run(arguments: &[String]) -> ExitCode {
    match Chore::parse(arguments).and_then(Chore::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::complain(&format!("xtask: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let lines = CHORES.iter().map(|(name, _, purpose)| format!("  cargo xtask {name:<9}{purpose}"));
    std::iter::once("The repository's chores:".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Chore> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Chore::parse(&arguments).ok()
    }

    #[test]
    fn knows_its_chores_and_refuses_the_rest() {
        let cases = [
            ("", Some(Chore::Help)),
            ("help", Some(Chore::Help)),
            ("--help", Some(Chore::Help)),
            ("ci", Some(Chore::Ci)),
            ("openapi", Some(Chore::OpenApi)),
            ("CI", None),
            ("deploy", None),
            ("ci now", None),
            ("help me", None),
            ("bench", Some(Chore::Bench(bench::Options::default()))),
            ("bench --slowly", None),
            ("fuzz", Some(Chore::Fuzz(fuzz::Options::default()))),
            ("fuzz --seconds soon", None),
            ("crash", Some(Chore::Crash(crash::Options::default()))),
            ("crash --rounds soon", None),
            ("contract", Some(Chore::Contract(contract::Options::default()))),
            ("contract --loudly", None),
            ("pictures", Some(Chore::Pictures(pictures::Options::default()))),
            ("pictures --widths wide", None),
            ("soak", Some(Chore::Soak(soak::Options::default()))),
            ("soak --minutes soon", None),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line), expected, "cargo xtask {line}");
        }
    }

    #[test]
    fn the_help_lists_every_chore() {
        for (name, _, purpose) in CHORES {
            assert!(usage().contains(&format!("cargo xtask {name}")), "{name}");
            assert!(usage().contains(purpose), "{name}");
        }
    }
}
