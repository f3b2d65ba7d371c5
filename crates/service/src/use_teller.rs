//! The job that tells which secrets were used, and which sessions were seen.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::tokens::Authority;

/// Tells of used secrets and seen sessions every few seconds, until it is
/// stopped.
#[derive(Debug)]
pub struct UseTeller {
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl UseTeller {
    /// What it tells is known ten seconds later, the time that telling takes included.
    const EVERY: Duration = Duration::from_secs(8);
    /// A server that ends does not wait longer for its database.
    const LONGEST_LAST: Duration = Duration::from_secs(5);

    /// Says that this node is there, before it takes a secret, and starts, on
    /// the runtime this is called in.
    pub async fn start(authority: &Authority) -> Result<Self, Error> {
        authority.tell_uses().await?;
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(tell_until(authority.clone(), stopped));
        Ok(Self { stop, tasks })
    }

    /// Tells what is left, and that this node ends. Without it, what is left
    /// is lost, and `safe_to_retire` is unknown where that matters.
    pub async fn stop(mut self) {
        drop(self.stop);
        if tokio::time::timeout(Self::LONGEST_LAST, self.tasks.join_next()).await.is_err() {
            tracing::warn!("the last uses of secrets and sessions could not be told in time");
        }
    }
}

async fn tell_until(authority: Authority, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(UseTeller::EVERY) => {}
            _ = &mut stopped => break,
        }
        log("which secrets were used", authority.tell_uses().await);
        log("which sessions were seen", authority.tell_sightings().await);
    }
    log("which sessions were seen", authority.tell_sightings().await);
    log("which secrets were used", authority.tell_last_uses().await);
}

fn log(what: &str, told: Result<(), Error>) {
    if let Err(error) = told {
        let cause = &error as &dyn std::error::Error;
        tracing::warn!(error = cause, "{what} was not told; it will be tried again");
    }
}
