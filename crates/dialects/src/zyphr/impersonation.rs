//! `/applications/{application_id}/impersonation`: somebody who administers acts
//! as an end user.

use appkeep_domain::{Email, RequestId, UserAgent};
use appkeep_http::action::{EndSessions, Impersonate, ReadImpersonations};
use appkeep_http::{Access, AppState, Body, Device, Json as Fields, Problem, Segment, Segments};
use appkeep_service::{
    Error, ImpersonationFields, ImpersonationView, Page, PageQuery, Registry, StartedImpersonation,
};
use axum::extract::State;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::envelope::Envelope;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/applications/{application_id}/users/{user_id}/impersonate", &post(start)))
        .merge(with_slash("/applications/{application_id}/impersonation", &get(list_active)))
        .merge(with_slash("/applications/{application_id}/impersonation/{impersonation_id}", &delete(end)))
        .merge(with_slash(
            "/applications/{application_id}/users/{user_id}/impersonation-history",
            &get(list_history),
        ))
}

#[derive(Deserialize)]
struct Start {
    reason: String,
    duration_minutes: Option<i64>,
}

impl Body for Start {
    const REQUIRED: &'static [&'static str] = &["reason"];
}

#[derive(Serialize)]
struct Started {
    impersonation_id: String,
    access_token: String,
    expires_at: String,
    user: Acted,
    reason: String,
}

/// As whom.
#[derive(Serialize)]
struct Acted {
    id: String,
    email: Option<String>,
}

#[derive(Serialize)]
struct Active {
    id: String,
    user_id: String,
    user_email: Option<String>,
    impersonator_id: String,
    impersonator_email: Option<String>,
    reason: String,
    started_at: String,
    expires_at: String,
}

#[derive(Serialize)]
struct Past {
    #[serde(flatten)]
    active: Active,
    ended_at: Option<String>,
    end_reason: Option<&'static str>,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

async fn start(
    access: Access<Impersonate>,
    State(state): State<AppState>,
    Segments(id, user): Segments,
    Device(device): Device,
    Fields(start): Fields<Start>,
) -> Result<(StatusCode, Json<Envelope<Started>>), Problem> {
    let fields = ImpersonationFields {
        user,
        reason: start.reason,
        duration_s: start.duration_minutes.map(|minutes| minutes.saturating_mul(60)),
        user_agent: device.user_agent,
    };
    let started = state.authority.impersonate(&access.by, &id, fields).await.map_err(in_minutes)?;
    let answer = Envelope::of(Started::of(started), access.by.request_id);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn list_active(
    access: Access<ReadImpersonations>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Envelope<Vec<Active>>>, Problem> {
    let by = &access.by;
    let mut whole = Whole::default();
    while let Some(page) = whole.next() {
        whole.take(registry.impersonations(by, &id, page).await?);
    }
    Ok(Json(whole.listed(by.request_id, Active::of)))
}

async fn end(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(id, impersonation): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_impersonation(&access.by, &id, &impersonation).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_history(
    access: Access<ReadImpersonations>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
) -> Result<Json<Envelope<Vec<Past>>>, Problem> {
    let by = &access.by;
    let mut whole = Whole::default();
    while let Some(page) = whole.next() {
        whole.take(registry.impersonations_of_user(by, (&id, &user), page).await?);
    }
    Ok(Json(whole.listed(by.request_id, Past::of)))
}

/// A list, which is answered whole.
#[derive(Default)]
struct Whole {
    found: Vec<ImpersonationView>,
    cursor: Option<String>,
    is_read: bool,
}

impl Whole {
    const MOST_AT_ONCE: i64 = 250;

    /// What to ask for next.
    fn next(&mut self) -> Option<PageQuery> {
        let page = PageQuery { cursor: self.cursor.take(), limit: Some(Self::MOST_AT_ONCE) };
        (!self.is_read).then_some(page)
    }

    fn take(&mut self, page: Page<ImpersonationView>) {
        self.found.extend(page.items);
        self.is_read = page.next_cursor.is_none();
        self.cursor = page.next_cursor;
    }

    fn listed<T>(self, request: RequestId, shape: impl Fn(ImpersonationView) -> T) -> Envelope<Vec<T>> {
        let total = self.found.len() as u64;
        Envelope::of(self.found.into_iter().map(shape).collect(), request).total(total)
    }
}

fn in_minutes(error: Error) -> Error {
    let name = |field: &str| if field == "duration_s" { "duration_minutes" } else { field }.to_owned();
    if error.faults().is_empty() { error } else { error.with_fields_named(name) }
}

impl Started {
    fn of(started: StartedImpersonation) -> Self {
        let StartedImpersonation { view, token } = started;
        let user = Acted { id: view.impersonation.user.to_string(), email: email(view.user_email.as_ref()) };
        Self {
            impersonation_id: view.impersonation.id.to_string(),
            access_token: token.access_token,
            expires_at: view.impersonation.expires_at.to_string(),
            user,
            reason: view.impersonation.reason.to_string(),
        }
    }
}

impl Active {
    fn of(view: ImpersonationView) -> Self {
        let ImpersonationView { impersonation, user_email, operator, .. } = view;
        Self {
            id: impersonation.id.to_string(),
            user_id: impersonation.user.to_string(),
            user_email: email(user_email.as_ref()),
            impersonator_id: impersonation.operator.to_string(),
            impersonator_email: email(operator.and_then(|operator| operator.email).as_ref()),
            reason: impersonation.reason.to_string(),
            started_at: impersonation.started_at.to_string(),
            expires_at: impersonation.expires_at.to_string(),
        }
    }
}

impl Past {
    fn of(view: ImpersonationView) -> Self {
        let from = view.operator.as_ref().map(|operator| operator.from.clone()).unwrap_or_default();
        Self {
            ended_at: view.end.map(|end| end.at.to_string()),
            end_reason: view.end.map(|end| end.reason.as_str()),
            ip_address: from.address.map(|address| address.to_string()),
            user_agent: from.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
            active: Active::of(view),
        }
    }
}

fn email(email: Option<&Email>) -> Option<String> {
    email.map(|email| email.as_str().to_owned())
}
