//! The code, and the session that begins with it.

use appkeep_domain::{
    Application, AuditEntry, AuthorizationCode, Consent, DirectoryOf, GrantId, Owner, Session, SessionId,
    Timestamp, Within,
};
use appkeep_keys::NewSecret;
use appkeep_oauth::{CodeChallenge, ErrorCode, Refusal};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::{Value, json};

use super::wanted::Wanted;
use super::{Asker, Progress};
use crate::error::Error;
use crate::tokens::Inner;
use crate::tokens::browser::{Browser, Person, read_person};
use crate::tokens::history::PersonEvent;
use crate::tokens::people::People;
use crate::tokens::refuse::refuse;

const CODE_PREFIX: &str = "ac_";

/// Who agreed to what, and how far they came for it.
#[derive(Clone, Copy)]
pub(super) struct Agreed<'a> {
    pub(super) asker: &'a Asker,
    pub(super) wanted: &'a Wanted,
    pub(super) person: &'a Person,
    pub(super) browser: &'a Browser,
    pub(super) progress: Progress,
}

/// Everything that is made before the transaction, which may run twice.
struct Draft {
    people: People,
    browser: Browser,
    code: AuthorizationCode,
    session: Session,
    consent: Option<Consent>,
    /// What was allowed before has to be enough, since nobody was asked.
    stands_on_consent: bool,
    begun: AuditEntry,
    allowed: AuditEntry,
    now: Timestamp,
}

/// Why no code is given after all.
enum Denied {
    /// Something changed while the person looked at a page.
    Changed,
    Failed(Error),
}

