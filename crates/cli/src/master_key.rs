//! The master key, from its file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use appkeep_config::{Config, MasterKeyFile};
use appkeep_domain::Within;
use appkeep_keys::{MasterKey, SystemEntropy};
use appkeep_storage::Store;

use crate::failure::Failure;

/// Reads the master key, or makes one when the database was never sealed.
pub(crate) async fn load(config: &Config, store: &Store) -> Result<MasterKey, Failure> {
    match &config.master_key_file {
        MasterKeyFile::Given(path) => read(path),
        MasterKeyFile::Own(path) if path.exists() => read(path),
        MasterKeyFile::Own(path) if is_sealed(store).await? => Err(Failure::new(format!(
            "the master key `{}` is missing, and the database was sealed with it; put it back from your backup",
            path.display()
        ))),
        MasterKeyFile::Own(path) => make(path).and_then(|()| read(path)),
    }
}

async fn is_sealed(store: &Store) -> Result<bool, Failure> {
    let unreadable = |error| Failure::because("the database cannot be read", error);
    store.read().await.map_err(unreadable)?.has_data_keys(Within::Platform).await.map_err(unreadable)
}

fn read(path: &Path) -> Result<MasterKey, Failure> {
    let text = std::fs::read(path).map_err(|error| {
        Failure::because(format!("cannot read the master key `{}`", path.display()), error)
    })?;
    MasterKey::parse(&text)
        .map_err(|error| Failure::because(format!("`{}` holds no master key", path.display()), error))
}

/// For the owner's eyes only, and on the disk before anything is sealed with
/// it. Of two processes that make one, both then read the first.
fn make(path: &Path) -> Result<(), Failure> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let key = MasterKey::generate(&SystemEntropy::new());
    let written = options.open(&fresh).and_then(|mut file| {
        file.write_all(key.to_base64().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        match std::fs::hard_link(&fresh, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    // The key has its own name by now; this one was for the time of writing.
    let _ = std::fs::remove_file(&fresh);
    written
        .map_err(|error| Failure::because(format!("cannot write the master key `{}`", path.display()), error))
}
