//! `Idempotency-Key` on every POST of the native API.

use std::time::Duration;

use appkeep_domain::Lifetime;
use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::FutureExt as _;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, User};

on_each_database![
    a_repeated_request_is_answered_as_the_first_time,
    every_post_can_be_repeated,
    another_body_with_the_same_key_is_refused,
    a_refused_request_can_be_corrected_under_its_key,
    a_key_is_its_callers_own,
    a_key_holds_for_one_route,
    an_answer_is_only_for_those_who_may_still_ask,
    an_answer_is_only_for_those_who_hold_what_it_was_decided_with,
    the_history_tells_who_was_answered_again,
    a_key_is_forgotten_after_a_day,
    of_many_at_once_one_is_carried_out,
    a_request_goes_on_when_its_client_has_left,
    a_malformed_key_changes_nothing,
    a_strangers_body_is_not_read,
    what_was_answered_is_kept_sealed,
];

/// Sends a POST with a key.
async fn post(user: &User<'_>, path: &str, key: &str, body: &str) -> Answer {
    let request = user.request(Method::POST, &format!("/api/v1{path}"));
    let request = request.header("content-type", "application/json").header("idempotency-key", key);
    user.send(request, body.to_owned()).await
}

fn named(name: &str) -> String {
    json!({ "name": name, "type": "m2m" }).to_string()
}

async fn count(user: &User<'_>) -> usize {
    user.get("/applications?limit=250").await.ok()["data"].as_array().expect("a list").len()
}

async fn a_repeated_request_is_answered_as_the_first_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = count(&full).await;
    let first = post(&full, "/applications", "create-1", &named("Billing")).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = post(&full, "/applications", "create-1", &named("Billing")).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    for header in ["content-type", "etag", "location", "cache-control"] {
        assert_ne!(first.header(header), "", "{header}");
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    assert_eq!(first.text, again.text, "the secret too");
    assert_eq!(count(&full).await, before + 1);
    let (id, secret) = (first.body["data"]["id"].clone(), first.body["data"]["client_secret"].clone());
    let (id, secret) = (id.as_str().expect("an id"), secret.as_str().expect("a secret"));
    assert_eq!(app.token(id, secret, "").await.status, 200);
    let told = full.get(&format!("/audit?application={id}")).await.ok();
    assert_eq!(told["data"].as_array().expect("a list").len(), 1, "one entry for one change");
}

async fn every_post_can_be_repeated(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned();
    let of = |verb: &str| format!("/applications/{id}/{verb}");
    let ids = json!({ "ids": [id] }).to_string();
    for (path, body) in [
        (of("rotate-secret"), ""),
        (of("rotate-secret"), r#"{"overlap_s": 60}"#),
        (of("credentials"), r#"{"name": "ci"}"#),
        (of("disable"), ""),
        (of("enable"), ""),
        (of("archive"), ""),
        (of("restore"), ""),
        (of("revoke-tokens"), ""),
        ("/applications/bulk/disable".to_owned(), &ids),
        ("/applications/bulk/enable".to_owned(), &ids),
        ("/scopes".to_owned(), r#"{"scope": "invoices:read"}"#),
        ("/users".to_owned(), r#"{"email": "ada@example.com"}"#),
        ("/groups".to_owned(), r#"{"name": "Accounting"}"#),
        ("/applications/bulk/delete".to_owned(), &ids),
    ] {
        let key = format!("{path}{body}").replace([' ', '\n'], "");
        let first = post(&full, &path, &key, body).await;
        assert!(first.status.is_success(), "{path}: {}", first.text);
        let entries = entries(&full).await;
        let again = post(&full, &path, &key, body).await;
        assert_eq!((first.status, &first.text), (again.status, &again.text), "{path}");
        assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
        assert_eq!(entries, self::entries(&full).await, "{path} was done twice");
    }
}

async fn entries(user: &User<'_>) -> Vec<Value> {
    let page = user.get("/audit?limit=250").await.ok();
    let entries = page["data"].as_array().expect("a list").iter();
    entries.filter(|entry| entry["action"] != "request.replayed").map(|entry| entry["id"].clone()).collect()
}

async fn another_body_with_the_same_key_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    post(&full, "/applications", "k", &named("One")).await.created();
    let before = count(&full).await;
    let other = post(&full, "/applications", "k", &named("Two")).await;
    other.refused_for(422, "idempotency_key_reused", &["Idempotency-Key"]);
    assert_eq!(count(&full).await, before);
}

async fn a_refused_request_can_be_corrected_under_its_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for _ in 0..2 {
        let wrong = post(&full, "/applications", "k", r#"{"name": "", "type": "m2m"}"#).await;
        assert_eq!(wrong.header("idempotency-replayed"), "", "refusals are not kept");
        wrong.refused_for(422, "invalid_field", &["name"]);
    }
    post(&full, "/applications", "k", &named("One")).await.created();
}

async fn a_key_is_its_callers_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "allowed_scopes": ["applications:read", "applications:write"] });
    let other = full.create("m2m", body).await;
    let (id, secret) = (other["id"].as_str().expect("an id"), other["client_secret"].as_str().expect("one"));
    let token = app.token(id, secret, "").await.ok()["access_token"].as_str().expect("a token").to_owned();
    let other = app.bearing(&token);
    let ours = post(&full, "/applications", "k", &named("Same")).await.created();
    let theirs = post(&other, "/applications", "k", &named("Same")).await.created();
    assert_ne!(ours["id"], theirs["id"]);
}

async fn a_key_holds_for_one_route(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned();
    let rotated = post(&full, &format!("/applications/{id}/rotate-secret"), "k", "").await.data();
    let disabled = post(&full, &format!("/applications/{id}/disable"), "k", "").await;
    assert_eq!(disabled.header("idempotency-replayed"), "");
    assert_eq!(disabled.data()["state"], "disabled");
    assert!(rotated["client_secret"].is_string());
}

async fn an_answer_is_only_for_those_who_may_still_ask(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    post(&full, "/applications", "k", &named("One")).await.created();
    let reader = app.reader().await;
    post(&reader, "/applications", "k", &named("One")).await.refused(403, "insufficient_scope");
    post(&app.nobody(), "/applications", "k", &named("One")).await.refused(401, "invalid_token");
}

async fn an_answer_is_only_for_those_who_hold_what_it_was_decided_with(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    // Opens more than somebody with `applications:write` alone may grant.
    let body = json!({ "name": "One", "type": "m2m", "allowed_scopes": ["scopes:write"] }).to_string();
    let made = post(&full, "/applications", "k", &body).await.created();
    let weaker = app.with("applications:read applications:write").await;
    post(&weaker, "/applications", "new", &body).await.refused(403, "forbidden");
    post(&weaker, "/applications", "k", &body).await.refused(403, "forbidden");
    let again = app.full().await;
    assert_eq!(post(&again, "/applications", "k", &body).await.created(), made, "another token will do");
}

async fn the_history_tells_who_was_answered_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let first = post(&full, "/applications", "k", &named("One")).await;
    let again = post(&full, "/applications", "k", &named("One")).await;
    let mut told = full.get("/audit?action=request.replayed").await.ok();
    assert_eq!(told["data"].as_array().expect("a list").len(), 1);
    let told = told["data"][0].take();
    assert_eq!(told["request_id"], again.header("x-request-id"));
    assert_eq!(told["after"]["first_request_id"], first.header("x-request-id"));
    assert_eq!(told["actor"]["id"], app.management().0);
}

