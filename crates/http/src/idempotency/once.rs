//! The service around routes whose POSTs are carried out once.

use std::convert::Infallible;
use std::mem;
use std::task::{Context, Poll};

use appkeep_service::IdempotencyKey;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use tower::{Layer, Service};

use super::{hold, read_idempotency_key};
use crate::problem::Problem;
use crate::state::{AppState, BoxFuture};
use crate::under_way::answer_to_the_end;

/// Puts around routes what carries out once a POST with an `Idempotency-Key`. It
/// goes on when its client has left, because what is done is to be told when the
/// client asks again.
///
/// What has no key goes to its route as if this were not there: nothing is
/// copied or put on the heap for it.
#[derive(Debug, Clone)]
pub struct CarryOutOnce(pub AppState);

impl<S> Layer<S> for CarryOutOnce {
    type Service = CarriedOutOnce<S>;

    fn layer(&self, route: S) -> CarriedOutOnce<S> {
        CarriedOutOnce { route, state: self.0.clone() }
    }
}

/// A route, and what is around it.
#[derive(Debug, Clone)]
pub struct CarriedOutOnce<S> {
    route: S,
    state: AppState,
}

impl<S> Service<Request> for CarriedOutOnce<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match read_idempotency_key(&request) {
            Ok(None) => Either::Left(self.route.call(request)),
            Ok(Some(key)) => {
                // The one that was made ready is the one that is called.
                let another = self.route.clone();
                let (route, state) = (mem::replace(&mut self.route, another), self.state.clone());
                let answering = async move { Ok(carry_out((request, &key), route, &state).await) };
                Either::Right(Box::pin(answering))
            }
            Err(error) => Either::Right(Box::pin(async { Ok(Problem::from(error).into_response()) })),
        }
    }
}

async fn carry_out<S>((request, key): (Request, &IdempotencyKey), mut route: S, state: &AppState) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Send + 'static,
{
    let (request, repeatable) = match hold(request, key, state).await {
        Ok(held) => held,
        Err(problem) => return problem.into_response(),
    };
    let carried_out = state.clone();
    let answering = async move {
        let Ok(response) = route.call(request).await;
        repeatable.end(response, &carried_out).await
    };
    answer_to_the_end(&state.answering, answering).await
}
