//! `appkeep audit`: an export beside a running server, and what is noticed in it.

use std::path::Path;
use std::time::Duration;

use appkeep_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, admin_token, bootstrap, folder, run, text};

/// An export of a server that is still running, with some changes in it.
struct Export {
    server: Server,
    token: String,
    folder: TempDir,
    database: Vec<String>,
}

impl Export {
    async fn of(database: Option<&TestDatabase>) -> Self {
        let folder = folder();
        let more: Vec<String> =
            database.iter().flat_map(|one| ["--database-url".to_owned(), one.address()]).collect();
        let flags: Vec<&str> = more.iter().map(String::as_str).collect();
        let server = Server::start_with(folder.path(), &flags);
        let made = bootstrap(folder.path(), &flags);
        let token = admin_token(&server, &made).await;
        let export = Self { server, token, folder, database: more };
        for number in 0..5 {
            export.change(number).await;
        }
        export.write("trail.jsonl", &[]);
        export
    }

    async fn on_sqlite() -> Self {
        Self::of(None).await
    }

    async fn change(&self, number: u32) {
        let body = json!({ "name": format!("Application {number}"), "type": "m2m" });
        let (status, answer) = self.server.call(&self.token, Method::POST, "/applications", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the export; what it said.
    fn write(&self, name: &str, more: &[&str]) -> String {
        let database: Vec<&str> = self.database.iter().map(String::as_str).collect();
        let arguments =
            [&["audit", "export", "--log-filter", "error", "--out", name], more, &database].concat();
        let (code, printed, said) = run(self.path(), &arguments);
        assert_eq!((code, printed.as_str()), (Some(0), ""), "{said}");
        said
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join("trail.jsonl")).expect("was written");
        text.lines().map(str::to_owned).collect()
    }

    /// The place of the entry with this number among the lines.
    fn entry(&self, seq: u64) -> usize {
        let is_it = |line: &String| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["entry"]["seq"] == seq && text_or_empty(&line["entry"]["owner"]).starts_with("tnt_")
        };
        self.lines().iter().position(is_it).expect("is there")
    }

    /// What `verify` says of the export with these lines.
    fn verdict_on(&self, lines: &[String], more: &[&str]) -> (Option<i32>, Value, String) {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        std::fs::write(self.path().join("changed.jsonl"), text).expect("can be written");
        self.verdict("changed.jsonl", more)
    }

    /// In a folder without a server, a database or a key.
    fn verdict(&self, name: &str, more: &[&str]) -> (Option<i32>, Value, String) {
        let file = self.path().join(name).display().to_string();
        let elsewhere = folder();
        let (code, printed, said) =
            run(elsewhere.path(), &[&["audit", "verify", &file, "--json"], more].concat());
        assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a folder").count(), 0, "it wrote something");
        (code, serde_json::from_str(&printed).unwrap_or(Value::Null), said)
    }

    /// That these lines are refused, at the line with this index, saying this.
    fn is_noticed(&self, lines: &[String], index: usize, reason: &str) {
        let (code, verdict, said) = self.verdict_on(lines, &[]);
        assert_eq!((code, &verdict["valid"]), (Some(1), &json!(false)), "{verdict}");
        assert_eq!(verdict["line"], index + 1, "{verdict}");
        assert!(text(&verdict["reason"]).contains(reason), "{verdict}");
        assert!(said.contains(&format!("line {}: ", index + 1)), "{said}");
    }
}

