//! One connection, from its handshake to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::activity::{Activity, Heard};
use super::body::Timely;
use super::{ConnectionLimits, Tls};

/// The longest head that is read, in bytes.
const HEAD_LIMIT: u32 = 64 * 1024;
/// The most streams of one HTTP/2 connection.
const MOST_STREAMS: u32 = 200;
/// How often a silent HTTP/2 connection is asked whether it still is there.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// How long a silent connection has to hear that it is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) router: Router,
    pub(super) limits: ConnectionLimits,
    pub(super) tls: Option<Tls>,
    /// Told when no more requests are taken.
    pub(super) stopping: CancellationToken,
}

impl Serving {
    pub(super) async fn run(self, stream: TcpStream, peer: SocketAddr) {
        let Some(tls) = self.tls.clone() else { return self.speak(stream, peer).await };
        match tokio::time::timeout(self.limits.header_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(error = %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak<S>(self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { router, limits, stopping, .. } = self;
        let activity = Activity::begin();
        let (used, body_timeout) = (Arc::clone(&activity), limits.body_timeout);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let handling = used.request_begins(request.version() == Version::HTTP_2);
            request.extensions_mut().insert(ConnectInfo(peer));
            let request = request.map(|body| Timely::new(body, body_timeout));
            let answering = router.clone().oneshot(request);
            async move { answering.await.map(|response| handling.answered(response)) }
        });
        let io = TokioIo::new(Heard { stream, activity: Arc::clone(&activity) });
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = activity.silence(&limits) => {
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(FAREWELL, connection).await.ok()
            }
            () = stopping.cancelled() => {
                // What is under way may end.
                connection.as_mut().graceful_shutdown();
                Some(connection.await)
            }
        };
        match ended {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(error = %error, "a connection ended early"),
            None => tracing::debug!("a silent connection was closed"),
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Hyper's own timeout cannot tell a slow head from a pause between requests.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_LIMIT as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_LIMIT)
        .max_concurrent_streams(MOST_STREAMS)
        .keep_alive_interval(Some(ASK_EVERY));
    builder
}
