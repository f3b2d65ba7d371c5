//! Lists of integrations: newest first, by seeking, with a bound on the work.

use std::ops::ControlFlow;

use appkeep_domain::integration::{AuthMode, Category, Integration};
use appkeep_domain::{IntegrationId, Owner, TenantId, Within, fold};

use super::{integration_columns, read};
use crate::error::Result;
use crate::owners::reaches;
use crate::pages::{Gathering, Seek};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// Which integrations are wanted; all that are not archived where nothing is
/// said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrationFilter {
    pub category: Option<Category>,
    pub auth: Option<AuthMode>,
    /// Those that are archived, and no others.
    pub archived: bool,
    /// Part of the name, case aside.
    pub text: Option<String>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrationPage {
    pub integrations: Vec<Integration>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<IntegrationId>,
}

impl IntegrationFilter {
    /// With the text folded.
    fn passes(&self, integration: &Integration) -> bool {
        integration.is_archived() == self.archived
            && self.category.is_none_or(|category| category == integration.category)
            && self.auth.is_none_or(|auth| auth == integration.auth)
            && self.text.as_deref().is_none_or(|text| fold(integration.name.as_str()).contains(text))
    }
}

impl ReadTx {
    /// None when the tenant is not within the boundary.
    pub async fn integrations(
        &mut self,
        within: Within,
        tenant: TenantId,
        filter: IntegrationFilter,
        seek: Seek<IntegrationId>,
    ) -> Result<IntegrationPage> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(IntegrationPage::default());
        }
        let filter = IntegrationFilter { text: filter.text.as_deref().map(fold), ..filter };
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let (after, limit) =
                (gathering.after().unwrap_or(LAST), i64::try_from(batch).unwrap_or(i64::MAX));
            let candidates =
                self.fetch_all(NEWEST, &[tenant.into(), after.into(), limit.into()], read).await?;
            let exhausted = candidates.len() < batch;
            let taken = gathering.take(candidates, exhausted, |one| one.id, |one| filter.passes(one));
            if let ControlFlow::Break(next) = taken {
                return Ok(IntegrationPage { integrations: gathering.into_found(), next });
            }
        }
    }
}

/// Greater than every id that is made.
const LAST: IntegrationId = IntegrationId::from_bytes([0xff; 16]);

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    integration_columns!(),
    " FROM integrations i WHERE i.tenant_id = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3"
));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_list_seeks() {
        assert_seeks(NEWEST).await;
    }
}
