//! What is done without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::Lifetime;
use tokio::task::JoinSet;

use crate::keyring::{Keyring, KeyringError, RotationSchedule};
use crate::refusals::write_refusals;
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
        tasks.spawn(write_refusals(registry.background()));
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
