//! What an integration is shown in somebody's name, for whoever calls it for an
//! application: one decision, made of what is so at the moment.

use std::fmt;
use std::time::Duration;

use appkeep_domain::integration::{AuthMode, Integration, Unreachable};
use appkeep_domain::{Application, DirectoryId, IntegrationId, Lifetime, Owner, Timestamp, UserId, Within};
use appkeep_storage::{LinkedAccount, SealedLink, SealedSecret, StorageError, WriteTx};
use zeroize::Zeroizing;

use super::exchange::{Given, Grant, LinkTokens, NotGiven, TokenText};
use super::links::must_be_of_use;
use super::{Integrations, SERVER_TOKEN, place_of};
use crate::error::Error;

/// A token is no longer shown so long before its end.
const EARLY: Lifetime = Lifetime::from_seconds(60);
/// So long somebody who gets another has for it.
const REFRESH: Lifetime = Lifetime::from_seconds(30);
/// So often the others look whether they have, and so many times.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;

/// Where an integration is, and what it is shown.
pub struct Reachable {
    pub integration: Integration,
    /// The value of the `Authorization` header, if it is shown any.
    pub authorization: Option<Zeroizing<String>>,
}

/// What came of looking at what somebody has.
enum Looked {
    Token(TokenText),
    Not(Unreachable),
    /// Somebody else is getting another.
    Wait,
}

impl Integrations {
    /// What is to be shown to the integration in the user's name, by the
    /// application, or by the application for itself where it speaks for nobody.
    /// Of one that was renewed nobody else renews it meanwhile.
    pub async fn reach(
        &self,
        application: &Application,
        person: Option<(DirectoryId, UserId)>,
        integration: IntegrationId,
    ) -> Result<Result<Reachable, Unreachable>, Error> {
        let Owner::Tenant(tenant) = application.owner else { return Ok(Err(Unreachable::NotAttached)) };
        let within = Within::Tenant(tenant);
        let mut tx = self.store().read().await?;
        // Of one moment with the URL, so that no token goes to another's.
        let found = tx.integration_with_secrets(within, tenant, integration).await?;
        let Some((found, secrets)) = found else { return Ok(Err(Unreachable::Unknown)) };
        let is_attached = tx.is_attached(within, application, integration).await?;
        drop(tx);
        if let Err(why) = found.must_be_in_reach(is_attached) {
            return Ok(Err(why));
        }
        let token = match found.auth {
            AuthMode::Nothing => return Ok(Ok(Reachable { integration: found, authorization: None })),
            AuthMode::ServerToken => {
                let token = self.token_of_all(&found, secrets.server_token).await?;
                token.map(TokenText).ok_or(Unreachable::Unavailable)
            }
            AuthMode::UserToken | AuthMode::Oauth => match person {
                Some(person) => self.token_of_each(&found, person).await?,
                None => Err(Unreachable::IntegrationRequired),
            },
        };
        Ok(token.map(|token| {
            let authorization = Some(Zeroizing::new(format!("Bearer {}", token.0.as_str())));
            Reachable { integration: found, authorization }
        }))
    }

    /// The integration did not take what it was shown: nobody shows it again
    /// until the user allows it anew. Nothing where they did already.
    pub async fn was_refused(
        &self,
        integration: &Integration,
        user: UserId,
        shown: &str,
    ) -> Result<(), Error> {
        let Some((account, link)) = self.linked(integration, user).await? else { return Ok(()) };
        let tokens = self.open_link(integration, user, &link).await?;
        if shown.strip_prefix("Bearer ") != Some(tokens.access.0.as_str()) {
            return Ok(());
        }
        let refused = LinkedAccount { refused_at: Some(self.now()), ..account };
        self.write_link(integration, refused, link).await.map(drop)
    }

    async fn token_of_all(
        &self,
        integration: &Integration,
        sealed: Option<SealedSecret>,
    ) -> Result<Option<Zeroizing<String>>, Error> {
        let Some(sealed) = sealed else { return Ok(None) };
        self.open_text(&place_of(integration, SERVER_TOKEN), &sealed).await.map(Some)
    }

