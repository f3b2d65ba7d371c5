//! `/oauth2/register/{client_id}` (RFC 7592)

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, initial_token, jwks, let_in, register, shop, text, with};
use crate::harness::{Answer, REDIRECT_URI, TestApp, User};

on_each_database![
    a_client_reads_what_is_registered,
    a_replacement_takes_the_place_of_all_that_was_said,
    a_client_says_nothing_that_is_ours_to_say,
    a_client_stays_public_or_confidential,
    another_way_to_prove_itself_ends_a_secret_or_makes_one,
    what_the_tenant_decided_about_a_client_stays,
    a_client_takes_its_registration_back,
    a_wrong_token_and_a_client_that_is_not_there_are_one_answer,
    what_was_taken_away_is_not_taken_back,
    a_client_that_is_disabled_or_archived_changes_nothing,
    a_client_says_something_else_so_often_and_no_more,
    a_redirect_uri_that_was_taken_away_is_not_taken_back,
    who_speaks_for_itself_later_is_given_no_scope_by_that,
];

/// A client, and whoever holds its registration access token.
struct Given<'a> {
    told: Value,
    holder: User<'a>,
    path: String,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp, user: &User<'_>, said: Value) -> Self {
        let told = register(user, said).await.with(201);
        let holder = app.bearing(text(&told["registration_access_token"]));
        let path = format!("{PATH}/{}", text(&told["client_id"]));
        Self { told, holder, path }
    }

    fn id(&self) -> &str {
        text(&self.told["client_id"])
    }

    async fn read(&self) -> Answer {
        self.holder.send(self.holder.request(Method::GET, &self.path), "").await
    }

    /// With its own id, unless `said` names another.
    async fn replace(&self, said: Value) -> Answer {
        let whole = with(json!({ "client_id": self.id() }), &said);
        self.holder.json(Method::PUT, &self.path, whole).await
    }

    async fn delete(&self) -> Answer {
        self.holder.send(self.holder.request(Method::DELETE, &self.path), "").await
    }
}

/// What was said in the first answer and in no other.
fn without_secret(told: &Value) -> Value {
    let mut told = told.clone();
    let members = told.as_object_mut().expect("an object");
    members.remove("client_secret");
    members.remove("client_secret_expires_at");
    told
}

/// RFC 7592 §2.1 and §3
async fn a_client_reads_what_is_registered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let_in(&app.full().await, "open").await;
    let given = Given::of(&app, &app.nobody(), json!({ "redirect_uris": [REDIRECT_URI] })).await;
    let before = database.dump().await;
    let answer = given.read().await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(answer.ok(), without_secret(&given.told));
    assert_eq!(database.dump().await, before);
}

/// RFC 7592 §2.2: "omitted fields MUST be treated as null or empty values by the
/// server, indicating the client's request to delete them"
async fn a_replacement_takes_the_place_of_all_that_was_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let more = json!({
        "client_uri": "https://shop.example", "logo_uri": "https://shop.example/logo.png",
        "contacts": ["ada@example.com"], "software_id": "s1", "scope": "openid",
        "post_logout_redirect_uris": ["https://shop.example/bye"], "id_token_signed_response_alg": "ES256",
    });
    let given = Given::of(&app, &app.nobody(), with(shop(), &more)).await;
    let changed = json!({
        "redirect_uris": ["https://shop.example/other"], "token_endpoint_auth_method": "none",
        "tos_uri": "https://shop.example/tos",
    });
    let told = given.replace(changed).await.ok();
    assert_eq!(given.read().await.ok(), told);
    for (member, value) in [
        ("redirect_uris", json!(["https://shop.example/other"])),
        ("grant_types", json!(["authorization_code"])),
        // Of the default what it has: it gets no scope by saying so.
        ("scope", json!("openid")),
        ("tos_uri", json!("https://shop.example/tos")),
        ("client_name", given.told["client_id"].clone()),
        ("registration_access_token", given.told["registration_access_token"].clone()),
        ("client_id_issued_at", given.told["client_id_issued_at"].clone()),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    for gone in [
        "client_uri",
        "logo_uri",
        "contacts",
        "software_id",
        "post_logout_redirect_uris",
        "id_token_signed_response_alg",
        "client_secret",
    ] {
        assert!(told.get(gone).is_none(), "{gone}");
    }
    let made = full.read(given.id()).await;
    assert_eq!((&made["redirect_uris"], &made["logo_url"]), (&told["redirect_uris"], &json!(null)));
    let before = database.dump().await;
    given
        .replace(json!({
            "redirect_uris": ["https://shop.example/other"], "token_endpoint_auth_method": "none",
            "tos_uri": "https://shop.example/tos",
        }))
        .await
        .ok();
    assert_eq!(database.dump().await, before, "the same is no change");
}

