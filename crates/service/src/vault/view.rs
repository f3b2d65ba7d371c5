//! How much of a token is shown.

use appkeep_domain::access::{AccessDecision, Permission, TokenPlace, Transform};
use appkeep_storage::VaultToken;
use appkeep_vault::{TokenId, TokenType, evaluate_mask};

use super::VaultCaller;
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

pub(super) fn show(token: &VaultToken, content: Content, transform: Transform) -> Result<TokenView, Error> {
    let data = match transform {
        Transform::Redact => None,
        Transform::Mask => {
            let metadata = content.metadata_values();
            content.mask.as_ref().and_then(|mask| evaluate_mask(mask, &content.context(&metadata)))
        }
        Transform::Reveal => Some(content.data),
    };
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
