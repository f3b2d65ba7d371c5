//! Where the master key comes from, and how it is exchanged.

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, admin_token, appkeep, bootstrap, folder, run};

const KEY: &str = "bWFzdGVyIGtleSBmb3IgdGhlIHRlc3RzLCB2MS4uLi4=";
const ANOTHER: &str = "bWFzdGVyIGtleSBmb3IgdGhlIHRlc3RzLCB2Mi4uLi4=";

#[tokio::test]
async fn one_key_from_a_file_the_environment_and_a_command() {
    let folder = folder();
    std::fs::write(folder.path().join("key"), KEY).expect("written");
    let server = Server::spawn(serve(folder.path(), &["--master-key-file", "key"]));
    let made = bootstrap(folder.path(), &[]);
    admin_token(&server, &made).await;
    assert!(!folder.path().join("appkeep-data/master.key").exists());
    assert_eq!(server.stop("-TERM").await, Some(0));

    let mut command = serve(folder.path(), &[]);
    command.env("APPKEEP_MASTER_KEY", KEY);
    let server = Server::spawn(command);
    admin_token(&server, &made).await;
    assert_eq!(server.stop("-TERM").await, Some(0));

    let mut command = serve(folder.path(), &["--master-key-command", "cat key"]);
    command.env("PATH", "/usr/bin:/bin");
    let server = Server::spawn(command);
    admin_token(&server, &made).await;
}

#[test]
fn a_key_that_cannot_be_had_stops_the_start() {
    let folder = folder();
    let serve = |more: &[&str], key: Option<&str>| {
        let mut command = serve(folder.path(), more);
        command.env("PATH", "/usr/bin:/bin");
        if let Some(key) = key {
            command.env("APPKEEP_MASTER_KEY", key);
        }
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    for (more, key, fault) in [
        (&["--master-key-command", "exit 3"][..], None, "master_key_command failed: exit status: 3"),
        (&["--master-key-command", "echo short"], None, "`master_key_command` holds no master key"),
        (&[], Some("hush-but-short"), "`APPKEEP_MASTER_KEY` holds no master key"),
        (&["--master-key-command", "true"], Some(KEY), "  - master_key: only one of"),
    ] {
        let said = serve(more, key);
        assert!(said.contains(fault), "{said}");
        assert!(!said.contains("hush") && !said.contains(KEY), "{said}");
    }
}

#[tokio::test]
async fn another_master_key_is_taken_over() {
    let folder = folder();
    std::fs::write(folder.path().join("new"), ANOTHER).expect("written");
    let server = Server::start(folder.path());
    let made = bootstrap(folder.path(), &[]);
    let (code, printed, said) = run(folder.path(), &["keys", "rewrap", "--new-master-key-file", "new"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains("1 data keys are wrapped under the key in `new`"), "{printed}");
    // It goes on with what it has opened.
    admin_token(&server, &made).await;
    assert_eq!(server.stop("-TERM").await, Some(0));

    let (code, _, said) = run(folder.path(), &["keys", "rewrap", "--new-master-key-file", "new"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("nothing was wrapped anew") && said.contains("master key"), "{said}");
    let output = serve(folder.path(), &[]).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("does not open with this master key"), "{said}");

    let server = Server::spawn(serve(folder.path(), &["--master-key-file", "new"]));
    admin_token(&server, &made).await;
}

fn serve(folder: &Path, more: &[&str]) -> Command {
    let arguments = ["serve", "--dev", "--listen", "127.0.0.1:0", "--log-filter", "error"];
    appkeep(folder, &[&arguments, more].concat())
}
