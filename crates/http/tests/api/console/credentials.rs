//! What an application proves itself with: secrets, keys of its own, and those of
//! its environments.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::applications::environments::Pooled;
use crate::harness::{Page, REDIRECT_URI, TestApp, User};

on_each_database![
    a_secret_is_rotated_and_shown_once,
    a_secret_is_added_and_revoked,
    keys_take_the_place_of_secrets,
    an_environment_is_given_a_new_secret,
    an_application_that_registered_itself_is_told_apart,
    who_may_not_change_credentials_is_offered_nothing,
];

const SCRIPT: &str = "<script>alert(1)</script>";

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// What a page shows this one time under that name.
#[track_caller]
fn shown(page: &Page, name: &str) -> String {
    assert_eq!(page.status, 200, "{}", page.html);
    let before = format!("<dt>{name}</dt><dd><code class=\"copied\" data-copy>");
    let found = page.html.split_once(&before).and_then(|(_, rest)| rest.split_once("</code>"));
    found.unwrap_or_else(|| panic!("shows no {name}: {}", page.html)).0.to_owned()
}

async fn secrets(user: &User<'_>, id: &str) -> Vec<Value> {
    user.get(&format!("/applications/{id}/credentials")).await.data().as_array().expect("a list").clone()
}

async fn a_secret_is_rotated_and_shown_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let made = full.create("m2m", json!({})).await;
    let (id, mut secret) = (text(&made["id"]), text(&made["client_secret"]));
    let tab = format!("/console/applications/{id}/credentials");
    let path = format!("{tab}/rotate");
    let page = owner.get(&path).await;
    assert!(page.html.contains("name=\"overlap\"") && page.html.contains("604800"), "{}", page.html);
    for (chosen, typed, overlap) in
        [("3600", "", 3_600), ("own", "120", 120), ("604800", "77", 604_800), ("", "", 259_200), ("0", "", 0)]
    {
        app.clock.advance_micros(1_000_000);
        let page = owner.send(&path, &[("overlap", chosen), ("overlap_s", typed)]).await;
        let new = shown(&page, "client_secret");
        assert_eq!(
            (app.token(&id, &new, "").await.status.as_u16(), shown(&page, "client_id")),
            (200, id.clone())
        );
        let listed = secrets(&full, &id).await;
        assert_eq!(listed[1]["last_four"], secret[secret.len() - 4..], "{chosen}");
        assert_eq!(listed[1]["expires_at"], app.after(overlap), "{chosen}");
        secret = new;
    }
    let page = owner.get(&tab).await;
    assert!(page.html.contains(&format!("…{}", &secret[secret.len() - 4..])), "{}", page.html);
    assert!(!page.html.contains(&secret), "never again");
    // What cannot be is told beside its field, and nothing is rotated.
    let before = secrets(&full, &id).await;
    for (chosen, typed, said) in [
        ("own", "604801", "This is not from 0 to 604800 seconds."),
        ("own", "-1", "This is not from 0 to 604800 seconds."),
        ("own", "soon", "This must be a whole number."),
        ("own", "", "This is needed for this choice."),
        ("later", "", "This is none of the choices."),
    ] {
        let page = owner.send(&path, &[("overlap", chosen), ("overlap_s", typed)]).await;
        assert_eq!(page.status, 422, "{chosen} {typed}");
        assert!(page.html.contains(said), "{chosen} {typed}: {}", page.html);
        assert!(page.html.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", page.html);
    }
    assert_eq!(secrets(&full, &id).await, before);
}

