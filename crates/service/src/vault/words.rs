//! What is asked of the vault, and what it answers.

use std::collections::BTreeMap;

use appkeep_domain::access::{Container, Transform};
use appkeep_domain::{Actor, TenantId, Timestamp};
use appkeep_vault::{TokenId, TokenType};
use serde_json::Value;

/// A token that is to be made, as it was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewToken {
    /// An id, or an expression by which one is made; a random one without it.
    pub id: Option<String>,
    pub token_type: String,
    pub data: Value,
    /// That of the type where nothing is said.
    pub mask: VaultField<Value>,
    pub metadata: BTreeMap<String, String>,
    /// That of the type where there is none; at most one.
    pub containers: Vec<String>,
    /// Those of the type where nothing is said.
    pub search_indexes: Option<Vec<String>>,
    pub fingerprint_expression: Option<String>,
    /// As the tenant has it where nothing is said.
    pub deduplicate: Option<bool>,
    pub expires_at: Option<Timestamp>,
}

/// What is to become of a token; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TokenPatch {
    /// Merged with what there is (RFC 7386), as are mask and metadata.
    pub data: Option<Value>,
    pub mask: Option<Value>,
    pub metadata: Option<Value>,
    pub containers: Option<Vec<String>>,
    pub search_indexes: Option<Vec<String>>,
    pub fingerprint_expression: VaultField<String>,
    pub expires_at: VaultField<Timestamp>,
}

/// Nothing was said of it, or that there is none, or what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum VaultField<T> {
    #[default]
    Unsaid,
    None,
    Some(T),
}

impl<T> From<Option<Option<T>>> for VaultField<T> {
    fn from(said: Option<Option<T>>) -> Self {
        match said {
            None => Self::Unsaid,
            Some(None) => Self::None,
            Some(Some(value)) => Self::Some(value),
        }
    }
}

/// Which tokens to list; one of these, or none, and with it a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenQuery {
    pub token_type: Option<String>,
    /// These and no others; for numbered lists.
    pub ids: Option<Vec<String>>,
    /// Those in it and in what is within it.
    pub container: Option<String>,
    pub fingerprint: Option<String>,
    /// One name and its value, exactly.
    pub metadata: Option<(String, String)>,
    /// The value of a search index, exactly; for searches.
    pub data: Option<String>,
}

/// A token as far as it is shown to whoever asked.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenView {
    pub id: TokenId,
    pub tenant: TenantId,
    pub token_type: TokenType,
    /// How much of the data is shown.
    pub transform: Transform,
    /// The plain data, or what the mask leaves of it; none where nothing is
    /// shown.
    pub data: Option<Value>,
    /// The expressions themselves.
    pub mask: Option<Value>,
    pub metadata: BTreeMap<String, String>,
    pub container: Container,
    pub search_indexes: Vec<String>,
    pub fingerprint: Option<String>,
    pub fingerprint_expression: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub modified_by: Option<Actor>,
    pub modified_at: Option<Timestamp>,
}

/// What came of making a token.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatedToken {
    pub token: TokenView,
    /// Whether there was one with the same fingerprint, which this is.
    pub deduplicated: bool,
    /// Whether the caller may not read that one, and so is told of nothing but
    /// its id, type, tenant, fingerprint and container.
    pub is_bare: bool,
}

/// A document whose texts became tokens.
#[derive(Debug, Clone, PartialEq)]
pub enum Tokenized {
    /// What is no token: numbers and such.
    Plain(Value),
    /// Was a text; shown as its id.
    Text(Box<CreatedToken>),
    /// Was a token that is to be made.
    Token(Box<CreatedToken>),
    List(Vec<Tokenized>),
    Object(Vec<(String, Tokenized)>),
}