async fn a_key_is_forgotten_after_a_day(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let first = post(&full, "/applications", "k", &named("One")).await.created();
    app.clock.advance(Lifetime::from_seconds(24 * 60 * 60 - 1));
    let full = app.full().await;
    assert_eq!(post(&full, "/applications", "k", &named("One")).await.created(), first);
    app.clock.advance(Lifetime::from_seconds(1));
    let another = post(&full, "/applications", "k", &named("One")).await.created();
    assert_ne!(another["id"], first["id"]);
}

async fn of_many_at_once_one_is_carried_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = count(&full).await;
    let body = named("One");
    let all = futures_util::future::join_all((0..20).map(|_| post(&full, "/applications", "k", &body))).await;
    let (made, waited): (Vec<_>, Vec<_>) = all.into_iter().partition(|answer| answer.status == 201);
    let first = made.first().expect("one was carried out").text.clone();
    assert!(made.iter().all(|answer| answer.text == first));
    for answer in waited {
        answer.refused_for(409, "idempotency_in_progress", &["Idempotency-Key"]);
    }
    assert_eq!(count(&full).await, before + 1);
    assert_eq!(post(&full, "/applications", "k", &body).await.text, first);
}

async fn a_request_goes_on_when_its_client_has_left(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (before, body) = (count(&full).await, named("One"));
    for _ in 0..5 {
        // Asked once, and dropped where it waits for the database, if it does.
        let _ = post(&full, "/applications", "k", &body).now_or_never();
    }
    let answered = async {
        loop {
            let answer = post(&full, "/applications", "k", &body).await;
            if answer.status == 201 {
                return;
            }
            answer.refused(409, "idempotency_in_progress");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), answered).await.expect("the first goes on");
    assert_eq!(count(&full).await, before + 1);
}

async fn a_malformed_key_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = count(&full).await;
    for key in ["", "two words", &"k".repeat(256)] {
        let answer = post(&full, "/applications", key, &named("One")).await;
        answer.refused_for(400, "invalid_request", &["Idempotency-Key"]);
    }
    let twice = full.request(Method::POST, "/api/v1/applications").header("content-type", "application/json");
    let twice = twice.header("idempotency-key", "a").header("idempotency-key", "a");
    full.send(twice, named("One")).await.refused_for(400, "invalid_request", &["Idempotency-Key"]);
    assert_eq!(count(&full).await, before);
}

async fn a_strangers_body_is_not_read(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let too_long = format!("\"{}\"", "x".repeat(appkeep_http::BODY_LIMIT));
    post(&app.nobody(), "/applications", "k", &too_long).await.refused(401, "invalid_token");
    let full = app.full().await;
    post(&full, "/applications", "k", &too_long).await.refused(413, "payload_too_large");
}

async fn what_was_answered_is_kept_sealed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = post(&full, "/applications", "find-this-key", &named("Find this name")).await.created();
    let secret = made["client_secret"].as_str().expect("a secret");
    let dump = database.dump().await;
    let rows = dump["idempotency_keys"].join("\n");
    assert!(!rows.is_empty(), "the answer is kept");
    for hidden in [secret, "find-this-key", "Find this name"] {
        assert!(!rows.contains(hidden), "{hidden} is readable");
    }
}
