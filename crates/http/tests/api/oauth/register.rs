//! `/oauth2/register` (RFC 7591)

mod manage;
mod modes;
mod used;

use appkeep_domain::{Clock as _, SigningAlgorithm, SigningKeyId};
use appkeep_keys::SigningKey;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, REDIRECT_URI, TestApp, User};

on_each_database![
    the_answer_says_all_that_is_registered,
    a_client_that_says_little_has_the_defaults_of_the_rfc,
    what_a_client_is_follows_from_what_it_says,
    members_that_are_not_known_are_passed_over,
    what_cannot_be_registered_is_refused_and_nothing_is_written,
    a_registered_client_is_less_than_what_the_tenant_makes,
    whoever_was_let_in_is_told_of_in_the_history,
];

const PATH: &str = "/oauth2/register";

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

async fn register(user: &User<'_>, body: Value) -> Answer {
    user.json(Method::POST, PATH, body).await
}

/// Lets applications register themselves in the default tenant.
async fn let_in(full: &User<'_>, mode: &str) {
    let changed = full.patch("/tenant", json!({ "client_registration": mode })).await.data();
    assert_eq!(changed["client_registration"], mode);
}

/// An initial access token that lets in so many.
async fn initial_token(full: &User<'_>, max_uses: u32) -> String {
    let made = full.post("/registration-tokens", json!({ "max_uses": max_uses })).await.created();
    text(&made["token"]).to_owned()
}

/// What a client says that people sign in to in their browser.
fn shop() -> Value {
    json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "client_name": "Shop",
    })
}

fn with(mut body: Value, more: &Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(more);
    body
}

fn jwks() -> Value {
    let key = SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([1; 16]));
    json!({ "keys": [serde_json::to_value(key.public_jwk()).expect("texts")] })
}

/// RFC 7591 §3.2.1
async fn the_answer_says_all_that_is_registered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let said = json!({
        "redirect_uris": [REDIRECT_URI, "http://127.0.0.1/callback"],
        "post_logout_redirect_uris": ["https://shop.example/bye"],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "web",
        "client_name": "Shop",
        "client_uri": "https://shop.example",
        "logo_uri": "https://shop.example/logo.png",
        "scope": "openid bills:read mcp:invoke",
        "contacts": ["ve7jtb@example.net"],
        "tos_uri": "https://shop.example/tos",
        "policy_uri": "https://shop.example/policy",
        "software_id": "4NRB1-0XZABZI9E6-5SM3R",
        "software_version": "2.1",
        "id_token_signed_response_alg": "ES256",
    });
    let answer = register(&app.nobody(), said.clone()).await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let mut told = answer.with(201);
    let id = text(&told["client_id"]).to_owned();
    assert!(id.starts_with("app_"), "{id}");
    assert_eq!(told["client_id_issued_at"], json!(app.clock.now().as_seconds()));
    assert_eq!(told["client_secret_expires_at"], 0, "it does not expire");
    assert_eq!(told["registration_client_uri"], format!("{ISSUER}{PATH}/{id}"));
    let secret = text(&told["client_secret"]).to_owned();
    let token = text(&told["registration_access_token"]).to_owned();
    assert!(secret.starts_with("ias_") && token.starts_with("rat_"), "{secret} {token}");
    let members = told.as_object_mut().expect("an object");
    for issued in [
        "client_id",
        "client_id_issued_at",
        "client_secret",
        "client_secret_expires_at",
        "registration_client_uri",
        "registration_access_token",
    ] {
        members.remove(issued).expect("is there");
    }
    assert_eq!(told, said);
    let dump = format!("{:?}", database.dump().await);
    assert!(!dump.contains(&secret) && !dump.contains(&token), "neither is kept readable");
    let made = full.read(&id).await;
    for (member, value) in [
        ("type", json!("server")),
        ("name", json!("Shop")),
        ("logo_url", json!("https://shop.example/logo.png")),
        ("allowed_scopes", json!(["openid", "bills:read", "mcp:invoke"])),
        ("redirect_uris", said["redirect_uris"].clone()),
        ("id_token_signing_alg", json!("ES256")),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
}

