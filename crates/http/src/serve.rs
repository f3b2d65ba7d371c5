//! The accept loop.
//!
//! A connection must bring a request within [`HEADER_TIMEOUT`], so that silent
//! ones cannot use up the places of others.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(10);
const MOST_CONNECTIONS: usize = 10_000;
const MOST_STREAMS: u32 = 200;
/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Answers requests until `shutdown` is over; then takes no more, and waits
/// up to ten seconds for those under way.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let server = Server {
        router,
        builder: builder(),
        places: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
        graceful: GracefulShutdown::new(),
        // Dropping it ends what is left at the deadline.
        connections: JoinSet::new(),
    };
    server.run(listener, shutdown).await;
}

struct Server {
    router: Router,
    builder: Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    graceful: GracefulShutdown,
    connections: JoinSet<()>,
}

impl Server {
    async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = accept(&listener, &self.places) => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => self.take(stream, peer, place),
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while self.connections.try_join_next().is_some() {}
        }
        drop(listener);
        if tokio::time::timeout(SHUTDOWN_DEADLINE, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }

    fn take(&mut self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let connection = Connection {
            stream,
            peer,
            router: self.router.clone(),
            builder: self.builder.clone(),
            watcher: self.graceful.watcher(),
        };
        self.connections.spawn(async move {
            connection.run().await;
            drop(place);
        });
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .keep_alive_interval(Some(HEADER_TIMEOUT));
    builder
}

/// Waits for a place first, so that connections beyond the cap queue up in the
/// system instead of in memory.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    builder: Builder<TokioExecutor>,
    watcher: Watcher,
}

impl Connection {
    async fn run(self) {
        let Self { stream, peer, router, builder, watcher } = self;
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&has_asked);
        let service = service_fn(move |mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let answering = watcher.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            ended = answering => if let Err(error) = ended {
                tracing::debug!(error = %error, "a connection ended early");
            },
            () = silence(&has_asked) => tracing::debug!("a connection brought no request and was closed"),
        }
    }
}

/// Is over when a connection has asked for nothing in time. Before the first
/// bytes it is not known which HTTP it speaks, and no other timeout runs.
async fn silence(has_asked: &AtomicBool) {
    tokio::time::sleep(HEADER_TIMEOUT).await;
    if has_asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}
