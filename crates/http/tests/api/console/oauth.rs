//! An application as an OAuth client or a SAML service provider, and with whom
//! else its own users sign in.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::applications::environments::Pooled;
use crate::harness::TestApp;

on_each_database![
    oauth_settings_are_changed_by_a_form,
    what_cannot_be_set_is_told_beside_its_field,
    nobody_overwrites_what_they_have_not_seen,
    a_service_provider_is_changed_by_a_form,
    a_connection_is_made_changed_and_deleted,
    who_may_not_change_an_application_is_offered_nothing,
];

const SECRET: &str = "hush: what only the provider knows";

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// What the form of an application that signs people in sends, changed in these
/// fields.
fn settings<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("version", "1"),
        ("redirect_uris", "https://a.example/back\r\nhttps://b.example/back\r\n"),
        ("post_logout_redirect_uris", "https://a.example/bye"),
        ("allowed_origins", "https://a.example"),
        ("allowed_scopes", "openid\r\nemail"),
        ("audience", "https://api.a.example"),
        ("allowed_resources", ""),
        ("access_token_ttl_s", "600"),
        ("refresh_token_ttl_s", "7200"),
        ("refresh_token_max_age_s", "86400"),
        ("access_token_signing_alg", "ES256"),
        ("id_token_signing_alg", ""),
        ("require_pkce", "true"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    if !changes.iter().any(|(name, _)| *name == "grant_types") {
        fields.extend([("grant_types", "authorization_code"), ("grant_types", "refresh_token")]);
    }
    fields
}

async fn oauth_settings_are_changed_by_a_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let id = text(&full.create("server", json!({})).await["id"]);
    let tab = format!("/console/applications/{id}/oauth");
    let page = owner.get(&tab).await;
    for part in [
        "https://id.example/oauth2/token",
        "https://id.example/.well-known/openid-configuration",
        "https://id.example/.well-known/jwks.json",
        &format!("{tab}/edit"),
    ] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    let form = owner.get(&format!("{tab}/edit")).await;
    assert!(form.html.contains("name=\"version\" value=\"1\""), "{}", form.html);
    let page = owner.send(&format!("{tab}/edit"), &settings(&[])).await;
    assert_eq!(owner.led_to(&page), tab);
    let after = full.read(&id).await;
    for (name, expected) in [
        ("redirect_uris", json!(["https://a.example/back", "https://b.example/back"])),
        ("post_logout_redirect_uris", json!(["https://a.example/bye"])),
        ("allowed_origins", json!(["https://a.example"])),
        ("allowed_scopes", json!(["openid", "email"])),
        ("audience", json!("https://api.a.example")),
        ("access_token_ttl_s", json!(600)),
        ("refresh_token_ttl_s", json!(7_200)),
        ("refresh_token_max_age_s", json!(86_400)),
        ("access_token_signing_alg", json!("ES256")),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("require_pkce", json!(true)),
        ("first_party", json!(false)),
    ] {
        assert_eq!(after[name], expected, "{name}");
    }
    let page = owner.get(&tab).await;
    assert!(
        page.html.contains("10 minutes") && page.html.contains("https://b.example/back"),
        "{}",
        page.html
    );
    // A machine is not asked where people are, and what it has of it stays.
    let machine = text(&full.create("m2m", json!({ "allowed_origins": ["https://a.example"] })).await["id"]);
    let path = format!("/console/applications/{machine}/oauth");
    let form = owner.get(&format!("{path}/edit")).await;
    assert!(!form.html.contains("redirect_uris"), "{}", form.html);
    let sent = [("grant_types", "client_credentials"), ("allowed_scopes", ""), ("access_token_ttl_s", "90")];
    let page = owner.send(&format!("{path}/edit"), &sent).await;
    assert_eq!(owner.led_to(&page), path);
    let after = full.read(&machine).await;
    assert_eq!(
        (&after["allowed_origins"], &after["access_token_ttl_s"]),
        (&json!(["https://a.example"]), &json!(90))
    );
    assert!(owner.get(&path).await.html.contains("grant_type=client_credentials"));
}

