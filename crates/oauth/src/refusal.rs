//! Why a request is refused, in the words of the RFCs.

use std::borrow::Cow;

/// The `error` of an OAuth error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 §5.2
    InvalidRequest,
    /// RFC 6749 §5.2
    InvalidClient,
    /// RFC 6749 §5.2
    InvalidGrant,
    /// RFC 6749 §5.2
    UnauthorizedClient,
    /// RFC 6749 §5.2
    UnsupportedGrantType,
    /// RFC 6749 §5.2
    InvalidScope,
    /// RFC 8707 §2
    InvalidTarget,
    /// What a token is wanted for is not connected for whom it is wanted.
    IntegrationRequired,
    /// Nobody said whose token is wanted.
    ProviderRequired,
    /// Nobody said as what we are registered with whoever gives it out.
    ProviderNotConfigured,
    /// What was allowed there is over.
    ProviderReauthorizationRequired,
    /// RFC 6750 §3.1
    InvalidToken,
    /// RFC 7591 §3.2.2
    InvalidRedirectUri,
    /// RFC 7591 §3.2.2
    InvalidClientMetadata,
    /// RFC 7009 §2.2.1
    UnsupportedTokenType,
    /// RFC 6749 §4.1.2.1
    AccessDenied,
    /// RFC 6749 §4.1.2.1
    ServerError,
    /// RFC 6749 §4.1.2.1
    TemporarilyUnavailable,
    /// RFC 6749 §4.1.2.1
    UnsupportedResponseType,
    /// OIDC Core §3.1.2.6
    InteractionRequired,
    /// OIDC Core §3.1.2.6
    LoginRequired,
    /// OIDC Core §3.1.2.6
    AccountSelectionRequired,
    /// OIDC Core §3.1.2.6
    ConsentRequired,
    /// OIDC Core §3.1.2.6
    InvalidRequestUri,
    /// OIDC Core §3.1.2.6
    InvalidRequestObject,
    /// OIDC Core §3.1.2.6
    RequestNotSupported,
    /// OIDC Core §3.1.2.6
    RequestUriNotSupported,
    /// OIDC Core §3.1.2.6
    RegistrationNotSupported,
}

impl ErrorCode {
    pub const ALL: [Self; 28] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::IntegrationRequired,
        Self::ProviderRequired,
        Self::ProviderNotConfigured,
        Self::ProviderReauthorizationRequired,
        Self::InvalidToken,
        Self::InvalidRedirectUri,
        Self::InvalidClientMetadata,
        Self::UnsupportedTokenType,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::UnsupportedResponseType,
        Self::InteractionRequired,
        Self::LoginRequired,
        Self::AccountSelectionRequired,
        Self::ConsentRequired,
        Self::InvalidRequestUri,
        Self::InvalidRequestObject,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::RegistrationNotSupported,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::IntegrationRequired => "integration_required",
            Self::ProviderRequired => "provider_required",
            Self::ProviderNotConfigured => "provider_not_configured",
            Self::ProviderReauthorizationRequired => "provider_reauthorization_required",
            Self::InvalidToken => "invalid_token",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

/// A request refused: a code, a sentence for the client, and for the log why.
///
/// `Display` is the sentence. The cause is for the log alone: it may name what
/// the client must not learn, and is printed by nothing but `Debug`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct Refusal {
    code: ErrorCode,
    description: Cow<'static, str>,
    cause: Option<String>,
    retry_after: Option<u32>,
}

impl Refusal {
    /// Refuses with a sentence that the client may read.
    ///
    /// Characters that RFC 6749 §5.2 forbids in an `error_description` become
    /// `?`, so that a sentence may safely quote what the client sent.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: printable(description.into()), cause: None, retry_after: None }
    }

    /// Adds what only the log may say.
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says that it is refused for being asked too often (RFC 6585 §4), and
    /// after how many seconds it would not be.
    pub const fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub const fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

fn printable(description: Cow<'static, str>) -> Cow<'static, str> {
    if description.chars().all(is_description_char) {
        return description;
    }
    description.chars().map(|c| if is_description_char(c) { c } else { '?' }).collect::<String>().into()
}

/// `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 §5.2): no quote, no backslash.
const fn is_description_char(c: char) -> bool {
    matches!(c, ' '..='~') && c != '"' && c != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_words() {
        let words: std::collections::BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), ErrorCode::ALL.len());
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }

    #[test]
    fn the_cause_is_not_in_the_sentence() {
        let refusal =
            Refusal::new(ErrorCode::InvalidClient, "not authenticated").because("unknown client app_1");
        assert_eq!(refusal.to_string(), "not authenticated");
        assert_eq!(refusal.code(), ErrorCode::InvalidClient);
        assert_eq!(refusal.cause(), Some("unknown client app_1"));
        assert!(std::error::Error::source(&refusal).is_none(), "a source would be printed by error chains");
    }

    #[test]
    fn a_sentence_keeps_to_the_characters_of_the_rfc() {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "`a\"b\\c\né` is sent twice");
        assert_eq!(refusal.description(), "`a?b?c??` is sent twice");
    }
}
