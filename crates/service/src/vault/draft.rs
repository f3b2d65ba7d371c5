//! What was sent of a token, checked.

use std::collections::BTreeMap;

use appkeep_domain::Timestamp;
use appkeep_domain::access::Container;
use appkeep_vault::{Limits, TokenId, TokenType, is_shallow, merge_patch};
use serde_json::{Map, Value};

use super::called::parse_id;
use super::content::Content;
use super::words::{NewToken, TokenPatch, VaultField};
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;

/// A token that may be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) id: WantedId,
    pub(super) token_type: TokenType,
    pub(super) container: Container,
    pub(super) content: Content,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) deduplicate: Option<bool>,
}

#[derive(Debug, Clone)]
pub(super) enum WantedId {
    Given(TokenId),
    /// The expression.
    Alias(String),
    Random,
}

/// How much there may be of what is said beside the data.
struct Bounds;

impl Bounds {
    const INDEXES: usize = 10;
    const FINGERPRINT: usize = 400;
    const METADATA: usize = 50;
    const METADATA_NAME: usize = 100;
    const METADATA_VALUE: usize = 1_000;
}

pub(super) fn draft(new: NewToken, now: Timestamp, faults: &mut Faults) -> Result<Draft, Error> {
    let token_type = faults.take("type", TokenType::parse(&new.token_type));
    let id = wanted_id(new.id.as_deref(), faults);
    let Some(token_type) = token_type else {
        std::mem::take(faults).check()?;
        return Err(Error::new(ErrorCode::InvalidField, "type: is no type of tokens"));
    };
    let container = container(&new.containers, faults).unwrap_or_else(|| token_type.default_container());
    let by_default = || token_type.default_indexes().iter().map(|&index| index.to_owned()).collect();
    let content = Content {
        mask: match new.mask {
            VaultField::Unsaid => token_type.default_mask(),
            VaultField::None => None,
            VaultField::Some(mask) => Some(mask).filter(|mask| !mask.is_null()),
        },
        data: new.data,
        metadata: new.metadata,
        search_indexes: new.search_indexes.unwrap_or_else(by_default),
        fingerprint_expression: new.fingerprint_expression,
    };
    check_content(token_type, &content, faults);
    check_end(new.expires_at, now, faults);
    let (expires_at, deduplicate) = (new.expires_at, new.deduplicate);
    Ok(Draft { id, token_type, container, content, expires_at, deduplicate })
}

fn wanted_id(raw: Option<&str>, faults: &mut Faults) -> WantedId {
    match raw {
        None => WantedId::Random,
        Some(raw) if TokenId::is_alias(raw) => WantedId::Alias(raw.to_owned()),
        Some(raw) => faults.take("id", parse_id(raw)).map_or(WantedId::Random, WantedId::Given),
    }
}

/// The one that was named, if one was.
pub(super) fn container(raw: &[String], faults: &mut Faults) -> Option<Container> {
    if raw.len() > 1 {
        faults.add("containers", ErrorCode::InvalidField, "has more than 1 element");
    }
    faults.take("containers[0]", Container::parse(raw.first()?))
}

/// What a patch makes of it. Data, mask and metadata are merged.
pub(super) fn patched(before: &Content, patch: &TokenPatch, faults: &mut Faults) -> Content {
    let mut content = before.clone();
    if let Some(change) = &patch.data {
        merge_patch(&mut content.data, change.clone());
    }
    if let Some(change) = &patch.mask {
        let mut mask = content.mask.take().unwrap_or_default();
        merge_patch(&mut mask, change.clone());
        content.mask = Some(mask).filter(|mask| !mask.is_null());
    }
    if let Some(change) = &patch.metadata {
        let mut metadata = Value::Object(content.metadata_values());
        merge_patch(&mut metadata, change.clone());
        content.metadata = texts(&metadata, faults).unwrap_or_default();
    }
    if let Some(indexes) = &patch.search_indexes {
        content.search_indexes.clone_from(indexes);
    }
    match &patch.fingerprint_expression {
        VaultField::Unsaid => {}
        VaultField::None => content.fingerprint_expression = None,
        VaultField::Some(source) => content.fingerprint_expression = Some(source.clone()),
    }
    content
}

/// Whether nothing of the data was there before: whoever sent the patch knows
/// it all.
pub(super) fn is_all_of(patch: &TokenPatch, data: &Value) -> bool {
    let mut own = Value::Null;
    patch.data.as_ref().is_some_and(|change| {
        merge_patch(&mut own, change.clone());
        own == *data
    })
}

fn texts(metadata: &Value, faults: &mut Faults) -> Option<BTreeMap<String, String>> {
    let no_texts = "is no object of texts";
    let Some(members) = metadata.as_object() else {
        if !metadata.is_null() {
            faults.add("metadata", ErrorCode::InvalidField, no_texts);
        }
        return None;
    };
    let texts = as_texts(members);
    if texts.is_none() {
        faults.add("metadata", ErrorCode::InvalidField, no_texts);
    }
    texts
}

fn as_texts(members: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    members.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

pub(super) fn check_content(token_type: TokenType, content: &Content, faults: &mut Faults) {
    let mut refuse = |field: &str, reason: &str| faults.add(field, ErrorCode::InvalidField, reason);
    if let Err(fault) = token_type.check(&content.data) {
        let field = fault.member.map_or_else(|| "data".to_owned(), |member| format!("data.{member}"));
        refuse(&field, fault.reason);
    }
    for (field, value) in [("data", Some(&content.data)), ("mask", content.mask.as_ref())] {
        let Some(value) = value else { continue };
        if !is_shallow(value) {
            refuse(field, &format!("has more than {} levels", Limits::DEPTH));
        } else if value.to_string().len() > Limits::DATA {
            refuse(field, &format!("has more than {} bytes", Limits::DATA));
        }
    }
    if content.search_indexes.len() > Bounds::INDEXES {
        refuse("search_indexes", &format!("has more than {} elements", Bounds::INDEXES));
    }
    let fingerprint = content.fingerprint_expression.as_deref().unwrap_or_default();
    if fingerprint.chars().count() > Bounds::FINGERPRINT {
        let reason = format!("has more than {} characters", Bounds::FINGERPRINT);
        refuse("fingerprint_expression", &reason);
    }
    if content.metadata.len() > Bounds::METADATA {
        refuse("metadata", &format!("has more than {} members", Bounds::METADATA));
    }
    let is_long = |(name, value): (&String, &String)| {
        name.chars().count() > Bounds::METADATA_NAME || value.chars().count() > Bounds::METADATA_VALUE
    };
    if content.metadata.iter().any(is_long) {
        let (name, value) = (Bounds::METADATA_NAME, Bounds::METADATA_VALUE);
        refuse("metadata", &format!("has a name of more than {name} characters, or a value of {value}"));
    }
}

pub(super) fn check_end(expires_at: Option<Timestamp>, now: Timestamp, faults: &mut Faults) {
    if expires_at.is_some_and(|end| end <= now) {
        faults.add("expires_at", ErrorCode::InvalidField, "is over");
    }
}
