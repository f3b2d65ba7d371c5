//! What tenants let their applications reach. Which applications do is in
//! `attachments`, for whom in `linked`, and who is on the way in `errands`.

mod attachments;
mod columns;
mod errands;
mod linked;
mod list;
mod ties;

use appkeep_domain::integration::{AuthMode, Category, Integration, IntegrationUrl};
use appkeep_domain::{Actor, ActorKind, IntegrationId, Issuer, Name, Owner, TenantId, Within, fold};

pub use self::attachments::{Attached, AttachedAddress};
pub use self::errands::Errand;
pub use self::linked::{LinkedAccount, LinkedPage, SealedLink};
pub use self::list::{IntegrationFilter, IntegrationPage};
use crate::changes::{Change, Topic};
use crate::connections::SealedSecret;
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::remains::Remains;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What `read` reads, of `integrations i`.
macro_rules! integration_columns {
    () => {
        "i.tenant_id, i.id, i.name, i.url, i.category, i.auth_mode, i.settings, i.server_token_key,
        i.client_secret_key, i.validation, i.generation, i.created_by_kind, i.created_by_id, i.version,
        i.created_at, i.updated_at, i.archived_at"
    };
}
use integration_columns;

macro_rules! integrations_where {
    ($condition:literal) => {
        concat!("SELECT ", integration_columns!(), " FROM integrations i WHERE ", $condition)
    };
}

const BY_ID: Sql = sql!(integrations_where!("i.tenant_id = $1 AND i.id = $2"));
const BY_NAME: Sql =
    sql!(integrations_where!("i.tenant_id = $1 AND i.name_key = $2 AND i.archived_at IS NULL"));
const ARCHIVED_BY_NAME: Sql = sql!(integrations_where!(
    "i.tenant_id = $1 AND i.name_key = $2 AND i.archived_at IS NOT NULL ORDER BY i.id DESC LIMIT 1"
));
const WITH_SECRETS: Sql = sql!(concat!(
    "SELECT ",
    integration_columns!(),
    ", i.server_token, i.client_secret FROM integrations i WHERE i.tenant_id = $1 AND i.id = $2"
));

const COUNT: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM integrations WHERE tenant_id = $1 AND archived_at IS NULL LIMIT $2) AS counted"
);

/// What an integration is shown in whose name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrationSecrets {
    pub server_token: Option<SealedSecret>,
    pub client_secret: Option<SealedSecret>,
}

/// What is to become of one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SecretEdit {
    #[default]
    Keep,
    Clear,
    Set(SealedSecret),
}

/// What is to become of both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretEdits {
    pub server_token: SecretEdit,
    pub client_secret: SecretEdit,
}

impl ReadTx {
    pub async fn integration(
        &mut self,
        within: Within,
        tenant: TenantId,
        id: IntegrationId,
    ) -> Result<Option<Integration>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(BY_ID, &[tenant.into(), id.into()], read).await
    }

    /// The one that is called so, case aside, and is not archived.
    pub async fn integration_by_name(
        &mut self,
        within: Within,
        tenant: TenantId,
        name: &Name,
    ) -> Result<Option<Integration>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(BY_NAME, &[tenant.into(), name_key(name).into()], read).await
    }

    /// The newest of those that are called so, case aside, and are archived.
    pub async fn archived_integration_by_name(
        &mut self,
        within: Within,
        tenant: TenantId,
        name: &Name,
    ) -> Result<Option<Integration>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(ARCHIVED_BY_NAME, &[tenant.into(), name_key(name).into()], read).await
    }

    /// The integration and its secrets as they are together: of one moment, so
    /// that what was for one URL is not taken for another's.
    pub async fn integration_with_secrets(
        &mut self,
        within: Within,
        tenant: TenantId,
        id: IntegrationId,
    ) -> Result<Option<(Integration, IntegrationSecrets)>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        let both = |row: &Row<'_>| Ok((read(row)?, read_secrets(row)?));
        self.fetch_optional(WITH_SECRETS, &[tenant.into(), id.into()], both).await
    }

    /// How many the tenant has that are not archived, counted up to `most`; none
    /// when it is not within the boundary.
    pub async fn integration_count(&mut self, within: Within, tenant: TenantId, most: u32) -> Result<u32> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(0);
        }
        let many = |row: &Row<'_>| row.get::<i64>("many");
        let many = self.fetch_optional(COUNT, &[tenant.into(), most.into()], many).await?;
        Ok(many.and_then(|many| u32::try_from(many).ok()).unwrap_or_default())
    }
}

impl WriteTx {
    /// A name in use, case aside, is `Taken("integrations.tenant_id,
    /// integrations.name_key")`; `Stale` when the tenant is not within the
    /// boundary.
    pub async fn insert_integration(
        &mut self,
        within: Within,
        integration: &Integration,
        secrets: &SecretEdits,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO integrations (tenant_id, id, version, name, name_key, url, category, auth_mode,
                settings, validation, generation, updated_at, archived_at, created_by_kind, created_by_id,
                created_at)
            SELECT t.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
            FROM tenants t WHERE t.id = $1"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(integration.tenant))))?;
        let mut values = changeable(integration);
        values.extend([
            integration.created_by.kind.as_str().into(),
            integration.created_by.id.as_str().into(),
            integration.created_at.into(),
        ]);
        one_row(self.execute(INSERT, &values).await?)?;
        self.write_secrets(integration, secrets).await?;
        self.announce(change_of(integration.id));
        Ok(())
    }

