//! `Idempotency-Key`: a POST that its client may send again, and that is
//! carried out once.

mod kept_less;
mod once;

use std::sync::{Arc, OnceLock};

use appkeep_service::{
    Attempt, Authority, Begun, By, Error, IdempotencyKey, KeptAnswer, KeyPrincipal, RepeatableRequest,
    TENANTS,
};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use self::kept_less::KeptBody;
pub use self::kept_less::KeptLess;
pub use self::once::CarryOutOnce;
use crate::extract::{Dialect, SpeaksTo, is_key, read_caller, read_key, read_token, unreadable};
use crate::mount;
use crate::problem::Problem;
use crate::state::AppState;
use crate::under_way::answer_to_the_end;

/// Says that an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The headers that are kept with an answer; the others are of its connection
/// or the same on every answer.
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// What is longer is answered, and not kept: that it was carried out is known.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A request with a key, in its extensions. Whoever learns that the caller may
/// make it begins it.
#[derive(Debug, Clone)]
pub(crate) struct Repeatable(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    request: RepeatableRequest,
    begun: OnceLock<(By, Attempt)>,
}

/// Why a request with a key goes no further.
#[derive(Debug)]
pub enum Ended {
    Refused(Problem),
    Answered(KeptAnswer),
}

/// How another surface marks what is to be carried out once: by a header of its
/// own, whose key stands for one request, whatever that says.
#[derive(Debug, Clone)]
pub struct ByKey {
    pub header: HeaderName,
    /// Of the others a key means nothing.
    pub methods: &'static [Method],
}

/// What [`CarryOutOnce`] does, by the key of another surface. Neither the route
/// nor the body is compared, so that nothing is read before it is known who asks.
pub async fn carry_out_once_by_key(
    State((state, by_key)): State<(AppState, ByKey)>,
    mut request: Request,
    next: Next,
) -> Response {
    let key = match sent_key(&request, &by_key.header, by_key.methods) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(error) => return Problem::from(error).into_response(),
    };
    let repeatable = Repeatable::new(RepeatableRequest::by_key(&key));
    request.extensions_mut().insert(repeatable.clone());
    let tasks = state.answering.clone();
    let answering = async move {
        let response = next.run(request).await;
        repeatable.end(response, &state).await
    };
    answer_to_the_end(&tasks, answering).await
}

/// Reserves the place of a request with a key for `by`, which an API key tells
/// of. What was answered to one stranger with a public key is not for the next,
/// nor that in one session for another, nor what is live for tests.
pub async fn begin_once(
    parts: &http::request::Parts,
    (by, principal): (&mut By, &KeyPrincipal),
    state: &AppState,
) -> Result<(), Ended> {
    let repeatable = parts.extensions.get::<Repeatable>().filter(|_| principal.is_secret());
    let Some(repeatable) = repeatable else { return Ok(()) };
    let request = repeatable.0.request.clone().in_environment(principal.environment());
    let request = match principal.session() {
        Some(session) => request.in_session(session),
        None => request,
    };
    repeatable.reserve((by, &request), state).await
}

fn read_idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, Error> {
    const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
    sent_key(request, &HEADER, &[Method::POST])
}

fn sent_key(
    request: &Request,
    header: &HeaderName,
    methods: &[Method],
) -> Result<Option<IdempotencyKey>, Error> {
    if !methods.contains(request.method()) {
        return Ok(None);
    }
    let mut sent = request.headers().get_all(header).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => IdempotencyKey::parse(key.as_bytes()).map(Some),
        // Two are as good as one that is none.
        (Some(_), Some(_)) => IdempotencyKey::parse(b"").map(Some),
    }
}

/// Reads the body, of those who may ask at all, and marks the request.
async fn hold(
    request: Request,
    key: &IdempotencyKey,
    state: &AppState,
) -> Result<(Request, Repeatable), Problem> {
    let (mut parts, body) = request.into_parts();
    let issuer = read_issuer(&parts, state).await?;
    let target = whole_target(&mut parts, &issuer).await;
    let method = parts.method.clone();
    let mut request = Request::from_parts(parts, Body::empty());
    let extensions = request.extensions().clone();
    let mut carrier = Request::new(body);
    // With the limit of how long a body may be.
    *carrier.extensions_mut() = extensions;
    let bytes = Bytes::from_request(carrier, state).await.map_err(unreadable)?;
    let repeatable = Repeatable::new(RepeatableRequest::new(key, method.as_str(), &target, &bytes));
    *request.body_mut() = Body::from(bytes);
    request.extensions_mut().insert(repeatable.clone());
    Ok((request, repeatable))
}

