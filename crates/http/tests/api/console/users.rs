//! People, by the pages of the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    a_user_is_added_changed_and_deleted,
    what_is_wrong_stands_beside_its_field_and_changes_nothing,
    passwords_are_set_removed_and_mailed_and_accounts_unlocked,
    a_users_groups_applications_sessions_and_consents_are_given_and_taken,
    an_application_has_users_of_its_own_in_live_and_in_test,
    an_application_is_assigned_and_says_who_may_use_it,
    the_list_is_searched_and_addresses_are_unlocked,
    password_rules_are_changed,
    a_viewer_is_offered_nothing_and_refused,
    nothing_that_was_typed_runs,
];

const ADA: &str = "ada@example.com";
const LIST: &str = "/console/users";
const SCRIPT: &str = "\"></textarea><script>alert(1)</script>";

/// The id of who was just added, from where the form led.
fn made(page: &Page) -> String {
    let led = page.location_path().split(['?', '&']).next().unwrap_or_default();
    assert_eq!(page.status, 303, "{}", page.html);
    led.rsplit('/').next().expect("an id").to_owned()
}

#[track_caller]
fn says(page: &Page, expected: &str) {
    assert!(page.html.contains(expected), "`{expected}` is missing: {}", page.html);
}

#[track_caller]
fn says_not(page: &Page, unexpected: &str) {
    assert!(!page.html.contains(unexpected), "`{unexpected}` is there: {}", page.html);
}

/// What is said beside a field.
fn fault<'p>(page: &'p Page, field: &str) -> &'p str {
    let rest = page.html.split(&format!("id=\"{field}-fault\">")).nth(1).unwrap_or_default();
    rest.split("</p>").next().unwrap_or_default()
}

/// What a page sends along of the version that it shows.
fn version(page: &Page) -> String {
    let rest = page.html.split("name=\"version\" value=\"").nth(1).expect("has a version");
    rest.split('"').next().expect("is quoted").to_owned()
}

async fn a_user_is_added_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    says(&owner.get(LIST).await, "No user fits.");
    let typed = [
        ("email", ADA),
        ("email_verified", "true"),
        ("username", "countess"),
        ("name", "Ada Lovelace"),
        ("phone", "+4930123456"),
        ("locale", "en-GB"),
        ("status", "active"),
        ("metadata", "{\"plan\": \"gold\", \"seats\": 3}"),
        ("custom_attributes", ""),
    ];
    let page = owner.send("/console/users/new", &typed).await;
    let id = made(&page);
    assert_eq!(owner.led_to(&page), format!("{LIST}/{id}"));
    let read = full.get(&format!("/users/{id}")).await.data();
    assert_eq!((&read["email"], &read["email_verified"]), (&json!(ADA), &json!(true)));
    assert_eq!((&read["username"], &read["phone"]), (&json!("countess"), &json!("+4930123456")));
    assert_eq!(read["metadata"], json!({ "plan": "gold", "seats": 3 }));
    let page = owner.get(&format!("{LIST}/{id}")).await;
    assert_eq!(page.heading(), ADA);
    for part in ["Ada Lovelace", "countess", "+4930123456", "seats: 3", "Not locked"] {
        says(&page, part);
    }
    // What is emptied is cleared, and a member that is gone from the text is gone.
    let edit = format!("{LIST}/{id}/edit");
    let before = version(&owner.get(&edit).await);
    let typed = [
        ("version", &*before),
        ("email", ADA),
        ("username", ""),
        ("name", "Ada"),
        ("metadata", "{\"seats\": 4}"),
        ("custom_attributes", "{\"team\": \"a\"}"),
    ];
    owner.led_to(&owner.send(&edit, &typed).await);
    let read = full.get(&format!("/users/{id}")).await.data();
    assert_eq!((&read["username"], &read["name"]), (&Value::Null, &json!("Ada")));
    assert_eq!((&read["email_verified"], &read["status"]), (&json!(false), &json!("active")));
    assert_eq!(read["metadata"], json!({ "seats": 4 }));
    assert_eq!(read["custom_attributes"], json!({ "team": "a" }));
    // Whoever has the page of before open undoes nothing.
    let page = owner.send(&edit, &typed).await;
    assert_eq!(page.status, 422);
    says(&page, "It has changed since that version");
    for (below, status) in [("suspend", "suspended"), ("reactivate", "active")] {
        owner.led_to(&owner.send(&format!("{LIST}/{id}/{below}"), &[]).await);
        assert_eq!(full.get(&format!("/users/{id}")).await.data()["status"], status);
    }
    let delete = format!("{LIST}/{id}/delete");
    says(&owner.get(&delete).await, "for good");
    let page = owner.send(&delete, &[("typed", "eve@example.com")]).await;
    assert_eq!((page.status.as_u16(), fault(&page, "typed").contains("is not their email")), (422, true));
    full.get(&format!("/users/{id}")).await.ok();
    assert_eq!(owner.led_to(&owner.send(&delete, &[("typed", ADA)]).await), LIST);
    full.get(&format!("/users/{id}")).await.refused(404, "user_not_found");
    assert_eq!(owner.get(&format!("{LIST}/{id}")).await.status, 404);
}

