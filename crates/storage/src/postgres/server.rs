//! One PostgreSQL server: how connections to it are made.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{BoxError, OpenError, Result};

/// How long anything may take before the database counts as unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For a free connection, and for making one.
    pub connection: Duration,
    /// For one statement.
    pub statement: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connection: Duration::from_secs(1), statement: Duration::from_secs(5) }
    }
}

/// One server, as its URL names it.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

/// The half of a connection that moves the bytes, for the caller to poll.
pub(crate) type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Server {
    pub(crate) fn parse(url: &str, deadlines: Deadlines) -> Result<Self, OpenError> {
        let mut config: Config = url.parse().map_err(|error| OpenError::InvalidUrl(BoxError::from(error)))?;
        if !url.contains("sslmode") && config.get_hosts().iter().all(is_this_machine) {
            config.ssl_mode(SslMode::Disable);
        }
        if config.get_application_name().is_none() {
            config.application_name("appkeep");
        }
        config
            .connect_timeout(deadlines.connection)
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(deadlines.statement.saturating_mul(2));
        let tls = MakeRustlsConnect::new(tls_settings(config.get_ssl_mode())?);
        Ok(Self { config, tls })
    }

    /// A connection outside of the pool that runs by itself until the client is
    /// dropped.
    pub(crate) async fn connect_alone(&self, application_name: &str) -> Result<tokio_postgres::Client> {
        let (client, wire) = self.connect(application_name).await?;
        // Whoever uses the client meets the wire's fault in its next answer.
        keep_running(async move { drop(wire.await) });
        Ok(client)
    }

    /// A connection outside of the pool, under a name of its own.
    pub(crate) async fn connect(&self, application_name: &str) -> Result<(tokio_postgres::Client, Wire)> {
        let mut config = self.config.clone();
        config.application_name(application_name);
        Ok(config.connect(self.tls.clone()).await?)
    }
}

/// Runs beside everything else: what ends with its connection, so that nobody
/// needs to wait for it when the program stops.
#[expect(clippy::disallowed_methods, reason = "a connection's own task ends when its client is dropped")]
pub(crate) fn keep_running<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(task)
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// The provider is named: with two in one program rustls would not choose.
fn tls_settings(mode: SslMode) -> Result<rustls::ClientConfig, OpenError> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Tls(error.into()))?;
    let builder = if mode == SslMode::Disable {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    } else {
        builder.with_platform_verifier().map_err(|error| OpenError::Tls(error.into()))?
    };
    Ok(builder.with_no_client_auth())
}

pub(crate) fn pool(server: &Server, connections: usize, deadlines: Deadlines) -> Result<Pool, OpenError> {
    let manager = Manager::from_config(
        server.config.clone(),
        server.tls.clone(),
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(deadlines.connection))
        .create_timeout(Some(deadlines.connection))
        .recycle_timeout(Some(deadlines.connection))
        .post_create(Hook::async_fn(move |client, _| {
            Box::pin(
                async move { client.batch_execute(&settings(deadlines)).await.map_err(HookError::Backend) },
            )
        }))
        .build()
        .map_err(|error| OpenError::InvalidUrl(error.into()))
}

/// The server gives up when we do, and ends the transactions of a node that
/// has gone silent, so that they hold up nobody.
fn settings(deadlines: Deadlines) -> String {
    format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
        deadlines.statement.as_millis(),
        deadlines.statement.as_millis() * 2,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_says_nothing_of_tls_goes_plain_on_this_machine_only() {
        for (url, mode) in [
            ("postgres://appkeep@localhost/appkeep", SslMode::Disable),
            ("postgres://appkeep@127.0.0.1:5433/appkeep", SslMode::Disable),
            ("postgres:///appkeep?host=/run/postgresql", SslMode::Disable),
            ("postgres://appkeep@localhost/appkeep?sslmode=require", SslMode::Require),
            ("postgres://appkeep@db.example/appkeep?sslmode=disable", SslMode::Disable),
        ] {
            let server = Server::parse(url, Deadlines::default()).expect("parses");
            assert_eq!(server.config.get_ssl_mode(), mode, "{url}");
        }
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        let outcome = Server::parse("postgres://:not-a-port:x/", Deadlines::default());
        assert!(matches!(outcome, Err(OpenError::InvalidUrl(_))));
    }
}
