//! `cargo xtask contract`: the running server against its own description.
//!
//! Schemathesis makes requests out of the OpenAPI document, rightful and
//! wrongful ones, and holds each answer against it. The default is short and
//! has a fixed seed, and so is part of CI.

use std::process::Command;

use serde_json::{Value, json};

use crate::bench::connection::{Connection, Head, JSON};
use crate::bench::footprint::Folder;
use crate::bench::machine::Machine;
use crate::bench::registry::{Registry, text};
use crate::bench::server::{Programs, Server};
use crate::peers::CONTRACT;
use crate::{Failure, prerequisites, repository};

/// What the help says of it.
pub const PURPOSE: &str =
    "hold the running server against its OpenAPI document: [--seed 1] [--examples 5] [--seconds 600]";

/// Applications that requests may do everything to.
const VICTIMS: usize = 60;

/// How many requests are made up, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    seed: u32,
    /// The most for each operation.
    examples: u32,
    /// For how long requests are made up again and again; once when not said.
    seconds: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, examples: 5, seconds: None }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let number = words.next().and_then(|number| number.parse().ok());
            match (word.as_str(), number) {
                ("--seed", Some(seed)) => options.seed = seed,
                ("--examples", Some(examples)) => options.examples = examples,
                ("--seconds", Some(seconds)) => options.seconds = Some(seconds),
                _ => return Err(Failure::new(format!("`{word}` is not understood; {PURPOSE}"))),
            }
        }
        Ok(options)
    }
}

pub fn run(options: Options) -> Result<(), Failure> {
    prerequisites::install(prerequisites::TESTS)?;
    CONTRACT.install()?;
    let (programs, folder) = (Programs::of_tests()?, Folder::make()?);
    let registry = Registry::make(&programs, folder.path().join("contract"), 0)?;
    let server = Server::start(&programs, &Machine::look(), &registry)?;
    let mut connection = server.connect()?;
    let authorization = registry.admin_authorization(&mut connection)?;
    let others = victims(&mut connection, &authorization)?;
    let mut command = schemathesis(options, &server.address);
    command.current_dir(folder.path());
    command.env("APPKEEP_CONTRACT_TOKEN", authorization.trim_start_matches("Bearer "));
    command.env("APPKEEP_CONTRACT_CLIENT_ID", &registry.admin.id);
    command.env("APPKEEP_CONTRACT_CLIENT_SECRET", &registry.admin.secret);
    command.env("APPKEEP_CONTRACT_OTHERS", others.join(" "));
    let status = command.status();
    let status = status.map_err(|error| Failure::new(format!("Schemathesis did not start: {error}")))?;
    if !status.success() {
        return Err(Failure::new("an answer was not as the OpenAPI document says; which one stands above"));
    }
    // A run whose caller was shut out half way has seen refusals only.
    server.connect()?.ask(Head::get("/api/v1/tenant", Some(&authorization)), "").map(|_| ())
}

fn schemathesis(options: Options, address: &str) -> Command {
    let ours = repository::root().join("tests/contract");
    let mut command = Command::new(CONTRACT.program("schemathesis"));
    command.arg("--config-file").arg(ours.join("schemathesis.toml"));
    command.args(["run", &format!("http://{address}/openapi.json"), "--no-color", "--continue-on-failure"]);
    command.args(["--generation-database", ":memory:", "--workers", "1", "--warnings", "off"]);
    command.args(["--seed", &options.seed.to_string(), "--max-examples", &options.examples.to_string()]);
    if let Some(seconds) = options.seconds {
        command.args(["--max-time", &seconds.to_string()]);
    }
    command.env("PYTHONPATH", ours).env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn victims(connection: &mut Connection, authorization: &str) -> Result<Vec<String>, Failure> {
    let head = Head {
        method: "POST",
        path: "/api/v1/applications",
        content_type: Some(JSON),
        authorization: Some(authorization),
        cookie: None,
    };
    let make = |number: usize| {
        let body = json!({ "type": "m2m", "name": format!("Victim {number}") });
        let made: Value = connection.ask(head, &body.to_string())?;
        text(&made["data"], "id")
    };
    (0..VICTIMS).map(make).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let default = Options::default();
        for (line, expected) in [
            ("", Some(default)),
            ("--seed 7 --seconds 60", Some(Options { seed: 7, seconds: Some(60), ..default })),
            ("--examples 50", Some(Options { examples: 50, ..default })),
            ("--examples", None),
            ("--seed now", None),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Options::parse(&words).ok(), expected, "{line}");
        }
    }
}
