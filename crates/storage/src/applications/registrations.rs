//! Applications that registered themselves, and the tokens that let them.

use appkeep_domain::registration::{Registration, RegistrationToken, SaidOfClient};
use appkeep_domain::{
    Actor, ActorKind, ApplicationId, Name, Owner, RegistrationTokenId, SecretHash, TenantId, Timestamp,
    Within,
};
use serde::{Deserialize, Serialize};

use super::change_of;
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Part of a list of initial access tokens, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrationTokenPage {
    pub tokens: Vec<RegistrationToken>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<RegistrationTokenId>,
}

/// How [`SaidOfClient`] is kept; a field added later has a default.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SaidColumn {
    client_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    contacts: Vec<String>,
    software_id: Option<String>,
    software_version: Option<String>,
    redirect_uris: Option<Vec<String>>,
    redirects_are_decided: bool,
}

macro_rules! tokens_where {
    ($condition:literal) => {
        concat!(
            "SELECT tenant_id, id, name, hash, last_four, uses, max_uses, created_by_kind, created_by,
                created_at, expires_at
            FROM registration_tokens WHERE ",
            $condition
        )
    };
}

const OF_APPLICATION: Sql = sql!(
    "SELECT application_id, tenant_id, token_hash, let_in_by, said, created_at, unused_until
    FROM registrations WHERE application_id = $1"
);
const UNUSED: Sql = sql!(
    "SELECT application_id FROM registrations WHERE unused_until <= $1
    ORDER BY unused_until, application_id LIMIT $2"
);
const MANY_UNUSED: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM registrations WHERE tenant_id = $1 AND unused_until IS NOT NULL LIMIT $2) AS counted"
);
const MANY_UNUSED_APPLICATIONS: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM registrations r JOIN applications a ON a.id = r.application_id
        WHERE r.tenant_id = $1 AND r.unused_until IS NOT NULL AND a.archived_at IS NULL LIMIT $2) AS counted"
);
const TOKEN: Sql = sql!(tokens_where!("tenant_id = $1 AND id = $2"));
const TOKEN_BY_HASH: Sql = sql!(tokens_where!("hash = $1"));
const TOKENS: Sql = sql!(tokens_where!("tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
const MANY_TOKENS: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM registration_tokens WHERE tenant_id = $1 LIMIT $2) AS counted"
);
const SWEEP_TOKENS: Sql = sql!(
    postgres: "DELETE FROM registration_tokens WHERE hash = ANY(ARRAY(
                   SELECT hash FROM registration_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM registration_tokens WHERE hash IN (
                   SELECT hash FROM registration_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

/// Greater than every id that is made.
const LAST: RegistrationTokenId = RegistrationTokenId::from_bytes([0xff; 16]);

impl ReadTx {
    /// How the application registered itself, if it did and its tenant is within
    /// the boundary.
    pub async fn registration(&mut self, within: Within, id: ApplicationId) -> Result<Option<Registration>> {
        let found = self.fetch_optional(OF_APPLICATION, &[id.into()], read).await?;
        Ok(found.filter(|found| reaches(within, Owner::Tenant(found.tenant))))
    }

    /// Those that never got a token and whose time is over at `now`, the longest
    /// ago first; none within anything but the platform.
    pub async fn unused_registrations(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ApplicationId>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        self.fetch_all(UNUSED, &[now.into(), limit.into()], |row| row.get("application_id")).await
    }

    /// How many of the tenant's never got a token, counted up to `most`.
    pub async fn unused_registration_count(
        &mut self,
        within: Within,
        tenant: TenantId,
        most: u32,
    ) -> Result<u32> {
        self.count_up_to(MANY_UNUSED, (within, tenant), most).await
    }

    /// The same, counted as applications that are there and not archived.
    pub async fn unused_application_count(
        &mut self,
        within: Within,
        tenant: TenantId,
        most: u32,
    ) -> Result<u32> {
        self.count_up_to(MANY_UNUSED_APPLICATIONS, (within, tenant), most).await
    }

    /// The tenant's token, whether it is still good or not.
    pub async fn registration_token(
        &mut self,
        within: Within,
        tenant: TenantId,
        id: RegistrationTokenId,
    ) -> Result<Option<RegistrationToken>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(TOKEN, &[tenant.into(), id.into()], read_token).await
    }

    /// The token with this hash, if it is of a tenant within the boundary.
    pub async fn registration_token_by_hash(
        &mut self,
        within: Within,
        hash: SecretHash,
    ) -> Result<Option<RegistrationToken>> {
        let found = self.fetch_optional(TOKEN_BY_HASH, &[hash.into()], read_token).await?;
        Ok(found.filter(|found| reaches(within, Owner::Tenant(found.tenant))))
    }

    /// The tenant's, newest first; none when the tenant is not within the
    /// boundary.
    pub async fn registration_tokens(
        &mut self,
        within: Within,
        tenant: TenantId,
        seek: Seek<RegistrationTokenId>,
    ) -> Result<RegistrationTokenPage> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(RegistrationTokenPage::default());
        }
        let after = seek.after.unwrap_or(LAST);
        let values = [tenant.into(), after.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(TOKENS, &values, read_token).await?;
        let (tokens, next) = page_of(found, seek.limit, |token| token.id);
        Ok(RegistrationTokenPage { tokens, next })
    }

    /// How many the tenant has, counted up to `most`.
    pub async fn registration_token_count(
        &mut self,
        within: Within,
        tenant: TenantId,
        most: u32,
    ) -> Result<u32> {
        self.count_up_to(MANY_TOKENS, (within, tenant), most).await
    }

    async fn count_up_to(
        &mut self,
        sql: Sql,
        (within, tenant): (Within, TenantId),
        most: u32,
    ) -> Result<u32> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(0);
        }
        let values = [tenant.into(), most.into()];
        let many = self.fetch_optional(sql, &values, |row| row.get::<i64>("many")).await?;
        Ok(many.and_then(|many| u32::try_from(many).ok()).unwrap_or_default())
    }
}

