//! `/api/v1/lockouts`

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Browser, ISSUER, PASSWORD, RelyingParty, TestApp};

on_each_database![
    a_locked_address_is_shown_and_unlocked,
    the_list_is_read_page_by_page,
    another_tenants_addresses_are_not_there,
    what_is_no_lockout_is_not_there,
    where_operators_are_let_alone_is_for_the_platform_to_see,
];

const ADA: &str = "ada@example.com";

async fn start(app: &TestApp) -> RelyingParty<'_> {
    let full = app.full().await;
    full.person(ADA).await;
    full.patch("/directory", json!({ "free_failures": 1 })).await.ok();
    RelyingParty::register(&full, json!({})).await
}

/// The status of the page after a name and a password.
async fn try_in(shop: &RelyingParty<'_>, browser: &Browser<'_>, name: &str, password: &str) -> u16 {
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    browser.type_password(&page, name, password).await.status.as_u16()
}

/// Fails there until nobody may try any more.
async fn lock(shop: &RelyingParty<'_>, browser: &Browser<'_>) {
    for number in 0..21 {
        assert_eq!(try_in(shop, browser, &format!("nobody{number}@example.com"), "wrong").await, 422);
    }
}

async fn a_locked_address_is_shown_and_unlocked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let (full, browser) = (app.full().await, app.browser());
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([]));
    lock(&shop, &browser).await;
    let mut expected = json!({
        "id": "lck_00000000000000007ZZZ5G0W87",
        "address": "203.0.113.7",
        "failures": 21,
        "last_failed_at": app.now(),
        "locked_until": app.after(30),
    });
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([expected]));
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await, 429);
    // When the delay is over it is shown still, for it will be longer next time.
    app.clock.advance_micros(30_000_000);
    expected["locked_until"] = Value::Null;
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([expected]));
    assert_eq!(try_in(&shop, &browser, "eve@example.com", "wrong").await, 422);
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await, 429);

    let path = "/lockouts/lck_00000000000000007ZZZ5G0W87";
    app.with("users:read").await.delete(path).await.refused(403, "insufficient_scope");
    full.delete(path).await.with(204);
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([]));
    let told = json!({ "address": "203.0.113.7" });
    assert_eq!(full.entries("address.unlocked").await, [(Value::Null, told)]);
    full.delete(path).await.refused(404, "lockout_not_found");
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await, 303);
    // Eve waits for her own failures, as anybody would.
    assert_eq!(try_in(&shop, &browser, "eve@example.com", "wrong").await, 422);
    assert_eq!(try_in(&shop, &browser, "eve@example.com", "wrong").await, 429);
}

async fn the_list_is_read_page_by_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    for address in ["203.0.113.9", "2001:db8::1", "203.0.113.8"] {
        lock(&shop, &app.browser().at(address)).await;
        // The names are others' next time.
        app.clock.advance_micros(86_400_000_000 / 100);
    }
    let found = app.full().await.each("/lockouts", 2).await;
    let found: Vec<_> = found.iter().map(|one| one["address"].as_str().expect("text")).collect();
    assert_eq!(found, ["203.0.113.8", "203.0.113.9", "2001:db8::/64"]);
    app.clock.advance_micros(86_400_000_000);
    assert_eq!(app.full().await.get("/lockouts").await.ok()["data"], json!([]), "what is a day old");
}

async fn another_tenants_addresses_are_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    lock(&shop, &app.browser()).await;
    let below = app.tenant_of(None, "acme").await;
    let theirs = app.full_at(&below).await;
    assert_eq!(theirs.get("/lockouts").await.ok()["data"], json!([]));
    let path = "/lockouts/lck_00000000000000007ZZZ5G0W87";
    theirs.delete(path).await.refused(404, "lockout_not_found");
    assert_eq!(app.full().await.get("/lockouts").await.ok()["data"].as_array().map(Vec::len), Some(1));
}

async fn what_is_no_lockout_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.user(ADA).await;
    for id in ["lck_00000000000000007ZZZ5G0W87", "203.0.113.7", "garbage"] {
        full.delete(&format!("/lockouts/{id}")).await.refused(404, "lockout_not_found");
    }
}

async fn where_operators_are_let_alone_is_for_the_platform_to_see(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner().await);
    let (client_id, operator) = app.console().await;
    let callback = format!("{ISSUER}/console/callback");
    let parameters = [("redirect_uri", callback.as_str()), ("prompt", "login")];
    let path = RelyingParty::new(&app, client_id).authorize_path(&parameters);
    let attempt = async |name: String, password: String| {
        let browser = app.browser();
        let page = browser.get(&path).await;
        browser.type_password(&page, &name, &password).await.status.as_u16()
    };
    // Their directory has the patience that every directory begins with.
    for number in 0..17 {
        let names = (0..6).map(|name| format!("nobody{number}-{name}@example.com"));
        let answers = join_all(names.map(|name| attempt(name, "wrong".to_owned()))).await;
        assert!(
            answers.iter().all(|&status| status == 422 || (number == 16 && status == 429)),
            "{answers:?}"
        );
    }
    let right = || attempt(operator.email.clone(), operator.password.clone());
    assert_eq!(right().await, 429);
    let listed = owner.get("/operators/lockouts").await.ok();
    assert_eq!(
        (&listed["data"][0]["address"], &listed["data"][0]["failures"]),
        (&json!("203.0.113.7"), &json!(101))
    );
    // Nobody of a tenant is told of any.
    let path = "/operators/lockouts/lck_00000000000000007ZZZ5G0W87";
    assert_eq!(full.get("/operators/lockouts").await.ok()["data"], json!([]));
    full.delete(path).await.refused(404, "lockout_not_found");
    // Nor is it one of a tenant's.
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([]));
    owner.delete(path).await.with(204);
    owner.delete(path).await.refused(404, "lockout_not_found");
    assert_eq!(owner.get("/operators/lockouts").await.ok()["data"], json!([]));
    assert_eq!(right().await, 303);
    let entries = database.dump().await.remove("audit_entries").expect("is a table");
    let told = entries.iter().filter(|row| format!("{row:?}").contains("address.unlocked")).count();
    assert_eq!(told, 1);
}
