//! From the settings to an open database.

use std::fs::{DirBuilder, OpenOptions};
use std::path::Path;

use appkeep_config::{Config, Database};
use appkeep_storage::{OpenError, Store};

use crate::failure::Failure;

/// Opens the database, whose schema may be of another release yet.
pub(crate) fn open(config: &Config) -> Result<Store, Failure> {
    let database = match &config.database {
        Database::Sqlite(path) => {
            make_private(path)?;
            appkeep_storage::Database::sqlite(path)
        }
        Database::Postgres(url) => appkeep_storage::Database::postgres(url.reveal()),
    };
    Store::open(database).map_err(failed)
}

/// Makes the file before the database does, which then gives the others beside
/// it the same mode.
fn make_private(path: &Path) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unmakeable = |error| Failure::because(format!("cannot open the file `{}`", path.display()), error);
    options.open(path).map(drop).map_err(unmakeable)
}

/// Opens a database that somebody has made already.
pub(crate) fn open_present(config: &Config) -> Result<Store, Failure> {
    match &config.database {
        Database::Sqlite(path) if !path.exists() => Err(Failure::new(format!(
            "there is no database `{}`; name its folder with --data-dir",
            path.display()
        ))),
        _ => open(config),
    }
}

/// Makes the data directory when it is missing, for its owner only.
pub(crate) fn make_directory(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let unmakeable = |error| Failure::because(format!("cannot make the folder `{}`", path.display()), error);
    builder.create(path).map_err(unmakeable)
}

pub(crate) fn failed(error: OpenError) -> Failure {
    Failure::because("the database cannot be used", error)
}
