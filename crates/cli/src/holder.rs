//! Who runs on a data directory, as its lock file says.

use std::path::Path;

use appkeep_storage::ServerLock;
use serde::{Deserialize, Serialize};

/// What whoever holds the lock leaves in it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// Where it is reached; nothing while a backup is put back.
    pub(crate) url: Option<String>,
    /// Whether it was started with `--dev`.
    #[serde(default)]
    pub(crate) dev: bool,
}

impl Holder {
    pub(crate) fn this_process(url: Option<&str>, dev: bool) -> Self {
        Self { pid: std::process::id(), url: url.map(str::to_owned), dev }
    }

    /// Who holds the lock of this directory now.
    pub(crate) fn of(directory: &Path) -> Option<Self> {
        Self::parse(&ServerLock::holder(directory)?)
    }

    /// Nothing when the holder has not yet written who it is.
    pub(crate) fn parse(content: &str) -> Option<Self> {
        serde_json::from_str(content).ok()
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always print")
    }

    /// `process 42, http://localhost:8080`
    pub(crate) fn describe(&self) -> String {
        let url = self.url.as_deref().unwrap_or("a backup is being restored");
        format!("process {}, {url}", self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_the_lock_is_told_if_known() {
        for (content, described) in [
            (r#"{"pid":42,"url":"http://localhost:1"}"#, Some("process 42, http://localhost:1")),
            (r#"{"pid":42,"url":null,"dev":false}"#, Some("process 42, a backup is being restored")),
            ("", None),
        ] {
            let holder = Holder::parse(content);
            assert_eq!(holder.map(|holder| holder.describe()).as_deref(), described, "{content}");
        }
        let holder = Holder { pid: 1, url: Some("http://localhost:1".to_owned()), dev: true };
        assert_eq!(Holder::parse(&holder.to_json()), Some(holder));
    }
}
