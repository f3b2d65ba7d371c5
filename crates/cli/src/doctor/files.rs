//! Folders and files: whether they are there, for whom, and for how much more
//! there is room.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use appkeep_config::{Config, Database, MasterKeySource, TlsFiles};
use appkeep_domain::{Clock as _, Lifetime, Timestamp};
use appkeep_http::Tls;
use appkeep_keys::Certificate;

use super::Finding;
use crate::backup::with_suffix;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::holder::Holder;

const SERVER: &str = "server";
const DATA_DIRECTORY: &str = "data_directory";
const DISK: &str = "disk";
const WRITE_AHEAD_LOG: &str = "write_ahead_log";
const MASTER_KEY_FILE: &str = "master_key_file";
const TLS: &str = "tls_certificate";

const MEBIBYTE: u64 = 1024 * 1024;
/// With less the next writes may fail.
const LEAST_SPACE: u64 = 100 * MEBIBYTE;
const LITTLE_SPACE: u64 = 1024 * MEBIBYTE;
/// A few files are made now and then.
const LEAST_INODES: u64 = 100;
const FEW_INODES: u64 = 1_000;
/// It is cut back to 64 MiB when nobody reads for long.
const LONG_LOG: u64 = 256 * MEBIBYTE;
/// A certificate that ends sooner should have been exchanged.
const CERTIFICATE_SOON: Lifetime = Lifetime::from_days(14);

pub(super) fn examine(config: &Config, holder: Option<&Holder>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Database::Sqlite(path) = &config.database {
        findings.push(server(holder));
        findings.push(data_directory(&config.data_dir, path));
        findings.extend(disk(&config.data_dir));
        findings.push(log(std::fs::metadata(with_suffix(path, "-wal")).map_or(0, |found| found.len())));
    }
    match &config.master_key {
        MasterKeySource::File(path) => findings.push(master_key_file(path)),
        // Whether it should be there, what it is to open says.
        MasterKeySource::OwnFile(path) if path.exists() => findings.push(master_key_file(path)),
        _ => {}
    }
    findings.extend(config.tls.as_ref().map(|files| tls(files, SystemClock.now())));
    findings
}

fn server(holder: Option<&Holder>) -> Finding {
    let found = holder.map_or_else(|| "none uses the folder".to_owned(), Holder::describe);
    Finding::ok(SERVER, found)
}

fn data_directory(path: &Path, database: &Path) -> Finding {
    let shown = path.display();
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) => {
            let failure = Failure::because(format!("cannot look at the folder `{shown}`"), error);
            return Finding::failed(DATA_DIRECTORY, &failure, "name the server's folder with --data-dir");
        }
    };
    if !is_writable(path) {
        let remedy = format!("run as the user of the server, or give it the folder: chown -R USER '{shown}'");
        return Finding::error(DATA_DIRECTORY, format!("`{shown}` cannot be written to"), remedy);
    }
    if open_to_others(&found) == Others::Everybody {
        let message = format!("every user of this machine can look into `{shown}`");
        return Finding::warning(DATA_DIRECTORY, message, format!("chmod 700 '{shown}'"));
    }
    if std::fs::metadata(database).is_ok_and(|found| open_to_others(&found) == Others::Everybody) {
        let database = database.display();
        let message = format!("every user of this machine could read `{database}`");
        return Finding::warning(DATA_DIRECTORY, message, format!("chmod 600 '{database}'*"));
    }
    Finding::ok(DATA_DIRECTORY, format!("`{shown}` is not for everybody"))
}

fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

fn disk(path: &Path) -> Option<Finding> {
    let found = rustix::fs::statvfs(path).ok()?;
    // Some file systems do not count inodes, and say that there are none.
    let inodes = if found.f_files == 0 { None } else { Some(found.f_favail) };
    Some(room(found.f_bavail.saturating_mul(found.f_frsize), inodes))
}

fn room(free: u64, inodes: Option<u64>) -> Finding {
    let message = format!("{} MiB are free where the data is", free / MEBIBYTE);
    let remedy = "make room: nothing can be written when there is none";
    let few = inodes.filter(|&inodes| inodes < FEW_INODES);
    match (free, few) {
        (..LEAST_SPACE, _) => Finding::error(DISK, message, remedy),
        (_, Some(inodes)) => {
            let message = format!("{message}, and room for {inodes} more files");
            if inodes < LEAST_INODES {
                Finding::error(DISK, message, remedy)
            } else {
                Finding::warning(DISK, message, remedy)
            }
        }
        (LEAST_SPACE..LITTLE_SPACE, None) => Finding::warning(DISK, message, remedy),
        _ => Finding::ok(DISK, message),
    }
}

