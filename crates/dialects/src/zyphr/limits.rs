//! How often each kind of request may be sent, and the headers that tell.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Caller, Network, PublicKey, TenantId, Timestamp};
use appkeep_http::{AppState, read_caller};
use appkeep_service::{Budget, Left, Rate};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};

use super::errors;

/// How often one asker may send requests of each class. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Logging in to the dashboard.
    pub dashboard_auth: Option<Rate>,
    /// Making and deleting applications, and rotating their keys.
    pub sensitive: Option<Rate>,
    /// Whatever else changes something.
    pub standard: Option<Rate>,
    pub read_only: Option<Rate>,
    /// What proves, or changes, who an end user is.
    pub end_user: Option<Rate>,
}

impl Default for Rates {
    /// Those that the reference documents.
    fn default() -> Self {
        let per_minute = |times| Some(Rate { times, per: Duration::from_mins(1) });
        Self {
            dashboard_auth: per_minute(10),
            sensitive: per_minute(5),
            standard: per_minute(100),
            read_only: per_minute(200),
            end_user: per_minute(20),
        }
    }
}

/// Keeps count, on this node.
pub(super) struct Limits {
    dashboard_auth: Option<Counted>,
    sensitive: Option<Counted>,
    standard: Option<Counted>,
    read_only: Option<Counted>,
    end_user: Option<Counted>,
}

struct Counted {
    limit: u32,
    budget: Budget<Who>,
}

/// Whose budget a request takes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// Somebody with a token, in their workspace.
    Caller(TenantId, [u8; 16]),
    /// Whoever brings an application's key, from one place.
    KeyAt(PublicKey, Option<Network>),
    Address(Option<Network>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    DashboardAuth,
    Sensitive,
    Standard,
    ReadOnly,
    EndUser,
}

const APPLICATION_KEY: &str = "x-application-key";

/// Where the dialect is in the path of a route.
const MOUNT: &str = "/v1";
const FOR_END_USERS: &str = "/auth/";

/// What is `Sensitive`, below [`MOUNT`].
const SENSITIVE: [(Method, &str); 4] = [
    (Method::POST, "/applications"),
    (Method::DELETE, "/applications/{application_id}"),
    (Method::POST, "/applications/{application_id}/rotate-keys"),
    (Method::POST, "/applications/{application_id}/environments/{mode}/rotate-keys"),
];

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Refuses what is sent too often, and says on every answer what is left.
pub(super) async fn count(
    State((state, limits)): State<(AppState, Arc<Limits>)>,
    request: Request,
    next: Next,
) -> Response {
    let class = Class::of(&request);
    let Some(counted) = limits.of(class) else { return next.run(request).await };
    let of_application = is_for_end_users(&request);
    let (parts, body) = request.into_parts();
    let who = if of_application { Who::with_key(&parts) } else { Who::with_token(&parts, &state).await };
    let now = state.clock.now();
    let admitted = counted.budget.take(&who, now);
    let mut response = match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(wait) => errors::rate_limit_exceeded(whole_seconds(wait)).into_response(),
    };
    tell(&mut response, counted.limit, counted.budget.left(&who, now));
    response
}

/// Whether it is for the end users of an application, below the dialect's mount.
pub(super) fn is_for_end_users(request: &Request) -> bool {
    below_mount(request.uri().path()).starts_with(FOR_END_USERS)
}

impl Limits {
    pub(super) fn new(rates: Rates) -> Self {
        let counted =
            |rate: Option<Rate>| rate.map(|rate| Counted { limit: rate.times, budget: Budget::new(rate) });
        Self {
            dashboard_auth: counted(rates.dashboard_auth),
            sensitive: counted(rates.sensitive),
            standard: counted(rates.standard),
            read_only: counted(rates.read_only),
            end_user: counted(rates.end_user),
        }
    }

    const fn of(&self, class: Class) -> Option<&Counted> {
        match class {
            Class::DashboardAuth => self.dashboard_auth.as_ref(),
            Class::Sensitive => self.sensitive.as_ref(),
            Class::Standard => self.standard.as_ref(),
            Class::ReadOnly => self.read_only.as_ref(),
            Class::EndUser => self.end_user.as_ref(),
        }
    }
}

