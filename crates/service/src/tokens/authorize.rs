//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): what an
//! application asks of a person, and what comes next.

mod asked;
mod consent;
mod issue_code;
mod step;
mod wanted;

use appkeep_domain::{Application, ApplicationId, OauthFacet, Within};
use appkeep_oauth::{
    AuthorizeAnswer, AuthorizeClaim, AuthorizeError, AuthorizeRequest, ErrorCode, Prompt, ProvedClaim,
    Refusal,
};

use self::wanted::Wanted;
use super::browser::{Browser, Person, read_person};
use super::people::People;
use super::refuse::refuse;
use super::{Authority, Inner};

pub use self::asked::Asked;
pub use self::step::{Account, Progress, Step, WantedScope};

/// An application that can ask, and what it registered for that.
pub(super) struct Asker {
    pub(super) application: Application,
    pub(super) oauth: OauthFacet,
}

impl Authority {
    /// What comes next for the person in this browser.
    ///
    /// `parameters` is the query or form of the request, or what [`Asked`] made
    /// of it. `progress` says what the person did since, in this browser and
    /// for this request. A refusal is for the person to see: nobody is sent to
    /// an address that the application did not register.
    pub async fn authorize(
        &self,
        parameters: &[u8],
        progress: Progress,
        browser: &Browser,
    ) -> Result<Step, Refusal> {
        let claim = AuthorizeClaim::parse(parameters)?;
        let asker = self.0.asker(claim.client_id()).await?;
        let claim = claim.prove(&asker.oauth.redirect_uris)?;
        match self.0.decide(claim, &asker, progress, browser).await {
            Ok(step) => Ok(step),
            Err(refused) => Ok(Step::Answer(self.0.answer_refused(&refused))),
        }
    }
}

impl Inner {
    /// Whoever asks by this id, from the database: a person waits for far more
    /// than that.
    pub(super) async fn asker(&self, client_id: &str) -> Result<Asker, Refusal> {
        let unknown = || Refusal::new(ErrorCode::InvalidRequest, "there is no such application");
        let id = ApplicationId::parse(client_id).map_err(|_| unknown())?;
        let (within, now) = (Within::Tenant(self.tenant), self.now());
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let found = tx.application(within, id).await.map_err(|error| refuse(error.into()))?;
        let application = found.filter(|found| found.is_there(now)).ok_or_else(unknown)?;
        let oauth = application.oauth.clone().ok_or_else(unknown)?;
        Ok(Asker { application, oauth })
    }

    fn answer_refused(&self, refused: &AuthorizeError) -> AuthorizeAnswer {
        let refusal = refused.refusal();
        let code = refusal.code().as_str();
        match refusal.cause() {
            Some(cause) => tracing::warn!(code, cause, "an authorization request was refused"),
            None => tracing::debug!(code, "an authorization request was refused"),
        }
        refused.answer(self.addresses.issuer())
    }

    async fn decide(
        &self,
        claim: ProvedClaim,
        asker: &Asker,
        progress: Progress,
        browser: &Browser,
    ) -> Result<Step, AuthorizeError> {
        let address = claim.return_address();
        if let Err(refusal) = self.admit(asker) {
            return Err(address.refuse(refusal));
        }
        let request = claim.read()?;
        let outcome = match self.wanted(asker, request).await {
            Ok(wanted) => self.next(&wanted, asker, progress, browser).await,
            Err(refusal) => Err(refusal),
        };
        outcome.map_err(|refusal| address.refuse(refusal))
    }

    /// What to do first, of all that is left to do.
    async fn next(
        &self,
        wanted: &Wanted,
        asker: &Asker,
        progress: Progress,
        browser: &Browser,
    ) -> Result<Step, Refusal> {
        if progress.denied {
            return Err(Refusal::new(ErrorCode::AccessDenied, "the person refused"));
        }
        let people = People::of(&asker.application, self.tenant);
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let person = read_person(&mut tx, people, browser, self.now()).await.map_err(refuse)?;
        drop(tx);
        let request = &wanted.request;
        let hinted = self.hinted_user(request).await?;
        let person = person.filter(|person| hinted.is_none_or(|hinted| hinted == person.user.id));
        let Some(person) = person.filter(|person| self.is_fresh(person, request, progress)) else {
            return self.ask(request.prompt, ErrorCode::LoginRequired, async || {
                Ok(Step::SignIn(self.asked(asker, request).await?))
            })
            .await;
        };
        if wants_to_choose(request.prompt) && !progress.chosen && !progress.authenticated {
            return Ok(Step::ChooseAccount(self.asked(asker, request).await?, Account::of(&person)));
        }
        if !self.may_use(&person, asker, people).await? {
            return self.ask(request.prompt, ErrorCode::AccessDenied, async || {
                Ok(Step::NotAssigned(self.asked(asker, request).await?, Account::of(&person)))
            })
            .await;
        }
        if !progress.consented && self.needs_consent(wanted, asker, &person, people).await? {
            return self.ask(request.prompt, ErrorCode::ConsentRequired, async || {
                let asked = self.asked(asker, request).await?;
                let settings = self.settings().await.map_err(refuse)?;
                Ok(Step::Consent(asked, Account::of(&person), settings.described(&wanted.scope)))
            })
            .await;
        }
        let code = self.issue_code(wanted, asker, &person, (people, browser, progress)).await?;
        Ok(Step::Answer(request.address.grant(code.expose(), self.addresses.issuer())))
    }

    /// The page, or its refusal when no page may be shown (OIDC Core §3.1.2.6).
    async fn ask(
        &self,
        prompt: Prompt,
        code: ErrorCode,
        page: impl AsyncFnOnce() -> Result<Step, Refusal>,
    ) -> Result<Step, Refusal> {
        if prompt == Prompt::None {
            return Err(Refusal::new(code, "the person would have to be asked first"));
        }
        page().await
    }

    /// Whether the person proved who they are as lately as the request wants.
    fn is_fresh(&self, person: &Person, request: &AuthorizeRequest, progress: Progress) -> bool {
        if progress.authenticated {
            return true;
        }
        let wants_login = matches!(request.prompt, Prompt::Pages { login: true, .. });
        let age = self.now().as_seconds() - person.sign_in.authenticated_at.as_seconds();
        let is_young = request.max_age.is_none_or(|most| age < i64::from(most));
        !wants_login && is_young
    }
}

const fn wants_to_choose(prompt: Prompt) -> bool {
    matches!(prompt, Prompt::Pages { select_account: true, .. })
}
