//! The database: whether it answers, and what it is.

use appkeep_config::{Config, Database};
use appkeep_domain::{Clock as _, Lifetime, Timestamp};
use appkeep_storage::{DatabaseFacts, OpenError, StorageError, Store};

use super::Finding;
use crate::clock::SystemClock;
use crate::failure::Failure;

const DATABASE: &str = "database";
const SCHEMA: &str = "schema";
const CLOCK: &str = "clock";

/// How far the clocks of this machine and of the database's may be apart:
/// they decide together what has expired.
const NEAR: Lifetime = Lifetime::from_seconds(2);
const FAR: Lifetime = Lifetime::from_seconds(60);

/// A database that answers.
pub(super) struct Opened {
    pub(super) store: Store,
    /// How far its clock is from ours.
    apart: Lifetime,
}

pub(super) async fn open(config: &Config) -> Result<(Opened, Finding), Finding> {
    let remedy = "start it, or correct database_url or data_dir";
    let store = crate::database::open_present(config);
    let store = store.map_err(|failure| Finding::failed(DATABASE, &failure, remedy))?;
    let before = SystemClock.now();
    let facts = facts(&store).await.map_err(|error| {
        Finding::failed(DATABASE, &Failure::because("the database does not answer", error), remedy)
    })?;
    let apart = apart(facts.now, (before, SystemClock.now()));
    Ok((Opened { store, apart }, product(config, &facts)))
}

async fn facts(store: &Store) -> Result<DatabaseFacts, StorageError> {
    store.read().await?.database_facts().await
}

/// What the clock showed when it was read is between the two moments.
fn apart(database: Timestamp, (before, after): (Timestamp, Timestamp)) -> Lifetime {
    if database < before {
        Lifetime::between(database, before)
    } else if database > after {
        Lifetime::between(after, database)
    } else {
        Lifetime::from_seconds(0)
    }
}

/// Of a database's address only the name is shown.
fn product(config: &Config, facts: &DatabaseFacts) -> Finding {
    let name = match &config.database {
        Database::Sqlite(path) => path.display().to_string(),
        Database::Postgres(_) => facts.name.clone(),
    };
    let message = format!("{} {} answers for `{name}`", facts.product, facts.version);
    if !facts.is_supported {
        return Finding::error(DATABASE, format!("{message}, and is too old"), "use PostgreSQL 15 or later");
    }
    if facts.is_standby {
        let message = format!("{message}, and is a standby, which takes no writes");
        return Finding::error(DATABASE, message, "name the primary in database_url");
    }
    if !facts.loses_writes_by.is_empty() {
        let message =
            format!("{message}, and can lose what it has answered: off is {}", facts.loses_writes_by);
        return Finding::warning(DATABASE, message, "switch it on in PostgreSQL's configuration");
    }
    Finding::ok(DATABASE, message)
}

/// Whether this machine's clock agrees with the database's, and is behind
/// nothing that was written.
pub(super) async fn clock(opened: &Opened) -> Finding {
    let newest = async || opened.store.read().await?.newest_moment().await;
    match newest().await {
        Ok(newest) => judge_clock(opened.apart, newest, SystemClock.now()),
        Err(error) => Finding::unread(CLOCK, error),
    }
}

fn judge_clock(apart: Lifetime, newest: Option<Timestamp>, now: Timestamp) -> Finding {
    let behind = newest.filter(|&newest| newest > now).map(|newest| Lifetime::between(now, newest));
    let behind = behind.unwrap_or(Lifetime::from_seconds(0));
    let (off, message) = if behind > apart {
        (behind, format!("it is {} seconds behind the newest row: it was set back", behind.as_seconds()))
    } else {
        (apart, format!("it is {} seconds from the database's", apart.as_seconds()))
    };
    let remedy = "have every machine's clock set by NTP: it decides what has expired";
    if off > FAR {
        Finding::error(CLOCK, message, remedy)
    } else if off > NEAR {
        Finding::warning(CLOCK, message, remedy)
    } else {
        Finding::ok(CLOCK, "it agrees with the database's and with what is in it")
    }
}

/// An error when what this release asks of the tables may not be there.
pub(super) async fn schema(store: &Store) -> Result<Finding, Finding> {
    match store.check_schema().await {
        Ok(()) => {
            let version = store.schema_version().await.ok().flatten().unwrap_or_default();
            Ok(Finding::ok(SCHEMA, format!("it is at migration {version:04}, as this release wants it")))
        }
        Err(error) => {
            let remedy = remedy(&error);
            Err(Finding::failed(SCHEMA, &Failure::because("it does not fit this release", error), remedy))
        }
    }
}

fn remedy(error: &OpenError) -> &'static str {
    match error {
        OpenError::SchemaOlder { .. } => "run `appkeep migrate`",
        OpenError::SchemaNewer { .. } => "run the release that migrated it, or restore a backup from before",
        OpenError::SchemaAltered { .. } => "run the release that migrated it; no other can read it",
        _ => "see that the database answers",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_told_of() {
        let here = Timestamp::from_seconds(1_000);
        let moment = |second: i64| Timestamp::from_seconds(second);
        for (there, newest, level) in [
            (1_000, None, Level::Ok),
            (1_002, Some(1_002), Level::Ok),
            (997, None, Level::Warning),
            (1_060, None, Level::Warning),
            (939, None, Level::Error),
            (1_000, Some(5), Level::Ok),
            (1_000, Some(1_003), Level::Warning),
            (1_000, Some(1_061), Level::Error),
        ] {
            let apart = apart(moment(there), (here, here));
            let found = judge_clock(apart, newest.map(moment), here);
            assert_eq!(found.level, level, "{there} {newest:?}: {found:?}");
        }
    }

    #[test]
    fn a_clock_that_was_read_in_between_agrees() {
        let moment = |second: i64| Timestamp::from_seconds(second);
        for (database, seconds) in [(9, 1), (10, 0), (15, 0), (20, 0), (22, 2)] {
            let apart = apart(moment(database), (moment(10), moment(20)));
            assert_eq!(apart.as_seconds(), seconds, "{database}");
        }
    }
}