async fn a_secret_is_added_and_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let id = text(&full.create("m2m", json!({})).await["id"]);
    let tab = format!("/console/applications/{id}/credentials");
    let path = format!("{tab}/add");
    assert_eq!(owner.get(&path).await.status, 200);
    app.clock.advance_micros(1_000_000);
    let page = owner.send(&path, &[("name", SCRIPT), ("expires_at", "2099-01-31T10:05")]).await;
    let secret = shown(&page, "client_secret");
    assert_eq!(app.token(&id, &secret, "").await.status, 200);
    let added = secrets(&full, &id).await[0].clone();
    assert_eq!((&added["name"], &added["last_four"]), (&json!(SCRIPT), &json!(secret[secret.len() - 4..])));
    assert!(text(&added["expires_at"]).starts_with("2099-01-31T10:05:00"), "{added}");
    let page = owner.get(&tab).await;
    assert!(!page.html.contains(SCRIPT) && page.html.contains("alert(1)"), "{}", page.html);
    for (name, expires_at, said) in [
        ("x", "2001-01-01T00:00", "This is not in the future."),
        ("x", "next week", "This is "),
        ("\u{7}", "", "This contains"),
    ] {
        let page = owner.send(&path, &[("name", name), ("expires_at", expires_at)]).await;
        assert_eq!(page.status, 422, "{name:?} {expires_at}");
        assert!(page.html.contains(said), "{name:?} {expires_at}: {}", page.html);
    }
    assert_eq!(secrets(&full, &id).await.len(), 2);
    let revoke = format!("{tab}/{}/revoke", text(&added["id"]));
    let page = owner.send(&revoke, &[]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(secrets(&full, &id).await[0]["revoked_at"], app.now());
    app.token(&id, &secret, "").await.refused_by_oauth(401, "invalid_client");
    assert!(!owner.get(&tab).await.html.contains(&revoke), "it has ended");
    let nobodys = format!("{tab}/cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD/revoke");
    assert_eq!(owner.send(&nobodys, &[]).await.status, 404);
}

async fn keys_take_the_place_of_secrets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let id = text(&full.create("m2m", json!({})).await["id"]);
    let tab = format!("/console/applications/{id}/credentials");
    let path = format!("{tab}/authentication");
    let form = owner.get(&path).await;
    assert!(form.html.contains("name=\"version\" value=\"1\""), "{}", form.html);
    let fields = |method: &'static str, jwks: &'static str, uri: &'static str| {
        [("version", "1"), ("token_endpoint_auth_method", method), ("jwks", jwks), ("jwks_uri", uri)]
    };
    let before = full.read(&id).await;
    for (sent, said) in [
        (fields("private_key_jwt", "", ""), "`private_key_jwt` needs `jwks` or `jwks_uri`"),
        (fields("private_key_jwt", "{\"keys\":[]", ""), "id=\"jwks-fault\""),
        (fields("private_key_jwt", "", "http://client.example/<script>"), "id=\"jwks_uri-fault\""),
        (fields("client_secret_post", "", "https://client.example/keys"), "id=\"jwks_uri-fault\""),
        (fields("none", "", ""), "id=\"token_endpoint_auth_method-fault\""),
    ] {
        let page = owner.send(&path, &sent).await;
        assert_eq!(page.status, 422, "{sent:?}");
        // A template writes a backtick as it is.
        assert!(page.html.contains(said), "{sent:?}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
    assert_eq!(full.read(&id).await, before);
    let page = owner.send(&path, &fields("private_key_jwt", "", "https://client.example/keys")).await;
    assert_eq!(owner.led_to(&page), tab);
    let after = full.read(&id).await;
    assert_eq!(
        (&after["token_endpoint_auth_method"], &after["jwks_uri"]),
        (&json!("private_key_jwt"), &json!("https://client.example/keys"))
    );
    let page = owner.get(&tab).await;
    assert!(
        page.html.contains("https://client.example/keys") && !page.html.contains("/rotate"),
        "{}",
        page.html
    );
    // The form was opened before that change.
    let page = owner.send(&path, &fields("client_secret_basic", "", "")).await;
    assert_eq!(page.status, 422);
    assert!(page.html.contains("Somebody else changed this"), "{}", page.html);
    assert_eq!(full.read(&id).await, after);
}

async fn an_environment_is_given_a_new_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let pooled = Pooled::register(&full).await;
    let tab = format!("/console/applications/{}/environments", pooled.id);
    let page = owner.get(&tab).await;
    for (public_key, secret) in [&pooled.live, &pooled.test] {
        assert!(page.html.contains(public_key) && !page.html.contains(secret), "{}", page.html);
    }
    app.clock.advance_micros(1_000_000);
    assert_eq!(owner.get(&format!("{tab}/test/rotate")).await.status, 200);
    let page = owner.send(&format!("{tab}/test/rotate"), &[("overlap", "3600")]).await;
    let (public_key, secret) = (shown(&page, "public_key"), shown(&page, "secret_key"));
    assert_eq!(public_key, pooled.test.0);
    assert!(secret.starts_with("za_sec_test_") && secret != pooled.test.1, "{secret}");
    let listed = secrets(&full, &pooled.id).await;
    let of_test: Vec<_> = listed.iter().filter(|one| one["environment"] == "test").collect();
    assert_eq!((of_test.len(), &of_test[1]["expires_at"]), (2, &json!(app.after(3_600))));
    assert_eq!(listed.iter().filter(|one| one["environment"] == "live").count(), 1);
    let page = owner.send(&format!("{tab}/test/rotate"), &[("overlap", "own"), ("overlap_s", "x")]).await;
    assert!(page.status == 422 && page.html.contains("must be a whole number"), "{}", page.html);
    assert_eq!(owner.get(&format!("{tab}/staging/rotate")).await.status, 404);
}

