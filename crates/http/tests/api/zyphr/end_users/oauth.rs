//! `/auth/oauth`: signing in with somebody who vouches for people, which is a
//! second server of ours here.

use std::collections::BTreeMap;

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::mfa::Device;
use super::{ADA, Asker, Pool, refused, text, token_of};
use crate::harness::{Answer, Provider, REDIRECT_URI, TestApp, claims};

on_each_database![
    whoever_has_an_account_with_a_provider_signs_in,
    a_state_is_good_once_and_for_whom_it_was_made,
    nobody_gets_into_an_account_by_its_address,
    whoever_has_a_device_is_asked_for_its_code,
    whoever_took_an_address_first_loses_it_to_its_owner,
];

/// An application whose people sign in with another server, called `acme`.
struct Stage<'a> {
    app: &'a TestApp,
    pool: Pool<'a>,
    provider: Provider,
    connections: String,
}

impl<'a> Stage<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let (pool, provider) = (Pool::new(app).await, Provider::start().await);
        let connections = format!("/applications/{}/connections", pool.id);
        let stage = Self { app, pool, provider, connections };
        stage.connect("live", "acme").await;
        stage
    }

    async fn connect(&self, environment: &str, name: &str) {
        let (client_id, client_secret) = self.provider.register().await;
        let body = json!({
            "provider": name, "issuer": self.provider.issuer, "client_id": client_id,
            "client_secret": client_secret, "display_name": "Acme Inc.",
        });
        let path = format!("{}?environment={environment}", self.connections);
        self.app.full().await.post(&path, body).await.created();
    }

    /// Sends a browser to the provider, where somebody signs in.
    async fn depart(&self, asker: &Asker<'_>, email: &str) -> BTreeMap<String, String> {
        let sent = self.authorize(asker, "acme").await.data();
        let back = self.provider.sign_in(text(&sent["authorization_url"]), email).await;
        assert_eq!(back["state"], text(&sent["state"]));
        back
    }

    async fn authorize(&self, asker: &Asker<'_>, name: &str) -> Answer {
        let path = format!("/oauth/{name}/authorize?redirect_uri={REDIRECT_URI}");
        asker.without_secret().get(&path).await
    }

    /// Somebody signs in there, and comes back.
    async fn sign_in(&self, asker: &Asker<'_>, email: &str) -> Answer {
        let back = self.depart(asker, email).await;
        arrive(asker, "acme", &back).await
    }
}

async fn arrive(asker: &Asker<'_>, name: &str, back: &BTreeMap<String, String>) -> Answer {
    asker.post(&format!("/oauth/{name}/callback"), json!(back)).await
}

/// The keys beside a user's token.
fn beside<'a>(asker: &Asker<'a>, tokens: &Value) -> Asker<'a> {
    Asker { secret: asker.secret.clone(), ..asker.bearing(text(&tokens["access_token"])) }
}

async fn whoever_has_an_account_with_a_provider_signs_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let stage = Stage::new(&app).await;
    stage.provider.person(ADA, true).await;
    let live = stage.pool.live();
    let offered = live.without_secret().get("/oauth/providers").await.data();
    assert_eq!(offered, json!([{ "name": "acme", "display_name": "Acme Inc." }]));
    assert_eq!(stage.pool.test().get("/oauth/providers").await.data(), json!([]));

    let made = stage.sign_in(&live, ADA).await.data();
    assert_eq!((&made["is_new_user"], &made["user"]["email"]), (&json!(true), &json!(ADA)));
    assert_eq!(made["user"]["email_verified"], true);
    let said = claims(text(&made["tokens"]["access_token"]));
    assert_eq!((&said["sub"], said.get("amr")), (&made["user"]["id"], None), "how is not known");
    assert_eq!(claims(text(&made["tokens"]["id_token"])).get("amr"), None);
    let refresh = json!({ "refresh_token": made["tokens"]["refresh_token"] });
    live.post("/sessions/refresh", refresh).await.data();
    let ada = live.bearing(text(&made["tokens"]["access_token"]));
    let listed = ada.get("/users/me/oauth-connections").await.data();
    assert_eq!((&listed[0]["provider"], &listed[0]["email"]), (&json!("acme"), &json!(ADA)));
    let entry = app.full().await.entries("user.signed_in").await[0].1.clone();
    assert_eq!(entry, json!({ "methods": [], "provider": "acme" }));

    app.clock.advance_micros(5_000_000);
    let again = stage.sign_in(&live, ADA).await.data();
    assert_eq!((&again["is_new_user"], &again["user"]["id"]), (&json!(false), &made["user"]["id"]));
    let listed = ada.get("/users/me/oauth-connections").await.data();
    assert_eq!(listed[0]["last_used_at"], app.now());

    ada.delete("/users/me/oauth-connections/acme").await.with(204);
    assert_eq!(ada.get("/users/me/oauth-connections").await.data(), json!([]));
    // Both say that the address is hers, and nothing else guards the account.
    let back = stage.sign_in(&live, ADA).await.data();
    assert_eq!((&back["is_new_user"], &back["user"]["id"]), (&json!(false), &made["user"]["id"]));
    for (action, times) in [("user.created", 1), ("user.identity_linked", 2), ("user.signed_in", 3)] {
        assert_eq!(app.times(action).await, times, "{action}");
    }
}

