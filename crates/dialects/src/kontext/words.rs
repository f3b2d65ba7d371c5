//! Kontext's words for ours.

use appkeep_domain::{
    Actor, ActorKind, ApplicationId, ApplicationKind, OperatorId, Owner, ServiceAccountId, SessionState,
};
use appkeep_service::{Error, ErrorCode, Fault};

const PUBLIC: &str = "public";
const CONFIDENTIAL: &str = "confidential";

/// Of an OAuth client: whether it keeps a secret.
pub(super) const fn oauth_type(kind: ApplicationKind) -> &'static str {
    if kind.is_confidential() { CONFIDENTIAL } else { PUBLIC }
}

/// What one is made as that is called so.
pub(super) fn kind(raw: &str) -> Result<ApplicationKind, Error> {
    match raw {
        PUBLIC => Ok(ApplicationKind::Native),
        CONFIDENTIAL => Ok(ApplicationKind::Server),
        _ => {
            let message = "is neither public nor confidential";
            Err(Error::invalid(Fault::new("type", ErrorCode::InvalidField, message)))
        }
    }
}

pub(super) fn client_id(id: ApplicationId) -> String {
    format!("app_{}", id.to_uuid())
}

/// Who made something; `system` where the product itself did.
pub(super) fn user_id(actor: &Actor) -> String {
    let uuid = match actor.kind {
        ActorKind::Application => ApplicationId::parse(&actor.id).ok().map(|id| id.to_uuid()),
        ActorKind::Operator => OperatorId::parse(&actor.id).ok().map(|id| id.to_uuid()),
        ActorKind::ServiceAccount => ServiceAccountId::parse(&actor.id).ok().map(|id| id.to_uuid()),
        ActorKind::Registration | ActorKind::User | ActorKind::System | ActorKind::Anonymous => None,
    };
    uuid.unwrap_or_else(|| actor.id.clone())
}

/// Nothing of what belongs to no tenant.
pub(super) fn organization_id(owner: Owner) -> Option<String> {
    match owner {
        Owner::Tenant(id) => Some(id.to_uuid()),
        Owner::Global | Owner::Partner(_) => None,
    }
}

pub(super) const fn derived_status(state: SessionState) -> &'static str {
    match state {
        SessionState::Active => "active",
        SessionState::Idle => "idle",
        SessionState::Expired => "expired",
        SessionState::Ended => "disconnected",
    }
}

pub(super) const fn status(state: SessionState) -> &'static str {
    if state.is_live() { "active" } else { "disconnected" }
}

/// What the native API calls a field where that is not the same word.
const FIELDS: [(&str, &str); 3] =
    [("allowed_scopes", "scopes"), ("require_pkce", "pkceRequired"), ("user_id", "memberId")];

/// A field of ours by its name here: `redirect_uris[1]` is `redirectUris[1]`.
pub(super) fn field(ours: &str) -> String {
    let steps: Vec<String> = ours.split('.').map(step).collect();
    steps.join(".")
}

fn step(ours: &str) -> String {
    let (name, index) = ours.split_at(ours.find('[').unwrap_or(ours.len()));
    let known = FIELDS.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| camel(name), |(_, theirs)| (*theirs).to_owned()) + index
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |written, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        written + &initial.to_uppercase() + rest
    })
}

/// The same, of what stands in `oauth` there and beside the rest with us.
pub(super) fn in_oauth(error: Error, fields: &[&str]) -> Error {
    error.with_fields_named(|ours| {
        let name = ours.split('[').next().unwrap_or_default();
        if fields.contains(&name) { format!("oauth.{ours}") } else { ours.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_public_or_confidential() {
        for (kind, word) in [
            (ApplicationKind::Spa, "public"),
            (ApplicationKind::Native, "public"),
            (ApplicationKind::Server, "confidential"),
            (ApplicationKind::M2m, "confidential"),
        ] {
            assert_eq!(oauth_type(kind), word);
        }
        assert_eq!(kind("public").ok(), Some(ApplicationKind::Native));
        assert_eq!(kind("confidential").ok(), Some(ApplicationKind::Server));
        for raw in ["native", "server", "Public", ""] {
            assert!(kind(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_field_goes_by_its_own_name_here() {
        for (ours, theirs) in [
            ("name", "name"),
            ("redirect_uris[1]", "redirectUris[1]"),
            ("oauth.allowed_scopes[0]", "oauth.scopes[0]"),
            ("require_pkce", "pkceRequired"),
            ("auth_mode", "authMode"),
            ("oauth.redirectUris", "oauth.redirectUris"),
            ("", ""),
        ] {
            assert_eq!(field(ours), theirs);
        }
    }

    #[test]
    fn whoever_made_something_has_a_uuid() {
        let id = OperatorId::from_bytes([1; 16]);
        let account = ServiceAccountId::from_bytes([2; 16]);
        for (kind, named, shown) in [
            (ActorKind::Operator, id.to_string(), id.to_uuid()),
            (ActorKind::ServiceAccount, account.client_id(), account.to_uuid()),
            (ActorKind::System, "system".to_owned(), "system".to_owned()),
        ] {
            assert_eq!(user_id(&Actor { kind, id: named }), shown);
        }
    }
}
