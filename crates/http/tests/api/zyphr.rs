//! Zyphr's API, sentence by sentence of its reference.

#[path = "zyphr/frame.rs"]
mod frame;
#[path = "zyphr/impersonation.rs"]
mod impersonation;

use http::Method;
use serde_json::Value;

use crate::harness::{Answer, User};

const BASE: &str = "/zyphr/v1";

async fn get(user: &User<'_>, path: &str) -> Answer {
    enveloped(user.send(user.request(Method::GET, &format!("{BASE}{path}")), "").await)
}

async fn post(user: &User<'_>, path: &str, body: Value) -> Answer {
    enveloped(user.json(Method::POST, &format!("{BASE}{path}"), body).await)
}

/// Whatever is answered names its request and says what is left of its budget.
#[track_caller]
fn enveloped(answer: Answer) -> Answer {
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        let value = answer.header(name);
        assert!(value.parse::<u64>().is_ok(), "{name}: {value:?} with {} {}", answer.status, answer.body);
    }
    let Some(body) = answer.body.as_object() else { return answer };
    assert_eq!(body["meta"]["request_id"], answer.header("x-request-id"), "{}", answer.body);
    let members: Vec<&str> = body.keys().map(String::as_str).collect();
    if answer.status.is_success() {
        assert_eq!(members, ["data", "meta"], "{}", answer.body);
        return answer;
    }
    assert_eq!(members, ["error", "meta"], "{}", answer.body);
    let error: Vec<&str> = body["error"].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(error, ["code", "details", "message"], "{}", answer.body);
    answer
}

/// Checks how somebody is refused, and yields the details.
#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) -> Value {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["error"]["code"]),
        (status, &code.into()),
        "{}",
        answer.body
    );
    answer.body["error"]["details"].clone()
}
