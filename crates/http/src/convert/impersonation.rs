//! Operators who act as an application's people.

use appkeep_api_types as api;
use appkeep_domain::{EndReason, UserAgent};
use appkeep_service::{ImpersonationFields, ImpersonationView, StartedImpersonation};

use super::{moment, text};

pub(crate) fn impersonation(view: ImpersonationView) -> api::Impersonation {
    let ImpersonationView { impersonation, end, user_email, operator } = view;
    let (email, from) = operator.map(|operator| (operator.email, operator.from)).unzip();
    api::Impersonation {
        id: impersonation.id.to_string(),
        application_id: impersonation.application.to_string(),
        user_id: impersonation.user.to_string(),
        user_email: user_email.map(|email| email.as_str().to_owned()),
        operator_id: impersonation.operator.to_string(),
        operator_email: email.flatten().map(|email| email.as_str().to_owned()),
        session_id: impersonation.session.to_string(),
        reason: impersonation.reason.to_string(),
        started_at: moment(impersonation.started_at),
        expires_at: moment(impersonation.expires_at),
        ended_at: end.map(|end| moment(end.at)),
        end_reason: end.map(|end| end_reason(end.reason)),
        address: from.as_ref().and_then(|from| from.address.as_ref()).map(text),
        user_agent: from.and_then(|from| from.user_agent).as_ref().map(UserAgent::as_str).map(str::to_owned),
    }
}

pub(crate) fn new_impersonation(
    new: api::NewImpersonation,
    user_agent: Option<UserAgent>,
) -> ImpersonationFields {
    let api::NewImpersonation { user_id, reason, duration_s } = new;
    ImpersonationFields { user: user_id, reason, duration_s, user_agent }
}

pub(crate) fn started_impersonation(started: StartedImpersonation) -> api::StartedImpersonation {
    let StartedImpersonation { view, token } = started;
    api::StartedImpersonation {
        impersonation: impersonation(view),
        access_token: token.access_token,
        token_type: "Bearer".to_owned(),
        expires_in: token.expires_in,
        scope: token.scope.to_string(),
    }
}

const fn end_reason(reason: EndReason) -> api::ImpersonationEndReason {
    match reason {
        EndReason::Ended => api::ImpersonationEndReason::Ended,
        EndReason::Expired => api::ImpersonationEndReason::Expired,
        EndReason::Revoked => api::ImpersonationEndReason::Revoked,
    }
}
