//! Who calls the native API: an application with a token of ours.

use appkeep_domain::Caller;

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
        if token.claims.aud != [self.0.addresses.management_api()] {
            return Err(invalid_token("it is for another API"));
        }
        Ok(Caller::Application { id: token.application, tenant: self.0.tenant, scopes: token.scope.clone() })
    }
}

fn invalid_token(why: &'static str) -> Error {
    let message = "the access token has expired, was revoked, or is not for this API; get a new one";
    Error::new(ErrorCode::InvalidToken, message).because(why)
}
