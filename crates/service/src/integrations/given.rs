//! Tokens of integrations, given out to the application by which somebody
//! connected: for whoever reaches an integration by itself.

use std::fmt;
use std::sync::Arc;

use appkeep_domain::integration::{AuthMode, Integration, Unreachable};
use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationId, AuditEntry, DirectoryId, IntegrationId, ServiceAccountId,
    Timestamp, UserId, Within,
};
use appkeep_oauth::{
    ClientAuthentication, ErrorCode, Refusal, ScopeSet, Subject, TokenExchange, TokenRequest,
};
use appkeep_storage::{LinkedAccount, StorageError, WriteTx};
use serde_json::json;
use zeroize::Zeroizing;

use super::Integrations;
use super::links::within;
use crate::registry::record::Told;
use crate::tokens::refused;
use crate::{Authority, IssuedToken, RequestOrigin};

/// What the token endpoint gives out.
#[derive(Debug)]
pub enum GivenOut {
    Ours(IssuedToken),
    Theirs(TheirToken),
}

/// A token that an integration takes.
pub struct TheirToken {
    pub access_token: Zeroizing<String>,
    /// In seconds from now, where somebody said so.
    pub expires_in: Option<u32>,
    /// Who runs the integration, where somebody said so.
    pub provider_kind: Option<String>,
    /// The integration's name.
    pub provider_handle: String,
}

/// What is asked for, and of whom.
struct AskedFor {
    /// The client's name for one of its people.
    name: String,
    scope: Option<ScopeSet>,
    targets: Vec<String>,
}

impl Integrations {
    /// Answers a request for tokens: ours, or what one of the client's people has
    /// with an integration (`urn:kontext:user-id`).
    pub async fn token(
        &self,
        here: &Authority,
        (client, request): (ClientAuthentication, TokenRequest),
        origin: &RequestOrigin,
    ) -> Result<GivenOut, Refusal> {
        match request {
            TokenRequest::TokenExchange(TokenExchange {
                subject: Subject::User(name),
                actor_token: None,
                scope,
                targets,
            }) if is_application(&client) => {
                let asked = AskedFor { name, scope, targets };
                let given = Box::pin(self.token_of_user(here, (&client, asked), origin)).await?;
                Ok(GivenOut::Theirs(given))
            }
            other => here.token(client, other, origin).await.map(GivenOut::Ours),
        }
    }

    async fn token_of_user(
        &self,
        here: &Authority,
        (client, asked): (&ClientAuthentication, AskedFor),
        origin: &RequestOrigin,
    ) -> Result<TheirToken, Refusal> {
        let who = here.client_for_user((client, asked.name.as_str()), origin).await?;
        let person = who.person.ok_or_else(required)?;
        if asked.scope.is_some_and(|scope| scope.iter().next().is_some()) {
            let description = "a token of an integration is given as it is, and has no other scope";
            return Err(Refusal::new(ErrorCode::InvalidScope, description));
        }
        let target = one_of(&asked.targets)?;
        let (application, integration) = self.target_of(who.application, target).await?;
        must_be_theirs(&integration, target)?;
        let before = self.must_have_connected(&application, (&integration, person)).await?;
        let reached = self.reach(&application, Some(person), integration.id).await.map_err(refused)?;
        let reached = reached.map_err(|why| not_given(&integration, (target, why)))?;
        let shown = reached.authorization.as_deref().and_then(|shown| shown.strip_prefix("Bearer "));
        let access_token = Zeroizing::new(shown.ok_or_else(required)?.to_owned());
        // What was opened is of another moment than what was looked at before it.
        must_be_theirs(&reached.integration, target)?;
        let account = self.must_have_connected(&application, (&reached.integration, person)).await?;
        if (account.generation, account.connected_at) != (before.generation, before.connected_at) {
            return Err(required());
        }
        self.tell_given(&application, (&reached.integration, person.1), origin).await?;
        let Integration { name, provider, .. } = &reached.integration;
        Ok(TheirToken {
            access_token,
            expires_in: account.expires_at.map(|at| seconds_until(at, self.now())),
            provider_kind: provider.as_ref().map(|word| word.as_str().to_owned()),
            provider_handle: name.to_string(),
        })
    }

    /// An integration that the application reaches, by its name, its id or its URL.
    async fn target_of(
        &self,
        application: ApplicationId,
        target: &str,
    ) -> Result<(Application, Integration), Refusal> {
        let reading = async {
            let mut tx = self.store().read().await?;
            let found = tx.owned_application(Within::Platform, application).await?;
            let Some(application) = found.map(|found| found.application) else { return Ok(None) };
            let attached = tx.attached_integrations(application.owner.within(), &application).await?;
            Ok::<_, StorageError>(Some((application, attached)))
        };
        let found = reading.await.map_err(|error| refused(error.into()))?;
        let (application, attached) = found.ok_or_else(|| not_connected(target))?;
        let id = IntegrationId::parse(target).ok();
        let is_it = |one: &Integration| {
            Some(one.id) == id || one.name.as_str().eq_ignore_ascii_case(target) || one.url.as_str() == target
        };
        let mut named = attached.into_iter().map(|one| one.integration).filter(is_it);
        match (named.next(), named.next()) {
            (Some(integration), None) => Ok((application, integration)),
            (Some(_), Some(_)) => {
                let description = format!("`{target}` names several integrations");
                Err(Refusal::new(ErrorCode::InvalidTarget, description))
            }
            (None, _) => Err(not_connected(target)),
        }
    }

