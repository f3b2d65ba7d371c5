//! Words of closed lists.

use appkeep_api_types as api;
use appkeep_domain::registration::RegistrationMode;
use appkeep_domain::{
    ActorKind, ApplicationKind, ApplicationState, NameIdFormat, Ownership, Role, SessionState,
    SigningAlgorithm, Standing, UserPool, UserStatus,
};
use appkeep_oauth::{ClientAuthMethod, GrantType};

pub(super) const fn application_type(kind: ApplicationKind) -> api::ApplicationType {
    match kind {
        ApplicationKind::Spa => api::ApplicationType::Spa,
        ApplicationKind::Native => api::ApplicationType::Native,
        ApplicationKind::Server => api::ApplicationType::Server,
        ApplicationKind::M2m => api::ApplicationType::M2m,
        ApplicationKind::Saml => api::ApplicationType::Saml,
    }
}

pub(super) const fn application_state(state: ApplicationState) -> api::ApplicationState {
    match state {
        ApplicationState::Enabled => api::ApplicationState::Enabled,
        ApplicationState::Disabled => api::ApplicationState::Disabled,
    }
}

pub(super) const fn ownership(ownership: Ownership) -> api::Ownership {
    match ownership {
        Ownership::Global => api::Ownership::Global,
        Ownership::Partner => api::Ownership::Partner,
        Ownership::Tenant => api::Ownership::Tenant,
    }
}

pub(super) const fn user_pool(pool: UserPool) -> api::UserPool {
    match pool {
        UserPool::Tenant => api::UserPool::Tenant,
        UserPool::Application => api::UserPool::Application,
    }
}

pub(super) const fn grant_type(grant: GrantType) -> api::GrantType {
    match grant {
        GrantType::AuthorizationCode => api::GrantType::AuthorizationCode,
        GrantType::RefreshToken => api::GrantType::RefreshToken,
        GrantType::ClientCredentials => api::GrantType::ClientCredentials,
        GrantType::TokenExchange => api::GrantType::TokenExchange,
    }
}

pub(super) const fn auth_method(method: ClientAuthMethod) -> api::TokenEndpointAuthMethod {
    match method {
        ClientAuthMethod::ClientSecretBasic => api::TokenEndpointAuthMethod::ClientSecretBasic,
        ClientAuthMethod::ClientSecretPost => api::TokenEndpointAuthMethod::ClientSecretPost,
        ClientAuthMethod::PrivateKeyJwt => api::TokenEndpointAuthMethod::PrivateKeyJwt,
        ClientAuthMethod::None => api::TokenEndpointAuthMethod::None,
    }
}

pub(super) const fn signing_algorithm(algorithm: SigningAlgorithm) -> api::SigningAlgorithm {
    match algorithm {
        SigningAlgorithm::Es256 => api::SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256 => api::SigningAlgorithm::Rs256,
        SigningAlgorithm::EdDsa => api::SigningAlgorithm::EdDsa,
    }
}

pub(super) const fn name_id_format(format: NameIdFormat) -> api::NameIdFormat {
    match format {
        NameIdFormat::Unspecified => api::NameIdFormat::Unspecified,
        NameIdFormat::EmailAddress => api::NameIdFormat::EmailAddress,
        NameIdFormat::Persistent => api::NameIdFormat::Persistent,
        NameIdFormat::Transient => api::NameIdFormat::Transient,
    }
}

pub(super) const fn actor_kind(kind: ActorKind) -> api::ActorKind {
    match kind {
        ActorKind::Application => api::ActorKind::Application,
        ActorKind::Operator => api::ActorKind::Operator,
        ActorKind::ServiceAccount => api::ActorKind::ServiceAccount,
        ActorKind::Registration => api::ActorKind::Registration,
        ActorKind::User => api::ActorKind::User,
        ActorKind::System => api::ActorKind::System,
        ActorKind::Anonymous => api::ActorKind::Anonymous,
    }
}

pub(super) const fn registration_mode(mode: RegistrationMode) -> api::RegistrationMode {
    match mode {
        RegistrationMode::Closed => api::RegistrationMode::Closed,
        RegistrationMode::Token => api::RegistrationMode::Token,
        RegistrationMode::Open => api::RegistrationMode::Open,
    }
}

pub(super) const fn user_status(status: UserStatus) -> api::UserStatus {
    match status {
        UserStatus::Active => api::UserStatus::Active,
        UserStatus::Suspended => api::UserStatus::Suspended,
        UserStatus::Pending => api::UserStatus::Pending,
    }
}

pub(super) const fn session_state(state: SessionState) -> api::SessionState {
    match state {
        SessionState::Active => api::SessionState::Active,
        SessionState::Idle => api::SessionState::Idle,
        SessionState::Ended => api::SessionState::Ended,
        SessionState::Expired => api::SessionState::Expired,
    }
}

pub(super) const fn standing(standing: Standing) -> api::Standing {
    match standing {
        Standing::Active => api::Standing::Active,
        Standing::Suspended => api::Standing::Suspended,
    }
}

pub(super) const fn role(role: Role) -> api::Role {
    match role {
        Role::Owner => api::Role::Owner,
        Role::Admin => api::Role::Admin,
        Role::Operator => api::Role::Operator,
        Role::Member => api::Role::Member,
        Role::Viewer => api::Role::Viewer,
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn check<T: Copy, U: Serialize>(all: &[T], convert: fn(T) -> U, word: fn(T) -> &'static str) {
        for &one in all {
            let written = serde_json::to_value(convert(one)).expect("a word");
            assert_eq!(written, word(one));
        }
    }

    #[test]
    fn a_word_is_spelt_alike_in_the_api_and_in_the_registry() {
        let states = [ApplicationState::Enabled, ApplicationState::Disabled];
        check(&ApplicationKind::ALL, application_type, ApplicationKind::as_str);
        check(&states, application_state, ApplicationState::as_str);
        check(&[UserPool::Tenant, UserPool::Application], user_pool, UserPool::as_str);
        check(&Ownership::ALL, ownership, Ownership::as_str);
        check(&GrantType::ALL, grant_type, GrantType::as_str);
        check(&ClientAuthMethod::ALL, auth_method, ClientAuthMethod::as_str);
        check(&SigningAlgorithm::ALL, signing_algorithm, SigningAlgorithm::as_str);
        check(&NameIdFormat::ALL, name_id_format, NameIdFormat::as_str);
        check(&ActorKind::ALL, actor_kind, ActorKind::as_str);
        check(&RegistrationMode::ALL, registration_mode, RegistrationMode::as_str);
        check(&UserStatus::ALL, user_status, UserStatus::as_str);
        check(&SessionState::ALL, session_state, SessionState::as_str);
    }

    #[test]
    fn every_attribute_source_has_its_word_in_the_api() {
        for source in appkeep_domain::AttributeSource::ALL {
            let known = serde_json::from_value::<api::AttributeSource>(source.as_str().into());
            assert!(known.is_ok(), "{source:?}");
        }
    }
}
