//! What happened, for whoever must prove it.

use crate::{ApplicationId, AuditEntryId, Owner, Timestamp};

/// One change, written in the transaction that made it. Secrets are never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: AuditEntryId,
    /// Whose history it belongs to.
    pub owner: Owner,
    pub occurred_at: Timestamp,
    pub actor: Actor,
    /// A dotted word such as `application.created`.
    pub action: String,
    /// The application it concerns, if it concerns one.
    pub application: Option<ApplicationId>,
    /// What changed, as JSON objects of the fields before and after.
    pub before: Option<String>,
    pub after: Option<String>,
    pub request_id: String,
    /// The network address that the request came from, if one did.
    pub address: Option<String>,
    /// What concerns the person who did it, sealed under a key of theirs, so
    /// that it can be erased though the entry stays as it is.
    pub personal: Option<Vec<u8>>,
}

impl AuditEntry {
    /// What it was done to, such as `application`.
    pub fn noun(&self) -> &str {
        self.action.split('.').next().unwrap_or_default()
    }

    /// Whether it tells of somebody who was refused.
    pub fn is_refusal(&self) -> bool {
        self.action.ends_with(".refused")
    }

    /// Whether it names this id; a UUID is what each id is that has its bits,
    /// whatever it is of.
    pub fn names(&self, id: &str) -> bool {
        let quoted = format!("\"{id}\"");
        let any = uuid_body(id).map(|body| format!("_{body}\""));
        let texts = [self.before.as_deref(), self.after.as_deref()];
        self.application
            .is_some_and(|application| application.to_string() == id || application.to_uuid() == id)
            || texts
                .into_iter()
                .flatten()
                .any(|text| text.contains(&quoted) || any.as_ref().is_some_and(|any| text.contains(any)))
    }
}

/// How ids are written that have the bits of this UUID, after the word that says
/// of what they are.
fn uuid_body(raw: &str) -> Option<String> {
    const PREFIX: &str = "app_";
    let is_bare = !raw.starts_with(PREFIX);
    let id = ApplicationId::parse(raw).ok().filter(|_| is_bare)?;
    id.to_string().strip_prefix(PREFIX).map(str::to_owned)
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// As it is written for its kind, such as `app_…`.
    pub id: String,
}

/// What kind of caller an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    Application,
    Operator,
    /// A program that administers a tenant.
    ServiceAccount,
    /// Somebody who registers an application, or changes one that was; the id is
    /// of the initial access token, `open` where there is none, and afterwards of
    /// the application.
    Registration,
    /// A person who signs in to applications.
    User,
    /// The product itself: start-up, a sweep, a command on the machine.
    System,
    /// Somebody who did not prove who they are; the id is where they came
    /// from, or `unknown` where that is sealed or not known.
    Anonymous,
}

/// A word that names no kind of actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of application, operator, service_account, registration, user, system, anonymous")]
pub struct UnknownActor;

impl ActorKind {
    pub const ALL: [Self; 7] = [
        Self::Application,
        Self::Operator,
        Self::ServiceAccount,
        Self::Registration,
        Self::User,
        Self::System,
        Self::Anonymous,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Operator => "operator",
            Self::ServiceAccount => "service_account",
            Self::Registration => "registration",
            Self::User => "user",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownActor> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw).ok_or(UnknownActor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_ids_in_each_of_their_spellings() {
        let (app, user) = (ApplicationId::from_bytes([1; 16]), crate::UserId::from_bytes([2; 16]));
        let entry = AuditEntry {
            id: AuditEntryId::from_bytes([1; 16]),
            owner: Owner::Global,
            occurred_at: Timestamp::from_seconds(0),
            actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
            action: "user.updated".to_owned(),
            application: Some(app),
            before: None,
            after: Some(format!("{{\"user_id\":\"{user}\",\"note\":\"tok\"}}")),
            request_id: String::new(),
            address: None,
            personal: None,
        };
        for id in [app.to_string(), app.to_uuid(), user.to_string(), user.to_uuid(), "tok".to_owned()] {
            assert!(entry.names(&id), "{id}");
        }
        let other = ApplicationId::from_bytes([2; 16]);
        for id in [other.to_string(), ApplicationId::from_bytes([3; 16]).to_uuid(), "to".to_owned()] {
            assert!(!entry.names(&id), "{id}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for kind in ActorKind::ALL {
            assert_eq!(ActorKind::parse(kind.as_str()), Ok(kind));
        }
        assert_eq!(ActorKind::parse("nobody"), Err(UnknownActor));
    }
}
