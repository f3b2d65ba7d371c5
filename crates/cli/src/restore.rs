//! `appkeep restore`: the database as it was when a backup was made.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use appkeep_config::{Config, Mode};
use appkeep_domain::{Clock as _, Timestamp, Within};
use appkeep_service::open_data_keys;
use appkeep_storage::{Database, OpenError, ServerLock, SqliteFile, Store, newest_migration};

use crate::arguments::RestoreCommand;
use crate::backup::{
    Manifest, Partial, copy_database, read_manifest, sqlite_path, sync_folder, unwritable, with_suffix,
};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::{database, logging, master_key, output};

/// What SQLite keeps of a database beside its file.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Puts the database back. What is there is not touched before the backup has
/// proved to be whole and of use, and is kept under another name then.
pub(crate) async fn run(command: RestoreCommand) -> Result<(), Failure> {
    let config = command.settings.load(Mode::Command)?;
    logging::start(&config)?;
    let target = sqlite_path(&config)?;
    let shown = command.file.display();
    let unreadable = |error| Failure::because(format!("cannot read `{shown}`"), error);
    let mut file = File::open(&command.file).map_err(unreadable)?;
    let refused = |failure: Failure| Failure::new(format!("`{shown}` is not restored: {failure}"));
    let manifest = read_manifest(&mut file).map_err(refused)?;
    must_be_known(&manifest).map_err(refused)?;

    database::make_directory(&config.data_dir)?;
    let lock = lock(&config.data_dir)?;
    if target.exists() && !command.replace {
        return Err(Failure::new(format!(
            "`{}` is there already; with --replace it is kept beside the one that is restored",
            target.display()
        )));
    }
    let staged = stage(&mut file, &manifest, &target)?;
    must_be_of_use(&staged.0, &config).await.map_err(refused)?;
    let replaced = set_aside(&target)?;
    staged.put(&target)?;
    drop(lock);
    output::restored(&manifest, &target, replaced.as_deref());
    Ok(())
}

/// A server of this release could not serve a newer schema.
fn must_be_known(manifest: &Manifest) -> Result<(), Failure> {
    if manifest.schema <= newest_migration() {
        return Ok(());
    }
    let release = &manifest.appkeep;
    Err(Failure::new(format!(
        "release {release} made it, whose schema is newer; restore it with that release"
    )))
}

/// No server may run on the folder, nor start while it is restored.
fn lock(directory: &Path) -> Result<ServerLock, Failure> {
    let holder = Holder::this_process(None, false);
    match ServerLock::take(directory, &holder.to_json()) {
        Ok(lock) => Ok(lock),
        Err(OpenError::Locked { directory, holder }) => {
            let holder =
                Holder::parse(&holder).map_or_else(String::new, |one| format!(" ({})", one.describe()));
            Err(Failure::new(format!(
                "a server{holder} uses the folder `{}`; stop it first, or choose another with --data-dir",
                directory.display()
            )))
        }
        Err(error) => Err(database::failed(error)),
    }
}

/// The database beside its place, as it was put into the backup.
fn stage(file: &mut File, manifest: &Manifest, target: &Path) -> Result<Partial, Failure> {
    let staged = Partial::make(with_suffix(target, ".restoring"))?;
    let copied = OpenOptions::new()
        .write(true)
        .open(&staged.0)
        .and_then(|mut to| copy_database(file, manifest, &mut to));
    if copied.map_err(|error| unwritable(&staged.0, error))? {
        Ok(staged)
    } else {
        Err(Failure::new("the backup is not restored: it was damaged, its checksum is another"))
    }
}

/// Whether it is a database that this release can serve with this master key.
async fn must_be_of_use(staged: &Path, config: &Config) -> Result<(), Failure> {
    let unusable = |error| Failure::because("it cannot be used", error);
    SqliteFile(staged).check().map_err(unusable)?;
    let store = Store::open(Database::sqlite(staged)).map_err(unusable)?;
    let opened = opens(&store, config).await;
    drop(store);
    // The store has made files beside it, which would not fit its new name.
    let settled = SqliteFile(staged).settle().map_err(unusable);
    opened.and(settled)
}

/// A schema that is older is brought up by the next start.
async fn opens(store: &Store, config: &Config) -> Result<(), Failure> {
    match store.check_schema().await {
        Ok(()) | Err(OpenError::SchemaOlder { .. }) => {}
        Err(error) => return Err(Failure::because("it cannot be used", error)),
    }
    let unread = |error| Failure::because("it cannot be read", error);
    if !store.read().await.map_err(unread)?.has_data_keys(Within::Platform).await.map_err(unread)? {
        return Ok(());
    }
    let key = master_key::present(config)
        .await
        .map_err(|failure| Failure::new(format!("it is of no use without its master key: {failure}")))?;
    let opened = open_data_keys(store, key).await;
    opened.map(drop).map_err(|error| Failure::because("its keys do not open", error))
}

/// Gives what is there a dated name, if anything is, and leaves nothing beside
/// the place where the database goes: a log of another would spoil it.
fn set_aside(target: &Path) -> Result<Option<PathBuf>, Failure> {
    let failed = |error| unwritable(target, error);
    // What is whole is one file then, and is never without a name.
    let settled = target.exists() && settle(target)?;
    let aside = dated(target);
    if settled {
        std::fs::hard_link(target, &aside).or_else(|_| std::fs::rename(target, &aside)).map_err(failed)?;
    }
    let mut kept = settled;
    for suffix in ["", BESIDE[0], BESIDE[1]] {
        // With its own log it may be put right another day.
        if !(settled && suffix.is_empty()) {
            kept |= moved(&with_suffix(target, suffix), &with_suffix(&aside, suffix)).map_err(failed)?;
        }
    }
    sync_folder(target).map_err(failed)?;
    Ok(kept.then_some(aside))
}

/// Whether it could be made one file. One that is damaged cannot, and is what
/// backups are for; one that somebody reads is not taken away.
fn settle(target: &Path) -> Result<bool, Failure> {
    match SqliteFile(target).settle() {
        Ok(()) => Ok(true),
        Err(OpenError::Storage(appkeep_storage::StorageError::Unavailable(cause))) => {
            let message = "another program uses the database that is there; end it first";
            Err(Failure::because(message, cause))
        }
        Err(_) => Ok(false),
    }
}

/// `appkeep.db.replaced-20261121T101500Z`, so that each restore keeps its own.
fn dated(target: &Path) -> PathBuf {
    let now = Timestamp::from_seconds(SystemClock.now().as_seconds()).to_string();
    let stamp: String = now.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = with_suffix(target, &format!(".replaced-{stamp}"));
    let another = |number: u32| with_suffix(&first, &format!("-{number}"));
    std::iter::once(first.clone()).chain((2..1_000).map(another)).find(|path| !path.exists()).unwrap_or(first)
}

fn moved(from: &Path, to: &Path) -> std::io::Result<bool> {
    match std::fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
