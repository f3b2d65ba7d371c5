//! A tenant's settings, its registration tokens and its scopes, at the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    settings_are_changed_and_read_back,
    a_registration_token_is_shown_once,
    a_scope_is_registered_and_deleted,
    a_viewer_sees_the_settings_and_changes_nothing,
];

const SETTINGS: &str = "/console/settings";

async fn settings_are_changed_and_read_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let general = [
        ("name", "<script>Acme"),
        ("secret_rotation_overlap_s", "3600"),
        ("access_token_signing_alg", "EdDSA"),
        ("fingerprint_tokens", "true"),
        ("token_deduplication_behavior", "update_existing"),
    ];
    let (branding, registration) = (format!("{SETTINGS}/branding"), format!("{SETTINGS}/registration"));
    for (path, typed) in [
        (SETTINGS, general.as_slice()),
        (&*branding, [("logo_url", "https://acme.example/a.svg"), ("colour", "#1A73E8")].as_slice()),
        (
            &*registration,
            [("client_registration", "token"), ("unused_registration_ttl_s", "7200")].as_slice(),
        ),
    ] {
        let saved = console.send(path, typed).await;
        assert_eq!(console.led_to(&saved), path);
    }
    let tenant = owner.get("/tenant").await.data();
    for (field, expected) in [
        ("name", json!("<script>Acme")),
        ("secret_rotation_overlap_s", json!(3600)),
        ("access_token_signing_alg", json!("EdDSA")),
        ("fingerprint_tokens", json!(true)),
        ("deduplicate_tokens", json!(false)),
        ("token_deduplication_behavior", json!("update_existing")),
        ("logo_url", json!("https://acme.example/a.svg")),
        ("colour", json!("#1a73e8")),
        ("client_registration", json!("token")),
        ("unused_registration_ttl_s", json!(7200)),
    ] {
        assert_eq!(tenant[field], expected, "{field}");
    }
    let preview = console.get(&format!("{branding}/preview")).await;
    assert!(preview.html.contains("/assets/colour.1a73e8.css"), "{}", preview.html);
    assert!(preview.html.contains("https://acme.example/a.svg"), "{}", preview.html);
    let addresses = console.get(&format!("{SETTINGS}/addresses")).await.html;
    for part in ["https://id.example/.well-known/openid-configuration", "https://id.example/oauth2/register"]
    {
        assert!(addresses.contains(part), "{part}: {addresses}");
    }
    for page in [SETTINGS, &branding, &registration, &format!("{branding}/preview")] {
        let html = console.get(page).await.html;
        assert!(
            html.contains("Acme") && !html.contains("<script>Acme") && !html.contains(" style="),
            "{page}"
        );
    }
    for (path, field, typed) in [
        (SETTINGS, "name", ("name", "")),
        (SETTINGS, "secret_rotation_overlap_s", ("secret_rotation_overlap_s", "604801")),
        (SETTINGS, "secret_rotation_overlap_s", ("secret_rotation_overlap_s", "soon")),
        (SETTINGS, "access_token_signing_alg", ("access_token_signing_alg", "none")),
        (&branding, "logo_url", ("logo_url", "javascript:alert(1)")),
        (&branding, "colour", ("colour", "red;background:url(//evil.example)")),
        (&registration, "client_registration", ("client_registration", "ajar")),
        (&registration, "unused_registration_ttl_s", ("unused_registration_ttl_s", "1")),
    ] {
        let named = [("name", "Other"), typed];
        let typed = if field == "name" { &named[1..] } else { &named[..] };
        let page = console.send(path, typed).await;
        assert_eq!(page.status, 422, "{typed:?}: {}", page.html);
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{typed:?}: {}", page.html);
    }
    assert_eq!(owner.get("/tenant").await.data(), tenant, "nothing of what was refused was taken");
    let late = console.send(&branding, &[("colour", "#000000"), ("version", "1")]).await;
    assert!(late.status == 422 && late.html.contains("has changed since that version"), "{}", late.html);
    assert!(late.html.contains("name=\"version\" value="), "{}", late.html);
    assert_eq!(owner.get("/tenant").await.data(), tenant);
    let cleared = console.send(&branding, &[("logo_url", ""), ("colour", "")]).await;
    assert_eq!(console.led_to(&cleared), branding);
    let tenant = owner.get("/tenant").await.data();
    assert_eq!((&tenant["logo_url"], &tenant["colour"]), (&Value::Null, &Value::Null));
}

