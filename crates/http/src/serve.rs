//! The accept loop.
//!
//! A connection must bring a request in time, so that silent ones cannot use
//! up the places of others.

mod activity;
mod body;
mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::connection::Serving;
pub use self::tls::{Tls, TlsError};

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many there are at once; what is beyond waits in the system.
    pub most: usize,
    /// How long a request's head may take, and before it a TLS handshake.
    pub header_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// How long a connection may stand without a request.
    pub idle_timeout: Duration,
    /// How long requests under way may take when the server stops.
    pub shutdown_timeout: Duration,
}

impl ConnectionLimits {
    pub const DEFAULT: Self = Self {
        most: 10_000,
        header_timeout: Duration::from_secs(10),
        body_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(75),
        shutdown_timeout: Duration::from_secs(10),
    };
}

/// Answers requests until `shutdown` is over; then takes no more, and waits a
/// while for those under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    (limits, tls): (ConnectionLimits, Option<Tls>),
    shutdown: impl Future<Output = ()>,
) {
    let mut following = JoinSet::new();
    if let Some(tls) = tls.clone() {
        following.spawn(tls.follow_files());
    }
    let server = Server {
        places: Arc::new(Semaphore::new(limits.most.min(Semaphore::MAX_PERMITS))),
        serving: Serving { router, limits, tls, stopping: CancellationToken::new() },
        // Dropping it ends what is left at the deadline.
        connections: JoinSet::new(),
    };
    server.run(listener, shutdown).await;
}

struct Server {
    serving: Serving,
    places: Arc<Semaphore>,
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
                Err(error) if has_left(&error) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while self.connections.try_join_next().is_some() {}
        }
        drop(listener);
        self.serving.stopping.cancel();
        let ending = async { while self.connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.serving.limits.shutdown_timeout, ending).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }

    fn take(&mut self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let serving = self.serving.clone();
        self.connections.spawn(async move {
            // Without it answers come a little later, and nothing else.
            let _ = stream.set_nodelay(true);
            serving.run(stream, peer).await;
            drop(place);
        });
    }
}

/// Waits for a place first, so that connections beyond the cap queue up in the
/// system instead of in memory.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Whether only this one client is at fault, so that nobody else is kept waiting.
fn has_left(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
