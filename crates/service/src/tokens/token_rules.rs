//! What tokens a tenant's applications would get, for whoever tells of it
//! without giving any: asked of those who decide when one is given.

use std::sync::Arc;

use appkeep_domain::{NotInUse, OauthFacet, Owner, TenantId};
use appkeep_oauth::{ResourceIndicator, ScopeSet};

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

    /// What of the allowed resources is nobody else's API by now.
    pub(crate) async fn left_of_resources(
        &self,
        owner: Owner,
        oauth: &OauthFacet,
    ) -> Result<Vec<ResourceIndicator>, Error> {
        self.inner.nobody_elses(owner, &oauth.allowed_resources).await
    }

    /// Whether the application may ask for a token for it, with what is left of
    /// its allowed resources.
    pub(crate) fn may_name(&self, oauth: &OauthFacet, (left, target): (&[ResourceIndicator], &str)) -> bool {
        let audience = oauth.audience.as_deref();
        let reach = Reach { audience, resources: left, attached: &[], operators: false };
        self.inner.address.grant(reach, vec![target.to_owned()]).is_ok()
    }
}
