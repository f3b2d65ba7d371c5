//! `client_credentials` (RFC 6749 §4.4): an application asks in its own name.

use appkeep_domain::OIDC_SCOPES;
use appkeep_oauth::{ErrorCode, Refusal, ScopeSet};

use crate::tokens::Inner;
use crate::tokens::authenticate::AuthenticatedClient;
use crate::tokens::issue::{Grant, IssuedToken};

impl Inner {
    pub(in crate::tokens) async fn client_credentials(
        &self,
        client: &AuthenticatedClient,
        scope: Option<ScopeSet>,
        targets: Vec<String>,
    ) -> Result<IssuedToken, Refusal> {
        let scope = grantable(&client.client.oauth.allowed_scopes, scope)?;
        let audience = self.addresses.grant(&client.client.oauth, targets)?;
        // No refresh token: the client can always ask again (§4.4.3).
        self.issue(client, Grant { audience, scope }).await
    }
}

/// What the client asks for, or with nothing asked all that it may have;
/// one scope too many refuses the request (RFC 6749 §3.3).
///
/// Scopes of OpenID Connect speak of a person, and here is none: they are
/// granted to nobody. A client that may have them may ask for them all the
/// same, since libraries do, and the answer says what it got.
fn grantable(allowed: &ScopeSet, asked: Option<ScopeSet>) -> Result<ScopeSet, Refusal> {
    if let Some(other) = asked.iter().flatten().find(|scope| !allowed.contains(scope.as_str())) {
        let description = format!("this client may not have the scope `{other}`");
        return Err(Refusal::new(ErrorCode::InvalidScope, description));
    }
    let granted = asked.as_ref().unwrap_or(allowed).iter();
    Ok(granted.filter(|scope| !OIDC_SCOPES.contains(&scope.as_str())).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_asks_for_of_what_it_may_have() {
        let allowed = ScopeSet::parse("bills:read openid bills:write offline_access").expect("are scopes");
        for (asked, granted) in [
            (None, Ok("bills:read bills:write")),
            (Some("bills:write"), Ok("bills:write")),
            (Some("bills:write bills:read"), Ok("bills:write bills:read")),
            (Some("openid bills:read"), Ok("bills:read")),
            (Some("openid"), Ok("")),
            (Some("email"), Err("this client may not have the scope `email`")),
            (Some("bills:read Bills:read"), Err("this client may not have the scope `Bills:read`")),
        ] {
            let asked = asked.map(|raw| ScopeSet::parse(raw).expect("are scopes"));
            let outcome = grantable(&allowed, asked).map(|scope| scope.to_string());
            let outcome = outcome.map_err(|refusal| {
                assert_eq!(refusal.code(), ErrorCode::InvalidScope);
                refusal.to_string()
            });
            assert_eq!(outcome, granted.map(str::to_owned).map_err(str::to_owned));
        }
    }
}
