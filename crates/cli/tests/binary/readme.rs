//! The README's first steps, as they stand there.

use std::process::{Command, Stdio};

use crate::harness::{Server, folder};

/// The shell blocks of the section `## Start`.
fn blocks() -> Vec<String> {
    let readme = include_str!("../../../../README.md");
    let start =
        readme.split("## Start").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    start
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// Each line as it stands, but for how the binary is called, which is built
/// already, and the installation of what `cargo xtask ci` has installed.
#[tokio::test]
async fn its_lines_register_an_application_and_verify_its_token() {
    let blocks = blocks();
    assert_eq!(blocks[0].trim(), "cargo run --release -- serve --dev");
    let steps: Vec<_> = blocks[1].lines().filter(|line| !line.contains("apt-get")).collect();
    let steps = steps.join("\n").replace("cargo run --release --quiet --", env!("CARGO_BIN_EXE_appkeep"));
    assert!(steps.contains(env!("CARGO_BIN_EXE_appkeep")), "{steps}");
    let folder = folder();
    let server = Server::start(folder.path());
    assert!(server.becomes_ready().await);
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &steps]).current_dir(folder.path());
    let output = shell.stdin(Stdio::null()).output().expect("there is bash");
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{said}");
    for claim in ["'aud': 'https://bills.example'", "'client_id': 'app_", "'tenant_id': 'tnt_", "'exp': "] {
        assert!(printed.contains(claim), "{claim} in {printed}");
    }
}
