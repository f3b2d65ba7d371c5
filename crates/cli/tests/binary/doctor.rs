//! `appkeep doctor`: it says what is wrong, and is silent where nothing is.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use appkeep_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, admin_token, appkeep, bootstrap, folder, run, text};

const KEY: &str = "bWFzdGVyIGtleSBmb3IgdGhlIHRlc3RzLCB2MS4uLi4=";
const ANOTHER: &str = "bWFzdGVyIGtleSBmb3IgdGhlIHRlc3RzLCB2Mi4uLi4=";
const PUBLIC_URL: [&str; 2] = ["--public-url", "https://id.example.com"];
const MAIL: [&str; 4] = ["--mail-url", "smtp://mail.example.com", "--mail-from", "id@example.com"];

/// An installation as it should be, with two applications, and its database.
struct Patient {
    folder: TempDir,
    database: TestDatabase,
    server: Option<Server>,
}

impl Patient {
    async fn on(database: TestDatabase) -> Self {
        let folder = folder();
        write_private(&folder.path().join("key"), KEY);
        if !database.is_postgres() {
            std::fs::create_dir(folder.path().join("appkeep-data")).expect("made");
            std::fs::set_permissions(folder.path().join("appkeep-data"), mode(0o700)).expect("set");
        }
        let mut patient = Self { folder, database, server: None };
        patient.serve().await;
        let made = bootstrap(patient.path(), &strs(&patient.flags()));
        let server = patient.server.as_ref().expect("runs");
        let token = admin_token(server, &made).await;
        for name in ["Billing", "Payroll"] {
            let body = json!({ "name": name, "type": "m2m" });
            let (status, answer) = server.call(&token, Method::POST, "/applications", Some(body)).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
        }
        patient
    }

    /// As others would rely on it, not with `--dev`.
    async fn serve(&mut self) {
        let migrated = run(self.path(), &[&["migrate"], strs(&self.flags()).as_slice()].concat());
        assert_eq!(migrated.0, Some(0), "{}", migrated.2);
        let options = ["serve", "--listen", "127.0.0.1:0", "--log-filter", "error"];
        let flags = self.flags();
        let server = Server::spawn(appkeep(self.path(), &[&options, strs(&flags).as_slice()].concat()));
        assert!(server.becomes_ready().await);
        self.server = Some(server);
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> = PUBLIC_URL.iter().chain(&MAIL).map(|flag| (*flag).to_owned()).collect();
        flags.extend(["--master-key-file", "key"].map(str::to_owned));
        if self.database.is_postgres() {
            flags.extend(["--database-url".to_owned(), self.database.address()]);
        }
        flags
    }

    /// Somebody who administers the database does this to it.
    async fn suffers(&self, statements: &str) {
        if self.database.is_postgres() {
            self.database.run(statements).await;
        } else {
            let path = self.path().join("appkeep-data/appkeep.db");
            TestDatabase::run_on_sqlite(&path, statements);
        }
    }

    /// The exit code, and what was found.
    fn examine(&self, more: &[&str]) -> (Option<i32>, Value) {
        examine(self.path(), &[strs(&self.flags()).as_slice(), more].concat())
    }
}

fn examine(folder: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let (code, printed, said) = run(folder, &[&["doctor", "--json", "--log-filter", "error"], more].concat());
    (code, serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed} {said}")))
}

