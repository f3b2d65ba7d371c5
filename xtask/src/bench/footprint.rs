//! What a process uses, and the folder that a run leaves nothing of.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Failure, repository};

/// Resident memory of a process, in MiB.
pub(crate) fn resident_mib(process: u32) -> Result<f64, Failure> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).map_err(|error| Failure::new(format!("{path}: {error}")))?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    let kib: Option<f64> = kib.and_then(|kib| kib.trim().parse().ok());
    kib.map(|kib| kib / 1024.0).ok_or_else(|| Failure::new(format!("{path} does not tell its memory")))
}

/// How long the process has been on a core, all its threads together.
pub(crate) fn time_on_core(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let times = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Under the build's own folder, so that it is on the disk that the
    /// repository is on.
    pub(crate) fn make() -> Result<Self, Failure> {
        Self::make_in(&repository::root().join("target"))
    }

    pub(crate) fn make_in(parent: &Path) -> Result<Self, Failure> {
        let path = parent.join(format!("appkeep-bench-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in a folder that is thrown away with the build.
        let _ = fs::remove_dir_all(&self.0);
    }
}
