//! `appkeep serve`.

use std::sync::Arc;

use appkeep_config::{Config, Database, Mode, PublicUrl};
use appkeep_http::{ConnectionLimits, Outbound, Tls};
use appkeep_service::SetUpLink;
use appkeep_storage::{OpenError, ServerLock, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments::ServeCommand;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::mail::Outlet;
use crate::node::{Node, zyphr_rates};
use crate::{database, logging, master_key, output};

/// Runs the server until it is told to stop. Whatever can be wrong is found
/// before it says that it listens.
pub(crate) async fn run(command: ServeCommand) -> Result<(), Failure> {
    let mode = if command.dev { Mode::Development } else { Mode::Production };
    let config = command.settings.load(mode)?;
    logging::start(&config)?;
    let stop = Stop::listen()?;
    database::make_directory(&config.data_dir)?;
    let tls = tls(&config)?;
    let outlet = Outlet::of(&config, command.dev)?;
    let listener = bind(&config, command.dev).await?;
    let address = listener.local_addr().map_err(|error| Failure::because("no local address", error))?;
    let url = config.public_url(address.port());
    let lock = lock(&config, &url, command.dev)?;
    let store = database::open(&config)?;
    prepare_schema(&store, &config, command.dev).await?;

    let master = master_key::load(&config, &store).await?;
    let outbound = if command.dev { Outbound::with_loopback() } else { Outbound::new() };
    let fetch = outbound.map_err(|error| Failure::because("nothing can be fetched", error))?;
    let node = Node::start(store, master, (Arc::new(fetch), outlet), (&config, url.as_str())).await?;
    let link = set_up_link(&node, command.dev).await?;
    output::listening(address, &url, &config, command.dev);
    output::console(url.as_str(), link.as_ref());
    output::how_to_stop();
    tracing::info!(%address, public_url = %url, "listening on {address}");
    let state = node.state();
    let routes = appkeep_dialects::routes(&state, zyphr_rates(&config));
    let routes = appkeep_http::router(routes.merge(appkeep_console::routes(&state)), state);
    appkeep_http::serve(listener, routes, (connection_limits(&config), tls), stop.asked()).await;
    node.stop().await;
    drop(lock);
    tracing::info!("stopped");
    output::stopped();
    Ok(())
}

/// On a developer's machine whoever sees what is printed may come in. For a server
/// that others rely on, `appkeep bootstrap` makes the first operator.
async fn set_up_link(node: &Node, is_dev: bool) -> Result<Option<SetUpLink>, Failure> {
    if !is_dev {
        return Ok(None);
    }
    let link = node.state().registry.set_up_link().await;
    link.map_err(|error| Failure::because("the first operator cannot be made", error))
}

fn tls(config: &Config) -> Result<Option<Tls>, Failure> {
    let loaded = config.tls.as_ref().map(|files| Tls::load(&files.certificate, &files.key));
    loaded.transpose().map_err(|error| Failure::because("the TLS certificate cannot be used", error))
}

fn connection_limits(config: &Config) -> ConnectionLimits {
    ConnectionLimits {
        most: config.connections.most,
        header_timeout: config.connections.header_timeout.as_duration(),
        body_timeout: config.connections.body_timeout.as_duration(),
        idle_timeout: config.connections.idle_timeout.as_duration(),
        ..ConnectionLimits::DEFAULT
    }
}

async fn bind(config: &Config, is_dev: bool) -> Result<TcpListener, Failure> {
    let taken = |error| Failure::because(format!("cannot listen on {}", config.listen), error);
    let bound = TcpListener::bind(config.listen).await.map_err(taken);
    if bound.is_err() {
        // A server on the same folder usually has the address too, and says more.
        lock(config, &config.public_url(config.listen.port()), is_dev)?;
    }
    bound
}

/// On PostgreSQL several servers may share the database, and a folder too: there
/// the lock only tells commands where the server is.
fn lock(config: &Config, url: &PublicUrl, is_dev: bool) -> Result<Option<ServerLock>, Failure> {
    let holder = Holder::this_process(Some(url.as_str()), is_dev);
    match ServerLock::take(&config.data_dir, &holder.to_json()) {
        Ok(lock) => Ok(Some(lock)),
        Err(_) if matches!(config.database, Database::Postgres(_)) => Ok(None),
        Err(OpenError::Locked { directory, holder }) => Err(Failure::new(format!(
            "another server{} uses the folder `{}`; stop it first, or choose another with --data-dir",
            describe(&holder),
            directory.display()
        ))),
        Err(error) => Err(database::failed(error)),
    }
}

/// ` (process 42, http://localhost:8080)`, if that is known.
fn describe(holder: &str) -> String {
    Holder::parse(holder).map_or_else(String::new, |holder| format!(" ({})", holder.describe()))
}

/// The servers of a PostgreSQL database may be of two releases for a while, so
/// there somebody decides when the schema changes.
async fn prepare_schema(store: &Store, config: &Config, is_dev: bool) -> Result<(), Failure> {
    if is_dev || matches!(config.database, Database::Sqlite(_)) {
        let count = store.migrate().await.map_err(database::failed)?;
        tracing::info!(count, "the schema is up to date; {count} migrations were applied");
    }
    store.check_schema().await.map_err(database::failed)
}

/// The signals that ask a server to stop.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        let deaf = |error| Failure::because("signals cannot be received", error);
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(deaf)?,
            interrupt: signal(SignalKind::interrupt()).map_err(deaf)?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