/// RFC 7591 §2
async fn a_client_that_says_little_has_the_defaults_of_the_rfc(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let_in(&app.full().await, "open").await;
    let told = register(&app.nobody(), json!({ "redirect_uris": [REDIRECT_URI] })).await.with(201);
    for (member, value) in [
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("scope", json!("openid profile email")),
        ("application_type", json!("web")),
        ("client_name", told["client_id"].clone()),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    for missing in ["jwks", "jwks_uri", "logo_uri", "contacts", "software_id"] {
        assert!(told.get(missing).is_none(), "{missing}");
    }
    // RFC 7591 §2: nothing is as good as being left out.
    let body = json!({ "redirect_uris": [REDIRECT_URI], "scope": null, "grant_types": null });
    assert_eq!(register(&app.nobody(), body).await.with(201)["scope"], "openid profile email");
}

async fn what_a_client_is_follows_from_what_it_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let token = initial_token(&full, 10).await;
    let developer = app.bearing(&token);
    let loopback = json!(["http://localhost:4711/callback"]);
    let alone = json!(["client_credentials"]);
    for (more, kind, has_secret) in [
        (json!({}), "spa", false),
        (json!({ "redirect_uris": loopback }), "native", false),
        (json!({ "redirect_uris": ["com.example.shop:/cb"] }), "native", false),
        (json!({ "redirect_uris": loopback, "application_type": "web" }), "spa", false),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), "server", true),
        (json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() }), "server", false),
        (json!({ "token_endpoint_auth_method": "client_secret_post", "grant_types": alone }), "m2m", true),
    ] {
        let told = register(&developer, with(shop(), &more)).await.with(201);
        let made = full.read(text(&told["client_id"])).await;
        assert_eq!(
            (&made["type"], told.get("client_secret").is_some()),
            (&json!(kind), has_secret),
            "{more}"
        );
        assert_eq!(told.get("client_secret_expires_at").is_some(), has_secret, "{more}");
    }
}

/// RFC 7591 §2: "The authorization server MUST ignore any client metadata sent by
/// the client that it does not understand"
async fn members_that_are_not_known_are_passed_over(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let_in(&app.full().await, "open").await;
    let strange = json!({
        "first_party": true, "audience": "https://bills.example", "allowed_resources": ["mcp-gateway"],
        "default_max_age": 60, "client_name#de": "Laden", "software_statement": "e30.e30.AQ",
        "client_id": "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "registration_access_token": "mine",
    });
    let told = register(&app.nobody(), with(shop(), &strange)).await.with(201);
    for member in ["first_party", "audience", "allowed_resources", "default_max_age", "software_statement"] {
        assert!(told.get(member).is_none(), "{member}");
    }
    assert_ne!(told["client_id"], strange["client_id"]);
    assert_ne!(told["registration_access_token"], "mine");
}

/// What is said beside what can be registered, and why it is refused.
fn refused_metadata() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "redirect_uris": null }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://*.shop.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://shop.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://shop.example/cb#a"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["com.example.shop:/cb"], "application_type": "web" }),
            "invalid_redirect_uri",
        ),
        (json!({ "post_logout_redirect_uris": ["/bye"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": "https://shop.example/cb" }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "invalid_client_metadata"),
        (json!({ "jwks": jwks() }), "invalid_client_metadata"),
        (json!({ "jwks_uri": "https://shop.example/jwks" }), "invalid_client_metadata"),
        (
            json!({
                "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(),
                "jwks_uri": "https://shop.example/jwks",
            }),
            "invalid_client_metadata",
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [{ "kty": "oct", "k": "AQ" }] } }),
            "invalid_client_metadata",
        ),
        (json!({ "grant_types": [] }), "invalid_client_metadata"),
        (json!({ "grant_types": ["implicit"] }), "invalid_client_metadata"),
        (json!({ "grant_types": ["password"] }), "invalid_client_metadata"),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_client_metadata"),
        (
            json!({
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"],
            }),
            "invalid_client_metadata",
        ),
        (json!({ "response_types": ["token"] }), "invalid_client_metadata"),
        (json!({ "response_types": [] }), "invalid_client_metadata"),
        (json!({ "application_type": "toaster" }), "invalid_client_metadata"),
        (json!({ "client_name": "" }), "invalid_client_metadata"),
        (json!({ "client_name": "x".repeat(256) }), "invalid_client_metadata"),
        (json!({ "client_name": "Sh\u{0}p" }), "invalid_client_metadata"),
        (json!({ "client_uri": "javascript:alert(1)" }), "invalid_client_metadata"),
        (json!({ "logo_uri": "http://shop.example/logo.png" }), "invalid_client_metadata"),
        (json!({ "tos_uri": "tos" }), "invalid_client_metadata"),
        (json!({ "policy_uri": "" }), "invalid_client_metadata"),
        (json!({ "contacts": ["\u{0}"] }), "invalid_client_metadata"),
        (json!({ "contacts": vec!["a@b"; 21] }), "invalid_client_metadata"),
        (json!({ "software_id": "x".repeat(256) }), "invalid_client_metadata"),
        (json!({ "software_version": 2 }), "invalid_client_metadata"),
        (json!({ "id_token_signed_response_alg": "none" }), "invalid_client_metadata"),
        (json!({ "scope": "nobody:knows" }), "invalid_client_metadata"),
        (json!({ "scope": "openid \"" }), "invalid_client_metadata"),
        (json!({ "scope": "applications:read" }), "invalid_client_metadata"),
        (json!({ "scope": "management:all" }), "invalid_client_metadata"),
        (json!({ "scope": "openid admin:write" }), "invalid_client_metadata"),
    ]
}

