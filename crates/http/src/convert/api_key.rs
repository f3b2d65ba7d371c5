//! API keys, which are made and asked about.

use appkeep_api_types as api;
use appkeep_domain::Name;
use appkeep_domain::access::AccessDenied;
use appkeep_service::access::{AddedKey, NewKeyFields};
use appkeep_service::{KeyQuestion, KeyRefused, KeyVerdict, NewSecretFields};

use super::access::{kind, permissions, transform};
use super::credential::set;
use super::environment::mode;
use super::moment;

pub(crate) fn new_key(new: api::NewApiKey) -> NewKeyFields {
    NewKeyFields {
        environment: new.environment,
        secret: NewSecretFields { name: set(new.name), expires_at: set(new.expires_at) },
    }
}

pub(crate) fn added_key(added: &AddedKey) -> api::AddedApiKey {
    let credential = &added.credential;
    api::AddedApiKey {
        id: credential.id.to_string(),
        key: added.key.expose().to_owned(),
        environment: mode(added.environment),
        name: credential.name.as_ref().map(Name::to_string),
        created_at: moment(credential.created_at),
        expires_at: credential.expires_at.map(moment),
    }
}

pub(crate) fn key_question(shown: api::ShownApiKey) -> KeyQuestion {
    KeyQuestion { key: shown.key.into(), permission: shown.permission, container: shown.container }
}

pub(crate) fn key_verification(verdict: KeyVerdict) -> api::KeyVerification {
    let (key, application) =
        (verdict.key.as_ref(), verdict.key.as_ref().map(|key| key.application.to_string()));
    api::KeyVerification {
        valid: verdict.refused.is_none(),
        reason: verdict.refused.map(refusal),
        key_id: key.map(|key| key.id.to_string()),
        client_id: application.clone(),
        application_id: application,
        name: key.map(|key| key.name.to_string()),
        kind: key.map(|key| kind(key.kind)),
        environment: key.map(|key| mode(key.environment)),
        permissions: key.map(|key| permissions(&key.permissions)),
        expires_at: key.and_then(|key| key.expires_at).map(moment),
        transform: verdict.transform.map(transform),
    }
}

const fn refusal(refused: KeyRefused) -> api::KeyRefusal {
    match refused {
        KeyRefused::Malformed => api::KeyRefusal::Malformed,
        KeyRefused::NotFound => api::KeyRefusal::NotFound,
        KeyRefused::Revoked => api::KeyRefusal::Revoked,
        KeyRefused::Expired => api::KeyRefusal::Expired,
        KeyRefused::Disabled => api::KeyRefusal::ApplicationDisabled,
        KeyRefused::Archived => api::KeyRefusal::ApplicationArchived,
        KeyRefused::OwnerSuspended => api::KeyRefusal::OwnerSuspended,
        KeyRefused::Denied(AccessDenied::NotHeld) => api::KeyRefusal::PermissionNotHeld,
        KeyRefused::Denied(AccessDenied::ElsewhereOnly) => api::KeyRefusal::NoRuleMatches,
    }
}
