//! The parts of a server, put together over an open database.

use std::sync::Arc;

use appkeep_config::{Config, Span};
use appkeep_dialects::ZyphrRates;
use appkeep_domain::{Clock, Entropy, Issuer, Lifetime};
use appkeep_http::{AppState, ForwardedHeader, Health, Proxies, Services, Statistics};
use appkeep_keys::{MasterKey, PasswordCost, SystemEntropy};
use appkeep_mail::Mailer;
use appkeep_service::{
    AuditTrail, Authority, AuthorityParts, ClientLimits, FetchText, Idempotency, Jobs, JobsOf, Keyring, Rate,
    Registry, RotationSchedule, UseTeller,
};
use appkeep_storage::{Feed, Freshness, Store};

use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::mail::Outlet;

/// One server of a registry, running until this is dropped.
pub(crate) struct Node {
    state: AppState,
    _feed: Feed,
    _jobs: Jobs,
    uses: UseTeller,
    mailer: Option<Mailer>,
}

impl Node {
    /// Makes what a new registry lacks, the default tenant and the keys of its
    /// issuer, and loads what every request needs.
    pub(crate) async fn start(
        store: Store,
        master: MasterKey,
        (fetch, outlet): (Arc<dyn FetchText>, Option<Outlet>),
        (config, public_url): (&Config, &str),
    ) -> Result<Self, Failure> {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
        let feed = Feed::start(&store);
        let registry =
            Registry::following(store.clone(), &feed.freshness(), Arc::clone(&clock), Arc::clone(&entropy));
        let tenant = registry.ensure_default_tenant().await;
        let tenant = tenant.map_err(|error| Failure::because("there is no tenant to serve", error))?.id;
        let keyring = Arc::new(Keyring::new(store.clone(), master, Arc::clone(&clock), Arc::clone(&entropy)));
        let keys = keyring.ensure(Issuer::Tenant(tenant)).await;
        keys.map_err(|error| Failure::because("there are no keys to sign with", error))?;
        let signer = Issuer::Tenant(tenant);
        let trail = AuditTrail::new(&store, Arc::clone(&keyring), signer, Arc::clone(&clock));
        let authority = Authority::new(AuthorityParts {
            store: store.clone(),
            keyring: Arc::clone(&keyring),
            freshness: feed.freshness(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            fetch,
            public_url: public_url.to_owned(),
            tenant,
            limits: limits(config),
            password_cost: PasswordCost::STANDARD,
        });
        let warm = authority.warm_up().await;
        warm.map_err(|error| Failure::because("the revocations cannot be read", error))?;
        let idempotency =
            Idempotency::new(store.clone(), Arc::clone(&keyring), Arc::clone(&clock), Arc::clone(&entropy));
        let jobs =
            Jobs::start(JobsOf { registry: &registry, trail: &trail, keyring, schedule: schedule(config) });
        let uses = UseTeller::start(&authority).await;
        let uses =
            uses.map_err(|error| Failure::because("this server cannot say that it is there", error))?;
        let mailer = outlet.map(|outlet| outlet.open(Arc::clone(&clock), Arc::clone(&entropy)));
        let services = Services { registry, authority, idempotency };
        let state = AppState::new(health(store, feed.freshness()), services, clock, entropy);
        let mut state = state.behind(proxies(config));
        if let Some(mailer) = &mailer {
            state = state.writing_by(mailer.queue());
        }
        Ok(Self { state, _feed: feed, _jobs: jobs, uses, mailer })
    }

    /// Once no request comes any more.
    pub(crate) async fn stop(self) {
        self.state.finish().await;
        self.uses.stop().await;
        if let Some(mailer) = self.mailer {
            mailer.stop().await;
        }
    }

    pub(crate) fn state(&self) -> AppState {
        self.state.clone()
    }
}

fn schedule(config: &Config) -> RotationSchedule {
    let lifetime = |span: Span| Lifetime::from_seconds(span.as_seconds());
    RotationSchedule {
        every: config.signing_keys.rotation.map(lifetime),
        publication_delay: lifetime(config.signing_keys.publication_delay),
    }
}

fn rate(rate: Option<appkeep_config::Rate>) -> Option<Rate> {
    rate.map(|rate| Rate { times: rate.times, per: rate.per })
}

/// How often Zyphr's API may be asked.
pub(crate) fn zyphr_rates(config: &Config) -> ZyphrRates {
    ZyphrRates {
        dashboard_auth: rate(config.zyphr.dashboard_auth),
        sensitive: rate(config.zyphr.sensitive),
        standard: rate(config.zyphr.standard),
        read_only: rate(config.zyphr.read_only),
        end_user: rate(config.zyphr.end_user),
    }
}

fn limits(config: &Config) -> ClientLimits {
    ClientLimits {
        requests_per_client: rate(config.clients.requests_per_client),
        requests_per_address: rate(config.clients.requests_per_address),
        failures_per_client: rate(config.clients.failures_per_client),
        failures_per_address: rate(config.clients.failures_per_address),
        session_starts_per_address: rate(config.clients.session_starts_per_address),
    }
}

fn proxies(config: &Config) -> Proxies {
    let header = match config.proxies.header {
        appkeep_config::ForwardedHeader::XForwardedFor => ForwardedHeader::XForwardedFor,
        appkeep_config::ForwardedHeader::Forwarded => ForwardedHeader::Forwarded,
    };
    Proxies::new(config.proxies.trusted.clone(), header)
}

fn health(store: Store, freshness: Arc<Freshness>) -> Health {
    let (background, counted) = (store.background(), store);
    Health {
        ready: Arc::new(move || {
            let (store, freshness) = (background.clone(), Arc::clone(&freshness));
            Box::pin(async move { freshness.is_current() && store.check_schema().await.is_ok() })
        }),
        statistics: Arc::new(move || statistics(&counted)),
    }
}

fn statistics(store: &Store) -> Statistics {
    let stats = store.stats();
    Statistics {
        request_statements: stats.request_statements,
        background_statements: stats.background_statements,
        batches: stats.batches,
        transactions: stats.jobs,
        retries: stats.retries,
        queue_depth: stats.queue_depth,
        last_commit: stats.last_commit,
        largest_transaction: stats.largest_transaction,
    }
}
