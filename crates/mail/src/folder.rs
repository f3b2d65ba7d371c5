//! Mail for a developer: files to look into.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use crate::mailer::Undelivered;
use crate::message::Composed;

/// Puts each mail into a folder, as a file that mail programs open. Names sort
/// as the mails were written, and a file that is there is whole.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Made when the first mail comes, for its owner's eyes only.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(crate) async fn take(&self, composed: &Composed) -> Result<(), Undelivered> {
        let written_at = composed.at.to_string().replace(':', "-");
        let path = self.path.join(format!("{written_at}-{}.eml", &composed.id[..8]));
        let written = self.write(&path, &composed.message.formatted()).await;
        written.map_err(Undelivered::for_now)?;
        tracing::info!(mail.id = composed.id, path = %path.display(), "a mail is in `{}`", path.display());
        Ok(())
    }

    async fn write(&self, path: &Path, mail: &[u8]) -> io::Result<()> {
        let mut directory = fs::DirBuilder::new();
        directory.recursive(true);
        #[cfg(unix)]
        directory.mode(0o700);
        directory.create(&self.path).await?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let unfinished = path.with_extension("part");
        let mut file = options.open(&unfinished).await?;
        file.write_all(mail).await?;
        file.flush().await?;
        fs::rename(&unfinished, path).await
    }
}
