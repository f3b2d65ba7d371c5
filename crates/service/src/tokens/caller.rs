//! Who calls the native API: an application or a service account with a token
//! of ours, or an operator by an application that they signed in to.

use appkeep_domain::{
    Caller, Environment, Footing, Level, OperatorId, OwnAction, Owner, PartnerId, ServiceAccount,
};

use super::access_token::AccessToken;
use super::people::ForWhom;
use super::verify::{Good, Held, Unverified};
use super::{Authority, Inner};
use crate::{Error, ErrorCode};

impl Authority {
    /// Who may speak with this access token: one of any issuer of ours, for the
    /// management API at that issuer's address and nothing else;
    /// `invalid_token` otherwise. And that issuer, or the one of the workspace
    /// that an operator logged in to. `impersonation_forbids` for somebody who
    /// acts as somebody else: what they administer, they do as themselves.
    ///
    /// It is one API, at every address: what is told here is who asks, and what
    /// of which tenant they may have is decided by that.
    pub async fn caller(&self, bearer: &str) -> Result<(Caller, Self), Error> {
        let verified = self.0.verify_holder(bearer).await.map_err(|reason| match reason {
            Unverified::Worthless(why) => invalid_token(why),
            Unverified::Failed(error) => error,
        });
        let (issuer, Good { token, client }) = match verified? {
            (issuer, Held::ByClient(good)) => (issuer, good),
            (issuer, Held::ByAccount(token, account)) => {
                return Ok((issuer.account_caller(&token, &account).await?, Self(issuer)));
            }
        };
        if let Some(person) = &token.person {
            person.may(OwnAction::Administer)?;
        }
        if !token.is_only_for(issuer.address.management_api()) {
            return Err(invalid_token("it is for another API"));
        }
        if token.environment() == Environment::Test {
            return Err(invalid_token("it was issued to try an application with"));
        }
        // What was taken from the application, its older tokens have no more.
        let scopes = token.scope.intersection(&client.allowed_scopes);
        let Some(person) = &token.person else {
            let (level, footing) = issuer.standing(client.owner).await?;
            if footing == Footing::Archived {
                return Err(invalid_token("its tenant is archived"));
            }
            let scopes = footing.scopes(scopes);
            return Ok((Caller::Application { id: client.id(), level, scopes }, Self(issuer)));
        };
        if client.for_whom != ForWhom::Operators {
            return Err(invalid_token("it speaks for somebody who is no operator"));
        }
        let id = OperatorId::from_bytes(person.ids.user.as_bytes());
        let issuer = match person.workspace {
            Some(tenant) => issuer.of_tenant(tenant).await?,
            None => Some(issuer),
        };
        let there = issuer.ok_or_else(|| invalid_token("its workspace is gone"))?;
        Ok((Caller::Operator { id, roles: self.0.operators.roles(id).await?, scopes }, Self(there)))
    }
}

impl Authority {
    /// Whose tenant it is at whose address this is.
    pub async fn partner(&self) -> Result<Option<PartnerId>, Error> {
        Ok(self.0.settings().await?.tenant.partner)
    }

    /// Whether that tenant gets nothing new, and those who run it look on.
    pub async fn is_suspended(&self) -> Result<bool, Error> {
        Ok(self.0.settings().await?.footing == Footing::Suspended)
    }
}

impl Inner {
    /// A service account, by the role that it has at this moment.
    async fn account_caller(&self, token: &AccessToken, account: &ServiceAccount) -> Result<Caller, Error> {
        if !token.is_only_for(self.address.management_api()) {
            return Err(invalid_token("it is for another API"));
        }
        let settings = self.settings().await?;
        let grant = settings.footing.role(account.grant(settings.tenant.partner));
        let grant = grant.ok_or_else(|| invalid_token("its tenant is archived"))?;
        Ok(Caller::ServiceAccount { id: account.id, roles: vec![grant], scopes: token.scope.clone() })
    }

    /// Whom an application of this owner speaks for, which is a client here, and
    /// how they stand.
    async fn standing(&self, owner: Owner) -> Result<(Level, Footing), Error> {
        let settings = match owner {
            Owner::Global => return Ok((Level::Platform, Footing::Firm)),
            Owner::Partner(_) | Owner::Tenant(_) => self.settings().await?,
        };
        let level = match owner {
            Owner::Global => Level::Platform,
            Owner::Partner(id) => Level::Partner(id),
            Owner::Tenant(id) => Level::Tenant { id, partner: settings.tenant.partner },
        };
        Ok((level, settings.footing))
    }
}

fn invalid_token(why: &'static str) -> Error {
    let message = "the access token has expired, was revoked, or is not for this API; get a new one";
    Error::new(ErrorCode::InvalidToken, message).because(why)
}
