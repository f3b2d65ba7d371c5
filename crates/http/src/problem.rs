//! The one form of a refusal in the native API, and the one table of statuses.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::sync::Arc;

use appkeep_api_types::{self as api, Detail};
use appkeep_domain::RequestId;
use appkeep_service::{Error, ErrorCode, Fault};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::outgoing::Json;

/// A refusal on its way out. It becomes JSON where the answer leaves, because
/// the id of the request is known there, and it is logged there, once.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    faults: Vec<Fault>,
    challenge: Option<Box<str>>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
    retry_after_s: Option<u32>,
    is_unreadable: bool,
    form: Form,
    is_details: bool,
}

/// The media type of RFC 9457.
const DETAILS: &str = "application/problem+json";

/// How a surface writes a refusal out.
pub type Form = fn(&Problem, RequestId) -> (StatusCode, Value);

/// What a service error is called in HTTP.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::NotApplicable => StatusCode::BAD_REQUEST,
        ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope | ErrorCode::Forbidden | ErrorCode::ImpersonationForbids => {
            StatusCode::FORBIDDEN
        }
        ErrorCode::AppNotFound
        | ErrorCode::NotFound
        | ErrorCode::ScopeNotFound
        | ErrorCode::CredentialNotFound
        | ErrorCode::UserNotFound
        | ErrorCode::GroupNotFound
        | ErrorCode::MemberNotFound
        | ErrorCode::AssignmentNotFound
        | ErrorCode::SessionNotFound
        | ErrorCode::ImpersonationNotFound
        | ErrorCode::LockoutNotFound
        | ErrorCode::ConsentNotFound
        | ErrorCode::ConnectionNotFound
        | ErrorCode::IdentityNotFound
        | ErrorCode::PartnerNotFound
        | ErrorCode::TenantNotFound
        | ErrorCode::OperatorNotFound
        | ErrorCode::TokenNotFound
        | ErrorCode::IntegrationNotFound
        | ErrorCode::ServiceAccountNotFound
        | ErrorCode::RoleNotFound => StatusCode::NOT_FOUND,
        ErrorCode::SlugTaken
        | ErrorCode::AudienceTaken
        | ErrorCode::ScopeTaken
        | ErrorCode::EmailTaken
        | ErrorCode::UsernameTaken
        | ErrorCode::GroupNameTaken
        | ErrorCode::ProviderTaken
        | ErrorCode::TokenIdTaken
        | ErrorCode::IntegrationNameTaken
        | ErrorCode::IntegrationArchived
        | ErrorCode::GroupCycle
        | ErrorCode::GroupTooDeep
        | ErrorCode::MfaAlreadyEnabled
        | ErrorCode::TooManySecrets
        | ErrorCode::TooManyScopes
        | ErrorCode::TooManyGroups
        | ErrorCode::TooManyRoles
        | ErrorCode::TooManyConnections
        | ErrorCode::TooManyAccessSessions
        | ErrorCode::TooManyIntegrations
        | ErrorCode::NonceUsed
        | ErrorCode::CapReached
        | ErrorCode::LastOwner
        | ErrorCode::IdempotencyInProgress
        | ErrorCode::IdempotencyAnswerLost
        | ErrorCode::AppInUseCannotDelete => StatusCode::CONFLICT,
        ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorCode::RedirectUriInvalid
        | ErrorCode::WildcardUriForbidden
        | ErrorCode::OriginInvalid
        | ErrorCode::ScopeUnknown
        | ErrorCode::ImmutableField
        | ErrorCode::PasswordTooWeak
        | ErrorCode::TotpInvalid
        | ErrorCode::IdempotencyKeyReused
        | ErrorCode::InvalidField => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The challenge of RFC 6750 §3, for the refusals that have one.
fn challenge(error: &Error) -> Option<Box<str>> {
    match (error.code(), error.scope()) {
        (ErrorCode::InvalidToken, _) => Some("Bearer realm=\"appkeep\", error=\"invalid_token\"".into()),
        (ErrorCode::InsufficientScope, None) => {
            Some("Bearer realm=\"appkeep\", error=\"insufficient_scope\"".into())
        }
        (ErrorCode::InsufficientScope, Some(scope)) => {
            Some(format!("Bearer realm=\"appkeep\", error=\"insufficient_scope\", scope=\"{scope}\"").into())
        }
        _ => None,
    }
}

