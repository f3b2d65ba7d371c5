//! The client registration endpoint (RFC 7591 §3) and the client configuration
//! endpoint (RFC 7592 §2).

use std::sync::Arc;

use appkeep_domain::registration::RegistrationMode;
use appkeep_domain::{ApplicationId, Owner};
use appkeep_keys::PresentedSecret;
use appkeep_oauth::{ErrorCode as OauthCode, Refusal};
use appkeep_storage::{ReadTx, WriteTx};
use zeroize::Zeroizing;

use super::clients::Client;
use super::refuse::refuse;
use super::{Authority, Inner, RequestOrigin};
use crate::registry::{
    Applicant, ClientMetadata, RegisteredClient, RegistrationHolder, Registry, ReplacedMetadata,
    registration_is_closed, registration_takes_a_token,
};
use crate::tenancy::caps::check_applications;
use crate::{Error, ErrorCode, Fault};

/// How long to wait where too many are unused, in seconds.
const UNTIL_SOME_ARE_GONE: u32 = 3_600;
const FULL: &str = "no more applications can be registered here at the moment";
const CAPPED: &str = "no more applications can be used here at the moment";

impl Authority {
    /// Whether applications may register themselves here, all of them or some. Not
    /// where that cannot be told at the moment.
    pub async fn registers_clients(&self) -> bool {
        let settings = self.0.settings().await;
        settings.is_ok_and(|settings| settings.tenant.registration.mode != RegistrationMode::Closed)
    }

    /// An application that says of itself what it is; `token` is the initial access
    /// token, if one was sent.
    pub async fn register_client(
        &self,
        registry: &Registry,
        (token, metadata): (Option<&str>, &ClientMetadata),
        origin: &RequestOrigin,
    ) -> Result<RegisteredClient, Refusal> {
        let settings = self.0.settings().await.map_err(refuse)?;
        settings.must_be_firm()?;
        let (mode, now) = (settings.tenant.registration.mode, self.0.now());
        let token = match (mode, token) {
            (RegistrationMode::Open, None) => {
                self.0.limits.take_registration(origin.address, now)?;
                None
            }
            // Nobody learns whether a token is any good that is of no use, and
            // nothing that a stranger says is read.
            (RegistrationMode::Closed, _) => return Err(refused(registration_is_closed())),
            (RegistrationMode::Token, None) => {
                self.0.limits.admit(None, origin.address, now)?;
                return Err(self.0.registration_refused(registration_takes_a_token(), origin));
            }
            (_, Some(token)) => Some(self.0.presented(token, origin)?),
        };
        let applicant = Applicant { tenant: self.tenant(), token, origin: *origin };
        let registered = registry.register_client(applicant, metadata).await;
        registered.map_err(|error| self.0.registration_refused(error, origin))
    }

    /// What is registered, shown to whoever holds the registration access token.
    pub async fn registered_client(
        &self,
        registry: &Registry,
        (client, token): (&str, &str),
        origin: &RequestOrigin,
    ) -> Result<RegisteredClient, Refusal> {
        let holder = self.0.registration_holder((client, token), origin)?;
        let found = registry.registered_client(&holder).await;
        found.map_err(|error| self.0.registration_refused(error, origin))
    }

    /// The same, with other metadata in the place of all that there was.
    pub async fn replace_registered_client(
        &self,
        registry: &Registry,
        (client, token): (&str, &str),
        replaced: ReplacedMetadata,
        origin: &RequestOrigin,
    ) -> Result<RegisteredClient, Refusal> {
        self.0.settings().await.map_err(refuse)?.must_be_firm()?;
        let holder = self.0.registration_holder((client, token), origin)?;
        // Of whoever holds the token and of nobody else.
        let found = registry.registered_client(&holder).await;
        found.map_err(|error| self.0.registration_refused(error, origin))?;
        self.0.limits.take_replacement(holder.client, origin.address, self.0.now())?;
        let written = registry.replace_registered_client(holder, replaced).await;
        written.map_err(|error| self.0.registration_refused(error, origin))
    }

    /// The client is no more, nor is what it was given.
    pub async fn delete_registered_client(
        &self,
        registry: &Registry,
        (client, token): (&str, &str),
        origin: &RequestOrigin,
    ) -> Result<(), Refusal> {
        let holder = self.0.registration_holder((client, token), origin)?;
        let deleted = registry.delete_registered_client(holder).await;
        deleted.map_err(|error| self.0.registration_refused(error, origin))
    }
}

