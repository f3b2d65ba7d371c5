//! Tokens of the vault.

use appkeep_api_types as api;
use appkeep_domain::{Environment, Timestamp};
use appkeep_service::{
    CreatedToken, Error, ErrorCode, Fault, NewToken, PageQuery, TokenPatch, TokenQuery, TokenView, Tokenized,
    VaultCaller, VaultField,
};
use serde_json::{Value, json};

use super::access::transform;
use super::audit::actor;
use super::moment;
use crate::extract::{Asked, Visitor};

/// Who comes, and to which environment; a key says so by itself.
pub(crate) fn vault_caller<A: Asked>(
    visitor: Visitor<A>,
    environment: Option<&str>,
) -> Result<VaultCaller, Error> {
    let refused = |message| Error::invalid(Fault::new("environment", ErrorCode::InvalidRequest, message));
    let named = environment.map(Environment::parse).transpose();
    let named = named.map_err(|reason| refused(format!("is {reason}")))?;
    match visitor {
        Visitor::ByToken(access) => {
            VaultCaller::by_scopes(access.by, named.unwrap_or(Environment::Live), A::ACTION)
        }
        Visitor::ByKey(key) if named.is_some_and(|named| named != key.principal.environment()) => {
            Err(refused("is not that of the key".to_owned()))
        }
        Visitor::ByKey(key) => VaultCaller::by_key(key.by, &key.principal),
    }
}

pub(crate) fn vault_token(view: TokenView, environment: Environment) -> api::VaultToken {
    api::VaultToken {
        id: view.id.to_string(),
        token_type: token_type(view.token_type.as_str()),
        environment: mode(environment),
        transform: transform(view.transform),
        data: view.data,
        mask: view.mask,
        metadata: view.metadata,
        container: view.container.to_string(),
        search_indexes: view.search_indexes,
        fingerprint: view.fingerprint,
        fingerprint_expression: view.fingerprint_expression,
        expires_at: view.expires_at.map(moment),
        created_by: Some(actor(view.created_by)),
        created_at: Some(moment(view.created_at)),
        modified_by: view.modified_by.map(actor),
        modified_at: view.modified_at.map(moment),
    }
}

pub(crate) fn created_token(created: CreatedToken, environment: Environment) -> api::CreatedVaultToken {
    let (deduplicated, is_bare) = (created.deduplicated, created.is_bare);
    let whole = vault_token(created.token, environment);
    let token = if is_bare { bare(whole) } else { whole };
    api::CreatedVaultToken { token, deduplicated }
}

/// For whoever may not read the token that there is.
fn bare(token: api::VaultToken) -> api::VaultToken {
    api::VaultToken {
        data: None,
        mask: None,
        metadata: std::collections::BTreeMap::new(),
        search_indexes: Vec::new(),
        fingerprint_expression: None,
        expires_at: None,
        created_by: None,
        created_at: None,
        modified_by: None,
        modified_at: None,
        ..token
    }
}

pub(crate) fn new_token(new: api::NewVaultToken) -> Result<NewToken, Error> {
    Ok(NewToken {
        id: new.id,
        token_type: new.token_type,
        data: new.data,
        mask: field(new.mask),
        metadata: new.metadata.unwrap_or_default(),
        containers: new.container.into_iter().collect(),
        search_indexes: new.search_indexes,
        fingerprint_expression: new.fingerprint_expression,
        deduplicate: new.deduplicate,
        expires_at: new.expires_at.as_deref().map(time).transpose()?,
    })
}

pub(crate) fn token_patch(patch: api::VaultTokenPatch) -> Result<TokenPatch, Error> {
    Ok(TokenPatch {
        data: merge(patch.data),
        mask: merge(patch.mask),
        metadata: patch.metadata.map(|metadata| json!(metadata)),
        containers: patch.container.map(|container| vec![container]),
        search_indexes: patch.search_indexes,
        fingerprint_expression: field(patch.fingerprint_expression),
        expires_at: match patch.expires_at {
            api::Edit::Keep => VaultField::Unsaid,
            api::Edit::Clear => VaultField::None,
            api::Edit::Set(raw) => VaultField::Some(time(&raw)?),
        },
    })
}

