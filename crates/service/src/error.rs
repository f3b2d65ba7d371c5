//! Why a use case did not happen.

use std::borrow::Cow;
use std::error::Error as StdError;

use appkeep_storage::StorageError;

/// The stable word of a refusal: a promise to callers, where the sentence beside
/// it is not. `docs/errors.md` says what each means and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    InvalidRequest,
    NotApplicable,
    InvalidToken,
    InsufficientScope,
    Forbidden,
    ImpersonationForbids,
    AppNotFound,
    NotFound,
    ScopeNotFound,
    CredentialNotFound,
    UserNotFound,
    GroupNotFound,
    MemberNotFound,
    AssignmentNotFound,
    SessionNotFound,
    ImpersonationNotFound,
    LockoutNotFound,
    ConsentNotFound,
    ConnectionNotFound,
    IdentityNotFound,
    PartnerNotFound,
    TenantNotFound,
    TokenNotFound,
    IntegrationNotFound,
    ServiceAccountNotFound,
    OperatorNotFound,
    RoleNotFound,
    SlugTaken,
    AudienceTaken,
    ScopeTaken,
    EmailTaken,
    UsernameTaken,
    GroupNameTaken,
    ProviderTaken,
    TokenIdTaken,
    IntegrationNameTaken,
    IntegrationArchived,
    GroupCycle,
    GroupTooDeep,
    MfaAlreadyEnabled,
    TooManySecrets,
    TooManyScopes,
    TooManyGroups,
    TooManyRoles,
    TooManyConnections,
    TooManyAccessSessions,
    TooManyIntegrations,
    NonceUsed,
    TooManyRequests,
    CapReached,
    LastOwner,
    AppInUseCannotDelete,
    IdempotencyInProgress,
    IdempotencyAnswerLost,
    IdempotencyKeyReused,
    PreconditionFailed,
    RedirectUriInvalid,
    WildcardUriForbidden,
    OriginInvalid,
    ScopeUnknown,
    ImmutableField,
    PasswordTooWeak,
    TotpInvalid,
    InvalidField,
    Internal,
    Unavailable,
}

