//! Collecting what is wrong with the fields of a request, all at once.

use std::fmt::Display;

use crate::error::{Error, ErrorCode, Fault};

/// What was found wrong so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, field: impl Into<String>, code: ErrorCode, message: impl ToString) {
        self.0.push(Fault::new(field, code, message));
    }

    /// What was parsed, or nothing and a fault more.
    pub(crate) fn take<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|reason| self.add(field, ErrorCode::InvalidField, reason)).ok()
    }

    /// Every element that can be parsed, each value once, in the order sent.
    pub(crate) fn each<T: PartialEq, E: Display>(
        &mut self,
        (field, most): (&str, usize),
        raw: &[String],
        parse: impl Fn(&str) -> Result<T, E>,
        code: impl Fn(&E) -> ErrorCode,
    ) -> Vec<T> {
        let mut parsed = Vec::with_capacity(raw.len().min(most));
        if raw.len() > most {
            self.add(field, ErrorCode::InvalidField, format!("has more than {most} elements"));
            return parsed;
        }
        for (index, text) in raw.iter().enumerate() {
            match parse(text) {
                Ok(value) if parsed.contains(&value) => {}
                Ok(value) => parsed.push(value),
                Err(reason) => self.add(format!("{field}[{index}]"), code(&reason), reason),
            }
        }
        parsed
    }

    /// The same, found in the parameters of a request.
    pub(crate) fn of_parameters(self) -> Vec<Fault> {
        self.0.into_iter().map(|fault| Fault { code: ErrorCode::InvalidRequest, ..fault }).collect()
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        Error::from_faults(self.0)
    }
}

/// For [`Faults::each`], where every reason has the same code.
pub(crate) fn invalid_field<E>(_: &E) -> ErrorCode {
    ErrorCode::InvalidField
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_at_fault_is_named_and_none_is_kept_twice() {
        let mut faults = Faults::default();
        let raw = ["1", "x", "2", "1", "y"].map(str::to_owned);
        let numbers = faults.each(("n", 5), &raw, str::parse::<u8>, invalid_field);
        assert_eq!(numbers, [1, 2]);
        let error = faults.check().expect_err("two are no numbers");
        let fields: Vec<_> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["n[1]", "n[4]"]);
    }

    #[test]
    fn a_list_has_a_bound() {
        let mut faults = Faults::default();
        let raw = ["1", "2"].map(str::to_owned);
        assert_eq!(faults.each(("n", 1), &raw, str::parse::<u8>, invalid_field), Vec::<u8>::new());
        assert_eq!(faults.check().expect_err("two are too many").to_string(), "n: has more than 1 elements");
    }
}
