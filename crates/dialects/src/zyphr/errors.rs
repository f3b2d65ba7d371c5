//! Refusals in Zyphr's words: the one table of its codes and statuses.

use std::borrow::Cow;

use appkeep_domain::{LinkingRefused, RequestId};
use appkeep_http::{Form, Problem};
use appkeep_service::{EndUserRefused, Error, ErrorCode, Fault, SignInRefused};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::limits;

/// What the native API calls a refusal, and what Zyphr does. Whatever is not
/// here has no word there, and goes by ours.
const CODES: [(&str, &str); 9] = [
    ("invalid_token", "unauthorized"),
    ("insufficient_scope", "forbidden"),
    ("app_not_found", "application_not_found"),
    ("identity_not_found", "connection_not_found"),
    ("payload_too_large", "validation_error"),
    ("unsupported_media_type", "invalid_json"),
    ("tenant_not_found", "workspace_not_found"),
    ("cap_reached", "limit_reached"),
    ("unavailable", "service_unavailable"),
];

/// What is wrong with what was sent.
const INVALID: &str = "validation_error";

/// Has what is refused inside written out as Zyphr does. What is wrong with a
/// request has another status where end users are.
pub(super) async fn in_our_form(request: Request, next: Next) -> Response {
    let form: Form = if limits::is_for_end_users(&request) { for_end_users } else { for_operators };
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response.extensions_mut().insert(problem.in_form(form));
    }
    response
}

/// Whoever does not know who they are is not told what is known.
pub(super) fn invalid_credentials() -> Problem {
    let message = "the email address or the password is wrong";
    Problem::refused(StatusCode::UNAUTHORIZED, "invalid_credentials", message)
}

/// Why somebody did not log in.
pub(super) fn of_sign_in(refused: SignInRefused) -> Problem {
    match refused {
        SignInRefused::Wrong => invalid_credentials(),
        SignInRefused::TooOften { retry_after_s } => {
            let message = "there were too many attempts; wait a little, and try again";
            Problem::refused(StatusCode::FORBIDDEN, "account_locked", message).after(retry_after_s)
        }
        SignInRefused::Suspended => {
            let message = "this account cannot be used at the moment";
            Problem::refused(StatusCode::FORBIDDEN, "account_suspended", message)
        }
        SignInRefused::CodeWanted => {
            let message = "a code is asked for, which nobody can give here";
            Problem::refused(StatusCode::FORBIDDEN, "mfa_required", message)
        }
        SignInRefused::ChallengeOver => {
            let message = "nobody is asked for a code any more under this token; log in again";
            Problem::refused(StatusCode::UNAUTHORIZED, "mfa_challenge_expired", message)
        }
        SignInRefused::Failed(error) => error.into(),
    }
}

/// Whoever brings no key, or no token, or one that proves nothing.
pub(super) fn unauthorized(message: &'static str) -> Problem {
    Problem::refused(StatusCode::UNAUTHORIZED, "unauthorized", message)
}

/// Why an end user, or their application, does not get what they ask for.
pub(super) fn of_end_user(refused: EndUserRefused) -> Problem {
    match refused {
        EndUserRefused::Unauthorized(message) => unauthorized(message),
        EndUserRefused::Closed => {
            let message = "this application cannot be used at the moment";
            Problem::refused(StatusCode::FORBIDDEN, "forbidden", message)
        }
        EndUserRefused::SignIn(refused) => of_sign_in(refused),
        EndUserRefused::LinkGone => {
            let message = "the token was used, is too old, or never was one";
            Problem::refused(StatusCode::BAD_REQUEST, "invalid_or_expired_token", message)
        }
        EndUserRefused::AlreadyVerified => {
            let message = "the address is verified already";
            Problem::refused(StatusCode::BAD_REQUEST, "already_verified", message)
        }
        EndUserRefused::NoSuchProvider
        | EndUserRefused::StateGone
        | EndUserRefused::ProviderSaidNo(_)
        | EndUserRefused::ProviderUnavailable
        | EndUserRefused::NotVouchedFor
        | EndUserRefused::NotLinked(_) => of_provider(refused),
        EndUserRefused::TooOften { retry_after_s } => rate_limit_exceeded(retry_after_s),
        EndUserRefused::Failed(error) => error.into(),
    }
}

