//! `/console/audit`

use std::sync::Arc;

use appkeep_domain::{Issuer, Lifetime};
use appkeep_keys::{MasterKey, SystemEntropy};
use appkeep_service::{AuditTrail, Keyring};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::TestApp;

on_each_database![
    an_entry_says_who_did_what_and_what_changed,
    the_history_is_narrowed_paged_and_followed,
    it_is_verified_as_far_as_it_is_sealed,
    what_somebody_tampered_with_is_found,
    a_viewer_reads_it_and_strangers_of_the_tenant_do_not,
];

const HOSTILE: &str = "<script>alert(1)</script>";

/// What seals and signs beside a server, which no test has.
async fn seal(app: &TestApp) {
    let trail = trail(app);
    trail.seal().await.expect("seals");
    trail.checkpoint(Lifetime::from_seconds(0)).await.expect("signs");
}

fn trail(app: &TestApp) -> AuditTrail {
    let master = MasterKey::parse(b"the master key of all the tests.").expect("32 bytes");
    let clock = Arc::new(app.clock.clone());
    let keyring = Keyring::new(app.store().clone(), master, clock.clone(), Arc::new(SystemEntropy::new()));
    let signer = Issuer::Tenant(app.authority().tenant());
    AuditTrail::new(app.store(), Arc::new(keyring), signer, clock)
}

async fn an_entry_says_who_did_what_and_what_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made = full.create("m2m", json!({ "name": "Old", "tags": ["a"] })).await;
    let id = made["id"].as_str().expect("an id");
    let answer = full.patch(&format!("/applications/{id}"), json!({ "name": HOSTILE })).await;
    let request_id = answer.header("x-request-id").to_owned();
    let page = owner.get(&format!("/console/audit?application={id}&action=application.updated")).await;
    assert_eq!(page.status, 200, "{}", page.html);
    let by = app.management().0;
    for part in [
        "application.updated",
        "<summary>1 field</summary>",
        "<dt>name</dt>",
        "<del>Old</del>",
        "<ins>&#60;script&#62;alert(1)&#60;/script&#62;</ins>",
        &format!("/console/audit?application={id}&#38;action=application.updated&#38;actor={by}"),
        &format!("href=\"/console/applications/{id}\""),
        "203.0.113.7",
        request_id.as_str(),
        "<time datetime=\"",
    ] {
        assert!(page.html.contains(part), "{part} is not in {}", page.html);
    }
    assert!(!page.html.contains("<script>"), "{}", page.html);
}

async fn the_history_is_narrowed_paged_and_followed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    app.clock.advance_micros(60_000_000);
    let group = full.group("Crew").await;
    for number in 0..60 {
        full.user(&format!("user-{number}@example.com")).await;
    }
    for (query, is_there) in [
        ("action=group.created".to_owned(), true),
        ("action=user.created".to_owned(), false),
        (format!("resource_id={group}"), true),
        (format!("actor={}&action=group.created", app.management().0), true),
        ("actor=nobody".to_owned(), false),
        ("from=2001-01-01T00:00&action=group.created".to_owned(), true),
        ("from=2099-01-01T00:00".to_owned(), false),
        ("until=2001-01-01T00:00".to_owned(), false),
    ] {
        let page = owner.get(&format!("/console/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.html);
        assert_eq!(page.html.contains("Crew</ins>"), is_there, "{query}: {}", page.html);
    }
    let first = owner.get("/console/audit?action=user.created").await;
    assert!(
        first.html.contains("hx-get=\"/console/audit?action=user.created\" hx-trigger=\"follow\""),
        "{}",
        first.html
    );
    assert!(first.html.contains("data-follow-box hidden"), "{}", first.html);
    let next = first.html.split("href=\"").filter_map(|rest| rest.split('"').next());
    let next = next
        .map(|href| href.replace("&#38;", "&"))
        .find(|href| href.contains("&after="))
        .expect("a next part");
    let second = owner.get(&next).await;
    assert_eq!(second.html.matches("<summary>").count(), 10, "{}", second.html);
    assert!(!second.html.contains("data-follow hx-get"), "what is old is not followed: {}", second.html);
    for query in ["from=tomorrow", "application=x", "resource_id=a%20b"] {
        let page = owner.get(&format!("/console/audit?{query}")).await;
        assert_eq!(page.status, 422, "{query}: {}", page.html);
        assert!(page.html.contains("id=\"list\""), "{query}: {}", page.html);
    }
    // The platform's own, for those who run it.
    let page = owner.get("/console/audit?ownership=global").await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains("name=\"ownership\"") && !page.html.contains("Crew</ins>"), "{}", page.html);
    let files: Vec<_> = first.html.split('"').filter(|part| part.starts_with("/console/assets/")).collect();
    assert!(files.len() >= 3, "a style sheet and two scripts: {files:?}");
    for file in files {
        assert_eq!(owner.get(file).await.status, 200, "{file}");
    }
}

