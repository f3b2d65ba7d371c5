//! What a form that is refused leaves behind: nothing.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{AtConsole, TestApp};

on_each_database![a_refused_form_is_in_no_history, a_form_of_another_site_does_nothing];

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

/// What would change or show something, if it came from a page of the console.
async fn a_form_of_another_site_does_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, console) = (app.full().await, app.owner_at_console().await);
    let made = full.create("server", json!({ "name": "Shop" })).await;
    let shop = made["id"].as_str().expect("an id");
    let (ada, crew) = (full.user("ada@example.com").await, full.group("Crew").await);
    let at = format!("/console/applications/{shop}");
    let (user, group) = (format!("/console/users/{ada}"), format!("/console/groups/{crew}"));
    let (entries, before) = (full.each("/audit", 100).await, database.dump().await);
    let forms = [
        (format!("{at}/edit"), vec![("version", "1"), ("name", "Theirs")]),
        (format!("{at}/credentials/rotate"), vec![("overlap_s", "0")]),
        (format!("{at}/disable"), vec![]),
        (format!("{at}/archive"), vec![]),
        (format!("{at}/revoke-tokens"), vec![]),
        (format!("{at}/delete"), vec![("name", "Shop")]),
        (format!("{at}/access/permissions"), vec![("kind", "private"), ("permissions", "token:read")]),
        (format!("{at}/impersonations/new"), vec![("user_id", &*ada), ("reason", "Curious")]),
        (format!("{user}/edit"), vec![("email", "eve@example.com")]),
        (format!("{user}/delete"), vec![("typed", "ada@example.com")]),
        (format!("{group}/delete"), vec![("typed", "Crew")]),
        ("/console/applications/new/m2m".to_owned(), vec![("name", "Theirs")]),
        ("/console/applications/bulk/confirm".to_owned(), vec![("verb", "delete"), ("id", shop)]),
        ("/console/users/new".to_owned(), vec![("email", "eve@example.com")]),
        (
            "/console/operators/new".to_owned(),
            vec![("email", "eve@example.com"), ("role", "owner"), ("at", "platform")],
        ),
        ("/console/settings".to_owned(), vec![("name", "Theirs")]),
        ("/console/tenants/new".to_owned(), vec![("name", "Theirs"), ("slug", "theirs")]),
    ];
    let mut own = 0;
    for (path, typed) in forms {
        let typed: Vec<_> =
            typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let with_token =
            std::iter::once(("form_token".to_owned(), console.token.clone())).chain(typed.clone());
        let with_token: Vec<_> = with_token.collect();
        for (fields, headers) in [
            (&typed, vec![]),
            (&with_token, vec![("sec-fetch-site", "cross-site")]),
            (&with_token, vec![("origin", "https://evil.example")]),
        ] {
            let page = console.browser.post_from(&path, fields, &headers).await;
            assert_eq!(page.status, 403, "{path} {headers:?}: {}", page.html);
            assert!(page.html.contains("was not opened here"), "{path}: {}", page.html);
            assert_eq!(page.headers["x-frame-options"], "DENY", "{path}");
            own += 1;
        }
    }
    assert_eq!(own, 51);
    assert_eq!(full.each("/audit", 100).await, entries);
    assert_eq!(database.dump().await, before);
}
