//! `appkeep bootstrap`.

use std::sync::Arc;

use appkeep_config::{Config, Database, Mode};
use appkeep_keys::SystemEntropy;
use appkeep_service::{Bootstrapped, OperatorAccess, Registry};
use appkeep_storage::Store;
use serde::Serialize;

use crate::arguments::BootstrapCommand;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::{database, logging, output};

/// What is printed; a secret is null when it was shown before.
#[derive(Debug, Serialize)]
pub(crate) struct Credentials {
    pub(crate) base_url: String,
    pub(crate) operator: OperatorCredentials,
    pub(crate) native: ClientCredentials,
    pub(crate) console: ConsoleClient,
}

#[derive(Debug, Serialize)]
pub(crate) struct OperatorCredentials {
    pub(crate) email: String,
    pub(crate) password: Option<String>,
    /// Where they choose one, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ClientCredentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
}

/// What operators sign in to. It has no secret.
#[derive(Debug, Serialize)]
pub(crate) struct ConsoleClient {
    pub(crate) client_id: String,
}

pub(crate) async fn run(command: BootstrapCommand) -> Result<(), Failure> {
    let config = command.settings.load(Mode::Command)?;
    logging::start(&config)?;
    database::make_directory(&config.data_dir)?;
    let store = database::open(&config)?;
    prepare_schema(&store, &config).await?;
    let registry = Registry::new(store, Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
    let made = if command.link {
        registry.bootstrap_by_link().await
    } else {
        registry.bootstrap(command.reset).await
    };
    let failed = |error| Failure::because("the credentials cannot be made", error);
    let made = made.map_err(failed)?;
    let base_url = base_url(&config);
    let console = registry.ensure_console(&base_url).await.map_err(failed)?;
    let credentials = Credentials::new(base_url, made, console);
    if command.json {
        output::json(&credentials);
    } else {
        output::bootstrapped(&credentials);
    }
    Ok(())
}

/// On SQLite it may be the first thing that is run on the folder.
async fn prepare_schema(store: &Store, config: &Config) -> Result<(), Failure> {
    if matches!(config.database, Database::Sqlite(_)) && store.check_schema().await.is_err() {
        store.migrate().await.map_err(database::failed)?;
    }
    store.check_schema().await.map_err(database::failed)
}

/// Where the server on this folder is reached, or will be.
fn base_url(config: &Config) -> String {
    let running = Holder::of(&config.data_dir).and_then(|holder| holder.url);
    running.unwrap_or_else(|| config.public_url(config.listen.port()).to_string())
}

impl Credentials {
    fn new(base_url: String, made: Bootstrapped, console: String) -> Self {
        let client_secret = made.native.client_secret.map(|secret| secret.expose().to_owned());
        let OperatorAccess { email, password, link } = made.operator;
        let link = link.map(|link| output::set_up_address(&base_url, &link));
        Self {
            base_url,
            operator: OperatorCredentials { email, password, link },
            native: ClientCredentials { client_id: made.native.client_id, client_secret },
            console: ConsoleClient { client_id: console },
        }
    }
}
