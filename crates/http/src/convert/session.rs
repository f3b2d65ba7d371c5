//! What people have with applications, and what they allowed them.

use appkeep_api_types as api;
use appkeep_domain::{Consent, UserAgent};
use appkeep_service::{PageQuery, SessionCounts, SessionQuery, SessionView, UserSessionQuery};

use super::words::session_state;
use super::{moment, text, texts};

pub(crate) fn session(view: SessionView) -> api::Session {
    let SessionView { session, state } = view;
    api::Session {
        id: session.id.to_string(),
        application_id: session.application.to_string(),
        user_id: session.user.to_string(),
        state: session_state(state),
        impersonation_id: session.impersonation.as_ref().map(text),
        created_at: moment(session.created_at),
        last_seen_at: moment(session.last_seen_at),
        expires_at: moment(session.expires_at),
        ended_at: session.ended_at.map(moment),
        address: session.from.address.as_ref().map(text),
        user_agent: session.from.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
    }
}

pub(crate) fn session_query(query: api::SessionQuery) -> SessionQuery {
    SessionQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        state: query.state,
        live: None,
        user: query.user_id,
    }
}

pub(crate) fn user_session_query(query: api::UserSessionQuery) -> UserSessionQuery {
    UserSessionQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        state: query.state,
        application: query.application_id,
    }
}

pub(super) const fn session_counts(counts: SessionCounts) -> api::SessionCounts {
    let SessionCounts { live, active, idle, total } = counts;
    api::SessionCounts { live, active, idle, total }
}

pub(crate) fn consent(consent: Consent) -> api::Consent {
    api::Consent {
        application_id: consent.application.to_string(),
        scopes: texts(&consent.scope),
        granted_at: moment(consent.granted_at),
        updated_at: moment(consent.updated_at),
    }
}
