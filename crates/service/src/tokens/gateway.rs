//! Whose tokens are good at the gateway: the one place where that is decided.

use appkeep_domain::{
    AgentCaller, ApplicationId, ApplicationState, Environment, GATEWAY_SCOPES, Owner, Timestamp, User,
};

use super::access_token::AccessToken;
use super::clients::Client;
use super::verify::{Good, Unverified};
use super::{Authority, Inner};
use crate::{Error, ErrorCode};

/// An agent that showed a token which is good at the gateway.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agent {
    pub(crate) application: ApplicationId,
    /// For whom it speaks; nobody, where the application does for itself.
    pub(crate) caller: Option<AgentCaller>,
    pub(crate) expires_at: Timestamp,
}

impl Authority {
    /// What our gateway here is called: the `resource` of RFC 9728.
    pub fn gateway(&self) -> &str {
        self.0.address.gateway()
    }

    /// The issuer of ours that a token names, if there is one; whatever the token
    /// is worth.
    pub async fn of_token(&self, bearer: &str) -> Result<Option<Self>, Error> {
        match self.0.issuer_of_token(bearer).await {
            Ok(issuer) => Ok(Some(Self(issuer))),
            Err(Unverified::Worthless(_)) => Ok(None),
            Err(Unverified::Failed(error)) => Err(error),
        }
    }

    /// Refuses everybody where the tenant, or its partner, may do no business:
    /// nothing is reached from there, whatever was given out before.
    pub(crate) async fn must_be_firm(&self) -> Result<(), Error> {
        let stands = self.0.settings().await?.footing.must_be_firm();
        stands.map_err(|_| Error::new(ErrorCode::Forbidden, "the tenant is suspended or archived"))
    }

    /// The agent, if its token was given out here for the gateway, and the
    /// application may still come to it.
    ///
    /// `invalid_token` when it is not good, or for something else;
    /// `insufficient_scope` without one of the gateway's scopes; `forbidden` for
    /// an application that is disabled, or belongs to no tenant, or to one that is
    /// suspended.
    pub(crate) async fn agent(&self, bearer: &str) -> Result<Agent, Error> {
        let verified = self.0.verify(bearer).await.map_err(|reason| match reason {
            Unverified::Worthless(why) => invalid_token(why),
            Unverified::Failed(error) => error,
        });
        let good = verified?;
        let Good { token, client } = &good;
        self.0.opens_gateway(token, client)?;
        self.must_be_firm().await?;
        let caller = self.0.caller_of(&good).await?;
        self.0.see(&good);
        let (application, expires_at) = (client.id(), token.expires_at());
        Ok(Agent { application, caller, expires_at })
    }
}

impl Inner {
    fn opens_gateway(&self, token: &AccessToken, client: &Client) -> Result<(), Error> {
        let is_for_it = token.audience.iter().any(|named| self.address.is_gateway(named));
        if !is_for_it || !self.address.may_name_gateway(client.reach()) {
            return Err(invalid_token("it is not for the gateway"));
        }
        if token.environment() == Environment::Test {
            return Err(invalid_token("it was issued to try an application with"));
        }
        // What was taken from the application, its older tokens have no more.
        let holds = |scope: &&str| token.scope.contains(scope) && client.allowed_scopes.contains(scope);
        if !GATEWAY_SCOPES.iter().any(holds) {
            let message = "this needs an access token with the scope `mcp:invoke` or `gateway:access`";
            return Err(Error::new(ErrorCode::InsufficientScope, message).wanting(INVOKE));
        }
        if client.is_archived {
            return Err(invalid_token("its application is archived"));
        }
        if client.state != ApplicationState::Enabled {
            return Err(Error::new(ErrorCode::Forbidden, "the application is disabled"));
        }
        if !matches!(client.owner, Owner::Tenant(_)) {
            let message = "the application belongs to no tenant, and what is reached here does";
            return Err(Error::new(ErrorCode::Forbidden, message));
        }
        Ok(())
    }

    /// Whoever only acts as somebody reaches nothing in their name.
    async fn caller_of(&self, Good { token, client }: &Good) -> Result<Option<AgentCaller>, Error> {
        let Some(person) = &token.person else { return Ok(None) };
        if person.impersonation.is_some() {
            let message = "whoever acts as somebody else reaches nothing in their name";
            return Err(Error::new(ErrorCode::ImpersonationForbids, message));
        }
        let people = self.people_of_client(client, person.environment);
        let mut tx = self.store.read().await?;
        let directory = people.directory(&mut tx).await?;
        let directory = directory.ok_or_else(|| invalid_token("its directory is gone"))?;
        let user = tx.user(people.within, &directory, person.ids.user).await?.filter(User::may_sign_in);
        let user = user.ok_or_else(|| invalid_token("the person may not sign in"))?.id;
        Ok(Some(AgentCaller { directory: directory.id, user }))
    }
}

/// The scope that is told to whoever has none.
const INVOKE: &str = "mcp:invoke";

fn invalid_token(why: &'static str) -> Error {
    let message = "the access token has expired, was revoked, or is not for the gateway; get a new one";
    Error::new(ErrorCode::InvalidToken, message).because(why)
}