async fn an_application_that_registered_itself_is_told_apart(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    full.patch("/tenant", json!({ "client_registration": "open" })).await.ok();
    for (method, tab) in [("none", "oauth"), ("client_secret_basic", "credentials")] {
        let said = json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": method,
            "grant_types": ["authorization_code"],
            "client_name": SCRIPT,
            "contacts": ["ada@example.com"],
        });
        let registered = app.nobody().json(Method::POST, "/oauth2/register", said).await.with(201);
        let page =
            owner.get(&format!("/console/applications/{}/{tab}", text(&registered["client_id"]))).await;
        assert_eq!(page.status, 200, "{}", page.html);
        for part in ["registered itself", "ada@example.com", "the tenant lets in anybody"] {
            assert!(page.html.contains(part), "{part}: {}", page.html);
        }
        assert!(!page.html.contains(SCRIPT), "{}", page.html);
        let made = text(&full.create("server", json!({})).await["id"]);
        let page = owner.get(&format!("/console/applications/{made}/{tab}")).await;
        assert!(!page.html.contains("registered itself"), "{}", page.html);
    }
}

async fn who_may_not_change_credentials_is_offered_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (machine, pooled) = (full.create("m2m", json!({})).await, Pooled::register(&full).await);
    let id = text(&machine["id"]);
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    let before = (secrets(&full, &id).await, secrets(&full, &pooled.id).await);
    let tab = format!("/console/applications/{id}/credentials");
    let credential = text(&before.0[0]["id"]);
    let environments = format!("/console/applications/{}/environments", pooled.id);
    for shown in [&tab, &environments] {
        let page = viewer.get(shown).await;
        assert_eq!(page.status, 200, "{}", page.html);
        for part in ["/rotate\"", "/add\"", "/revoke\"", "/authentication\""] {
            assert!(!page.html.contains(part), "{part}: {}", page.html);
        }
    }
    for path in [
        format!("{tab}/rotate"),
        format!("{tab}/add"),
        format!("{tab}/authentication"),
        format!("{tab}/{credential}/revoke"),
        format!("{environments}/live/rotate"),
    ] {
        let page = viewer.send(&path, &[("overlap", "0")]).await;
        assert_eq!(page.status, 403, "{path}: {}", page.html);
    }
    assert_eq!((secrets(&full, &id).await, secrets(&full, &pooled.id).await), before);
}
