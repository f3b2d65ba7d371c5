//! A secret as it is listed: everything but the secret.

use appkeep_domain::{Credential, CredentialClass, CredentialOrigin, Name, SafeToRetire, Timestamp};
use appkeep_service::CredentialView;

use crate::kit::{Action, Badge, Cell, Row};

/// What stands above the cells of a [`row`].
pub(in crate::applications) const COLUMNS: [&str; 6] =
    ["Secret", "State", "Created", "Last used", "Ends", "What to do"];

/// Of a secret, a key or another.
pub(in crate::applications) fn row(
    (one, now): (&CredentialView, Timestamp),
    revocation: Option<Action>,
) -> Row {
    let credential = &one.credential.credential;
    let named = Cell::Stack(vec![Cell::text(called(credential)), Cell::Detail(hint(credential))]);
    Row::new(vec![
        named,
        state(one, now),
        Cell::at(credential.created_at),
        last_used(one),
        Cell::maybe(credential.revoked_at.or(credential.expires_at), Cell::at),
        Cell::maybe(revocation, |action| Cell::Actions(vec![action])),
    ])
}

/// What people call it, or what it is.
pub(in crate::applications) fn called(credential: &Credential) -> String {
    let unnamed = match (credential.class, credential.origin) {
        (CredentialClass::ApiKey(_), _) => "A key without a name",
        (_, CredentialOrigin::Rotation) => "The secret",
        (_, CredentialOrigin::Added) => "A further secret",
    };
    credential.name.as_ref().map_or(unnamed, Name::as_str).to_owned()
}

/// Enough of it to know it by.
pub(in crate::applications) fn hint(credential: &Credential) -> String {
    format!("{}…{}", credential.prefix, credential.last_four)
}

fn state(one: &CredentialView, now: Timestamp) -> Cell {
    let credential = &one.credential.credential;
    if credential.revoked_at.is_some() {
        return Cell::badge(Badge::Quiet, "revoked");
    }
    if !credential.is_live(now) {
        return Cell::badge(Badge::Quiet, "ended");
    }
    let is_replaced = credential.origin == CredentialOrigin::Rotation && credential.expires_at.is_some();
    let state =
        if is_replaced { Cell::badge(Badge::Warning, "replaced") } else { Cell::badge(Badge::Good, "live") };
    match one.safe_to_retire {
        SafeToRetire::Yes => Cell::Stack(vec![state, Cell::Detail("can be revoked".to_owned())]),
        SafeToRetire::No | SafeToRetire::Unknown => state,
    }
}

fn last_used(one: &CredentialView) -> Cell {
    let Some(used) = &one.credential.used else { return Cell::Detail("never".to_owned()) };
    let at = Cell::at(used.last_used_at);
    match used.last_used_from {
        Some(address) => Cell::Stack(vec![at, Cell::Detail(format!("from {address}"))]),
        None => at,
    }
}