async fn it_is_verified_as_far_as_it_is_sealed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    full.group("Crew").await;
    let page = owner.get("/console/audit/verify").await;
    assert!(page.html.contains("href=\"/console/audit/verify?after=0\""), "{}", page.html);
    assert!(page.html.contains("appkeep audit export"), "{}", page.html);
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains("No entry is sealed yet."), "{}", page.html);
    trail(&app).seal().await.expect("seals");
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains("no signature stands among them yet"), "{}", page.html);
    assert!(!page.html.contains("are as they were sealed, to the end."), "nobody signed it: {}", page.html);
    assert!(page.html.contains(&signatures(0)), "{}", page.html);
    seal(&app).await;
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains("are as they were sealed, to the end."), "{}", page.html);
    assert!(page.html.contains(&signatures(1)), "{}", page.html);
    assert!(page.html.contains("up to entry "), "it is signed: {}", page.html);
    // A part begins where it is told to, and nowhere behind the end.
    for after in ["1", "1000000"] {
        let page = owner.get(&format!("/console/audit/verify?after={after}")).await;
        assert_eq!(page.status, 200, "{after}: {}", page.html);
        assert!(!page.html.contains("somebody changed"), "{after}: {}", page.html);
    }
    assert_eq!(owner.get("/console/audit/verify?after=x").await.status, 422);
}

fn signatures(count: u64) -> String {
    format!("<dt>Signatures in this part that agree</dt><dd><span class=\"number\">{count}</span></dd>")
}

async fn what_somebody_tampered_with_is_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let group = full.group("Crew").await;
    full.patch(&format!("/groups/{group}"), json!({ "name": "Team" })).await.ok();
    seal(&app).await;
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains(&signatures(1)), "{}", page.html);
    for signed in ["UPDATE audit_checkpoints SET jws = jws || 'A'", "DELETE FROM audit_checkpoints"] {
        database.run(signed).await;
        let page = owner.get("/console/audit/verify?after=0").await;
        assert!(page.html.contains("What was signed at entry "), "{signed}: {}", page.html);
    }
    database.run("UPDATE audit_entries SET request_id = 'forged' WHERE action = 'group.updated'").await;
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains("is not the one that was sealed there, or is gone"), "{}", page.html);
    database.run("DELETE FROM audit_entries WHERE action = 'group.updated'").await;
    let page = owner.get("/console/audit/verify?after=0").await;
    assert!(page.html.contains("is not the one that was sealed there, or is gone"), "{}", page.html);
}

async fn a_viewer_reads_it_and_strangers_of_the_tenant_do_not(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.group("Crew").await;
    let acme = app.owner().await.tenant("acme", None).await;
    for at in ["platform", &acme] {
        app.runs("viewer", at).await;
    }
    let viewer = app.at_console("viewer-platform@example.com").await;
    assert!(viewer.get("/console/audit").await.html.contains("Crew</ins>"));
    let stranger = app.at_console(&format!("viewer-{acme}@example.com").to_lowercase()).await;
    for path in ["/console/audit", "/console/audit/verify?after=0"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.html);
        assert!(!page.html.contains("Crew"), "{path}");
    }
    let page = stranger.get("/t/acme/console/audit").await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(!page.html.contains("name=\"ownership\""), "{}", page.html);
}
