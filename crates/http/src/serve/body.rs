//! Bodies that do not take for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::activity::Activity;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request's body that was not there in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body did not arrive in time")]
pub(super) struct BodyTooSlow;

/// A request's body, which has to be there within a span that begins when it
/// is first waited for.
pub(super) struct Timely<B> {
    body: B,
    limit: Duration,
    /// Most bodies are there already, and need no timer.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<B> Timely<B> {
    pub(super) fn new(body: B, limit: Duration) -> Self {
        Self { body, limit, deadline: None }
    }
}

impl<B: Body<Error: Into<BoxError>> + Unpin> Body for Timely<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = this.limit;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        deadline.as_mut().poll(cx).map(|()| Some(Err(BodyTooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body, whose sending is noticed.
pub(super) struct Sent<B> {
    pub(super) body: B,
    pub(super) activity: Arc<Activity>,
}

impl<B: Body + Unpin> Body for Sent<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        this.activity.goes_on();
        Pin::new(&mut this.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::BodyExt as _;

    use super::*;

    /// A body of which a byte comes every second, so many in all.
    struct Trickle(u32, Option<Pin<Box<Sleep>>>);

    impl Body for Trickle {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            if self.0 == 0 {
                return Poll::Ready(None);
            }
            let second = self.1.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_secs(1))));
            if second.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            (self.0, self.1) = (self.0 - 1, None);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_so_long_in_all() {
        for (seconds, comes) in [(0, true), (9, true), (11, false)] {
            let body = Timely::new(Trickle(seconds, None), Duration::from_secs(10));
            let read = body.collect().await.map(|read| read.to_bytes().len());
            match read {
                Ok(length) => assert!(comes && length == seconds as usize, "{seconds}"),
                Err(error) => assert!(!comes && error.is::<BodyTooSlow>(), "{error}"),
            }
        }
    }
}
