//! `/auth/mfa`: a device that shows a user codes.

use appkeep_domain::Clock as _;
use appkeep_keys::TotpSecret;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADA, Asker, Pool, refused, text, token_of};
use crate::harness::{Answer, PASSWORD, REDIRECT_URI, RelyingParty, TestApp, claims};

on_each_database![
    a_device_is_asked_for_once_it_was_confirmed,
    no_code_is_good_twice_nor_for_long,
    a_code_that_stands_in_is_good_once,
    wrong_codes_count_as_wrong_passwords_do,
    a_challenge_is_met_where_it_was_made_and_in_time,
    a_new_password_ends_whoever_is_asked,
    whoever_shows_a_code_takes_the_device_away,
    whoever_is_signed_in_has_a_device_of_their_own,
    whoever_manages_users_takes_a_lost_device_away,
    a_link_to_sign_in_is_not_enough,
    our_pages_ask_for_it_too,
];

const STEP: i64 = 30_000_000;

/// Somebody with a device.
pub(super) struct Device<'a> {
    app: &'a TestApp,
    live: Asker<'a>,
    user: Value,
    secret: TotpSecret,
    backup_codes: Vec<String>,
}

impl<'a> Device<'a> {
    /// Registers somebody and gives them a device, which is not confirmed.
    async fn enrolled(app: &'a TestApp, pool: &Pool<'a>) -> Self {
        let live = pool.live();
        let (user, _) = live.register(ADA).await;
        Self::of(app, live, user).await
    }

    /// Gives somebody a device, which is not confirmed.
    pub(super) async fn of(app: &'a TestApp, live: Asker<'a>, user: Value) -> Self {
        let answer = live.post("/mfa/enroll", json!({ "user_id": user["id"] })).await;
        assert!(text(&answer.body["meta"]["message"]).contains("not be shown again"), "{:?}", answer.body);
        let told = answer.data();
        let secret = TotpSecret::from_bytes(&unprinted(text(&told["secret"]))).expect("is a secret");
        let uri = text(&told["otpauth_url"]);
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(text(&told["secret"])), "{uri}");
        assert!(text(&told["qr_code"]).starts_with("data:image/svg+xml;base64,"), "{told}");
        let codes = told["backup_codes"].as_array().expect("a list");
        let backup_codes: Vec<_> = codes.iter().map(|code| text(code).to_owned()).collect();
        assert_eq!(backup_codes.len(), 8);
        Self { app, live, user, secret, backup_codes }
    }

    /// The same, confirmed; a step later, so that the next code is another.
    async fn in_use(app: &'a TestApp, pool: &Pool<'a>) -> Self {
        let device = Self::enrolled(app, pool).await;
        device.confirm().await;
        device
    }

    pub(super) async fn confirm(&self) {
        let body = json!({ "user_id": self.user["id"], "totp_code": self.shows() });
        let told = self.live.post("/mfa/verify-enrollment", body).await.data();
        assert_eq!(told, json!({ "mfa_enabled": true, "backup_codes_remaining": 8 }));
        self.app.clock.advance_micros(STEP);
    }

    pub(super) fn shows(&self) -> String {
        self.secret.code_at(self.app.clock.now())
    }

    /// The token under which a code is wanted after the password.
    async fn challenge(&self) -> String {
        let told = self.live.log_in(ADA, PASSWORD).await.data();
        assert_eq!((&told["mfa_required"], &told["tokens"]), (&json!(true), &Value::Null), "{told}");
        text(&told["mfa_challenge"]["token"]).to_owned()
    }

    async fn answer(&self, challenge: &str, code: &str) -> Answer {
        meet(&self.live, challenge, code).await
    }

    async fn status(&self) -> Value {
        let path = format!("/mfa/status?user_id={}", text(&self.user["id"]));
        self.live.get(&path).await.data()
    }
}

async fn meet(asker: &Asker<'_>, challenge: &str, code: &str) -> Answer {
    asker.post("/mfa/verify", json!({ "challenge_token": challenge, "totp_code": code })).await
}

/// RFC 4648 §6
fn unprinted(text: &str) -> Vec<u8> {
    let digits =
        text.bytes().map(|byte| if byte.is_ascii_uppercase() { byte - b'A' } else { byte - b'2' + 26 });
    let bits: Vec<bool> =
        digits.flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect()
}