impl ErrorCode {
    pub const ALL: [Self; 66] = [
        Self::InvalidRequest,
        Self::NotApplicable,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::Forbidden,
        Self::ImpersonationForbids,
        Self::AppNotFound,
        Self::NotFound,
        Self::ScopeNotFound,
        Self::CredentialNotFound,
        Self::UserNotFound,
        Self::GroupNotFound,
        Self::MemberNotFound,
        Self::AssignmentNotFound,
        Self::SessionNotFound,
        Self::ImpersonationNotFound,
        Self::LockoutNotFound,
        Self::ConsentNotFound,
        Self::ConnectionNotFound,
        Self::IdentityNotFound,
        Self::PartnerNotFound,
        Self::TenantNotFound,
        Self::TokenNotFound,
        Self::IntegrationNotFound,
        Self::ServiceAccountNotFound,
        Self::OperatorNotFound,
        Self::RoleNotFound,
        Self::SlugTaken,
        Self::AudienceTaken,
        Self::ScopeTaken,
        Self::EmailTaken,
        Self::UsernameTaken,
        Self::GroupNameTaken,
        Self::ProviderTaken,
        Self::TokenIdTaken,
        Self::IntegrationNameTaken,
        Self::IntegrationArchived,
        Self::GroupCycle,
        Self::GroupTooDeep,
        Self::MfaAlreadyEnabled,
        Self::TooManySecrets,
        Self::TooManyScopes,
        Self::TooManyGroups,
        Self::TooManyRoles,
        Self::TooManyConnections,
        Self::TooManyAccessSessions,
        Self::TooManyIntegrations,
        Self::NonceUsed,
        Self::TooManyRequests,
        Self::CapReached,
        Self::LastOwner,
        Self::AppInUseCannotDelete,
        Self::IdempotencyInProgress,
        Self::IdempotencyAnswerLost,
        Self::IdempotencyKeyReused,
        Self::PreconditionFailed,
        Self::RedirectUriInvalid,
        Self::WildcardUriForbidden,
        Self::OriginInvalid,
        Self::ScopeUnknown,
        Self::ImmutableField,
        Self::PasswordTooWeak,
        Self::TotpInvalid,
        Self::InvalidField,
        Self::Internal,
        Self::Unavailable,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::NotApplicable => "not_applicable",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden => "forbidden",
            Self::ImpersonationForbids => "impersonation_forbids",
            Self::AppNotFound => "app_not_found",
            Self::NotFound => "not_found",
            Self::ScopeNotFound => "scope_not_found",
            Self::CredentialNotFound => "credential_not_found",
            Self::UserNotFound => "user_not_found",
            Self::GroupNotFound => "group_not_found",
            Self::MemberNotFound => "member_not_found",
            Self::AssignmentNotFound => "assignment_not_found",
            Self::SessionNotFound => "session_not_found",
            Self::ImpersonationNotFound => "impersonation_not_found",
            Self::LockoutNotFound => "lockout_not_found",
            Self::ConsentNotFound => "consent_not_found",
            Self::ConnectionNotFound => "connection_not_found",
            Self::IdentityNotFound => "identity_not_found",
            Self::PartnerNotFound => "partner_not_found",
            Self::TenantNotFound => "tenant_not_found",
            Self::TokenNotFound => "token_not_found",
            Self::IntegrationNotFound => "integration_not_found",
            Self::ServiceAccountNotFound => "service_account_not_found",
            Self::OperatorNotFound => "operator_not_found",
            Self::RoleNotFound => "role_not_found",
            Self::SlugTaken => "slug_taken",
            Self::AudienceTaken => "audience_taken",
            Self::ScopeTaken => "scope_taken",
            Self::EmailTaken => "email_taken",
            Self::UsernameTaken => "username_taken",
            Self::GroupNameTaken => "group_name_taken",
            Self::ProviderTaken => "provider_taken",
            Self::TokenIdTaken => "token_id_taken",
            Self::IntegrationNameTaken => "integration_name_taken",
            Self::IntegrationArchived => "integration_archived",
            Self::GroupCycle => "group_cycle",
            Self::GroupTooDeep => "group_too_deep",
            Self::MfaAlreadyEnabled => "mfa_already_enabled",
            Self::TooManySecrets => "too_many_secrets",
            Self::TooManyScopes => "too_many_scopes",
            Self::TooManyGroups => "too_many_groups",
            Self::TooManyRoles => "too_many_roles",
            Self::TooManyConnections => "too_many_connections",
            Self::TooManyAccessSessions => "too_many_access_sessions",
            Self::TooManyIntegrations => "too_many_integrations",
            Self::NonceUsed => "nonce_used",
            Self::TooManyRequests => "too_many_requests",
            Self::CapReached => "cap_reached",
            Self::LastOwner => "last_owner",
            Self::AppInUseCannotDelete => "app_in_use_cannot_delete",
            Self::IdempotencyInProgress => "idempotency_in_progress",
            Self::IdempotencyAnswerLost => "idempotency_answer_lost",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::PreconditionFailed => "precondition_failed",
            Self::RedirectUriInvalid => "redirect_uri_invalid",
            Self::WildcardUriForbidden => "wildcard_uri_forbidden",
            Self::OriginInvalid => "origin_invalid",
            Self::ScopeUnknown => "scope_unknown",
            Self::ImmutableField => "immutable_field",
            Self::PasswordTooWeak => "password_too_weak",
            Self::TotpInvalid => "totp_invalid",
            Self::InvalidField => "invalid_field",
            Self::Internal => "internal_error",
            Self::Unavailable => "unavailable",
        }
    }
}

/// One field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// As the caller wrote it, such as `redirect_uris[1]`.
    pub field: String,
    pub code: ErrorCode,
    pub message: String,
}

impl Fault {
    pub fn new(field: impl Into<String>, code: ErrorCode, message: impl ToString) -> Self {
        Self { field: field.into(), code, message: message.to_string() }
    }
}

