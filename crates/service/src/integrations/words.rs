//! What is read of an integration, and what the history says of it: never a
//! secret.

use appkeep_domain::integration::{
    AuthMode, Category, Integration, IntegrationUrl, OauthClient, UnknownAuthMode, UnknownCategory,
};
use appkeep_storage::{SecretEdit, SecretEdits};
use serde_json::{Map, Value, json};

pub(super) fn category(raw: &str) -> Result<Category, String> {
    Category::parse(raw).map_err(|reason: UnknownCategory| format!("is {reason}"))
}

pub(super) fn auth_mode(raw: &str) -> Result<AuthMode, String> {
    AuthMode::parse(raw).map_err(|reason: UnknownAuthMode| format!("is {reason}"))
}

/// Everything that a caller can set, but its secrets.
pub(super) fn describe(integration: &Integration) -> Value {
    let mut members = settable(integration);
    members.insert("integration_id".to_owned(), integration.id.to_string().into());
    members.into()
}

/// What is not the same in both, beside of what they are.
pub(super) fn differences(
    (before, after): (&Integration, &Integration),
    secrets: &SecretEdits,
) -> (Value, Value) {
    let (mut old, mut new) = (settable(before), settable(after));
    old.retain(|name, value| new.get(name) != Some(value));
    new.retain(|name, _| old.contains_key(name));
    for (edit, member) in
        [(&secrets.server_token, "server_token_replaced"), (&secrets.client_secret, "client_secret_replaced")]
    {
        if matches!(edit, SecretEdit::Set(_)) {
            new.insert(member.to_owned(), true.into());
        }
    }
    for members in [&mut old, &mut new] {
        members.insert("integration_id".to_owned(), after.id.to_string().into());
    }
    (old.into(), new.into())
}

fn settable(integration: &Integration) -> Map<String, Value> {
    // Taken apart, so that a field that is added is not forgotten.
    let Integration {
        id: _,
        tenant: _,
        name,
        url,
        category,
        auth,
        scopes,
        provider,
        issuer,
        credential_schema,
        capabilities,
        has_server_token: _,
        client,
        validation,
        generation: _,
        version: _,
        created_by: _,
        created_at: _,
        updated_at: _,
        archived_at,
    } = integration;
    let members = [
        ("name", json!(name.as_str())),
        ("url", json!(url.as_str())),
        ("category", json!(category.as_str())),
        ("auth_mode", json!(auth.as_str())),
        ("scopes", json!(scopes.to_string())),
        ("provider", json!(provider.as_ref().map(|word| word.as_str().to_owned()))),
        ("issuer", json!(issuer.as_ref().map(IntegrationUrl::as_str))),
        ("credential_schema", json!(credential_schema.as_ref().map(|schema| schema.as_str().to_owned()))),
        ("tools", json!(capabilities.tools)),
        ("resources", json!(capabilities.resources)),
        ("prompts", json!(capabilities.prompts)),
        ("oauth_client", client.as_ref().map(describe_client).into()),
        ("validation_status", json!(validation.as_ref().map(|validation| validation.status.as_str()))),
        ("archived", json!(archived_at.is_some())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn describe_client(client: &OauthClient) -> Value {
    json!({
        "client_id": client.client_id.as_str(),
        "has_secret": client.has_secret,
        "authorization_url": client.authorization_url.as_ref().map(IntegrationUrl::as_str),
        "token_url": client.token_url.as_ref().map(IntegrationUrl::as_str),
        "scopes": client.scopes.as_ref().map(ToString::to_string),
    })
}
