//! Why a command ends without having done its work.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// A sentence for whoever ran the command, and what lies behind it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    pub(crate) fn because(
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }

    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), source: None }
    }
}

impl From<appkeep_config::InvalidConfig> for Failure {
    fn from(error: appkeep_config::InvalidConfig) -> Self {
        Self::new(error.to_string())
    }
}

/// The whole chain of causes in one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source.as_deref().map(|error| error as &(dyn StdError + 'static));
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_its_causes_in_one_line() {
        let cause = std::io::Error::other(std::io::Error::other("disk on fire"));
        assert_eq!(Failure::because("cannot start", cause).to_string(), "cannot start: disk on fire");
        assert_eq!(Failure::new("cannot start").to_string(), "cannot start");
    }
}