async fn what_is_wrong_stands_beside_its_field_and_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let ada = full.user(ADA).await;
    let before = database.dump().await;
    let new = "/console/users/new";
    for (path, typed, field) in [
        (new, vec![("email", "")], "email"),
        (new, vec![("email", "nobody")], "email"),
        (new, vec![("email", ADA)], "email"),
        (new, vec![("email", "eve@example.com"), ("username", "a@b")], "username"),
        (new, vec![("email", "eve@example.com"), ("phone", "030")], "phone"),
        (new, vec![("email", "eve@example.com"), ("picture", "http://a.example")], "picture"),
        (new, vec![("email", "eve@example.com"), ("metadata", "[1]")], "metadata"),
        (new, vec![("email", "eve@example.com"), ("custom_attributes", "{")], "custom_attributes"),
        (&*format!("{LIST}/{ada}/edit"), vec![("email", ADA), ("locale", "de_CH")], "locale"),
        (
            &*format!("{LIST}/{ada}/password"),
            vec![("password", "short"), ("password_again", "short")],
            "password",
        ),
        (
            &*format!("{LIST}/{ada}/password"),
            vec![("password", PASSWORD), ("password_again", "")],
            "password_again",
        ),
    ] {
        let page = owner.send(path, &typed).await;
        assert_eq!(page.status, 422, "{typed:?}: {}", page.html);
        let expected = if typed == [("email", ADA)] { "Another user has it." } else { "This " };
        assert!(fault(&page, field).contains(expected), "{field}: {}", page.html);
        // What was typed stands there still, but for passwords.
        for (name, value) in typed.iter().filter(|(name, _)| matches!(*name, "email" | "username" | "phone"))
        {
            says(&page, &format!("value=\"{value}\""));
            says(&page, &format!("name=\"{name}\""));
        }
        says_not(&page, PASSWORD);
    }
    assert_eq!(database.dump().await, before);
}

async fn passwords_are_set_removed_and_mailed_and_accounts_unlocked(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let shop = RelyingParty::register(&full, json!({})).await;
    let id = full.user(ADA).await;
    let at = |below: &str| format!("{LIST}/{id}/{below}");
    let read = async || full.get(&format!("/users/{id}")).await.data();
    let typed = [("password", PASSWORD), ("password_again", PASSWORD)];
    owner.led_to(&owner.send(&at("password"), &typed).await);
    app.clock.advance_micros(1_000_000);
    assert!(read().await["password_changed_at"].is_string());
    shop.sign_in(&app.browser(), ADA).await;
    // Somebody guesses.
    full.patch("/directory", json!({ "free_failures": 1 })).await.ok();
    let browser = app.browser();
    for status in [422, 422] {
        let page = browser.get(&shop.authorize_path(&[])).await;
        assert_eq!(browser.type_password(&page, ADA, "wrong wrong wrong").await.status, status);
    }
    let page = owner.get(&format!("{LIST}/{id}")).await;
    says(&page, "locked until");
    says(&page, &at("unlock"));
    owner.led_to(&owner.send(&at("unlock"), &[]).await);
    let unlocked = read().await;
    assert_eq!((&unlocked["failed_sign_ins"], &unlocked["locked_until"]), (&json!(0), &Value::Null));
    for (purpose, leads) in [("reset_password", "/reset-password?"), ("verify_email", "/verify-address?")] {
        owner.led_to(&owner.send(&at("mail"), &[("purpose", purpose)]).await);
        let link = letters.take_link(ADA);
        assert!(link.starts_with(leads), "{link}");
        app.clock.advance_micros(1_000_000);
    }
    says(&page, &at("password/remove"));
    owner.led_to(&owner.send(&at("password/remove"), &[]).await);
    assert_eq!(read().await["password_changed_at"], Value::Null);
    says_not(&owner.get(&format!("{LIST}/{id}")).await, "password/remove");
    owner.led_to(&owner.send(&at("second-factor/remove"), &[]).await);
    assert_eq!(read().await["mfa_enabled"], false);
}

