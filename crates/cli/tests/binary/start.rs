//! Starting, stopping, and what cannot start.

use std::io::Read as _;

use crate::harness::{Server, appkeep, folder, run};

#[tokio::test]
async fn it_starts_in_an_empty_folder_and_answers() {
    let folder = folder();
    let server = Server::start(folder.path());
    for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/nothing", 404)] {
        let response = server.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(response.headers()["x-request-id"].as_bytes().starts_with(b"req_"), "{path}");
    }
    assert!(server.becomes_ready().await);
    assert!(folder.path().join("appkeep-data/appkeep.db").exists());
    let mode = std::fs::metadata(folder.path().join("appkeep-data")).expect("it was made").permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o700);
    for file in ["master.key", "appkeep.db", "appkeep.db-wal"] {
        let made = std::fs::metadata(folder.path().join("appkeep-data").join(file)).expect("it was made");
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&made.permissions()) & 0o777, 0o600, "{file}");
    }
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

/// With another key nothing that was sealed could be opened again.
#[tokio::test]
async fn a_lost_master_key_is_not_replaced() {
    let folder = folder();
    assert_eq!(Server::start(folder.path()).stop("-TERM").await, Some(0));
    let key = folder.path().join("appkeep-data/master.key");
    std::fs::remove_file(&key).expect("it was made");
    let (code, _, said) =
        run(folder.path(), &["serve", "--dev", "--listen", "127.0.0.1:0", "--log-filter", "error"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("master.key` is missing") && said.contains("backup"), "{said}");
    assert!(!key.exists());
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
