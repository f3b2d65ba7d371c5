//! Refusals as problem details (RFC 9457): the one table of statuses.

use std::collections::BTreeMap;

use appkeep_domain::RequestId;
use appkeep_http::Problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

/// Where a refusal has another status than in the native API.
const STATUSES: [(&str, StatusCode); 4] = [
    // What does not go with what the application is, or has.
    ("not_applicable", StatusCode::UNPROCESSABLE_ENTITY),
    ("too_many_secrets", StatusCode::UNPROCESSABLE_ENTITY),
    ("cap_reached", StatusCode::UNPROCESSABLE_ENTITY),
    // There is no version that a client could have named.
    ("precondition_failed", StatusCode::CONFLICT),
];

/// What the native API calls a field, and what Basis Theory does.
const FIELDS: [(&str, &str); 14] = [
    ("kind", "type"),
    ("per_page", "size"),
    ("limit", "size"),
    ("cursor", "start"),
    (OUR_HEADER, "BT-IDEMPOTENCY-KEY"),
    ("resource_type", "entity_type"),
    ("resource_id", "entity_id"),
    ("from", "start_date"),
    ("start_time", "start_date"),
    ("until", "end_date"),
    ("end_time", "end_date"),
    ("fingerprint_tokens", "settings.fingerprint_tokens"),
    ("deduplicate_tokens", "settings.deduplicate_tokens"),
    ("token_deduplication_behavior", "settings.token_deduplication_behavior"),
];

const OUR_HEADER: &str = "Idempotency-Key";

/// What is wrong with the whole of a body.
const WHOLE: &str = "$";

pub(super) async fn in_our_form(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response.extensions_mut().insert(problem.in_details(written));
    }
    response
}

fn written(problem: &Problem, id: RequestId) -> (StatusCode, Value) {
    let status = status(problem);
    let mut document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail(problem),
        "instance": id.to_string(),
    });
    if status == StatusCode::BAD_REQUEST {
        document["errors"] = json!(errors(problem));
    }
    (status, document)
}

fn status(problem: &Problem) -> StatusCode {
    if let Some((_, theirs)) = STATUSES.iter().find(|(code, _)| *code == problem.code()) {
        return *theirs;
    }
    let is_invalid = !problem.faults().is_empty() && problem.status() == StatusCode::UNPROCESSABLE_ENTITY;
    if is_invalid { StatusCode::BAD_REQUEST } else { problem.status() }
}

/// The sentence that it comes with, which may begin with a field.
fn detail(problem: &Problem) -> String {
    let said = problem.message();
    let behind = |field: &str| said.strip_prefix(field).filter(|rest| rest.starts_with(": "));
    let named = problem.faults().first().and_then(|fault| {
        let rest = behind(&fault.field)?;
        Some(format!("{}{rest}", name(&fault.field)))
    });
    named.unwrap_or_else(|| in_their_words(said))
}

/// A sentence that speaks of a header.
fn in_their_words(said: &str) -> String {
    said.replace(OUR_HEADER, &name(OUR_HEADER))
}

/// By field.
fn errors(problem: &Problem) -> BTreeMap<String, Vec<String>> {
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for fault in problem.faults() {
        errors.entry(name(&fault.field)).or_default().push(in_their_words(&fault.message));
    }
    if errors.is_empty() {
        errors.insert(WHOLE.to_owned(), vec![detail(problem)]);
    }
    errors
}

fn name(ours: &str) -> String {
    FIELDS.iter().find(|(name, _)| *name == ours).map_or(ours, |(_, theirs)| theirs).to_owned()
}

#[cfg(test)]
mod tests {
    use appkeep_service::{Error, ErrorCode, Fault};

    use super::*;

    fn id() -> RequestId {
        RequestId::from_bytes([1; 16])
    }

    #[test]
    fn every_refusal_has_a_status_a_title_and_a_detail() {
        for (code, status, title) in [
            (ErrorCode::InvalidRequest, 400, "Bad Request"),
            (ErrorCode::InvalidToken, 401, "Unauthorized"),
            (ErrorCode::NotApplicable, 422, "Unprocessable Entity"),
            (ErrorCode::TooManySecrets, 422, "Unprocessable Entity"),
            (ErrorCode::CapReached, 422, "Unprocessable Entity"),
            (ErrorCode::Forbidden, 403, "Forbidden"),
            (ErrorCode::InsufficientScope, 403, "Forbidden"),
            (ErrorCode::AppNotFound, 404, "Not Found"),
            (ErrorCode::CredentialNotFound, 404, "Not Found"),
            (ErrorCode::PreconditionFailed, 409, "Conflict"),
            (ErrorCode::IdempotencyInProgress, 409, "Conflict"),
            (ErrorCode::Internal, 500, "Internal Server Error"),
            (ErrorCode::Unavailable, 503, "Service Unavailable"),
        ] {
            let (found, body) = written(&Problem::from(Error::new(code, "no")), id());
            assert_eq!(found.as_u16(), status, "{code:?}");
            assert_eq!(
                (&body["status"], &body["title"], &body["detail"]),
                (&json!(status), &json!(title), &json!("no"))
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_field() {
        let faults = vec![
            Fault::new("kind", ErrorCode::InvalidField, "is none"),
            Fault::new("name", ErrorCode::InvalidField, "is long"),
            Fault::new("name", ErrorCode::InvalidField, "is odd"),
        ];
        let problem = Problem::from(Error::from_faults(faults).expect_err("three faults"));
        let (status, body) = written(&problem, id());
        let expected = json!({ "type": ["is none"], "name": ["is long", "is odd"] });
        assert_eq!((status, &body["errors"]), (StatusCode::BAD_REQUEST, &expected));
        assert_eq!(body["detail"], "type: is none");
        let taken = "another request with this `Idempotency-Key` is under way";
        let (_, body) = written(&Problem::from(Error::new(ErrorCode::IdempotencyInProgress, taken)), id());
        assert_eq!(body["detail"], "another request with this `BT-IDEMPOTENCY-KEY` is under way");
        let (_, body) = written(&Problem::from(Error::new(ErrorCode::InvalidRequest, "is no JSON")), id());
        assert_eq!(body["errors"], json!({ "$": ["is no JSON"] }));
    }
}
