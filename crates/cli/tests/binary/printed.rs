//! Requests as a reference prints them, for `curl`.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What is replaced in a request, and nothing else is.
pub(crate) struct Table<'a>(pub(crate) &'a [(&'a str, &'a str)]);

impl Table<'_> {
    pub(crate) fn fill(&self, request: &str) -> String {
        self.0.iter().fold(request.to_owned(), |request, (printed, ours)| request.replace(printed, ours))
    }
}

/// By the real `curl`, whose own settings say that it prints the status.
pub(crate) fn send(folder: &Path, request: &str) -> (u16, Value) {
    std::fs::write(folder.join(".curlrc"), "silent\nshow-error\nwrite-out = \"\\n%{http_code}\"\n")
        .expect("is written");
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", request]).env("CURL_HOME", folder).stdin(Stdio::null());
    let output = shell.output().expect("there is bash");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let (body, status) = printed.rsplit_once('\n').expect("a status");
    (status.parse().expect("a number"), serde_json::from_str(body).unwrap_or(Value::Null))
}