async fn a_users_groups_applications_sessions_and_consents_are_given_and_taken(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let id = full.person(ADA).await;
    let group = full.group("Staff").await;
    let shop = RelyingParty::register(&full, json!({ "name": "Corner shop", "first_party": false })).await;
    let at = |below: &str| format!("{LIST}/{id}/{below}");
    let count = async |below: &str| {
        let listed = full.get(&format!("/users/{id}/{below}")).await.ok();
        listed["data"].as_array().expect("a list").len()
    };
    // A group.
    says(&owner.get(&at("groups")).await, "They are in no group.");
    says(&owner.get(&at("groups/add?q=staff")).await, &group);
    owner.led_to(&owner.send(&at("groups/add"), &[("group_id", &group)]).await);
    says(&owner.get(&at("groups")).await, "Staff");
    assert_eq!(count("groups").await, 1);
    owner.led_to(&owner.send(&at("groups/remove"), &[("group_id", &group)]).await);
    assert_eq!(count("groups").await, 0);
    assert_eq!(owner.send(&at("groups/remove"), &[("group_id", &group)]).await.status, 404);
    // An application.
    says(&owner.get(&at("applications/add?q=corner")).await, &shop.client_id);
    owner.led_to(&owner.send(&at("applications/add"), &[("application_id", &shop.client_id)]).await);
    let assignments = format!("/applications/{}/assignments", shop.client_id);
    assert_eq!(full.get(&assignments).await.ok()["data"][0]["id"], json!(id));
    says(&owner.get(&at("applications")).await, "Corner shop");
    owner.led_to(&owner.send(&at("applications/remove"), &[("application_id", &shop.client_id)]).await);
    assert_eq!(full.get(&assignments).await.ok()["data"], json!([]));
    // What they have with it, and allowed it.
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    let page = owner.get(&at("sessions?state=active")).await;
    says(&page, "Corner shop");
    says(&page, "203.0.113.7");
    owner.led_to(&owner.send(&at("sessions/end"), &[("id", &tokens.session)]).await);
    assert!(!shop.is_good(&tokens.access).await);
    app.clock.advance_micros(1_000_000);
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    says(&owner.get(&at("sessions/end-all")).await, "They may sign in again.");
    owner.led_to(&owner.send(&at("sessions/end-all"), &[]).await);
    assert!(!shop.is_good(&tokens.access).await);
    let page = owner.get(&at("consents")).await;
    says(&page, "Corner shop");
    says(&page, "offline_access");
    owner.led_to(&owner.send(&at("consents/withdraw"), &[("application_id", &shop.client_id)]).await);
    assert_eq!(count("consents").await, 0);
}

async fn an_application_has_users_of_its_own_in_live_and_in_test(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made_app = full.create("server", json!({ "name": "Forum", "user_pool": "application" })).await;
    let id = made_app["id"].as_str().expect("an id");
    let list = format!("/console/applications/{id}/users");
    for (environment, other) in [("live", "test"), ("test", "live")] {
        let email = format!("{environment}@example.com");
        let query = format!("?environment={environment}");
        let page =
            owner.send(&format!("{list}/new{query}"), &[("email", &email), ("status", "active")]).await;
        let user = made(&page);
        let api = format!("/applications/{id}/users/{user}");
        assert_eq!(full.get(&format!("{api}{query}")).await.data()["email"], json!(email));
        says(&owner.get(&format!("{list}{query}&q={environment}")).await, &email);
        says_not(&owner.get(&format!("{list}?environment={other}")).await, &email);
        assert_eq!(owner.get(&format!("{list}/{user}?environment={other}")).await.status, 404);
        let page = owner.get(&format!("{list}/{user}{query}")).await;
        assert_eq!(page.heading(), email);
        // Every button of the page stays in the environment.
        let marked = if environment == "test" { "?environment=test" } else { "" };
        says(&page, &format!("formaction=\"{list}/{user}/suspend{marked}\""));
        owner.led_to(&owner.send(&format!("{list}/{user}/suspend{query}"), &[]).await);
        assert_eq!(full.get(&format!("{api}{query}")).await.data()["status"], "suspended");
        let typed = [("password", PASSWORD), ("password_again", PASSWORD)];
        owner.led_to(&owner.send(&format!("{list}/{user}/password{query}"), &typed).await);
        assert!(full.get(&format!("{api}{query}")).await.data()["password_changed_at"].is_string());
        for below in ["sessions", "identities", "edit", "delete"] {
            assert_eq!(owner.get(&format!("{list}/{user}/{below}{query}")).await.status, 200, "{below}");
        }
        owner.led_to(&owner.send(&format!("{list}/{user}/delete{query}"), &[("typed", &email)]).await);
        full.get(&format!("{api}{query}")).await.refused(404, "user_not_found");
    }
    assert_eq!(owner.get(&format!("{list}?environment=stage")).await.status, 400);
    assert_eq!(owner.get(&format!("{list}/settings?environment=test")).await.status, 200);
    assert_eq!(owner.get(&format!("{list}/locked-addresses")).await.status, 200);
}

