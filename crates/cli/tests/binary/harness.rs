//! Starting the binary, and speaking to it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

const DEVELOPMENT: [&str; 4] = ["serve", "--dev", "--listen", "127.0.0.1:0"];
const WITHIN: Duration = Duration::from_secs(10);

/// The binary, with nothing of this process's own environment.
pub(crate) fn appkeep(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_appkeep"));
    command.env_clear().current_dir(folder).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Its exit code, what it printed, and what it complained of.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = appkeep(folder, arguments).output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A server that runs until this is dropped, so that a test that fails leaves
/// none behind.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Server {
    /// On SQLite, in the folder.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, more: &[&str]) -> Self {
        let mut command =
            appkeep(folder, &[&DEVELOPMENT, ["--log-filter", "error"].as_slice(), more].concat());
        command.stderr(Stdio::inherit());
        Self::launch(command)
    }

    /// What runs is to say where it listens.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stderr(Stdio::inherit());
        Self::launch(command)
    }

    /// One that writes its log lines as JSON to a file in the folder.
    pub(crate) fn start_logging(folder: &Path, filter: &str, more: &[&str]) -> (Self, Log) {
        let path = folder.join(format!("{filter}.log"));
        let options = ["--log-format", "json", "--log-filter", filter];
        let mut command = appkeep(folder, &[&DEVELOPMENT, options.as_slice(), more].concat());
        command.stderr(File::create(&path).expect("a new file"));
        (Self::launch(command), Log(path))
    }

    /// Waits until it says where it listens.
    pub(crate) fn launch(mut command: Command) -> Self {
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("127.0.0.1:"));
        let port: u16 =
            address.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no port in {line:?}"));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        client().get(format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    pub(crate) async fn becomes_ready(&self) -> bool {
        for _ in 0..500 {
            if self.get("/readyz").await.status() == StatusCode::OK {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// Sends a form to an OAuth endpoint; the status, and the answer's members.
    pub(crate) async fn form(
        &self,
        (id, secret): (&str, &str),
        path: &str,
        form: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let request = client().post(format!("{}{path}", self.url)).basic_auth(id, Some(secret)).form(form);
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("UTF-8"));
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Asks for a token; the status, and the answer's members.
    pub(crate) async fn token(&self, client: (&str, &str)) -> (StatusCode, Value) {
        self.form(client, "/oauth2/token", &[("grant_type", "client_credentials")]).await
    }

    /// Calls the native API.
    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = client().request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("UTF-8");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// One number of `/metrics`, by the start of its line.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let metrics = self.get("/metrics").await.text().await.expect("UTF-8");
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("no {name} in {metrics}"))
    }

    pub(crate) async fn stop(mut self, signal: &str) -> Option<i32> {
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

/// What a server logged, of which nothing is lost once it has stopped.
pub(crate) struct Log(PathBuf);

impl Log {
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.0).expect("UTF-8")
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        text.lines().map(line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `bootstrap --json` printed.
pub(crate) fn bootstrap(folder: &Path, more: &[&str]) -> Value {
    let arguments = ["bootstrap", "--json", "--log-filter", "error"];
    let (code, printed, said) = run(folder, &[&arguments, more].concat());
    assert_eq!(code, Some(0), "{said}");
    serde_json::from_str(&printed).expect("JSON and nothing else")
}

/// A token that may do everything.
pub(crate) async fn admin_token(server: &Server, made: &Value) -> String {
    let (status, answer) = server.token(client_of(&made["native"])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    text(&answer["access_token"]).to_owned()
}

/// The id and the secret in an object that has both.
pub(crate) fn client_of(value: &Value) -> (&str, &str) {
    (text(&value["client_id"]), text(&value["client_secret"]))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Keeps its connections, so that what is measured is the server.
fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // A second installation of the provider is refused and needs no answer.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client")
    })
}
