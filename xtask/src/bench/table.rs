//! The one table, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::machine::Machine;
use super::wrk::Measured;

/// What a run found.
#[derive(Debug)]
pub(super) struct Table {
    machine: Vec<String>,
    rows: Vec<Row>,
    /// What the columns mean for a section, a sentence each.
    remarks: Vec<String>,
}

/// One figure and what it is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) figure: Figure,
    pub(super) measured: Option<Measured>,
    /// The same requests with as little work as can be, in the figure's unit.
    pub(super) ceiling: Option<f64>,
    /// What the core or the disk does with nothing around it.
    pub(super) raw: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Figure {
    PerSecond(f64),
    Mebibytes(f64),
    Kibibytes(f64),
    Milliseconds(f64),
}

impl Default for Figure {
    fn default() -> Self {
        Self::PerSecond(0.0)
    }
}

impl Row {
    pub(super) fn new(what: impl Into<String>, figure: Figure) -> Self {
        Self { what: what.into(), figure, ..Self::default() }
    }

    pub(super) fn of(what: impl Into<String>, measured: Measured) -> Self {
        Self { measured: Some(measured), ..Self::new(what, Figure::PerSecond(measured.per_second)) }
    }

    pub(super) fn ceiling(self, ceiling: f64) -> Self {
        Self { ceiling: Some(ceiling), ..self }
    }

    pub(super) fn raw(self, raw: f64) -> Self {
        Self { raw: Some(raw), ..self }
    }

    fn share(&self, of: Option<f64>) -> Option<f64> {
        of.map(|of| self.figure.number() / of)
    }

    fn cells(&self) -> [String; 9] {
        let measured = |take: fn(&Measured) -> f64, decimals| {
            optional(self.measured.as_ref().map(take).filter(|&number| number > 0.0), decimals)
        };
        [
            self.what.clone(),
            self.figure.to_string(),
            measured(|measured| measured.p50_ms, 3),
            measured(|measured| measured.p99_ms, 2),
            measured(|measured| measured.core_us, 1),
            optional(self.ceiling, 0),
            optional(self.share(self.ceiling), 2),
            optional(self.raw, 0),
            optional(self.share(self.raw), 2),
        ]
    }

    fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "figure": self.figure.number(),
            "unit": self.figure.unit(),
            "p50_ms": self.measured.map(|measured| measured.p50_ms),
            "p99_ms": self.measured.map(|measured| measured.p99_ms),
            "core_us": self.measured.map(|measured| measured.core_us),
            "ceiling": self.ceiling,
            "of_ceiling": self.share(self.ceiling),
            "raw": self.raw,
            "of_raw": self.share(self.raw),
        })
    }
}

impl Figure {
    const fn number(self) -> f64 {
        match self {
            Self::PerSecond(number)
            | Self::Mebibytes(number)
            | Self::Kibibytes(number)
            | Self::Milliseconds(number) => number,
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::PerSecond(_) => "/s",
            Self::Mebibytes(_) => "MiB",
            Self::Kibibytes(_) => "KiB",
            Self::Milliseconds(_) => "ms",
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = match self {
            Self::PerSecond(_) => 0,
            // Differences are small.
            Self::Milliseconds(number) if number.abs() < 10.0 => 3,
            Self::Mebibytes(_) | Self::Kibibytes(_) | Self::Milliseconds(_) => 1,
        };
        write!(f, "{:.decimals$} {}", self.number(), self.unit())
    }
}

impl Table {
    const HEADINGS: [&'static str; 9] =
        ["what", "figure", "p50 ms", "p99 ms", "core µs", "ceiling", "of it", "raw", "of it"];

    pub(super) fn new(machine: Vec<String>) -> Self {
        Self { machine, rows: Vec::new(), remarks: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn remark(&mut self, sentence: impl Into<String>) {
        self.remarks.push(sentence.into());
    }

    /// Says how busy the machine was in the end, so that figures from a machine
    /// that others used are told from those that count.
    pub(super) fn close(&mut self) {
        self.machine.push(format!("load of the machine when it ended: {}", Machine::busy()));
    }

    pub(super) fn to_json(&self) -> String {
        let rows: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        format!("{:#}", json!({ "machine": self.machine, "rows": rows, "remarks": self.remarks }))
    }
}

/// A Markdown table, so that it can be put where people read it.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 9]> = self.rows.iter().map(Row::cells).collect();
        let widths = std::array::from_fn(|column| {
            let cells = rows.iter().map(|row| row[column].as_str()).chain([Self::HEADINGS[column]]);
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        });
        writeln!(f, "{}", line(&Self::HEADINGS.map(str::to_owned), &widths))?;
        let rule = widths.map(|width| "-".repeat(width - 1) + ":");
        writeln!(f, "{}", line(&rule, &widths).replacen(':', "-", 1))?;
        for row in &rows {
            writeln!(f, "{}", line(row, &widths))?;
        }
        let mut below = self.machine.iter().chain(&self.remarks);
        below.try_for_each(|sentence| writeln!(f, "\n- {sentence}"))
    }
}

fn line(cells: &[String; 9], widths: &[usize; 9]) -> String {
    let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn optional(number: Option<f64>, decimals: usize) -> String {
    number.map(|number| format!("{number:.decimals$}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_shown_with_its_shares() {
        let mut table = Table::new(vec!["a machine".to_owned()]);
        table.add(Row::new("token", Figure::PerSecond(800.0)).ceiling(1_000.0).raw(1_600.0));
        table.add(Row::new("memory", Figure::Mebibytes(12.34)));
        table.add(Row::new("difference", Figure::Milliseconds(-0.0423)));
        table.remark("A remark.");
        let shown = table.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("| what       |    figure |"), "{shown}");
        assert!(lines[1].starts_with("| ---------- | --------: |"), "{shown}");
        assert!(lines[2].ends_with("|    1000 |  0.80 | 1600 |  0.50 |"), "{shown}");
        assert!(lines[3].contains("12.3 MiB"), "{shown}");
        assert!(lines[4].contains("-0.042 ms"), "{shown}");
        assert!(shown.ends_with("- A remark.\n"), "{shown}");
    }

    #[test]
    fn programs_get_the_same_numbers() {
        let mut table = Table::new(Vec::new());
        table.add(Row::new("token", Figure::PerSecond(800.0)).ceiling(1_000.0));
        let read: Value = serde_json::from_str(&table.to_json()).expect("JSON");
        assert_eq!(read["rows"][0]["of_ceiling"], 0.8);
        assert_eq!(read["rows"][0]["raw"], Value::Null);
    }
}
