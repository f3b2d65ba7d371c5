//! Whether a person has to be asked, and whether they are let in at all.

use appkeep_domain::{ActorKind, UserId};
use appkeep_oauth::{AuthorizeRequest, Prompt, Refusal};

use super::Asker;
use super::step::{WantedScope, Wants};
use super::wanted::Wanted;
use crate::tokens::Inner;
use crate::tokens::browser::Person;
use crate::tokens::refuse::refuse;

impl Inner {
    /// Whether the application is for everybody, or this person is among those
    /// whom it is for.
    pub(super) async fn may_use(&self, person: &Person, asker: &Asker) -> Result<bool, Refusal> {
        if asker.oauth.is_open_to(false) {
            return Ok(true);
        }
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let assigned = tx
            .is_assigned(asker.people.within, &person.directory, asker.application.id, person.user.id)
            .await;
        assigned.map_err(|error| refuse(error.into()))
    }

    /// Whether the person has yet to allow what is wanted. The owner's own
    /// applications need not ask, but may.
    pub(super) async fn needs_consent(
        &self,
        wanted: &Wanted,
        asker: &Asker,
        person: &Person,
    ) -> Result<bool, Refusal> {
        if matches!(wanted.request.prompt, Prompt::Pages { consent: true, .. }) {
            return Ok(true);
        }
        if asker.oauth.first_party {
            return Ok(false);
        }
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let given =
            tx.consent(asker.people.within, &person.directory, person.user.id, asker.application.id).await;
        let given = given.map_err(|error| refuse(error.into()))?;
        Ok(!given.is_some_and(|given| given.covers(&wanted.scope)))
    }

    /// What the person is asked for, and what the application says of itself where
    /// nobody else does.
    pub(super) async fn wants(&self, scopes: Vec<WantedScope>, asker: &Asker) -> Result<Wants, Refusal> {
        let application = &asker.application;
        if application.made_by.as_ref().is_none_or(|by| by.kind != ActorKind::Registration) {
            return Ok(Wants { scopes, ..Wants::default() });
        }
        let mut tx = self.store.read().await.map_err(|error| refuse(error.into()))?;
        let found = tx.registration(application.owner.within(), application.id).await;
        let said = found.map_err(|error| refuse(error.into()))?.map(|found| found.said).unwrap_or_default();
        Ok(Wants { scopes, home: said.client_uri, policy: said.policy_uri, terms: said.tos_uri })
    }

    /// Whom an ID token of ours names, which may have expired (OIDC Core
    /// §3.1.2.1). A hint that is none of ours says nothing, but that somebody is
    /// meant: where the person is not asked, nobody is taken for them.
    pub(super) async fn is_meant(
        &self,
        person: &Person,
        request: &AuthorizeRequest,
    ) -> Result<bool, Refusal> {
        let Some(hint) = request.id_token_hint.as_deref() else { return Ok(true) };
        let hint = self.read_id_token(hint).await.map_err(refuse)?;
        let hinted = hint.and_then(|hint| UserId::parse(&hint.sub).ok());
        Ok(hinted.map_or(request.prompt != Prompt::None, |hinted| hinted == person.user.id))
    }
}