pub(crate) fn token_query(query: api::VaultQuery) -> (TokenQuery, PageQuery) {
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let wanted = TokenQuery {
        ids: None,
        token_type: query.token_type,
        container: query.container,
        fingerprint: query.fingerprint,
        ..TokenQuery::default()
    };
    (wanted, page)
}

pub(crate) fn token_search(search: api::VaultSearch) -> Result<(TokenQuery, PageQuery), Error> {
    let page = PageQuery { cursor: search.cursor, limit: search.limit };
    let metadata = search.metadata.unwrap_or_default();
    if metadata.len() > 1 {
        let message = "has more than 1 member";
        return Err(Error::invalid(Fault::new("metadata", ErrorCode::InvalidRequest, message)));
    }
    let wanted = TokenQuery {
        ids: None,
        token_type: search.token_type,
        container: search.container,
        fingerprint: search.fingerprint,
        metadata: metadata.into_iter().next(),
        data: search.data,
    };
    Ok((wanted, page))
}

/// Here a token has one container, and no list of them.
pub(crate) fn named(error: Error) -> Error {
    error.with_fields_named(|field| field.replace("containers[0]", "container"))
}

/// A token that is to be made, in a document.
pub(crate) fn token_in_document(value: &Value) -> Result<NewToken, Error> {
    let read = serde_json::from_value::<api::NewVaultToken>(value.clone());
    // What the parser says could repeat what was sent.
    let unread =
        |_| Error::invalid(Fault::new("type", ErrorCode::InvalidField, "is of no token that can be made"));
    new_token(read.map_err(unread)?)
}

/// Texts as the ids of their tokens, and tokens as they are shown.
pub(crate) fn tokenized(part: Tokenized, environment: Environment) -> Value {
    match part {
        Tokenized::Plain(value) => value,
        Tokenized::Text(created) => created.token.id.as_str().into(),
        Tokenized::Token(created) => json!(created_token(*created, environment).token),
        Tokenized::List(parts) => parts.into_iter().map(|part| tokenized(part, environment)).collect(),
        Tokenized::Object(parts) => {
            let each = parts.into_iter().map(|(name, part)| (name, tokenized(part, environment)));
            Value::Object(each.collect())
        }
    }
}

fn time(raw: &str) -> Result<Timestamp, Error> {
    Timestamp::parse(raw).map_err(|reason| {
        Error::invalid(Fault::new("expires_at", ErrorCode::InvalidField, reason.to_string()))
    })
}

fn field<T>(edit: api::Edit<T>) -> VaultField<T> {
    match edit {
        api::Edit::Keep => VaultField::Unsaid,
        api::Edit::Clear => VaultField::None,
        api::Edit::Set(value) => VaultField::Some(value),
    }
}

fn merge(edit: api::Edit<Value>) -> Option<Value> {
    match edit {
        api::Edit::Keep => None,
        api::Edit::Clear => Some(Value::Null),
        api::Edit::Set(value) => Some(value),
    }
}

const fn mode(environment: Environment) -> api::EnvironmentMode {
    match environment {
        Environment::Live => api::EnvironmentMode::Live,
        Environment::Test => api::EnvironmentMode::Test,
    }
}

fn token_type(word: &str) -> api::VaultTokenType {
    match word {
        "card" => api::VaultTokenType::Card,
        "network_token" => api::VaultTokenType::NetworkToken,
        "bank" => api::VaultTokenType::Bank,
        "card_number" => api::VaultTokenType::CardNumber,
        "us_bank_account_number" => api::VaultTokenType::UsBankAccountNumber,
        "us_bank_routing_number" => api::VaultTokenType::UsBankRoutingNumber,
        "social_security_number" => api::VaultTokenType::SocialSecurityNumber,
        "employer_id_number" => api::VaultTokenType::EmployerIdNumber,
        _ => api::VaultTokenType::Token,
    }
}
