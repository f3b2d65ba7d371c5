//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693)

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::harness::{Answer, ISSUER, RelyingParty, TestApp, Tokens, User, claims};

on_each_database![
    an_api_trades_a_persons_token_for_one_of_its_own,
    a_client_makes_less_of_its_own_token,
    only_who_was_given_the_grant_and_the_token_trades_it_in,
    whoever_acts_is_named_and_so_is_who_did_before,
    an_exchanged_token_ends_with_the_session_and_not_after_the_subject,
    a_subject_or_an_actor_that_is_not_good_is_refused,
    a_person_is_served_who_may_use_the_client,
    what_is_integrated_is_connected_for_nobody,
];

const ADA: &str = "ada@example.com";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const API: &str = "https://bills.example";
const BOOKS: &str = "https://books.example";

/// Ada, a shop that asks for tokens for an API, and that API.
struct Given<'a> {
    app: &'a TestApp,
    full: User<'a>,
    ada: String,
    shop: RelyingParty<'a>,
    api: Party,
}

/// A confidential client.
struct Party {
    id: String,
    secret: String,
}

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

impl Party {
    async fn of(full: &User<'_>, kind: &str, body: Value) -> Self {
        let made = full.create(kind, body).await;
        Self { id: text(&made["client_id"]).to_owned(), secret: text(&made["client_secret"]).to_owned() }
    }

    async fn exchange(&self, app: &TestApp, subject: &str, more: &[(&str, &str)]) -> Answer {
        let mut all =
            vec![("grant_type", EXCHANGE), ("subject_token_type", ACCESS), ("subject_token", subject)];
        all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        all.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        app.client(&self.id, &self.secret).form("/oauth2/token", &form).await
    }

    async fn own_token(&self, app: &TestApp, more: &str) -> String {
        text(&app.token(&self.id, &self.secret, more).await.ok()["access_token"]).to_owned()
    }

    async fn introspect(&self, app: &TestApp, token: &str) -> Value {
        app.client(&self.id, &self.secret).form("/oauth2/introspect", &format!("token={token}")).await.ok()
    }
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let shop = RelyingParty::register(&full, json!({ "audience": API })).await;
        let body = json!({
            "audience": API,
            "allowed_scopes": ["openid", "email", "applications:read"],
            "allowed_resources": [BOOKS],
            "grant_types": ["client_credentials", EXCHANGE],
        });
        let api = Party::of(&full, "m2m", body).await;
        Self { app, full, ada, shop, api }
    }

    async fn sign_in(&self) -> Tokens {
        self.shop.sign_in(&self.app.browser(), ADA).await
    }

    async fn exchange(&self, subject: &str, more: &[(&str, &str)]) -> Answer {
        self.api.exchange(self.app, subject, more).await
    }
}

fn access(answer: &Value) -> &str {
    text(&answer["access_token"])
}

async fn an_api_trades_a_persons_token_for_one_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    let subject = claims(&tokens.access);
    let answer =
        given.exchange(&tokens.access, &[("resource", BOOKS), ("requested_token_type", ACCESS)]).await.ok();
    assert_eq!((&answer["issued_token_type"], &answer["token_type"]), (&json!(ACCESS), &json!("Bearer")));
    assert_eq!(answer["scope"], "openid email", "what both have");
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let told = claims(access(&answer));
    assert_eq!((&told["aud"], &told["client_id"]), (&json!(BOOKS), &json!(given.api.id)));
    for claim in ["sub", "sid", "grant_id", "auth_time", "exp"] {
        assert_eq!(told[claim], subject[claim], "{claim}");
    }
    assert_ne!(told["jti"], subject["jti"]);
    assert!(told.get("act").is_none(), "nobody acts for anybody");
    // With nothing named, it is for what the subject is for.
    let same = given.exchange(&tokens.access, &[("scope", "email")]).await.ok();
    let told = claims(access(&same));
    assert_eq!((&told["aud"], &told["scope"]), (&json!(API), &json!("email")));
    assert_eq!(given.api.introspect(&app, access(&same)).await["sub"], json!(given.ada));
    for (more, code) in [
        (&[("scope", "offline_access")][..], "invalid_scope"),
        (&[("scope", "applications:read")], "invalid_scope"),
        (&[("resource", "https://other.example")], "invalid_target"),
        (&[("resource", &*format!("{ISSUER}/api/v1"))], "invalid_target"),
        (&[("resource", ISSUER)], "invalid_target"),
    ] {
        given.exchange(&tokens.access, more).await.refused_by_oauth(400, code);
    }
}