async fn a_device_is_asked_for_once_it_was_confirmed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::enrolled(&app, &pool).await;
    assert_eq!(device.status().await, json!({ "mfa_enabled": false, "backup_codes_remaining": 0 }));
    device.live.log_in(ADA, PASSWORD).await.data()["tokens"].as_object().expect("nobody is asked yet");
    let confirm = |code: &str| json!({ "user_id": device.user["id"], "totp_code": code });
    for wrong in ["000000", "", device.backup_codes[0].as_str()] {
        let answer = device.live.post("/mfa/verify-enrollment", confirm(wrong)).await;
        let details = refused(answer, 400, "validation_error");
        assert_eq!(details["totp_code"]["code"], "totp_invalid", "{wrong}: {details}");
    }
    device.live.post("/mfa/verify-enrollment", confirm(&device.shows())).await.data();
    app.clock.advance_micros(STEP);
    refused(
        device.live.post("/mfa/enroll", json!({ "user_id": device.user["id"] })).await,
        409,
        "mfa_already_enabled",
    );
    let challenge = device.challenge().await;
    refused(device.answer(&challenge, "000000").await, 401, "invalid_credentials");
    let made = device.answer(&challenge, &device.shows()).await.data();
    let access = text(&made["tokens"]["access_token"]);
    assert_eq!(claims(access)["amr"], json!(["pwd", "otp", "mfa"]));
    assert!(device.live.knows(&made["tokens"]["access_token"]).await);
    let full = app.full().await;
    assert_eq!(full.entries("user.signed_in").await[0].1["methods"], json!(["pwd", "otp", "mfa"]));
    for action in ["user.mfa_enrolled", "user.mfa_enabled"] {
        assert_eq!(full.entries(action).await.len(), 1, "{action}");
    }
    let path = format!("/applications/{}/users/{}", pool.id, text(&device.user["id"]));
    assert_eq!(full.get(&path).await.data()["mfa_enabled"], true);
}

async fn no_code_is_good_twice_nor_for_long(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let code = device.shows();
    device.answer(&device.challenge().await, &code).await.data();
    refused(device.answer(&device.challenge().await, &code).await, 401, "invalid_credentials");
    app.clock.advance_micros(STEP);
    let code = device.shows();
    app.clock.advance_micros(2 * STEP);
    refused(device.answer(&device.challenge().await, &code).await, 401, "invalid_credentials");
    device.answer(&device.challenge().await, &device.shows()).await.data();
}

async fn a_code_that_stands_in_is_good_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let code = device.backup_codes[3].to_lowercase();
    device.answer(&device.challenge().await, &code).await.data();
    assert_eq!(device.status().await["backup_codes_remaining"], 7);
    refused(device.answer(&device.challenge().await, &code).await, 401, "invalid_credentials");
    device.answer(&device.challenge().await, &device.backup_codes[4]).await.data();
    assert_eq!(device.status().await["backup_codes_remaining"], 6);
}

async fn wrong_codes_count_as_wrong_passwords_do(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    for _ in 0..5 {
        // The right password forgives nothing before the code.
        refused(device.answer(&device.challenge().await, "000000").await, 401, "invalid_credentials");
    }
    let challenge = device.challenge().await;
    let body = json!({ "user_id": device.user["id"], "totp_code": "000000" });
    refused(device.live.post("/mfa/disable", body.clone()).await, 401, "invalid_credentials");
    refused(device.answer(&challenge, &device.shows()).await, 403, "account_locked");
    refused(device.live.post("/mfa/disable", body).await, 403, "account_locked");
    app.clock.advance_micros(STEP);
    device.answer(&challenge, &device.shows()).await.data();
    assert_eq!(device.status().await["mfa_enabled"], true);
}

async fn a_challenge_is_met_where_it_was_made_and_in_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let challenge = device.challenge().await;
    let elsewhere = Pool::with(&app, json!({ "user_pool": "application", "name": "Another" })).await;
    for asker in [pool.test(), elsewhere.live()] {
        refused(meet(&asker, &challenge, &device.shows()).await, 401, "mfa_challenge_expired");
    }
    refused(meet(&device.live.without_secret(), &challenge, &device.shows()).await, 401, "unauthorized");
    refused(meet(&device.live, "mc_nothing", &device.shows()).await, 401, "mfa_challenge_expired");
    app.clock.advance_micros(5 * 60_000_000);
    refused(device.answer(&challenge, &device.shows()).await, 401, "mfa_challenge_expired");
    let challenge = device.challenge().await;
    device.answer(&challenge, &device.shows()).await.data();
    app.clock.advance_micros(STEP);
    refused(device.answer(&challenge, &device.shows()).await, 401, "mfa_challenge_expired");
}

async fn a_new_password_ends_whoever_is_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let challenge = device.challenge().await;
    let path = format!("/applications/{}/users/{}/password", pool.id, text(&device.user["id"]));
    let full = app.full().await;
    let (path, body) = (format!("/api/v1{path}"), json!({ "password": "another long password" }));
    assert_eq!(full.json(Method::PUT, &path, body).await.status, 204);
    refused(device.answer(&challenge, &device.shows()).await, 401, "mfa_challenge_expired");
}

async fn whoever_shows_a_code_takes_the_device_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let body = |code: &str| json!({ "user_id": device.user["id"], "totp_code": code });
    refused(device.live.post("/mfa/disable", body("000000")).await, 401, "invalid_credentials");
    refused(pool.test().post("/mfa/disable", body(&device.shows())).await, 404, "user_not_found");
    assert_eq!(device.status().await["mfa_enabled"], true);
    assert_eq!(device.live.post("/mfa/disable", body(&device.shows())).await.status, 204);
    assert_eq!(device.status().await, json!({ "mfa_enabled": false, "backup_codes_remaining": 0 }));
    device.live.log_in(ADA, PASSWORD).await.data()["tokens"].as_object().expect("nobody is asked");
    refused(device.live.post("/mfa/disable", body("000000")).await, 400, "not_applicable");
    assert_eq!(app.full().await.entries("user.mfa_disabled").await.len(), 1);
}

