//! What a connection is doing, and for how long it has done nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::ConnectionLimits;
use super::body::Sent;

/// How one connection is used. Moments are microseconds since it was accepted.
#[derive(Debug)]
pub(super) struct Activity {
    accepted: Instant,
    /// Requests that a handler works on.
    handled: AtomicU32,
    /// When a request's head began to arrive, and one more; zero when none does.
    head_began: AtomicU64,
    /// When a request or the sending of an answer last went on.
    last: AtomicU64,
    /// HTTP/2 speaks between requests too, so there bytes begin no request.
    is_http2: AtomicBool,
}

impl Activity {
    /// A new connection owes a request's head.
    pub(super) fn begin() -> Arc<Self> {
        Arc::new(Self {
            accepted: Instant::now(),
            handled: AtomicU32::new(0),
            head_began: AtomicU64::new(1),
            last: AtomicU64::new(0),
            is_http2: AtomicBool::new(false),
        })
    }

    /// Is over when the connection has been silent for too long: in the middle
    /// of a head, or without any request.
    pub(super) async fn silence(&self, limits: &ConnectionLimits) {
        // A head or a pause may begin while this sleeps, so it never sleeps
        // longer than the shorter of the two may take.
        let longest = limits.header_timeout.min(limits.idle_timeout);
        while let Some(left) = self.patience(limits) {
            tokio::time::sleep(left.min(longest)).await;
        }
    }

    /// How long it may go on as it is; nothing when that is over.
    fn patience(&self, limits: &ConnectionLimits) -> Option<Duration> {
        if self.handled.load(Ordering::Acquire) > 0 {
            return Some(limits.idle_timeout);
        }
        let (since, limit) = match self.head_began.load(Ordering::Acquire) {
            0 => (self.last.load(Ordering::Acquire), limits.idle_timeout),
            began => (began - 1, limits.header_timeout),
        };
        let silent = Duration::from_micros(self.now().saturating_sub(since));
        limit.checked_sub(silent).filter(|left| !left.is_zero())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.accepted.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }

    /// A request's head is complete.
    pub(super) fn request_begins(self: &Arc<Self>, is_http2: bool) -> Handling {
        if is_http2 {
            self.is_http2.store(true, Ordering::Release);
        }
        self.handled.fetch_add(1, Ordering::AcqRel);
        self.head_began.store(0, Ordering::Release);
        Handling(Arc::clone(self))
    }

    pub(super) fn goes_on(&self) {
        self.last.store(self.now(), Ordering::Release);
    }

    /// Bytes that nobody waits for are of a head, or of a body nobody wants.
    fn bytes_came(&self) {
        if self.handled.load(Ordering::Acquire) == 0 && !self.is_http2.load(Ordering::Acquire) {
            let began = self.now() + 1;
            let _ = self.head_began.compare_exchange(0, began, Ordering::AcqRel, Ordering::Acquire);
        }
    }
}

/// A handler works on a request until this is dropped.
pub(super) struct Handling(Arc<Activity>);

impl Handling {
    /// The answer's sending counts as activity too.
    pub(super) fn answered<B>(self, response: Response<B>) -> Response<Sent<B>> {
        response.map(|body| Sent { body, activity: Arc::clone(&self.0) })
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.goes_on();
        self.0.handled.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A stream whose arriving bytes are noticed.
pub(super) struct Heard<S> {
    pub(super) stream: S,
    pub(super) activity: Arc<Activity>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.activity.bytes_came();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConnectionLimits = ConnectionLimits {
        header_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_mins(1),
        ..ConnectionLimits::DEFAULT
    };

    async fn after(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_may_take_less_time_than_a_pause() {
        let activity = Activity::begin();
        after(9).await;
        assert_eq!(activity.patience(&LIMITS), Some(Duration::from_secs(1)));
        let handling = activity.request_begins(false);
        after(1_000).await;
        assert!(activity.patience(&LIMITS).is_some(), "a handler takes as long as it takes");
        drop(handling);
        after(59).await;
        assert_eq!(activity.patience(&LIMITS), Some(Duration::from_secs(1)));
        activity.bytes_came();
        after(9).await;
        activity.bytes_came();
        assert_eq!(activity.patience(&LIMITS), Some(Duration::from_secs(1)), "a byte wins no time");
        after(1).await;
        assert_eq!(activity.patience(&LIMITS), None);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_of_http2_are_no_head() {
        let activity = Activity::begin();
        drop(activity.request_begins(true));
        after(59).await;
        activity.bytes_came();
        assert_eq!(activity.patience(&LIMITS), Some(Duration::from_secs(1)));
        after(1).await;
        assert_eq!(activity.patience(&LIMITS), None);
    }
}
