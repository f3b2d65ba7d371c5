//! `appkeep backup` and `appkeep restore`: what was answered before is there
//! again, and nothing that cannot be served takes the place of what is.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, run, text};

const DATA: &str = "appkeep-data";

/// A folder that was served, and a backup of it.
struct Kept {
    folder: TempDir,
    made: Value,
}

impl Kept {
    async fn new() -> Self {
        let folder = folder();
        let server = Server::start(folder.path());
        let made = bootstrap(folder.path(), &[]);
        let kept = Self { folder, made };
        kept.back_up("kept.backup");
        assert_eq!(server.stop("-TERM").await, Some(0));
        kept
    }

    fn back_up(&self, name: &str) -> String {
        let (code, printed, said) = run(self.folder.path(), &["backup", name]);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{printed}");
        printed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// That the backup is refused, for this reason, and nothing was changed.
    fn is_refused(&self, backup: &str, more: &[&str], reason: &str) {
        let before = files(&self.path(DATA));
        let (code, printed, said) = run(self.folder.path(), &[&["restore", backup], more].concat());
        assert_eq!((code, printed.as_str()), (Some(1), ""), "{said}");
        assert!(said.contains(reason), "{said}");
        assert_eq!(files(&self.path(DATA)), before);
    }
}

#[tokio::test]
async fn a_backup_under_load_has_what_was_answered_before_and_serves_again() {
    let folder = folder();
    let server = Server::start(folder.path());
    let made = bootstrap(folder.path(), &[]);
    let token = admin_token(&server, &made).await;
    let stop = AtomicBool::new(false);
    let ((), answered) = tokio::join!(creates(&server, &token, &stop), async {
        let mut answered = Vec::new();
        for number in 0..20 {
            answered.push(create(&server, &token, &format!("Before {number}")).await);
        }
        let path = folder.path().to_owned();
        let backup = move || run(&path, &["backup", "kept.backup"]);
        let (code, printed, said) = tokio::task::spawn_blocking(backup).await.expect("runs");
        assert_eq!((code, said.as_str()), (Some(0), ""));
        assert!(printed.contains("master key `appkeep-data/master.key` is not in it"), "{printed}");
        stop.store(true, Ordering::Relaxed);
        answered
    });
    assert_eq!(server.stop("-TERM").await, Some(0));
    assert_eq!(mode(&folder.path().join("kept.backup")), 0o600);
    assert_eq!(beside(folder.path(), "kept.backup"), ["kept.backup"]);

    let elsewhere =
        restored(&folder.path().join("kept.backup"), &folder.path().join(DATA).join("master.key"));
    let server = Server::start(elsewhere.path());
    let token = admin_token(&server, &made).await;
    for application in &answered {
        let (id, _) = client_of(application);
        let (status, found) = server.call(&token, Method::GET, &format!("/applications/{id}"), None).await;
        assert_eq!((status, &found["data"]["name"]), (StatusCode::OK, &application["name"]), "{found}");
        let (status, answer) = server.token(client_of(application)).await;
        assert_eq!(status, StatusCode::OK, "the old secret is good: {answer}");
    }
    let (code, _, said) =
        run(elsewhere.path(), &["audit", "export", "--out", "trail", "--log-filter", "error"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, printed, said) = run(elsewhere.path(), &["audit", "verify", "trail"]);
    assert!(code == Some(0) && printed.contains("is whole"), "{printed} {said}");
    let (code, printed, _) = run(elsewhere.path(), &["doctor", "--log-filter", "error"]);
    assert_eq!(code, Some(0), "{printed}");
}

#[tokio::test]
async fn a_backup_does_not_replace_a_file_and_needs_a_database() {
    let kept = Kept::new().await;
    std::fs::write(kept.path("mine"), "mine").expect("written");
    for (folder, name, reason) in [
        (kept.folder.path(), "mine", "`mine` is there already; name a new file"),
        (kept.folder.path(), "nowhere/kept.backup", "cannot write `nowhere/kept.backup"),
        (folder().path(), "kept.backup", "there is no database"),
    ] {
        let (code, _, said) = run(folder, &["backup", name]);
        assert!(code == Some(1) && said.contains(reason), "{said}");
    }
    assert_eq!(std::fs::read(kept.path("mine")).expect("is there"), b"mine");
    assert_eq!(beside(kept.folder.path(), "mine"), ["mine"]);
    for command in ["backup", "restore"] {
        let url = "postgres://appkeep:hush@127.0.0.1:1/appkeep";
        let (code, _, said) = run(kept.folder.path(), &[command, "kept.backup", "--database-url", url]);
        assert!(code == Some(1) && said.contains("pg_dump") && !said.contains("hush"), "{said}");
    }
}

#[tokio::test]
async fn a_restore_replaces_only_when_it_is_told_to_and_keeps_what_was_there() {
    let kept = Kept::new().await;
    kept.is_refused("kept.backup", &[], "is there already; with --replace");
    let server = Server::start(kept.folder.path());
    let token = admin_token(&server, &kept.made).await;
    let later = create(&server, &token, "Later").await;
    kept.is_refused("kept.backup", &["--replace"], "a server (process ");
    // Killed, so that a part of it stands in the log beside it.
    drop(server);
    assert!(kept.path(DATA).join("appkeep.db-wal").exists());

    let (code, printed, said) = run(kept.folder.path(), &["restore", "kept.backup", "--replace"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let names = files(&kept.path(DATA)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let [database, replaced, master, lock] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!([database, master, lock], ["appkeep.db", "master.key", "server.lock"]);
    assert!(replaced.starts_with("appkeep.db.replaced-20") && printed.contains(replaced), "{printed}");
    let server = Server::start(kept.folder.path());
    assert_eq!(server.token(client_of(&later)).await.0, StatusCode::UNAUTHORIZED);
    admin_token(&server, &kept.made).await;
    assert_eq!(server.stop("-TERM").await, Some(0));

    let aside = kept.path(DATA).join(replaced);
    std::fs::rename(aside, kept.path(DATA).join("appkeep.db")).expect("is there");
    let server = Server::start(kept.folder.path());
    assert_eq!(server.token(client_of(&later)).await.0, StatusCode::OK, "what was replaced is whole");
}

#[tokio::test]
async fn what_cannot_be_served_is_not_restored() {
    let kept = Kept::new().await;
    let replace = &["--replace"][..];
    let whole = std::fs::read(kept.path("kept.backup")).expect("is there");
    let write = |bytes: &[u8]| std::fs::write(kept.path("bad"), bytes).expect("written");
    kept.is_refused("none", replace, "cannot read `none`");
    write(&whole[..whole.len() - 1]);
    kept.is_refused("bad", replace, "no backup of Appkeep, or was cut off");
    write(b"SQLite format 3");
    kept.is_refused("bad", replace, "no backup of Appkeep");
    let mut flipped = whole.clone();
    flipped[5_000] ^= 1;
    write(&flipped);
    kept.is_refused("bad", replace, "its checksum is another");
    let schema = b"\"schema\":";
    let at = whole.windows(schema.len()).rposition(|part| part == schema).expect("is in it");
    let mut newer = whole.clone();
    // A digit more, and one fewer in the release, so that the whole is as long.
    newer.insert(at + schema.len(), b'9');
    let release = b"\"appkeep\":\"";
    let at = newer.windows(release.len()).rposition(|part| part == release).expect("is in it");
    newer.remove(at + release.len());
    write(&newer);
    kept.is_refused("bad", replace, "whose schema is newer; restore it with that release");
    let key = kept.path(DATA).join("master.key");
    let right = std::fs::read(&key).expect("is there");
    std::fs::write(&key, "bWFzdGVyIGtleSBmb3IgdGhlIHRlc3RzLCB2MS4uLi4=").expect("written");
    kept.is_refused("kept.backup", replace, "does not open with this master key");
    std::fs::remove_file(&key).expect("is there");
    kept.is_refused("kept.backup", replace, "it is of no use without its master key");
    std::fs::write(&key, right).expect("written");
    let server = Server::start(kept.folder.path());
    admin_token(&server, &kept.made).await;
}

#[tokio::test]
async fn a_database_that_is_damaged_is_set_aside_with_its_log() {
    let kept = Kept::new().await;
    for (name, bytes) in [("appkeep.db", &[7; 9_000][..]), ("appkeep.db-wal", b"stale")] {
        std::fs::write(kept.path(DATA).join(name), bytes).expect("written");
    }
    let (code, _, said) = run(kept.folder.path(), &["restore", "kept.backup", "--replace"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let names: Vec<_> = files(&kept.path(DATA)).into_iter().map(|(name, _)| name).collect();
    assert!(!names.contains(&"appkeep.db-wal".to_owned()), "{names:?}");
    let server = Server::start(kept.folder.path());
    admin_token(&server, &kept.made).await;
}

/// A folder in which the backup was restored, once its master key was there.
fn restored(backup: &Path, master_key: &Path) -> TempDir {
    let elsewhere = folder();
    std::fs::create_dir(elsewhere.path().join(DATA)).expect("made");
    std::fs::copy(master_key, elsewhere.path().join(DATA).join("master.key")).expect("is there");
    let (code, printed, said) = run(elsewhere.path(), &["restore", &backup.display().to_string()]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{printed}");
    assert_eq!(mode(&elsewhere.path().join(DATA).join("appkeep.db")), 0o600);
    assert_eq!(beside(&elsewhere.path().join(DATA), "appkeep.db"), ["appkeep.db"]);
    elsewhere
}

/// Registers applications until it is told to stop.
async fn creates(server: &Server, token: &str, stop: &AtomicBool) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        create(server, token, &format!("Load {number}")).await;
    }
    assert!(number > 1, "there was no load");
}

async fn create(server: &Server, token: &str, name: &str) -> Value {
    let body = json!({ "name": name, "type": "m2m", "allowed_scopes": ["applications:read"] });
    let (status, created) = server.call(token, Method::POST, "/applications", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(text(&created["data"]["name"]), name);
    created["data"].clone()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

/// The files of a folder by name, and what is in them; a lock says nothing.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name().into_string().expect("UTF-8"), entry.path()))
        .filter(|(name, _)| name != "appkeep.db-shm" && name != "appkeep.db-wal" || !is_served(folder))
        .map(|(name, path)| (name.clone(), std::fs::read(path).unwrap_or_default()))
        .map(|(name, bytes)| if name == "server.lock" { (name, Vec::new()) } else { (name, bytes) })
        .collect();
    files.sort();
    files
}

/// A server writes to its log also while nobody asks it for anything.
fn is_served(folder: &Path) -> bool {
    std::fs::metadata(folder.join("server.lock")).is_ok_and(|lock| lock.len() > 0)
}

/// Names in a folder that begin with this one.
fn beside(folder: &Path, name: &str) -> Vec<String> {
    let names = files(folder).into_iter().map(|(name, _)| name);
    names.filter(|found| found.starts_with(name)).collect()
}
