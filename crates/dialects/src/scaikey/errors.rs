//! Refusals: what is wrong with a request as a list of places, everything else
//! as a sentence.

use appkeep_domain::RequestId;
use appkeep_http::{Form, Problem};
use appkeep_service::Fault;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::words;

/// What ScaiKey says to a token that lacks the scope; clients compare it.
const LACKS_SCOPE: &str = "Platform token requires admin:read or admin:write scope";

/// Has what is refused inside written out as ScaiKey does.
pub(super) async fn in_our_form(request: Request, next: Next) -> Response {
    let form: Form = if request.method() == Method::GET { of_query } else { of_body };
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response.extensions_mut().insert(problem.in_form(form));
    }
    response
}

fn of_query(problem: &Problem, _: RequestId) -> (StatusCode, Value) {
    written(problem, "query")
}

fn of_body(problem: &Problem, _: RequestId) -> (StatusCode, Value) {
    written(problem, "body")
}

fn written(problem: &Problem, place: &str) -> (StatusCode, Value) {
    let is_invalid = matches!(problem.code(), "invalid_request")
        || matches!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
    if !is_invalid {
        return (problem.status(), json!({ "detail": sentence(problem) }));
    }
    let mut details: Vec<Value> = problem.faults().iter().map(|fault| detail(place, fault)).collect();
    if details.is_empty() {
        details.push(json!({ "loc": [place], "msg": problem.message(), "type": "value_error" }));
    }
    (StatusCode::UNPROCESSABLE_ENTITY, json!({ "detail": details }))
}

fn sentence(problem: &Problem) -> &str {
    if problem.code() == "insufficient_scope" { LACKS_SCOPE } else { problem.message() }
}

fn detail(place: &str, fault: &Fault) -> Value {
    let location: Vec<Value> = std::iter::once(json!(place)).chain(steps(&fault.field)).collect();
    json!({ "loc": location, "msg": fault.message, "type": kind(&fault.message) })
}

/// `redirect_uris[1]` as `"redirect_uris", 1`.
fn steps(field: &str) -> impl Iterator<Item = Value> {
    let names = field.split('.').flat_map(|name| name.split(['[', ']']));
    names.filter(|step| !step.is_empty()).map(|step| match step.parse::<u64>() {
        Ok(index) => json!(index),
        Err(_) => json!(words::field(step)),
    })
}

/// What ScaiKey's framework calls a fault of this kind.
fn kind(message: &str) -> &'static str {
    match message {
        "is required" => "missing",
        "must be a string" => "string_type",
        "must be a whole number" => "int_parsing",
        "must be true or false" => "bool_parsing",
        "must be a list" => "list_type",
        "must be an object" => "dict_type",
        _ => "value_error",
    }
}

#[cfg(test)]
mod tests {
    use appkeep_service::{Error, ErrorCode};

    use super::*;

    fn id() -> RequestId {
        RequestId::from_bytes([1; 16])
    }

    #[test]
    fn a_fault_has_a_place_a_sentence_and_a_kind() {
        let faults = vec![
            Fault::new("name", ErrorCode::InvalidRequest, "is required"),
            Fault::new("redirect_uris[1]", ErrorCode::WildcardUriForbidden, "contains *"),
            Fault::new("access_token_ttl_s", ErrorCode::InvalidRequest, "must be a whole number"),
        ];
        let problem = Problem::from(Error::from_faults(faults).expect_err("three faults"));
        let (status, body) = of_body(&problem, id());
        let expected = json!({ "detail": [
            { "loc": ["body", "name"], "msg": "is required", "type": "missing" },
            { "loc": ["body", "redirect_uris", 1], "msg": "contains *", "type": "value_error" },
            { "loc": ["body", "token_lifetime"], "msg": "must be a whole number", "type": "int_parsing" },
        ]});
        assert_eq!((status, body), (StatusCode::UNPROCESSABLE_ENTITY, expected));
    }

    #[test]
    fn what_is_no_fault_of_a_field_is_a_sentence() {
        for (code, status, detail) in [
            (ErrorCode::AppNotFound, StatusCode::NOT_FOUND, "no"),
            (ErrorCode::SlugTaken, StatusCode::CONFLICT, "no"),
            (ErrorCode::NotApplicable, StatusCode::BAD_REQUEST, "no"),
            (ErrorCode::Forbidden, StatusCode::FORBIDDEN, "no"),
            (ErrorCode::InsufficientScope, StatusCode::FORBIDDEN, LACKS_SCOPE),
        ] {
            let problem = Problem::from(Error::new(code, "no"));
            assert_eq!(of_query(&problem, id()), (status, json!({ "detail": detail })), "{code:?}");
        }
        let problem = Problem::from(Error::new(ErrorCode::InvalidRequest, "the body is not JSON"));
        let expected =
            json!({ "detail": [{ "loc": ["body"], "msg": "the body is not JSON", "type": "value_error" }] });
        assert_eq!(of_body(&problem, id()), (StatusCode::UNPROCESSABLE_ENTITY, expected));
    }
}
