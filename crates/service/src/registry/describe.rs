//! What the audit trail says of an application: its fields as the API calls
//! them, and of a change those that differ.

use appkeep_domain::{Application, ClientKeys, OauthFacet, SamlFacet, SigningAlgorithm, Timestamp};
use serde_json::{Map, Value, json};

/// Every field that a caller can set. Secrets are none of them.
pub(super) fn describe(application: &Application) -> Map<String, Value> {
    let mut fields = object(json!({
        "type": application.kind.as_str(),
        "user_pool": application.user_pool.as_str(),
        "slug": application.slug.as_str(),
        "name": application.name.as_str(),
        "description": application.description,
        "logo_url": application.logo_url,
        "tags": texts(&application.tags),
        "state": application.state.as_str(),
        "archived_at": application.archived_at.map(time),
        "expires_at": application.expires_at.map(time),
    }));
    if let Some(oauth) = &application.oauth {
        fields.append(&mut describe_oauth(oauth));
    }
    if let Some(saml) = &application.saml {
        fields.insert("saml".to_owned(), describe_saml(saml));
    }
    fields
}

/// What differs, before and after; a field that is on one side only is null on
/// the other.
pub(super) fn differences(before: &Application, after: &Application) -> (Value, Value) {
    let (mut before, mut after) = (describe(before), describe(after));
    let same: Vec<String> = before
        .iter()
        .filter(|(name, value)| after.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    for name in after.keys() {
        before.entry(name.clone()).or_insert(Value::Null);
    }
    for name in before.keys() {
        after.entry(name.clone()).or_insert(Value::Null);
    }
    (Value::Object(before), Value::Object(after))
}

fn describe_oauth(oauth: &OauthFacet) -> Map<String, Value> {
    let (jwks, jwks_uri) = match &oauth.client_keys {
        None => (Value::Null, Value::Null),
        Some(ClientKeys::Set(set)) => (serde_json::from_str(set).unwrap_or_default(), Value::Null),
        Some(ClientKeys::At(uri)) => (Value::Null, json!(uri)),
    };
    object(json!({
        "redirect_uris": texts(&oauth.redirect_uris),
        "post_logout_redirect_uris": texts(&oauth.post_logout_redirect_uris),
        "allowed_origins": texts(&oauth.allowed_origins),
        "allowed_scopes": oauth.allowed_scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "audience": oauth.audience,
        "allowed_resources": texts(&oauth.allowed_resources),
        "access_token_ttl_s": oauth.access_token_ttl.as_seconds(),
        "refresh_token_ttl_s": oauth.refresh_token_ttl.as_seconds(),
        "refresh_token_max_age_s": oauth.refresh_token_max_age.as_seconds(),
        "grant_types": oauth.grant_types.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "token_endpoint_auth_method": oauth.auth_method.as_str(),
        "jwks": jwks,
        "jwks_uri": jwks_uri,
        "require_pkce": oauth.require_pkce,
        "access_token_signing_alg": oauth.access_token_signing_alg.map(SigningAlgorithm::as_str),
        "id_token_signing_alg": oauth.id_token_signing_alg.map(SigningAlgorithm::as_str),
        "first_party": oauth.first_party,
        "assignment_required": oauth.assignment_required,
    }))
}

fn describe_saml(saml: &SamlFacet) -> Value {
    let statements: Vec<Value> = saml
        .attribute_statements
        .iter()
        .map(|statement| json!({ "name": statement.name, "source": statement.source.as_str() }))
        .collect();
    json!({
        "entity_id": saml.entity_id.as_str(),
        "acs_urls": texts(&saml.acs_urls),
        "certificates": saml.certificates,
        "name_id_format": saml.name_id_format.as_str(),
        "attribute_statements": statements,
    })
}

fn time(at: Timestamp) -> String {
    at.to_string()
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
