//! Sessions of public applications with the vault.

use appkeep_api_types as api;
use appkeep_service::access::{ConditionFields, SessionFields, SessionRuleFields, StartedSession};

use super::environment::mode;
use super::moment;

pub(crate) fn started_session(started: &StartedSession) -> api::StartedVaultSession {
    let session = &started.session;
    api::StartedVaultSession {
        id: session.id.to_string(),
        session_key: started.key.expose().to_owned(),
        nonce: started.nonce.expose().to_owned(),
        environment: mode(session.environment),
        created_at: moment(session.created_at),
        expires_at: moment(session.expires_at),
    }
}

pub(crate) fn session_fields(asked: api::VaultSessionAuthorization) -> SessionFields {
    SessionFields {
        nonce: asked.nonce,
        permissions: asked.permissions,
        rules: asked.rules.into_iter().map(rule).collect(),
        expires_at: asked.expires_at,
    }
}

fn rule(rule: api::VaultSessionRule) -> SessionRuleFields {
    let condition = |condition: api::VaultSessionCondition| ConditionFields {
        attribute: condition.attribute,
        operator: condition.operator,
        value: condition.value,
    };
    SessionRuleFields {
        description: rule.description,
        priority: rule.priority,
        container: rule.container,
        conditions: rule.conditions.into_iter().map(condition).collect(),
        transform: rule.transform,
        permissions: rule.permissions,
    }
}