async fn what_cannot_be_set_is_told_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let id = text(&full.create("server", json!({})).await["id"]);
    let path = format!("/console/applications/{id}/oauth/edit");
    let before = full.read(&id).await;
    for (field, value) in [
        ("redirect_uris", "https://a.example/<script>alert(1)</script>#x"),
        ("redirect_uris", "https://*.example/back"),
        ("post_logout_redirect_uris", "a\r\nhttps://a.example/<script>"),
        ("allowed_origins", "https://a.example/<script>"),
        ("allowed_scopes", "<script>\"</script>"),
        ("audience", "two words <script>"),
        ("allowed_resources", "<script>"),
        ("access_token_ttl_s", "59"),
        ("access_token_ttl_s", "<script>"),
        ("refresh_token_ttl_s", "99999999999"),
        ("refresh_token_max_age_s", "7199"),
        ("access_token_signing_alg", "none"),
        ("grant_types", "password"),
    ] {
        let page = owner.send(&path, &settings(&[(field, value)])).await;
        assert_eq!(page.status, 422, "{field} {value}: {}", page.html);
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{field} {value}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{field} {value}: {}", page.html);
        assert!(page.html.contains("https://api.a.example") || field == "audience", "the rest stays");
    }
    // Boxes that are not ticked are not sent.
    let none: Vec<_> = settings(&[]).into_iter().filter(|(name, _)| *name != "grant_types").collect();
    let page = owner.send(&path, &none).await;
    assert!(page.status == 422 && page.html.contains("id=\"grant_types-fault\""), "{}", page.html);
    assert_eq!(full.read(&id).await, before);
}

async fn nobody_overwrites_what_they_have_not_seen(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let id = text(&full.create("server", json!({})).await["id"]);
    let path = format!("/console/applications/{id}/oauth/edit");
    full.patch(&format!("/applications/{id}"), json!({ "name": "Another" })).await.ok();
    let before = full.read(&id).await;
    let page = owner.send(&path, &settings(&[])).await;
    assert_eq!(page.status, 422);
    assert!(page.html.contains("Somebody else changed this"), "{}", page.html);
    assert!(page.html.contains("https://b.example/back"), "what was typed stays: {}", page.html);
    assert_eq!(full.read(&id).await, before);
    // Now they have been told.
    assert!(page.html.contains("name=\"version\" value=\"2\""), "{}", page.html);
    let page = owner.send(&path, &settings(&[("version", "2")])).await;
    assert_eq!(page.status, 303, "{}", page.html);
    let after = full.read(&id).await;
    assert_eq!((&after["name"], &after["access_token_ttl_s"]), (&json!("Another"), &json!(600)));
}

async fn a_service_provider_is_changed_by_a_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let saml = json!({ "entity_id": "https://sp.example/metadata", "acs_urls": ["https://sp.example/acs"] });
    let id = text(&full.create("saml", json!({ "saml": saml })).await["id"]);
    let tab = format!("/console/applications/{id}/saml");
    assert!(owner.get(&tab).await.html.contains("https://sp.example/metadata"));
    let certificate = include_str!("../../../../keys/tests/data/p-256.pem");
    let with = |name: &'static str, value: &'static str| {
        let fields = [
            ("version", "1"),
            ("saml.entity_id", "urn:sp"),
            ("saml.acs_urls", "https://sp.example/one\r\nhttps://sp.example/two"),
            ("saml.certificates", certificate),
            ("saml.name_id_format", "persistent"),
            ("saml.attribute_statements", "mail = user.email\r\na=b=user.groups"),
        ];
        fields.map(|(known, sent)| (known, if known == name { value } else { sent }))
    };
    let before = full.read(&id).await;
    for (name, value) in [
        ("saml.entity_id", "<script>"),
        ("saml.acs_urls", ""),
        ("saml.acs_urls", "https://sp.example/<script>\r\nhttp://sp.example/"),
        ("saml.certificates", "<script>"),
        ("saml.name_id_format", "shoe size"),
        ("saml.attribute_statements", "mail = user.email\r\n<script> = user.shoe"),
    ] {
        let page = owner.send(&format!("{tab}/edit"), &with(name, value)).await;
        assert_eq!(page.status, 422, "{name} {value}");
        assert!(page.html.contains(&format!("id=\"{name}-fault\"")), "{name} {value}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{name} {value}: {}", page.html);
    }
    assert_eq!(full.read(&id).await, before);
    let page = owner.send(&format!("{tab}/edit"), &with("version", "1")).await;
    assert_eq!(owner.led_to(&page), tab);
    let after = full.read(&id).await["saml"].take();
    assert_eq!(after["entity_id"], "urn:sp");
    assert_eq!(after["acs_urls"], json!(["https://sp.example/one", "https://sp.example/two"]));
    assert_eq!(
        (after["certificates"].as_array().map(Vec::len), &after["name_id_format"]),
        (Some(1), &json!("persistent"))
    );
    let statements =
        json!([{ "name": "mail", "source": "user.email" }, { "name": "a=b", "source": "user.groups" }]);
    assert_eq!(after["attribute_statements"], statements);
    // What stands in the form is what would be sent again.
    let form = owner.get(&format!("{tab}/edit")).await;
    assert!(form.html.contains("a=b = user.groups"), "{}", form.html);
}

