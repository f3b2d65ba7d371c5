//! Environments, and whose users are meant.

use appkeep_api_types as api;
use appkeep_domain::{ApplicationEnvironment, Environment};
use appkeep_service::{CreatedEnvironment, PageQuery, RotatedEnvironment, UserQuery};

use super::moment;

pub(crate) fn environment(environment: &ApplicationEnvironment) -> api::ApplicationEnvironment {
    api::ApplicationEnvironment {
        id: environment.id.to_string(),
        mode: mode(environment.mode),
        public_key: environment.public_key.to_string(),
        secret_key: None,
        created_at: moment(environment.created_at),
        updated_at: moment(environment.updated_at),
    }
}

pub(super) fn created_environment(created: &CreatedEnvironment) -> api::ApplicationEnvironment {
    let secret_key = Some(created.secret_key.expose().to_owned());
    api::ApplicationEnvironment { secret_key, ..environment(&created.environment) }
}

pub(crate) fn rotated_environment(rotated: &RotatedEnvironment) -> api::RotatedEnvironment {
    let secret_key = Some(rotated.secret_key.expose().to_owned());
    api::RotatedEnvironment {
        environment: api::ApplicationEnvironment { secret_key, ..environment(&rotated.environment) },
        previous_expires_at: moment(rotated.previous_expires_at),
    }
}

/// Which environment is asked about, and which of its users.
pub(crate) fn end_user_query(query: api::EndUserQuery) -> (Option<String>, UserQuery) {
    let wanted = UserQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        status: query.status,
        email: query.email,
        username: query.username,
        group: None,
        text: query.q,
    };
    (query.environment, wanted)
}

pub(super) const fn mode(environment: Environment) -> api::EnvironmentMode {
    match environment {
        Environment::Live => api::EnvironmentMode::Live,
        Environment::Test => api::EnvironmentMode::Test,
    }
}