/// RFC 7591 §3.2.2
async fn what_cannot_be_registered_is_refused_and_nothing_is_written(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let token = initial_token(&full, 1).await;
    let developer = app.bearing(&token);
    let before = database.dump().await;
    for (more, code) in refused_metadata() {
        let answer = register(&developer, with(shop(), &more)).await;
        assert_eq!(answer.body["error"], code, "{more}: {}", answer.body);
        answer.refused_by_oauth(400, code);
    }
    for body in ["", "{", "\u{0}", "{} {}"] {
        let request = developer.request(Method::POST, PATH).header("content-type", "application/json");
        developer.send(request, body).await.refused_by_oauth(400, "invalid_request");
    }
    for body in ["[]", "5", "\"text\"", "null"] {
        let request = developer.request(Method::POST, PATH).header("content-type", "application/json");
        developer.send(request, body).await.refused_by_oauth(400, "invalid_client_metadata");
    }
    let request = developer.request(Method::POST, PATH).header("content-type", "text/plain");
    developer.send(request, "{}").await.refused_by_oauth(400, "invalid_request");
    assert_eq!(database.dump().await, before);
    // What was refused used nothing of the token up.
    register(&developer, shop()).await.with(201);
}

async fn a_registered_client_is_less_than_what_the_tenant_makes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let developer = app.bearing(&initial_token(&full, 2).await);
    let made = register(&developer, shop()).await.with(201);
    let application = full.read(text(&made["client_id"])).await;
    for (member, value) in [
        ("first_party", json!(false)),
        ("audience", json!(null)),
        ("allowed_resources", json!([])),
        ("allowed_origins", json!([])),
        ("require_pkce", json!(true)),
        ("ownership", json!("tenant")),
    ] {
        assert_eq!(application[member], value, "{member}");
    }
    let alone =
        json!({ "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"] });
    let machine = register(&developer, alone).await.with(201);
    let (id, secret) = (text(&machine["client_id"]), text(&machine["client_secret"]));
    let token = app.token(id, secret, "").await.ok();
    assert_eq!(token["scope"], "");
    let bearer = app.bearing(text(&token["access_token"]));
    bearer.get("/applications").await.refused(403, "insufficient_scope");
    for more in ["&scope=applications:read", "&scope=mcp:invoke"] {
        app.token(id, secret, more).await.refused_by_oauth(400, "invalid_scope");
    }
    for more in ["&resource=mcp-gateway", "&resource=https://bills.example"] {
        app.token(id, secret, more).await.refused_by_oauth(400, "invalid_target");
    }
    // Its own registration is all that its registration access token opens.
    let other = app.bearing(text(&machine["registration_access_token"]));
    other.get("/applications").await.refused(401, "invalid_token");
    register(&other, shop()).await.refused_by_oauth(401, "invalid_token");
}

async fn whoever_was_let_in_is_told_of_in_the_history(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let listed = full.post("/registration-tokens", json!({ "name": "Ada" })).await.created();
    let developer = app.bearing(text(&listed["token"]));
    for (user, maker) in [(&developer, listed["id"].clone()), (&app.nobody(), json!("open"))] {
        let said = with(shop(), &json!({ "contacts": ["ada@example.com"] }));
        let made = register(user, said).await.with(201);
        let id = text(&made["client_id"]);
        let actor = json!({ "kind": "registration", "id": maker });
        assert_eq!(full.read(id).await["created_by"], actor);
        let entry = full.get("/audit?limit=1").await.ok()["data"][0].take();
        assert_eq!((&entry["action"], &entry["actor"]), (&json!("application.created"), &actor));
        assert_eq!((&entry["application_id"], &entry["address"]), (&json!(id), &json!("203.0.113.7")));
        assert_eq!(entry["after"]["registration"]["contacts"], json!(["ada@example.com"]));
        let holder = app.bearing(text(&made["registration_access_token"]));
        let renamed = with(shop(), &json!({ "client_id": id, "client_name": "Market" }));
        holder.json(Method::PUT, &format!("{PATH}/{id}"), renamed).await.ok();
        let entry = full.get("/audit?limit=1").await.ok()["data"][0].take();
        let actor = json!({ "kind": "registration", "id": id });
        assert_eq!((&entry["action"], &entry["actor"]), (&json!("application.updated"), &actor));
        assert_eq!((&entry["before"]["name"], &entry["after"]["name"]), (&json!("Shop"), &json!("Market")));
        assert_eq!(entry["after"]["registration"]["contacts"], json!([]));
    }
}
