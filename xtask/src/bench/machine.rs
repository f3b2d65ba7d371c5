//! What the benchmark runs on, and which core does what.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::Program;
use crate::{Failure, report};

/// This machine, with a core for the server and another for the load, if it has two.
#[derive(Debug)]
pub(crate) struct Machine {
    cores: Option<(usize, usize)>,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let cores = allowed_cores();
        Self { cores: cores.first().copied().zip(cores.get(1).copied()) }
    }

    /// The program, on the server's core.
    pub(crate) fn server(&self, program: &Path) -> Command {
        pinned(self.cores.map(|(server, _)| server), program)
    }

    /// The program, on the load generator's core.
    pub(crate) fn load(&self, program: &Path) -> Command {
        pinned(self.cores.map(|(_, load)| load), program)
    }

    /// The same, where that is another core than the server's.
    pub(super) fn beside(&self, program: &Path) -> Option<Command> {
        self.cores.is_some().then(|| self.load(program))
    }

    /// Makes this process a part of the load, and so leaves the server's core to
    /// the server, until what is returned is dropped.
    pub(super) fn load_from_here(&self) -> Result<Option<LoadFromHere>, Failure> {
        let Some((_, load)) = self.cores else { return Ok(None) };
        let before = allowed_list().unwrap_or_default();
        move_here(&load.to_string())?;
        Ok(Some(LoadFromHere { before }))
    }

    /// What a reader must know to compare figures, a line each.
    pub(crate) fn describe(&self) -> Vec<String> {
        let pinning = match self.cores {
            Some((server, load)) => format!("the server on core {server}, the load on core {load}"),
            None => "the server and the load share one core".to_owned(),
        };
        let kernel = read("/proc/sys/kernel/osrelease").unwrap_or_default();
        vec![
            format!("{} × {}, Linux {kernel}", allowed_cores().len(), model().unwrap_or_default()),
            pinning,
            format!("load of the machine when it began: {}", Self::busy()),
        ]
    }

    /// How many others wanted a core in the last minute.
    pub(crate) fn busy() -> String {
        let load = read("/proc/loadavg").unwrap_or_default();
        load.split(' ').next().unwrap_or("unknown").to_owned()
    }
}

/// While there is one, this process runs on the load's core.
#[derive(Debug)]
pub(super) struct LoadFromHere {
    before: String,
}

impl Drop for LoadFromHere {
    fn drop(&mut self) {
        // What is measured after this puts everything on its core by itself.
        let _ = move_here(&self.before);
    }
}

/// How often in a second the disk under the folder keeps four kilobytes for good.
pub(crate) fn syncs_per_second(folder: &Path) -> Result<f64, Failure> {
    const FOR: Duration = Duration::from_secs(2);
    let path = folder.join("syncs");
    let sync = || -> std::io::Result<f64> {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        let (begun, mut kept) = (report::now(), 0_u32);
        while begun.elapsed() < FOR {
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            kept += 1;
        }
        let took = begun.elapsed();
        fs::remove_file(&path)?;
        Ok(f64::from(kept) / took.as_secs_f64())
    };
    sync().map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn pinned(core: Option<usize>, program: &Path) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

/// All threads of this process, onto the cores in the list.
fn move_here(cores: &str) -> Result<(), Failure> {
    let process = std::process::id().to_string();
    Program::new("taskset", &["--all-tasks", "--cpu-list", "--pid", cores, &process]).output().map(|_| ())
}

/// Those that this process may use.
fn allowed_cores() -> Vec<usize> {
    allowed_list().as_deref().map(parse_cores).unwrap_or_default()
}

fn allowed_list() -> Option<String> {
    let status = read("/proc/self/status")?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map(|list| list.trim().to_owned())
}

/// A list such as `0-1,4`.
fn parse_cores(text: &str) -> Vec<usize> {
    let ranges = text.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

fn model() -> Option<String> {
    let info = read("/proc/cpuinfo")?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cores_is_read() {
        for (list, cores) in
            [("\t0-3", vec![0, 1, 2, 3]), ("5", vec![5]), ("0,2-3", vec![0, 2, 3]), ("", vec![])]
        {
            assert_eq!(parse_cores(list), cores, "{list}");
        }
    }
}
