//! What is wrong, gathered so that all of it is told at once.

use std::str::FromStr;

use crate::written::Written;

/// Faults, each as `key: what it must be`.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<String>);

impl Faults {
    pub(crate) fn add(&mut self, key: &str, fault: impl ToString) {
        self.0.push(format!("{key}: {}", fault.to_string()));
    }

    /// The value, or its fault.
    pub(crate) fn take<T, E: ToString>(&mut self, key: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.add(key, error)).ok()
    }

    /// The value as it was written, or what stands for it.
    pub(crate) fn parse<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        written: Option<&Written>,
        otherwise: T,
    ) -> T {
        let parsed = written.and_then(|written| self.take(key, written.as_str().parse()));
        parsed.unwrap_or(otherwise)
    }

    /// The same for what can be switched off by a word.
    pub(crate) fn parse_unless<T: FromStr<Err: ToString>>(
        &mut self,
        key: &str,
        written: Option<&Written>,
        off: &str,
        otherwise: Option<T>,
    ) -> Option<T> {
        match written {
            None => otherwise,
            Some(written) if written.as_str() == off => None,
            Some(written) => self.take(key, written.as_str().parse()),
        }
    }

    /// Whether something was told of this key already.
    pub(crate) fn concern(&self, key: &str) -> bool {
        self.0.iter().any(|fault| fault.starts_with(&format!("{key}:")))
    }
}
