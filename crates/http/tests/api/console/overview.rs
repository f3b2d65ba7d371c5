//! What the first page of the console says needs attention.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Page, TestApp, User};

on_each_database![what_ends_soon_is_shown_however_old_it_is, where_nothing_ends_soon_it_is_said,];

const DAY: u32 = 86_400;

fn id(application: &Value) -> String {
    application["id"].as_str().expect("an id").to_owned()
}

/// What is in the table of what needs attention; nothing where there is none.
fn attention(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}", page.html);
    let (_, rest) = page.html.split_once(">Needs attention<").unwrap_or_default();
    rest.split("</table>").next().unwrap_or_default().to_owned()
}

/// A further secret of an application, which ends after so many seconds.
async fn secret_until(full: &User<'_>, application: &str, expires_at: &str) -> Value {
    let body = json!({ "expires_at": expires_at });
    full.post(&format!("/applications/{application}/credentials"), body).await.created()
}

async fn what_ends_soon_is_shown_however_old_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    app.tenant_of(None, "acme").await;
    let bolt = app.tenant_of(None, "bolt").await;
    let theirs = app.full_at(&bolt).await;
    let mut made = Vec::new();
    for (name, days) in
        [("Fortnight", 14), ("Soon", 5), ("Sooner", 2), ("Later", 15), ("Put away", 3), ("Taken", 4)]
    {
        let application = id(&full.create("m2m", json!({ "name": name })).await);
        let secret = secret_until(&full, &application, &app.after(days * DAY)).await;
        made.push((application, secret));
    }
    let secret = made[1].1["client_secret"].as_str().expect("has one").to_owned();
    full.patch(&format!("/applications/{}", made[1].0), json!({ "audience": "https://bills.example" }))
        .await
        .data();
    app.token(&made[1].0, &secret, "").await.ok();
    app.tell_uses().await;
    full.act(&format!("/applications/{}/archive", made[4].0)).await.ok();
    let credential = id(&made[5].1);
    full.delete(&format!("/applications/{}/credentials/{credential}", made[5].0)).await.with(204);
    for (name, days) in [("Gone", 3), ("Stays", 15)] {
        let body = json!({ "name": name, "expires_at": app.after(days * DAY) });
        full.create("spa", body).await;
    }
    let neighbour = id(&theirs.create("m2m", json!({ "name": "Neighbour" })).await);
    secret_until(&theirs, &neighbour, &app.after(DAY)).await;
    for number in 0..9 {
        full.create("m2m", json!({ "name": format!("Newer {number}") })).await;
    }

    let shown = attention(&owner.get("/console").await);
    let place = |name: &str| shown.find(&format!(">{name}</a>"));
    for name in ["Later", "Put away", "Taken", "Stays", "Neighbour", "Newer 8"] {
        assert_eq!(place(name), None, "{name}: {shown}");
    }
    let places = ["Sooner", "Soon", "Fortnight", "Gone"]
        .map(|name| place(name).unwrap_or_else(|| panic!("{name} is missing: {shown}")));
    assert!(places.is_sorted(), "the soonest first: {shown}");
    for part in [
        "expires in 2 days. Nothing has used it.",
        "expires in 5 days. It has been in use.",
        "It is gone in 3 days.",
        &*format!("href=\"/console/applications/{}\"", made[1].0),
        &secret[secret.len() - 4..],
    ] {
        assert!(shown.contains(part), "{part} is missing: {shown}");
    }
    assert!(!shown.contains(&secret), "{shown}");
    let shown = attention(&owner.get("/t/bolt/console").await);
    assert!(shown.contains(">Neighbour</a>") && !shown.contains(">Soon</a>"), "{shown}");
    let page = owner.get("/t/acme/console").await;
    assert!(!page.html.contains(">Neighbour</a>") && !page.html.contains(">Soon</a>"), "{}", page.html);
}

async fn where_nothing_ends_soon_it_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made = full.create("m2m", json!({ "name": "Bills" })).await;
    secret_until(&full, &id(&made), &app.after(15 * DAY)).await;
    let page = owner.get("/console").await;
    let said = "No application of the tenant, and no secret of one, ends in the next 14 days.";
    assert!(page.html.contains(said), "{}", page.html);
    app.clock.advance_micros(i64::from(DAY) * 1_000_000);
    let owner = app.owner_at_console().await;
    let page = owner.get("/console").await;
    assert!(!page.html.contains(said) && attention(&page).contains(">Bills</a>"), "{}", page.html);
}
