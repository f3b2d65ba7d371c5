//! A PostgreSQL for tests: the one that the environment names, or one of our
//! own that is started once and left running; and clusters of a test's own.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MISSING: &str = "the tests need PostgreSQL 15 or later: install it (Debian: `apt-get install postgresql`), \
                       or name a running one in APPKEEP_TEST_POSTGRES_URL, with a user who may create databases";

/// What is lost when it falls, nobody misses; and a database that is gone in a
/// second is not looked after, copied elsewhere or asked a second time.
const HASTY: &[&str] = &[
    "max_connections=500",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_wal_size=256MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
];

/// The URL of a PostgreSQL whose user may create databases.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("APPKEEP_TEST_POSTGRES_URL") {
        Ok(url) => url,
        Err(_) => start_or_reuse(),
    })
}

/// One process starts it while the others wait for the lock; all later ones
/// find it running.
fn start_or_reuse() -> String {
    let home = home();
    let lock = File::create(home.join("lock")).expect("the target folder can be written");
    lock.lock().expect("a file can be locked");
    let remembered = std::fs::read_to_string(home.join("port")).ok();
    let port = match remembered.and_then(|text| text.trim().parse().ok()).filter(|&port| answers(port)) {
        Some(port) => port,
        None => start(&home),
    };
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

fn answers(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn start(home: &Path) -> u16 {
    let data = data_folder(home);
    if !data.join("PG_VERSION").exists() {
        init(&data, &["--no-sync"]);
    }
    let port = free_port();
    launch(&data, port, HASTY);
    std::fs::write(home.join("port"), port.to_string()).expect("the target folder can be written");
    port
}

/// The locale orders text unlike bytes do, so that a column without
/// `COLLATE "C"` shows.
pub(crate) fn init(data: &Path, more: &[&str]) {
    run(as_owner(&programs().join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"])
        .args(more)
        .arg("--pgdata")
        .arg(data));
}

/// Starts the server of a cluster, with settings such as `fsync=off`, and
/// waits until it answers. What it says is in `server.log`.
pub(crate) fn launch(data: &Path, port: u16, settings: &[&str]) {
    let mut options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
    for setting in settings {
        options.push_str(" -c ");
        options.push_str(setting);
    }
    run(as_owner(&programs().join("pg_ctl"))
        .args(["start", "--wait", "--silent", "--pgdata"])
        .arg(data)
        .arg("--log")
        .arg(data.join("server.log"))
        .args(["--options", &options]));
}

pub(crate) fn stop(data: &Path) {
    run(as_owner(&programs().join("pg_ctl")).args(["stop", "--mode=fast", "--silent", "--pgdata"]).arg(data));
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port()
}

/// To the user as whom PostgreSQL runs.
pub(crate) fn give_to_owner(folder: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder));
    }
}

/// `test-postgres` in the target folder; where the server's own user cannot
/// get there, in the folder for temporary files.
fn home() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    std::fs::create_dir_all(&target).expect("the target folder can be made");
    let target = target.canonicalize().expect("the target folder is there");
    let mut enter = as_owner(Path::new("test"));
    let reachable = enter.arg("-x").arg(&target).status().is_ok_and(|status| status.success());
    let home = if reachable { target } else { std::env::temp_dir() }.join("test-postgres");
    std::fs::create_dir_all(&home).expect("the folder can be made");
    give_to_owner(&home);
    home
}

/// Where its files are: in memory, if there is room, because each test has a
/// database copied and dropped again; else beside what is written of it here.
fn data_folder(home: &Path) -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    /// Several times what the tests have there at once.
    const ROOM_KIB: u64 = 4 * 1024 * 1024;
    if free_kib(Path::new(MEMORY)) < ROOM_KIB {
        return home.join("data");
    }
    // One for each target folder, whose path names it.
    let name: String = home.to_string_lossy().replace('/', "-");
    let folder = Path::new(MEMORY).join(format!("appkeep{name}"));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    give_to_owner(&folder);
    folder.join("data")
}

/// Nothing where that cannot be known.
fn free_kib(folder: &Path) -> u64 {
    let asked = Command::new("df").args(["--output=avail", "--block-size=1K"]).arg(folder).output();
    let told = asked.ok().filter(|told| told.status.success()).map(|told| told.stdout);
    let told = told.and_then(|told| String::from_utf8(told).ok()).unwrap_or_default();
    told.lines().nth(1).and_then(|free| free.trim().parse().ok()).unwrap_or_default()
}

/// PostgreSQL refuses to run as root, so then it runs as its own user.
fn as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n"))
}

/// Where `initdb` is: in the path, or where Debian keeps each version.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort_by_key(|folder| std::cmp::Reverse(version_of(folder)));
    std::env::split_paths(&path).chain(debian).find(|folder| folder.join("initdb").exists()).expect(MISSING)
}

fn version_of(folder: &Path) -> u32 {
    let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    version.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The server outlives this process, so it must not hold its output open.
fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed; {MISSING}");
}
