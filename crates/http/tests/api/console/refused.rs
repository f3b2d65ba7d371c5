//! What a form that is refused leaves behind: nothing.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{AtConsole, TestApp};

on_each_database![a_refused_form_is_in_no_history];

/// What a page says, without the menu and what is said of the last form.
async fn main_part(console: &AtConsole<'_>, path: &str) -> String {
    let page = console.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.html);
    let (_, main) = page.html.split_once("<main ").expect("has a main part");
    main.split("</main>").next().unwrap_or_default().to_owned()
}

async fn a_refused_form_is_in_no_history(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, console) = (app.full().await, app.owner_at_console().await);
    let made = full.create("spa", json!({ "name": "Shop" })).await;
    let shop = made["id"].as_str().expect("an id");
    let (ada, crew) = (full.user("ada@example.com").await, full.group("Crew").await);
    full.user("eve@example.com").await;
    full.group("Taken").await;
    let at = format!("/console/applications/{shop}");
    let (user, group) = (format!("/console/users/{ada}"), format!("/console/groups/{crew}"));
    let histories = [
        format!("{at}/history"),
        format!("/console/audit?resource_id={shop}"),
        format!("/console/audit?resource_id={ada}"),
        format!("/console/audit?resource_id={crew}"),
        "/console/audit".to_owned(),
        "/console/audit?ownership=global".to_owned(),
    ];
    let mut shown = Vec::new();
    for path in &histories {
        let main = main_part(&console, path).await;
        assert!(main.contains("<time datetime="), "{path} has something to lose: {main}");
        shown.push(main);
    }
    let (entries, before) = (full.each("/audit", 100).await, database.dump().await);
    assert!(entries.len() >= 5, "all that was made: {entries:?}");
    for (path, typed) in [
        (format!("{at}/edit"), vec![("version", "1"), ("name", "")]),
        (format!("{at}/edit"), vec![("version", "7"), ("name", "Late")]),
        (format!("{at}/delete"), vec![("name", "shop")]),
        (format!("{user}/edit"), vec![("email", "eve@example.com")]),
        (format!("{user}/password"), vec![("password", "short"), ("password_again", "short")]),
        (format!("{user}/delete"), vec![("typed", "eve@example.com")]),
        (format!("{group}/edit"), vec![("name", "taken")]),
        (format!("{group}/delete"), vec![("typed", "crew?")]),
        ("/console/applications/new/spa".to_owned(), vec![("name", "")]),
        ("/console/users/new".to_owned(), vec![("email", "nobody")]),
        ("/console/groups/new".to_owned(), vec![("name", "Taken")]),
        ("/console/service-accounts/new".to_owned(), vec![("name", ""), ("role", "viewer")]),
        ("/console/settings".to_owned(), vec![("name", "")]),
        ("/console/tenants/new".to_owned(), vec![("name", "A"), ("slug", "default")]),
        ("/console/operators/new".to_owned(), vec![("email", "x"), ("role", "viewer"), ("at", "platform")]),
    ] {
        let page = console.send(&path, &typed).await;
        assert_eq!(page.status, 422, "{path} {typed:?}: {}", page.html);
        assert_eq!(full.each("/audit", 100).await, entries, "{path} {typed:?}");
    }
    for (path, before) in histories.iter().zip(&shown) {
        assert_eq!(&main_part(&console, path).await, before, "{path}");
    }
    assert_eq!(database.dump().await, before);
    // And one that is taken is in them.
    let saved = console.send(&format!("{group}/edit"), &[("name", "Team")]).await;
    assert_eq!(console.led_to(&saved), group);
    assert_eq!(full.last_entry().await.0, "group.updated");
    assert_ne!(main_part(&console, &histories[3]).await, shown[3]);
}
