//! The master key, from a file, the environment or a command.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use appkeep_config::{Config, MasterKeySource};
use appkeep_domain::Within;
use appkeep_keys::{MasterKey, SystemEntropy};
use appkeep_storage::Store;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::failure::Failure;

/// How long a command may take to print the key, and how much it may print.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_PRINTED: u64 = 4_096;

/// Reads the master key, or makes one when the database was never sealed.
pub(crate) async fn load(config: &Config, store: &Store) -> Result<MasterKey, Failure> {
    match &config.master_key {
        MasterKeySource::OwnFile(path) if !path.exists() && !is_sealed(store).await? => {
            make(path)?;
            read(path)
        }
        _ => present(config).await,
    }
}

/// Reads the master key, and makes none.
pub(crate) async fn present(config: &Config) -> Result<MasterKey, Failure> {
    match &config.master_key {
        MasterKeySource::File(path) => read(path),
        MasterKeySource::OwnFile(path) if path.exists() => read(path),
        MasterKeySource::OwnFile(path) => Err(Failure::new(format!(
            "the master key `{}` is missing, and the database was sealed with it; put it back from your backup",
            path.display()
        ))),
        MasterKeySource::Value(key) => parse("APPKEEP_MASTER_KEY", key.reveal().as_bytes()),
        MasterKeySource::Command(command) => run(command).await,
    }
}

pub(crate) fn read(path: &Path) -> Result<MasterKey, Failure> {
    let text = std::fs::read(path).map_err(|error| {
        Failure::because(format!("cannot read the master key `{}`", path.display()), error)
    })?;
    parse(&path.display().to_string(), &text)
}

async fn is_sealed(store: &Store) -> Result<bool, Failure> {
    let unreadable = |error| Failure::because("the database cannot be read", error);
    store.read().await.map_err(unreadable)?.has_data_keys(Within::Platform).await.map_err(unreadable)
}

fn parse(source: &str, text: &[u8]) -> Result<MasterKey, Failure> {
    MasterKey::parse(text).map_err(|error| Failure::because(format!("`{source}` holds no master key"), error))
}

/// What it complains of goes where our own complaints go.
async fn run(command: &str) -> Result<MasterKey, Failure> {
    let failed = |error| Failure::because("master_key_command cannot be run", error);
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = shell.spawn().map_err(failed)?;
    let printed = tokio::time::timeout(COMMAND_TIMEOUT, printed(&mut child)).await;
    let late = || format!("master_key_command did not end within {} seconds", COMMAND_TIMEOUT.as_secs());
    parse("master_key_command", &printed.map_err(|_| Failure::new(late()))??)
}

async fn printed(child: &mut Child) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::because("master_key_command cannot be run", error);
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST_PRINTED).read_to_end(&mut printed).await.map_err(failed)?;
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        Ok(printed)
    } else {
        Err(Failure::new(format!("master_key_command failed: {status}")))
    }
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
