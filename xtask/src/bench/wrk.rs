//! The load generator.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::connection::Head;
use super::machine::Machine;
use super::server::{Server, output};
use super::spread::Spread;
use crate::{Failure, repository};

/// A load: the same request again and again, or with bodies in turn.
#[derive(Debug, Clone)]
pub(super) struct Load<'a> {
    pub(super) head: Head<'a>,
    pub(super) bodies: Option<PathBuf>,
    pub(super) connections: u32,
    pub(super) seconds: u32,
}

/// What came of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// What a request took of the server's core; 0 for a server that is not ours.
    pub(super) core_us: f64,
    requests: f64,
}

impl<'a> Load<'a> {
    /// Forms from a file, over so many connections as one server may expect of another.
    pub(super) fn forms(path: &'a str, bodies: PathBuf, seconds: u32) -> Self {
        Self { head: Head::post_form(path), bodies: Some(bodies), connections: 32, seconds }
    }

    pub(super) fn over(self, connections: u32) -> Self {
        Self { connections, ..self }
    }

    /// Puts the load on a server for a second first, and then measures it.
    pub(super) fn run(&self, machine: &Machine, server: &Server) -> Result<Measured, Failure> {
        let url = format!("http://{}", server.address);
        Self { seconds: 1, ..self.clone() }.put(machine, &url)?;
        let before = server.time_on_core();
        let measured = self.put(machine, &url)?;
        let on_core = server.time_on_core().saturating_sub(before);
        Ok(Measured { core_us: on_core.as_secs_f64() * 1e6 / measured.requests, ..measured })
    }

    /// The same with a server that somebody else started.
    pub(super) fn run_at(&self, machine: &Machine, origin: &str) -> Result<Measured, Failure> {
        Self { seconds: 1, ..self.clone() }.put(machine, origin)?;
        self.put(machine, origin)
    }

    fn put(&self, machine: &Machine, origin: &str) -> Result<Measured, Failure> {
        let mut command = machine.load(Path::new("wrk"));
        command.args(["--threads", "1", "--timeout", "10s", "--latency"]);
        command.args(["--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{}s", self.seconds)]);
        command.arg("--script").arg(repository::root().join("xtask/bench/load.lua")).arg(origin);
        command.args(["--", self.head.method, self.head.path, self.head.content_type.unwrap_or("-")]);
        command.arg(self.head.authorization.unwrap_or("-"));
        match &self.bodies {
            Some(bodies) => command.arg(bodies),
            None => command.arg("-"),
        };
        parse(&output(&mut command, Path::new("wrk"))?)
    }
}

impl Measured {
    /// Of how long each took of those that were done in the span; not even one
    /// is no result.
    pub(super) fn of_times(took: &[Duration], over: Duration, on_core: Duration) -> Result<Self, Failure> {
        let done = f64::from(u32::try_from(took.len()).unwrap_or(u32::MAX));
        let spread = Spread::of(took).ok_or_else(|| Failure::new("nothing was done in the time"))?;
        Ok(Self {
            per_second: done / over.as_secs_f64(),
            p50_ms: spread.p50_ms,
            p99_ms: spread.p99_ms,
            core_us: on_core.as_secs_f64() * 1e6 / done,
            requests: done,
        })
    }

    /// The one in the middle by its rate; machines hiccup.
    pub(super) fn median(mut of: Vec<Self>) -> Self {
        of.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        of[of.len() / 2]
    }
}

/// Reads the line that the script prints at the end. What was not answered
/// well must not count as speed.
fn parse(printed: &str) -> Result<Measured, Failure> {
    let line = printed.lines().rev().find(|line| line.starts_with('{')).unwrap_or_default();
    let report: Value =
        serde_json::from_str(line).map_err(|_| Failure::new(format!("wrk printed no result: {printed}")))?;
    let number = |member: &str| report[member].as_f64().unwrap_or_default();
    let (refused, broken) = (number("refused"), number("broken"));
    if refused + broken > 0.0 || number("requests") == 0.0 {
        let requests = number("requests");
        return Err(Failure::new(format!(
            "of {requests} requests {refused} were refused and {broken} went unanswered"
        )));
    }
    Ok(Measured {
        per_second: number("requests") * 1e6 / number("took"),
        p50_ms: number("p50") / 1e3,
        p99_ms: number("p99") / 1e3,
        core_us: 0.0,
        requests: number("requests"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read() {
        let line = r#"{"requests":1000,"took":500000,"p50":850,"p99":4400,"refused":0,"broken":0}"#;
        let measured = parse(&format!("Running 1s test\n{line}\n")).expect("a result");
        assert_eq!((measured.per_second, measured.p50_ms, measured.p99_ms), (2000.0, 0.85, 4.4));
    }

    #[test]
    fn a_load_that_was_refused_is_no_result() {
        for line in [
            r#"{"requests":1000,"took":500000,"p50":850,"p99":4400,"refused":1,"broken":0}"#,
            r#"{"requests":1000,"took":500000,"p50":850,"p99":4400,"refused":0,"broken":1}"#,
            r#"{"requests":0,"took":500000,"p50":0,"p99":0,"refused":0,"broken":0}"#,
            "unable to connect",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let of = [3.0, 1.0, 2.0].map(|per_second| Measured {
            per_second,
            p50_ms: 0.0,
            p99_ms: 0.0,
            core_us: 0.0,
            requests: 1.0,
        });
        assert!((Measured::median(of.to_vec()).per_second - 2.0).abs() < f64::EPSILON);
    }
}
