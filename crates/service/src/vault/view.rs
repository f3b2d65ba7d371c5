//! How much of a token is shown.

use appkeep_domain::access::{AccessDecision, Permission, TokenPlace, Transform};
use appkeep_storage::VaultToken;
use appkeep_vault::{Allowance, Exhausted, TokenId, TokenType, evaluate_mask, size};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::VaultCaller;
use super::aside::aside;
use super::content::Content;
use super::words::TokenView;
use crate::error::{Error, ErrorCode};

impl VaultCaller {
    pub(super) fn decide(&self, permission: Permission, place: &TokenPlace<'_>) -> AccessDecision {
        self.rights.decide(permission, place)
    }

    /// How much of the token is shown to the caller that does this to it; a
    /// refusal where they may not.
    pub(super) fn may(&self, permission: Permission, place: &TokenPlace<'_>) -> Result<Transform, Error> {
        self.decide(permission, place).transform().ok_or_else(|| forbidden(permission))
    }

    /// Refuses whoever may do this to no token at all, before anything is looked
    /// for.
    pub(super) fn must_hold(&self, permission: Permission) -> Result<(), Error> {
        if self.rights.holds(permission) { Ok(()) } else { Err(forbidden(permission)) }
    }
}

pub(super) fn place_of(token: &VaultToken) -> TokenPlace<'_> {
    TokenPlace { id: Some(&token.id), container: &token.container }
}

/// One token, off the threads that serve where there is a mask to evaluate.
pub(super) async fn show(
    token: &VaultToken,
    content: Content,
    transform: Transform,
) -> Result<TokenView, Error> {
    if transform != Transform::Mask || content.mask.is_none() {
        let data = (transform == Transform::Reveal).then(|| content.data.clone());
        return view(token, content, (transform, data));
    }
    let (content, data) = aside(move || {
        let data = shown(&content, transform, &mut Allowance::one());
        (content, data)
    })
    .await?;
    view(token, content, (transform, data.unwrap_or_default()))
}

/// One of several, which together may take and come to no more than an answer
/// has room for.
pub(super) struct Opened {
    pub(super) token: VaultToken,
    /// As it was written.
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) transform: Transform,
}

/// What one answer shows of several tokens.
pub(super) struct Answer {
    pub(super) items: Vec<TokenView>,
    /// Whether there was room for all.
    pub(super) is_all: bool,
}

impl Answer {
    /// Bytes, written as JSON.
    pub(super) const BYTES: usize = 8 * 1_024 * 1_024;
    /// What all expressions together may take.
    pub(super) const WORK: usize = 32 * 1_024 * 1_024;

    /// The first of them, and those after it that there is room for.
    pub(super) async fn of(opened: Vec<Opened>) -> Result<Self, Error> {
        if opened.is_empty() {
            return Ok(Self { items: Vec::new(), is_all: true });
        }
        aside(move || Self::within_bounds(opened)).await?
    }

    fn within_bounds(opened: Vec<Opened>) -> Result<Self, Error> {
        let (mut allowance, mut room) = (Allowance::of(Self::WORK), Self::BYTES);
        let mut items: Vec<TokenView> = Vec::with_capacity(opened.len());
        for Opened { token, content, transform } in opened {
            let content = Content::read(&content)?;
            let Ok(data) = shown(&content, transform, &mut allowance) else {
                return Ok(Self { items, is_all: false });
            };
            let shown = view(&token, content, (transform, data))?;
            let bytes = written(&shown);
            if bytes > room && !items.is_empty() {
                return Ok(Self { items, is_all: false });
            }
            room = room.saturating_sub(bytes);
            items.push(shown);
        }
        Ok(Self { items, is_all: true })
    }
}

/// About how long it is in an answer.
fn written(shown: &TokenView) -> usize {
    const REST: usize = 1_024;
    let beside = size(&json!([shown.metadata, shown.search_indexes, shown.fingerprint_expression]));
    REST + beside + [&shown.data, &shown.mask].into_iter().flatten().map(size).sum::<usize>()
}

/// What is shown of the data.
fn shown(
    content: &Content,
    transform: Transform,
    allowance: &mut Allowance,
) -> Result<Option<Value>, Exhausted> {
    match (transform, &content.mask) {
        (Transform::Redact, _) | (Transform::Mask, None) => Ok(None),
        (Transform::Mask, Some(mask)) => {
            let metadata = content.metadata_values();
            evaluate_mask(mask, &content.context(&metadata), allowance)
        }
        (Transform::Reveal, _) => Ok(Some(content.data.clone())),
    }
}

fn view(
    token: &VaultToken,
    content: Content,
    (transform, data): (Transform, Option<Value>),
) -> Result<TokenView, Error> {
    let corrupt = || Error::new(ErrorCode::Internal, "something went wrong here");
    Ok(TokenView {
        id: TokenId::parse(&token.id).map_err(|_| corrupt())?,
        tenant: token.of.tenant,
        token_type: TokenType::parse(&token.token_type).map_err(|_| corrupt())?,
        transform,
        data,
        mask: content.mask,
        metadata: content.metadata,
        container: token.container.clone(),
        search_indexes: content.search_indexes,
        fingerprint: token.fingerprint.clone(),
        fingerprint_expression: content.fingerprint_expression,
        expires_at: token.expires_at,
        created_by: token.created_by.clone(),
        created_at: token.created_at,
        modified_by: token.modified.as_ref().map(|(actor, _)| actor.clone()),
        modified_at: token.modified.as_ref().map(|(_, at)| *at),
    })
}

pub(super) fn forbidden(permission: Permission) -> Error {
    let message = format!("this needs `{}` on the token's container", permission.as_str());
    Error::new(ErrorCode::Forbidden, message)
}

pub(super) fn no_such_token() -> Error {
    Error::new(ErrorCode::TokenNotFound, "there is no such token")
}