async fn a_connection_is_made_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let pooled = Pooled::register(&full).await;
    let tab = format!("/console/applications/{}/connections", pooled.id);
    let list = format!("/applications/{}/connections?environment=test", pooled.id);
    assert_eq!(owner.get(&tab).await.status, 200);
    let page = owner.get(&format!("{tab}/new?environment=test")).await;
    for kind in ["google", "apple", "facebook", "github", "microsoft", "oidc"] {
        assert!(page.html.contains(&format!("type={kind}")), "{kind}: {}", page.html);
        let form = owner.get(&format!("{tab}/new?environment=test&type={kind}")).await;
        assert!(form.html.contains("name=\"client_id\""), "{kind}: {}", form.html);
    }
    let new = format!("{tab}/new");
    let google = [
        ("environment", "test"),
        ("type", "google"),
        ("client_id", "1234.apps.example"),
        ("client_secret", SECRET),
        ("scopes", "openid\r\nemail"),
        ("display_name", "<script>alert(1)</script>"),
        ("enabled", "true"),
    ];
    for (name, value) in [("client_id", "<script> x"), ("client_secret", ""), ("scopes", "email")] {
        let sent = google.map(|(known, sent)| (known, if known == name { value } else { sent }));
        let page = owner.send(&new, &sent).await;
        assert_eq!(page.status, 422, "{name}");
        assert!(page.html.contains(&format!("id=\"{name}-fault\"")), "{name}: {}", page.html);
        assert!(!page.html.contains("<script>") && !page.html.contains(SECRET), "{name}: {}", page.html);
    }
    let apple =
        [("environment", "test"), ("type", "apple"), ("client_id", "x"), ("apple.private_key", SECRET)];
    let page = owner.send(&new, &apple).await;
    assert!(page.status == 422 && page.html.contains("`team_id` is not"), "{}", page.html);
    assert!(
        page.html.contains("id=\"apple.private_key-fault\"") && !page.html.contains(SECRET),
        "{}",
        page.html
    );
    assert_eq!(full.get(&list).await.data(), json!([]));
    let page = owner.send(&new, &google).await;
    assert_eq!(owner.led_to(&page), tab);
    let made = full.get(&list).await.data()[0].take();
    assert_eq!(
        (&made["client_id"], &made["scopes"], &made["enabled"]),
        (&json!("1234.apps.example"), &json!(["openid", "email"]), &json!(true))
    );
    let page = owner.get(&tab).await;
    assert!(!page.html.contains("<script>") && !page.html.contains(SECRET), "{}", page.html);
    // Changed but for the secret, which is not sent.
    let one = format!("{tab}/google");
    let form = owner.get(&format!("{one}/edit?environment=test")).await;
    assert!(form.status == 200 && !form.html.contains(SECRET), "{}", form.html);
    assert_eq!(owner.get(&format!("{one}/edit")).await.status, 404, "not of live");
    let sent = [
        ("environment", "test"),
        ("version", "1"),
        ("client_id", "5678"),
        ("client_secret", ""),
        ("scopes", "openid"),
        ("display_name", ""),
    ];
    let page = owner.send(&format!("{one}/edit"), &sent).await;
    assert_eq!(owner.led_to(&page), tab);
    let changed = full.get(&list).await.data()[0].take();
    assert_eq!(
        (&changed["client_id"], &changed["display_name"], &changed["enabled"]),
        (&json!("5678"), &Value::Null, &json!(false))
    );
    let page = owner.send(&format!("{one}/edit"), &sent).await;
    assert!(page.status == 422 && page.html.contains("Somebody else changed this"), "{}", page.html);
    let sent = [("environment", "test"), ("version", "2")];
    assert_eq!(owner.get(&format!("{one}/delete?environment=test")).await.status, 200);
    let page = owner.send(&format!("{one}/delete"), &sent).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(full.get(&list).await.data(), json!([]));
}

async fn who_may_not_change_an_application_is_offered_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let saml = json!({ "entity_id": "urn:sp", "acs_urls": ["https://sp.example/acs"] });
    let provider = text(&full.create("saml", json!({ "saml": saml })).await["id"]);
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    let before = (full.read(&pooled.id).await, full.read(&provider).await);
    let (client, provider_path) =
        (format!("/console/applications/{}", pooled.id), format!("/console/applications/{provider}"));
    for (shown, form) in [
        (format!("{client}/oauth"), format!("{client}/oauth/edit")),
        (format!("{provider_path}/saml"), format!("{provider_path}/saml/edit")),
        (format!("{client}/connections"), format!("{client}/connections/new")),
    ] {
        let page = viewer.get(&shown).await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(!page.html.contains(&form), "{}", page.html);
        assert_eq!(viewer.get(&form).await.status, 403, "{form}");
        assert_eq!(viewer.send(&form, &settings(&[])).await.status, 403, "{form}");
    }
    assert_eq!((full.read(&pooled.id).await, full.read(&provider).await), before);
}
