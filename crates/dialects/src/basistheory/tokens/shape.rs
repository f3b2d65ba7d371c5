//! A token in Basis Theory's JSON.

use std::collections::BTreeMap;

use appkeep_api_types::Edit;
use appkeep_domain::Timestamp;
use appkeep_http::Body;
use appkeep_service::{
    self as service, CreatedToken, Error, ErrorCode, Fault, TokenPatch, TokenView, Tokenized, VaultField,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::basistheory::words::{self, moment};

/// As far as it is shown. What is not is left out.
#[derive(Serialize)]
pub(super) struct Token {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    tenant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mask: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<BTreeMap<String, String>>,
    containers: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    search_indexes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_at: Option<String>,
}

/// A token that was made or changed, or was there.
#[derive(Serialize)]
pub(super) struct Created {
    #[serde(flatten)]
    token: Token,
    #[serde(rename = "_extras")]
    extras: Extras,
}

#[derive(Serialize)]
struct Extras {
    deduplicated: bool,
}

impl Token {
    pub(super) fn of(view: TokenView) -> Self {
        Self {
            id: view.id.to_string(),
            kind: view.token_type.as_str().to_owned(),
            tenant_id: view.tenant.to_uuid(),
            data: view.data,
            mask: view.mask,
            metadata: Some(view.metadata),
            containers: [view.container.to_string()],
            search_indexes: Some(view.search_indexes),
            fingerprint: view.fingerprint,
            fingerprint_expression: view.fingerprint_expression,
            expires_at: view.expires_at.map(moment),
            created_by: words::actor(Some(&view.created_by)),
            created_at: Some(moment(view.created_at)),
            modified_by: words::actor(view.modified_by.as_ref()),
            modified_at: view.modified_at.map(moment),
        }
    }

    pub(super) fn into_value(self) -> Value {
        json!(self)
    }

    /// For whoever may not read the token that there is.
    pub(super) fn bare(self) -> Self {
        Self {
            data: None,
            mask: None,
            metadata: None,
            search_indexes: None,
            fingerprint_expression: None,
            expires_at: None,
            created_by: None,
            created_at: None,
            modified_by: None,
            modified_at: None,
            ..self
        }
    }
}

impl Created {
    pub(super) fn of(created: CreatedToken) -> Self {
        let whole = Token::of(created.token);
        let token = if created.is_bare { whole.bare() } else { whole };
        Self { token, extras: Extras { deduplicated: created.deduplicated } }
    }

    /// One that was there, and was meant.
    pub(super) fn changed(view: TokenView) -> Self {
        Self { token: Token::of(view), extras: Extras { deduplicated: false } }
    }

    /// For whoever may not read the token.
    pub(super) fn bare(self) -> Self {
        Self { token: self.token.bare(), ..self }
    }
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewToken {
    id: Option<String>,
    #[serde(rename = "type")]
    token_type: String,
    data: Value,
    mask: Edit<Value>,
    metadata: Option<BTreeMap<String, String>>,
    containers: Option<Vec<String>>,
    search_indexes: Option<Vec<String>>,
    fingerprint_expression: Edit<String>,
    deduplicate_token: Option<bool>,
    expires_at: Option<String>,
}

impl Body for NewToken {
    const REQUIRED: &'static [&'static str] = &["type", "data"];
}

impl NewToken {
    pub(super) fn read(self) -> Result<service::NewToken, Error> {
        Ok(service::NewToken {
            id: self.id,
            token_type: self.token_type,
            data: self.data,
            mask: field(self.mask),
            metadata: self.metadata.unwrap_or_default(),
            containers: self.containers.unwrap_or_default(),
            search_indexes: self.search_indexes,
            fingerprint_expression: match self.fingerprint_expression {
                Edit::Set(expression) => Some(expression),
                Edit::Keep | Edit::Clear => None,
            },
            deduplicate: self.deduplicate_token,
            expires_at: self.expires_at.map(time).transpose()?,
        })
    }
}

/// What is to become of one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    data: Edit<Value>,
    mask: Edit<Value>,
    metadata: Edit<Value>,
    containers: Option<Vec<String>>,
    search_indexes: Option<Vec<String>>,
    fingerprint_expression: Edit<String>,
    expires_at: Edit<String>,
}

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Patch {
    pub(super) fn read(self) -> Result<TokenPatch, Error> {
        Ok(TokenPatch {
            data: merge(self.data),
            mask: merge(self.mask),
            metadata: merge(self.metadata),
            containers: self.containers,
            search_indexes: self.search_indexes,
            fingerprint_expression: field(self.fingerprint_expression),
            expires_at: match self.expires_at {
                Edit::Keep => VaultField::Unsaid,
                Edit::Clear => VaultField::None,
                Edit::Set(raw) => VaultField::Some(time(raw)?),
            },
        })
    }
}

/// A token that is to be made, in a document.
pub(super) fn read_in_document(value: &Value) -> Result<service::NewToken, Error> {
    let read = serde_json::from_value::<NewToken>(value.clone());
    // What the parser says could repeat what was sent.
    let unread =
        |_| Error::invalid(Fault::new("type", ErrorCode::InvalidField, "is of no token that can be made"));
    read.map_err(unread)?.read()
}

/// Texts as the ids of their tokens, and tokens as they are shown.
pub(super) fn tokenized(part: Tokenized) -> Value {
    match part {
        Tokenized::Plain(value) => value,
        Tokenized::Text(created) => created.token.id.as_str().into(),
        Tokenized::Token(created) => json!(Created::of(*created)),
        Tokenized::List(parts) => parts.into_iter().map(tokenized).collect(),
        Tokenized::Object(parts) => {
            Value::Object(parts.into_iter().map(|(name, part)| (name, tokenized(part))).collect())
        }
    }
}

fn time(raw: String) -> Result<Timestamp, Error> {
    Timestamp::parse(&words::rfc_3339(raw)).map_err(|reason| {
        Error::invalid(Fault::new("expires_at", ErrorCode::InvalidField, format!("is {reason}")))
    })
}

fn field<T>(edit: Edit<T>) -> VaultField<T> {
    match edit {
        Edit::Keep => VaultField::Unsaid,
        Edit::Clear => VaultField::None,
        Edit::Set(value) => VaultField::Some(value),
    }
}

fn merge(edit: Edit<Value>) -> Option<Value> {
    match edit {
        Edit::Keep => None,
        Edit::Clear => Some(Value::Null),
        Edit::Set(value) => Some(value),
    }
}