/// RFC 7592 §2.2
async fn a_client_says_nothing_that_is_ours_to_say(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let given = Given::of(&app, &app.nobody(), json!({ "redirect_uris": [REDIRECT_URI] })).await;
    let same = json!({ "redirect_uris": [REDIRECT_URI] });
    let before = database.dump().await;
    for (more, code) in [
        (json!({ "client_id": null }), "invalid_client_metadata"),
        (json!({ "client_id": "garbage" }), "invalid_client_metadata"),
        (json!({ "client_id": "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD" }), "invalid_client_metadata"),
        (json!({ "client_secret": "ias_wrong" }), "invalid_client_metadata"),
        (json!({ "client_secret": given.told["registration_access_token"] }), "invalid_client_metadata"),
        (json!({ "registration_access_token": "mine" }), "invalid_client_metadata"),
        (json!({ "registration_client_uri": "https://shop.example" }), "invalid_client_metadata"),
        (json!({ "client_id_issued_at": 1 }), "invalid_client_metadata"),
        (json!({ "client_secret_expires_at": 0 }), "invalid_client_metadata"),
        (json!({ "redirect_uris": ["http://shop.example"] }), "invalid_redirect_uri"),
        (json!({ "scope": "management:all" }), "invalid_client_metadata"),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_client_metadata"),
    ] {
        given.replace(with(same.clone(), &more)).await.refused_by_oauth(400, code);
    }
    let request = given.holder.request(Method::PUT, &given.path).header("content-type", "text/plain");
    given.holder.send(request, "{}").await.refused_by_oauth(400, "invalid_request");
    assert_eq!(database.dump().await, before);
    let own = json!({ "client_secret": given.told["client_secret"], "client_name": "Shop" });
    let told = given.replace(with(same, &own)).await.ok();
    assert_eq!(told["client_name"], "Shop");
    assert!(told.get("client_secret").is_none(), "it is shown once");
}

async fn a_client_stays_public_or_confidential(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let_in(&app.full().await, "open").await;
    let public = Given::of(&app, &app.nobody(), shop()).await;
    let confidential = Given::of(&app, &app.nobody(), json!({ "redirect_uris": [REDIRECT_URI] })).await;
    let before = database.dump().await;
    let basic = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    public.replace(with(shop(), &basic)).await.refused_by_oauth(400, "invalid_client_metadata");
    confidential.replace(shop()).await.refused_by_oauth(400, "invalid_client_metadata");
    assert_eq!(database.dump().await, before);
}

async fn another_way_to_prove_itself_ends_a_secret_or_makes_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let developer = app.bearing(&initial_token(&full, 1).await);
    let said =
        json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic" });
    let given = Given::of(&app, &developer, said.clone()).await;
    let (id, first) = (given.id(), text(&given.told["client_secret"]));
    app.token(id, first, "").await.ok();
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() });
    let told = given.replace(with(said.clone(), &keys)).await.ok();
    assert_eq!((told.get("client_secret"), &told["jwks"]), (None, &keys["jwks"]));
    app.token(id, first, "").await.refused_by_oauth(401, "invalid_client");
    let told = given.replace(said).await.ok();
    assert_eq!(told["client_secret_expires_at"], 0);
    assert!(told.get("jwks").is_none(), "{told}");
    app.token(id, text(&told["client_secret"]), "").await.ok();
    app.token(id, first, "").await.refused_by_oauth(401, "invalid_client");
}

async fn what_the_tenant_decided_about_a_client_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let_in(&owner, "open").await;
    let given = Given::of(&app, &app.nobody(), shop()).await;
    let decided = json!({
        "first_party": true, "audience": "https://bills.example", "allowed_resources": ["mcp-gateway"],
        "access_token_ttl_s": 120, "tags": ["trusted"], "description": "Looked at",
    });
    owner.patch(&format!("/applications/{}", given.id()), decided.clone()).await.ok();
    given.replace(with(shop(), &json!({ "client_name": "Market" }))).await.ok();
    let made = owner.read(given.id()).await;
    for (member, value) in decided.as_object().expect("an object") {
        assert_eq!(made[member], *value, "{member}");
    }
    assert_eq!(made["name"], "Market");
}

