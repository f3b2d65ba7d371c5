//! `appkeep audit`: the history as a file, and whether such a file is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use appkeep_config::{Config, Mode};
use appkeep_domain::{Issuer, Owner, Slug, Timestamp, Within};
use appkeep_keys::{JwkSet, SystemEntropy};
use appkeep_service::{
    AuditTrail, Keyring, Registry, Trust, UnprovenExport, VerifiedChain, VerifiedExport, verify_export,
};
use appkeep_storage::Store;
use serde::Serialize;

use crate::arguments::{AuditCommand, AuditExportCommand, AuditVerifyCommand};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::{database, logging, master_key, output};

pub(crate) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export(command) => export(command).await,
        AuditCommand::Verify(command) => verify(&command),
    }
}

async fn export(command: AuditExportCommand) -> Result<(), Failure> {
    let config = command.settings.load(Mode::Command)?;
    logging::start(&config)?;
    let store = database::open(&config)?;
    store.check_schema().await.map_err(database::failed)?;
    let owner = match &command.tenant {
        Some(slug) => Some(owner(&store, slug).await?),
        None => None,
    };
    let trail = trail(&store, &config).await?;
    let exported = trail.export(owner, open(command.out.as_deref())?).await;
    let exported = exported.map_err(|error| Failure::because("the audit trail was not exported", error))?;
    output::exported(&exported, command.out.as_deref());
    Ok(())
}

async fn owner(store: &Store, slug: &str) -> Result<Owner, Failure> {
    let unknown = || Failure::new(format!("there is no tenant `{slug}`"));
    let parsed = Slug::parse(slug).map_err(|_| unknown())?;
    let unreadable = |error| Failure::because("the database cannot be read", error);
    let mut tx = store.read().await.map_err(unreadable)?;
    let tenant = tx.tenant_by_slug(Within::Platform, &parsed).await.map_err(unreadable)?;
    Ok(Owner::Tenant(tenant.ok_or_else(unknown)?.id))
}

/// Signed as the server on this database signs it.
async fn trail(store: &Store, config: &Config) -> Result<AuditTrail, Failure> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
    let registry = Registry::new(store.clone(), clock.clone(), entropy.clone());
    let tenant = registry.ensure_default_tenant().await;
    let tenant = tenant.map_err(|error| Failure::because("there is no tenant whose keys sign", error))?;
    let issuer = Issuer::Tenant(tenant.id);
    let master = master_key::load(config, store).await?;
    let keyring = Keyring::new(store.clone(), master, clock.clone(), entropy);
    let keys = keyring.ensure(issuer).await;
    keys.map_err(|error| Failure::because("there are no keys to sign with", error))?;
    Ok(AuditTrail::new(store, Arc::new(keyring), issuer, clock))
}

/// A file is for its owner's eyes only: a history names people and addresses.
fn open(path: Option<&Path>) -> Result<Box<dyn Write + Send>, Failure> {
    let Some(path) = path else { return Ok(Box::new(BufWriter::new(std::io::stdout()))) };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unwritable = |error| Failure::because(format!("cannot make the file `{}`", path.display()), error);
    Ok(Box::new(BufWriter::new(options.open(path).map_err(unwritable)?)))
}

/// Reads files and nothing else: no settings, no database, no network.
fn verify(command: &AuditVerifyCommand) -> Result<(), Failure> {
    let trust = trust(command)?;
    let earlier = match &command.earlier {
        Some(path) => earlier(path, &trust)?,
        None => Vec::new(),
    };
    let outcome = verify_export(read(&command.file)?, &trust, &earlier);
    if command.json {
        output::json(&Verdict::of(&outcome));
    } else if let Ok(verified) = &outcome {
        output::verified(verified, trust == Trust::Carried);
    }
    match outcome {
        Ok(_) => Ok(()),
        Err(unproven) => {
            Err(Failure::because(format!("`{}` proves nothing", command.file.display()), unproven))
        }
    }
}

fn earlier(path: &Path, trust: &Trust) -> Result<Vec<VerifiedChain>, Failure> {
    let verified = verify_export(read(path)?, trust, &[]);
    let unproven =
        |error| Failure::because(format!("the earlier export `{}` proves nothing", path.display()), error);
    Ok(verified.map_err(unproven)?.chains)
}

fn trust(command: &AuditVerifyCommand) -> Result<Trust, Failure> {
    let Some(path) = &command.jwks else {
        let thumbprints = command.key_thumbprint.clone();
        return Ok(if thumbprints.is_empty() { Trust::Carried } else { Trust::Thumbprints(thumbprints) });
    };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| Failure::because(format!("cannot read `{}`", path.display()), error))?;
    let set = JwkSet::parse_published(&text);
    let set = set.map_err(|error| Failure::because(format!("`{}` holds no keys", path.display()), error))?;
    Ok(Trust::Keys(set))
}

fn read(path: &Path) -> Result<BufReader<File>, Failure> {
    let unreadable = |error| Failure::because(format!("cannot read `{}`", path.display()), error);
    Ok(BufReader::new(File::open(path).map_err(unreadable)?))
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Verdict {
    Proven {
        valid: bool,
        entries: u64,
        chains: Vec<ProvenChain>,
        checkpoints: u64,
        checkpoints_unchecked: u64,
        unsealed: u64,
        signed_at: String,
        key_thumbprint: String,
    },
    Unproven {
        valid: bool,
        line: u64,
        reason: String,
    },
}

#[derive(Debug, Serialize)]
struct ProvenChain {
    owner: String,
    count: u64,
    hash: String,
}

impl Verdict {
    fn of(outcome: &Result<VerifiedExport, UnprovenExport>) -> Self {
        let verified = match outcome {
            Ok(verified) => verified.clone(),
            Err(unproven) => {
                return Self::Unproven {
                    valid: false,
                    line: unproven.line,
                    reason: unproven.reason.to_string(),
                };
            }
        };
        let chain =
            |chain: VerifiedChain| ProvenChain { owner: chain.owner, count: chain.count, hash: chain.hash };
        Self::Proven {
            valid: true,
            entries: verified.entries,
            chains: verified.chains.into_iter().map(chain).collect(),
            checkpoints: verified.checkpoints,
            checkpoints_unchecked: verified.checkpoints_unchecked,
            unsealed: verified.unsealed,
            signed_at: Timestamp::from_seconds(verified.signed_at).to_string(),
            key_thumbprint: verified.key_thumbprint,
        }
    }
}
