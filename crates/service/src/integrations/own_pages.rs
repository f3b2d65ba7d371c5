//! Somebody connects with an integration by our own pages, where agents send them:
//! by the sign-in of their browser, and without the application in between.

use std::fmt;

use appkeep_domain::integration::{AuthMode, Integration};
use appkeep_domain::{
    Application, ApplicationId, Directory, DirectoryOf, Owner, Timestamp, User, UserPool, Within,
};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::{Errand, ReadTx, WriteTx};

use super::client::redirect_uri;
use super::errands::{
    CameBack, Comeback, Confirmation, ERRANDS_LAST, STATE_PREFIX, Traveller, authorization_url, begin,
    registered, state_gone,
};
use super::exchange::{Grant, NotGiven};
use super::links::LinkBy;
use super::{Integrations, parse_id};
use crate::error::{Error, ErrorCode};

/// What somebody who is signed in is asked, and what their answer carries.
pub struct Offer {
    pub confirmation: Confirmation,
    /// Of no use to anybody else.
    pub parameters: String,
}

/// Somebody who is signed in with the browser, and what they could connect.
struct There {
    application: Application,
    integration: Integration,
    directory: Directory,
    user: User,
}

impl There {
    /// Whom the page was shown to, and by which application.
    fn parameters(&self) -> String {
        format!("{} {}", self.application.id, self.user.id)
    }
}

impl Integrations {
    /// What whoever is signed in with this browser would allow. `forbidden` where
    /// nobody is, of those whom the application is for.
    pub async fn offer(&self, whose: Traveller<'_>, id: &str, application: &str) -> Result<Offer, Error> {
        let there = self.there(whose, id, application).await?;
        let leads_to = registered(&there.integration)?.1;
        let parameters = there.parameters();
        let confirmation = Confirmation {
            integration: there.integration.name.to_string(),
            application: there.application.name.to_string(),
            account: there.user.email.as_str().to_owned(),
            leads_to: leads_to.into(),
        };
        Ok(Offer { confirmation, parameters })
    }

    /// Where their browser goes, once they said so; it is this one that has to come
    /// back, with the same person signed in.
    pub async fn accept(&self, whose: Traveller<'_>, id: &str, parameters: &str) -> Result<String, Error> {
        let application = parameters.split(' ').next().unwrap_or_default();
        let there = self.there(whose, id, application).await?;
        if there.parameters() != parameters {
            return Err(state_gone());
        }
        let now = self.now();
        let state = NewSecret::generate(STATE_PREFIX, &*self.registry.entropy());
        let There { application, integration, directory, user } = there;
        let verifier = self.verifier(&integration, state.expose()).await?;
        let redirect_uri = redirect_uri(whose.here, integration.id);
        let url = authorization_url(&integration, (state.expose(), &verifier), &redirect_uri)?;
        let errand = errand_of(&state, (&integration, &application), (&directory, &user), now);
        let errand = Errand { browser: Some(whose.mark()), ..errand };
        self.store().write(async move |tx: &mut WriteTx| begin(tx, &errand).await).await?;
        Ok(url)
    }

    /// They came back, and have it now.
    pub(super) async fn settle(
        &self,
        whose: Traveller<'_>,
        (errand, is_theirs): (&Errand, bool),
        comeback: &Comeback,
    ) -> Result<CameBack, Error> {
        if !is_theirs {
            return Err(state_gone());
        }
        let (id, application) = (errand.integration.to_string(), errand.application.to_string());
        let there = self.there(whose, &id, &application).await?;
        if there.integration.generation != errand.generation || there.user.id != errand.user {
            return Err(state_gone());
        }
        let presented = PresentedSecret::parse(&comeback.state).ok_or_else(state_gone)?;
        let now = self.now();
        let take = async move |tx: &mut WriteTx| -> Result<Option<Errand>, Error> {
            Ok(tx.take_errand(Within::Platform, presented.hash(), now).await?)
        };
        self.store().write(take).await?.ok_or_else(state_gone)?;
        let There { application, integration, directory, user } = there;
        let name = integration.name.to_string();
        let Ok(code) = &comeback.outcome else { return Ok(CameBack::NotAllowed(name)) };
        let verifier = self.verifier(&integration, &comeback.state).await?;
        let redirect_uri = redirect_uri(whose.here, integration.id);
        let grant = Grant::Code { code, verifier: &verifier, redirect_uri: &redirect_uri };
        match self.ask_for_tokens(&integration, grant).await? {
            Ok(given) => {
                let by = LinkBy {
                    directory: directory.id,
                    user: user.id,
                    client: application.id,
                    request_id: whose.request_id,
                };
                self.keep_for(by, &integration, given).await?;
                Ok(CameBack::Connected(name))
            }
            Err(NotGiven::Refused) => Ok(CameBack::NotAllowed(name)),
            Err(NotGiven::Unavailable(error)) => {
                let message = "the authorization server of the integration does not answer";
                Err(Error::new(ErrorCode::Unavailable, message).because(error))
            }
        }
    }

