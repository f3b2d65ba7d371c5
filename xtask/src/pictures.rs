//! `cargo xtask pictures`: every page of the console as a picture, to be looked at.
//!
//! A server is started on a folder of its own and filled with something of
//! everything; Chromium then follows the links from the console's first page, on
//! screens of each width, in light and in dark.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::footprint::Folder;
use crate::bench::registry::{AFTER_A_NEW_PASSWORD, Registry};
use crate::bench::server::{Programs, Server};
use crate::{Failure, peers, prerequisites, report, repository};

/// What the help says of it.
pub const PURPOSE: &str =
    "take pictures of every page of the console: [--into target/pictures] [--widths 360,1280,1920]";

const PROGRAM: &str = "tests/peers/node/console_pictures.mjs";
/// The narrowest and the widest screen there is any sense in.
const NARROWEST: u32 = 240;
const WIDEST: u32 = 7_680;

/// Where the pictures go, and for which screens they are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    into: PathBuf,
    /// In pixels.
    widths: Vec<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { into: repository::root().join("target/pictures"), widths: vec![360, 1280, 1920] }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| Failure::new(format!("`{word}` needs a value")))?;
            match word.as_str() {
                "--into" => options.into = absolute(value)?,
                "--widths" => options.widths = widths(value)?,
                _ => return Err(Failure::new(format!("`{word}` is not understood; {PURPOSE}"))),
            }
        }
        Ok(options)
    }
}

/// As whoever asks means it: the program that takes them runs in another folder.
fn absolute(path: &str) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::new(format!("`{path}`: {error}")))
}

fn widths(text: &str) -> Result<Vec<u32>, Failure> {
    let width = |word: &str| word.parse::<u32>().ok().filter(|width| (NARROWEST..=WIDEST).contains(width));
    let widths: Option<Vec<u32>> = text.split(',').map(width).collect();
    widths.ok_or_else(|| {
        Failure::new(format!("`{text}` is no list of widths from {NARROWEST} to {WIDEST}, such as 360,1280"))
    })
}

pub fn run(options: &Options) -> Result<(), Failure> {
    prerequisites::install(prerequisites::TESTS)?;
    peers::install_packages()?;
    let (programs, folder) = (Programs::of_tests()?, Folder::make()?);
    let data = folder.path().join("pictures");
    let server = Server::start_to_try(&programs, &data)?;
    let registry = Registry::make(&programs, data, 0)?;
    std::thread::sleep(AFTER_A_NEW_PASSWORD);
    let given = given(options, &server, &registry)?;
    // What it is given is not repeated when it fails: there are secrets in it.
    let mut command = Command::new("node");
    let status = command.arg(PROGRAM).arg(given.to_string()).current_dir(repository::root()).status();
    let status = status.map_err(|error| Failure::new(format!("`node {PROGRAM}` did not start: {error}")))?;
    if !status.success() {
        return Err(Failure::new(format!("`node {PROGRAM}` ended with {status}; it said why above")));
    }
    report::say(&where_they_are(&options.into));
    Ok(())
}

/// What `PROGRAM` asks for.
fn given(options: &Options, server: &Server, registry: &Registry) -> Result<Value, Failure> {
    let authorization = registry.admin_authorization(&mut server.connect()?)?;
    Ok(json!({
        "issuer": registry.url,
        "token": authorization.trim_start_matches("Bearer "),
        "operator": { "email": registry.operator.email, "password": registry.operator.password },
        "into": options.into,
        "widths": options.widths,
    }))
}

fn where_they_are(into: &Path) -> String {
    format!("the pictures are in {}, a folder for each width and colour scheme", into.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let default = Options::default();
        assert!(default.into.ends_with("target/pictures"));
        let elsewhere = PathBuf::from("/elsewhere");
        for (line, expected) in [
            ("", Some(default.clone())),
            ("--into /elsewhere", Some(Options { into: elsewhere.clone(), ..default.clone() })),
            ("--widths 360", Some(Options { widths: vec![360], ..default })),
            (
                "--widths 800,2560 --into /elsewhere",
                Some(Options { into: elsewhere, widths: vec![800, 2560] }),
            ),
            ("--into", None),
            ("--widths", None),
            ("--widths wide", None),
            ("--widths 360,", None),
            ("--widths 100", None),
            ("--heights 100", None),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Options::parse(&words).ok(), expected, "{line}");
        }
    }

    #[test]
    fn a_folder_is_where_it_was_asked_for() {
        let read = absolute("here/and/now").expect("a path");
        assert!(read.is_absolute() && read.ends_with("here/and/now"), "{}", read.display());
    }
}
