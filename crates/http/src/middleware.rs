//! What every request passes on its way in and every answer on its way out.

use std::any::Any;
use std::time::Instant;

use appkeep_domain::RequestId;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

use crate::asker::Asker;
use crate::problem::{self, Problem};
use crate::refusal;
use crate::state::AppState;

/// The longest body that is read, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, in its extensions, in the span of its log lines
/// and in the answer; and writes out refusals, which name the id.
pub(crate) async fn answer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = state.make_request_id();
    request.extensions_mut().insert(id);
    // Of the highest level, so that no filter parts a line from its request.
    let span = tracing::error_span!(
        "request",
        request_id = %id,
        method = %request.method(),
        route = route(&request),
    );
    let asker = Asker::follow(&mut request);
    let answering = async {
        let response = next.run(request).await;
        asker.tell_if_refused(&response, id, &state);
        finish(response, id)
    };
    answering.instrument(span).await
}

/// Counts the request and how long it took.
pub(crate) async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (method, route) = (request.method().clone(), route(&request).to_owned());
    let begun = stopwatch();
    let response = next.run(request).await;
    state.metrics.observe(&method, route, response.status(), begun.elapsed());
    response
}

/// What is answered when a handler panics; the panic hook has printed where.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Problem::internal(format!("a handler panicked: {}", text.unwrap_or_default())).into_response()
}

fn finish(response: Response, id: RequestId) -> Response {
    let mut response = refusal::write(problem::write(response, id), id);
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The route as it was declared: the path itself may hold anything.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str)
}

#[expect(clippy::disallowed_methods, reason = "measures how long a request took")]
fn stopwatch() -> Instant {
    Instant::now()
}
