//! What tokens a tenant's applications would get, for whoever tells of it
//! without giving any: asked of those who decide when one is given.

use std::sync::Arc;

use appkeep_domain::{NotInUse, OauthFacet, TenantId};
use appkeep_oauth::ScopeSet;

use super::address::Reach;
use super::tenants::Settings;
use super::{Authority, Inner};
use crate::error::{Error, ErrorCode};

/// What of a tenant every token depends on.
pub(crate) struct TokenRules {
    inner: Inner,
    settings: Arc<Settings>,
}

impl Authority {
    pub(crate) async fn token_rules(&self, tenant: TenantId) -> Result<TokenRules, Error> {
        let nobody = || Error::new(ErrorCode::TenantNotFound, "there is no such tenant");
        let inner = self.0.of_tenant(tenant).await?.ok_or_else(nobody)?;
        let settings = inner.settings().await?;
        Ok(TokenRules { inner, settings })
    }
}

impl TokenRules {
    /// Refuses everybody where the tenant may do no business.
    pub(crate) fn must_be_firm(&self) -> Result<(), NotInUse> {
        self.settings.footing.must_be_firm()
    }

    /// What of the allowed scopes there still is.
    pub(crate) fn known(&self, oauth: &OauthFacet) -> ScopeSet {
        self.settings.known(&oauth.allowed_scopes)
    }

    /// Whether the application may ask for a token for it.
    pub(crate) fn may_name(&self, oauth: &OauthFacet, target: &str) -> bool {
        let reach = Reach {
            audience: oauth.audience.as_deref(),
            resources: &oauth.allowed_resources,
            operators: false,
        };
        self.inner.address.grant(reach, vec![target.to_owned()]).is_ok()
    }
}