impl From<StorageError> for Denied {
    fn from(error: StorageError) -> Self {
        match error {
            // The application was deleted, or the session ended, this very moment.
            StorageError::Stale => Self::Changed,
            other => Self::Failed(other.into()),
        }
    }
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Inner {
    /// Begins the session, or goes on with it, and makes a code of it; keeps
    /// what the person allowed.
    ///
    /// All of it is decided again in the transaction: an application that is
    /// disabled or deleted meanwhile, or a person who may no longer sign in,
    /// gets none.
    pub(super) async fn issue_code(&self, agreed: Agreed<'_>) -> Result<NewSecret, Refusal> {
        let secret = NewSecret::generate(CODE_PREFIX, &*self.entropy);
        let draft = self.draft(&secret, agreed).await.map_err(refuse)?;
        let write = async move |tx: &mut WriteTx| keep(tx, &draft).await;
        match self.store.write(write).await {
            Ok(()) => Ok(secret),
            Err(Denied::Changed) => {
                Err(Refusal::new(ErrorCode::AccessDenied, "something changed while the person was asked"))
            }
            Err(Denied::Failed(error)) => Err(refuse(error)),
        }
    }

    async fn draft(&self, secret: &NewSecret, agreed: Agreed<'_>) -> Result<Draft, Error> {
        let Agreed { asker, wanted, person, browser, progress } = agreed;
        let now = self.now();
        let session = self.draft_session(agreed, now);
        let consent = progress.has_allowed().then(|| Consent {
            directory: person.directory.id,
            user: person.user.id,
            application: asker.application.id,
            scope: wanted.scope.clone(),
            granted_at: now,
            updated_at: now,
        });
        let scope = json!({ "scope": wanted.scope.to_string() });
        let session_id = json!({ "session": session.id.to_string() });
        Ok(Draft {
            people: asker.people,
            browser: browser.clone(),
            code: self.draft_code(secret, agreed, &session),
            begun: self.entry_of(agreed, "session.started", session_id).await?,
            allowed: self.entry_of(agreed, "consent.given", scope).await?,
            session,
            consent,
            stands_on_consent: !asker.oauth.first_party && !progress.has_allowed(),
            now,
        })
    }

    fn draft_session(&self, agreed: Agreed<'_>, now: Timestamp) -> Session {
        let (application, person) = (&agreed.asker.application, agreed.person);
        let id: SessionId = self.make_id();
        Session {
            id,
            owner: application.owner,
            application: application.id,
            directory: person.directory.id,
            user: person.user.id,
            sign_in: Some(person.sign_in.id),
            impersonation: None,
            from: agreed.browser.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: person.sign_in.expires_at,
            ended_at: None,
        }
    }

    fn draft_code(&self, secret: &NewSecret, agreed: Agreed<'_>, session: &Session) -> AuthorizationCode {
        let (request, sign_in) = (&agreed.wanted.request, &agreed.person.sign_in);
        let grant: GrantId = self.make_id();
        AuthorizationCode {
            hash: secret.hash(),
            owner: session.owner,
            application: session.application,
            session: session.id,
            grant,
            directory: session.directory,
            user: session.user,
            redirect_uri: request.address.requested_redirect_uri().map(str::to_owned),
            challenge: request.code_challenge.map(CodeChallenge::to_bytes),
            scope: agreed.wanted.scope.clone(),
            audience: agreed.wanted.audience.clone(),
            client_spelling: request.client_id.clone(),
            nonce: request.nonce.clone(),
            authenticated_at: sign_in.authenticated_at,
            methods: sign_in.methods.clone(),
            created_at: session.created_at,
            expires_at: session.created_at.plus(AuthorizationCode::LIFETIME),
            redeemed_at: None,
        }
    }

    async fn entry_of(
        &self,
        agreed: Agreed<'_>,
        action: &'static str,
        after: Value,
    ) -> Result<AuditEntry, Error> {
        let event = PersonEvent {
            people: agreed.asker.people,
            action,
            user: agreed.person.user.id,
            application: Some(agreed.asker.application.id),
        };
        self.entry_of_person(event, after, agreed.browser).await
    }
}

async fn keep(tx: &mut WriteTx, draft: &Draft) -> Result<(), Denied> {
    let within = draft.people.within;
    let person = read_person(tx, draft.people, &draft.browser, draft.now).await?;
    let person = person.filter(|person| person.user.id == draft.session.user).ok_or(Denied::Changed)?;
    let application = tx.application(draft.session.owner.within(), draft.session.application).await?;
    let application = application.filter(|application| application.may_acquire_tokens(draft.now));
    if !is_still_of_partner(tx, draft).await? {
        return Err(Denied::Changed);
    }
    if is_closed_to(tx, draft.people, &application.ok_or(Denied::Changed)?, &person).await? {
        return Err(Denied::Changed);
    }
    if draft.stands_on_consent {
        let (user, application) = (draft.session.user, draft.session.application);
        let given = tx.consent(within, &person.directory, user, application).await?;
        given.filter(|given| given.covers(&draft.code.scope)).ok_or(Denied::Changed)?;
    }
    let session = begin_or_go_on(tx, draft, &person).await?;
    if let Some(consent) = &draft.consent {
        let given = tx.consent(within, &person.directory, consent.user, consent.application).await?;
        let extended = given.map(|given| given.extended(&consent.scope, draft.now));
        tx.put_consent(within, &person.directory, extended.as_ref().unwrap_or(consent)).await?;
        tx.insert_audit_entry(within, &draft.allowed).await?;
    }
    let code = AuthorizationCode { session, ..draft.code.clone() };
    tx.insert_code(code.owner.within(), &code).await?;
    Ok(())
}

/// A partner's application is for the people of its tenants, who may have gone
/// over to another.
async fn is_still_of_partner(tx: &mut WriteTx, draft: &Draft) -> Result<bool, StorageError> {
    if draft.people.of != DirectoryOf::Tenant {
        return Ok(true);
    }
    let Owner::Partner(partner) = draft.session.owner else { return Ok(true) };
    let known = tx.known_owner(Within::Platform, draft.people.owner).await?;
    Ok(known.is_some_and(|known| known.partner == Some(partner)))
}

/// An application has one session under a sign-in, however often it asks.
async fn begin_or_go_on(tx: &mut WriteTx, draft: &Draft, person: &Person) -> Result<SessionId, Denied> {
    let drafted = &draft.session;
    let within = drafted.owner.within();
    let place = (drafted.owner, drafted.application);
    if let Some(known) = tx.session_of(within, place, person.sign_in.id, draft.now).await? {
        tx.extend_session(within, &known, drafted.expires_at, draft.now).await?;
        return Ok(known.id);
    }
    tx.insert_session(within, drafted).await?;
    tx.insert_audit_entry(draft.people.within, &draft.begun).await?;
    Ok(drafted.id)
}

async fn is_closed_to(
    tx: &mut WriteTx,
    people: People,
    application: &Application,
    person: &Person,
) -> Result<bool, Denied> {
    if application.oauth.as_ref().is_none_or(|oauth| oauth.is_open_to(false)) {
        return Ok(false);
    }
    Ok(!tx.is_assigned(people.within, &person.directory, application.id, person.user.id).await?)
}
