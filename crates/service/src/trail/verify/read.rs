//! Lines of a file that anybody may have written.

use std::io::{BufRead, Read as _};

use super::super::line::Line;
use super::Reason;

/// Reads line by line, and knows which one it is at.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// An entry is some kilobytes; the longest is one that changes everything
    /// an application has, before and after.
    const MAX_BYTES: u64 = 16 * 1024 * 1024;

    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0, text: Vec::new() }
    }

    /// The number of the line that was read last, or found missing.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line; nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Reason> {
        self.text.clear();
        self.number += 1;
        let mut bounded = (&mut self.input).take(Self::MAX_BYTES);
        let read = bounded.read_until(b'\n', &mut self.text);
        match read.map_err(|error| Reason::Unreadable(error.to_string()))? {
            0 => Ok(None),
            // Not even its line end is there.
            _ if self.text.last() != Some(&b'\n') => Err(Reason::Truncated),
            _ => serde_json::from_slice(&self.text)
                .map(Some)
                .map_err(|error| Reason::Malformed(error.to_string())),
        }
    }
}
