//! One server on one SQLite database: a lock file beside it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

const NAME: &str = "server.lock";

/// Held for as long as the server lives; the system lets go of it when the
/// process ends, however it ends. Commands do not take it.
#[derive(Debug)]
pub struct ServerLock {
    file: File,
}

impl ServerLock {
    /// Takes the lock of a data directory and leaves `content`, JSON that says
    /// who holds it. Another server's content is in [`OpenError::Locked`].
    pub fn take(directory: &Path, content: &str) -> Result<Self, OpenError> {
        let path = directory.join(NAME);
        let failed = |source| OpenError::LockFile { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(held(directory.to_owned(), &mut file)),
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        replace(&mut file, content).map_err(failed)?;
        Ok(Self { file })
    }
}

/// Tries for a moment: a command that asks who holds the lock holds it itself
/// while it does.
fn try_lock(file: &File) -> Result<(), std::fs::TryLockError> {
    const TRIES: usize = 5;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    file.try_lock()
}

impl ServerLock {
    /// What the server that holds the lock of this directory left; nothing when
    /// none does.
    pub fn holder(directory: &Path) -> Option<String> {
        let mut file = File::open(directory.join(NAME)).ok()?;
        // A lock that can be shared is held by nobody.
        let Err(std::fs::TryLockError::WouldBlock) = file.try_lock_shared() else { return None };
        let mut holder = String::new();
        file.read_to_string(&mut holder).ok()?;
        Some(holder.trim().to_owned()).filter(|holder| !holder.is_empty())
    }
}

fn held(directory: PathBuf, file: &mut File) -> OpenError {
    let mut holder = String::new();
    // Who holds it is a courtesy; that somebody does is the answer.
    let _ = file.read_to_string(&mut holder);
    OpenError::Locked { directory, holder: holder.trim().to_owned() }
}

fn replace(file: &mut File, content: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// The file stays, since to delete it would let two servers lock two files of
/// one name; its content would be a lie.
impl Drop for ServerLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_and_told_who_is_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = ServerLock::take(directory.path(), r#"{"pid":1}"#).expect("free");
        match ServerLock::take(directory.path(), r#"{"pid":2}"#) {
            Err(OpenError::Locked { holder, .. }) => assert_eq!(holder, r#"{"pid":1}"#),
            other => panic!("{other:?}"),
        }
        drop(first);
        ServerLock::take(directory.path(), r#"{"pid":2}"#).expect("free again");
    }
}