async fn an_application_is_assigned_and_says_who_may_use_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (ada, eve) = (full.user(ADA).await, full.user("eve@example.com").await);
    let (staff, inner) = (full.group("Staff").await, full.group("Inner").await);
    full.put(&format!("/groups/{staff}/subgroups/{inner}")).await.with(204);
    full.put(&format!("/groups/{inner}/members/{eve}")).await.with(204);
    let shop = RelyingParty::register(&full, json!({})).await;
    let list = format!("/console/applications/{}/users", shop.client_id);
    says(&owner.get(&list).await, "It is assigned to nobody.");
    says(&owner.get(&format!("{list}/assign?q=ada")).await, &ada);
    says(&owner.get(&format!("{list}/assign?of=groups&q=staff")).await, &staff);
    for subject in [&ada, &staff] {
        owner.led_to(&owner.send(&format!("{list}/assign"), &[("subject_id", subject)]).await);
    }
    let assignments = format!("/applications/{}/assignments", shop.client_id);
    let listed = full.get(&assignments).await.ok();
    assert_eq!((&listed["data"][0]["id"], &listed["data"][1]["id"]), (&json!(staff), &json!(ada)));
    let page = owner.get(&list).await;
    for part in [ADA, "Staff", "group"] {
        says(&page, part);
    }
    let page = owner.get(&format!("{list}/effective")).await;
    for part in [ADA, "assigned directly", "eve@example.com", "Staff › Inner"] {
        says(&page, part);
    }
    owner.led_to(&owner.send(&format!("{list}/unassign"), &[("subject_id", &staff)]).await);
    assert_eq!(full.get(&assignments).await.ok()["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(owner.send(&format!("{list}/assign"), &[("subject_id", "usr_nobody")]).await.status, 404);
}

async fn the_list_is_searched_and_addresses_are_unlocked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    for number in 0..30 {
        full.user(&format!("user{number:02}@example.com")).await;
    }
    let eve = full.user("eve@example.com").await;
    full.patch(&format!("/users/{eve}"), json!({ "status": "suspended" })).await.ok();
    let page = owner.get(&format!("{LIST}?q=user")).await;
    says(&page, "user29@example.com");
    says_not(&page, "eve@example.com");
    if let Some(rest) = page
        .html
        .split("/console/users?q=user&amp;after=")
        .nth(1)
        .or_else(|| page.html.split("/console/users?q=user&#38;after=").nth(1))
    {
        let cursor = rest.split('"').next().expect("is quoted");
        says(&owner.get(&format!("{LIST}?q=user&after={cursor}")).await, "user00@example.com");
    } else {
        says(&page, "user00@example.com");
    }
    let page = owner.get(&format!("{LIST}?status=suspended")).await;
    says(&page, "eve@example.com");
    says_not(&page, "user29@example.com");
    // From one place too many fail.
    full.patch("/directory", json!({ "free_failures": 1 })).await.ok();
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser().at("198.51.100.9");
    for number in 0..21 {
        let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
        browser.type_password(&page, &format!("nobody{number}@example.com"), "wrong").await;
    }
    let id = full.get("/lockouts").await.ok()["data"][0]["id"].as_str().expect("is locked").to_owned();
    let page = owner.get("/console/users/locked-addresses").await;
    says(&page, "198.51.100.9");
    says(&page, &id);
    owner.led_to(&owner.send("/console/users/locked-addresses/unlock", &[("id", &id)]).await);
    assert_eq!(full.get("/lockouts").await.ok()["data"], json!([]));
}