async fn a_state_is_good_once_and_for_whom_it_was_made(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let stage = Stage::new(&app).await;
    stage.provider.person(ADA, true).await;
    stage.connect("live", "other").await;
    stage.connect("test", "acme").await;
    let (live, test) = (stage.pool.live(), stage.pool.test());
    let back = stage.depart(&live, ADA).await;
    refused(arrive(&live.without_secret(), "acme", &back).await, 401, "unauthorized");
    refused(arrive(&live, "other", &back).await, 400, "invalid_state");
    refused(arrive(&test, "acme", &back).await, 400, "invalid_state");
    refused(arrive(&live, "nobody", &back).await, 404, "provider_not_found");
    let nothing = BTreeMap::from([("state".to_owned(), back["state"].clone())]);
    refused(arrive(&live, "acme", &nothing).await, 400, "validation_error");
    arrive(&live, "acme", &back).await.data();
    refused(arrive(&live, "acme", &back).await, 400, "invalid_state");
    let garbage = json!({ "state": "oas_garbage", "code": back["code"] });
    refused(live.post("/oauth/acme/callback", garbage).await, 400, "invalid_state");

    // A code is worth nothing with the state of another browser.
    let (mine, hers) = (stage.depart(&live, ADA).await, stage.depart(&live, ADA).await);
    let mixed = json!({ "state": mine["state"], "code": hers["code"] });
    refused(live.post("/oauth/acme/callback", mixed).await, 400, "oauth_failed");
    let denied = json!({ "state": hers["state"], "error": "access_denied", "error_description": "no" });
    let answer = live.post("/oauth/acme/callback", denied.clone()).await;
    assert_eq!(answer.body["error"]["message"], "the provider answered: access_denied");
    refused(answer, 400, "oauth_failed");
    refused(live.post("/oauth/acme/callback", denied).await, 400, "invalid_state");

    let late = stage.depart(&live, ADA).await;
    app.clock.advance_micros(600_000_000);
    refused(arrive(&live, "acme", &late).await, 400, "invalid_state");
    let elsewhere = "/oauth/acme/authorize?redirect_uri=https://evil.example/callback";
    assert!(refused(live.get(elsewhere).await, 400, "validation_error")["redirect_uri"].is_object());
    refused(live.get("/oauth/acme/authorize").await, 400, "validation_error");
    let under_way = stage.depart(&live, ADA).await;
    let acme = format!("{}/acme?environment=live", stage.connections);
    app.full().await.patch(&acme, json!({ "enabled": false })).await.ok();
    refused(stage.authorize(&live, "acme").await, 404, "provider_not_found");
    refused(arrive(&live, "acme", &under_way).await, 404, "provider_not_found");
    assert_eq!(live.get("/oauth/providers").await.data()[0]["name"], "other");
    let nowhere = json!({
        "provider": "nowhere", "issuer": "http://127.0.0.1:1", "client_id": "a", "client_secret": "b",
    });
    app.full().await.post(&format!("{}?environment=live", stage.connections), nowhere).await.created();
    refused(stage.authorize(&live, "nowhere").await, 502, "oauth_provider_unavailable");
}

