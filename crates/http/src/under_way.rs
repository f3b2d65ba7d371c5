//! The request that is being answered, for its log lines.
//!
//! A span of `tracing` is written out for every request, though most requests
//! log nothing; this is looked at when there is a line to write.

use std::hash::{Hash, Hasher};

use appkeep_domain::RequestId;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use http::Method;
use tokio_util::task::TaskTracker;

use crate::problem::Problem;

tokio::task_local! {
    static CURRENT: RequestUnderWay;
}

/// A request, as its log lines tell of it.
#[derive(Debug, Clone)]
pub struct RequestUnderWay {
    pub id: RequestId,
    pub method: Method,
    pub(crate) route: Route,
}

/// The route that a request took, as it was declared: the path itself may hold
/// anything. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Route(Option<MatchedPath>);

impl Route {
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl RequestUnderWay {
    pub(crate) fn new(id: RequestId, request: &Request) -> Self {
        Self { id, method: request.method().clone(), route: Route(request.extensions().get().cloned()) }
    }

    /// The one that the current task answers, if it answers one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// The route as it was declared.
    pub fn route(&self) -> &str {
        self.route.as_str()
    }

    /// Whatever is logged in the course of `answering` is of this request.
    pub(crate) fn around<F: Future>(self, answering: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, answering)
    }

    /// The same for what another task does in the course of the current one's
    /// request.
    pub(crate) fn along<F: Future>(working: F) -> impl Future<Output = F::Output> {
        match Self::current() {
            Some(request) => Either::Left(request.around(working)),
            None => Either::Right(working),
        }
    }
}

/// Answers a request to the end, though whoever asked may hang up meanwhile.
pub async fn answer_to_the_end(
    tasks: &TaskTracker,
    answering: impl Future<Output = Response> + Send + 'static,
) -> Response {
    match tasks.spawn(RequestUnderWay::along(answering)).await {
        Ok(response) => response,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(failed) => Problem::internal(failed).into_response(),
        },
    }
}