/// RFC 7592 §2.3
async fn a_client_takes_its_registration_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let developer = app.bearing(&initial_token(&full, 1).await);
    let said = json!({ "grant_types": ["client_credentials"] });
    let given = Given::of(&app, &developer, said).await;
    let (id, secret) = (given.id(), text(&given.told["client_secret"]));
    let token = app.token(id, secret, "").await.ok();
    let access = text(&token["access_token"]);
    assert!(app.is_active(access).await);
    given.delete().await.with(204);
    assert!(!app.is_active(access).await);
    app.token(id, secret, "").await.refused_by_oauth(401, "invalid_client");
    given.read().await.refused_by_oauth(401, "invalid_token");
    given.delete().await.refused_by_oauth(401, "invalid_token");
    full.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
    assert!(database.dump().await["registrations"].is_empty());
    let entry = full.get("/audit?limit=1").await.ok()["data"][0].take();
    let actor = json!({ "kind": "registration", "id": id });
    assert_eq!((&entry["action"], &entry["actor"]), (&json!("application.deleted"), &actor));
}

/// RFC 7592 §2: "the server MUST respond with HTTP 401 Unauthorized"
async fn a_wrong_token_and_a_client_that_is_not_there_are_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let (one, other) =
        (Given::of(&app, &app.nobody(), shop()).await, Given::of(&app, &app.nobody(), shop()).await);
    let initial = initial_token(&full, 1).await;
    let management = app.management().0.to_owned();
    let before = database.dump().await;
    for user in
        [other.holder.clone(), app.bearing("garbage"), app.bearing(&initial), app.nobody(), full.clone()]
    {
        let request = user.request(Method::GET, &one.path);
        let answer = user.send(request, "").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"appkeep\", error=\"invalid_token\"");
        answer.refused_by_oauth(401, "invalid_token");
        let body = with(shop(), &json!({ "client_id": one.id() }));
        user.json(Method::PUT, &one.path, body).await.refused_by_oauth(401, "invalid_token");
        let request = user.request(Method::DELETE, &one.path);
        user.send(request, "").await.refused_by_oauth(401, "invalid_token");
    }
    for id in ["garbage", "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", &management] {
        let request = one.holder.request(Method::GET, &format!("{PATH}/{id}"));
        one.holder.send(request, "").await.refused_by_oauth(401, "invalid_token");
    }
    assert_eq!(database.dump().await, before);
    one.read().await.ok();
}

async fn what_was_taken_away_is_not_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let_in(&owner, "open").await;
    let said = with(shop(), &json!({ "scope": "openid mcp:invoke" }));
    let given = Given::of(&app, &app.nobody(), said.clone()).await;
    let path = format!("/applications/{}", given.id());
    owner.patch(&path, json!({ "allowed_scopes": ["openid"] })).await.ok();
    assert_eq!(given.replace(said).await.ok()["scope"], "openid");
    // Whom the tenant trusts, it trusts at the addresses that it knows.
    owner.patch(&path, json!({ "first_party": true })).await.ok();
    given.replace(with(shop(), &json!({ "client_name": "Market" }))).await.ok();
    assert_eq!(owner.read(given.id()).await["first_party"], true);
    let moved = with(shop(), &json!({ "redirect_uris": ["https://elsewhere.example/cb"] }));
    given.replace(moved).await.ok();
    assert_eq!(owner.read(given.id()).await["first_party"], false);
}

async fn a_client_that_is_disabled_or_archived_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let given = Given::of(&app, &app.nobody(), shop()).await;
    let at = |verb: &str| format!("/applications/{}/{verb}", given.id());
    let renamed = with(shop(), &json!({ "client_name": "Market" }));
    full.act(&at("disable")).await.ok();
    given.replace(renamed.clone()).await.refused_by_oauth(403, "access_denied");
    given.delete().await.refused_by_oauth(403, "access_denied");
    assert_eq!(given.read().await.ok()["client_name"], "Shop");
    full.act(&at("archive")).await.ok();
    given.read().await.refused_by_oauth(401, "invalid_token");
    given.delete().await.refused_by_oauth(401, "invalid_token");
    full.act(&at("restore")).await.ok();
    full.act(&at("enable")).await.ok();
    assert_eq!(given.replace(renamed).await.ok()["client_name"], "Market");
    // Who was let in stays, whoever else is let in from now on.
    let_in(&full, "closed").await;
    given.read().await.ok();
}

