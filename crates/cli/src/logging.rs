//! Log lines, to the standard error output.

use appkeep_config::{Config, LogFormat};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Starts logging for the rest of the process.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log_filter)
        .map_err(|error| Failure::because("the configuration cannot be used: log_filter", error))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Human => {
            let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            lines.with_ansi(is_terminal).try_init()
        }
    };
    started.map_err(|error| Failure::because("logging cannot be started", error))
}
