//! Which chores there are, and which one was asked for.

use std::process::ExitCode;

use crate::{Failure, ci, openapi, report};

/// A chore that `cargo xtask` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    Ci,
    OpenApi,
    Help,
}

/// Every chore in the order in which the help lists them.
const CHORES: &[(&str, Chore, &str)] = &[
    ("ci", Chore::Ci, "install what the tests need, then check format, lints, documentation and tests"),
    ("openapi", Chore::OpenApi, "write openapi/native-v1.json from the code"),
    ("help", Chore::Help, "list the chores"),
];

impl Chore {
    /// No argument means help; more than one, or a word not listed, is refused.
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::Help),
            [word] if matches!(word.as_str(), "-h" | "--help") => Ok(Self::Help),
            [word] => CHORES
                .iter()
                .find_map(|(name, chore, _)| (name == word).then_some(*chore))
                .ok_or_else(|| Failure::new(format!("there is no chore `{word}`\n\n{}", usage()))),
            [_, extra, ..] => {
                Err(Failure::new(format!("a chore takes no arguments, and here is `{extra}`\n\n{}", usage())))
            }
        }
    }

    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Ci => ci::run(),
            Self::OpenApi => openapi::write(),
            Self::Help => {
                report::say(&usage());
                Ok(())
            }
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
