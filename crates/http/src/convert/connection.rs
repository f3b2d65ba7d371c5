//! Connections with those who sign people in, and who people are there.

use appkeep_api_types as api;
use appkeep_domain::{Connection, Identity, ProviderIssuer, ProviderKind};
use appkeep_service::{AppleFields, ConnectionFields, ConnectionUpdate, Expected, NewConnection};
use zeroize::Zeroizing;

use super::fields::edit;
use super::{moment, text, texts};

pub(crate) fn connection(connection: &Connection) -> api::Connection {
    let apple = connection
        .at
        .apple()
        .map(|key| api::AppleKey { team_id: key.team_id().to_owned(), key_id: key.key_id().to_owned() });
    api::Connection {
        id: connection.id.to_string(),
        provider: connection.provider.to_string(),
        provider_type: provider_type(connection.kind()),
        issuer: connection.at.issuer().map(ProviderIssuer::as_str).map(str::to_owned),
        client_id: connection.client_id.as_str().to_owned(),
        scopes: texts(&connection.scopes),
        display_name: connection.display_name.as_ref().map(text),
        apple,
        enabled: connection.is_enabled,
        created_at: moment(connection.created_at),
        updated_at: moment(connection.updated_at),
    }
}

pub(crate) fn new_connection(new: api::NewConnection) -> NewConnection {
    let fields = ConnectionFields {
        client_secret: new.client_secret.map(Zeroizing::new),
        apple: new.apple.map(apple),
        scopes: new.scopes,
        display_name: edit(new.display_name),
        is_enabled: new.enabled,
    };
    NewConnection { provider: new.provider, issuer: new.issuer, client_id: new.client_id, fields }
}

pub(crate) fn connection_update(patch: api::ConnectionPatch, expected: Expected) -> ConnectionUpdate {
    let fields = ConnectionFields {
        client_secret: patch.client_secret.map(Zeroizing::new),
        apple: patch.apple.map(apple),
        scopes: patch.scopes,
        display_name: edit(patch.display_name),
        is_enabled: patch.enabled,
    };
    ConnectionUpdate { expected, client_id: patch.client_id, fields }
}

pub(crate) fn identity(identity: &Identity) -> api::Identity {
    api::Identity {
        provider: identity.provider.to_string(),
        subject: identity.subject.as_str().to_owned(),
        email: identity.email.as_ref().map(|email| email.as_str().to_owned()),
        email_verified: identity.email_verified,
        name: identity.name.as_ref().map(text),
        created_at: moment(identity.created_at),
        last_used_at: moment(identity.last_used_at),
    }
}

fn apple(key: api::NewAppleKey) -> AppleFields {
    AppleFields { team_id: key.team_id, key_id: key.key_id, private_key: Zeroizing::new(key.private_key) }
}

const fn provider_type(kind: ProviderKind) -> api::ProviderType {
    match kind {
        ProviderKind::Google => api::ProviderType::Google,
        ProviderKind::Apple => api::ProviderType::Apple,
        ProviderKind::Facebook => api::ProviderType::Facebook,
        ProviderKind::Github => api::ProviderType::Github,
        ProviderKind::Microsoft => api::ProviderType::Microsoft,
        ProviderKind::Oidc => api::ProviderType::Oidc,
    }
}
