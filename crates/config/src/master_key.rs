//! Where the master key comes from, which seals what the database keeps secret.

use std::path::{Path, PathBuf};

use crate::config::{Config, Database, Mode};
use crate::faults::Faults;
use crate::secret::Secret;
use crate::settings::Settings;

/// Where the master key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A file that somebody put there; that it is missing is a fault.
    File(PathBuf),
    /// A file in the data directory, made when it is missing.
    OwnFile(PathBuf),
    /// The key itself, from the environment.
    Value(Secret),
    /// What this command prints.
    Command(String),
}

impl MasterKeySource {
    /// Only one may be named. Servers that share a database share its master
    /// key, so that none makes its own.
    pub(crate) fn resolve(
        mode: Mode,
        data_dir: &Path,
        database: &Database,
        settings: &Settings,
        faults: &mut Faults,
    ) -> Self {
        let mut named = Self::named(settings);
        if named.len() > 1 {
            let message = "only one of `master_key_file`, `master_key_command` and the variable \
                           `APPKEEP_MASTER_KEY` may be set";
            faults.add("master_key", message);
        }
        if let Some(source) = named.pop() {
            return source;
        }
        if mode == Mode::Production && matches!(database, Database::Postgres(_)) {
            let message = "must be set with `database_url`, to a file that every server has, or \
                           `master_key_command` or `APPKEEP_MASTER_KEY`; `openssl rand -base64 32` makes a key";
            faults.add("master_key_file", message);
        }
        Self::OwnFile(data_dir.join(Config::MASTER_KEY_FILE))
    }

    fn named(settings: &Settings) -> Vec<Self> {
        let file = settings.master_key_file.clone().map(Self::File);
        let command = settings.master_key_command.clone().map(Self::Command);
        let value = settings.master_key.clone().map(Self::Value);
        [file, command, value].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_may_be_named() {
        let own = MasterKeySource::OwnFile("d/master.key".into());
        for (settings, source, faults) in [
            (Settings::default(), own.clone(), 0),
            (file(), MasterKeySource::File("k".into()), 0),
            (command(), MasterKeySource::Command("vault read".to_owned()), 0),
            (value(), MasterKeySource::Value(Secret::new("hush")), 0),
            (file().or(command()), MasterKeySource::Command("vault read".to_owned()), 1),
            (file().or(value()), MasterKeySource::Value(Secret::new("hush")), 1),
        ] {
            let mut found = Faults::default();
            let database = Database::Sqlite("d/appkeep.db".into());
            let resolved =
                MasterKeySource::resolve(Mode::Production, "d".as_ref(), &database, &settings, &mut found);
            assert_eq!((&resolved, found.0.len()), (&source, faults), "{settings:?}");
            assert!(!format!("{resolved:?}").contains("hush"));
        }
    }

    fn file() -> Settings {
        Settings { master_key_file: Some("k".into()), ..Settings::default() }
    }

    fn command() -> Settings {
        Settings { master_key_command: Some("vault read".to_owned()), ..Settings::default() }
    }

    fn value() -> Settings {
        Settings { master_key: Some(Secret::new("hush")), ..Settings::default() }
    }
}
