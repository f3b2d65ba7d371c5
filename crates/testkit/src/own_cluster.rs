//! A PostgreSQL that belongs to one test, which may kill it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::cluster;

/// A cluster in a folder of its own, as durable as one in production, gone
/// with everything in it when this is dropped.
#[derive(Debug)]
pub struct PostgresCluster {
    folder: TempDir,
    port: u16,
    settings: Vec<&'static str>,
}

impl PostgresCluster {
    /// Started, with further settings such as `log_statement=all`.
    pub fn start(settings: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        cluster::give_to_owner(folder.path());
        let cluster = Self { folder, port: cluster::free_port(), settings: settings.to_vec() };
        cluster::init(&cluster.data(), &[]);
        cluster.start_again();
        cluster
    }

    /// The database that every cluster has from the beginning.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where all its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it as an administrator would, with everything written to its files.
    pub fn stop(&self) {
        cluster::stop(&self.data());
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.data().join("server.log")).expect("the server has a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends the postmaster and every process that it started, with SIGKILL, and
    /// comes back when none of them runs.
    pub fn kill(&self) {
        let Some(postmaster) = self.postmaster() else { return };
        let all: Vec<u32> = std::iter::once(postmaster).chain(children(postmaster)).collect();
        let words = all.iter().map(u32::to_string);
        let _ = Command::new("kill").arg("-9").args(words).stderr(Stdio::null()).status();
        while all.iter().any(|&process| runs(process)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// On the same port, after [`PostgresCluster::kill`].
    pub fn start_again(&self) {
        // Whoever collects the dead may not have, and then it looks as if the
        // postmaster were still there.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
        let durable = ["fsync=on", "synchronous_commit=on", "max_connections=100"];
        cluster::launch(&self.data(), self.port, &[&durable[..], &self.settings].concat());
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn postmaster(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Those that this process has started and that still run.
fn children(of: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|&process| parent_if_it_runs(process) == Some(of)).collect()
}

fn runs(process: u32) -> bool {
    parent_if_it_runs(process).is_some()
}

/// The parent; nothing for a process that has ended and is only not collected.
fn parent_if_it_runs(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold spaces.
    let mut words = stat.rsplit(')').next()?.split_whitespace();
    let state = words.next()?;
    words.next()?.parse().ok().filter(|_| !matches!(state, "Z" | "X"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_killed_cluster_starts_again_with_what_it_held() {
        let cluster = PostgresCluster::start(&[]);
        let one = inspect::number(&cluster.url(), "SELECT 1 FROM pg_database LIMIT 1").await;
        assert_eq!(one, 1);
        cluster.kill();
        assert!(cluster.postmaster().is_some_and(|postmaster| !runs(postmaster)));
        cluster.start_again();
        assert_eq!(inspect::number(&cluster.url(), "SELECT 1").await, 1);
        assert!(cluster.log().contains("database system was interrupted"), "{}", cluster.log());
    }

    #[test]
    fn this_process_runs_and_has_a_parent() {
        assert!(runs(std::process::id()));
        assert!(!runs(u32::MAX));
    }
}