async fn a_registration_token_is_shown_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let tokens = "/console/settings/registration/tokens";
    let typed = [("name", "<script>agents"), ("max_uses", "3"), ("expires_at", "")];
    let made = console.send(&format!("{tokens}/new"), &typed).await;
    let rest = made.html.split("<dt>initial_access_token</dt><dd><code class=\"copied\" data-copy>").nth(1);
    let token = rest.and_then(|rest| rest.split('<').next()).unwrap_or_else(|| panic!("{}", made.html));
    assert!(token.starts_with("iat_"), "{token}");
    let listed = owner.get("/registration-tokens").await.ok()["data"][0].take();
    assert_eq!((&listed["name"], &listed["max_uses"]), (&json!("<script>agents"), &json!(3)));
    assert!(token.ends_with(listed["last_four"].as_str().expect("text")));
    let page = console.get(tokens).await.html;
    assert!(page.contains("agents") && page.contains("0 of 3") && !page.contains(token), "{page}");
    assert!(!page.contains("<script>agents"), "{page}");
    for (field, typed) in [
        ("max_uses", ("max_uses", "0")),
        ("max_uses", ("max_uses", "some")),
        ("expires_at", ("expires_at", "tomorrow")),
        ("name", ("name", "\u{7}")),
    ] {
        let page = console.send(&format!("{tokens}/new"), &[typed]).await;
        assert_eq!(page.status, 422, "{typed:?}: {}", page.html);
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{typed:?}: {}", page.html);
    }
    let id = listed["id"].as_str().expect("an id");
    let revoked = console.send(&format!("{tokens}/{id}/revoke"), &[]).await;
    assert_eq!(console.led_to(&revoked), tokens);
    assert_eq!(owner.get("/registration-tokens").await.ok()["data"], json!([]));
    assert_eq!(console.send(&format!("{tokens}/{id}/revoke"), &[]).await.status, 404);
}

async fn a_scope_is_registered_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let typed = [("scope", "<script>read"), ("description", "<script>Read")];
    let made = console.send("/console/scopes/new", &typed).await;
    assert_eq!(console.led_to(&made), "/console/scopes");
    let own = async || {
        let all = owner.get("/scopes?limit=200").await.ok()["data"].as_array().expect("a list").clone();
        all.into_iter().filter(|scope| scope["built_in"] == false).collect::<Vec<_>>()
    };
    let found = own().await;
    assert_eq!(
        (&found[0]["scope"], &found[0]["description"]),
        (&json!("<script>read"), &json!("<script>Read"))
    );
    let page = console.get("/console/scopes").await.html;
    assert!(page.contains(";read") && !page.contains("<script>read"), "{page}");
    assert!(!page.contains("<script>Read"), "{page}");
    for (typed, said) in [
        (("scope", "two words"), ""),
        (("scope", "openid"), "This is built in."),
        (("scope", "<script>read"), "This is registered already."),
    ] {
        let page = console.send("/console/scopes/new", &[typed]).await;
        assert_eq!(page.status, 422, "{typed:?}: {}", page.html);
        assert!(
            page.html.contains("id=\"scope-fault\"") && page.html.contains(said),
            "{typed:?}: {}",
            page.html
        );
    }
    assert_eq!(console.send("/console/scopes/delete", &[("scope", "openid")]).await.status, 404, "built in");
    let deleted = console.send("/console/scopes/delete", &[("scope", "<script>read")]).await;
    assert_eq!(console.led_to(&deleted), "/console/scopes");
    assert!(own().await.is_empty());
}

async fn a_viewer_sees_the_settings_and_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    owner.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let acme = owner.tenant("acme", None).await;
    app.runs("viewer", "platform").await;
    app.runs("admin", &acme).await;
    let before = owner.get("/tenant").await.data();
    let viewer = app.at_console("viewer-platform@example.com").await;
    let tokens = "/console/settings/registration/tokens";
    let (branding, registration) = (format!("{SETTINGS}/branding"), format!("{SETTINGS}/registration"));
    for page in
        [SETTINGS, &branding, &registration, tokens, "/console/scopes", &format!("{SETTINGS}/addresses")]
    {
        let page = viewer.get(page).await;
        assert_eq!(page.status, 200, "{}", page.html);
        for control in ["Save<", "Make a token", "Register a scope", "Delete …"] {
            assert!(!page.html.contains(control), "{control}: {}", page.html);
        }
    }
    let posted = [
        SETTINGS.to_owned(),
        branding,
        registration,
        format!("{tokens}/new"),
        format!("{tokens}/rgt_x/revoke"),
        "/console/scopes/new".to_owned(),
        "/console/scopes/delete".to_owned(),
    ];
    for path in &posted {
        let page = viewer.send(path, &[("name", "Mine"), ("scope", "bills:read")]).await;
        assert_eq!(page.status, 403, "{path}: {}", page.html);
    }
    assert_eq!(owner.get("/tenant").await.data(), before);
    // Whoever administers one tenant has its settings at its address, and no other's.
    let admin = app.at_console(&format!("admin-{acme}@example.com").to_lowercase()).await;
    let saved = admin.send("/t/acme/console/settings", &[("name", "Acme Ltd")]).await;
    assert_eq!(admin.led_to(&saved), "/t/acme/console/settings");
    assert_eq!(owner.get(&format!("/tenants/{acme}")).await.data()["name"], "Acme Ltd");
    assert_eq!(admin.send(SETTINGS, &[("name", "Mine")]).await.status, 404, "another's");
    assert_eq!(owner.get("/tenant").await.data(), before);
}
