//! What an application may ask for, of what it asks.

use std::sync::Arc;

use appkeep_domain::{ApplicationState, OauthFacet, is_management};
use appkeep_oauth::{AuthorizeRequest, ClientAuthMethod, ErrorCode, GrantType, Refusal, ScopeSet};

use super::Asker;
use crate::tokens::Inner;
use crate::tokens::address::Reach;
use crate::tokens::clients::Client;
use crate::tokens::grants::grantable;
use crate::tokens::refuse::{refuse, unauthorized};

/// A request that its application may make.
pub(super) struct Wanted {
    pub(super) request: AuthorizeRequest,
    /// What it is granted, once the person agrees.
    pub(super) scope: ScopeSet,
    pub(super) audience: Vec<String>,
}

/// Refuses an application that gets no tokens at all, or none by a code.
pub(super) fn admit(asker: &Asker) -> Result<(), Refusal> {
    if asker.application.archived_at.is_some() {
        return Err(unauthorized("this client is archived"));
    }
    if asker.application.state != ApplicationState::Enabled {
        return Err(unauthorized("this client is disabled"));
    }
    if !asker.oauth.grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(unauthorized("this client may not use this grant type"));
    }
    Ok(())
}

impl Inner {
    pub(super) async fn wanted(&self, asker: &Asker, request: AuthorizeRequest) -> Result<Wanted, Refusal> {
        if needs_pkce(asker) && request.code_challenge.is_none() {
            let description = "this client has to send a `code_challenge` (RFC 7636)";
            return Err(Refusal::new(ErrorCode::InvalidRequest, description));
        }
        let known = self.settings().await.map_err(refuse)?.known(&asker.oauth.allowed_scopes);
        // Our own API is for operators, and for applications that speak for
        // themselves.
        let operators = asker.people.are_operators();
        let allowed = known.filtered(|scope| operators || !is_management(scope.as_str()));
        // By OpenID Connect every request names its redirect URI (OIDC Core
        // §3.1.2.1): one that names neither that nor a scope is none of those.
        let is_openid = request.scope.is_some() || request.address.requested_redirect_uri().is_some();
        let allowed = allowed.filtered(|scope| is_openid || scope.as_str() != "openid");
        let scope = grantable(allowed, request.scope.clone())?;
        let OauthFacet { audience, allowed_resources, .. } = &asker.oauth;
        let owner = asker.application.owner;
        let resources = &self.nobody_elses(owner, allowed_resources).await.map_err(refuse)?;
        let client = self.reaching(asker, &request).await?;
        let attached = client.as_ref().map_or(&[][..], |client| client.reach().attached);
        let named = |url: &str| request.targets.iter().any(|target| **target == *url);
        let attached: Vec<Box<str>> = attached.iter().filter(|url| named(url)).cloned().collect();
        let attached = &self.nobody_elses(owner, &attached).await.map_err(refuse)?;
        let reach = Reach { audience: audience.as_deref(), resources, attached, operators };
        let audience = self.address.audience_for_people(reach, &request.targets)?;
        Ok(Wanted { request, scope, audience })
    }

    /// Who knows what is attached to the application, where that matters.
    async fn reaching(
        &self,
        asker: &Asker,
        request: &AuthorizeRequest,
    ) -> Result<Option<Arc<Client>>, Refusal> {
        if request.targets.is_empty() {
            return Ok(None);
        }
        self.clients.find(asker.application.id, self.now()).await.map_err(refuse)
    }
}

/// Nobody proves who a public client is, so that only the verifier does (RFC
/// 9700 §2.1.1).
fn needs_pkce(asker: &Asker) -> bool {
    asker.oauth.require_pkce || asker.oauth.auth_method == ClientAuthMethod::None
}
