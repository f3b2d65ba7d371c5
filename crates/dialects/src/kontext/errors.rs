//! Refusals: a sentence and the status once more.

use appkeep_domain::RequestId;
use appkeep_http::Problem;
use appkeep_service::Fault;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::words;

/// Has what is refused inside written out as Kontext does.
pub(super) async fn in_our_form(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response.extensions_mut().insert(problem.in_form(written));
    }
    response
}

fn written(problem: &Problem, _: RequestId) -> (StatusCode, Value) {
    let status = status(problem.status());
    (status, json!({ "message": message(problem), "statusCode": status.as_u16() }))
}

/// The few that there are.
fn status(ours: StatusCode) -> StatusCode {
    match ours {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        // There is no version that a client could have named.
        StatusCode::PRECONDITION_FAILED => StatusCode::CONFLICT,
        ours => ours,
    }
}

/// Every fault that there is, or what there is to say.
fn message(problem: &Problem) -> String {
    let told = |fault: &Fault| format!("{} {}", words::field(&fault.field), fault.message);
    let faults: Vec<String> = problem.faults().iter().map(told).collect();
    if faults.is_empty() { problem.message().to_owned() } else { faults.join("; ") }
}

#[cfg(test)]
mod tests {
    use appkeep_service::{Error, ErrorCode};

    use super::*;

    fn refusal(error: Error) -> (u16, Value) {
        let (status, body) = written(&Problem::from(error), RequestId::from_bytes([1; 16]));
        (status.as_u16(), body)
    }

    #[test]
    fn every_refusal_says_its_status_once_more() {
        for (code, status) in [
            (ErrorCode::InvalidRequest, 400),
            (ErrorCode::NotApplicable, 400),
            (ErrorCode::InvalidField, 400),
            (ErrorCode::InvalidToken, 401),
            (ErrorCode::Forbidden, 403),
            (ErrorCode::InsufficientScope, 403),
            (ErrorCode::AppNotFound, 404),
            (ErrorCode::IntegrationNameTaken, 409),
            (ErrorCode::PreconditionFailed, 409),
            (ErrorCode::TooManyRequests, 429),
            (ErrorCode::Internal, 500),
            (ErrorCode::Unavailable, 503),
        ] {
            let expected = (status, json!({ "message": "no", "statusCode": status }));
            assert_eq!(refusal(Error::new(code, "no")), expected, "{code:?}");
        }
    }

    #[test]
    fn every_fault_is_told_by_the_name_that_it_has_here() {
        let faults = vec![
            Fault::new("name", ErrorCode::InvalidRequest, "is required"),
            Fault::new("oauth.redirect_uris[0]", ErrorCode::RedirectUriInvalid, "is no URI"),
        ];
        let (status, body) = refusal(Error::from_faults(faults).expect_err("two faults"));
        assert_eq!(status, 400);
        assert_eq!(body["message"], "name is required; oauth.redirectUris[0] is no URI");
    }
}
