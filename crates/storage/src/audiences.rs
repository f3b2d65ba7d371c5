//! Which applications are registered for an API, by what that is called in the
//! `aud` of tokens.

use appkeep_domain::{Application, ApplicationId, Owner, PartnerId, TenantId, Timestamp, Within};

use crate::error::Result;
use crate::owners::{owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// Applications of a tenant and of a partner that name the same API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudienceClash {
    pub of_tenant: ApplicationId,
    pub of_partner: ApplicationId,
}

/// How much of it leads to an audience, in characters.
const HEAD: usize = 255;

/// Whoever is there and names `$2`, whose head is `$1`, at the moment `$3`.
macro_rules! holder_sql {
    ($join:literal, $condition:literal) => {
        sql!(concat!(
            "SELECT a.id FROM audiences a JOIN applications p ON p.owner = a.owner AND p.id = a.id",
            $join,
            " WHERE a.head = $1 AND a.audience = $2 AND (p.expires_at IS NULL OR p.expires_at > $3) AND ",
            $condition,
            " LIMIT 1"
        ))
    };
}

const OF_OWNER: Sql = holder_sql!("", "a.owner = $4");
const OF_OTHERS: Sql = holder_sql!("", "a.owner <> $4");
const OF_TENANTS: Sql = holder_sql!(" JOIN tenants t ON t.id = a.owner", "t.partner_id = $4");

const CLASH: Sql = sql!(
    "SELECT a.id AS of_tenant, b.id AS of_partner FROM audiences a
    JOIN audiences b ON b.head = a.head AND b.owner = $2 AND b.audience = a.audience
    JOIN applications p ON p.owner = a.owner AND p.id = a.id AND (p.expires_at IS NULL OR p.expires_at > $3)
    JOIN applications q ON q.owner = b.owner AND q.id = b.id AND (q.expires_at IS NULL OR q.expires_at > $3)
    WHERE a.owner = $1 LIMIT 1"
);

const DELETE: Sql = sql!("DELETE FROM audiences WHERE owner = $1 AND id = $2");

impl ReadTx {
    /// An application above or below the owner that names this API and is there
    /// at `now`: for the platform's anybody else's, for a partner's those of the
    /// platform and of its tenants, for a tenant's those of the platform and of
    /// its partner. Archived ones too. None within anything but the platform.
    pub async fn audience_holder(
        &mut self,
        within: Within,
        (owner, partner): (Owner, Option<PartnerId>),
        audience: &str,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>> {
        if within != Within::Platform {
            return Ok(None);
        }
        let global = (OF_OWNER, owner_key(Owner::Global));
        let looks = match owner {
            Owner::Global => vec![(OF_OTHERS, owner_key(owner))],
            Owner::Partner(_) => vec![global, (OF_TENANTS, owner_key(owner))],
            Owner::Tenant(_) => {
                let above = partner.map(|id| (OF_OWNER, owner_key(Owner::Partner(id))));
                [global].into_iter().chain(above).collect()
            }
        };
        for (sql, whose) in looks {
            let values: [Value<'_>; 4] = [head(audience).into(), audience.into(), now.into(), whose.into()];
            let found = self.fetch_optional(sql, &values, |row| row.get("id")).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// An application of the owner's that names this API and is there at `now`,
    /// archived or not; none when the owner is not within the boundary.
    pub async fn audience_of(
        &mut self,
        within: Within,
        owner: Owner,
        audience: &str,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>> {
        if !reaches(within, owner) {
            return Ok(None);
        }
        let whose = owner_key(owner);
        let values: [Value<'_>; 4] = [head(audience).into(), audience.into(), now.into(), whose.into()];
        self.fetch_optional(OF_OWNER, &values, |row| row.get("id")).await
    }

    /// Whom of the two it would be hard to tell apart, were the tenant the
    /// partner's. None within anything but the platform.
    pub async fn audience_clash(
        &mut self,
        within: Within,
        (tenant, partner): (TenantId, PartnerId),
        now: Timestamp,
    ) -> Result<Option<AudienceClash>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(CLASH, &[tenant.into(), partner.into(), now.into()], read_clash).await
    }
}

impl WriteTx {
    pub(crate) async fn insert_audience(&mut self, application: &Application) -> Result<()> {
        const INSERT: Sql = sql!("INSERT INTO audiences (head, owner, id, audience) VALUES ($1, $2, $3, $4)");
        let audience = application.oauth.as_ref().and_then(|oauth| oauth.audience.as_deref());
        let Some(audience) = audience else { return Ok(()) };
        let owner = owner_key(application.owner);
        let values = [head(audience).into(), owner.into(), application.id.into(), audience.into()];
        self.execute(INSERT, &values).await?;
        Ok(())
    }

    pub(crate) async fn delete_audience(&mut self, application: &Application) -> Result<()> {
        let owner = owner_key(application.owner);
        self.execute(DELETE, &[owner.into(), application.id.into()]).await?;
        Ok(())
    }
}

fn head(audience: &str) -> &str {
    audience.char_indices().nth(HEAD).map_or(audience, |(end, _)| &audience[..end])
}

fn read_clash(row: &Row<'_>) -> Result<AudienceClash> {
    Ok(AudienceClash { of_tenant: row.get("of_tenant")?, of_partner: row.get("of_partner")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn an_audience_is_sought() {
        for sql in [OF_OWNER, OF_OTHERS, DELETE] {
            assert_seeks(sql).await;
        }
        for sql in [OF_TENANTS, CLASH] {
            assert_no_scan_of(sql, &["a", "b", "p", "q", "t"]).await;
        }
    }

    #[test]
    fn a_head_ends_with_a_character() {
        assert_eq!(head("https://a.example"), "https://a.example");
        assert_eq!(head(&"é".repeat(300)).chars().count(), HEAD);
    }
}