    async fn there(&self, whose: Traveller<'_>, id: &str, application: &str) -> Result<There, Error> {
        let (id, tenant) = (parse_id(id).map_err(|_| state_gone())?, whose.here.tenant());
        let application = ApplicationId::parse(application).map_err(|_| state_gone())?;
        whose.here.must_be_firm().await?;
        let within = Within::Tenant(tenant);
        let mut tx = self.store().read().await?;
        let owned = tx.owned_application(within, application).await?;
        let application = owned.ok_or_else(state_gone)?.application;
        let is_in_use = application.state.must_be_in_use(application.archived_at.is_some()).is_ok();
        let is_tenants =
            application.owner == Owner::Tenant(tenant) && application.user_pool == UserPool::Tenant;
        if !is_in_use || !is_tenants || !tx.is_attached(within, &application, id).await? {
            return Err(state_gone());
        }
        let found = tx.integration(within, tenant, id).await?;
        let integration = found.filter(|found| !found.is_archived() && found.auth == AuthMode::Oauth);
        let integration = integration.ok_or_else(state_gone)?;
        let (directory, user) = signed_in(&mut tx, whose, (&application, self.now())).await?;
        Ok(There { application, integration, directory, user })
    }
}

/// Who of the people that the application is for.
async fn signed_in(
    tx: &mut ReadTx,
    whose: Traveller<'_>,
    (application, now): (&Application, Timestamp),
) -> Result<(Directory, User), Error> {
    let nobody = || Error::new(ErrorCode::Forbidden, "nobody is signed in with this browser");
    let within = application.owner.within();
    let directory = tx.directory_of(within, application.owner, DirectoryOf::Tenant).await?;
    let directory = directory.ok_or_else(nobody)?;
    let secret = whose.sign_in.ok_or_else(nobody)?;
    let sign_in = tx.sign_in_by_secret(Within::Platform, secret.hash()).await?;
    let sign_in = sign_in.filter(|sign_in| sign_in.is_live(now) && sign_in.directory == directory.id);
    let user = tx.user(within, &directory, sign_in.ok_or_else(nobody)?.user).await?;
    let user = user.filter(User::may_sign_in).ok_or_else(nobody)?;
    let is_assigned = tx.is_assigned(within, &directory, application.id, user.id).await?;
    if !application.oauth.as_ref().is_some_and(|oauth| oauth.is_open_to(is_assigned)) {
        return Err(state_gone());
    }
    Ok((directory, user))
}

/// Nobody brings what comes of it but the browser.
fn errand_of(
    state: &NewSecret,
    (integration, application): (&Integration, &Application),
    (directory, user): (&Directory, &User),
    now: Timestamp,
) -> Errand {
    Errand {
        state: state.hash(),
        tenant: integration.tenant,
        integration: integration.id,
        generation: integration.generation,
        directory: directory.id,
        user: user.id,
        application: application.id,
        return_to: None,
        browser: None,
        brought: None,
        created_at: now,
        expires_at: now.plus(ERRANDS_LAST),
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("confirmation", &self.confirmation).finish_non_exhaustive()
    }
}
