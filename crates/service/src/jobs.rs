//! What is done without anybody asking: nothing that is kept grows without end.

use std::time::Duration;

use appkeep_domain::{Lifetime, Timestamp, Within};
use appkeep_storage::{StorageError, WriteTx};
use tokio::task::JoinSet;

use crate::error::Error;
use crate::registry::Registry;

/// The jobs of a server. They stop when this is dropped.
#[derive(Debug)]
pub struct Jobs {
    _tasks: JoinSet<()>,
}

impl Jobs {
    const EVERY: Duration = Duration::from_mins(1);

    /// Starts them, on the runtime this is called in. Several nodes may run
    /// them on one database: what one has removed, another does not find.
    pub fn start(registry: &Registry) -> Self {
        let mut tasks = JoinSet::new();
        let registry = registry.background();
        tasks.spawn(async move {
            loop {
                if let Err(error) = registry.sweep().await {
                    let cause = &error as &dyn std::error::Error;
                    tracing::warn!(error = cause, "what nobody needs any more was not removed");
                }
                tokio::time::sleep(Self::EVERY).await;
            }
        });
        Self { _tasks: tasks }
    }
}

/// What one sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub applications: u64,
    pub credentials: u64,
    pub revocations: u64,
    pub silent_nodes: u64,
}

impl Registry {
    /// For how long a refused secret is still listed.
    pub(crate) const DEAD_CREDENTIALS_KEPT: Lifetime = Lifetime::from_days(30);
    const BATCH: u32 = 500;

    /// Removes applications whose time is over, secrets that were refused for a
    /// month, and revocations of tokens that have all expired.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.now();
        Ok(Swept {
            applications: self.sweep_applications(now).await?,
            credentials: self.sweep_credentials(now.minus(Self::DEAD_CREDENTIALS_KEPT)).await?,
            revocations: self.store().sweep_revocations(now).await?,
            silent_nodes: self.sweep_nodes(now).await?,
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
        let mut removed = 0;
        loop {
            let count = self.store().write(batch).await?;
            removed += count;
            if count < u64::from(Self::BATCH) {
                return Ok(removed);
            }
        }
    }
}