fn text_or_empty(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_export_beside_a_running_server_is_whole() {
    let postgres = TestDatabase::postgres().await;
    for database in [None, Some(&postgres)] {
        let export = Export::of(database).await;
        let (code, verdict, said) = export.verdict("trail.jsonl", &[]);
        assert_eq!((code, &verdict["valid"]), (Some(0), &json!(true)), "{said}");
        assert!(verdict["entries"].as_u64() >= Some(6), "{verdict}");
        assert_eq!(verdict["unsealed"], 0);
        let (_, people, _) = run(export.path(), &["audit", "verify", "trail.jsonl"]);
        assert!(people.contains("is whole") && people.contains(text(&verdict["key_thumbprint"])), "{people}");
    }
}

#[tokio::test]
async fn a_removed_entry_is_noticed() {
    let export = Export::on_sqlite().await;
    let (mut lines, at) = (export.lines(), export.entry(3));
    lines.remove(at);
    let reason = "entry 3 of";
    let still_there = lines[at].contains("\"entry\"");
    assert!(still_there, "{}", lines[at]);
    export.is_noticed(&lines, at, reason);
}

#[tokio::test]
async fn an_edited_entry_is_noticed() {
    let export = Export::on_sqlite().await;
    let (mut lines, at) = (export.lines(), export.entry(3));
    lines[at] = lines[at].replace("Application", "Something");
    assert_ne!(lines, export.lines());
    export.is_noticed(&lines, at, "edited");
}

#[tokio::test]
async fn reordered_entries_are_noticed() {
    let export = Export::on_sqlite().await;
    let (mut lines, at) = (export.lines(), export.entry(3));
    lines.swap(at, export.entry(4));
    export.is_noticed(&lines, at, "stands elsewhere");
}

#[tokio::test]
async fn a_truncated_export_is_noticed() {
    let export = Export::on_sqlite().await;
    let lines = export.lines();
    for kept in [lines.len() - 1, lines.len() - 2, export.entry(4), 1] {
        export.is_noticed(&lines[..kept], kept, "cut off");
    }
    // Also when what is left is the end of a longer one.
    let (last, end) = (export.entry(5), lines.len() - 1);
    let shortened = [&lines[..last], &lines[end..]].concat();
    export.is_noticed(&shortened, last, "not what stands above");
}

#[tokio::test]
async fn a_replaced_head_and_a_strangers_key_are_noticed() {
    let (export, stranger) = (Export::on_sqlite().await, Export::on_sqlite().await);
    let (lines, theirs) = (export.lines(), stranger.lines());
    let mut replaced = lines.clone();
    let head = lines.len() - 2;
    assert!(lines[head].starts_with("{\"head\""));
    replaced[head].clone_from(&theirs[theirs.len() - 2]);
    export.is_noticed(&replaced, head, "not trusted");

    let jwks = export.server.get("/.well-known/jwks.json").await.text().await.expect("UTF-8");
    std::fs::write(export.path().join("jwks.json"), jwks).expect("can be written");
    let jwks = export.path().join("jwks.json").display().to_string();
    let (_, verdict, _) = export.verdict("trail.jsonl", &[]);
    let thumbprint = text(&verdict["key_thumbprint"]);
    for trust in [["--jwks", &jwks], ["--key-thumbprint", thumbprint]] {
        assert_eq!(export.verdict("trail.jsonl", &trust).0, Some(0), "{trust:?}");
        assert_eq!(export.verdict_on(&theirs, &trust).0, Some(1), "{trust:?}");
    }
    assert_eq!(export.verdict_on(&theirs, &[]).0, Some(0), "by itself it is whole");
}

#[tokio::test]
async fn a_later_export_goes_on_from_an_earlier_one() {
    let export = Export::on_sqlite().await;
    export.change(9).await;
    let said = export.write("later.jsonl", &["--tenant", "default"]);
    assert!(said.contains("thumbprint"), "{said}");
    let file = |name: &str| export.path().join(name).display().to_string();
    let (early, late) = (file("trail.jsonl"), file("later.jsonl"));
    assert_eq!(export.verdict("later.jsonl", &["--earlier", &early]).0, Some(0));
    let (code, verdict, _) = export.verdict("trail.jsonl", &["--earlier", &late]);
    assert_eq!(code, Some(1), "{verdict}");
    let (code, _, said) = run(export.path(), &["audit", "export", "--tenant", "nobody"]);
    assert!(code == Some(1) && said.contains("no tenant `nobody`"), "{said}");
}

#[tokio::test]
async fn who_is_refused_is_told_with_a_count() {
    let export = Export::on_sqlite().await;
    let client = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
    for _ in 0..20 {
        let (status, _) = export.server.token((client, "ias_wrong")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let (status, _) = export.server.call("no.token.this", Method::GET, "/applications", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    for (action, route, claimed) in [
        ("token.refused", "/oauth2/token", json!(client)),
        ("request.refused", "/api/v1/applications", Value::Null),
    ] {
        let told = refusals(&export, action).await;
        assert_eq!((&told["route"], &told["client_id"]), (&json!(route), &claimed), "{told}");
    }
    assert_eq!(export.server.metric("appkeep_refusals_total ").await, 40);
    assert_eq!(export.server.metric("appkeep_refusals_dropped_total ").await, 0);
}

/// The newest entry with this action, once twenty are told of.
async fn refusals(export: &Export, action: &str) -> Value {
    for _ in 0..200 {
        let path = format!("/audit?action={action}");
        let (_, page) = export.server.call(&export.token, Method::GET, &path, None).await;
        let entries = page["data"].as_array().expect("a list");
        let count: u64 = entries.iter().filter_map(|entry| entry["after"]["count"].as_u64()).sum();
        if count == 20 {
            assert_eq!(entries[0]["actor"], json!({ "kind": "anonymous", "id": "127.0.0.1" }));
            return entries[0]["after"].clone();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing was told");
}