async fn a_client_makes_less_of_its_own_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let whole = given.api.own_token(&app, "&scope=openid+applications:read").await;
    let less = given.exchange(&whole, &[("scope", "applications:read")]).await.ok();
    let told = claims(access(&less));
    assert_eq!(
        (&told["scope"], &told["aud"]),
        (&json!("applications:read"), &json!(format!("{ISSUER}/api/v1")))
    );
    app.bearing(access(&less)).get("/applications").await.ok();
    let nothing = given.exchange(&whole, &[("scope", "openid")]).await.ok();
    app.bearing(access(&nothing)).get("/applications").await.refused(403, "insufficient_scope");
    // Of less one cannot make more, nor our API of another.
    given
        .exchange(access(&nothing), &[("scope", "applications:read")])
        .await
        .refused_by_oauth(400, "invalid_scope");
    let elsewhere = given.api.own_token(&app, &format!("&resource={BOOKS}")).await;
    let ours = format!("{ISSUER}/api/v1");
    given.exchange(&elsewhere, &[("resource", &ours)]).await.refused_by_oauth(400, "invalid_target");
}

async fn only_who_was_given_the_grant_and_the_token_trades_it_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    let without = Party::of(&given.full, "m2m", json!({ "audience": API })).await;
    without.exchange(&app, &tokens.access, &[]).await.refused_by_oauth(400, "unauthorized_client");
    let grants = json!({ "grant_types": [EXCHANGE], "allowed_scopes": ["email"], "audience": BOOKS });
    let stranger = Party::of(&given.full, "m2m", grants).await;
    stranger.exchange(&app, &tokens.access, &[]).await.refused_by_oauth(400, "invalid_request");
    // Whoever keeps no secret is not given the grant.
    let body = json!({ "name": "Spa", "type": "spa", "grant_types": [EXCHANGE] });
    given.full.post("/applications", body).await.refused_for(422, "invalid_field", &["grant_types[0]"]);
    // Nor is anybody to whom it was not given by name.
    let server = given.full.create("server", json!({})).await;
    assert!(!server["grant_types"].as_array().expect("a list").contains(&json!(EXCHANGE)));
    let named = json!({ "name": "Server", "type": "server", "grant_types": [EXCHANGE] });
    assert_eq!(given.full.post("/applications", named).await.created()["grant_types"], json!([EXCHANGE]));
    let nobody = app.nobody();
    let asked = nobody.request(http::Method::GET, "/.well-known/oauth-authorization-server");
    let metadata = nobody.send(asked, "").await.ok();
    assert!(metadata["grant_types_supported"].as_array().expect("a list").contains(&json!(EXCHANGE)));
}

async fn whoever_acts_is_named_and_so_is_who_did_before(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    let actor = given.api.own_token(&app, "&scope=applications:read").await;
    let acting = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS), ("resource", BOOKS)];
    let first = given.exchange(&tokens.access, &acting).await.ok();
    let act = json!({ "sub": given.api.id });
    let told = claims(access(&first));
    assert_eq!((&told["act"], &told["sub"]), (&act, &json!(given.ada)));
    let entry = json!({
        "jti": told["jti"], "sub": given.ada, "aud": [BOOKS], "scope": told["scope"], "act": act,
        "session_id": tokens.session,
        "subject": {
            "jti": claims(&tokens.access)["jti"], "sub": given.ada, "application_id": given.shop.client_id,
        },
        "actor": { "jti": claims(&actor)["jti"], "sub": given.api.id, "application_id": given.api.id },
    });
    assert_eq!(given.full.entries("token.exchanged").await, [(Value::Null, entry)], "and it is told");
    assert_eq!(given.api.introspect(&app, access(&first)).await["act"], act);
    // The next in the row, to which the first sent it.
    let grants = ["client_credentials", EXCHANGE];
    let body = json!({ "audience": BOOKS, "allowed_scopes": ["email"], "grant_types": grants });
    let books = Party::of(&given.full, "m2m", body).await;
    let own = books.own_token(&app, "").await;
    let acting = [("actor_token", own.as_str()), ("actor_token_type", ACCESS)];
    let second = books.exchange(&app, access(&first), &acting).await.ok();
    let nested = json!({ "sub": books.id, "act": act });
    assert_eq!(claims(access(&second))["act"], nested);
    assert_eq!(books.introspect(&app, access(&second)).await["act"], nested);
    // What nobody acts in any more stays as it was, and there is an end to it.
    let third = books.exchange(&app, access(&second), &[("scope", "email")]).await.ok();
    assert_eq!(claims(access(&third))["act"], nested);
    let mut token = access(&third).to_owned();
    for _ in 0..3 {
        let answer = books.exchange(&app, &token, &acting).await.ok();
        access(&answer).clone_into(&mut token);
    }
    books.exchange(&app, &token, &acting).await.refused_by_oauth(400, "invalid_request");
    // An actor that another was given is nobody's to bring.
    let stolen = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS)];
    books.exchange(&app, access(&first), &stolen).await.refused_by_oauth(400, "invalid_request");
}