impl Problem {
    /// RFC 6750 §3.1: whoever brought no token is told no error code in the
    /// challenge.
    pub(crate) fn no_token() -> Self {
        let message = "this needs an access token, sent as `Authorization: Bearer …`";
        let challenge = Some("Bearer realm=\"appkeep\"".into());
        Self { challenge, ..Error::new(ErrorCode::InvalidToken, message).into() }
    }

    /// The code, if it is refused because of who asks.
    pub(crate) fn refused_code(&self) -> Option<&'static str> {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN).then_some(self.code)
    }

    /// For a path that leads nowhere.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
    }

    /// For a path that does not take this method.
    pub fn method_not_allowed() -> Self {
        let message = "this path does not take this method; `Allow` lists those it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    pub(crate) fn payload_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "the body is longer than 256 KiB")
    }

    pub(crate) fn unsupported_media_type() -> Self {
        let message = "the body must be declared as `application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    }

    /// For a body that is not what it was declared to be.
    pub(crate) fn unreadable(message: impl Into<Cow<'static, str>>) -> Self {
        Self { is_unreadable: true, ..Self::invalid_request(message) }
    }

    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorCode::InvalidRequest, message).into()
    }

    pub(crate) fn not_ready() -> Self {
        Error::new(ErrorCode::Unavailable, "this server is not ready; ask another, or try again shortly")
            .into()
    }

    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Error::new(ErrorCode::Internal, "something went wrong here").because(cause).into()
    }

    fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            faults: Vec::new(),
            challenge: None,
            cause: None,
            retry_after_s: None,
            is_unreadable: false,
            form: native,
            is_details: false,
        }
    }

    /// In the words of another surface, where the native API has none.
    pub fn refused(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..Self::new(status, code, "") }
    }

    /// The same refusal, and in how many seconds it is worth asking again.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The same refusal, and where a stranger learns who gives out tokens
    /// (RFC 9728 §5.1).
    #[must_use]
    pub(crate) fn pointing_to(self, metadata: &str) -> Self {
        let told = |challenge: Box<str>| format!("{challenge}, resource_metadata=\"{metadata}\"").into();
        Self { challenge: self.challenge.map(told), ..self }
    }

    /// The same refusal, in the form of another surface.
    #[must_use]
    pub fn in_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The same as problem details (RFC 9457), by a surface whose keys belong to no
    /// scheme of HTTP: nobody is challenged to bring a token.
    #[must_use]
    pub fn in_details(self, form: Form) -> Self {
        Self { is_details: true, form, challenge: None, ..self }
    }

    /// For an answer that shows it: the log and the history of refusals are told
    /// all the same.
    #[must_use]
    pub fn shown(self) -> ShownProblem {
        ShownProblem(self)
    }

    /// What the native API answers.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Stable, such as `app_not_found`.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// For the reader.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Each field at fault, as the native API calls it.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// In how many seconds it is worth asking again, if that is known.
    pub const fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// Whether the body could not be read as what it was declared to be.
    pub const fn is_unreadable(&self) -> bool {
        self.is_unreadable
    }

    /// When it is worth asking again, if it is.
    fn tell_when(&self, headers: &mut HeaderMap) {
        let is_for_now =
            matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        if let Some(seconds) = self.retry_after_s.or(is_for_now.then_some(1)) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    fn log(&self) {
        let (code, status, message) = (self.code, self.status.as_u16(), self.logged());
        let cause = chain(self.cause.as_deref().and_then(|error| error.source()));
        if self.status.is_server_error() {
            tracing::error!(error = code, status, cause, "a request failed: {message}");
        } else {
            tracing::debug!(error = code, status, cause, "a request was refused: {message}");
        }
    }

    /// The message without the caller's own words: the name of a member that is
    /// not known may be a secret in the wrong place.
    fn logged(&self) -> Cow<'static, str> {
        match self.faults.first() {
            Some(fault) if fault.code == ErrorCode::InvalidRequest => {
                format!("a field {}", fault.message).into()
            }
            _ => self.message.clone(),
        }
    }
}

