//! What every request passes on its way in and every answer on its way out.
//!
//! One service does all of it: each layer of its own would be a few allocations
//! and a thousand instructions more in every request.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Instant;

use appkeep_domain::RequestId;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderName, HeaderValue};
use tower::{Layer, Service};

use crate::asker::Asker;
use crate::cors::FromPage;
use crate::problem::{self, Problem};
use crate::refusal;
use crate::state::{AppState, BoxFuture};
use crate::under_way::RequestUnderWay;

/// The longest body that is read, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts around a route what every request passes.
#[derive(Clone)]
pub(crate) struct Passage(pub(crate) AppState);

impl<S> Layer<S> for Passage {
    type Service = Passed<S>;

    fn layer(&self, route: S) -> Passed<S> {
        Passed { route, state: self.0.clone() }
    }
}

/// A route, and what is around it.
#[derive(Clone)]
pub(crate) struct Passed<S> {
    route: S,
    state: AppState,
}

impl<S> Service<Request> for Passed<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let entered = Entered::new(&mut request, self.state.clone());
        let under_way = entered.request.clone();
        let from_page = FromPage::of(&request);
        // A route does nothing before it is polled, so that no panic gets past.
        let answering = AssertUnwindSafe(self.route.call(request)).catch_unwind();
        let answering = async move {
            let answered = answering.await;
            let response = answered.map_or_else(panicked, |Ok(response)| response);
            let response = match from_page {
                Some(page) => Box::pin(page.answer(response, &entered.asker.who, &entered.state)).await,
                None => response,
            };
            if let Some(refusal) = Asker::refusal(&response) {
                Box::pin(entered.asker.tell(refusal, entered.request.id, &entered.state)).await;
            }
            Ok(entered.leave(response))
        };
        Box::pin(under_way.around(answering))
    }
}

/// A request that was let in, as far as its answer has to do with it.
struct Entered {
    request: RequestUnderWay,
    asker: Asker,
    begun: Instant,
    state: AppState,
}

impl Entered {
    /// Gives the request its id, the address of its client and the limit of
    /// its body.
    fn new(request: &mut Request, state: AppState) -> Self {
        let (id, begun) = (state.make_request_id(), stopwatch());
        request.extensions_mut().insert(id);
        DefaultBodyLimit::max(BODY_LIMIT).apply(request);
        state.proxies.resolve(request);
        Self { request: RequestUnderWay::new(id, request), asker: Asker::follow(request), begun, state }
    }

    /// Writes out refusals, which name the id, and counts the request and how
    /// long it took.
    fn leave(self, response: Response) -> Response {
        let Self { request, begun, state, .. } = self;
        let response = finish(response, request.id);
        state.metrics.observe(&request, response.status(), begun.elapsed());
        response
    }
}

/// What is answered when a handler panics; the panic hook has printed where.
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Problem::internal(format!("a handler panicked: {}", text.unwrap_or_default())).into_response()
}

/// What does not say that it may be kept may not: some answers hold a secret
/// or a token (RFC 6749 §5.1), and most are nobody else's.
fn finish(response: Response, id: RequestId) -> Response {
    let mut response = refusal::write(problem::write(response, id), id);
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

#[expect(clippy::disallowed_methods, reason = "measures how long a request took")]
fn stopwatch() -> Instant {
    Instant::now()
}