    /// Writes the integration over the version before its own, and its secrets
    /// where there are others. Connections of a generation before are no longer
    /// there; of many, some are left to the sweep. `Stale` when somebody else
    /// was quicker, it is not there, or not within the boundary.
    pub async fn update_integration(
        &mut self,
        within: Within,
        integration: &Integration,
        secrets: &SecretEdits,
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE integrations SET version = $3, name = $4, name_key = $5, url = $6, category = $7,
                auth_mode = $8, settings = $9, validation = $10, generation = $11, updated_at = $12,
                archived_at = $13
            WHERE tenant_id = $1 AND id = $2 AND version = $3 - 1"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(integration.tenant))))?;
        one_row(self.execute(UPDATE, &changeable(integration)).await?)?;
        self.write_secrets(integration, secrets).await?;
        self.announce(change_of(integration.id));
        Ok(())
    }

    /// Deletes what people had with the integrations of the generations before;
    /// of many, some are left to the sweep.
    pub async fn delete_earlier_links(&mut self, within: Within, integration: &Integration) -> Result<()> {
        one_row(u64::from(reaches(within, Owner::Tenant(integration.tenant))))?;
        self.delete_remains(Remains::of_integration(integration.tenant, integration.id)).await
    }

    async fn write_secrets(&mut self, integration: &Integration, secrets: &SecretEdits) -> Result<()> {
        const SERVER_TOKEN: Sql = sql!(
            "UPDATE integrations SET server_token_key = $3, server_token = $4 WHERE tenant_id = $1 AND id = $2"
        );
        const CLIENT_SECRET: Sql = sql!(
            "UPDATE integrations SET client_secret_key = $3, client_secret = $4
            WHERE tenant_id = $1 AND id = $2"
        );
        let edits = [(SERVER_TOKEN, &secrets.server_token), (CLIENT_SECRET, &secrets.client_secret)];
        for (sql, edit) in edits {
            let secret = match edit {
                SecretEdit::Keep => continue,
                SecretEdit::Clear => None,
                SecretEdit::Set(secret) => Some(secret),
            };
            let values = [
                integration.tenant.into(),
                integration.id.into(),
                secret.map(|secret| secret.data_key_version).into(),
                secret.map(|secret| secret.sealed.as_slice()).into(),
            ];
            one_row(self.execute(sql, &values).await?)?;
        }
        Ok(())
    }
}

const fn change_of(integration: IntegrationId) -> Change {
    Change { topic: Topic::Integration, key: integration.as_bytes() }
}

/// The key, the version, and the columns that an update may change.
fn changeable(integration: &Integration) -> Vec<Value<'_>> {
    vec![
        integration.tenant.into(),
        integration.id.into(),
        integration.version.into(),
        integration.name.as_str().into(),
        name_key(&integration.name).into(),
        integration.url.as_str().into(),
        integration.category.as_str().into(),
        integration.auth.as_str().into(),
        columns::print_settings(integration).into(),
        integration.validation.as_ref().map(columns::print_validation).into(),
        integration.generation.into(),
        integration.updated_at.into(),
        integration.archived_at.into(),
    ]
}

/// The form of a name that is compared.
fn name_key(name: &Name) -> String {
    fold(name.as_str())
}

fn read(row: &Row<'_>) -> Result<Integration> {
    let client_secret: Option<u32> = row.get("client_secret_key")?;
    let settings = row.parse("settings", |text| columns::parse_settings(text, client_secret.is_some()))?;
    let server_token: Option<u32> = row.get("server_token_key")?;
    Ok(Integration {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        name: row.parse("name", Name::parse)?,
        url: row.parse("url", IntegrationUrl::parse)?,
        category: row.parse("category", Category::parse)?,
        auth: row.parse("auth_mode", AuthMode::parse)?,
        scopes: settings.scopes,
        provider: settings.provider,
        issuer: settings.issuer,
        credential_schema: settings.credential_schema,
        capabilities: settings.capabilities,
        has_server_token: server_token.is_some(),
        client: settings.client,
        validation: row.parse_optional("validation", columns::parse_validation)?,
        generation: row.get("generation")?,
        version: row.get("version")?,
        created_by: Actor {
            kind: row.parse("created_by_kind", ActorKind::parse)?,
            id: row.get("created_by_id")?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        archived_at: row.get("archived_at")?,
    })
}

fn read_secrets(row: &Row<'_>) -> Result<IntegrationSecrets> {
    let issuer = Issuer::Tenant(row.get("tenant_id")?);
    let secret = |key, sealed| -> Result<Option<SealedSecret>> {
        let (version, sealed): (Option<u32>, Option<Vec<u8>>) = (row.get(key)?, row.get(sealed)?);
        let both = version.zip(sealed);
        Ok(both.map(|(data_key_version, sealed)| SealedSecret { issuer, data_key_version, sealed }))
    };
    Ok(IntegrationSecrets {
        server_token: secret("server_token_key", "server_token")?,
        client_secret: secret("client_secret_key", "client_secret")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn integrations_are_sought() {
        for sql in [BY_ID, BY_NAME, ARCHIVED_BY_NAME, WITH_SECRETS] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(COUNT, &["integrations"]).await;
    }
}