fn log(size: u64) -> Finding {
    let message = format!("it takes {} MiB", size / MEBIBYTE);
    if size < LONG_LOG {
        return Finding::ok(WRITE_AHEAD_LOG, message);
    }
    let message = format!("{message}: something has been reading for long, so that it cannot be cut back");
    let remedy = "end what still reads the database, such as an export or a copy; or restart the server";
    Finding::warning(WRITE_AHEAD_LOG, message, remedy)
}

fn master_key_file(path: &Path) -> Finding {
    let shown = path.display();
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) => {
            let failure = Failure::because(format!("cannot look at `{shown}`"), error);
            let remedy = "put it back from where you keep it; a new key cannot take its place";
            return Finding::failed(MASTER_KEY_FILE, &failure, remedy);
        }
    };
    let remedy = format!("chmod 600 '{shown}'");
    match open_to_others(&found) {
        Others::Nobody => Finding::ok(MASTER_KEY_FILE, format!("`{shown}` is its owner's alone")),
        Others::Group => {
            Finding::warning(MASTER_KEY_FILE, format!("the group of `{shown}` can read it too"), remedy)
        }
        Others::Everybody => Finding::warning(
            MASTER_KEY_FILE,
            format!("every user of this machine can read `{shown}`"),
            remedy,
        ),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Nobody,
    Group,
    Everybody,
}

fn open_to_others(found: &Metadata) -> Others {
    match found.permissions().mode() {
        mode if mode & 0o007 != 0 => Others::Everybody,
        mode if mode & 0o070 != 0 => Others::Group,
        _ => Others::Nobody,
    }
}

fn tls(files: &TlsFiles, now: Timestamp) -> Finding {
    if let Err(error) = Tls::load(&files.certificate, &files.key) {
        let failure = Failure::because("the TLS certificate cannot be used", error);
        return Finding::failed(TLS, &failure, "put a certificate in PEM and its key there");
    }
    let Some(end) = first_certificate(&files.certificate).map(|first| first.not_after()) else {
        return Finding::ok(TLS, "it fits its key; when it ends cannot be told");
    };
    ending(end, now)
}

fn ending(end: Timestamp, now: Timestamp) -> Finding {
    let remedy = "put a new one there; a server that runs takes it within seconds";
    if end <= now {
        Finding::error(TLS, format!("it ended on {end}"), remedy)
    } else if end <= now.plus(CERTIFICATE_SOON) {
        Finding::warning(TLS, format!("it ends on {end}"), remedy)
    } else {
        Finding::ok(TLS, format!("it is good until {end}"))
    }
}

fn first_certificate(path: &Path) -> Option<Certificate> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::fs::read_to_string(path).ok()?;
    let end = text.find(END)? + END.len();
    Certificate::parse(&text[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_none_an_error() {
        for (mebibytes, inodes, level) in [
            (0, None, Level::Error),
            (99, Some(5_000), Level::Error),
            (100, None, Level::Warning),
            (1_024, None, Level::Ok),
            (1_024, Some(1_000), Level::Ok),
            (1_024, Some(999), Level::Warning),
            (100, Some(999), Level::Warning),
            (1_024, Some(99), Level::Error),
        ] {
            assert_eq!(room(mebibytes * MEBIBYTE, inodes).level, level, "{mebibytes} {inodes:?}");
        }
    }

    #[test]
    fn a_long_log_is_a_warning() {
        for (mebibytes, level) in [(0, Level::Ok), (255, Level::Ok), (256, Level::Warning)] {
            assert_eq!(log(mebibytes * MEBIBYTE).level, level, "{mebibytes}");
        }
    }

    #[test]
    fn a_certificate_that_ends_soon_is_a_warning_and_one_that_ended_an_error() {
        let now = Timestamp::from_seconds(1_000_000);
        for (days, level) in [(0, Level::Error), (1, Level::Warning), (14, Level::Warning), (15, Level::Ok)] {
            assert_eq!(ending(now.plus(Lifetime::from_days(days)), now).level, level, "{days}");
        }
    }
}
