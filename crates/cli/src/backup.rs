//! `appkeep backup`: the database in one file, with a manifest behind it.
//!
//! The file is the database's bytes, the manifest in JSON, how long that is in
//! eight bytes, and a mark. Whatever cuts it off takes the mark.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use appkeep_config::{Config, Database, Mode};
use appkeep_domain::{Clock as _, Timestamp};
use appkeep_keys::Sha256;
use appkeep_storage::{Copied, Store};
use serde::{Deserialize, Serialize};

use crate::arguments::BackupCommand;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::{database, logging, output};

const MARK: &[u8; 16] = b"APPKEEP BACKUP 1";
const FOOTER: u64 = 8 + MARK.len() as u64;
/// More than a manifest ever has.
const LONGEST_MANIFEST: u64 = 64 * 1024;
const BUFFER: usize = 1024 * 1024;

/// What a backup says of itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The release that made it.
    pub(crate) appkeep: String,
    /// The number of the last migration of its schema.
    pub(crate) schema: i64,
    pub(crate) made_at: String,
    /// Of the database, in bytes.
    pub(crate) size: u64,
    /// Of the database, in hexadecimal digits.
    pub(crate) sha256: String,
}

pub(crate) async fn run(command: BackupCommand) -> Result<(), Failure> {
    let config = command.settings.load(Mode::Command)?;
    logging::start(&config)?;
    sqlite_path(&config)?;
    let file = command.file;
    if file.exists() {
        return Err(taken(&file));
    }
    let store = database::open_present(&config)?;
    let partial = Partial::make(with_suffix(&file, &format!(".{}.partial", std::process::id())))?;
    let manifest = copy(&store, &partial.0).await?;
    partial.put_new(&file)?;
    output::backed_up(&manifest, &file, &config.master_key);
    Ok(())
}

/// The copy is of the moment that its manifest has, or a little later.
async fn copy(store: &Store, to: &Path) -> Result<Manifest, Failure> {
    let failed = |error| Failure::because("the database was not copied", error);
    let schema = store.schema_version().await.map_err(|error| failed(error.into()))?.unwrap_or_default();
    let made_at = Timestamp::from_seconds(SystemClock.now().as_seconds()).to_string();
    let mut progress = output::Progress::start();
    let tell = move |copied: Copied| progress.tell("copied", copied.pages, copied.of);
    store.back_up(to, tell).await.map_err(failed)?;
    finish(to, schema, made_at).map_err(|error| unwritable(to, error))
}

/// Where the database is, if it is a file.
pub(crate) fn sqlite_path(config: &Config) -> Result<PathBuf, Failure> {
    match &config.database {
        Database::Sqlite(path) => Ok(path.clone()),
        Database::Postgres(_) => Err(Failure::new(
            "the database is PostgreSQL, which has tools for this: copy it with `pg_dump --format=custom`, \
             put it back with `pg_restore`, and keep the master key apart; see docs/operations.md",
        )),
    }
}

/// Writes the manifest behind the database's bytes.
fn finish(path: &Path, schema: i64, made_at: String) -> std::io::Result<Manifest> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let (size, sha256) = digest(&mut file)?;
    let manifest = Manifest { appkeep: env!("CARGO_PKG_VERSION").to_owned(), schema, made_at, size, sha256 };
    let json = serde_json::to_vec(&manifest)?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(&json)?;
    file.write_all(&(json.len() as u64).to_be_bytes())?;
    file.write_all(MARK)?;
    file.sync_all()?;
    Ok(manifest)
}

fn digest(file: &mut File) -> std::io::Result<(u64, String)> {
    let (mut digest, mut buffer, mut size) = (Sha256::default(), vec![0; BUFFER], 0);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((size, digest.to_hex()));
        }
        digest.update(&buffer[..length]);
        size += length as u64;
    }
}