fn strs(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

fn mode(bits: u32) -> std::fs::Permissions {
    std::fs::Permissions::from_mode(bits)
}

fn write_private(path: &Path, content: &str) {
    std::fs::write(path, content).expect("written");
    std::fs::set_permissions(path, mode(0o600)).expect("set");
}

/// What is not as it should be: the check, the level, message and remedy.
fn wrong(report: &Value) -> Vec<(&str, &str, String)> {
    let findings = report["findings"].as_array().expect("a list");
    let told = |finding: &Value| format!("{}; {}", text(&finding["message"]), finding["remedy"]);
    findings
        .iter()
        .filter(|finding| finding["level"] != "ok")
        // The tests' own PostgreSQL may lose what it was given.
        .filter(|finding| !told(finding).contains("fsync"))
        .map(|finding| (text(&finding["check"]), text(&finding["level"]), told(finding)))
        .collect()
}

/// That this is the one thing that is wrong.
fn is_wrong((code, report): (Option<i32>, Value), check: &str, level: &str, told: &str) {
    let found = wrong(&report);
    assert!(found.len() == 1 && found[0].0 == check && found[0].1 == level, "{found:?}");
    assert!(found[0].2.contains(told), "{found:?}");
    assert_eq!((code, &report["healthy"]), (Some(i32::from(level == "error")), &json!(level != "error")));
}

async fn both() -> [TestDatabase; 2] {
    [TestDatabase::sqlite().await, TestDatabase::postgres().await]
}

#[tokio::test]
async fn a_healthy_installation_is_told_so_beside_a_server_and_without() {
    for database in both().await {
        let mut patient = Patient::on(database).await;
        for _ in 0..2 {
            let (code, report) = patient.examine(&[]);
            assert_eq!(wrong(&report), []);
            assert_eq!((code, &report["healthy"]), (Some(0), &json!(true)));
            let checks: Vec<_> = report["findings"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| text(&one["check"]))
                .collect();
            let of_a_file = ["server", "data_directory", "disk", "write_ahead_log"];
            let of_each = [
                "master_key_file",
                "database",
                "schema",
                "clock",
                "servers",
                "master_key",
                "signing_keys",
                "counters",
                "audit_trail",
            ];
            let of_a_file = if patient.database.is_postgres() { &[][..] } else { &of_a_file };
            assert_eq!(checks, [&["settings", "mail"], of_a_file, &of_each].concat());
            for finding in report["findings"].as_array().expect("a list") {
                let members: Vec<_> = finding.as_object().expect("an object").keys().collect();
                assert_eq!(members, ["check", "level", "message", "remedy"]);
            }
            if let Some(server) = patient.server.take() {
                assert_eq!(server.stop("-TERM").await, Some(0));
            }
        }
        let (code, printed, said) =
            run(patient.path(), &[&["doctor"], strs(&patient.flags()).as_slice()].concat());
        assert!(code == Some(0) && printed.contains("  counters "), "{printed}");
        assert!(!said.contains("postgres://") && !printed.contains("postgres://"), "{printed} {said}");
    }
}

#[tokio::test]
async fn a_wrong_total_is_told_and_counted_anew_beside_a_server() {
    for database in both().await {
        let patient = Patient::on(database).await;
        for statement in [
            "UPDATE audit_totals SET total = total + 3 WHERE application_id =
                (SELECT id FROM applications WHERE name = 'Payroll')",
            "INSERT INTO session_totals (application_id, part, kept, swept)
                SELECT id, 3, 2, 5 FROM applications WHERE name = 'Payroll'",
            "INSERT INTO agent_sessions (application_id, id, tenant_id, protocol, calls, created_at,
                    last_seen_at, expires_at)
                SELECT id, id, owner, '2025-06-18', 0, 0, 0, 0 FROM applications WHERE name = 'Payroll'",
            "INSERT INTO directories (id, owner, owner_level, password_min_length, password_free_failures,
                    password_longest_delay_s, version, created_at, updated_at)
                SELECT id, id, 2, 12, 5, 900, 1, 0, 0 FROM tenants WHERE NOT EXISTS (SELECT 1 FROM directories)",
            "INSERT INTO totals (directory_id, noun, part, total) SELECT id, 'user', 15, 7 FROM directories WHERE true
                ON CONFLICT (directory_id, noun, part) DO UPDATE SET total = totals.total + 7",
            "INSERT INTO groups (directory_id, id, name, name_key, version, created_at, updated_at)
                SELECT id, id, 'Everybody', 'everybody', 1, 0, 0 FROM directories",
            "INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
                SELECT id, id, 3, 2, 1 FROM directories",
            "UPDATE application_totals SET total = total + 1",
        ] {
            patient.suffers(statement).await;
        }
        for _ in 0..2 {
            is_wrong(patient.examine(&[]), "counters", "error", "appkeep doctor --recount");
        }
        let (code, report) = patient.examine(&["--recount"]);
        assert_eq!((code, wrong(&report)), (Some(0), vec![]), "{report}");
        for wrong in [
            "audit entries of 1 of",
            "sessions of 1 of",
            "agents of 1 of",
            "users, groups or members of 1 of",
            "applications of 1 of 1 owners",
        ] {
            assert!(report.to_string().contains(wrong), "{wrong}: {report}");
        }
        let (code, report) = patient.examine(&[]);
        assert_eq!((code, wrong(&report)), (Some(0), vec![]));
        assert!(
            report.to_string().contains(
                "the totals of all 4 applications, of the 1 who have them, and of 1 directories are right"
            ),
            "{report}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_keys_and_schema_is_told_with_what_to_do() {
    for database in both().await {
        let patient = Patient::on(database).await;
        write_private(&patient.path().join("key"), ANOTHER);
        let remedy = "name the master key that the database was sealed with";
        is_wrong(patient.examine(&[]), "master_key", "error", remedy);
        write_private(&patient.path().join("key"), KEY);
        std::fs::set_permissions(patient.path().join("key"), mode(0o644)).expect("set");
        is_wrong(patient.examine(&[]), "master_key_file", "warning", "chmod 600 'key'");
        std::fs::set_permissions(patient.path().join("key"), mode(0o600)).expect("set");

        patient.suffers("DELETE FROM signing_keys WHERE alg = 'RS256'").await;
        is_wrong(patient.examine(&[]), "signing_keys", "error", "has no RS256 key to sign with");
        patient.suffers("INSERT INTO schema_migrations VALUES (9999, 'tomorrow', '', 0)").await;
        is_wrong(patient.examine(&[]), "schema", "error", "run the release that migrated it");
        let older = "DELETE FROM schema_migrations WHERE number = 9999 OR number > 2";
        patient.suffers(older).await;
        is_wrong(patient.examine(&[]), "schema", "error", "run `appkeep migrate`");
    }
}

#[tokio::test]
async fn an_audit_trail_that_was_changed_or_is_not_sealed_is_told() {
    for database in both().await {
        let mut patient = Patient::on(database).await;
        let server = patient.server.take().expect("runs");
        assert_eq!(server.stop("-TERM").await, Some(0));
        // It seals what the server had not come to.
        let export = ["audit", "export", "--out", "trail", "--log-filter", "error"];
        let (code, _, said) = run(patient.path(), &[&export, strs(&patient.flags()).as_slice()].concat());
        assert_eq!(code, Some(0), "{said}");
        patient.suffers("DELETE FROM audit_seals WHERE seq = 2").await;
        is_wrong(patient.examine(&[]), "audit_trail", "error", "appkeep audit export");
        patient.suffers("DELETE FROM audit_seals; DELETE FROM audit_chains").await;
        patient.suffers("DELETE FROM audit_unsealed; INSERT INTO audit_unsealed SELECT id, owner FROM audit_entries; UPDATE audit_entries SET occurred_at = 5").await;
        is_wrong(patient.examine(&[]), "audit_trail", "warning", "start a server");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_and_a_server_that_vanished_are_told() {
    for database in both().await {
        let mut patient = Patient::on(database).await;
        drop(patient.server.take());
        patient.suffers("UPDATE audit_chains SET checkpoint = count").await;
        patient.suffers("UPDATE nodes SET flushed_at = flushed_at - 120000000").await;
        is_wrong(patient.examine(&[]), "servers", "warning", "has not been heard of");
        patient.suffers("UPDATE nodes SET flushed_at = flushed_at + 600000000").await;
        is_wrong(patient.examine(&[]), "clock", "error", "behind the newest row");
    }
}

#[tokio::test]
async fn a_folder_that_is_open_and_a_server_for_development_are_told() {
    let folder = folder();
    let server = Server::start(folder.path());
    let (code, report) = examine(folder.path(), &[]);
    is_wrong((code, report), "settings", "warning", "runs with --dev");
    assert_eq!(server.stop("-TERM").await, Some(0));
    let data = folder.path().join("appkeep-data");
    std::fs::set_permissions(&data, mode(0o755)).expect("set");
    is_wrong(examine(folder.path(), &[]), "data_directory", "warning", "chmod 700 'appkeep-data'");
    std::fs::set_permissions(&data, mode(0o700)).expect("set");
    std::fs::remove_file(data.join("master.key")).expect("is there");
    is_wrong(examine(folder.path(), &[]), "master_key", "error", "put it back");
}

#[tokio::test]
async fn without_settings_or_a_database_the_rest_is_still_told_and_no_password_is() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("appkeep-data")).expect("made");
    std::fs::set_permissions(folder.path().join("appkeep-data"), mode(0o700)).expect("set");
    is_wrong(examine(folder.path(), &[]), "database", "error", "there is no database");
    is_wrong(
        examine(folder.path(), &["--public-url", "http://id.example.com"]),
        "settings",
        "error",
        "public_url",
    );
    for url in
        ["postgres://appkeep:hush@127.0.0.1:1/appkeep", "postgres://appkeep:hush@[", "mysql://a:hush@b"]
    {
        let (code, report) = examine(folder.path(), &["--database-url", url]);
        assert_eq!(code, Some(1), "{report}");
        assert!(!report.to_string().contains("hush"), "{report}");
        let (_, printed, said) = run(folder.path(), &["doctor", "--database-url", url]);
        assert!(printed.contains("ERROR") && said.contains("1 thing is wrong"), "{printed} {said}");
        assert!(!printed.contains("hush") && !said.contains("hush"), "{printed} {said}");
    }
}
