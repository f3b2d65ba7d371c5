//! Who comes in once something was taken from them: a role, a tenant, or the time
//! of a token.

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{AtConsole, TestApp, within_a_second};

on_each_database![
    whoever_has_no_role_any_more_is_told_so_and_sees_nothing,
    a_suspended_tenants_console_is_looked_at_only,
    several_pages_that_renew_at_once_sign_nobody_out,
    whoever_signs_out_late_keeps_nothing,
    a_token_that_renews_twice_signs_both_out,
];

const HOUR: i64 = 3_700 * 1_000_000;

async fn whoever_has_no_role_any_more_is_told_so_and_sees_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner().await, app.full().await);
    owner.tenant("acme", None).await;
    let made = full.create("m2m", json!({ "name": "Hidden shop" })).await;
    let shop = format!("/console/applications/{}", made["id"].as_str().expect("an id"));
    let user = format!("/console/users/{}", full.user("hidden@example.com").await);
    let group = format!("/console/groups/{}", full.group("Hidden crew").await);
    app.runs("viewer", "platform").await;
    let email = "viewer-platform@example.com";
    let viewer = app.at_console(email).await;
    assert!(viewer.get("/console/applications").await.html.contains("Hidden shop"));
    let all = owner.get("/operators").await.ok()["data"].as_array().expect("a list").clone();
    let id = all.iter().find(|one| one["email"] == email).expect("was made")["id"].clone();
    let id = id.as_str().expect("an id");
    owner.delete(&format!("/operators/{id}/roles/platform/viewer")).await.with(204);

    let before = database.dump().await;
    let (edit, danger, history) =
        (format!("{shop}/edit"), format!("{shop}/danger"), format!("{shop}/history"));
    let one = [&*shop, &*edit, &*danger, &*history, &*user, &*group];
    let lists = ["", "/applications", "/applications/new", "/users", "/groups", "/integrations", "/vault"];
    let others = ["/scopes", "/service-accounts", "/access-graph", "/audit", "/audit/verify?after=0"];
    let settings = ["/settings", "/settings/branding", "/settings/registration", "/settings/addresses"];
    let above = ["/tenants", "/partners", "/operators", "/operators/lockouts"];
    let below = lists.iter().chain(&others).chain(&settings).chain(&above);
    let paths: Vec<_> = below
        .map(|below| format!("/console{below}"))
        .chain(one.iter().map(|&path| path.to_owned()))
        .chain(["/console/switch".to_owned()])
        .collect();
    for path in &paths {
        let page = viewer.get(path).await;
        assert_eq!((page.status.as_u16(), &*page.heading()), (403, "You have no role"), "{path}");
        assert!(page.html.contains("An owner or an admin can invite you again"), "{path}: {}", page.html);
        let html = page.html.to_lowercase();
        assert!(!html.contains("hidden shop") && !html.contains("hidden@") && !html.contains("hidden crew"));
        assert!(!html.contains("id=\"list\""), "{path}: {}", page.html);
    }
    let disable = format!("{shop}/disable");
    for path in [
        &*edit,
        &*disable,
        "/console/applications/new/m2m",
        "/console/applications/bulk/confirm",
        "/console/users/new",
        "/console/groups/new",
        "/console/settings",
        "/console/tenants/new",
        "/console/operators/new",
    ] {
        let typed = [("name", "Mine"), ("email", "a@b.example"), ("verb", "disable"), ("id", "app_x")];
        let page = viewer.send(path, &typed).await;
        assert_eq!((page.status.as_u16(), &*page.heading()), (403, "You have no role"), "{path}");
    }
    assert_eq!(database.dump().await, before);
    // Signing in anew is no way in, and signing out is not refused.
    let again = app.at_console(email).await;
    assert_eq!(again.get("/console").await.heading(), "You have no role");
    let out = again.send("/console/sign-out", &[]).await;
    assert!(out.location_path().starts_with("/oauth2/logout?client_id="), "{out:?}");
    assert_eq!(again.browser.cookie("appkeep_console"), None);
}

async fn makes(at: &AtConsole<'_>, group: &str) -> u16 {
    at.send("/t/acme/console/groups/new", &[("name", group)]).await.status.as_u16()
}

