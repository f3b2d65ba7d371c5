//! `/tenants/self`: the tenant whose key it is.

use std::collections::BTreeMap;

use appkeep_domain::Tenant;
use appkeep_domain::access::VaultSettings;
use appkeep_http::{AppState, Body, Json as Fields, Problem};
use appkeep_service::{Error, ErrorCode, Expected, Fault, Registry, TenantUpdate, Turn};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::caller::{Holding, may};
use super::words::moment;
use crate::with_slash;

const FINGERPRINT: &str = "fingerprint_tokens";
const DEDUPLICATE: &str = "deduplicate_tokens";
const BEHAVIOR: &str = "token_deduplication_behavior";

pub(super) fn routes() -> Router<AppState> {
    let own = get(get_tenant).put(update_tenant).delete(delete_tenant);
    Router::new().merge(with_slash("/tenants/self", &own))
}

/// As it is shown. Several people may run one, so that no owner is named; their
/// first client reads no `null` there.
#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    settings: BTreeMap<&'static str, String>,
    created_by: Option<String>,
    created_at: String,
    modified_by: Option<String>,
    modified_at: Option<String>,
}

impl Shown {
    fn of(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id.to_uuid(),
            name: tenant.name.as_str().to_owned(),
            settings: settings(tenant.vault),
            created_by: None,
            created_at: moment(tenant.created_at),
            modified_by: None,
            modified_at: (tenant.updated_at != tenant.created_at).then(|| moment(tenant.updated_at)),
        }
    }
}

/// All of them are texts.
fn settings(vault: VaultSettings) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        (FINGERPRINT, vault.fingerprint_tokens.to_string()),
        (DEDUPLICATE, vault.deduplicate_tokens.to_string()),
        (BEHAVIOR, vault.deduplication.as_str().to_owned()),
    ])
}

/// What it is to be; settings that are not named stay.
#[derive(Deserialize)]
struct Replacement {
    name: String,
    settings: Option<BTreeMap<String, Option<String>>>,
}

impl Body for Replacement {
    const REQUIRED: &'static [&'static str] = &["name"];
}

impl Replacement {
    fn read(self) -> Result<TenantUpdate, Error> {
        let mut update =
            TenantUpdate { name: Some(self.name), expected: Expected::Any, ..TenantUpdate::default() };
        let mut faults = Vec::new();
        for (name, value) in self.settings.unwrap_or_default() {
            let Some(value) = value else { continue };
            match name.as_str() {
                FINGERPRINT => update.fingerprint_tokens = truth(&name, &value, &mut faults),
                DEDUPLICATE => update.deduplicate_tokens = truth(&name, &value, &mut faults),
                BEHAVIOR => update.token_deduplication_behavior = Some(value),
                _ => faults.push(fault(&format!("settings.{name}"), "is no setting that there is")),
            }
        }
        Error::from_faults(faults)?;
        Ok(update)
    }
}

fn truth(name: &str, value: &str, faults: &mut Vec<Fault>) -> Option<bool> {
    value.parse().map_err(|_| faults.push(fault(name, "is neither `true` nor `false`"))).ok()
}

fn fault(name: &str, message: &str) -> Fault {
    Fault::new(name, ErrorCode::InvalidField, message)
}

async fn get_tenant(
    holding: Holding<may::TenantRead>,
    State(registry): State<Registry>,
) -> Result<Json<Shown>, Problem> {
    holding.principal.tenant()?;
    Ok(Json(Shown::of(&registry.tenant(&holding.by).await?)))
}

async fn update_tenant(
    holding: Holding<may::TenantUpdate>,
    State(registry): State<Registry>,
    Fields(replacement): Fields<Replacement>,
) -> Result<Json<Shown>, Problem> {
    holding.principal.tenant()?;
    Ok(Json(Shown::of(&registry.update_tenant(&holding.by, replacement.read()?).await?)))
}

/// Archives it, which is for those who govern it to do.
async fn delete_tenant(
    holding: Holding<may::TenantDelete>,
    State(registry): State<Registry>,
) -> Result<StatusCode, Problem> {
    let tenant = holding.principal.tenant()?;
    registry.turn_tenant(&holding.by, &tenant.to_string(), Turn::Archive).await?;
    Ok(StatusCode::NO_CONTENT)
}
