//! What the pages of the vault have in common: where a token is, how what is
//! shown of it is written, and what was typed as JSON or as a moment.

use appkeep_domain::access::Transform;
use appkeep_domain::{Action as Doing, Environment, Timestamp};
use appkeep_service::{By, Error, ErrorCode, Fault, TokenView, VaultCaller};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::PATH;
use crate::kit::{Badge, Cell, Choice};
use crate::posted::{Asked, Posted};

/// Whoever comes here, to the environment that the link names: live, where it
/// names none.
pub(super) fn caller(by: By, asked: &Asked, action: Doing) -> Result<VaultCaller, Error> {
    caller_to(by, asked.get("environment").as_deref(), action)
}

pub(super) fn caller_to(by: By, environment: Option<&str>, action: Doing) -> Result<VaultCaller, Error> {
    let parsed = environment.map_or(Ok(Environment::Live), Environment::parse).map_err(|reason| {
        Error::invalid(Fault::new("environment", ErrorCode::InvalidRequest, format!("is {reason}")))
    })?;
    VaultCaller::by_scopes(by, parsed, action)
}

/// The path of a token's page below the console, and what is below that.
pub(super) fn path_of(id: &str, below: &str, environment: Environment) -> String {
    // No id has a space, of which a plus would be made.
    let id: String = byte_serialize(id.as_bytes()).collect();
    match environment {
        Environment::Live => format!("{PATH}/tokens/{id}{below}"),
        Environment::Test => format!("{PATH}/tokens/{id}{below}?environment=test"),
    }
}

pub(super) fn environments() -> Vec<Choice> {
    vec![Choice::new("live", "Live"), Choice::new("test", "Test")]
}

/// How much of it is shown.
pub(super) fn shown(token: &TokenView) -> Cell {
    match (token.transform, &token.data) {
        (Transform::Reveal, _) => Cell::badge(Badge::Warning, "plain"),
        (Transform::Mask, Some(_)) => Cell::badge(Badge::Quiet, "masked"),
        (Transform::Mask | Transform::Redact, _) => Cell::badge(Badge::Quiet, "nothing is shown"),
    }
}

/// On one line, of which only the beginning is shown.
pub(super) fn line(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// For people, over several lines.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// What was typed, as JSON; nothing where nothing was.
pub(super) fn json(posted: &Posted, name: &'static str) -> Result<Option<Value>, Error> {
    let Some(typed) = posted.filled(name) else { return Ok(None) };
    // What the parser says could repeat what was typed.
    serde_json::from_str(&typed).map(Some).map_err(|_| {
        let message = "is no JSON; a text stands in double quotes";
        Error::invalid(Fault::new(name, ErrorCode::InvalidField, message))
    })
}

/// What such an input sends, or any moment of RFC 3339.
pub(super) fn moment(posted: &Posted, name: &'static str) -> Result<Option<Timestamp>, Error> {
    let Some(typed) = posted.moment(name) else { return Ok(None) };
    Timestamp::parse(&typed)
        .map(Some)
        .map_err(|reason| Error::invalid(Fault::new(name, ErrorCode::InvalidField, reason)))
}

/// Here a token has one container, and no list of them.
pub(super) fn named(error: Error) -> Error {
    error.with_fields_named(|field| field.replace("containers[0]", "container"))
}