    /// What somebody connected by another application is not for this one to have.
    async fn must_have_connected(
        &self,
        application: &Application,
        (integration, (directory, user)): (&Integration, (DirectoryId, UserId)),
    ) -> Result<LinkedAccount, Refusal> {
        let reading = async {
            let mut tx = self.store().read().await?;
            tx.linked_account(within(integration), integration, user).await
        };
        let found: Result<_, StorageError> = reading.await;
        let found = found.map_err(|error| refused(error.into()))?;
        let account = found
            .map(|(account, _)| account)
            .filter(|account| account.directory == directory && account.connected_by == Some(application.id));
        account.ok_or_else(required)
    }

    /// Before it is given out: what cannot be written there is not.
    async fn tell_given(
        &self,
        application: &Application,
        (integration, user): (&Integration, UserId),
        origin: &RequestOrigin,
    ) -> Result<(), Refusal> {
        let after = json!({ "integration_id": integration.id.to_string(), "user_id": user.to_string() });
        let told = Told::of("integration.token_given", application.id, Some(after));
        let actor = Actor { kind: ActorKind::Application, id: application.id.to_string() };
        let entry = self.registry.stamp().entry(application.owner, actor, told);
        let entry = Arc::new(AuditEntry {
            request_id: origin.request_id.to_string(),
            address: origin.address.map(|address| address.to_string()),
            ..entry
        });
        let within = within(integration);
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.insert_audit_entry(within, &entry).await
        };
        self.store().write(write).await.map_err(|error| refused(error.into()))
    }
}

/// Service accounts have no people.
fn is_application(client: &ClientAuthentication) -> bool {
    client.client_id().and_then(ServiceAccountId::of_client).is_none()
}

fn one_of(targets: &[String]) -> Result<&str, Refusal> {
    match targets {
        [one] => Ok(one),
        [] => {
            let description = "`resource` says which integration's token is wanted";
            Err(Refusal::new(ErrorCode::ProviderRequired, description))
        }
        _ => {
            let description = "a token is given for one integration, and not for several";
            Err(Refusal::new(ErrorCode::InvalidTarget, description))
        }
    }
}

/// Only what each person has of their own is given out.
fn must_be_theirs(integration: &Integration, target: &str) -> Result<(), Refusal> {
    match integration.auth {
        AuthMode::Oauth if integration.client.is_none() || integration.endpoints().is_none() => {
            let description = format!("nobody has said as what we are registered with `{target}`");
            Err(Refusal::new(ErrorCode::ProviderNotConfigured, description))
        }
        AuthMode::Oauth | AuthMode::UserToken => Ok(()),
        AuthMode::ServerToken => {
            let description = format!("`{target}` has a shared server token, which is given to nobody");
            Err(Refusal::new(ErrorCode::InvalidTarget, description))
        }
        AuthMode::Nothing => {
            let description = format!("`{target}` takes no token");
            Err(Refusal::new(ErrorCode::InvalidTarget, description))
        }
    }
}

fn not_given(integration: &Integration, (target, why): (&str, Unreachable)) -> Refusal {
    match why {
        Unreachable::IntegrationRequired => required(),
        Unreachable::ReauthorizationRequired => {
            let description = format!("what was allowed at `{target}` is over; it has to be connected anew");
            Refusal::new(ErrorCode::ProviderReauthorizationRequired, description)
        }
        Unreachable::Unknown | Unreachable::NotAttached | Unreachable::Archived => not_connected(target),
        Unreachable::Unavailable => {
            tracing::info!(integration.id = %integration.id, "no token can be had there");
            let description = format!("`{target}` gives out no other token at the moment");
            Refusal::new(ErrorCode::TemporarilyUnavailable, description)
        }
    }
}

fn not_connected(target: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidTarget, format!("`{target}` is not connected for this client"))
}

fn required() -> Refusal {
    let description = "this user is unknown here, or has connected nothing of what is asked for";
    Refusal::new(ErrorCode::IntegrationRequired, description)
}

fn seconds_until(at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(at.as_seconds().saturating_sub(now.as_seconds())).unwrap_or_default()
}

impl fmt::Debug for TheirToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TheirToken").field("provider_handle", &self.provider_handle).finish_non_exhaustive()
    }
}
