//! The code, and the session that begins with it.

use appkeep_domain::{Application, AuthorizationCode, Consent, GrantId, Session, SessionId, Timestamp};
use appkeep_keys::NewSecret;
use appkeep_oauth::{ErrorCode, Refusal};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::wanted::Wanted;
use super::{Asker, Progress};
use crate::error::Error;
use crate::tokens::Inner;
use crate::tokens::browser::{Browser, Person, read_person};
use crate::tokens::history::PersonEvent;
use crate::tokens::people::People;
use crate::tokens::refuse::refuse;

const CODE_PREFIX: &str = "ac_";

/// Everything that is made before the transaction, which may run twice.
#[derive(Clone)]
struct Draft {
    code: AuthorizationCode,
    session: Session,
    consent: Option<Consent>,
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
    pub(super) async fn issue_code(
        &self,
        wanted: &Wanted,
        asker: &Asker,
        person: &Person,
        (people, browser, progress): (People, &Browser, Progress),
    ) -> Result<NewSecret, Refusal> {
        let secret = NewSecret::generate(CODE_PREFIX, &*self.entropy);
        let draft = self.draft(&secret, wanted, asker, person, browser, progress);
        let begun = self.entry_of_person(
            PersonEvent {
                people,
                action: "session.started",
                user: person.user.id,
                application: Some(asker.application.id),
            },
            json!({ "session": draft.session.id.to_string() }),
            &browser.origin,
        );
        let allowed = self.entry_of_person(
            PersonEvent {
                people,
                action: "consent.given",
                user: person.user.id,
                application: Some(asker.application.id),
            },
            json!({ "scope": wanted.scope.to_string() }),
            &browser.origin,
        );
        let (application, browser) = (asker.application.clone(), browser.clone());
        let write = async move |tx: &mut WriteTx| -> Result<(), Denied> {
            let person = read_person(tx, people, &browser, draft.now).await?.ok_or(Denied::Changed)?;
            let present = tx.application(people.within, application.id).await?;
            let present = present.filter(|present| present.may_acquire_tokens(draft.now));
            let present = present.ok_or(Denied::Changed)?;
            if is_closed_to(tx, people, &present, &person).await? {
                return Err(Denied::Changed);
            }
            let place = (present.owner, present.id);
            let known = tx.session_of(people.within, place, person.sign_in.id, draft.now).await?;
            let session = match known {
                Some(known) => {
                    tx.extend_session(people.within, &known, draft.session.expires_at, draft.now).await?;
                    known
                }
                None => {
                    tx.insert_session(people.within, &draft.session).await?;
                    tx.insert_audit_entry(people.within, &begun).await?;
                    draft.session.clone()
                }
            };
            if let Some(consent) = &draft.consent {
                tx.put_consent(people.within, &person.directory, consent).await?;
                tx.insert_audit_entry(people.within, &allowed).await?;
            }
            let code = AuthorizationCode { session: session.id, ..draft.code.clone() };
            tx.insert_code(people.within, &code).await?;
            Ok(())
        };
        match self.store.write(write).await {
            Ok(()) => Ok(secret),
            Err(Denied::Changed) => {
                Err(Refusal::new(ErrorCode::AccessDenied, "something changed while the person was asked"))
            }
            Err(Denied::Failed(error)) => Err(refuse(error)),
        }
    }

    fn draft(
        &self,
        secret: &NewSecret,
        wanted: &Wanted,
        asker: &Asker,
        person: &Person,
        browser: &Browser,
        progress: Progress,
    ) -> Draft {
        let now = self.now();
        let session_id: SessionId = self.make_id();
        let grant: GrantId = self.make_id();
        let application = &asker.application;
        let request = &wanted.request;
        let code = AuthorizationCode {
            hash: secret.hash(),
            owner: application.owner,
            application: application.id,
            session: session_id,
            grant,
            directory: person.directory.id,
            user: person.user.id,
            redirect_uri: request.address.requested_redirect_uri().map(str::to_owned),
            challenge: request.code_challenge.map(|challenge| challenge.to_bytes()),
            scope: wanted.scope.clone(),
            audience: wanted.audience.clone(),
            client_spelling: request.client_id.clone(),
            nonce: request.nonce.clone(),
            authenticated_at: person.sign_in.authenticated_at,
            methods: person.sign_in.methods.clone(),
            created_at: now,
            expires_at: now.plus(AuthorizationCode::LIFETIME),
            redeemed_at: None,
        };
        let session = Session {
            id: session_id,
            owner: application.owner,
            application: application.id,
            directory: person.directory.id,
            user: person.user.id,
            sign_in: Some(person.sign_in.id),
            from: browser.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: person.sign_in.expires_at,
            ended_at: None,
        };
        let consent = progress.consented.then(|| Consent {
            directory: person.directory.id,
            user: person.user.id,
            application: application.id,
            scope: wanted.scope.clone(),
            granted_at: now,
            updated_at: now,
        });
        Draft { code, session, consent, now }
    }
}

async fn is_closed_to(
    tx: &mut WriteTx,
    people: People,
    application: &Application,
    person: &Person,
) -> Result<bool, Denied> {
    let required = application.oauth.as_ref().is_some_and(|oauth| oauth.assignment_required);
    if !required {
        return Ok(false);
    }
    Ok(!tx.is_assigned(people.within, &person.directory, application.id, person.user.id).await?)
}