/// By a session that stood before: operators are nobody's people but the
/// platform's, and look on.
async fn a_suspended_tenants_console_is_looked_at_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    app.runs("owner", &acme).await;
    let email = format!("owner-{acme}@example.com").to_lowercase();
    let (theirs, above) = (app.at_console(&email).await, app.owner_at_console().await);
    assert_eq!(makes(&theirs, "Before").await, 303);
    let list = "/t/acme/console/groups";
    let page = theirs.get(list).await;
    assert!(page.html.contains("/groups/new\"") && !page.html.contains("is suspended"), "{}", page.html);

    owner.act(&format!("/tenants/{acme}/suspend")).await.ok();
    within_a_second("nothing is made any more", async || makes(&theirs, "During").await == 403).await;
    let before = database.dump().await;
    let pages = ["", "/applications", "/users", "/groups", "/scopes", "/audit", "/settings", "/integrations"];
    for below in pages {
        let page = theirs.get(&format!("/t/acme/console{below}")).await;
        assert_eq!(page.status, 200, "{below}: {}", page.html);
        assert!(page.html.contains("This tenant is suspended"), "{below}: {}", page.html);
        assert!(!page.html.contains("/new\"") && !page.html.contains("/edit\""), "{below}: {}", page.html);
    }
    assert!(theirs.get(list).await.html.contains("Before"), "they look on");
    for below in ["/applications/new/m2m", "/users/new", "/groups/new", "/scopes/new", "/settings"] {
        let typed = [("name", "During"), ("email", "a@b.example"), ("scope", "a:b")];
        let page = theirs.send(&format!("/t/acme/console{below}"), &typed).await;
        assert_eq!((page.status.as_u16(), &*page.heading()), (403, "This is not for you to do"), "{below}");
    }
    for email in ["mallory@example.com", &email] {
        let new = [("email", email), ("role", "admin"), ("at", &*acme)];
        assert_eq!(theirs.send("/t/acme/console/operators/new", &new).await.status, 403, "{email}");
    }
    assert_eq!(database.dump().await, before);
    // Nor by a session that begins now, and not as far as the platform is asked.
    let anew = app.at_console(&email).await;
    assert_eq!(makes(&anew, "Anew").await, 403);
    let seen = above.get(list).await;
    assert!(seen.html.contains("This tenant is suspended"), "{}", seen.html);
    assert!(!above.get("/console/groups").await.html.contains("is suspended"), "another tenant is not");

    owner.act(&format!("/tenants/{acme}/archive")).await.ok();
    let is_gone = async || theirs.get(list).await.status == 404;
    within_a_second("nothing is there", is_gone).await;
    let before = database.dump().await;
    for at in [&theirs, &above] {
        for page in [at.get("/t/acme/console").await, at.get(list).await] {
            assert_eq!((page.status.as_u16(), &*page.heading()), (404, "There is nothing here"));
            assert!(!page.html.contains("Before"), "{}", page.html);
        }
        assert_eq!(makes(at, "Gone").await, 404);
    }
    assert_eq!(theirs.get("/console").await.heading(), "You have no role");
    assert_eq!(database.dump().await, before);

    for turn in ["restore", "resume"] {
        owner.act(&format!("/tenants/{acme}/{turn}")).await.ok();
    }
    within_a_second("all is as it was", async || makes(&theirs, "After").await == 303).await;
    assert!(!theirs.get(list).await.html.contains("is suspended"));
}

/// A browser opens several pages at once, and none of them knows what the others
/// were answered.
async fn several_pages_that_renew_at_once_sign_nobody_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    let renewal = owner.browser.cookie("appkeep_console_renewal").expect("has one");
    app.clock.advance_micros(HOUR);
    let tabs: Vec<_> = (0..6).map(|_| owner.browser.copied_to(&app)).collect();
    let asked = tabs.iter().enumerate().map(async |(number, tab)| {
        if number % 2 == 0 {
            return (tab.get("/console/applications").await, 200_u16);
        }
        let crew = ("name".to_owned(), format!("Crew {number}"));
        let fields = [("form_token".to_owned(), owner.token.clone()), crew];
        (tab.post("/console/groups/new", &fields).await, 303)
    });
    for (page, status) in join_all(asked).await {
        assert_eq!(page.status, status, "{}", page.html);
        assert!(!page.location_path().contains("sign-in"), "{page:?}");
    }
    let successor = tabs[0].cookie("appkeep_console_renewal").expect("has one");
    assert_ne!(successor, renewal, "it was renewed");
    for tab in &tabs {
        assert_eq!(tab.cookie("appkeep_console_renewal").as_ref(), Some(&successor), "they share it");
        let page = tab.get("/console/groups").await;
        assert_eq!(page.status, 200, "{}", page.html);
        for number in [1, 3, 5] {
            assert!(page.html.contains(&format!("Crew {number}")), "what each form said was done");
        }
    }
    // And so it goes on: whatever is answered first, the browser can renew again.
    app.clock.advance_micros(HOUR);
    assert_eq!(tabs[5].get("/console/nothing").await.status, 404);
    assert_ne!(tabs[5].cookie("appkeep_console_renewal"), Some(successor), "whatever is asked for");
    assert_eq!(tabs[5].get("/console/groups").await.status, 200);
    let told = app.signed_in(&app.operator.email).await;
    let told = told.get("/audit?ownership=global&action=refresh_token.reused").await.ok();
    assert_eq!(told["data"], json!([]), "nobody was taken for a thief");
}

async fn whoever_signs_out_late_keeps_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    let other = owner.browser.copied_to(&app);
    app.clock.advance_micros(HOUR);
    let out = owner.send("/console/sign-out", &[]).await;
    assert!(out.location_path().starts_with("/oauth2/logout?client_id="), "{out:?}");
    for cookie in ["appkeep_console", "appkeep_console_renewal"] {
        assert_eq!(owner.browser.cookie(cookie), None, "{cookie}");
        let start = format!("__Host-{cookie}=");
        let all = out.headers.get_all("set-cookie").iter();
        let said = all.filter(|said| said.to_str().expect("text").starts_with(&start)).count();
        assert_eq!(said, 1, "{cookie} is said once");
    }
    // What was signed out of renews nothing, wherever else it was kept.
    assert!(other.get("/console/groups").await.location_path().starts_with("/console/sign-in?to="));
}

/// RFC 9700 §4.14.2: later than a moment, it is somebody else who has it.
async fn a_token_that_renews_twice_signs_both_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    let thief = owner.browser.copied_to(&app);
    app.clock.advance_micros(HOUR);
    assert_eq!(owner.get("/console/groups").await.status, 200);
    app.clock.advance_micros(11 * 1_000_000);
    assert_eq!(owner.get("/console/groups").await.status, 200);
    let page = thief.get("/console/groups").await;
    assert!(page.location_path().starts_with("/console/sign-in?to="), "{page:?}");
    app.clock.advance_micros(1_000_000);
    let page = owner.get("/console/groups").await;
    assert!(page.location_path().starts_with("/console/sign-in?to="), "both are out: {page:?}");
}
