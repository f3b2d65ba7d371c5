//! Running other programs from the root of the repository.

use std::io::Read as _;
use std::process::{Command, ExitStatus, Stdio};

use crate::{Failure, repository};

/// A program with its arguments, and the one variable some need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) environment: Option<(&'a str, &'a str)>,
}

impl<'a> Program<'a> {
    pub(crate) fn new(name: &'a str, arguments: &'a [&'a str]) -> Self {
        Self { name, arguments, environment: None }
    }

    /// Runs it with our own output streams, so that what it prints is seen as it is.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let status = self.command().status().map_err(|error| self.did_not_start(&error))?;
        if status.success() { Ok(()) } else { Err(self.ended(&status.to_string())) }
    }

    /// Runs it and keeps what it says, on both streams in its order, for when
    /// nothing else is speaking.
    pub(crate) fn run_unheard(self) -> (Vec<u8>, Result<(), Failure>) {
        let mut said = Vec::new();
        let status = self.listen(&mut said).map_err(|error| self.did_not_start(&error));
        let outcome = status
            .and_then(|status| if status.success() { Ok(()) } else { Err(self.ended(&status.to_string())) });
        (said, outcome)
    }

    fn listen(self, said: &mut Vec<u8>) -> std::io::Result<ExitStatus> {
        let (mut ear, mouth) = std::io::pipe()?;
        // The command goes with its statement: it holds the pipe open as well.
        let mut child = self.command().stdout(mouth.try_clone()?).stderr(mouth).spawn()?;
        ear.read_to_end(said)?;
        child.wait()
    }

    /// Runs it and returns what it printed; what it says on stderr is shown.
    pub(crate) fn output(self) -> Result<Vec<u8>, Failure> {
        let output =
            self.command().stderr(Stdio::inherit()).output().map_err(|error| self.did_not_start(&error))?;
        if output.status.success() { Ok(output.stdout) } else { Err(self.ended(&output.status.to_string())) }
    }

    /// Whether it can be started and ends well; it is not heard.
    pub(crate) fn works(self) -> bool {
        let silent = self.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        silent.is_ok_and(|status| status.success())
    }

    fn command(self) -> Command {
        let mut command = Command::new(self.name);
        command.args(self.arguments).current_dir(repository::root());
        if let Some((variable, value)) = self.environment {
            command.env(variable, value);
        }
        command
    }

    fn line(self) -> String {
        std::iter::once(self.name).chain(self.arguments.iter().copied()).collect::<Vec<_>>().join(" ")
    }

    fn did_not_start(self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` could not be started: {error}", self.line()))
    }

    fn ended(self, status: &str) -> Failure {
        Failure::new(format!("`{}` ended with {status}", self.line()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_with_its_arguments() {
        let refused = Program::new("cargo", &["no-such-command-as-this"]);
        assert!(!refused.works());
        let failure = Program::new("no-such-program", &["--loudly"]).run().expect_err("cannot start");
        let sentence = failure.to_string();
        assert!(sentence.starts_with("`no-such-program --loudly` could not be started: "), "{sentence}");
    }

    #[test]
    fn what_is_said_on_both_streams_is_kept_in_its_order() {
        let line = "echo one; echo two >&2; echo three; exit 3";
        let (said, outcome) = Program::new("sh", &["-c", line]).run_unheard();
        assert_eq!(String::from_utf8_lossy(&said), "one\ntwo\nthree\n");
        let sentence = outcome.expect_err("it ended with 3").to_string();
        assert!(sentence.ends_with("ended with exit status: 3"), "{sentence}");
        assert!(Program::new("no-such-program", &[]).run_unheard().1.is_err());
    }

    #[test]
    fn output_is_what_the_program_printed() {
        let printed = Program::new("cargo", &["--version"]).output().expect("cargo runs us, so it is here");
        assert!(printed.starts_with(b"cargo "));
    }
}
