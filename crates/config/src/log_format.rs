//! How log lines are written.

use std::str::FromStr;

/// How log lines are written to the standard error output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for whatever collects logs.
    Json,
    /// For people at a terminal.
    Human,
}

/// A word that names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `json` or `human`")]
pub struct InvalidLogFormat;

impl FromStr for LogFormat {
    type Err = InvalidLogFormat;

    fn from_str(raw: &str) -> Result<Self, InvalidLogFormat> {
        match raw {
            "json" => Ok(Self::Json),
            "human" => Ok(Self::Human),
            _ => Err(InvalidLogFormat),
        }
    }
}
