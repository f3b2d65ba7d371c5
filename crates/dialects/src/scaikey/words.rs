//! ScaiKey's words for ours.

use appkeep_domain::{
    ActorKind, Application, ApplicationKind, ApplicationState, Owner, SessionState, Standing, UserStatus,
};
use appkeep_service::{Error, ErrorCode, Fault};

/// Of an application; a SAML one has no word there, and is shown by ours.
pub(super) const fn application_type(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Spa => "SPA",
        ApplicationKind::Native => "NATIVE",
        ApplicationKind::Server => "WEB",
        ApplicationKind::M2m => "SERVICE",
        ApplicationKind::Saml => "SAML",
    }
}

/// Ours for theirs. A word that is neither passes as it is, so that the service
/// refuses it.
pub(super) fn kind(raw: &str) -> String {
    match raw {
        "WEB" => "server".to_owned(),
        "SERVICE" => "m2m".to_owned(),
        "SPA" => "spa".to_owned(),
        "NATIVE" => "native".to_owned(),
        // Ours are not words of this dialect.
        other => other.to_uppercase(),
    }
}

pub(super) const fn scope(owner: Owner) -> &'static str {
    match owner {
        Owner::Global => "GLOBAL",
        Owner::Partner(_) => "PARTNER",
        Owner::Tenant(_) => "TENANT",
    }
}

pub(super) fn ownership(raw: &str) -> String {
    match raw {
        "GLOBAL" => "global".to_owned(),
        "PARTNER" => "partner".to_owned(),
        "TENANT" => "tenant".to_owned(),
        other => other.to_uppercase(),
    }
}

pub(super) const fn status(application: &Application) -> &'static str {
    match application.state {
        ApplicationState::Enabled => "ACTIVE",
        ApplicationState::Disabled => "DISABLED",
    }
}

pub(super) const fn user_status(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "ACTIVE",
        UserStatus::Suspended => "SUSPENDED",
        UserStatus::Pending => "PENDING",
    }
}

/// Of a tenant or a partner.
pub(super) const fn status_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "ACTIVE",
        Standing::Suspended => "SUSPENDED",
    }
}

pub(super) const fn session_state(state: SessionState) -> &'static str {
    match state {
        SessionState::Active => "ACTIVE",
        SessionState::Idle => "IDLE",
        SessionState::Ended => "ENDED",
        SessionState::Expired => "EXPIRED",
    }
}

/// Who did something.
pub(super) const fn actor_type(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Application | ActorKind::ServiceAccount | ActorKind::Registration => "api",
        ActorKind::Operator => "admin",
        ActorKind::User => "user",
        ActorKind::System => "system",
        ActorKind::Anonymous => "anonymous",
    }
}

/// How it ended.
pub(super) const fn result(is_refusal: bool) -> &'static str {
    if is_refusal { "FAILURE" } else { "SUCCESS" }
}

pub(super) fn is_failure(raw: &str) -> Result<bool, Error> {
    match raw {
        "SUCCESS" => Ok(false),
        "FAILURE" => Ok(true),
        _ => {
            let message = "is neither SUCCESS nor FAILURE";
            Err(Error::invalid(Fault::new("result", ErrorCode::InvalidRequest, message)))
        }
    }
}

/// Ours for theirs, of a person, a tenant or a partner. What is no word of
/// theirs passes as none of ours.
pub(super) fn standing(raw: &str) -> String {
    match raw {
        "ACTIVE" => "active".to_owned(),
        "SUSPENDED" => "suspended".to_owned(),
        "PENDING" => "pending".to_owned(),
        other => other.to_uppercase(),
    }
}

/// The one kind of group that there is.
pub(super) const GROUP_TYPE: &str = "SECURITY";

/// Refuses every other kind.
pub(super) fn check_group_type(raw: Option<&str>) -> Result<(), Error> {
    if raw.is_none_or(|raw| raw == GROUP_TYPE) {
        return Ok(());
    }
    Err(Error::invalid(Fault::new("group_type", ErrorCode::InvalidField, "is not SECURITY")))
}

/// What the native API calls a field of a person.
const FIELDS_OF_PEOPLE: [(&str, &str); 3] =
    [("name", "display_name"), ("given_name", "first_name"), ("family_name", "last_name")];

/// What is wrong with somebody, in ScaiKey's words.
pub(super) fn of_person(error: Error) -> Error {
    error.with_fields_named(|ours| named(&FIELDS_OF_PEOPLE, ours).to_owned())
}

/// What the native API calls a field, and what ScaiKey calls it.
const FIELDS: [(&str, &str); 5] = [
    ("type", "application_type"),
    ("ownership", "scope"),
    ("access_token_ttl_s", "token_lifetime"),
    ("refresh_token_ttl_s", "refresh_token_lifetime"),
    ("q", "search"),
];

/// A field of ours by its name here.
pub(super) fn field(ours: &str) -> &str {
    named(&FIELDS, ours)
}

fn named<'a>(names: &'a [(&str, &str)], ours: &'a str) -> &'a str {
    names.iter().find(|(name, _)| *name == ours).map_or(ours, |(_, theirs)| theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for known in
            [ApplicationKind::Spa, ApplicationKind::Native, ApplicationKind::Server, ApplicationKind::M2m]
        {
            assert_eq!(ApplicationKind::parse(&kind(application_type(known))), Ok(known));
        }
        for raw in ["server", "Web", "SAML", ""] {
            assert!(ApplicationKind::parse(&kind(raw)).is_err(), "{raw}");
        }
    }

    #[test]
    fn every_status_is_read_back() {
        for known in UserStatus::ALL {
            assert_eq!(UserStatus::parse(&standing(user_status(known))), Ok(known));
        }
        for raw in ["active", "Active", "GONE", ""] {
            assert!(UserStatus::parse(&standing(raw)).is_err(), "{raw}");
        }
    }

    #[test]
    fn every_standing_is_read_back() {
        for known in [Standing::Active, Standing::Suspended] {
            assert_eq!(Standing::parse(&standing(status_of(known))), Ok(known));
        }
        assert!(Standing::parse(&standing("active")).is_err());
    }

    #[test]
    fn there_is_one_type_of_group() {
        for (raw, passes) in
            [(None, true), (Some("SECURITY"), true), (Some("DISTRIBUTION_LIST"), false), (Some(""), false)]
        {
            assert_eq!(check_group_type(raw).is_ok(), passes, "{raw:?}");
        }
    }

    #[test]
    fn a_field_goes_by_its_own_name_here() {
        for (ours, theirs) in [("access_token_ttl_s", "token_lifetime"), ("name", "name")] {
            assert_eq!(field(ours), theirs);
        }
    }
}
