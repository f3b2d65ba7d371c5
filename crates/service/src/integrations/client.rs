//! As what we are registered with whoever gives out tokens for an integration.

use std::fmt;

use appkeep_domain::integration::{AuthMode, Integration, IntegrationUrl, OauthClient};
use appkeep_domain::{Action, IntegrationId, ProviderClientId};
use appkeep_storage::{SecretEdit, SecretEdits};
use zeroize::Zeroizing;

use super::draft::{self, Secret, scopes};
use super::{CLIENT_SECRET, Integrations, find, find_live, no_such_integration, parse_id};
use crate::Authority;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;

/// What is said of our client. `Debug` does not show its secret.
#[derive(Default)]
pub struct IntegrationClientFields {
    pub client_id: String,
    pub client_secret: Option<Zeroizing<String>>,
    pub authorization_url: Option<String>,
    pub token_url: Option<String>,
    pub scopes: Option<Vec<String>>,
}

/// What is known of the integration's authorization server, and of us there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationClient {
    pub integration: Integration,
    /// Where people come back to: to be registered there.
    pub redirect_uri: String,
}

impl Integrations {
    pub async fn client(&self, by: &By, id: &str) -> Result<IntegrationClient, Error> {
        by.decide_of_tenant(Action::ReadIntegrations)?;
        let id = parse_id(id)?;
        let integration = find(&mut self.store().read().await?, by, id).await?;
        self.with_redirect_uri(integration).await
    }

    /// Puts it in the place of whatever was said before, the secret too. What
    /// people had with the integration was for the client before.
    pub async fn set_client(
        &self,
        by: &By,
        id: &str,
        fields: IntegrationClientFields,
    ) -> Result<IntegrationClient, Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let before = find_live(&mut self.store().read().await?, by, id).await?;
        if before.auth != AuthMode::Oauth {
            let message = "the integration is none whose `auth_mode` is `oauth`";
            return Err(Error::new(ErrorCode::NotApplicable, message));
        }
        let client = parse(&fields)?;
        let same = before.client.as_ref() == Some(&client);
        if same && fields.client_secret.is_none() {
            return self.with_redirect_uri(before).await;
        }
        let generation = before.generation + i64::from(!same);
        let after = Integration { client: Some(client), generation, ..before.clone() };
        let secret = fields.client_secret.map_or(Secret::Clear, Secret::Set);
        let client_secret = self.seal_edit(&after, CLIENT_SECRET, secret).await?;
        let secrets = SecretEdits { client_secret, ..SecretEdits::default() };
        let changed = self.write("integration.client_changed", by, (before, after, secrets)).await?;
        self.with_redirect_uri(changed).await
    }

    /// There is none any more, which is fine when there was none.
    pub async fn clear_client(&self, by: &By, id: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let before = find_live(&mut self.store().read().await?, by, id).await?;
        if before.client.is_none() {
            return Ok(());
        }
        let after = Integration { client: None, generation: before.generation + 1, ..before.clone() };
        let secrets = SecretEdits { client_secret: SecretEdit::Clear, ..SecretEdits::default() };
        self.write("integration.client_changed", by, (before, after, secrets)).await.map(drop)
    }

    async fn with_redirect_uri(&self, integration: Integration) -> Result<IntegrationClient, Error> {
        let there = self.authority.of_tenant(integration.tenant).await?.ok_or_else(no_such_integration)?;
        let redirect_uri = redirect_uri(&there, integration.id);
        Ok(IntegrationClient { integration, redirect_uri })
    }
}

/// Where people come back to from an integration: to the issuer of its tenant,
/// and to no other's, so that what one authorization server sends is never taken
/// for another's.
pub(super) fn redirect_uri(there: &Authority, integration: IntegrationId) -> String {
    format!("{}/integrations/{integration}/callback", there.issuer())
}

/// The same, when its secret is gone.
pub(super) fn without_secret(client: &OauthClient) -> OauthClient {
    OauthClient { has_secret: false, ..client.clone() }
}

/// A secret is sent nowhere but where somebody said who knew it: what an
/// integration says of its authorization server is a stranger's word.
fn parse(fields: &IntegrationClientFields) -> Result<OauthClient, Error> {
    let mut faults = Faults::default();
    let client_id = faults.take("client_id", ProviderClientId::parse(&fields.client_id));
    let mut url = |field: &str, raw: &Option<String>| {
        raw.as_deref().and_then(|raw| faults.take(field, IntegrationUrl::parse_secure(raw)))
    };
    let authorization_url = url("authorization_url", &fields.authorization_url);
    let token_url = url("token_url", &fields.token_url);
    let scopes = fields.scopes.as_ref().map(|raw| scopes(raw, &mut faults));
    if let Some(secret) = &fields.client_secret {
        if !draft::is_token(secret) {
            faults.add("client_secret", ErrorCode::InvalidField, "is not visible characters of ASCII");
        }
        if fields.token_url.is_none() {
            let message = "is required beside a secret, which is sent there";
            faults.add("token_url", ErrorCode::InvalidField, message);
        }
    }
    // What one server gives out, another may know nothing of.
    let both_or_neither = "is required beside the other of the two URLs";
    match (&fields.authorization_url, &fields.token_url) {
        (None, Some(_)) => faults.add("authorization_url", ErrorCode::InvalidField, both_or_neither),
        (Some(_), None) if fields.client_secret.is_none() => {
            faults.add("token_url", ErrorCode::InvalidField, both_or_neither);
        }
        _ => {}
    }
    faults.check()?;
    let client_id =
        client_id.ok_or_else(|| Error::new(ErrorCode::InvalidRequest, "no client can be made of this"))?;
    let has_secret = fields.client_secret.is_some();
    Ok(OauthClient { client_id, has_secret, authorization_url, token_url, scopes })
}

impl fmt::Debug for IntegrationClientFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationClientFields").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
