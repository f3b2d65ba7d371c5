//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): what an
//! application asks of a person, and what comes next.

mod asked;
mod consent;
mod issue_code;
mod silence;
mod step;
mod wanted;

use appkeep_domain::{Application, OauthFacet, Within};
use appkeep_oauth::{
    AuthorizeAnswer, AuthorizeClaim, AuthorizeError, AuthorizeRequest, ErrorCode, Prompt, ProvedClaim,
    Refusal,
};

use self::issue_code::Agreed;
use self::silence::may_be_silent;
use self::wanted::{Wanted, admit};
use super::browser::{Browser, Person, read_person};
use super::client_names::ClientName;
use super::people::{People, for_whom};
use super::refuse::refuse;
use super::{Authority, Inner};
use crate::Error;

pub use self::asked::Asked;
pub use self::step::{Account, ConsentAnswer, Progress, Step, WantedScope, Wants};

/// An application that can ask, and what it registered for that.
pub(super) struct Asker {
    pub(super) application: Application,
    pub(super) oauth: OauthFacet,
    pub(super) people: People,
}

impl Asker {
    fn answer(&self, answer: AuthorizeAnswer) -> Step {
        Step::Answer { answer, application: self.application.name.to_string() }
    }
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
            Err(refused) => Ok(asker.answer(self.0.answer_refused(&refused))),
        }
    }
}

impl Inner {
    /// Whoever asks by this id, from the database: a person waits for far more
    /// than that.
    pub(super) async fn asker(&self, client_id: &str) -> Result<Asker, Refusal> {
        let unknown = || Refusal::new(ErrorCode::InvalidRequest, "there is no such application");
        let name = ClientName::parse(client_id).ok_or_else(unknown)?;
        let found = self.application(&name).await.map_err(refuse)?;
        let (application, people) = found.ok_or_else(unknown)?;
        let oauth = application.oauth.clone().ok_or_else(unknown)?;
        Ok(Asker { application, oauth, people })
    }

    /// The application as it is in the database, if it is a client here, and
    /// who may use it.
    pub(super) async fn application(
        &self,
        name: &ClientName,
    ) -> Result<Option<(Application, People)>, Error> {
        let Some(id) = self.application_named(name).await? else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let found = tx.application(Within::Platform, id).await?.filter(|found| found.is_there(self.now()));
        let Some(application) = found else { return Ok(None) };
        let for_whom = for_whom(&mut tx, &application).await?;
        drop(tx);
        if !self.serves(application.owner).await? {
            return Ok(None);
        }
        let people = self.people(for_whom, (application.owner, id), name.environment());
        Ok(Some((application, people)))
    }

    /// Who signs in for a request; the tenant's users when it is none.
    pub(super) async fn people_of(&self, parameters: &[u8]) -> Result<People, Error> {
        let of_tenant = self.people_of_tenant();
        let Ok(claim) = AuthorizeClaim::parse(parameters) else { return Ok(of_tenant) };
        let Some(name) = ClientName::parse(claim.client_id()) else { return Ok(of_tenant) };
        Ok(self.application(&name).await?.map_or(of_tenant, |(_, people)| people))
    }

    fn answer_refused(&self, refused: &AuthorizeError) -> AuthorizeAnswer {
        let refusal = refused.refusal();
        let code = refusal.code().as_str();
        if let Some(cause) = refusal.cause() {
            tracing::warn!(code, cause, "an authorization request was refused");
        }
        refused.answer(self.address.issuer())
    }

    async fn decide(
        &self,
        claim: ProvedClaim,
        asker: &Asker,
        progress: Progress,
        browser: &Browser,
    ) -> Result<Step, AuthorizeError> {
        let address = claim.return_address();
        if let Err(refusal) = admit(asker) {
            return Err(address.refuse(refusal));
        }
        let settings = self.settings().await.map_err(refuse);
        if let Err(refusal) = settings.and_then(|settings| settings.must_be_firm()) {
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
        if progress.answer == Some(ConsentAnswer::Deny) {
            return Err(Refusal::new(ErrorCode::AccessDenied, "the person refused"));
        }
        let request = &wanted.request;
        let page = Asked::of(asker, wanted, self.branding().await.map_err(refuse)?);
        let Some(person) = self.known_person(request, asker, (progress, browser)).await? else {
            return ask(request.prompt, ErrorCode::LoginRequired, Step::SignIn(page));
        };
        let account = Account::of(&person);
        if wants_to_choose(request.prompt) && !progress.chosen && !progress.authenticated {
            return Ok(Step::ChooseAccount(page, account));
        }
        if !self.may_use(&person, asker).await? {
            return ask(request.prompt, ErrorCode::AccessDenied, Step::NotAssigned(page, account));
        }
        if !progress.has_allowed() && self.needs_consent(wanted, asker, &person).await? {
            let settings = self.settings().await.map_err(refuse)?;
            let wants = self.wants(settings.described(&wanted.scope), asker).await?;
            let step = Step::Consent(page, account, wants);
            return ask(request.prompt, ErrorCode::ConsentRequired, step);
        }
        if !progress.has_done_something() && !may_be_silent(asker, request) {
            return ask(request.prompt, ErrorCode::InteractionRequired, Step::ChooseAccount(page, account));
        }
        let code = self.issue_code(Agreed { asker, wanted, person: &person, browser, progress }).await?;
        Ok(asker.answer(request.address.grant(code.expose(), self.address.issuer())))
    }

    /// Who is signed in, if that is who the application means, and is so lately
    /// enough.
    async fn known_person(
        &self,
        request: &AuthorizeRequest,
        asker: &Asker,
        (progress, browser): (Progress, &Browser),
    ) -> Result<Option<Person>, Refusal> {
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let person = read_person(&mut tx, asker.people, browser, self.now()).await.map_err(refuse)?;
        drop(tx);
        let Some(person) = person else { return Ok(None) };
        if !self.is_meant(&person, request).await? {
            return Ok(None);
        }
        self.see_sign_in(&person.sign_in);
        Ok(Some(person).filter(|person| self.is_fresh(person, request, progress)))
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

/// The page, or its refusal when no page may be shown (OIDC Core §3.1.2.6).
fn ask(prompt: Prompt, code: ErrorCode, page: Step) -> Result<Step, Refusal> {
    match prompt {
        Prompt::None => Err(Refusal::new(code, "the person would have to be asked first")),
        Prompt::Pages { .. } => Ok(page),
    }
}

const fn wants_to_choose(prompt: Prompt) -> bool {
    matches!(prompt, Prompt::Pages { select_account: true, .. })
}
