//! The tenant's own settings.

use std::sync::Arc;

use appkeep_domain::access::{Deduplication, VaultSettings};
use appkeep_domain::registration::{RegistrationMode, RegistrationSettings};
use appkeep_domain::{Action, Colour, Name, SigningAlgorithm, Tenant};
use appkeep_storage::WriteTx;
use serde_json::{Value, json};

use super::Registry;
use super::draft::{edit, https_url};
use super::faults::Faults;
use super::fields::Edit;
use super::record::{Stamp, Told, record};
use super::update::Expected;
use crate::by::By;
use crate::error::{Error, ErrorCode};

/// What is to become of the tenant; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct TenantUpdate {
    pub name: Option<String>,
    pub secret_rotation_overlap_s: Option<i64>,
    pub access_token_signing_alg: Option<String>,
    pub logo_url: Edit<String>,
    pub colour: Edit<String>,
    pub fingerprint_tokens: Option<bool>,
    pub deduplicate_tokens: Option<bool>,
    pub token_deduplication_behavior: Option<String>,
    pub client_registration: Option<String>,
    pub unused_registration_ttl_s: Option<i64>,
    pub expected: Expected,
}

impl Registry {
    pub async fn tenant(&self, by: &By) -> Result<Tenant, Error> {
        by.decide_of_tenant(Action::ReadTenant)?;
        let found = self.store.read().await?.tenant(by.within(), by.tenant).await?;
        found.ok_or_else(no_such_tenant)
    }

    pub async fn update_tenant(&self, by: &By, update: TenantUpdate) -> Result<Tenant, Error> {
        by.decide_of_tenant(Action::UpdateTenant)?;
        let (by, stamp, wanted) = (by.clone(), self.stamp(), Arc::new(update));
        self.store.write(async move |tx: &mut WriteTx| apply(tx, &by, stamp, &wanted).await).await
    }
}

async fn apply(tx: &mut WriteTx, by: &By, stamp: Stamp, update: &TenantUpdate) -> Result<Tenant, Error> {
    let current = tx.tenant(by.within(), by.tenant).await?.ok_or_else(no_such_tenant)?;
    update.expected.check(current.version)?;
    let mut changed = draft(current.clone(), update)?;
    if changed == current {
        return Ok(current);
    }
    changed.updated_at = stamp.now;
    // Storage counts the version up itself.
    tx.update_tenant(by.within(), &changed).await?;
    changed.version += 1;
    let (before, after) = (Some(describe(&current)), Some(describe(&changed)));
    record(tx, by, stamp, Told { action: "tenant.updated", application: None, before, after }).await?;
    Ok(changed)
}

fn draft(mut tenant: Tenant, update: &TenantUpdate) -> Result<Tenant, Error> {
    let mut faults = Faults::default();
    if let Some(name) = update.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        tenant.name = name;
    }
    if let Some(seconds) = update.secret_rotation_overlap_s {
        let parsed = u32::try_from(seconds).map_err(|_| "is not from 0 to 604800 seconds".to_owned());
        let parsed = parsed.and_then(|seconds| {
            Tenant::parse_secret_rotation_overlap(seconds).map_err(|reason| reason.to_string())
        });
        let overlap = faults.take("secret_rotation_overlap_s", parsed);
        tenant.secret_rotation_overlap = overlap.unwrap_or(tenant.secret_rotation_overlap);
    }
    if let Some(raw) = &update.access_token_signing_alg {
        let parsed = SigningAlgorithm::parse(raw).map_err(|reason| format!("is {reason}"));
        let algorithm = faults.take("access_token_signing_alg", parsed);
        tenant.access_token_signing_alg = algorithm.unwrap_or(tenant.access_token_signing_alg);
    }
    edit(&mut tenant.logo_url, "logo_url", &update.logo_url, &mut faults, https_url);
    edit(&mut tenant.colour, "colour", &update.colour, &mut faults, Colour::parse);
    tenant.vault = draft_vault(tenant.vault, update, &mut faults);
    tenant.registration = draft_registration(tenant.registration, update, &mut faults);
    faults.check()?;
    Ok(tenant)
}

fn draft_vault(vault: VaultSettings, update: &TenantUpdate, faults: &mut Faults) -> VaultSettings {
    let behaviour = update.token_deduplication_behavior.as_deref().and_then(|raw| {
        let parsed = Deduplication::parse(raw).map_err(|reason| format!("is {reason}"));
        faults.take("token_deduplication_behavior", parsed)
    });
    VaultSettings {
        fingerprint_tokens: update.fingerprint_tokens.unwrap_or(vault.fingerprint_tokens),
        deduplicate_tokens: update.deduplicate_tokens.unwrap_or(vault.deduplicate_tokens),
        deduplication: behaviour.unwrap_or(vault.deduplication),
    }
}

fn draft_registration(
    registration: RegistrationSettings,
    update: &TenantUpdate,
    faults: &mut Faults,
) -> RegistrationSettings {
    let mode = update.client_registration.as_deref().and_then(|raw| {
        let parsed = RegistrationMode::parse(raw).map_err(|reason| format!("is {reason}"));
        faults.take("client_registration", parsed)
    });
    let unused_ttl = update.unused_registration_ttl_s.and_then(|seconds| {
        let seconds = u32::try_from(seconds).unwrap_or_default();
        let parsed = RegistrationSettings::parse_unused_ttl(seconds).map_err(|reason| format!("is {reason}"));
        faults.take("unused_registration_ttl_s", parsed)
    });
    RegistrationSettings {
        mode: mode.unwrap_or(registration.mode),
        unused_ttl: unused_ttl.unwrap_or(registration.unused_ttl),
    }
}

fn describe(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name.as_str(),
        "secret_rotation_overlap_s": tenant.secret_rotation_overlap.as_seconds(),
        "access_token_signing_alg": tenant.access_token_signing_alg.as_str(),
        "logo_url": tenant.logo_url,
        "colour": tenant.colour.map(|colour| colour.to_string()),
        "fingerprint_tokens": tenant.vault.fingerprint_tokens,
        "deduplicate_tokens": tenant.vault.deduplicate_tokens,
        "token_deduplication_behavior": tenant.vault.deduplication.as_str(),
        "client_registration": tenant.registration.mode.as_str(),
        "unused_registration_ttl_s": tenant.registration.unused_ttl.as_seconds(),
    })
}

fn no_such_tenant() -> Error {
    Error::new(ErrorCode::NotFound, "there is no such tenant")
}
