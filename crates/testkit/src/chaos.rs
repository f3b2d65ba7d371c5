//! A network that fails on request: a TCP proxy before a database.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::TestDatabase;

/// Forwards connections to a PostgreSQL database until told otherwise.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    url: String,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Connections are closed, and new ones too.
    Cut,
    /// Connections stay and nothing comes through.
    Hanging,
}

impl ChaosProxy {
    /// Before a PostgreSQL database, for every connection.
    pub async fn before(database: &TestDatabase) -> Self {
        Self::start(database, None).await
    }

    /// Before a PostgreSQL database; only connections under this
    /// `application_name` meet the weather.
    pub async fn before_only(database: &TestDatabase, application_name: &'static str) -> Self {
        Self::start(database, Some(application_name)).await
    }

    async fn start(database: &TestDatabase, only: Option<&'static str>) -> Self {
        let mut url = database.postgres_url().expect("a proxy stands before PostgreSQL");
        let host = url.host_str().expect("a PostgreSQL reached over TCP");
        let target = format!("{host}:{}", url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(address.port())).expect("a port");
        let (weather, forecast) = watch::channel(Weather::Fair);
        let accepting = tokio::spawn(accept(listener, target, only, forecast));
        Self { address, url: url.into(), weather, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The database's URL, by way of this proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes all connections and every new one.
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Cut);
    }

    /// Lets nothing through, and closes nothing either.
    pub fn hang(&self) {
        self.weather.send_replace(Weather::Hanging);
    }

    /// Lets everything through again, what was held up included.
    pub fn restore(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    target: String,
    only: Option<&'static str>,
    weather: watch::Receiver<Weather>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let (target, weather) = (target.clone(), weather.clone());
        // Either side may go away at any time: that is what this is for.
        tokio::spawn(async move { drop(forward(client, &target, only, weather).await) });
    }
}

async fn forward(
    mut client: TcpStream,
    target: &str,
    only: Option<&'static str>,
    mut weather: watch::Receiver<Weather>,
) -> std::io::Result<()> {
    let hello = read_startup(&mut client).await?;
    let (_calm, always_fair) = watch::channel(Weather::Fair);
    if only.is_some_and(|name| !names(&hello, name)) {
        weather = always_fair;
    }
    wait_until_fair(&mut weather).await?;
    let mut server = TcpStream::connect(target).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    server.write_all(&hello).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        outcome = pump(from_client, to_server, weather.clone()) => outcome,
        outcome = pump(from_server, to_client, weather) => outcome,
    }
}

/// The first message: its length, then a version and the parameters.
async fn read_startup(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut hello = length.to_be_bytes().to_vec();
    hello.resize(usize::try_from(length.min(10_000)).unwrap_or_default().max(4), 0);
    client.read_exact(&mut hello[4..]).await?;
    Ok(hello)
}

fn names(hello: &[u8], application_name: &str) -> bool {
    let parameter = format!("application_name\0{application_name}\0");
    hello.windows(parameter.len()).any(|window| window == parameter.as_bytes())
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        wait_until_fair(&mut weather).await?;
        tokio::select! {
            // A proxy that is gone has cut its connections.
            changed = weather.changed() => changed.map_err(|_| std::io::ErrorKind::ConnectionAborted)?,
            read = from.read(&mut buffer) => match read? {
                0 => return to.shutdown().await,
                length => {
                    wait_until_fair(&mut weather).await?;
                    to.write_all(&buffer[..length]).await?;
                }
            },
        }
    }
}

async fn wait_until_fair(weather: &mut watch::Receiver<Weather>) -> std::io::Result<()> {
    loop {
        match *weather.borrow_and_update() {
            Weather::Fair => return Ok(()),
            Weather::Cut => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            Weather::Hanging => {}
        }
        weather.changed().await.map_err(|_| std::io::ErrorKind::ConnectionAborted)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_known_by_its_name() {
        let hello = b"\0\0\0\x2a\0\x03\0\0user\0me\0application_name\0appkeep-listen\0\0";
        assert!(names(hello, "appkeep-listen"));
        assert!(!names(hello, "appkeep"));
        assert!(!names(b"", "appkeep"));
    }
}
