//! What is done without anybody asking: nothing that is kept grows without end.

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Lifetime, Timestamp, Within};
use appkeep_storage::{StorageError, WriteTx};
use tokio::task::JoinSet;

use crate::error::Error;
use crate::keyring::{Keyring, KeyringError, RotationSchedule};
use crate::refusals::gather_for_ever;
use crate::registry::Registry;
use crate::trail::AuditTrail;

/// The jobs of a server. They stop when this is dropped.
#[derive(Debug)]
pub struct Jobs {
    _tasks: JoinSet<()>,
}

/// What they work on.
#[derive(Debug)]
pub struct JobsOf<'a> {
    pub registry: &'a Registry,
    pub trail: &'a AuditTrail,
    pub keyring: Arc<Keyring>,
    pub schedule: RotationSchedule,
}

impl Jobs {
    const SWEEP_EVERY: Duration = Duration::from_mins(1);
    /// An entry is sealed within a second.
    const SEAL_EVERY: Duration = Duration::from_millis(500);
    const SIGN_EVERY: Lifetime = Lifetime::from_minutes(1);

    /// Starts them, on the runtime this is called in. Several nodes may run
    /// them on one database: what one has done, another does not find to do.
    pub fn start(parts: JobsOf<'_>) -> Self {
        let JobsOf { registry, trail, keyring, schedule } = parts;
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep_for_ever(registry.background(), trail.clone()));
        tasks.spawn(seal_for_ever(trail.clone()));
        tasks.spawn(gather_for_ever(registry.background()));
        tasks.spawn(keep_keys_for_ever(keyring, schedule));
        Self { _tasks: tasks }
    }
}

async fn sweep_for_ever(registry: Registry, trail: AuditTrail) {
    loop {
        if let Err(error) = registry.sweep().await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, "what nobody needs any more was not removed");
        }
        if let Err(error) = trail.tidy().await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, "old checkpoints of the audit trail were not removed");
        }
        tokio::time::sleep(Jobs::SWEEP_EVERY).await;
    }
}

/// No failure ends it; what waits is sealed when it can be.
async fn seal_for_ever(trail: AuditTrail) {
    let mut interrupted = false;
    loop {
        match trail.seal_and_sign(Jobs::SIGN_EVERY).await {
            Ok(()) if interrupted => {
                interrupted = false;
                tracing::info!("the audit trail is sealed again");
            }
            Err(error) if !interrupted => {
                interrupted = true;
                let cause = &error as &dyn std::error::Error;
                tracing::error!(error = cause, "the audit trail is not sealed");
            }
            _ => {}
        }
        tokio::time::sleep(Jobs::SEAL_EVERY).await;
    }
}

async fn keep_keys_for_ever(keyring: Arc<Keyring>, schedule: RotationSchedule) {
    loop {
        if let Err(error) = keep_keys(&keyring, schedule).await {
            let cause = &error as &dyn std::error::Error;
            tracing::error!(error = cause, "the signing keys were not rotated");
        }
        tokio::time::sleep(Jobs::SWEEP_EVERY).await;
    }
}

async fn keep_keys(keyring: &Keyring, schedule: RotationSchedule) -> Result<(), KeyringError> {
    keyring.rotate_due(schedule).await?;
    keyring.destroy_retired().await?;
    Ok(())
}

/// What one sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub applications: u64,
    pub credentials: u64,
    pub revocations: u64,
    pub silent_nodes: u64,
    pub answers: u64,
}

impl Registry {
    /// For how long a refused secret is still listed.
    pub(crate) const DEAD_CREDENTIALS_KEPT: Lifetime = Lifetime::from_days(30);
    const BATCH: u32 = 500;

    /// Removes applications whose time is over, secrets that were refused for a
    /// month, revocations of tokens that have all expired, and answers that are
    /// not given again.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.now();
        Ok(Swept {
            applications: self.sweep_applications(now).await?,
            credentials: self.sweep_credentials(now.minus(Self::DEAD_CREDENTIALS_KEPT)).await?,
            revocations: self.store().sweep_revocations(now).await?,
            silent_nodes: self.sweep_nodes(now).await?,
            answers: self.sweep_answers(now).await?,
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

    /// Until a batch is not full any more.
    async fn in_batches<F>(mut batch: impl FnMut() -> F) -> Result<u64, Error>
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
}
