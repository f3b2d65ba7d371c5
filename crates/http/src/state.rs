//! What every handler can reach.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Clock, Entropy, Ids, RequestId};
use appkeep_service::{Authority, Gateway, Idempotency, Integrations, NoMail, Registry, SendMail, Vault};
use axum::extract::FromRef;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use crate::pages::Site;
use crate::proxies::Proxies;
use crate::serve::ConnectionLimits;

pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Shared by all requests. Cheap to clone, which every request does.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What it is made of.
#[derive(Clone)]
pub struct Parts {
    pub health: Health,
    pub registry: Registry,
    /// The issuer at the public URL, from which the others are reached.
    pub authority: Authority,
    pub idempotency: Idempotency,
    pub metrics: Metrics,
    pub ids: Arc<Ids>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub proxies: Arc<Proxies>,
    /// Takes mail to people, if there is a way for it.
    pub mail: Arc<dyn SendMail>,
    /// Where our pages are, those of the issuer at the public URL.
    pub site: Site,
    /// Requests that go on when their client has left.
    pub answering: TaskTracker,
}

/// What handlers call.
#[derive(Debug, Clone)]
pub struct Services {
    pub registry: Registry,
    pub authority: Authority,
    pub idempotency: Idempotency,
}

impl AppState {
    pub fn new(health: Health, services: Services, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let Services { registry, authority, idempotency } = services;
        let registry = registry.served_at(authority.issuer());
        let metrics = Metrics::new(Arc::clone(&health.statistics), registry.refusals().clone());
        let site = Site::new(authority.issuer());
        let (ids, proxies, answering) = (Arc::default(), Arc::default(), TaskTracker::new());
        Self(Arc::new(Parts {
            health,
            registry,
            authority,
            idempotency,
            metrics,
            ids,
            clock,
            entropy,
            proxies,
            mail: Arc::new(NoMail),
            site,
            answering,
        }))
    }

    /// Waits for what goes on without its client. Call it once no request
    /// comes any more.
    pub async fn finish(&self) {
        self.answering.close();
        let ending = self.answering.wait();
        if tokio::time::timeout(ConnectionLimits::DEFAULT.shutdown_timeout, ending).await.is_err() {
            tracing::warn!("some requests with an Idempotency-Key did not end in time");
        }
    }

    /// With proxies that are believed.
    pub fn behind(self, proxies: Proxies) -> Self {
        Self(Arc::new(Parts { proxies: Arc::new(proxies), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// With a way for mail.
    pub fn writing_by(self, mail: Arc<dyn SendMail>) -> Self {
        Self(Arc::new(Parts { mail, ..Arc::unwrap_or_clone(self.0) }))
    }

    pub(crate) fn make_request_id(&self) -> RequestId {
        self.ids.make(&*self.clock, &*self.entropy)
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for Registry {
    fn from_ref(state: &AppState) -> Self {
        state.registry.clone()
    }
}

impl FromRef<AppState> for Vault {
    fn from_ref(state: &AppState) -> Self {
        Self::new(state.registry.clone(), state.authority.clone())
    }
}

impl FromRef<AppState> for Gateway {
    fn from_ref(state: &AppState) -> Self {
        Self::new(state.registry.clone(), state.authority.clone())
    }
}

impl FromRef<AppState> for Integrations {
    fn from_ref(state: &AppState) -> Self {
        Self::new(state.registry.clone(), state.authority.clone())
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}

/// How the database is, as whoever opened it can tell.
#[derive(Clone)]
pub struct Health {
    /// Whether the database answers, and the copies held here are current.
    pub ready: Arc<dyn Fn() -> BoxFuture<bool> + Send + Sync>,
    pub statistics: Arc<dyn Fn() -> Statistics + Send + Sync>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// What the database has done since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Statements run for requests.
    pub request_statements: u64,
    /// Statements run for the change feed, jobs and sweeps.
    pub background_statements: u64,
    /// Commits, of which several transactions can share one.
    pub batches: u64,
    /// Transactions that were begun.
    pub transactions: u64,
    /// Transactions that ran once more because another was in the way.
    pub retries: u64,
    /// Transactions that wait for their turn, or run.
    pub queue_depth: u64,
    /// How long the last commit took.
    pub last_commit: Duration,
    /// How many rows the largest transaction wrote.
    pub largest_transaction: u64,
}
