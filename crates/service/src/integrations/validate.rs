//! Whether an integration is there, and what it asks for: the one thing that
//! connects to it before somebody uses it.

use appkeep_domain::Action;
use appkeep_domain::integration::{
    AuthMode, FoundMetadata, Integration, IntegrationUrl, Validation, ValidationStatus,
};
use appkeep_storage::SecretEdits;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Integrations, SERVER_TOKEN, discovery, find_live, parse_id, place_of};
use crate::by::By;
use crate::error::Error;
use crate::tokens::{FetchError, FetchRequest, FetchText, FetchedText};

/// The version of the protocol that we begin with.
const PROTOCOL_VERSION: &str = "2025-06-18";

/// What came of asking, but for when.
struct Found {
    status: ValidationStatus,
    message: String,
    metadata: Option<FoundMetadata>,
}

impl Integrations {
    /// Connects to it, and keeps what came of that, whatever it was. What it
    /// said of its authorization server before stays when it is not there.
    pub async fn validate(&self, by: &By, id: &str) -> Result<Integration, Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let before = find_live(&mut self.store().read().await?, by, id).await?;
        let token = self.server_token(by, &before).await?;
        let found = reach(self.authority.fetch(), &before, token.as_ref()).await;
        let known = || before.validation.as_ref().and_then(|validation| validation.metadata.clone());
        let is_lost = found.status == ValidationStatus::Unreachable;
        let validation = Validation {
            status: found.status,
            message: found.message,
            at: self.now(),
            metadata: if is_lost { known() } else { found.metadata },
        };
        let after = Integration { validation: Some(validation), ..before.clone() };
        self.write("integration.validated", by, (before, after, SecretEdits::default())).await
    }

    /// The token that is the same for everybody, where there is one.
    pub(super) async fn server_token(
        &self,
        by: &By,
        integration: &Integration,
    ) -> Result<Option<Zeroizing<String>>, Error> {
        if !integration.has_server_token {
            return Ok(None);
        }
        let mut tx = self.store().read().await?;
        let secrets = tx.integration_secrets(by.within(), integration.tenant, integration.id).await?;
        drop(tx);
        let Some(sealed) = secrets.and_then(|secrets| secrets.server_token) else { return Ok(None) };
        self.open_text(&place_of(integration, SERVER_TOKEN), &sealed).await.map(Some)
    }
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
