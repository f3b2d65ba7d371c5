//! The one form of a refusal at the OAuth endpoints (RFC 6749 §5.2), and their
//! table of statuses.

use appkeep_api_types::OauthRefusal;
use appkeep_domain::RequestId;
use appkeep_oauth::{ErrorCode, Refusal};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::outgoing::Json;

/// A refusal on its way out. As a [`Problem`](crate::Problem) it becomes JSON,
/// and is logged, where the answer leaves.
#[derive(Debug, Clone)]
pub(crate) struct Refused(Refusal);

/// What a refusal is called in HTTP.
const fn status(refusal: &Refusal) -> StatusCode {
    if refusal.retry_after().is_some() {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    match refusal.code() {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        // Where nobody can be sent back with it.
        ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidGrant
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::IntegrationRequired
        | ErrorCode::ProviderRequired
        | ErrorCode::ProviderNotConfigured
        | ErrorCode::ProviderReauthorizationRequired
        | ErrorCode::UnsupportedTokenType
        | ErrorCode::InvalidRedirectUri
        | ErrorCode::InvalidClientMetadata
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::InteractionRequired
        | ErrorCode::LoginRequired
        | ErrorCode::AccountSelectionRequired
        | ErrorCode::ConsentRequired
        | ErrorCode::InvalidRequestUri
        | ErrorCode::InvalidRequestObject
        | ErrorCode::RequestNotSupported
        | ErrorCode::RequestUriNotSupported
        | ErrorCode::RegistrationNotSupported => StatusCode::BAD_REQUEST,
    }
}

impl Refused {
    /// The code, if it is refused because of who asks.
    pub(crate) const fn refused_code(&self) -> Option<&'static str> {
        match self.0.code() {
            ErrorCode::InvalidClient
            | ErrorCode::InvalidToken
            | ErrorCode::UnauthorizedClient
            | ErrorCode::AccessDenied => Some(self.0.code().as_str()),
            _ => None,
        }
    }

    fn log(&self) {
        let Self(refusal) = self;
        let (error, status) = (refusal.code().as_str(), status(refusal));
        let (cause, description) = (refusal.cause(), refusal.description());
        if status.is_server_error() {
            tracing::error!(error, status = status.as_u16(), cause, "a request failed: {description}");
        } else {
            tracing::debug!(error, status = status.as_u16(), cause, "a request was refused: {description}");
        }
    }

    fn document(&self, id: RequestId) -> OauthRefusal {
        let description = self.0.description().to_owned();
        OauthRefusal {
            error: self.0.code().as_str().to_owned(),
            error_description: description.clone(),
            message: description,
            request_id: id.to_string(),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = status(&self.0).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes out the refusal that an answer carries, if it carries one.
pub(crate) fn write(mut response: Response, id: RequestId) -> Response {
    let Some(refused) = response.extensions_mut().remove::<Refused>() else { return response };
    refused.log();
    let status = response.status();
    let mut written = (status, Json(refused.document(id))).into_response();
    for (name, value) in response.headers() {
        // Those of the body are of the body that is no more.
        if name != CONTENT_LENGTH && name != CONTENT_TYPE {
            written.headers_mut().append(name, value.clone());
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        written.headers_mut().insert(WWW_AUTHENTICATE, challenge(refused.0.code()));
    }
    if let Some(seconds) = refused.0.retry_after() {
        written.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        written.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    written
}

/// How to prove oneself: by a token where one is asked for (RFC 6750 §3), and
/// else as a client does.
fn challenge(code: ErrorCode) -> HeaderValue {
    HeaderValue::from_static(match code {
        ErrorCode::InvalidToken => "Bearer realm=\"appkeep\", error=\"invalid_token\"",
        _ => "Basic realm=\"appkeep\"",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_refusal() {
        for code in ErrorCode::ALL {
            assert!(status(&Refusal::new(code, "no")).as_u16() >= 400, "{code:?}");
            assert_eq!(status(&Refusal::new(code, "no").after(1)), StatusCode::TOO_MANY_REQUESTS);
        }
    }
}