/// Why somebody did not sign in with a provider.
fn of_provider(refused: EndUserRefused) -> Problem {
    let (status, code, message) = match refused {
        EndUserRefused::NoSuchProvider => {
            (404, "provider_not_found", "nobody signs in here with such a provider".into())
        }
        EndUserRefused::StateGone => (
            400,
            "invalid_state",
            "nobody is awaited with this state from this provider, or no longer".into(),
        ),
        EndUserRefused::ProviderSaidNo(word) => (400, "oauth_failed", said_no(&word)),
        EndUserRefused::ProviderUnavailable => {
            (502, "oauth_provider_unavailable", "the provider cannot be asked at the moment".into())
        }
        EndUserRefused::NotLinked(refused) => {
            let (status, code, message) = of_linking(refused);
            (status, code, message.into())
        }
        _ => (400, "oauth_failed", "what came from the provider does not prove who it is".into()),
    };
    Problem::refused(StatusCode::from_u16(status).unwrap_or_default(), code, message)
}

/// A word of RFC 6749 §4.1.2.1 is repeated, and nothing else that stood there.
fn said_no(word: &str) -> Cow<'static, str> {
    let is_word =
        (1..=50).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { format!("the provider answered: {word}").into() } else { "the provider refused".into() }
}

const fn of_linking(refused: LinkingRefused) -> (u16, &'static str, &'static str) {
    match refused {
        LinkingRefused::IdentityTaken => {
            (409, "identity_taken", "another user signs in with this account of the provider")
        }
        LinkingRefused::AlreadyConnected => (
            409,
            "already_connected",
            "the user is connected to another account of the provider; disconnect it first",
        ),
        LinkingRefused::AccountExists => {
            (409, "account_exists", "there is an account with this address; sign in to it, and connect then")
        }
        LinkingRefused::NoAddress => (
            400,
            "email_required",
            "the provider tells of no email address, without which there is no account",
        ),
    }
}

/// A member that has to be there, unless another is.
pub(super) fn of_missing(field: &str) -> Problem {
    Error::invalid(Fault::new(field, ErrorCode::InvalidRequest, "is missing")).into()
}

/// This is asked more often than the class of the request allows.
pub(super) fn rate_limit_exceeded(retry_after_s: u32) -> Problem {
    let message = "this is asked too often; try again later";
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", message).after(retry_after_s)
}

fn for_operators(problem: &Problem, id: RequestId) -> (StatusCode, Value) {
    written(problem, id, StatusCode::UNPROCESSABLE_ENTITY)
}

fn for_end_users(problem: &Problem, id: RequestId) -> (StatusCode, Value) {
    written(problem, id, StatusCode::BAD_REQUEST)
}

fn written(problem: &Problem, id: RequestId, of_invalid: StatusCode) -> (StatusCode, Value) {
    let (status, code) = called(problem, of_invalid);
    let error = json!({ "code": code, "message": problem.message(), "details": details(problem) });
    (status, json!({ "error": error, "meta": { "request_id": id.to_string() } }))
}

fn called(problem: &Problem, of_invalid: StatusCode) -> (StatusCode, &'static str) {
    if problem.is_unreadable() {
        return (StatusCode::BAD_REQUEST, "invalid_json");
    }
    let is_invalid = problem.code() == "invalid_request" || !problem.faults().is_empty();
    // A fault of a field that is in somebody else's way is no fault of form.
    if is_invalid && problem.status() != StatusCode::CONFLICT {
        return (of_invalid, INVALID);
    }
    let known = CODES.iter().find(|(ours, _)| *ours == problem.code());
    (problem.status(), known.map_or(problem.code(), |(_, theirs)| *theirs))
}

