//! The real binary, as an operator runs it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(5);

/// The binary, with nothing of this process's own environment.
fn appkeep(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_appkeep"));
    command.env_clear().current_dir(folder).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = appkeep(folder, arguments).output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let arguments = ["serve", "--dev", "--listen", "127.0.0.1:0", "--log-filter", "error"];
        let mut child = appkeep(folder, &arguments).spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        let port = port.unwrap_or_else(|| panic!("no port in {line:?}"));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        // A second installation of the provider is refused and needs no answer.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    async fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        Command::new("kill").args([signal, &pid]).status().expect("there is `kill`");
        let mut waited = Duration::ZERO;
        while waited < WITHIN {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            waited += Duration::from_millis(20);
        }
        panic!("it still runs");
    }
}

/// A test that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn it_starts_in_an_empty_folder_and_answers() {
    let folder = folder();
    let server = Server::start(folder.path());
    for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/nothing", 404)] {
        let response = server.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(response.headers()["x-request-id"].as_bytes().starts_with(b"req_"), "{path}");
    }
    assert!(becomes_ready(&server).await);
    assert!(folder.path().join("appkeep-data/appkeep.db").exists());
    let mode = std::fs::metadata(folder.path().join("appkeep-data")).expect("it was made").permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o700);
}

async fn becomes_ready(server: &Server) -> bool {
    for _ in 0..100 {
        if server.get("/readyz").await.status() == 200 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn signals_end_it_cleanly() {
    let folder = folder();
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(folder.path());
        assert_eq!(server.stop(signal).await, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_folder_is_refused() {
    let folder = folder();
    let server = Server::start(folder.path());
    let same_address = server.url.trim_start_matches("http://");
    for address in ["127.0.0.1:0", same_address] {
        let arguments = ["serve", "--dev", "--listen", address, "--log-filter", "error"];
        let (code, _, said) = run(folder.path(), &arguments);
        assert_eq!(code, Some(1));
        assert!(said.starts_with("appkeep: another server (process "), "{said}");
        assert!(said.contains(&server.child.id().to_string()), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}

#[test]
fn all_faults_of_the_configuration_are_told_at_once() {
    let folder = folder();
    std::fs::write(folder.path().join("a.toml"), "listen = \"8080\"\nlog_format = \"xml\"\nports = 1")
        .expect("written");
    let (code, _, said) = run(folder.path(), &["serve", "--config", "a.toml"]);
    assert_eq!(code, Some(1));
    for key in ["listen", "log_format", "ports", "public_url"] {
        assert!(said.contains(&format!("  - {key}: ")), "{key} in {said}");
    }
    assert!(!folder.path().join("appkeep-data").exists(), "nothing was begun");
}

#[test]
fn what_cannot_start_says_why_in_one_line() {
    let folder = folder();
    let (code, _, said) = run(folder.path(), &["serve", "--config", "missing.toml"]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.starts_with("appkeep: cannot read `missing.toml`: "), "{said}");
}

#[test]
fn migrations_are_counted() {
    let folder = folder();
    let (code, first, said) = run(folder.path(), &["migrate"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(first.contains("applied"), "{first}");
    let (_, second, _) = run(folder.path(), &["migrate"]);
    assert!(second.contains("no migration was needed"), "{second}");
}

#[test]
fn it_tells_its_version() {
    let mut child = appkeep(&std::env::temp_dir(), &["--version"]).spawn().expect("it starts");
    let mut said = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut said).expect("UTF-8");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(said.trim(), concat!("appkeep ", env!("CARGO_PKG_VERSION")));
}
