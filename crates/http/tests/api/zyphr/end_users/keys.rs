//! `X-Application-Key` and `X-Application-Secret`: what each call needs.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use super::{ADA, Asker, Keys, Pool, refused};
use crate::harness::{Answer, PASSWORD, TestApp};

on_each_database![
    what_an_application_does_itself_needs_its_secret,
    each_key_is_proved_by_its_own_secret,
    a_replaced_secret_proves_nothing,
    pages_of_the_application_may_read_what_is_answered,
];

/// What only the application itself may do.
const SERVER_SIDE: [&str; 9] = [
    "/users/register",
    "/users/login",
    "/sessions/refresh",
    "/sessions/revoke",
    "/forgot-password",
    "/validate-reset-token",
    "/reset-password",
    "/magic-link/send",
    "/magic-link/verify",
];

/// With whatever any of them asks for.
async fn ask(asker: &Asker<'_>, path: &str) -> Answer {
    let body = json!({
        "email": ADA, "password": PASSWORD, "token": "ml_x", "new_password": PASSWORD, "refresh_token": "x",
    });
    asker.post(path, body).await
}

async fn what_an_application_does_itself_needs_its_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let no_key = Asker { public: None, ..pool.live() };
    for path in SERVER_SIDE {
        refused(ask(&pool.live().without_secret(), path).await, 401, "unauthorized");
        refused(ask(&no_key, path).await, 401, "unauthorized");
        assert_ne!(
            ask(&pool.live(), path).await.body["error"]["message"],
            "this needs the secret key",
            "{path}"
        );
    }
    refused(no_key.get("/password-requirements").await, 401, "unauthorized");
}

async fn each_key_is_proved_by_its_own_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let other = Pool::with(&app, json!({ "user_pool": "application", "name": "Another" })).await;
    let all = [&pool.whole, &pool.live, &pool.test, &other.whole, &other.live, &other.test];
    for public in &all[..3] {
        for secret in all {
            let keys = Keys { public: public.public.clone(), secret: secret.secret.clone() };
            let answer = ask(&pool.by(&keys), "/users/login").await;
            let code = if public.public == secret.public { "invalid_credentials" } else { "unauthorized" };
            refused(answer, 401, code);
        }
    }
    pool.by(&pool.whole).register(ADA).await;
    pool.live().log_in(ADA, PASSWORD).await.data();
    refused(pool.test().log_in(ADA, PASSWORD).await, 401, "invalid_credentials");
    for public in ["nonsense", pool.id.as_str(), "za_pub_live_000000000000000000000000"] {
        let keys = Keys { public: public.to_owned(), secret: pool.live.secret.clone() };
        refused(pool.by(&keys).log_in(ADA, PASSWORD).await, 401, "unauthorized");
    }
}

async fn a_replaced_secret_proves_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    pool.live().register(ADA).await;
    pool.test().register(ADA).await;
    let path = format!("/applications/{}/environments/live/rotate-keys", pool.id);
    let rotated = app.full().await.post(&path, json!({ "overlap_s": 0 })).await.data();
    refused(pool.live().log_in(ADA, PASSWORD).await, 401, "unauthorized");
    pool.test().log_in(ADA, PASSWORD).await.data();
    let secret = rotated["secret_key"].as_str().expect("a secret").to_owned();
    let keys = Keys { public: pool.live.public.clone(), secret };
    pool.by(&keys).log_in(ADA, PASSWORD).await.data();
}

async fn pages_of_the_application_may_read_what_is_answered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({ "user_pool": "application", "allowed_origins": ["https://shop.example"] });
    let pool = Pool::with(&app, body).await;
    let asker = pool.live().without_secret();
    for (origin, may) in [("https://shop.example", true), ("https://evil.example", false)] {
        let request = asker.request(Method::GET, "/password-requirements").header("origin", origin);
        let answer = asker.send(request, "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), if may { origin } else { "" });
        assert_eq!(answer.header("vary"), "origin");
        let request = app.nobody().request(Method::OPTIONS, "/zyphr/v1/auth/users/me");
        let request = request.header("origin", origin).header("access-control-request-method", "PATCH");
        let preflight = app.nobody().send(request, "").await;
        assert_eq!(
            (preflight.status.as_u16(), preflight.header("access-control-allow-origin")),
            (204, origin)
        );
        assert!(preflight.header("access-control-allow-headers").contains("x-application-key"));
        assert!(!preflight.header("access-control-allow-headers").contains("secret"), "no page has it");
    }
}
