//! Who calls the native API: an application with a token of ours, or an
//! operator by one that they signed in to.

use appkeep_domain::{Caller, Footing, Level, OperatorId};

use super::Authority;
use super::verify::Unverified;
use crate::{Error, ErrorCode};

impl Authority {
    /// Who may speak with this access token, which must be for our management
    /// API and nothing else: `invalid_token` otherwise.
    pub async fn caller(&self, bearer: &str) -> Result<Caller, Error> {
        let token = self.0.verify(bearer).await.map_err(|reason| match reason {
            Unverified::Worthless(why) => invalid_token(why),
            Unverified::Failed(error) => error,
        })?;
        if !token.is_only_for(self.0.addresses.management_api()) {
            return Err(invalid_token("it is for another API"));
        }
        let (id, now) = (token.application, self.0.now());
        let client =
            self.0.clients.find(id, now).await?.ok_or_else(|| invalid_token("its application is gone"))?;
        // What was taken from the application, its older tokens have no more.
        let allowed = &client.allowed_scopes;
        let scopes = token.scope.iter().filter(|scope| allowed.contains(scope.as_str())).cloned().collect();
        let Some(person) = &token.person else {
            let settings = self.0.settings().await?;
            if settings.footing == Footing::Archived {
                return Err(invalid_token("its tenant is archived"));
            }
            let (partner, scopes) = (settings.tenant.partner, settings.footing.scopes(scopes));
            return Ok(Caller::Application {
                id,
                level: Level::Tenant { id: self.0.tenant, partner },
                scopes,
            });
        };
        if !client.people.are_operators() {
            return Err(invalid_token("it speaks for somebody who is no operator"));
        }
        let id = OperatorId::from_bytes(person.ids.user.as_bytes());
        Ok(Caller::Operator { id, roles: self.0.operators.roles(id).await?, scopes })
    }
}

fn invalid_token(why: &'static str) -> Error {
    let message = "the access token has expired, was revoked, or is not for this API; get a new one";
    Error::new(ErrorCode::InvalidToken, message).because(why)
}
