//! Where settings come from, in a server that is not for development.

use serde_json::Value;

use crate::harness::{Server, appkeep, folder, text};

const FILE: &str = "listen = \"127.0.0.1:1\"\npublic_url = \"https://file.example\"\n\
                    data_dir = \"from-file\"\nlog_format = \"human\"\nlog_filter = \"info\"\n";

/// What the server calls itself, and what it logged.
async fn started(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[&str],
) -> (tempfile::TempDir, String, String) {
    let folder = folder();
    std::fs::write(folder.path().join("appkeep.toml"), file).expect("written");
    let mut command = appkeep(folder.path(), &[&["serve"], flags].concat());
    let log = std::fs::File::create(folder.path().join("log")).expect("a new file");
    command.envs(environment.iter().copied()).stderr(log);
    let server = Server::launch(command);
    let metadata = server.get("/.well-known/openid-configuration").await;
    let metadata: Value = metadata.json().await.expect("JSON");
    let log = std::fs::read_to_string(folder.path().join("log")).expect("UTF-8");
    (folder, text(&metadata["issuer"]).to_owned(), log)
}

#[tokio::test]
async fn every_setting_can_come_from_the_environment() {
    let (folder, issuer, log) = started(
        "",
        &[
            ("APPKEEP_LISTEN", "127.0.0.1:0"),
            ("APPKEEP_PUBLIC_URL", "https://environment.example"),
            ("APPKEEP_DATA_DIR", "from-environment"),
            ("APPKEEP_LOG_FORMAT", "json"),
            ("APPKEEP_LOG_FILTER", "info"),
        ],
        &[],
    )
    .await;
    assert_eq!(issuer, "https://environment.example");
    assert!(folder.path().join("from-environment/master.key").exists());
    assert!(log.starts_with('{') && log.contains("listening on"), "{log}");
}

#[tokio::test]
async fn a_flag_beats_the_environment_and_the_environment_the_file() {
    let (folder, issuer, log) = started(
        FILE,
        &[
            ("APPKEEP_CONFIG", "appkeep.toml"),
            ("APPKEEP_LISTEN", "127.0.0.1:0"),
            ("APPKEEP_PUBLIC_URL", "https://environment.example"),
            ("APPKEEP_DATA_DIR", "from-environment"),
        ],
        &["--public-url", "https://flag.example"],
    )
    .await;
    assert_eq!(issuer, "https://flag.example");
    assert!(folder.path().join("from-environment").exists() && !folder.path().join("from-file").exists());
    // The file says so, and nobody else says otherwise.
    assert!(!log.starts_with('{') && log.contains("listening on"), "{log}");
}

#[tokio::test]
async fn the_file_alone_will_do() {
    let file = FILE.replace("127.0.0.1:1", "127.0.0.1:0");
    let (folder, issuer, _) = started(&file, &[], &["--config", "appkeep.toml"]).await;
    assert_eq!(issuer, "https://file.example");
    assert!(folder.path().join("from-file").exists());
}
