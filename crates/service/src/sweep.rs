//! Removing what nobody needs any more, some at a time: nothing that is kept
//! grows without end.

use appkeep_domain::{Lifetime, Lockout, OauthFacet, Timestamp, Within};
use appkeep_storage::{StorageError, WriteTx};

use crate::endings::finish_endings;
use crate::error::Error;
use crate::registry::Registry;

/// What one sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub applications: u64,
    pub credentials: u64,
    pub revocations: u64,
    pub silent_nodes: u64,
    pub answers: u64,
    pub codes: u64,
    pub grants: u64,
    pub sessions: u64,
    /// Of agents at the gateway.
    pub agent_sessions: u64,
    pub sign_ins: u64,
    pub links: u64,
    /// Of public applications with the vault.
    pub access_sessions: u64,
    /// Of people who gave the first proof and not the second.
    pub challenges: u64,
    /// Of people who were sent to a provider, or an integration, and did not come
    /// back.
    pub authorizations: u64,
    pub lockouts: u64,
    /// Of the vault, whose time was over.
    pub vault_tokens: u64,
    /// Sessions that had ended, and whose rows say so now.
    pub endings: u64,
    /// Of applications, directories and groups that were deleted with much to
    /// them.
    pub remains: u64,
    /// Sessions with a partner's applications of people whose tenant went over
    /// to another, where that did not end them all.
    pub partings: u64,
    /// Of applications that registered themselves and never got a token, and
    /// tokens that let nobody register any more.
    pub registrations: u64,
}

impl Registry {
    /// For how long a refused secret is still listed.
    pub(crate) const DEAD_CREDENTIALS_KEPT: Lifetime = Lifetime::from_days(30);
    /// For how long a code is known after its time, or after the time of the last
    /// token that it can have led to: a second try is noticed until then.
    const CODES_KEPT: Lifetime = Lifetime::from_minutes(10);
    /// For how long sessions and sign-ins are listed after they were over: no
    /// token that was issued in one lives longer.
    const DEAD_SESSIONS_KEPT: Lifetime = OauthFacet::MAX_ACCESS_TOKEN_TTL;
    /// How many names that nobody has a directory remembers as tried, and how
    /// many addresses: whoever sends more has the oldest forgotten.
    const MADE_UP: u32 = 50_000;
    pub(crate) const BATCH: u32 = 500;

    /// Removes applications whose time is over, those that registered themselves and
    /// that nobody used, secrets that were refused for a month, sessions that were over for a month, codes, grants and links that
    /// are worth nothing, failures that are forgotten, revocations of tokens
    /// that have all expired, and answers that are not given again.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.now();
        Ok(Swept {
            applications: self.sweep_applications(now).await?,
            credentials: self.sweep_credentials(now.minus(Self::DEAD_CREDENTIALS_KEPT)).await?,
            revocations: self.store().sweep_revocations(now).await?,
            silent_nodes: self.sweep_nodes(now).await?,
            answers: self.sweep_answers(now).await?,
            codes: self.sweep_codes(now.minus(Self::CODES_KEPT)).await?,
            grants: self.sweep_grants(now).await?,
            sessions: self.sweep_sessions(now.minus(Self::DEAD_SESSIONS_KEPT)).await?,
            agent_sessions: self.sweep_agent_sessions(now.minus(Self::DEAD_SESSIONS_KEPT)).await?,
            sign_ins: self.sweep_sign_ins(now.minus(Self::DEAD_SESSIONS_KEPT)).await?,
            links: self.sweep_links(now).await?,
            access_sessions: self.sweep_access_sessions(now).await?,
            challenges: self.sweep_challenges(now).await?,
            authorizations: self.sweep_under_way(now).await?,
            lockouts: self.sweep_lockouts(now.minus(Lockout::FORGOTTEN_AFTER)).await?,
            vault_tokens: self.sweep_vault(now).await?,
            endings: finish_endings(self.store()).await?,
            remains: self.sweep_remains().await?,
            partings: self.end_partings().await?,
            registrations: self.sweep_registrations(now).await?,
        })
    }

    async fn sweep_applications(&self, now: Timestamp) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            let mut tx = self.store().read().await?;
            let expired = tx.expired_applications(Within::Platform, now, Self::BATCH).await?;
            drop(tx);
            if expired.is_empty() {
                return Ok(removed);
            }
            for application in expired {
                self.purge(application.id).await?;
                removed += 1;
            }
        }
    }

    async fn sweep_registrations(&self, now: Timestamp) -> Result<u64, Error> {
        let before = now.minus(Self::DEAD_CREDENTIALS_KEPT);
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_registration_tokens(Within::Platform, before, Self::BATCH).await
        };
        let tokens = Self::in_batches(|| self.store().write(batch)).await?;
        Ok(tokens + self.sweep_unused_registrations(Self::BATCH).await?)
    }

    /// Until a batch is not full any more.
    pub(crate) async fn in_batches<F>(mut batch: impl FnMut() -> F) -> Result<u64, Error>
    where
        F: Future<Output = Result<u64, StorageError>>,
    {
        let mut removed = 0;
        loop {
            let count = batch().await?;
            removed += count;
            if count < u64::from(Self::BATCH) {
                return Ok(removed);
            }
        }
    }

    async fn sweep_nodes(&self, now: Timestamp) -> Result<u64, Error> {
        let sweep = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_silent_nodes(Within::Platform, now).await
        };
        Ok(self.store().write(sweep).await?)
    }

    async fn sweep_credentials(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_dead_credentials(Within::Platform, before, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_answers(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_requests(Within::Platform, now, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_codes(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_codes(Within::Platform, before, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_grants(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_dead_grants(Within::Platform, now, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_dead_sessions(Within::Platform, before, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_sign_ins(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_dead_sign_ins(Within::Platform, before, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_links(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_links(Within::Platform, now, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_access_sessions(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_access_sessions(Within::Platform, now, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_challenges(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_challenges(Within::Platform, now, Self::BATCH).await
        };
        Self::in_batches(|| self.store().write(batch)).await
    }

    async fn sweep_under_way(&self, now: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_under_way(Within::Platform, now, Self::BATCH).await
        };
        let errands = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_expired_errands(Within::Platform, now, Self::BATCH).await
        };
        let signing_in = Self::in_batches(|| self.store().write(batch)).await?;
        Ok(signing_in + Self::in_batches(|| self.store().write(errands)).await?)
    }

    async fn sweep_lockouts(&self, before: Timestamp) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_forgotten_lockouts(Within::Platform, before, Self::BATCH).await
        };
        let forgotten = Self::in_batches(|| self.store().write(batch)).await?;
        let batch = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.delete_excess_lockouts(Within::Platform, Self::MADE_UP, Self::BATCH).await
        };
        Ok(forgotten + Self::in_batches(|| self.store().write(batch)).await?)
    }

    async fn sweep_remains(&self) -> Result<u64, Error> {
        let batch = async move |tx: &mut WriteTx| -> Result<Option<u32>, StorageError> {
            tx.sweep_remains(Within::Platform, Self::BATCH).await
        };
        let mut removed = 0;
        while let Some(count) = self.store().write(batch).await? {
            removed += u64::from(count);
        }
        Ok(removed)
    }
}