impl Inner {
    /// Before a code or a refresh token is used up: what comes to be used now may
    /// be one application too many.
    pub(super) async fn must_have_room(&self, client: &Arc<Client>) -> Result<(), Refusal> {
        if !client.is_unused {
            return Ok(());
        }
        let (owner, id) = (client.owner, client.id());
        let looking = Box::pin(async {
            let mut tx = self.store.read().await?;
            check_room_for(&mut tx, owner, id).await
        });
        match looking.await {
            Err(error) if error.code() == ErrorCode::CapReached => Err(capped()),
            Err(error) => {
                tracing::warn!(application.id = %id, %error, "whether there is room for it is not known");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// It gets a token: from now on it is no registration that nobody uses, but one
    /// of the applications that the tenant may have, if it may have one more. The
    /// token is given out though writing fails; the next one tells again.
    pub(super) async fn keep_registered(&self, client: &Arc<Client>) -> Result<(), Refusal> {
        if !client.is_unused {
            return Ok(());
        }
        let (owner, id) = (client.owner, client.id());
        let keep = async move |tx: &mut WriteTx| -> Result<bool, Error> {
            // Somebody else may have been quicker.
            check_room_for(tx, owner, id).await?;
            Ok(tx.keep_registration(owner.within(), id).await?)
        };
        match Box::pin(self.store.write(keep)).await {
            Err(error) if error.code() == ErrorCode::CapReached => Err(capped()),
            Err(error) => {
                tracing::warn!(application.id = %id, %error, "a registration is still taken for unused");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// An initial access token that could be one.
    fn presented(&self, token: &str, origin: &RequestOrigin) -> Result<PresentedSecret, Refusal> {
        self.limits.admit(None, origin.address, self.now())?;
        PresentedSecret::parse(token).ok_or_else(|| self.not_accepted(origin))
    }

    fn registration_holder(
        &self,
        (client, token): (&str, &str),
        origin: &RequestOrigin,
    ) -> Result<RegistrationHolder, Refusal> {
        self.limits.admit(None, origin.address, self.now())?;
        let client = ApplicationId::parse(client).map_err(|_| self.not_accepted(origin))?;
        let (tenant, shown) = (self.address.tenant, Zeroizing::new(token.to_owned()));
        Ok(RegistrationHolder { tenant, client, shown, origin: *origin })
    }

    fn not_accepted(&self, origin: &RequestOrigin) -> Refusal {
        self.limits.failed(None, origin.address, self.now());
        Refusal::new(OauthCode::InvalidToken, "the token is not accepted")
    }

    fn registration_refused(&self, error: Error, origin: &RequestOrigin) -> Refusal {
        if error.code() == ErrorCode::InvalidToken {
            self.limits.failed(None, origin.address, self.now());
        }
        refused(error)
    }
}

/// Whether it may be one of the applications that the tenant may have, unless it
/// is one already.
async fn check_room_for(tx: &mut ReadTx, owner: Owner, id: ApplicationId) -> Result<(), Error> {
    let found = tx.registration(owner.within(), id).await?;
    if found.is_some_and(|found| found.unused_until.is_some()) {
        check_applications(tx, owner).await?;
    }
    Ok(())
}

fn capped() -> Refusal {
    Refusal::new(OauthCode::TemporarilyUnavailable, CAPPED).after(UNTIL_SOME_ARE_GONE)
}

/// In the words of RFC 7591 §3.2.2 and RFC 6750 §3.1.
fn refused(error: Error) -> Refusal {
    let is_of_redirects =
        |fault: &Fault| matches!(fault.code, ErrorCode::RedirectUriInvalid | ErrorCode::WildcardUriForbidden);
    let code = match error.code() {
        ErrorCode::InvalidToken => OauthCode::InvalidToken,
        // Whose cap it is, is nobody's business who asks.
        ErrorCode::CapReached => {
            let refusal = Refusal::new(OauthCode::TemporarilyUnavailable, FULL);
            return refusal.after(UNTIL_SOME_ARE_GONE);
        }
        ErrorCode::PreconditionFailed => {
            return Refusal::new(OauthCode::TemporarilyUnavailable, error.to_string()).after(1);
        }
        _ if error.faults().iter().any(is_of_redirects) => OauthCode::InvalidRedirectUri,
        _ if !error.faults().is_empty() => OauthCode::InvalidClientMetadata,
        ErrorCode::Forbidden => OauthCode::AccessDenied,
        _ => return refuse(error),
    };
    Refusal::new(code, sentence(&error))
}

/// Everything that is wrong, not the first of it only.
fn sentence(error: &Error) -> String {
    let each = error.faults().iter().map(|fault| format!("{}: {}", fault.field, fault.message));
    let all: Vec<String> = each.collect();
    if all.is_empty() { error.to_string() } else { all.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_wrong_in_the_words_of_the_rfc() {
        let fault = |field: &str, code| Fault::new(field, code, "is wrong");
        let uri = fault("redirect_uris[0]", ErrorCode::RedirectUriInvalid);
        let name = fault("client_name", ErrorCode::InvalidField);
        for (error, code, text) in [
            (Error::new(ErrorCode::InvalidToken, "no"), OauthCode::InvalidToken, "no"),
            (Error::new(ErrorCode::Forbidden, "no"), OauthCode::AccessDenied, "no"),
            (Error::new(ErrorCode::CapReached, "5 of 5"), OauthCode::TemporarilyUnavailable, FULL),
            (Error::invalid(name.clone()), OauthCode::InvalidClientMetadata, "client_name: is wrong"),
            (
                Error::from_faults(vec![name, uri]).expect_err("two faults"),
                OauthCode::InvalidRedirectUri,
                "client_name: is wrong; redirect_uris[0]: is wrong",
            ),
        ] {
            let refusal = refused(error);
            assert_eq!((refusal.code(), refusal.description()), (code, text));
        }
    }
}
