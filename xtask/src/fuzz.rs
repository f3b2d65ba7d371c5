//! `cargo xtask fuzz`: what strangers may send, guessed at for a while.

use crate::process::Program;
use crate::{Failure, report, repository};

/// What the help says of it.
pub const PURPOSE: &str = "run every fuzz target in turn: [--seconds 60] [--only TARGET]";

/// Where the targets are: a workspace of its own, for a nightly compiler.
const TARGETS: &str = "fuzz/fuzz_targets";

/// What was asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    seconds: u32,
    only: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seconds: 60, only: None }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match (word.as_str(), words.next()) {
                ("--seconds", Some(seconds)) => options.seconds = parse_seconds(seconds)?,
                ("--only", Some(target)) => options.only = Some(target.clone()),
                _ => return Err(Failure::new(format!("`{word}` is not understood; {PURPOSE}"))),
            }
        }
        Ok(options)
    }
}

/// Runs each target for its time; the first that fails ends the run, and says
/// with which input.
pub fn run(options: &Options) -> Result<(), Failure> {
    prepare()?;
    let targets: Vec<String> = targets().into_iter().filter(|name| options.wants(name)).collect();
    if targets.is_empty() {
        return Err(Failure::new(format!("there is no such target in {TARGETS}")));
    }
    for (number, target) in targets.iter().enumerate() {
        report::say(&format!(
            "\n── {target} ({} of {}), for {} s",
            number + 1,
            targets.len(),
            options.seconds
        ));
        fuzz(target, options.seconds)?;
    }
    report::say(&format!("\n{} targets ran {} s each and found nothing", targets.len(), options.seconds));
    Ok(())
}

impl Options {
    fn wants(&self, target: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == target)
    }
}

fn parse_seconds(text: &str) -> Result<u32, Failure> {
    let seconds = text.parse().ok().filter(|&seconds| seconds > 0);
    seconds.ok_or_else(|| Failure::new(format!("`{text}` is no number of seconds")))
}

fn prepare() -> Result<(), Failure> {
    if Program::new("cargo", &["+nightly", "fuzz", "--version"]).works() {
        return Ok(());
    }
    if !Program::new("cargo", &["+nightly", "--version"]).works() {
        return Err(Failure::new(
            "a nightly compiler is needed; `rustup toolchain install nightly` gets one",
        ));
    }
    report::say("cargo-fuzz is not here; installing it");
    Program::new("cargo", &["+nightly", "install", "--locked", "cargo-fuzz"]).run()
}

/// One file a target.
fn targets() -> Vec<String> {
    let names = repository::names_in(TARGETS);
    names.iter().filter_map(|name| name.strip_suffix(".rs")).map(str::to_owned).collect()
}

/// Progress is libFuzzer's own.
fn fuzz(target: &str, seconds: u32) -> Result<(), Failure> {
    let time = format!("-max_total_time={seconds}");
    let arguments = ["+nightly", "fuzz", "run", target, "--", &time, "-print_final_stats=1"];
    Program::new("cargo", &arguments).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_input_has_a_target() {
        let expected = [
            "authorize_request",
            "client_assertion",
            "cursor",
            "jwt",
            "mask",
            "redirect_uri",
            "secret",
            "token_request",
        ]
        .map(str::to_owned);
        assert_eq!(targets(), expected);
    }

    #[test]
    fn a_target_and_a_time_can_be_chosen() {
        let parse = |line: &str| {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Options::parse(&arguments).ok()
        };
        for (line, expected) in [
            ("", Some(Options { seconds: 60, only: None })),
            ("--seconds 600", Some(Options { seconds: 600, only: None })),
            ("--only jwt --seconds 5", Some(Options { seconds: 5, only: Some("jwt".to_owned()) })),
            ("--seconds", None),
            ("--seconds 0", None),
            ("jwt", None),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