impl Class {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self::of_route(request.method(), below_mount(route.map_or(request.uri().path(), MatchedPath::as_str)))
    }

    fn of_route(method: &Method, route: &str) -> Self {
        let route = route.strip_suffix('/').unwrap_or(route);
        match method {
            _ if route.starts_with("/dashboard/") => Self::DashboardAuth,
            _ if SENSITIVE.iter().any(|known| (&known.0, known.1) == (method, route)) => Self::Sensitive,
            // Somebody is remembered until they come back.
            &Method::GET if route.starts_with("/auth/oauth/") && route.ends_with("/authorize") => {
                Self::EndUser
            }
            &Method::GET | &Method::HEAD | &Method::OPTIONS => Self::ReadOnly,
            &Method::POST if route.starts_with(FOR_END_USERS) => Self::EndUser,
            _ => Self::Standard,
        }
    }
}

impl Who {
    /// Whoever has no good token is told by their address.
    async fn with_token(parts: &Parts, state: &AppState) -> Self {
        match read_caller(parts, state).await {
            Ok((caller, issuer)) => Self::Caller(issuer.tenant(), id(&caller)),
            Err(_) => Self::Address(place(parts)),
        }
    }

    fn with_key(parts: &Parts) -> Self {
        let sent = parts.headers.get(APPLICATION_KEY).and_then(|key| key.to_str().ok());
        match sent.and_then(|key| PublicKey::parse(key).ok()) {
            Some(key) => Self::KeyAt(key, place(parts)),
            None => Self::Address(place(parts)),
        }
    }
}

fn id(caller: &Caller) -> [u8; 16] {
    match caller {
        Caller::Application { id, .. } => id.as_bytes(),
        Caller::Operator { id, .. } => id.as_bytes(),
        Caller::ServiceAccount { id, .. } => id.as_bytes(),
        Caller::System => [0; 16],
    }
}

fn place(parts: &Parts) -> Option<Network> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| Network::of(peer.ip()))
}

/// What is behind [`MOUNT`], wherever that is.
fn below_mount(path: &str) -> &str {
    path.split_once(MOUNT).map_or(path, |(_, below)| below)
}

fn tell(response: &mut Response, limit: u32, left: Left) {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(limit));
    headers.insert(REMAINING, HeaderValue::from(left.times));
    headers.insert(RESET, HeaderValue::from(seconds_of(left.whole_at)));
}

/// Not before it is.
fn seconds_of(moment: Timestamp) -> i64 {
    moment.as_micros().div_euclid(1_000_000) + i64::from(moment.as_micros() % 1_000_000 != 0)
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_of_one_class() {
        for (method, route, class) in [
            (Method::POST, "/dashboard/login", Class::DashboardAuth),
            (Method::POST, "/applications", Class::Sensitive),
            (Method::POST, "/applications/", Class::Sensitive),
            (Method::GET, "/applications", Class::ReadOnly),
            (Method::GET, "/applications/{application_id}", Class::ReadOnly),
            (Method::PATCH, "/applications/{application_id}", Class::Standard),
            (Method::DELETE, "/applications/{application_id}", Class::Sensitive),
            (Method::POST, "/applications/{application_id}/rotate-keys", Class::Sensitive),
            (
                Method::POST,
                "/applications/{application_id}/environments/{mode}/rotate-keys",
                Class::Sensitive,
            ),
            (Method::DELETE, "/applications/{application_id}/users/{user_id}", Class::Standard),
            (Method::POST, "/auth/users/login", Class::EndUser),
            (Method::GET, "/auth/oauth/{provider}/authorize", Class::EndUser),
            (Method::GET, "/auth/oauth/providers", Class::ReadOnly),
            (Method::GET, "/auth/users/me", Class::ReadOnly),
            (Method::DELETE, "/auth/users/me", Class::Standard),
            (Method::GET, "", Class::ReadOnly),
            (Method::PUT, "", Class::Standard),
        ] {
            assert_eq!(Class::of_route(&method, route), class, "{method} {route}");
        }
    }

    #[test]
    fn a_path_is_the_same_wherever_the_dialect_is() {
        for (path, below) in [
            ("/zyphr/v1/applications", "/applications"),
            ("/v1/auth/users/me", "/auth/users/me"),
            ("/zyphr/nowhere", "/zyphr/nowhere"),
        ] {
            assert_eq!(below_mount(path), below);
        }
    }

    #[test]
    fn moments_and_spans_are_rounded_up() {
        for (micros, seconds) in [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2)] {
            assert_eq!(seconds_of(Timestamp::from_micros(micros)), seconds);
        }
        for (millis, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }
}