async fn a_client_says_something_else_so_often_and_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let given = Given::of(&app, &app.nobody(), shop()).await;
    let other = Given::of(&app, &app.nobody(), shop()).await;
    let named = |number: u32| with(shop(), &json!({ "client_name": format!("Shop {number}") }));
    // Who does not hold the token uses up nothing of it.
    let path = given.path.clone();
    for _ in 0..25 {
        let body = with(named(0), &json!({ "client_id": given.id() }));
        other.holder.json(Method::PUT, &path, body).await.refused_by_oauth(401, "invalid_token");
    }
    for number in 0..20 {
        given.replace(named(number)).await.ok();
    }
    let before = database.dump().await;
    let answer = given.replace(named(20)).await;
    assert_eq!(answer.header("retry-after"), "180");
    answer.refused_by_oauth(429, "temporarily_unavailable");
    assert_eq!(database.dump().await, before);
    assert_eq!(given.read().await.ok()["client_name"], "Shop 19");
    other.replace(named(1)).await.ok();
    app.clock.advance_micros(180_000_000);
    given.replace(named(21)).await.ok();
    given.replace(named(22)).await.refused_by_oauth(429, "temporarily_unavailable");
}

async fn a_redirect_uri_that_was_taken_away_is_not_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let_in(&owner, "open").await;
    let (good, bad) = (REDIRECT_URI, "https://shop.example/bad");
    let of = |uris: &[&str]| with(shop(), &json!({ "redirect_uris": uris }));
    let given = Given::of(&app, &app.nobody(), of(&[good, bad])).await;
    let path = format!("/applications/{}", given.id());
    // Until somebody else decides, they are the client's to say.
    given.replace(of(&[good])).await.ok();
    given.replace(of(&[bad, good])).await.ok();
    owner.patch(&path, json!({ "redirect_uris": [good] })).await.ok();
    for said in [of(&[good, bad]), of(&[good, "https://shop.example/bad?x"]), of(&[good])] {
        assert_eq!(given.replace(said).await.ok()["redirect_uris"], json!([good]));
        assert_eq!(owner.read(given.id()).await["redirect_uris"], json!([good]));
    }
    let before = database.dump().await;
    given.replace(of(&[bad])).await.refused_by_oauth(400, "invalid_redirect_uri");
    assert_eq!(database.dump().await, before);
    owner.patch(&path, json!({ "redirect_uris": [good, bad] })).await.ok();
    assert_eq!(given.replace(of(&[bad])).await.ok()["redirect_uris"], json!([bad]), "it was given back");
    assert_eq!(given.replace(of(&[good, bad])).await.ok()["redirect_uris"], json!([bad]));
}

async fn who_speaks_for_itself_later_is_given_no_scope_by_that(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let developer = app.bearing(&initial_token(&full, 3).await);
    let asked = |grant: &str| {
        json!({
            "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": [grant], "scope": "bills:read mcp:invoke",
        })
    };
    let alone = asked("client_credentials");
    register(&developer, alone.clone()).await.refused_by_oauth(400, "invalid_client_metadata");
    let given = Given::of(&app, &developer, asked("authorization_code")).await;
    given.replace(alone.clone()).await.refused_by_oauth(400, "invalid_client_metadata");
    assert_eq!(full.read(given.id()).await["grant_types"], json!(["authorization_code"]));
    let machine = with(alone.clone(), &json!({ "scope": "mcp:invoke" }));
    let machine = Given::of(&app, &developer, machine).await;
    let (id, secret) = (machine.id(), text(&machine.told["client_secret"]));
    let token = async |scope: &str| app.token(id, secret, &format!("&scope={scope}")).await;
    token("mcp:invoke").await.ok();
    token("bills:read").await.refused_by_oauth(400, "invalid_scope");
    // Somebody may give it more, and it keeps that.
    let scopes = json!({ "allowed_scopes": ["mcp:invoke", "bills:read"] });
    full.patch(&format!("/applications/{id}"), scopes).await.ok();
    machine.replace(alone).await.ok();
    token("bills:read").await.ok();
}
