//! Credentials, which are told of, and a new secret, which is shown.

use appkeep_api_types as api;
use appkeep_domain::{CredentialClass, Name, SafeToRetire};
use appkeep_service::{AddedSecret, CredentialView, NewSecretFields, PageQuery};

use super::audit::actor;
use super::environment::mode;
use super::moment;

pub(crate) fn credential(view: CredentialView) -> api::Credential {
    let (credential, used) = (view.credential.credential, view.credential.used);
    let last_used_from = used.as_ref().and_then(|used| used.last_used_from);
    api::Credential {
        id: credential.id.to_string(),
        class: class(credential.class),
        environment: credential.class.environment().map(mode),
        name: credential.name.as_ref().map(Name::to_string),
        prefix: credential.prefix,
        last_four: credential.last_four,
        created_at: moment(credential.created_at),
        created_by: credential.created_by.map(actor),
        expires_at: credential.expires_at.map(moment),
        revoked_at: credential.revoked_at.map(moment),
        last_used_at: used.map(|used| moment(used.last_used_at)),
        last_used_from: last_used_from.map(|address| address.to_string()),
        safe_to_retire: safe_to_retire(view.safe_to_retire),
        as_of: moment(view.as_of),
    }
}

const fn class(class: CredentialClass) -> api::CredentialClass {
    match class {
        CredentialClass::ClientSecret => api::CredentialClass::ClientSecret,
        CredentialClass::EnvironmentSecret(_) => api::CredentialClass::EnvironmentSecret,
        CredentialClass::ApiKey(_) => api::CredentialClass::ApiKey,
    }
}

pub(crate) fn added(added: &AddedSecret) -> api::AddedSecret {
    let credential = &added.credential;
    api::AddedSecret {
        id: credential.id.to_string(),
        client_secret: added.client_secret.expose().to_owned(),
        name: credential.name.as_ref().map(Name::to_string),
        created_at: moment(credential.created_at),
        expires_at: credential.expires_at.map(moment),
    }
}

pub(crate) fn new_secret(new: api::NewSecret) -> NewSecretFields {
    NewSecretFields { name: set(new.name), expires_at: set(new.expires_at) }
}

pub(crate) fn credential_query(query: api::CredentialQuery) -> PageQuery {
    PageQuery { cursor: query.cursor, limit: query.limit }
}

const fn safe_to_retire(answer: SafeToRetire) -> api::SafeToRetire {
    match answer {
        SafeToRetire::Yes => api::SafeToRetire::Yes,
        SafeToRetire::No => api::SafeToRetire::No,
        SafeToRetire::Unknown => api::SafeToRetire::Unknown,
    }
}

/// Where there was nothing before, `null` and absent are the same.
pub(super) fn set(edit: api::Edit<String>) -> Option<String> {
    match edit {
        api::Edit::Keep | api::Edit::Clear => None,
        api::Edit::Set(value) => Some(value),
    }
}