async fn an_exchanged_token_ends_with_the_session_and_not_after_the_subject(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    app.clock.advance_micros(600_000_000);
    let answer = given.exchange(&tokens.access, &[]).await.ok();
    assert_eq!(answer["expires_in"], json!(3_000), "as long as the subject still lives");
    assert_eq!(given.api.introspect(&app, access(&answer)).await["active"], json!(true));
    let path = format!("/users/{}/sessions/{}", given.ada, tokens.session);
    given.full.delete(&path).await.with(204);
    given.exchange(&tokens.access, &[]).await.refused_by_oauth(400, "invalid_request");
    assert_eq!(given.api.introspect(&app, access(&answer)).await, json!({ "active": false }));
    let tokens = given.sign_in().await;
    let answer = given.exchange(&tokens.access, &[]).await.ok();
    given.full.act(&format!("/applications/{}/revoke-tokens", given.api.id)).await.ok();
    assert_eq!(given.api.introspect(&app, access(&answer)).await, json!({ "active": false }));
}

async fn a_subject_or_an_actor_that_is_not_good_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    let refresh = tokens.refresh.as_deref().expect("asked for it");
    let id = tokens.id.as_deref().expect("asked for it");
    for subject in ["garbage", refresh, id] {
        given.exchange(subject, &[]).await.refused_by_oauth(400, "invalid_request");
    }
    for more in [
        &[("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")][..],
        &[("subject_token_type", "")],
        &[("subject_token", "")],
        &[("actor_token", "garbage"), ("actor_token_type", ACCESS)],
        &[("actor_token", tokens.access.as_str())],
        &[("actor_token_type", ACCESS)],
        &[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
    ] {
        given.exchange(&tokens.access, more).await.refused_by_oauth(400, "invalid_request");
    }
    // A service account speaks for nobody else, and nobody for it.
    let owner = app.owner().await;
    let account = owner.post("/service-accounts", json!({ "name": "CI" })).await.created();
    let token = app.token(text(&account["id"]), text(&account["client_secret"]), "").await.ok();
    given.exchange(access(&token), &[]).await.refused_by_oauth(400, "invalid_request");
    given.full.act(&format!("/applications/{}/disable", given.shop.client_id)).await.ok();
    given.exchange(&tokens.access, &[]).await.refused_by_oauth(400, "invalid_request");
    app.clock.advance_micros(3_600_000_000);
    given.exchange(&tokens.access, &[]).await.refused_by_oauth(400, "invalid_request");
}

async fn a_person_is_served_who_may_use_the_client(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let tokens = given.sign_in().await;
    let path = format!("/applications/{}", given.api.id);
    let body = json!({
        "audience": API,
        "allowed_scopes": ["email"],
        "grant_types": [EXCHANGE],
        "assignment_required": true,
    });
    let made = given.full.create("server", body).await;
    let choosy = Party { id: text(&made["id"]).to_owned(), secret: text(&made["client_secret"]).to_owned() };
    choosy.exchange(&app, &tokens.access, &[]).await.refused_by_oauth(400, "invalid_request");
    given.full.put(&format!("/applications/{}/assignments/{}", choosy.id, given.ada)).await.with(204);
    choosy.exchange(&app, &tokens.access, &[]).await.ok();
    // What was taken from the client since, it is not given.
    given.full.patch(&path, json!({ "allowed_scopes": ["openid"] })).await.ok();
    given.exchange(&tokens.access, &[("scope", "email")]).await.refused_by_oauth(400, "invalid_scope");
    given.full.patch(&path, json!({ "allowed_scopes": [] })).await.ok();
    given.exchange(&tokens.access, &[]).await.refused_by_oauth(400, "invalid_scope");
}

async fn what_is_integrated_is_connected_for_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let user = [("subject_token_type", "urn:kontext:user-id"), ("resource", "github")];
    given.exchange("ada", &user).await.refused_by_oauth(400, "integration_required");
    let client = [("subject_token_type", "urn:kontext:confidential-client"), ("subject_token", "")];
    let with = |resource: &'static str| [client[0], client[1], ("resource", resource)];
    let ours = given.exchange("", &with(BOOKS)).await.ok();
    assert_eq!(ours["issued_token_type"], ACCESS);
    assert_eq!(claims(access(&ours))["aud"], BOOKS);
    let refused = given.exchange("", &with("github")).await;
    assert!(text(&refused.body["error_description"]).contains("not connected"), "{}", refused.body);
    refused.refused_by_oauth(400, "invalid_target");
    let another = [client[0], ("subject_token", given.shop.client_id.as_str())];
    given.exchange("", &another).await.refused_by_oauth(400, "invalid_request");
}