/// By field, and what else a client can act on.
fn details(problem: &Problem) -> Map<String, Value> {
    let mut details = Map::new();
    for Fault { field, code, message } in problem.faults() {
        // Of two faults of one field, the first found is told.
        let detail = || json!({ "code": code.as_str(), "message": message });
        details.entry(field.clone()).or_insert_with(detail);
    }
    if let Some(seconds) = problem.retry_after_s() {
        details.insert("retry_after".to_owned(), seconds.into());
    }
    details
}

#[cfg(test)]
mod tests {
    use appkeep_service::{Error, ErrorCode};

    use super::*;

    fn id() -> RequestId {
        RequestId::from_bytes([1; 16])
    }

    #[test]
    fn a_refusal_is_nested_and_names_the_request() {
        let (status, body) = for_operators(&Problem::not_found(), id());
        let error = json!({ "code": "not_found", "message": "there is nothing at this path", "details": {} });
        let expected = json!({ "error": error, "meta": { "request_id": id().to_string() } });
        assert_eq!((status, body), (StatusCode::NOT_FOUND, expected));
    }

    #[test]
    fn every_refusal_has_one_code_and_one_status() {
        for (code, status, theirs) in [
            (ErrorCode::InvalidToken, 401, "unauthorized"),
            (ErrorCode::InsufficientScope, 403, "forbidden"),
            (ErrorCode::Forbidden, 403, "forbidden"),
            (ErrorCode::AppNotFound, 404, "application_not_found"),
            (ErrorCode::UserNotFound, 404, "user_not_found"),
            (ErrorCode::IdentityNotFound, 404, "connection_not_found"),
            (ErrorCode::SlugTaken, 409, "slug_taken"),
            (ErrorCode::EmailTaken, 409, "email_taken"),
            (ErrorCode::CapReached, 409, "limit_reached"),
            (ErrorCode::InvalidRequest, 422, "validation_error"),
            (ErrorCode::Internal, 500, "internal_error"),
            (ErrorCode::Unavailable, 503, "service_unavailable"),
        ] {
            let (found, body) = for_operators(&Problem::from(Error::new(code, "no")), id());
            assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!(theirs)), "{code:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_has_another_status_where_end_users_are() {
        let faults = vec![
            Fault::new("name", ErrorCode::InvalidField, "is empty"),
            Fault::new("name", ErrorCode::InvalidField, "is long"),
            Fault::new("slug", ErrorCode::InvalidRequest, "must be a string"),
        ];
        let problem = Problem::from(Error::from_faults(faults).expect_err("three faults"));
        let details = json!({
            "name": { "code": "invalid_field", "message": "is empty" },
            "slug": { "code": "invalid_request", "message": "must be a string" },
        });
        for (form, status) in [(for_operators as Form, 422), (for_end_users, 400)] {
            let (found, body) = form(&problem, id());
            assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!("validation_error")));
            assert_eq!(body["error"]["details"], details);
        }
    }

    #[test]
    fn what_is_in_the_way_of_another_is_a_conflict() {
        let error = Error::invalid(Fault::new("slug", ErrorCode::SlugTaken, "is taken"));
        let (status, body) = for_operators(&Problem::from(error), id());
        assert_eq!((status, &body["error"]["code"]), (StatusCode::CONFLICT, &json!("slug_taken")));
        assert_eq!(body["error"]["details"]["slug"]["message"], "is taken");
    }

    #[test]
    fn whoever_has_to_wait_is_told_how_long() {
        for (problem, status, code) in [
            (rate_limit_exceeded(12), 429, "rate_limit_exceeded"),
            (of_sign_in(SignInRefused::TooOften { retry_after_s: 12 }), 403, "account_locked"),
        ] {
            let (found, body) = for_operators(&problem, id());
            assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!(code)));
            assert_eq!(body["error"]["details"], json!({ "retry_after": 12 }));
        }
    }
}