/// Reads what a backup says of itself; what its database is worth, copying it
/// shows.
pub(crate) fn read_manifest(file: &mut File) -> Result<Manifest, Failure> {
    let none = || Failure::new("it is no backup of Appkeep, or was cut off");
    let unreadable = |error| Failure::because("it cannot be read", error);
    let whole = file.metadata().map_err(unreadable)?.len();
    let before = whole.checked_sub(FOOTER).ok_or_else(none)?;
    file.seek(SeekFrom::Start(before)).map_err(unreadable)?;
    let (mut length, mut mark) = ([0; 8], [0; MARK.len()]);
    file.read_exact(&mut length).and_then(|()| file.read_exact(&mut mark)).map_err(unreadable)?;
    let length = u64::from_be_bytes(length);
    if mark != *MARK || length > LONGEST_MANIFEST {
        return Err(none());
    }
    let size = before.checked_sub(length).ok_or_else(none)?;
    file.seek(SeekFrom::Start(size)).map_err(unreadable)?;
    let mut json = Vec::new();
    file.take(length).read_to_end(&mut json).map_err(unreadable)?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| none())?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if manifest.size == size { Ok(manifest) } else { Err(none()) }
}

/// Copies the database out of a backup, and says whether it is what was put in.
pub(crate) fn copy_database(from: &mut File, manifest: &Manifest, to: &mut File) -> std::io::Result<bool> {
    let (mut digest, mut buffer) = (Sha256::default(), vec![0; BUFFER]);
    let mut from = from.take(manifest.size);
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            to.sync_all()?;
            return Ok(digest.to_hex() == manifest.sha256);
        }
        digest.update(&buffer[..length]);
        to.write_all(&buffer[..length])?;
    }
}

/// A file that is not finished, and is removed unless it is.
pub(crate) struct Partial(pub(crate) PathBuf);

impl Partial {
    /// For its owner's eyes only. What a try that was killed has left is replaced.
    pub(crate) fn make(path: PathBuf) -> Result<Self, Failure> {
        let _ = std::fs::remove_file(&path);
        let made = Self::create(&path).map_err(|error| unwritable(&path, error));
        made.map(|_| Self(path))
    }

    fn create(path: &Path) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    /// Gives it a name that nobody has, so that it stays also when the power
    /// fails.
    pub(crate) fn put_new(self, path: &Path) -> Result<(), Failure> {
        match std::fs::hard_link(&self.0, path) {
            Ok(()) => sync_folder(path).map_err(|error| unwritable(path, error)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
            // Not every file system knows links.
            Err(_) if path.exists() => Err(taken(path)),
            Err(_) => self.put(path),
        }
    }

    /// Gives it a name, also one that another file has: there is one or the
    /// other under it at any moment.
    pub(crate) fn put(self, path: &Path) -> Result<(), Failure> {
        let named = std::fs::rename(&self.0, path).and_then(|()| sync_folder(path));
        named.map_err(|error| unwritable(path, error))
    }
}

/// A name is on the disk when its folder is.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After it was put in its place there is none.
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn taken(path: &Path) -> Failure {
    Failure::new(format!("`{}` is there already; name a new file", path.display()))
}

pub(crate) fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    Failure::because(format!("cannot write `{}`", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A backup of these bytes, as a file.
    fn backup(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("backup");
        std::fs::write(&path, bytes).expect("written");
        finish(&path, 7, "2026-05-20T10:00:00Z".to_owned()).expect("finished");
        (folder, path)
    }

    fn restored(path: &Path) -> Result<Vec<u8>, String> {
        let mut file = File::open(path).expect("is there");
        let manifest = read_manifest(&mut file).map_err(|failure| failure.to_string())?;
        let copy = path.with_extension("copy");
        let mut to = File::create(&copy).expect("created");
        let is_whole = copy_database(&mut file, &manifest, &mut to).expect("copies");
        if is_whole { Ok(std::fs::read(copy).expect("is there")) } else { Err("damaged".to_owned()) }
    }

    #[test]
    fn what_was_put_in_comes_out() {
        for bytes in [&b""[..], b"a database", &vec![7; BUFFER + 1]] {
            let (_folder, path) = backup(bytes);
            assert_eq!(restored(&path).as_deref(), Ok(bytes));
            let manifest = read_manifest(&mut File::open(&path).expect("is there")).expect("is one");
            assert_eq!((manifest.schema, manifest.size), (7, bytes.len() as u64));
        }
    }

    #[test]
    fn what_was_changed_or_cut_off_is_refused() {
        let (_folder, path) = backup(b"a database");
        let whole = std::fs::read(&path).expect("is there");
        for at in 0..whole.len() {
            std::fs::write(&path, &whole[..at]).expect("written");
            assert!(restored(&path).is_err(), "{at} bytes");
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).expect("written");
            let is_of_the_database = at < b"a database".len();
            assert!(restored(&path).is_err() || !is_of_the_database, "byte {at}");
        }
    }
}
