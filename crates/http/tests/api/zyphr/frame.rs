//! What is around every request and every answer.

use appkeep_domain::Clock as _;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use super::{enveloped, get, post, refused};
use crate::harness::TestApp;

/// Nobody's.
const KEY: &str = "za_pub_live_0123456789abcdefghjkmnpq";

on_each_database![
    what_is_not_there_is_refused_in_its_own_words,
    every_answer_says_what_is_left_of_its_class,
    whoever_asks_too_often_is_told_when_to_come_back,
];

async fn what_is_not_there_is_refused_in_its_own_words(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let nobody = app.nobody();
    assert_eq!(refused(get(&nobody, "/nowhere").await, 404, "not_found"), json!({}));
    assert_eq!(refused(post(&nobody, "/auth/nowhere", json!({})).await, 404, "not_found"), json!({}));
}

async fn every_answer_says_what_is_left_of_its_class(database: TestDatabase) {
    let app = TestApp::with_zyphr_rates(&database).await;
    let (now, nobody) = (app.clock.now().as_seconds(), app.nobody());
    for (left, whole_in) in [(199, 1), (198, 1), (197, 1)] {
        let answer = get(&nobody, "/nowhere").await;
        assert_eq!(answer.header("x-ratelimit-limit"), "200");
        assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
        assert_eq!(answer.header("x-ratelimit-reset"), (now + whole_in).to_string());
    }
    let changes = nobody.send(nobody.request(Method::PATCH, "/zyphr/v1/nowhere"), "").await;
    assert_eq!(enveloped(changes).header("x-ratelimit-limit"), "100");
}

async fn whoever_asks_too_often_is_told_when_to_come_back(database: TestDatabase) {
    let app = TestApp::with_zyphr_rates(&database).await;
    let nobody = app.nobody();
    let user = nobody.request(Method::POST, "/zyphr/v1/auth/nowhere").header("x-application-key", KEY);
    for _ in 0..20 {
        refused(post(&nobody, "/auth/nowhere", json!({})).await, 404, "not_found");
    }
    let answer = post(&nobody, "/auth/nowhere", json!({})).await;
    assert_eq!((answer.header("retry-after"), answer.header("x-ratelimit-remaining")), ("3", "0"));
    assert_eq!(refused(answer, 429, "rate_limit_exceeded"), json!({ "retry_after": 3 }));
    refused(enveloped(nobody.send(user, "").await), 404, "not_found");
    refused(get(&nobody, "/auth/nowhere").await, 404, "not_found");
    app.clock.advance_micros(3_000_000);
    refused(post(&nobody, "/auth/nowhere", json!({})).await, 404, "not_found");
}