async fn whoever_is_signed_in_has_a_device_of_their_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (ada, tokens) = pool.live().register(ADA).await;
    let (bob, _) = pool.live().register("bob@example.com").await;
    let asking = pool.live().bearing(text(&tokens["access_token"]));
    let owner = app.owner().await;
    let path = format!("/applications/{}/impersonations", pool.id);
    let started = owner.post(&path, json!({ "user_id": ada["id"], "reason": "Ticket 4711" })).await.created();
    let acting = pool.live().bearing(text(&started["access_token"]));
    for (asker, body, status, code) in [
        (acting.clone(), json!({}), 403, "impersonation_forbids"),
        (asking.clone(), json!({ "user_id": bob["id"] }), 404, "user_not_found"),
        (pool.test().bearing(text(&tokens["access_token"])), json!({}), 401, "unauthorized"),
        (pool.live().without_secret(), json!({ "user_id": ada["id"] }), 401, "unauthorized"),
        (pool.live(), json!({}), 400, "validation_error"),
    ] {
        refused(asker.post("/mfa/enroll", body).await, status, code);
    }
    let told = asking.post("/mfa/enroll", json!({})).await.data();
    let secret = TotpSecret::from_bytes(&unprinted(text(&told["secret"]))).expect("is a secret");
    let body = || json!({ "totp_code": secret.code_at(app.clock.now()) });
    let told = asking.post("/mfa/verify-enrollment", body()).await.data();
    assert_eq!(told["mfa_enabled"], true);
    app.clock.advance_micros(STEP);
    assert_eq!(acting.get("/mfa/status").await.data()["mfa_enabled"], true, "is seen");
    refused(acting.post("/mfa/disable", body()).await, 403, "impersonation_forbids");
    asking.post("/mfa/disable", body()).await.with(204);
    assert_eq!(asking.get("/mfa/status").await.data()["mfa_enabled"], false);
}

async fn whoever_manages_users_takes_a_lost_device_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    let path = format!("/applications/{}/users/{}", pool.id, text(&device.user["id"]));
    let full = app.full().await;
    full.delete(&format!("{path}/mfa?environment=test")).await.refused(404, "user_not_found");
    for _ in 0..2 {
        assert_eq!(full.delete(&format!("{path}/mfa")).await.status, 204);
        assert_eq!(full.get(&path).await.data()["mfa_enabled"], false);
    }
    device.live.log_in(ADA, PASSWORD).await.data()["tokens"].as_object().expect("nobody is asked");
    assert_eq!(full.entries("user.mfa_removed").await.len(), 1, "the second time nothing changed");
}

async fn a_link_to_sign_in_is_not_enough(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let device = Device::in_use(&app, &pool).await;
    device.live.post("/magic-link/send", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let token = json!({ "token": token_of(&letters.take_address_of_link(ADA)) });
    let told = device.live.post("/magic-link/verify", token.clone()).await.data();
    assert_eq!((&told["mfa_required"], &told["tokens"]), (&json!(true), &Value::Null), "{told}");
    refused(device.live.post("/magic-link/verify", token).await, 400, "invalid_or_expired_token");
    let made = device.answer(text(&told["mfa_challenge"]["token"]), &device.shows()).await.data();
    assert_eq!(claims(text(&made["tokens"]["access_token"]))["amr"], json!(["otp", "mfa"]));
    assert_eq!(made["user"]["email_verified"], true);
}

async fn our_pages_ask_for_it_too(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({
        "user_pool": "application", "redirect_uris": [REDIRECT_URI], "first_party": true,
        "allowed_scopes": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let pool = Pool::with(&app, body).await;
    let device = Device::in_use(&app, &pool).await;
    let (shop, browser) = (RelyingParty::new(&app, pool.live.public.clone()), app.browser());
    let page = browser.get(&shop.authorize_path(&[])).await;
    let page = browser.type_password(&page, ADA, PASSWORD).await;
    assert_eq!(page.heading(), "Your code", "{}", page.html);
    for (code, said) in [("", "Type the code"), ("000000", "The code is wrong")] {
        let again = browser.submit(&page, &[("code", code)]).await;
        assert_eq!((again.status.as_u16(), again.heading().as_str()), (422, "Your code"));
        assert!(again.html.contains(said), "{}", again.html);
    }
    let done = browser.submit(&page, &[("code", &device.shows())]).await;
    let code = done.sent("code").unwrap_or_else(|| panic!("{}", done.html));
    let tokens = shop.trade_with(&code, &[("client_secret", pool.live.secret.as_str())]).await.ok();
    assert_eq!(claims(text(&tokens["id_token"]))["amr"], json!(["pwd", "otp", "mfa"]));
    app.clock.advance_micros(STEP);
    let over = browser.submit(&page, &[("code", &device.shows())]).await;
    assert_eq!((over.status.as_u16(), over.heading().as_str()), (422, "Sign in"), "{}", over.html);
    assert!(over.html.contains("Sign in again"), "{}", over.html);
}