/// The issuer at which whoever asks is known; API keys are known at each.
async fn read_issuer(parts: &http::request::Parts, state: &AppState) -> Result<Authority, Problem> {
    match read_token(&parts.headers)? {
        key if is_key(key) => {
            read_key(key, parts, state).await?;
            Ok(state.authority.clone())
        }
        _ => Ok(read_caller(parts, state).await?.1),
    }
}

/// With whose address it is: what is below it is the same at each.
async fn whole_target(parts: &mut http::request::Parts, issuer: &Authority) -> String {
    let dialect = parts.extensions.get::<Dialect>().copied().unwrap_or_default();
    let slug = match dialect.speaks_to {
        SpeaksTo::Address => mount::slug(parts).await,
        SpeaksTo::OwnTenant => issuer.slug().map(str::to_owned),
    };
    let slug = slug.map(|slug| format!("{TENANTS}{slug}")).unwrap_or_default();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    format!("{slug}{target}")
}

impl Repeatable {
    fn new(request: RepeatableRequest) -> Self {
        Self(Arc::new(Parts { request, begun: OnceLock::new() }))
    }

    /// Reserves the request's place for `by`, who may make it.
    pub(crate) async fn begin(&self, by: &mut By, state: &AppState) -> Result<(), Ended> {
        self.reserve((by, &self.0.request), state).await
    }

    async fn reserve(
        &self,
        (by, request): (&mut By, &RepeatableRequest),
        state: &AppState,
    ) -> Result<(), Ended> {
        // Most requests have no key, and theirs need no room for this.
        match Box::pin(state.idempotency.begin(by, request)).await {
            Ok(Begun::Now(attempt)) => {
                by.attempt = Some(attempt);
                let _ = self.0.begun.set((by.clone(), attempt));
                Ok(())
            }
            Ok(Begun::Before(answer)) => Err(Ended::Answered(answer)),
            Err(error) => Err(Ended::Refused(error.into())),
        }
    }

    /// Keeps a success, and lets go of everything else.
    async fn end(&self, response: Response, state: &AppState) -> Response {
        let Some((by, attempt)) = self.0.begun.get() else { return response };
        if !response.status().is_success() {
            tell_failed(state.idempotency.release(attempt).await);
            return response;
        }
        let (mut parts, body) = response.into_parts();
        // Of an answer of our own, which is in memory as a whole.
        let bytes = match to_bytes(body, usize::MAX).await {
            Ok(bytes) => bytes,
            Err(error) => return Problem::internal(error).into_response(),
        };
        let kept = parts.extensions.remove::<KeptBody>().map_or_else(|| bytes.clone(), |kept| kept.0);
        let ended = match String::from_utf8(kept.to_vec()) {
            Ok(body) if body.len() <= LONGEST_ANSWER => {
                let (status, headers) = (parts.status.as_u16(), headers(&parts.headers));
                let answer = KeptAnswer { status, headers, body };
                state.idempotency.keep(by, attempt, &answer).await
            }
            _ => state.idempotency.release(attempt).await,
        };
        tell_failed(ended);
        Response::from_parts(parts, Body::from(bytes))
    }
}

/// The caller has its answer all the same.
fn tell_failed(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        let cause = &error as &dyn std::error::Error;
        tracing::warn!(error = cause, "what became of a request with an Idempotency-Key was not kept");
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let kept = KEPT_HEADERS.iter().filter_map(|name| Some((name.to_string(), text(name)?.to_owned())));
    kept.collect()
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl axum::response::IntoResponse for Ended {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(problem) => problem.into_response(),
            Self::Answered(answer) => replay(answer),
        }
    }
}

fn replay(answer: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
