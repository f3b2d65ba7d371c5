//! Introspection (RFC 7662): a resource server asks what a token is worth.

use appkeep_oauth::{ClientAuthentication, Refusal, ScopeSet, TokenQuery};

use super::access_token::AccessToken;
use super::clients::Client;
use super::refuse::refuse;
use super::verify::Unverified;
use super::{Authority, Inner, RequestOrigin};

/// Lets an application introspect every token of its tenant.
const MAY_INTROSPECT: &str = "tokens:introspect";

/// What is told about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// Not good, or none of the asker's business (RFC 7662 §2.2).
    Inactive,
    Active(Box<ActiveToken>),
}

/// A token that is good at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveToken {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub client_id: String,
    pub jti: String,
    pub scope: ScopeSet,
    pub exp: i64,
    pub iat: i64,
    pub tenant_id: String,
    /// The session of the person whom it speaks for.
    pub sid: Option<String>,
    /// When that person proved who they are.
    pub auth_time: Option<i64>,
}

impl Authority {
    /// Only a confidential client may ask, so that nobody can try out tokens
    /// that he found (RFC 7662 §2.1).
    pub async fn introspect(
        &self,
        client: ClientAuthentication,
        query: TokenQuery,
        origin: &RequestOrigin,
    ) -> Result<Introspection, Refusal> {
        let asker = self.0.authenticate(&client, origin).await?;
        asker.must_be_confidential()?;
        self.0.tell(&asker.client, &query.token).await
    }
}

impl Inner {
    async fn tell(&self, asker: &Client, token: &str) -> Result<Introspection, Refusal> {
        match self.verify(token).await {
            Ok(token) if self.may_know(asker, &token) => {
                self.see(&token);
                Ok(Introspection::Active(Box::new(self.describe(&token))))
            }
            Ok(_) | Err(Unverified::Worthless(_)) => Ok(Introspection::Inactive),
            Err(Unverified::Failed(error)) => Err(refuse(error)),
        }
    }

    /// Whom the token is for, whose it is, and who was given the right. All are
    /// of one tenant, as every client here is. Our own API is nobody else's,
    /// whatever an application calls itself.
    fn may_know(&self, asker: &Client, token: &AccessToken) -> bool {
        let own = asker.audience.as_deref().filter(|own| *own != self.address.management_api());
        token.application == asker.id()
            || own.is_some_and(|own| token.is_for(own))
            || asker.allowed_scopes.contains(MAY_INTROSPECT)
    }

    fn describe(&self, token: &AccessToken) -> ActiveToken {
        ActiveToken {
            iss: self.address.issuer().to_owned(),
            sub: token.subject.to_string(),
            aud: token.audience.iter().map(ToString::to_string).collect(),
            client_id: token.client_id.to_string(),
            jti: token.id.to_string(),
            scope: token.scope.clone(),
            exp: token.expires_at().as_seconds(),
            iat: token.issued_at,
            tenant_id: self.address.tenant.to_string(),
            sid: token.person.as_ref().map(|person| person.ids.session.to_string()),
            auth_time: token.person.as_ref().map(|person| person.authenticated_at),
        }
    }
}
