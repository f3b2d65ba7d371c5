//! Clients named by public keys: live and test never mix.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::applications::environments::Pooled;
use crate::harness::{PASSWORD, REDIRECT_URI, RelyingParty, TestApp, Tokens, User, claims};

on_each_database![
    each_name_is_proved_by_secrets_of_its_own_class,
    tokens_repeat_the_name_that_the_client_used,
    a_token_is_the_business_of_its_own_environment,
    people_of_test_do_not_exist_in_live,
    a_code_and_a_refresh_token_are_good_where_they_were_made,
    nobody_manages_with_what_was_issued_for_test,
    a_public_key_of_nobody_names_no_client,
    a_deleted_application_is_no_client_by_any_name,
    pages_may_ask_by_a_public_key,
];

const ADA: &str = "ada@example.com";

async fn each_name_is_proved_by_secrets_of_its_own_class(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pooled = Pooled::register(&app.full().await).await;
    let secrets = [&pooled.client_secret, &pooled.live.1, &pooled.test.1];
    for (name, own) in [
        (&pooled.id, &pooled.client_secret),
        (&pooled.public_key, &pooled.client_secret),
        (&pooled.live.0, &pooled.live.1),
        (&pooled.test.0, &pooled.test.1),
    ] {
        for secret in secrets {
            let answer = app.token(name, secret, "").await;
            if secret == own {
                answer.ok();
            } else {
                answer.refused_by_oauth(401, "invalid_client");
            }
        }
        // Nor without a secret.
        let form = format!("grant_type=client_credentials&client_id={name}");
        app.nobody().form("/oauth2/token", &form).await.refused_by_oauth(401, "invalid_client");
    }
}

async fn tokens_repeat_the_name_that_the_client_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pooled = Pooled::register(&app.full().await).await;
    for (name, secret, is_key) in [
        (&pooled.id, &pooled.client_secret, false),
        (&pooled.public_key, &pooled.client_secret, true),
        (&pooled.live.0, &pooled.live.1, true),
        (&pooled.test.0, &pooled.test.1, true),
    ] {
        let token = app.token(name, secret, "").await.ok()["access_token"].as_str().expect("one").to_owned();
        let said = claims(&token);
        assert_eq!((&said["client_id"], &said["sub"]), (&json!(name), &json!(name)));
        let beside = if is_key { json!(pooled.id) } else { Value::Null };
        assert_eq!(said["application_id"], beside);
        let form = format!("token={token}");
        let told = app.client(name, secret).form("/oauth2/introspect", &form).await.ok();
        assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(name)));
    }
}

async fn a_token_is_the_business_of_its_own_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pooled = Pooled::register(&app.full().await).await;
    let clients = [
        (&pooled.id, &pooled.client_secret, "live"),
        (&pooled.public_key, &pooled.client_secret, "live"),
        (&pooled.live.0, &pooled.live.1, "live"),
        (&pooled.test.0, &pooled.test.1, "test"),
    ];
    for (name, secret, environment) in clients {
        let token = app.token(name, secret, "").await.ok()["access_token"].as_str().expect("one").to_owned();
        let form = format!("token={token}");
        for (other, its, asked_from) in clients {
            let told = app.client(other, its).form("/oauth2/introspect", &form).await.ok();
            assert_eq!(told["active"], json!(asked_from == environment), "{name} {other}");
        }
        for (other, its, asked_from) in clients {
            if asked_from != environment {
                let refused = app.client(other, its).form("/oauth2/revoke", &form).await;
                refused.refused_by_oauth(400, "unauthorized_client");
            }
        }
        assert!(app.is_active(&token).await, "nobody revoked it");
        app.client(name, secret).form("/oauth2/revoke", &form).await.with(200);
        assert!(!app.is_active(&token).await);
    }
}

/// A single-page application with users of its own, by each of its names.
struct Shop<'a> {
    id: String,
    live: RelyingParty<'a>,
    test: RelyingParty<'a>,
}

impl<'a> Shop<'a> {
    async fn register(full: &User<'a>) -> Self {
        let body = json!({
            "user_pool": "application",
            "redirect_uris": [REDIRECT_URI],
            "allowed_scopes": ["openid", "email", "offline_access"],
        });
        let created = full.create("spa", body).await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let key = |place: usize| text(&created["environments"][place]["public_key"]);
        let party = |name| RelyingParty::new(full.app(), name);
        Self { id: text(&created["id"]), live: party(key(0)), test: party(key(1)) }
    }

    /// Somebody with a password, in one environment.
    async fn person(&self, full: &User<'_>, environment: &str) -> String {
        let users = format!("/applications/{}/users", self.id);
        let created =
            full.post(&format!("{users}?environment={environment}"), json!({ "email": ADA })).await.created();
        let id = created["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1{users}/{id}/password?environment={environment}");
        full.json(Method::PUT, &path, json!({ "password": PASSWORD })).await.with(204);
        full.app().clock.advance_micros(1_000_000);
        id
    }
}

