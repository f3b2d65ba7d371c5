//! What is sent to the vault again with the same `Idempotency-Key`.

use appkeep_domain::Environment;
use appkeep_domain::access::TokenRights;
use appkeep_http::{AppState, ByKey, begin_once, carry_out_once_by_key, read_key, router};
use appkeep_service::{NewToken, RequestOrigin, Surface, Vault, VaultCaller};
use appkeep_testkit::{TestDatabase, on_each_database};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{put, put_plain, text};
use crate::harness::{self, Answer, TestApp, User};

on_each_database![
    what_changes_nothing_is_answered_anew,
    what_was_made_is_told_again_without_what_is_in_it,
    what_is_too_long_to_be_kept_is_answered_and_is_not_done_twice,
];

const HUSH: &str = "123-45-6789";

async fn once(user: &User<'_>, path: &str, body: &Value) -> Answer {
    let request = user.request(Method::POST, &format!("/api/v1{path}"));
    let request = request.header("content-type", "application/json").header("idempotency-key", "k");
    user.send(request, body.to_string()).await
}

async fn what_changes_nothing_is_answered_anew(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = put_plain(&full, json!(HUSH)).await;
    let document = json!({ "document": format!("{{{{ {id} }}}}") });
    let search = json!({ "type": "token" });
    for asked in 1..=2 {
        let answer = once(&full, "/vault/detokenize", &document).await;
        assert_eq!(answer.header("idempotency-replayed"), "");
        assert_eq!(answer.data(), HUSH);
        let answer = once(&full, "/vault/tokens/search", &search).await;
        assert_eq!(answer.header("idempotency-replayed"), "");
        assert_eq!(answer.ok()["data"][0]["data"], HUSH);
        assert_eq!(full.entries("vault_token.revealed").await.len(), 2 * asked, "each is written down");
    }
    assert_eq!(full.entries("request.replayed").await.len(), 0);
    assert_eq!(database.dump().await["idempotency_keys"].len(), 0);
    full.delete(&format!("/vault/tokens/{id}")).await.with(204);
    assert!(!once(&full, "/vault/detokenize", &document).await.status.is_success());
    assert_eq!(once(&full, "/vault/tokens/search", &search).await.ok()["data"], json!([]));
}

async fn what_was_made_is_told_again_without_what_is_in_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = |id: &str| {
        let metadata = json!({ "of": HUSH });
        json!({ "id": id, "type": "token", "data": HUSH, "metadata": metadata, "mask": "{{ data }}" })
    };
    let document = json!({ "document": { "one": new("one"), "two": HUSH } });
    for (path, body, token) in
        [("/vault/tokens", new("mine"), "/data/token"), ("/vault/tokenize", document, "/data/one")]
    {
        let first = once(&full, path, &body).await;
        let of_first = first.body.pointer(token).expect("a token").clone();
        assert_eq!((&of_first["data"], &of_first["metadata"]["of"]), (&json!(HUSH), &json!(HUSH)), "{path}");
        for _ in 0..2 {
            let again = once(&full, path, &body).await;
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_eq!((again.status, again.header("location")), (first.status, first.header("location")));
            assert!(!again.text.contains(HUSH), "{}", again.text);
            let of_again = again.body.pointer(token).expect("a token");
            for same in ["id", "type", "container", "environment"] {
                assert_eq!(of_again[same], of_first[same], "{same}");
            }
            assert_eq!((&of_again["data"], &of_again["transform"]), (&Value::Null, &json!("redact")));
            let id = text(&of_first["id"]);
            full.delete(&format!("/vault/tokens/{id}")).await;
        }
    }
}

/// Makes a token, and answers more than is kept.
async fn make_and_tell_much(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let key = parts.headers["x-key"].to_str().expect("a key");
    let principal = read_key(key, &parts, &state).await.expect("is good");
    let origin = RequestOrigin { request_id: appkeep_domain::RequestId::from_bytes([9; 16]), address: None };
    let mut by = principal.by(&origin, Surface::Native);
    if let Err(ended) = begin_once(&parts, (&mut by, &principal), &state).await {
        return ended.into_response();
    }
    let rights = TokenRights::Scopes { reads: true, reveals: true, writes: true };
    let caller = VaultCaller { by, environment: Environment::Live, rights };
    let new = NewToken { token_type: "token".to_owned(), data: json!(HUSH), ..NewToken::default() };
    let vault = Vault::new(state.registry.clone(), state.authority.clone());
    vault.create(&caller, new).await.expect("is made");
    "x".repeat(5 * 1024 * 1024).into_response()
}

async fn what_is_too_long_to_be_kept_is_answered_and_is_not_done_twice(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    put(&full, json!({ "type": "token", "data": "another" })).await;
    let key = super::keys::private_key(&full, json!({ "permissions": ["token:create"] })).await;
    let health = appkeep_http::Health {
        ready: std::sync::Arc::new(|| Box::pin(std::future::ready(true))),
        statistics: std::sync::Arc::new(appkeep_http::Statistics::default),
    };
    let (state, _feed) = harness::state(app.store(), &app.clock, health).await;
    let by_key = ByKey { header: HeaderName::from_static("x-once"), methods: &[Method::POST] };
    let routes = Router::new()
        .route("/much", post(make_and_tell_much))
        .layer(from_fn_with_state((state.clone(), by_key), carry_out_once_by_key));
    let routes = router(routes, state);
    let ask = async || {
        let request = Request::post("/much").header("x-key", &key).header("x-once", "k");
        let response = routes.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let response = response.expect("cannot fail");
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("is read"))
    };
    let (status, body) = ask().await;
    assert_eq!((status, body.len()), (StatusCode::OK, 5 * 1024 * 1024));
    for (wait, code) in [(0, "idempotency_in_progress"), (60_000_000, "idempotency_answer_lost")] {
        app.clock.advance_micros(wait);
        let (status, body) = ask().await;
        let refused: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((status.as_u16(), &refused["error"]), (409, &json!(code)), "{refused}");
    }
    assert_eq!(database.dump().await["vault_tokens"].len(), 2);
}
