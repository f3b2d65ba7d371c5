//! What was seen every half minute, and whether it stayed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::load::{KINDS, Taken};
use crate::Failure;
use crate::bench::registry::Registry;
use crate::bench::server::Server;
use crate::process::Program;

/// Tables that keep what happened, and so grow with every write.
const HISTORY: [&str; 7] = [
    "application_ids",
    "audit_checkpoints",
    "audit_entries",
    "audit_seals",
    "changes",
    "credential_uses",
    "credentials",
];

/// Counts the rows of every table, beside the server.
const COUNT: &str = "
import json, sqlite3, sys
base = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
names = [row[0] for row in base.execute(\"SELECT name FROM pragma_table_list WHERE schema = 'main'\
    AND type = 'table' AND name NOT LIKE 'sqlite_%'\")]
print(json.dumps({name: base.execute('SELECT count(*) FROM ' + name).fetchone()[0] for name in names}))
";

/// One look at everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    memory_mib: f64,
    file_mib: f64,
    rows: BTreeMap<String, f64>,
    per_second: f64,
    /// By kind: the median and the 99th percentile, in milliseconds.
    latency_ms: Vec<(f64, f64)>,
}

/// The samples of a run.
#[derive(Debug)]
pub(crate) struct Series {
    kinds: Vec<&'static str>,
    samples: Vec<Sample>,
}

/// One figure of the first third, and of the last.
#[derive(Debug)]
struct Line {
    what: String,
    first: f64,
    last: f64,
    /// How far the last may be above the first; nothing for what has to grow.
    most: Option<f64>,
}

impl Sample {
    pub(crate) fn take(
        server: &Server,
        registry: &Registry,
        taken: Taken,
        over: Duration,
    ) -> Result<Self, Failure> {
        let file = registry.data.join("appkeep.db");
        let count: usize = taken.iter().map(Vec::len).sum();
        Ok(Self {
            memory_mib: server.resident_mib()?,
            file_mib: mib(&file) + mib(&file.with_extension("db-wal")),
            rows: rows(&file)?,
            per_second: f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / over.as_secs_f64(),
            latency_ms: taken.into_iter().map(percentiles).collect(),
        })
    }

    pub(crate) fn line(&self) -> String {
        let Self { memory_mib, file_mib, per_second, .. } = self;
        let (median, worst) = self.latency_ms.first().copied().unwrap_or_default();
        format!(
            "{per_second:.0}/s, {memory_mib:.1} MiB resident, {file_mib:.1} MiB on disk, \
             a token in {median:.2} ms (p99 {worst:.2})"
        )
    }
}

fn mib(file: &Path) -> f64 {
    let bytes = fs::metadata(file).map_or(0, |file| file.len());
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

fn rows(file: &Path) -> Result<BTreeMap<String, f64>, Failure> {
    let file = file.display().to_string();
    let printed = Program::new("python3", &["-c", COUNT, &file]).output()?;
    serde_json::from_slice(&printed).map_err(|error| Failure::new(format!("the rows of {file}: {error}")))
}

/// The one in the middle, and the one that 99 of 100 are not above.
fn percentiles(mut micros: Vec<u32>) -> (f64, f64) {
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len() * share / 100).map_or(0.0, |&took| f64::from(took) / 1e3);
    (at(50), at(99))
}

impl Series {
    pub(crate) fn new(kinds: [(&'static str, usize); KINDS.len()]) -> Self {
        Self { kinds: kinds.map(|(kind, _)| kind).to_vec(), samples: Vec::new() }
    }

    pub(crate) fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    /// A failure that names what grew and should not have.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let grown = self.lines().into_iter().filter(Line::has_grown).map(|line| line.what);
        let grown: Vec<String> = grown.collect();
        if grown.is_empty() { Ok(()) } else { Err(Failure::new(format!("not flat: {}", grown.join(", ")))) }
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![
            self.compare("resident memory, MiB", Some((1.1, 4.0)), |sample| sample.memory_mib),
            self.compare("requests a second", None, |sample| sample.per_second),
        ];
        for (number, kind) in self.kinds.iter().enumerate() {
            let of = |sample: &Sample| sample.latency_ms.get(number).copied().unwrap_or_default();
            lines.push(self.compare(format!("{kind}, p50 ms"), Some((1.25, 0.2)), |sample| of(sample).0));
            lines.push(self.compare(format!("{kind}, p99 ms"), Some((1.5, 2.0)), |sample| of(sample).1));
        }
        lines.push(self.compare("file, MiB", None, |sample| sample.file_mib));
        let tables = self.samples.last().into_iter().flat_map(|sample| sample.rows.keys());
        for table in tables {
            let most = (!HISTORY.contains(&table.as_str())).then_some((1.02, 50.0));
            let rows = |sample: &Sample| sample.rows.get(table).copied().unwrap_or_default();
            lines.push(self.compare(format!("rows of {table}"), most, rows));
        }
        lines
    }

    fn compare(
        &self,
        what: impl Into<String>,
        most: Option<(f64, f64)>,
        figure: impl Fn(&Sample) -> f64,
    ) -> Line {
        let third = (self.samples.len() / 3).max(1);
        let first = middle(self.samples.iter().take(third).map(&figure));
        let last = middle(self.samples.iter().rev().take(third).map(&figure));
        Line { what: what.into(), first, last, most: most.map(|(times, plus)| first * times + plus) }
    }
}

/// The median, which one hiccup of the machine does not move.
fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

impl Line {
    fn has_grown(&self) -> bool {
        self.most.is_some_and(|most| self.last > most)
    }

    const fn verdict(&self, grown: bool) -> &'static str {
        match (self.most, grown) {
            (None, _) => "told only",
            (Some(_), false) => "flat",
            (Some(_), true) => "GROWN",
        }
    }
}

/// A Markdown table, so that it can be put where people read it.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {:<28} | first third | last third |           |", "what")?;
        writeln!(f, "| {:-<28} | ----------: | ---------: | --------- |", "")?;
        for line in self.lines() {
            let Line { what, first, last, .. } = &line;
            let verdict = line.verdict(line.has_grown());
            writeln!(f, "| {what:<28} | {first:>11.2} | {last:>10.2} | {verdict:<9} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(memory: &[f64], rows: (&str, &[f64])) -> Series {
        let mut series = Series::new(KINDS);
        for (memory_mib, count) in memory.iter().zip(rows.1) {
            let rows = BTreeMap::from([(rows.0.to_owned(), *count)]);
            series.add(Sample { memory_mib: *memory_mib, rows, ..Sample::default() });
        }
        series
    }

    #[test]
    fn what_grows_and_should_not_is_named() {
        let (flat, growing) = ([20.0; 6], [20.0, 22.0, 25.0, 29.0, 33.0, 38.0]);
        let (still, more) = ([100.0; 6], [100.0, 200.0, 300.0, 400.0, 500.0, 600.0]);
        for (memory, rows, grown) in [
            (flat, ("applications", still), None),
            (flat, ("audit_entries", more), None),
            (flat, ("applications", more), Some("rows of applications")),
            (growing, ("applications", still), Some("resident memory")),
        ] {
            let verdict = series(&memory, (rows.0, &rows.1)).verdict();
            match (grown, verdict) {
                (None, verdict) => assert_eq!(verdict, Ok(()), "{rows:?}"),
                (Some(what), Err(failure)) => assert!(failure.to_string().contains(what), "{failure}"),
                (Some(what), Ok(())) => panic!("{what} grew and nobody said so"),
            }
        }
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        assert_eq!(percentiles((1..=200).map(|micros| micros * 1_000).collect()), (101.0, 199.0));
        assert_eq!(percentiles(Vec::new()), (0.0, 0.0));
    }
}