    async fn token_of_each(
        &self,
        integration: &Integration,
        (directory, user): (DirectoryId, UserId),
    ) -> Result<Result<TokenText, Unreachable>, Error> {
        for _ in 0..LOOKS {
            let found = self.linked(integration, user).await?;
            let Some((account, link)) = found.filter(|(account, _)| account.directory == directory) else {
                return Ok(Err(Unreachable::IntegrationRequired));
            };
            match self.look(integration, account, link).await? {
                Looked::Token(token) => return Ok(Ok(token)),
                Looked::Not(why) => return Ok(Err(why)),
                Looked::Wait => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
        Ok(Err(Unreachable::Unavailable))
    }

    async fn look(
        &self,
        integration: &Integration,
        account: LinkedAccount,
        link: SealedLink,
    ) -> Result<Looked, Error> {
        let now = self.now();
        if let Err(why) = must_be_of_use(&account, now) {
            return Ok(Looked::Not(why));
        }
        let is_old = |at: Timestamp| at <= now.plus(EARLY);
        let tokens = self.open_link(integration, account.user, &link).await?;
        let Some(refresh) = tokens.refresh.filter(|_| account.expires_at.is_some_and(is_old)) else {
            return Ok(Looked::Token(tokens.access));
        };
        let (within, held) = (Within::Tenant(integration.tenant), account.clone());
        let begin = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            tx.begin_refresh(within, &held, (now, now.plus(REFRESH))).await
        };
        if !self.store().write(begin).await? {
            let is_over = account.expires_at.is_some_and(|at| at <= now);
            return Ok(if is_over { Looked::Wait } else { Looked::Token(tokens.access) });
        }
        self.renew(integration, account, (link, refresh)).await
    }

    async fn renew(
        &self,
        integration: &Integration,
        account: LinkedAccount,
        (link, refresh): (SealedLink, TokenText),
    ) -> Result<Looked, Error> {
        match self.ask_for_tokens(integration, Grant::Refresh(&refresh.0)).await? {
            Ok(Given { tokens, expires_at }) => {
                // RFC 6749 §6: the refresh token may stay the same.
                let tokens = LinkTokens { refresh: tokens.refresh.or(Some(refresh)), ..tokens };
                let link = self.seal_link(integration, account.user, &tokens).await?;
                let renewed = LinkedAccount { expires_at, refreshing_until: None, ..account };
                let is_kept = self.write_link(integration, renewed, link).await?;
                Ok(if is_kept { Looked::Token(tokens.access) } else { Looked::Wait })
            }
            Err(NotGiven::Refused) => {
                let refused =
                    LinkedAccount { refused_at: Some(self.now()), refreshing_until: None, ..account };
                self.write_link(integration, refused, link).await?;
                Ok(Looked::Not(Unreachable::ReauthorizationRequired))
            }
            Err(NotGiven::Unavailable(error)) => {
                tracing::warn!(integration.id = %integration.id, %error, "no other token can be had");
                self.write_link(integration, LinkedAccount { refreshing_until: None, ..account }, link)
                    .await?;
                Ok(Looked::Not(Unreachable::Unavailable))
            }
        }
    }

    async fn linked(
        &self,
        integration: &Integration,
        user: UserId,
    ) -> Result<Option<(LinkedAccount, SealedLink)>, Error> {
        let mut tx = self.store().read().await?;
        Ok(tx.linked_account(Within::Tenant(integration.tenant), integration, user).await?)
    }

    /// Whether it was, rather than something else that the user did meanwhile.
    async fn write_link(
        &self,
        integration: &Integration,
        account: LinkedAccount,
        link: SealedLink,
    ) -> Result<bool, Error> {
        let within = Within::Tenant(integration.tenant);
        let now = self.now();
        let changed = LinkedAccount { version: account.version + 1, updated_at: now, ..account };
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.update_linked_account(within, &changed, &link).await
        };
        match self.store().write(write).await {
            Ok(()) => Ok(true),
            Err(StorageError::Stale) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Debug for Reachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reachable").field("integration", &self.integration.id).finish_non_exhaustive()
    }
}