async fn password_rules_are_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let path = "/console/users/settings";
    says(&owner.get(path).await, "value=\"12\"");
    let typed = [("min_password_length", "16"), ("free_failures", "3"), ("longest_delay_s", "600")];
    owner.led_to(&owner.send(path, &typed).await);
    let read = full.get("/directory").await.data();
    assert_eq!((&read["min_password_length"], &read["longest_delay_s"]), (&json!(16), &json!(600)));
    for (field, value) in [("min_password_length", "4"), ("free_failures", "none"), ("longest_delay_s", "0")]
    {
        let page = owner.send(path, &[(field, value)]).await;
        assert_eq!((page.status.as_u16(), fault(&page, field).is_empty()), (422, false), "{field}");
    }
    assert_eq!(full.get("/directory").await.data(), read);
}

async fn a_viewer_is_offered_nothing_and_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    full.put(&format!("/applications/{}/assignments/{id}", shop.client_id)).await.with(204);
    shop.sign_in(&app.browser(), ADA).await;
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    let before = full.get(&format!("/users/{id}")).await.data();
    let of_app = format!("/console/applications/{}/users", shop.client_id);
    for path in [
        LIST.to_owned(),
        format!("{LIST}/{id}"),
        format!("{LIST}/{id}/groups"),
        format!("{LIST}/{id}/applications"),
        format!("{LIST}/{id}/sessions"),
        format!("{LIST}/{id}/consents"),
        format!("{LIST}/{id}/impersonations"),
        format!("{LIST}/settings"),
        format!("{LIST}/locked-addresses"),
        of_app.clone(),
        format!("{of_app}/effective"),
    ] {
        let page = viewer.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        let (_, main) = page.html.split_once("<main").expect("has a main part");
        let main = main.split("</main>").next().unwrap_or_default();
        for control in [
            "formaction",
            "method=\"post\"",
            "/new\"",
            "/edit\"",
            "/delete\"",
            "act-as",
            "/add\"",
            "/assign\"",
        ] {
            assert!(!main.contains(control), "{control} at {path}: {main}");
        }
    }
    for below in
        ["edit", "password", "password/remove", "unlock", "suspend", "delete", "mail", "sessions/end-all"]
    {
        let page =
            viewer.send(&format!("{LIST}/{id}/{below}"), &[("typed", ADA), ("email", "a@b.example")]).await;
        assert_eq!(page.status, 403, "{below}");
    }
    for path in [format!("{LIST}/new"), format!("{of_app}/assign"), format!("{of_app}/unassign")] {
        assert_eq!(
            viewer.send(&path, &[("email", "b@b.example"), ("subject_id", &id)]).await.status,
            403,
            "{path}"
        );
    }
    assert_eq!(full.get(&format!("/users/{id}")).await.data(), before);
    // The page itself says so, among the others.
    assert_eq!(viewer.get(&format!("{LIST}/new")).await.heading(), "This is not for you to do");
}

async fn nothing_that_was_typed_runs(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let new = json!({
        "email": ADA,
        "name": SCRIPT,
        "given_name": SCRIPT,
        "family_name": SCRIPT,
        "metadata": { SCRIPT: SCRIPT },
        "custom_attributes": { SCRIPT: [SCRIPT] },
    });
    let id = full.post("/users", new).await.created()["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/users/{id}/password");
    full.json(Method::PUT, &path, json!({ "password": PASSWORD })).await.with(204);
    app.clock.advance_micros(1_000_000);
    let group = full.group(SCRIPT).await;
    full.put(&format!("/groups/{group}/members/{id}")).await.with(204);
    let shop = RelyingParty::register(&full, json!({ "name": SCRIPT })).await;
    full.put(&format!("/applications/{}/assignments/{group}", shop.client_id)).await.with(204);
    full.put(&format!("/applications/{}/assignments/{id}", shop.client_id)).await.with(204);
    shop.sign_in(&app.browser(), ADA).await;
    let of_app = format!("/console/applications/{}/users", shop.client_id);
    let at = |below: &str| format!("{LIST}/{id}{below}");
    for path in [
        LIST.to_owned(),
        at(""),
        at("/edit"),
        at("/delete"),
        at("/groups"),
        at("/groups/add"),
        at("/applications"),
        at("/applications/add"),
        at("/sessions"),
        at("/act-as"),
        at("/impersonations"),
        of_app.clone(),
        format!("{of_app}/assign"),
        format!("{of_app}/assign?of=groups"),
        format!("{of_app}/effective"),
        format!("{LIST}?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
    ] {
        let page = owner.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        says_not(&page, "<script>alert");
    }
    for field in ["email", "username", "name", "phone", "locale", "picture", "metadata", "custom_attributes"]
    {
        let page = owner.send(&format!("{LIST}/new"), &[(field, SCRIPT)]).await;
        assert_eq!(page.status, 422, "{field}");
        says_not(&page, "<script>alert");
    }
}
