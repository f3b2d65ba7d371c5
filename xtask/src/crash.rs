//! `cargo xtask crash`: `kill -9` under load, again and again.
//!
//! The work is done by tests of the binary, which CI runs for a round or two;
//! this runs them for many, on the server as it is released.

use crate::process::Program;
use crate::{Failure, prerequisites};

/// What the help says of it.
pub const PURPOSE: &str = "kill the server under load and see what is kept: [--rounds 20] [--database sqlite|postgres|postmaster] [--seed 1]";

/// What is killed, and the test that kills it.
const VICTIMS: [(&str, &str); 3] = [
    ("sqlite", "crash::sqlite_survives_the_end_of_the_server"),
    ("postgres", "crash::postgres_survives_the_end_of_the_server"),
    ("postmaster", "crash::postgres_survives_the_end_of_the_postmaster"),
];

/// How often, on which, and with what chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    rounds: u32,
    seed: u64,
    /// All of them when none was named.
    database: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 20, seed: 1, database: None }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| refused(&format!("`{word}` has no value")))?;
            let number = || value.parse().map_err(|_| refused(&format!("`{value}` is not a number")));
            match word.as_str() {
                "--rounds" => {
                    options.rounds = u32::try_from(number()?).map_err(|_| refused("so many rounds"))?;
                }
                "--seed" => options.seed = number()?,
                "--database" => options.database = Some(victim(value)?),
                other => return Err(refused(&format!("`{other}` is not known"))),
            }
        }
        Ok(options)
    }
}

fn victim(name: &str) -> Result<usize, Failure> {
    let found = VICTIMS.iter().position(|(victim, _)| *victim == name);
    found.ok_or_else(|| refused(&format!("`{name}` is not a database")))
}

fn refused(why: &str) -> Failure {
    Failure::new(format!("{why}; cargo xtask crash: {PURPOSE}"))
}

pub fn run(options: &Options) -> Result<(), Failure> {
    prerequisites::install(prerequisites::TESTS)?;
    let plan = format!("{} {}", options.rounds, options.seed);
    let wanted = |number: usize| options.database.is_none_or(|database| database == number);
    for (_, (_, test)) in VICTIMS.iter().enumerate().filter(|(number, _)| wanted(*number)) {
        let arguments = ["test", "--release", "--locked", "--package", "appkeep-cli", "--test", "binary"];
        let arguments = [&arguments[..], &["--", "--exact", "--nocapture", test]].concat();
        Program { environment: Some(("APPKEEP_CRASH", &plan)), ..Program::new("cargo", &arguments) }.run()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Options> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words).ok()
    }

    #[test]
    fn options_are_read_and_others_refused() {
        let default = Options::default();
        for (line, expected) in [
            ("", Some(default.clone())),
            ("--rounds 3", Some(Options { rounds: 3, ..default.clone() })),
            ("--seed 7 --database postgres", Some(Options { seed: 7, database: Some(1), ..default })),
            ("--rounds", None),
            ("--rounds many", None),
            ("--rounds 5000000000", None),
            ("--database oracle", None),
            ("--loudly yes", None),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