async fn people_of_test_do_not_exist_in_live(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let shop = Shop::register(&full).await;
    let id = shop.person(&full, "test").await;
    let tokens = shop.test.sign_in(&app.browser(), ADA).await;
    let said = claims(&tokens.access);
    assert_eq!((&said["sub"], &said["environment"]), (&json!(id), &json!("test")));
    assert_eq!((&said["client_id"], &said["application_id"]), (&json!(shop.test.client_id), &json!(shop.id)));
    assert_eq!(claims(tokens.id.as_deref().expect("asked for"))["aud"], json!(shop.test.client_id));
    assert!(shop.test.is_good(&tokens.access).await && app.is_active(&tokens.access).await);
    // By every name of live nobody has this address.
    for live in [&shop.live, &RelyingParty::new(&app, shop.id.clone())] {
        let browser = app.browser();
        let page = browser.get(&live.authorize_path(&[])).await;
        assert_eq!(browser.type_password(&page, ADA, PASSWORD).await.status, 422, "{}", live.client_id);
    }
    // Nor is somebody signed in to live who is to test.
    let browser = app.browser();
    shop.test.sign_in(&browser, ADA).await;
    let silent = browser.get(&shop.live.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.sent("error").as_deref(), Some("login_required"));
    let silent = browser.get(&shop.test.authorize_path(&[("prompt", "none")])).await;
    assert!(silent.sent("code").is_some());
    // Nor are they the tenant's.
    let plain = RelyingParty::register(&full, json!({ "name": "Plain" })).await;
    let browser = app.browser();
    let page = browser.get(&plain.authorize_path(&[])).await;
    assert_eq!(browser.type_password(&page, ADA, PASSWORD).await.status, 422);
}

async fn a_code_and_a_refresh_token_are_good_where_they_were_made(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let shop = Shop::register(&full).await;
    for environment in ["live", "test"] {
        shop.person(&full, environment).await;
    }
    for (here, there) in [(&shop.live, &shop.test), (&shop.test, &shop.live)] {
        let back = here.walk(&app.browser(), ADA, &[]).await;
        let code = back.sent("code").expect("a code");
        there.trade(&code).await.refused_by_oauth(400, "invalid_grant");
        let tokens = Tokens::of(&here.trade(&code).await.ok());
        let refresh = tokens.refresh.expect("asked for");
        there.refresh(&refresh).await.refused_by_oauth(400, "invalid_grant");
        let revoke = |party: &RelyingParty<'_>| format!("token={refresh}&client_id={}", party.client_id);
        let refused = app.nobody().form("/oauth2/revoke", &revoke(there)).await;
        refused.refused_by_oauth(400, "unauthorized_client");
        let renewed = Tokens::of(&here.refresh(&refresh).await.ok());
        assert!(here.is_good(&renewed.access).await, "what was refused used nothing up");
    }
}

async fn nobody_manages_with_what_was_issued_for_test(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "user_pool": "application", "allowed_scopes": ["applications:read"] });
    let created = full.create("server", body).await;
    for (place, is_heard) in [(0, true), (1, false)] {
        let environment = &created["environments"][place];
        let text = |member: &str| environment[member].as_str().expect("text").to_owned();
        let answer =
            app.token(&text("public_key"), &text("secret_key"), "&scope=applications:read").await.ok();
        let user = app.bearing(answer["access_token"].as_str().expect("a token"));
        let listed = user.get("/applications").await;
        if is_heard {
            listed.ok();
        } else {
            listed.refused(401, "invalid_token");
        }
    }
}

async fn a_public_key_of_nobody_names_no_client(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pooled = Pooled::register(&app.full().await).await;
    let tail = "0".repeat(24);
    for name in [format!("za_pub_{tail}"), format!("za_pub_live_{tail}"), format!("za_pub_test_{tail}")] {
        app.token(&name, &pooled.test.1, "").await.refused_by_oauth(401, "invalid_client");
        let page = app.browser().get(&RelyingParty::new(&app, name).authorize_path(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None));
    }
}

async fn a_deleted_application_is_no_client_by_any_name(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let clients = [
        (&pooled.id, &pooled.client_secret),
        (&pooled.public_key, &pooled.client_secret),
        (&pooled.live.0, &pooled.live.1),
        (&pooled.test.0, &pooled.test.1),
    ];
    let mut tokens = Vec::new();
    for (name, secret) in clients {
        let answer = app.token(name, secret, "").await.ok();
        tokens.push(answer["access_token"].as_str().expect("a token").to_owned());
    }
    full.delete(&format!("/applications/{}", pooled.id)).await.with(204);
    for (name, secret) in clients {
        app.token(name, secret, "").await.refused_by_oauth(401, "invalid_client");
    }
    for token in &tokens {
        assert!(!app.is_active(token).await);
    }
}

async fn pages_may_ask_by_a_public_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "user_pool": "application", "allowed_origins": ["https://shop.example"] });
    let created = full.create("spa", body).await;
    let key = created["environments"][1]["public_key"].as_str().expect("text");
    for (origin, allowed) in [("https://shop.example", "https://shop.example"), ("https://evil.example", "")]
    {
        let request = app.nobody().request(Method::POST, "/oauth2/token").header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let form = format!("grant_type=refresh_token&refresh_token=x&client_id={key}");
        let answer = app.nobody().send(request, form).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
    }
}
