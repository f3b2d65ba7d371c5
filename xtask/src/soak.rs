//! `cargo xtask soak`: the server at half of what it can do, for a long while.
//!
//! Whatever a server should give back, it has given back within minutes; what
//! still grows after that grows for ever. So memory, tables and latency are
//! sampled, and the first third of the samples is compared with the last.

mod load;
mod sample;

use std::time::Duration;

use self::load::{KINDS, Load};
use self::sample::{Sample, Series};
use crate::bench::footprint::Folder;
use crate::bench::machine::Machine;
use crate::bench::registry::Registry;
use crate::bench::server::{Programs, Server};
use crate::{Failure, bench, prerequisites, report};

/// What the help says of it.
pub const PURPOSE: &str = "run the released server at half of its load, and see what grows: [--minutes 30]";

const SEEDED: usize = 10_000;
const EVERY: Duration = Duration::from_secs(30);
/// The share of the samples that is shown and not compared: a fifth.
const WARMING_UP: u64 = 5;
/// How long the load is put on without measure, which says how much the whole is.
const FULL_LOAD: Duration = Duration::from_secs(10);

/// For how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    minutes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { minutes: 30 }
    }
}

impl Options {
    pub fn parse(arguments: &[String]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::default()),
            [flag, minutes] if flag == "--minutes" => match minutes.parse() {
                Ok(minutes) if minutes >= 2 => Ok(Self { minutes }),
                _ => Err(Failure::new(format!("`{minutes}` is not a number from 2 on; {PURPOSE}"))),
            },
            _ => Err(Failure::new(format!("this is not understood; {PURPOSE}"))),
        }
    }
}

pub fn run(options: Options) -> Result<(), Failure> {
    prerequisites::install(prerequisites::BENCHMARK)?;
    prerequisites::install(prerequisites::TESTS)?;
    bench::build()?;
    let (folder, programs, machine) = (Folder::make()?, Programs::built(), Machine::look());
    report::complain(&format!("seeding {SEEDED} applications"));
    let registry = Registry::make(&programs, folder.path().join("soak"), SEEDED)?;
    let server = Server::start(&programs, &machine, &registry)?;
    let load = Load::start(&server, &registry)?;
    let full = load.rate_over(FULL_LOAD)?;
    load.hold(full / 2.0);
    let mut series = Series::new(KINDS);
    // The first tells of the full load, and is no part of it.
    load.take();
    let samples = u64::from(options.minutes) * 60 / EVERY.as_secs();
    for number in 1..=samples {
        std::thread::sleep(EVERY);
        let taken = load.take();
        load.check()?;
        let sample = Sample::take(&server, &registry, taken, EVERY)?;
        report::complain(&format!("{number} of {samples}: {}", sample.line()));
        // Until then the server fills what it remembers, which has an upper limit.
        if number > samples / WARMING_UP {
            series.add(sample);
        }
    }
    load.stop()?;
    for line in machine.describe() {
        report::say(&format!("- {line}"));
    }
    report::say(&format!("- full load: {full:.0} requests in a second; held at {:.0}\n", full / 2.0));
    report::say(&series.to_string());
    series.verdict()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        for (line, expected) in [
            ("", Some(Options { minutes: 30 })),
            ("--minutes 3", Some(Options { minutes: 3 })),
            ("--minutes 1", None),
            ("--minutes soon", None),
            ("--minutes", None),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Options::parse(&words).ok(), expected, "{line}");
        }
    }
}
