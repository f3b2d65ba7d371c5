//! Introspection (RFC 7662): a resource server asks what a token is worth.

use appkeep_domain::Owner;
use appkeep_oauth::{ClientAuthentication, Refusal, ScopeSet, TokenQuery};

use super::access_token::{AccessToken, AdminRole};
use super::acting::ActClaim;
use super::authenticate::AuthenticatedClient;
use super::refuse::refuse;
use super::verify::{Good, Held, Unverified};
use super::{Authority, Inner, RequestOrigin};

/// Lets an application introspect every token of its owner's applications, and
/// of those of the owner's tenants.
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
    /// Nothing for what a GLOBAL application got for itself.
    pub tenant_id: Option<String>,
    /// Whose that tenant was.
    pub partner_id: Option<String>,
    /// `GLOBAL`, `PARTNER` or `TENANT`.
    pub app_scope: &'static str,
    /// Whether a GLOBAL application got it for itself.
    pub platform_token: bool,
    /// What the person administers at the highest level, if anything.
    pub role: Option<&'static str>,
    /// The session of the person whom it speaks for.
    pub sid: Option<String>,
    /// When that person proved who they are.
    pub auth_time: Option<i64>,
    /// Who acts as that person, if somebody does.
    pub act: Option<ActClaim>,
    /// By which impersonation.
    pub impersonation_id: Option<String>,
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
        self.0.tell(&asker, &query.token).await
    }
}

impl Inner {
    async fn tell(&self, asker: &AuthenticatedClient, token: &str) -> Result<Introspection, Refusal> {
        let active =
            |token: &AccessToken, owner| Ok(Introspection::Active(Box::new(self.describe(token, owner))));
        match self.verify_held(token).await {
            Ok(Held::ByClient(good)) if self.may_know(asker, &good) => {
                self.see(&good);
                active(&good.token, good.client.owner)
            }
            Ok(Held::ByAccount(token, account)) if may_govern(asker, Owner::Tenant(account.tenant)) => {
                active(&token, Owner::Tenant(account.tenant))
            }
            Ok(_) | Err(Unverified::Worthless(_)) => Ok(Introspection::Inactive),
            Err(Unverified::Failed(error)) => Err(refuse(error)),
        }
    }

    /// Whom the token is for, whose it is, and who was given the right. All are
    /// clients at one address. Our own API is nobody else's, whatever an
    /// application calls itself. What it got in one environment is not the
    /// business of the other.
    fn may_know(&self, presented: &AuthenticatedClient, Good { token, client }: &Good) -> bool {
        let (asker, environment) = (&presented.client, presented.environment);
        if token.application == asker.id() {
            return token.environment() == environment;
        }
        let own = asker.audience.as_deref().filter(|own| *own != self.address.management_api());
        own.is_some_and(|own| token.is_for(own)) || may_govern(presented, client.owner)
    }

    fn describe(&self, token: &AccessToken, owner: Owner) -> ActiveToken {
        let is_platforms = owner == Owner::Global && token.person.is_none();
        let acting = token.person.as_ref().and_then(|person| person.impersonation);
        let impersonation_id = acting.map(|acting| acting.impersonation.to_string());
        ActiveToken {
            iss: self.address.issuer().to_owned(),
            sub: token.subject.to_string(),
            aud: token.audience.iter().map(ToString::to_string).collect(),
            client_id: token.client_id.to_string(),
            jti: token.id.to_string(),
            scope: token.scope.clone(),
            exp: token.expires_at().as_seconds(),
            iat: token.issued_at,
            tenant_id: (!is_platforms).then(|| self.address.tenant.to_string()),
            partner_id: token.partner.map(|partner| partner.to_string()),
            app_scope: token.app_scope.as_str(),
            platform_token: is_platforms,
            role: token.person.as_ref().and_then(|person| person.role).map(AdminRole::as_str),
            sid: token.person.as_ref().map(|person| person.ids.session.to_string()),
            auth_time: token.person.as_ref().map(|person| person.authenticated_at),
            act: token.act.as_deref().cloned(),
            impersonation_id,
        }
    }
}

/// Whether the asker was given the right to know of what this owner's got.
fn may_govern(asker: &AuthenticatedClient, of: Owner) -> bool {
    asker.client.allowed_scopes.contains(MAY_INTROSPECT) && governs(asker.client.owner, of)
}

/// Whether what one owner's applications got is the business of another's, of
/// two that have clients at one address.
const fn governs(owner: Owner, of: Owner) -> bool {
    match owner {
        Owner::Global => true,
        Owner::Partner(_) => !matches!(of, Owner::Global),
        Owner::Tenant(_) => matches!(of, Owner::Tenant(_)),
    }
}
