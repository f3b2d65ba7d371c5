//! `appkeep doctor`: what is wrong, and what to do about it.

mod audit;
mod counters;
mod database;
mod files;
mod keys;
mod mail;
mod nodes;
mod settings;

use appkeep_config::{Config, Mode};
use appkeep_storage::Store;
use serde::Serialize;

use crate::arguments::DoctorCommand;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::{logging, output};

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) level: Level,
    pub(crate) message: String,
    /// What to do; null when nothing has to be done.
    pub(crate) remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Ok,
    /// It works, and will not for long or not safely.
    Warning,
    /// It does not work.
    Error,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    healthy: bool,
    findings: &'a [Finding],
}

/// Changes nothing, but for what `--recount` is asked to.
pub(crate) async fn run(command: DoctorCommand) -> Result<(), Failure> {
    let findings = match command.settings.load(Mode::Command) {
        Ok(config) => {
            logging::start(&config)?;
            examine(&config, command.recount).await
        }
        Err(failure) => vec![settings::unusable(&failure)],
    };
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    if command.json {
        output::json(&Report { healthy: errors == 0, findings: &findings });
    } else {
        output::findings(&findings);
    }
    match errors {
        0 => Ok(()),
        1 => Err(Failure::new("1 thing is wrong")),
        _ => Err(Failure::new(format!("{errors} things are wrong"))),
    }
}

async fn examine(config: &Config, recount: bool) -> Vec<Finding> {
    let holder = Holder::of(&config.data_dir);
    let mut findings = settings::examine(config, holder.as_ref());
    findings.push(mail::examine(config, holder.as_ref()));
    findings.extend(files::examine(config, holder.as_ref()));
    let opened = match database::open(config).await {
        Ok((opened, found)) => {
            findings.push(found);
            opened
        }
        Err(error) => {
            findings.push(error);
            return findings;
        }
    };
    match database::schema(&opened.store).await {
        Ok(found) => findings.push(found),
        // What follows asks for tables that may not be there.
        Err(error) => {
            findings.push(error);
            return findings;
        }
    }
    findings.push(database::clock(&opened).await);
    findings.extend(contents(config, &opened.store, holder.is_some(), recount).await);
    findings
}

/// What is in a database whose schema is known.
async fn contents(config: &Config, store: &Store, is_held: bool, recount: bool) -> Vec<Finding> {
    let (nodes, is_served) = nodes::examine(store).await;
    let mut findings = vec![nodes, keys::master_key(config, store).await];
    findings.extend(keys::signing_keys(config, store).await);
    findings.push(counters::examine(store, recount).await);
    findings.extend(audit::examine(store, is_held || is_served).await);
    findings
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, message: message.into(), remedy: None }
    }

    fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(check, message, remedy) }
    }

    fn error(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Error, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// What went wrong in the words of whoever it went wrong for.
    fn failed(check: &'static str, failure: &Failure, remedy: impl Into<String>) -> Self {
        Self::error(check, failure.to_string(), remedy)
    }

    /// The database failed in the middle.
    fn unread(check: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let failure = Failure::because("this cannot be read from the database", cause);
        Self::failed(check, &failure, "see that the database answers, and try again")
    }
}