/// A refusal that is in the answer already, in words for people.
#[derive(Debug, Clone)]
pub struct ShownProblem(Problem);

impl ShownProblem {
    pub(crate) fn refused_code(&self) -> Option<&'static str> {
        self.0.refused_code()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self {
            status: status(error.code()),
            code: error.code().as_str(),
            message: error.to_string().into(),
            faults: error.faults().to_vec(),
            challenge: challenge(&error),
            cause: Some(Arc::new(error)),
            retry_after_s: None,
            is_unreadable: false,
            form: native,
            is_details: false,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes out the problem that an answer carries, if it carries one.
pub(crate) fn write(mut response: Response, id: RequestId) -> Response {
    if let Some(ShownProblem(problem)) = response.extensions_mut().remove() {
        problem.log();
        problem.tell_when(response.headers_mut());
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    problem.log();
    let (status, body) = (problem.form)(&problem, id);
    let mut written = (status, Json(body)).into_response();
    if problem.is_details {
        written.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(DETAILS));
    }
    for (name, value) in response.headers() {
        // Those of the body are of the body that is no more.
        if name != CONTENT_LENGTH && name != CONTENT_TYPE {
            written.headers_mut().append(name, value.clone());
        }
    }
    let challenge = problem.challenge.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
    if let Some(challenge) = challenge {
        written.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    problem.tell_when(written.headers_mut());
    written
}

fn native(problem: &Problem, id: RequestId) -> (StatusCode, Value) {
    let mut details = BTreeMap::new();
    for fault in &problem.faults {
        let detail = Detail { code: fault.code.as_str().to_owned(), message: fault.message.clone() };
        // Of two faults of one field, the first found is told.
        details.entry(fault.field.clone()).or_insert(detail);
    }
    let written = api::Problem {
        error: problem.code.to_owned(),
        message: problem.message.clone().into_owned(),
        details,
        request_id: id.to_string(),
    };
    (problem.status, serde_json::to_value(written).expect("texts always print"))
}

fn chain(mut error: Option<&(dyn StdError + 'static)>) -> Option<String> {
    let mut sentences = Vec::new();
    while let Some(cause) = error {
        sentences.push(cause.to_string());
        error = cause.source();
    }
    (!sentences.is_empty()).then(|| sentences.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_refusal() {
        for code in ErrorCode::ALL {
            assert!(status(code).as_u16() >= 400, "{code:?}");
        }
    }

    #[test]
    fn the_log_does_not_repeat_a_name_that_the_caller_made_up() {
        let fault = |field: &str, code, message: &str| {
            Problem::from(Error::invalid(Fault::new(field, code, message)))
        };
        let unknown = fault("hunter2", ErrorCode::InvalidRequest, "is not known");
        assert_eq!(unknown.logged(), "a field is not known");
        let known = fault("expires_at", ErrorCode::InvalidField, "is not in the future");
        assert_eq!(known.logged(), "expires_at: is not in the future");
    }

    #[test]
    fn the_description_tells_every_code_under_its_status() {
        let document: serde_json::Value = serde_json::from_str(&crate::openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("an object").values();
        let operations = paths.flat_map(|path| path.as_object().expect("an object").values());
        let responses: Vec<_> = operations.map(|operation| &operation["responses"]).collect();
        for code in ErrorCode::ALL {
            let told = |responses: &&serde_json::Value| {
                let meaning = responses[status(code).as_str()]["description"].as_str();
                meaning.is_some_and(|meaning| meaning.contains(&format!("`{}`", code.as_str())))
            };
            assert!(responses.iter().any(told), "{code:?}");
        }
    }

    #[test]
    fn the_documentation_lists_every_code() {
        let page = include_str!("../../../docs/errors.md");
        for code in ErrorCode::ALL {
            assert!(page.contains(&format!("| `{}` |", code.as_str())), "{code:?}");
        }
    }

    #[test]
    fn a_chain_tells_every_cause() {
        let inner = Error::new(ErrorCode::Internal, "inner").because("root");
        let outer = Error::new(ErrorCode::Internal, "outer").because(inner);
        assert_eq!(chain(outer.source()).as_deref(), Some("inner: root"));
        assert_eq!(chain(None), None);
    }
}