impl WriteTx {
    /// `Stale` when the tenant is not within the boundary.
    pub async fn insert_registration(&mut self, within: Within, registration: &Registration) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO registrations (application_id, tenant_id, token_hash, let_in_by, said, created_at,
                unused_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(registration.tenant))))?;
        let values = [
            registration.application.into(),
            registration.tenant.into(),
            registration.access_token.into(),
            registration.let_in_by.into(),
            print_said(&registration.said).into(),
            registration.created_at.into(),
            registration.unused_until.into(),
        ];
        self.execute(INSERT, &values).await?;
        Ok(())
    }

    /// Writes what it says of itself. `Stale` when it is not there, or its tenant
    /// not within the boundary.
    pub async fn update_registration(&mut self, within: Within, registration: &Registration) -> Result<()> {
        const UPDATE: Sql =
            sql!("UPDATE registrations SET said = $3 WHERE application_id = $1 AND tenant_id = $2");
        one_row(u64::from(reaches(within, Owner::Tenant(registration.tenant))))?;
        let values = [
            registration.application.into(),
            registration.tenant.into(),
            print_said(&registration.said).into(),
        ];
        one_row(self.execute(UPDATE, &values).await?)
    }

    /// It got a token: from now on it stays. Whether it had got none before.
    pub async fn keep_registration(&mut self, within: Within, application: ApplicationId) -> Result<bool> {
        const KEEP: Sql = sql!(
            "UPDATE registrations SET unused_until = NULL
            WHERE application_id = $1 AND unused_until IS NOT NULL"
        );
        if self.registration(within, application).await?.is_none() {
            return Ok(false);
        }
        let is_kept = self.execute(KEEP, &[application.into()]).await? > 0;
        if is_kept {
            self.announce(change_of(application));
        }
        Ok(is_kept)
    }

    /// Deletes what is left of one whose application is no more. `Stale` within
    /// anything but the platform.
    pub async fn forget_registration(&mut self, within: Within, application: ApplicationId) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM registrations WHERE application_id = $1");
        one_row(u64::from(within == Within::Platform))?;
        self.execute(DELETE, &[application.into()]).await?;
        Ok(())
    }

    /// `Stale` when its tenant is not within the boundary.
    pub async fn insert_registration_token(
        &mut self,
        within: Within,
        token: &RegistrationToken,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO registration_tokens (tenant_id, id, name, hash, last_four, uses, max_uses,
                created_by_kind, created_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(token.tenant))))?;
        let values = [
            token.tenant.into(),
            token.id.into(),
            token.name.as_ref().map(Name::as_str).into(),
            token.hash.into(),
            token.last_four.as_str().into(),
            token.uses.into(),
            token.max_uses.into(),
            token.created_by.kind.as_str().into(),
            token.created_by.id.as_str().into(),
            token.created_at.into(),
            token.expires_at.into(),
        ];
        self.execute(INSERT, &values).await?;
        Ok(())
    }

    /// Counts that it let in one. `Stale` when it does not any more, is not there,
    /// or its tenant not within the boundary.
    pub async fn use_registration_token(
        &mut self,
        within: Within,
        token: &RegistrationToken,
        now: Timestamp,
    ) -> Result<()> {
        const USE: Sql = sql!(
            "UPDATE registration_tokens SET uses = uses + 1
            WHERE tenant_id = $1 AND id = $2 AND uses < max_uses AND expires_at > $3"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(token.tenant))))?;
        let values = [token.tenant.into(), token.id.into(), now.into()];
        one_row(self.execute(USE, &values).await?)
    }

    /// `Stale` when it is not there, or its tenant not within the boundary.
    pub async fn delete_registration_token(
        &mut self,
        within: Within,
        token: &RegistrationToken,
    ) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM registration_tokens WHERE tenant_id = $1 AND id = $2");
        one_row(u64::from(reaches(within, Owner::Tenant(token.tenant))))?;
        one_row(self.execute(DELETE, &[token.tenant.into(), token.id.into()]).await?)
    }

    /// Deletes at most `limit` that have expired at `before`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_expired_registration_tokens(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP_TOKENS, &[before.into(), limit.into()]).await
    }
}