/// A refusal or a failure.
///
/// `Display` is what the caller may read and names nothing internal; what the
/// operator needs is in `source()`, and is logged once, where the answer leaves.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: ErrorCode,
    message: Cow<'static, str>,
    faults: Vec<Fault>,
    scope: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), faults: Vec::new(), scope: None, source: None }
    }

    /// What is wrong with the fields of a request, all at once; the first one's
    /// code and sentence stand for the whole. `Ok` when nothing is.
    pub fn from_faults(faults: Vec<Fault>) -> Result<(), Self> {
        let Some(first) = faults.first() else { return Ok(()) };
        let (code, message) = (first.code, format!("{}: {}", first.field, first.message));
        Err(Self { code, message: message.into(), faults, scope: None, source: None })
    }

    pub fn invalid(fault: Fault) -> Self {
        let message = format!("{}: {}", fault.field, fault.message);
        Self { code: fault.code, message: message.into(), faults: vec![fault], scope: None, source: None }
    }

    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the scope that an access token would need (RFC 6750 §3).
    pub const fn wanting(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The same, where the fields go by other names. The sentence of a single
    /// fault goes along.
    #[must_use]
    pub fn with_fields_named(mut self, name: impl Fn(&str) -> String) -> Self {
        for fault in &mut self.faults {
            fault.field = name(&fault.field);
        }
        if let Some(first) = self.faults.first() {
            self.message = format!("{}: {}", first.field, first.message).into();
        }
        self
    }

    pub const fn scope(&self) -> Option<&'static str> {
        self.scope
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        let (code, message) = match &error {
            StorageError::Stale => (
                ErrorCode::PreconditionFailed,
                "someone else changed this at the same moment; read it again and repeat the change",
            ),
            StorageError::Unavailable(_) => {
                (ErrorCode::Unavailable, "the database cannot be reached; try again shortly")
            }
            StorageError::Superseded => (
                ErrorCode::IdempotencyInProgress,
                "this took so long that a repetition with the same `Idempotency-Key` has begun in its place",
            ),
            // A clash that a use case expects is given its meaning there.
            StorageError::Taken(_)
            | StorageError::ForeignKey(_)
            | StorageError::Corrupt { .. }
            | StorageError::Aborted
            | StorageError::Suspended
            | StorageError::Panicked
            | StorageError::Driver(_) => (ErrorCode::Internal, "something went wrong here"),
        };
        Self::new(code, message).because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_once() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            let same = ErrorCode::ALL.iter().position(|other| other.as_str() == code.as_str());
            assert_eq!(same, Some(index), "{code:?}");
        }
    }

    #[test]
    fn the_first_fault_speaks_for_all() {
        assert!(Error::from_faults(Vec::new()).is_ok());
        let faults = vec![
            Fault::new("name", ErrorCode::InvalidField, "is empty"),
            Fault::new("redirect_uris[0]", ErrorCode::WildcardUriForbidden, "contains *"),
        ];
        let error = Error::from_faults(faults).expect_err("two faults");
        assert_eq!((error.code(), error.to_string().as_str()), (ErrorCode::InvalidField, "name: is empty"));
        assert_eq!(error.faults().len(), 2);
    }

    #[test]
    fn a_field_can_go_by_another_name() {
        let error = Error::invalid(Fault::new("name", ErrorCode::InvalidField, "is empty"));
        let renamed = error.with_fields_named(|field| format!("display_{field}"));
        assert_eq!(
            (renamed.to_string().as_str(), renamed.code()),
            ("display_name: is empty", ErrorCode::InvalidField)
        );
        assert_eq!(renamed.faults()[0].field, "display_name");
    }

    #[test]
    fn what_the_database_said_stays_inside() {
        let error = Error::from(StorageError::Taken("applications.slug".into()));
        assert_eq!(error.code(), ErrorCode::Internal);
        assert!(!error.to_string().contains("applications"));
        assert!(error.source().is_some());
    }
}