async fn nobody_gets_into_an_account_by_its_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let stage = Stage::new(&app).await;
    let live = stage.pool.live();
    let (eve, bob) = ("eve@example.com", "bob@example.com");
    for email in [ADA, eve] {
        stage.provider.person(email, true).await;
    }
    stage.provider.person(bob, false).await;
    let (ada, tokens) = live.register(ADA).await;
    refused(stage.sign_in(&live, ADA).await, 409, "account_exists");

    let linked = stage.sign_in(&beside(&live, &tokens), ADA).await.data();
    let provider = json!("acme");
    assert_eq!((&linked["user"]["id"], &linked["connection"]["provider"]), (&ada["id"], &provider));
    assert!(linked.get("tokens").is_none(), "she is signed in already");
    let signed_in = stage.sign_in(&live, ADA).await.data();
    assert_eq!((&signed_in["user"]["id"], &signed_in["is_new_user"]), (&ada["id"], &json!(false)));
    // Once more is no matter, and another account there is one too many.
    stage.sign_in(&beside(&live, &tokens), ADA).await.data();
    refused(stage.sign_in(&beside(&live, &tokens), eve).await, 409, "already_connected");
    let (_, others) = live.register("carol@example.com").await;
    refused(stage.sign_in(&beside(&live, &others), ADA).await, 409, "identity_taken");

    // Whom nobody vouches for gets an account, and nobody else's.
    let made = stage.sign_in(&live, bob).await.data();
    assert_eq!((&made["is_new_user"], &made["user"]["email_verified"]), (&json!(true), &json!(false)));

    let body = json!({ "user_id": made["user"]["id"], "reason": "Ticket 4711" });
    let path = format!("/applications/{}/impersonations", stage.pool.id);
    let started = app.owner().await.post(&path, body).await.created();
    let acting = beside(&live, &started);
    refused(stage.sign_in(&acting, eve).await, 403, "impersonation_forbids");
    let path = format!("/applications/{}/users/{}", stage.pool.id, text(&ada["id"]));
    app.full().await.patch(&path, json!({ "status": "suspended" })).await.ok();
    refused(stage.sign_in(&live, ADA).await, 403, "account_suspended");
}

async fn whoever_has_a_device_is_asked_for_its_code(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let stage = Stage::new(&app).await;
    stage.provider.person(ADA, true).await;
    let live = stage.pool.live();
    let made = stage.sign_in(&live, ADA).await.data();
    let device = Device::of(&app, live.clone(), made["user"].clone()).await;
    device.confirm().await;
    let asked = stage.sign_in(&live, ADA).await.data();
    assert_eq!((&asked["mfa_required"], &asked["is_new_user"]), (&json!(true), &json!(false)));
    assert!(asked.get("tokens").is_none());
    let code = json!({ "challenge_token": asked["mfa_challenge"]["token"], "totp_code": device.shows() });
    let signed_in = live.post("/mfa/verify", code).await.data();
    assert_eq!(claims(text(&signed_in["tokens"]["access_token"]))["amr"], json!(["otp", "mfa"]));
}

/// Somebody got an account with an address that nobody proved. Whoever reads
/// mail there gets it, and them out.
async fn whoever_took_an_address_first_loses_it_to_its_owner(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let stage = Stage::new(&app).await;
    let live = stage.pool.live();
    stage.provider.person(ADA, false).await;
    let taken = stage.sign_in(&live, ADA).await.data();
    app.clock.advance_micros(1_000_000);
    live.post("/forgot-password", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let link = letters.take_link(ADA);
    let body = json!({ "token": token_of(&link), "new_password": "a new and longer password" });
    live.post("/reset-password", body).await.data();
    app.clock.advance_micros(1_000_000);
    assert!(!live.knows(&taken["tokens"]["access_token"]).await);
    refused(stage.sign_in(&live, ADA).await, 409, "account_exists");
    assert_eq!(app.times("user.identity_unlinked").await, 1);
}