fn print_said(said: &SaidOfClient) -> String {
    let said = said.clone();
    let column = SaidColumn {
        client_uri: said.client_uri,
        policy_uri: said.policy_uri,
        tos_uri: said.tos_uri,
        contacts: said.contacts,
        software_id: said.software_id,
        software_version: said.software_version,
        redirect_uris: said.redirect_uris,
        redirects_are_decided: said.redirects_are_decided,
    };
    serde_json::to_string(&column).expect("strings are JSON")
}

fn parse_said(text: &str) -> std::result::Result<SaidOfClient, serde_json::Error> {
    let column: SaidColumn = serde_json::from_str(text)?;
    Ok(SaidOfClient {
        client_uri: column.client_uri,
        policy_uri: column.policy_uri,
        tos_uri: column.tos_uri,
        contacts: column.contacts,
        software_id: column.software_id,
        software_version: column.software_version,
        redirect_uris: column.redirect_uris,
        redirects_are_decided: column.redirects_are_decided,
    })
}

fn read(row: &Row<'_>) -> Result<Registration> {
    Ok(Registration {
        application: row.get("application_id")?,
        tenant: row.get("tenant_id")?,
        access_token: row.get("token_hash")?,
        let_in_by: row.get("let_in_by")?,
        said: row.parse("said", parse_said)?,
        created_at: row.get("created_at")?,
        unused_until: row.get("unused_until")?,
    })
}

fn read_token(row: &Row<'_>) -> Result<RegistrationToken> {
    Ok(RegistrationToken {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        name: row.parse_optional("name", Name::parse)?,
        hash: row.get("hash")?,
        last_four: row.get("last_four")?,
        uses: row.get("uses")?,
        max_uses: row.get("max_uses")?,
        created_by: Actor {
            kind: row.parse("created_by_kind", ActorKind::parse)?,
            id: row.get("created_by")?,
        },
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn registrations_are_sought() {
        for sql in [OF_APPLICATION, UNUSED, TOKEN, TOKEN_BY_HASH, TOKENS] {
            assert_seeks(sql).await;
        }
    }
}
