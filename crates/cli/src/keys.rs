//! `appkeep keys`.

use std::sync::Arc;

use appkeep_config::{Config, Mode};
use appkeep_domain::{Clock as _, Issuer, Lifetime, SigningAlgorithm, Slug, Timestamp, Within};
use appkeep_keys::SystemEntropy;
use appkeep_service::{
    Keyring, KeyringError, RotatedKey, SigningKeyView, Takeover, list_signing_keys, rewrap,
};
use appkeep_storage::Store;
use serde::Serialize;

use crate::arguments::{KeysCommand, ListKeysCommand, RewrapCommand, RotateKeysCommand};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::{database, logging, master_key, output};

/// A signing key, as it is printed. Null is what no moment was set for.
#[derive(Debug, Serialize)]
pub(crate) struct ShownKey {
    pub(crate) kid: String,
    pub(crate) alg: &'static str,
    #[serde(rename = "use")]
    pub(crate) used_for: &'static str,
    pub(crate) created_at: String,
    pub(crate) activates_at: String,
    pub(crate) retires_at: Option<String>,
}

/// A key that takes over from others, as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct ShownRotation {
    pub(crate) kid: String,
    pub(crate) alg: &'static str,
    pub(crate) activates_at: String,
    pub(crate) replaced: Vec<String>,
    pub(crate) replaced_until: String,
}

pub(crate) async fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List(command) => list(command).await,
        KeysCommand::Rotate(command) => rotate(command).await,
        KeysCommand::Rewrap(command) => rewrap_keys(command).await,
    }
}

async fn list(command: ListKeysCommand) -> Result<(), Failure> {
    let (_, store) = open(command.settings).await?;
    let issuer = issuer(&store, &command.tenant).await?;
    let keys = list_signing_keys(&store, issuer, SystemClock.now()).await.map_err(unreadable)?;
    let keys: Vec<_> = keys.iter().map(ShownKey::new).collect();
    if command.json {
        output::json(&keys);
    } else {
        output::keys(&keys);
    }
    Ok(())
}

async fn rotate(command: RotateKeysCommand) -> Result<(), Failure> {
    let (config, store) = open(command.settings).await?;
    let issuer = issuer(&store, &command.tenant).await?;
    let takeover = if command.at_once {
        Takeover::AtOnce
    } else {
        let delay = config.signing_keys.publication_delay.as_seconds();
        Takeover::After(Lifetime::from_seconds(delay))
    };
    let master = master_key::present(&config).await?;
    let keyring = Keyring::new(store, master, Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
    let algorithms = command.alg.map_or_else(|| SigningAlgorithm::ALL.to_vec(), |one| vec![one]);
    let mut rotated = Vec::new();
    for algorithm in algorithms {
        let made = keyring.rotate(issuer, algorithm, takeover).await;
        let made = made.map_err(|error| Failure::because("the signing keys were not rotated", error))?;
        rotated.push(ShownRotation::new(&made));
    }
    if command.json {
        output::json(&rotated);
    } else {
        output::rotated(&rotated);
    }
    Ok(())
}

async fn rewrap_keys(command: RewrapCommand) -> Result<(), Failure> {
    let (config, store) = open(command.settings).await?;
    let new = master_key::read(&command.new_master_key_file)?;
    let present = master_key::present(&config).await?;
    let count = rewrap(&store, present, new).await;
    let count = count.map_err(|error| Failure::because("nothing was wrapped anew", error))?;
    output::rewrapped(count, &command.new_master_key_file);
    Ok(())
}

async fn open(settings: crate::setting_arguments::SettingArguments) -> Result<(Config, Store), Failure> {
    let config = settings.load(Mode::Command)?;
    logging::start(&config)?;
    let store = database::open_present(&config)?;
    store.check_schema().await.map_err(database::failed)?;
    Ok((config, store))
}

async fn issuer(store: &Store, slug: &Slug) -> Result<Issuer, Failure> {
    let read = async || store.read().await?.tenant_by_slug(Within::Platform, slug).await;
    let found = read().await.map_err(|error| Failure::because("the database cannot be read", error))?;
    let tenant = found.ok_or_else(|| Failure::new(format!("there is no tenant `{}`", slug.as_str())))?;
    Ok(Issuer::Tenant(tenant.id))
}

fn unreadable(error: KeyringError) -> Failure {
    Failure::because("the signing keys cannot be read", error)
}

impl ShownKey {
    fn new(key: &SigningKeyView) -> Self {
        Self {
            kid: key.id.to_string(),
            alg: key.algorithm.as_str(),
            used_for: key.used_for.as_str(),
            created_at: seconds(key.created_at),
            activates_at: seconds(key.activates_at),
            retires_at: key.retires_at.map(seconds),
        }
    }
}

impl ShownRotation {
    fn new(rotated: &RotatedKey) -> Self {
        Self {
            kid: rotated.id.to_string(),
            alg: rotated.algorithm.as_str(),
            activates_at: seconds(rotated.activates_at),
            replaced: rotated.replaced.iter().map(ToString::to_string).collect(),
            replaced_until: seconds(rotated.replaced_until),
        }
    }
}

/// Nobody reads the microseconds of a key.
fn seconds(moment: Timestamp) -> String {
    Timestamp::from_seconds(moment.as_seconds()).to_string()
}
