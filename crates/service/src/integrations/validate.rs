//! Whether an integration is there, and what it asks for: the one thing that
//! connects to it before somebody uses it.

use std::collections::HashMap;

use appkeep_domain::integration::{
    AuthMode, FoundMetadata, Integration, IntegrationUrl, Validation, ValidationStatus,
};
use appkeep_domain::{Action, IntegrationId, TenantId};
use appkeep_storage::SecretEdits;
use parking_lot::Mutex;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Integrations, SERVER_TOKEN, discovery, must_be_live, no_such_integration, parse_id, place_of};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::tokens::{FetchError, FetchRequest, FetchText, FetchedText};

/// The version of the protocol that we begin with.
const PROTOCOL_VERSION: &str = "2025-06-18";

/// How many a tenant has reached at once, by each node.
const MOST_AT_ONCE: u32 = 4;

/// How many of each tenant's are being reached.
#[derive(Debug, Default)]
pub(crate) struct Validations(Mutex<HashMap<TenantId, u32>>);

/// One that is; it ends with this.
pub(crate) struct Validating<'a> {
    of: &'a Validations,
    tenant: TenantId,
}

impl Validations {
    /// Nothing when there are enough already.
    pub(crate) fn begin(&self, tenant: TenantId) -> Option<Validating<'_>> {
        let mut counts = self.0.lock();
        let count = counts.entry(tenant).or_default();
        if *count >= MOST_AT_ONCE {
            return None;
        }
        *count += 1;
        Some(Validating { of: self, tenant })
    }
}

impl Drop for Validating<'_> {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock();
        if let Some(count) = counts.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.tenant);
            }
        }
    }
}

/// What came of asking, but for when.
struct Found {
    status: ValidationStatus,
    message: String,
    metadata: Option<FoundMetadata>,
}

impl Integrations {
    /// Connects to it, and keeps what came of that, whatever it was. What it
    /// said of its authorization server before stays until it says something
    /// else, with which what people have with it ends.
    pub async fn validate(&self, by: &By, id: &str) -> Result<Integration, Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let _under_way = self.authority.validations().begin(by.tenant).ok_or_else(too_many)?;
        let (before, token) = self.with_server_token(by, id).await?;
        let found = reach(self.authority.fetch(), &before, token.as_ref()).await;
        let validation = Validation {
            status: found.status,
            message: found.message,
            at: self.now(),
            metadata: found.metadata.or_else(|| before.found().cloned()),
        };
        let after = Integration { validation: Some(validation), ..before.clone() };
        // What people allowed us was allowed at the server that it named before.
        let generation = before.generation + i64::from(after.is_moved_from(&before));
        let after = Integration { generation, ..after };
        self.write("integration.validated", by, (before, after, SecretEdits::default())).await
    }

    /// The integration, and the token that is the same for everybody where there
    /// is one: of one moment, so that no token goes to another URL than its own.
    async fn with_server_token(
        &self,
        by: &By,
        id: IntegrationId,
    ) -> Result<(Integration, Option<Zeroizing<String>>), Error> {
        let mut tx = self.store().read().await?;
        let found = tx.integration_with_secrets(by.within(), by.tenant, id).await?;
        drop(tx);
        let (integration, secrets) = found.ok_or_else(no_such_integration)?;
        must_be_live(&integration)?;
        let Some(sealed) = secrets.server_token else { return Ok((integration, None)) };
        let token = self.open_text(&place_of(&integration, SERVER_TOKEN), &sealed).await?;
        Ok((integration, Some(token)))
    }
}

fn too_many() -> Error {
    let message = format!("{MOST_AT_ONCE} integrations are being validated; try again when one is done");
    Error::new(ErrorCode::TooManyRequests, message)
}

async fn reach(fetch: &dyn FetchText, integration: &Integration, token: Option<&Zeroizing<String>>) -> Found {
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": { "name": "appkeep", "version": env!("CARGO_PKG_VERSION") },
        },
    });
    let request = FetchRequest::call(integration.url.as_str(), call.to_string());
    let request = match token {
        Some(token) => request.authorized_by(format!("Bearer {}", token.as_str())),
        None => request,
    };
    match fetch.fetch(request).await {
        Err(error) => nowhere(&error),
        Ok(answer) if matches!(answer.status, 401 | 403) => asks_for_more(fetch, integration, &answer).await,
        Ok(answer) => answered(fetch, integration, &answer).await,
    }
}

/// A stranger is not told what else our network says of an address.
fn nowhere(error: &FetchError) -> Found {
    let message = if error.is_refused() {
        format!("the URL {error}, and nothing was sent there")
    } else {
        tracing::info!(%error, "an integration cannot be reached");
        "there was no answer that could be read".to_owned()
    };
    Found { status: ValidationStatus::Unreachable, message, metadata: None }
}

/// It is there, and wants to be shown something.
async fn asks_for_more(fetch: &dyn FetchText, integration: &Integration, answer: &FetchedText) -> Found {
    use ValidationStatus::{Invalid, Unauthorized, Valid};
    let metadata = discovery::metadata(fetch, integration, &answer.challenges).await;
    let was_said = integration.endpoints().is_some();
    let (status, message) = match (integration.auth, answer.status) {
        (AuthMode::ServerToken, _) => (Unauthorized, "it does not take the server token".to_owned()),
        (AuthMode::Nothing, _) => (Unauthorized, "it asks for a token, and `auth_mode` is `none`".to_owned()),
        (_, 403) => (Unauthorized, "it answers nobody who shows no token".to_owned()),
        (AuthMode::UserToken, _) => (Valid, "it asks each person for a token".to_owned()),
        (AuthMode::Oauth, _) => match &metadata {
            Some(found) => (Valid, format!("it asks for a token of {}", found.issuer)),
            None if was_said => (Valid, "it asks for a token".to_owned()),
            None => (Invalid, "it asks for a token, and does not say where people get one".to_owned()),
        },
    };
    Found { status, message, metadata }
}

async fn answered(fetch: &dyn FetchText, integration: &Integration, answer: &FetchedText) -> Found {
    use ValidationStatus::{Invalid, Unreachable, Valid};
    let (status, message) = match answer.status {
        200..=299 => match initialized(&answer.text) {
            Some(version) => (Valid, format!("it speaks MCP {version}")),
            None => (Invalid, "it answers, and not as an MCP server does".to_owned()),
        },
        300..=399 => (Invalid, "it redirects to elsewhere, which is not followed".to_owned()),
        status @ 500.. => (Unreachable, format!("it answers with status {status}")),
        status => (Invalid, format!("it answers with status {status}")),
    };
    // One that lets everybody begin may ask for a token later.
    let metadata = match (status, integration.auth) {
        (Valid, AuthMode::Oauth) => discovery::metadata(fetch, integration, &[]).await,
        _ => None,
    };
    Found { status, message, metadata }
}

/// The version of the protocol that it chose, which is a date.
fn initialized(text: &str) -> Option<String> {
    let reply: Value = serde_json::from_str(text).ok()?;
    let version = reply.get("result")?.get("protocolVersion")?.as_str()?;
    let is_date = version.len() == 10 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_date.then(|| version.to_owned())
}

/// One that anybody may be sent to.
pub(super) fn secure(raw: &str) -> Option<IntegrationUrl> {
    IntegrationUrl::parse_secure(raw).ok()
}
