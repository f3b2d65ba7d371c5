//! What a chore says while it runs; the only place that prints.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::Failure;

/// The steps of one run, how each ended and how long it took.
pub(crate) struct Report {
    out: Box<dyn Write>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    title: String,
    took: Duration,
    passed: bool,
}

impl Report {
    pub(crate) fn new(out: Box<dyn Write>) -> Self {
        Self { out, steps: Vec::new() }
    }

    /// Runs one step between an opening and a closing line, and remembers both
    /// its end and its time.
    pub(crate) fn step(
        &mut self,
        title: &str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.line(&format!("\n── {title}"));
        let started = now();
        let outcome = work();
        let took = started.elapsed();
        match &outcome {
            Ok(()) => self.line(&format!("── {title}: passed in {}", seconds(took))),
            Err(failure) => self.line(&format!("── {title}: FAILED after {}: {failure}", seconds(took))),
        }
        self.steps.push(Step { title: title.to_owned(), took, passed: outcome.is_ok() });
        outcome
    }

    /// Prints the closing summary; a failure when any step was one.
    pub(crate) fn close(mut self) -> Result<(), Failure> {
        self.line(&self.summary());
        match self.steps.iter().filter(|step| !step.passed).count() {
            0 => Ok(()),
            failed => Err(Failure::new(format!("{failed} of {} steps failed", self.steps.len()))),
        }
    }

    /// The reader may have closed the pipe and gone; the work goes on.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn summary(&self) -> String {
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        let mut lines = vec![format!("\n── summary ({} in all)", seconds(total))];
        lines.extend(self.steps.iter().map(Step::line));
        lines.join("\n")
    }
}

impl Step {
    fn line(&self) -> String {
        let verdict = if self.passed { "passed" } else { "FAILED" };
        format!("{verdict}  {:>8}  {}", seconds(self.took), self.title)
    }
}

/// What another program has said.
pub(crate) fn pass_on(said: &[u8]) {
    let _ = std::io::stdout().write_all(said);
}

/// A line for whoever runs the chore.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The same where errors go.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a chore says how long things took on this machine")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_run_and_the_others_still_count() {
        let mut report = Report::new(Box::new(std::io::sink()));
        assert_eq!(report.step("good", || Ok(())), Ok(()));
        assert_eq!(report.step("bad", || Err(Failure::new("broken"))), Err(Failure::new("broken")));
        assert_eq!(report.step("good again", || Ok(())), Ok(()));
        assert_eq!(report.close(), Err(Failure::new("1 of 3 steps failed")));
    }

    #[test]
    fn the_summary_names_every_step() {
        let step = |title: &str, took, passed| Step {
            title: title.to_owned(),
            took: Duration::from_millis(took),
            passed,
        };
        let report = Report {
            out: Box::new(std::io::sink()),
            steps: vec![step("format", 400, true), step("tests", 61_000, false)],
        };
        assert_eq!(
            report.summary(),
            "\n── summary (61.4 s in all)\npassed     0.4 s  format\nFAILED    61.0 s  tests"
        );
    }
}
