//! The refusals of the native API, as its description lists them.

use std::collections::BTreeMap;

use appkeep_api_types::Problem;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// What every operation can answer: 401, 403, 500, 503.
pub(crate) struct Guarded;

/// What every operation with a body can answer: 400, 413, 415.
pub(super) struct Misread;

/// What everything that asks the database can answer: 500, 503.
pub(crate) struct Unavailable;

/// One status of refusal.
pub(super) struct Refused<const STATUS: u16>;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Guarded {
    fn responses() -> Responses {
        all(&[401, 403, 500, 503])
    }
}

impl IntoResponses for Misread {
    fn responses() -> Responses {
        all(&[400, 413, 415])
    }
}

impl IntoResponses for Unavailable {
    fn responses() -> Responses {
        all(&[500, 503])
    }
}

impl<const STATUS: u16> IntoResponses for Refused<STATUS> {
    fn responses() -> Responses {
        all(&[STATUS])
    }
}

fn all(statuses: &[u16]) -> Responses {
    statuses.iter().map(|&status| (status.to_string(), refusal(status).into())).collect()
}

/// How a refusal of this status is described.
pub(crate) fn refusal(status: u16) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(meaning(status)).content("application/json", content);
    let header = |text: &str| HeaderBuilder::new().description(Some(text)).build();
    match status {
        401 | 403 => response.header("WWW-Authenticate", header("The challenge of RFC 6750 §3")),
        429 | 503 => response.header("Retry-After", header("In how many seconds to try again")),
        _ => response,
    }
    .build()
}

const fn meaning(status: u16) -> &'static str {
    match status {
        400 => {
            "`invalid_request`: the request has the wrong form, or `not_applicable`: the operation does not exist for this type of application"
        }
        401 => "`invalid_token`: there is no access token or API key, or one that is not accepted",
        403 => {
            "`insufficient_scope`: the token lacks the scope, or `forbidden`: the caller may not do this, or grant that, or `impersonation_forbids`: only the person whom somebody acts as may"
        }
        404 => {
            "There is no such thing for this caller: `app_not_found`, `credential_not_found`, `scope_not_found`, `user_not_found`, `group_not_found`, `member_not_found`, `assignment_not_found`, `session_not_found`, `impersonation_not_found`, `lockout_not_found`, `consent_not_found`, `connection_not_found`, `identity_not_found`, `partner_not_found`, `tenant_not_found`, `token_not_found`, `integration_not_found`, `service_account_not_found`, `operator_not_found`, `role_not_found`, `not_found`"
        }
        409 => {
            "Something else came first: `slug_taken`, `scope_taken`, `email_taken`, `username_taken`, `group_name_taken`, `provider_taken`, `token_id_taken`, `integration_name_taken`, `integration_archived`, `audience_taken`, `group_cycle`, `nonce_used`, `app_in_use_cannot_delete`, `mfa_already_enabled`, or there are enough already: `too_many_secrets`, `too_many_scopes`, `too_many_groups`, `group_too_deep`, `too_many_roles`, `too_many_connections`, `too_many_access_sessions`, `too_many_integrations`, `cap_reached`; or nobody would be left: `last_owner`; or the request was sent before: `idempotency_in_progress`, `idempotency_answer_lost`"
        }
        412 => "`precondition_failed`: `If-Match` names a version that is no longer the latest",
        413 => "`payload_too_large`: the body is longer than 256 KiB",
        415 => "`unsupported_media_type`: the body is not declared as JSON",
        422 => {
            "The form is right and a value is not; `details` names each field: `invalid_field`, `redirect_uri_invalid`, `wildcard_uri_forbidden`, `origin_invalid`, `scope_unknown`, `immutable_field`, `password_too_weak`, `totp_invalid`; or another body came with the same key: `idempotency_key_reused`"
        }
        429 => "`too_many_requests`: too much was asked for, or went wrong, from there",
        500 => "`internal_error`: a fault of the server",
        _ => "`unavailable`: the database cannot be reached, or this server cannot tell what was revoked",
    }
}
