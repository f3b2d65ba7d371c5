//! ScaiKey's words for ours.

use appkeep_domain::{Application, ApplicationKind, ApplicationState, Owner, UserStatus};

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
    FIELDS.iter().find(|(name, _)| *name == ours).map_or(ours, |(_, theirs)| theirs)
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
    fn a_field_goes_by_its_own_name_here() {
        for (ours, theirs) in [("access_token_ttl_s", "token_lifetime"), ("name", "name")] {
            assert_eq!(field(ours), theirs);
        }
    }
}
