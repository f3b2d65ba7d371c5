//! What the authorization server tells the history.

use appkeep_domain::{
    Actor, ActorKind, ApplicationId, AuditEntry, AuditEntryId, GrantId, Owner, SessionId, UserId,
};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::{Value, json};

use super::acting::Acting;
use super::browser::Browser;
use super::clients::Client;
use super::people::People;
use super::{Inner, RequestOrigin};
use crate::Error;

/// What a person did, or what happened to them.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonEvent {
    pub(super) people: People,
    pub(super) action: &'static str,
    pub(super) user: UserId,
    pub(super) application: Option<ApplicationId>,
}

impl Inner {
    /// An entry whose actor is the person. It names ids only; where they were is
    /// sealed under a key of theirs.
    pub(super) async fn entry_of_person(
        &self,
        event: PersonEvent,
        after: Value,
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let actor = Actor { kind: ActorKind::User, id: event.user.to_string() };
        let entry = self.entry_about_person((actor, event), after, &browser.origin);
        self.seal_personal(event, entry, browser).await
    }

    /// The same where somebody may act as the person. Then it is they who did it,
    /// and the entry names both.
    pub(super) async fn entry_under(
        &self,
        acting: Option<Acting>,
        (event, mut after): (PersonEvent, Value),
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let Some(acting) = acting else { return self.entry_of_person(event, after, browser).await };
        after["user_id"] = event.user.to_string().into();
        after["impersonation_id"] = acting.impersonation.to_string().into();
        let actor = Actor { kind: ActorKind::Operator, id: acting.operator.to_string() };
        Ok(self.entry_about_person((actor, event), after, &browser.origin))
    }

    /// An entry about what was done in the name of a person, by them or by
    /// anybody. Where that was is sealed under the person's key.
    pub(super) async fn entry_of_anybody(
        &self,
        event: PersonEvent,
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let actor = Actor { kind: ActorKind::Anonymous, id: "unknown".to_owned() };
        let after = json!({ "user_id": event.user.to_string() });
        let entry = self.entry_about_person((actor, event), after, &browser.origin);
        self.seal_personal(event, entry, browser).await
    }

    /// An entry about a person, by somebody else.
    pub(super) fn entry_about_person(
        &self,
        (actor, event): (Actor, PersonEvent),
        after: Value,
        origin: &RequestOrigin,
    ) -> AuditEntry {
        self.entry_by((actor, event.people.owner), event.action, event.application, (after, origin))
    }

    /// An entry whose actor is an application, in the history of its owner.
    pub(super) fn entry_of_client(
        &self,
        client: &Client,
        action: &'static str,
        after: Value,
        origin: &RequestOrigin,
    ) -> AuditEntry {
        let actor = Actor { kind: ActorKind::Application, id: client.id().to_string() };
        self.entry_by((actor, client.owner), action, Some(client.id()), (after, origin))
    }

    /// What a client did with what it had of a person: for the history of its
    /// owner, and for that of whose person it is if that is another.
    pub(super) fn entries_of_grant(
        &self,
        (client, people): (&Client, People),
        action: &'static str,
        origin: &RequestOrigin,
    ) -> Vec<AuditEntry> {
        let owners = std::iter::once(client.owner).chain(Some(people.owner).filter(|of| *of != client.owner));
        let entry = |owner: Owner| {
            let actor = Actor { kind: ActorKind::Application, id: client.id().to_string() };
            self.entry_by((actor, owner), action, Some(client.id()), (json!({}), origin))
        };
        owners.map(entry).collect()
    }

    pub(super) fn entry_by(
        &self,
        (actor, owner): (Actor, Owner),
        action: &'static str,
        application: Option<ApplicationId>,
        (after, origin): (Value, &RequestOrigin),
    ) -> AuditEntry {
        let id: AuditEntryId = self.make_id();
        AuditEntry {
            id,
            owner,
            occurred_at: id.made_at(),
            actor,
            action: action.to_owned(),
            application,
            before: None,
            after: Some(after.to_string()),
            request_id: origin.request_id.to_string(),
            address: origin.address.map(|address| address.to_string()),
            personal: None,
        }
    }
}

/// Writes them, of what turns out to have been shown: whose it was, in which
/// session, and of which grant.
pub(super) async fn tell_of_grant(
    tx: &mut WriteTx,
    entries: &[AuditEntry],
    (user, session, grant): (UserId, SessionId, GrantId),
) -> Result<(), StorageError> {
    let after = json!({
        "user_id": user.to_string(),
        "session_id": session.to_string(),
        "grant_id": grant.to_string(),
    });
    for entry in entries {
        let told = AuditEntry { after: Some(after.to_string()), ..entry.clone() };
        tx.insert_audit_entry(entry.owner.within(), &told).await?;
    }
    Ok(())
}
