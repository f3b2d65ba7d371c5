//! What the tests stand on: a server in this process, and users as values.

mod answer;
mod browser;
mod console;
mod description;
mod elsewhere;
mod identities;
mod letters;
mod levels;
mod node;
mod operators;
mod provider;
mod relying_party;
mod schema;
mod tenancy;
mod user;

use std::sync::Arc;
use std::time::Duration;

use appkeep_dialects::ZyphrRates;
use appkeep_domain::access::TokenRights;
use appkeep_domain::{
    ApplicationId, Caller, Clock as _, Environment, Issuer, Level, Lifetime, Name, Owner, Partner, PartnerId,
    RequestId, Slug, Tenant, TenantId, Within,
};
use appkeep_http::{AppState, Health, Outbound, Services, Statistics, router, routes};
use appkeep_keys::{MasterKey, PasswordCost, SystemEntropy};
use appkeep_oauth::ScopeSet;
use appkeep_service::{
    ApplicationFields, Authority, AuthorityParts, By, ClientLimits, GroupFields, Idempotency,
    IntegrationFields, Integrations, Keyring, Mount, NewIntegration, NewOperator, NewToken, Pool, Rate,
    RegistrationTokenFields, Registry, ServiceAccountFields, Surface, UserFields, Vault, VaultCaller,
};
use appkeep_storage::{Feed, Store, WriteTx};
use appkeep_testkit::{ManualClock, TestDatabase, begin_session, signing_key};
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) use answer::Answer;
pub(crate) use browser::{Browser, Page};
pub(crate) use console::{AtConsole, own_path};
pub(crate) use description::{Description, Operation};
pub(crate) use elsewhere::{AskedThere, Elsewhere, Sent};
pub(crate) use letters::Letterbox;
pub(crate) use levels::{FREE, OwnedApplication, PARTNER, RIVAL, SISTER, STRANGER, email_of};
pub(crate) use node::within_a_second;
pub(crate) use provider::Provider;
pub(crate) use relying_party::{AFTER_LOGOUT, PASSWORD, REDIRECT_URI, RelyingParty, Tokens, claims};
pub(crate) use tenancy::Below;
pub(crate) use user::User;

pub(crate) const ISSUER: &str = "https://id.example";

/// Every scope of the management API but those that stand for others, as a
/// token request spells them.
pub(crate) const ALL_SCOPES: &str = "applications:read applications:write audit:read groups:read \
                                     groups:write integrations:read integrations:write keys:verify operators:read operators:write partners:read \
                                     partners:write scopes:read scopes:write tenant:read tenant:write \
                                     tenants:write tokens:introspect users:read users:write vault:read \
                                     vault:reveal vault:write";

/// A server whose clock stands still, with a tenant and an application that
/// may do everything.
pub(crate) struct TestApp {
    pub(crate) clock: ManualClock,
    pub(crate) description: &'static Description,
    router: Router,
    store: Store,
    pub(crate) registry: Registry,
    authority: Authority,
    tenant: TenantId,
    management: (String, String),
    pub(crate) operator: Operator,
    /// Goes on with what was answered already.
    state: AppState,
    _feed: Feed,
}

/// The first person who administers.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl TestApp {
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_as(database, ClientLimits::default(), None).await
    }

    /// One where each class of Zyphr's requests may be sent as often as its
    /// reference says.
    pub(crate) async fn with_zyphr_rates(database: &TestDatabase) -> Self {
        let rates = ZyphrRates::default();
        Self::start_with(database, (ClientLimits::default(), rates, ISSUER), None).await
    }

    /// One that asks other servers in another way.
    pub(crate) async fn reaching(database: &TestDatabase, outbound: Outbound) -> Self {
        let limits = (ClientLimits::default(), often(), ISSUER);
        Self::start_by(database, limits, (None, outbound)).await
    }

    /// One that writes to people.
    pub(crate) async fn with_mail(database: &TestDatabase) -> (Self, Letterbox) {
        let letters = Letterbox::default();
        (Self::start_as(database, ClientLimits::default(), Some(letters.clone())).await, letters)
    }

    /// One where so many may fail at one address.
    pub(crate) async fn limited(database: &TestDatabase, failures_per_address: Rate) -> (Self, Letterbox) {
        let letters = Letterbox::default();
        let limits =
            ClientLimits { failures_per_address: Some(failures_per_address), ..ClientLimits::default() };
        (Self::start_as(database, limits, Some(letters.clone())).await, letters)
    }

    /// One where sessions of the vault may be started so often from one address.
    pub(crate) async fn starting_sessions(database: &TestDatabase, rate: Rate) -> Self {
        let limits = ClientLimits { session_starts_per_address: Some(rate), ..ClientLimits::default() };
        Self::start_as(database, limits, None).await
    }

    async fn start_as(database: &TestDatabase, limits: ClientLimits, letters: Option<Letterbox>) -> Self {
        Self::start_with(database, (limits, often(), ISSUER), letters).await
    }

    /// One at an address of its own.
    async fn start_at(database: &TestDatabase, public_url: &str) -> Self {
        Self::start_with(database, (ClientLimits::default(), often(), public_url), None).await
    }

    async fn start_with(
        database: &TestDatabase,
        limits: (ClientLimits, ZyphrRates, &str),
        letters: Option<Letterbox>,
    ) -> Self {
        let outbound = Outbound::with_loopback().expect("a client");
        Self::start_by(database, limits, (letters, outbound)).await
    }

    async fn start_by(
        database: &TestDatabase,
        (limits, zyphr_rates, public_url): (ClientLimits, ZyphrRates, &str),
        (letters, outbound): (Option<Letterbox>, Outbound),
    ) -> Self {
        let clock = ManualClock::fixed();
        let store = database.store();
        let (mut state, feed) =
            limited_state(&store, &clock, healthy(), (limits, public_url, outbound)).await;
        if let Some(letters) = letters {
            state = state.writing_by(Arc::new(letters));
        }
        let (registry, authority) = (state.registry.clone(), state.authority.clone());
        let routes = appkeep_dialects::routes(&state, zyphr_rates).merge(appkeep_console::routes(&state));
        let bootstrapped = registry.bootstrap(false).await.expect("sets up");
        let secret = bootstrapped.native.client_secret.expect("is new");
        let (email, password) = (bootstrapped.operator.email, bootstrapped.operator.password);
        let tenant = registry.ensure_default_tenant().await.expect("is there").id;
        Self {
            router: router(routes, state.clone()),
            state,
            description: Description::read(),
            management: (bootstrapped.native.client_id, secret.expose().to_owned()),
            operator: Operator { email, password: password.expect("is new") },
            clock,
            store,
            registry,
            authority,
            tenant,
            _feed: feed,
        }
    }

    /// For what no request of a test can do.
    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The same, of keys.
    pub(crate) const fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// For whoever comes to the vault by something else than an access token.
    pub(crate) fn vault(&self) -> Vault {
        Vault::new(self.registry.clone(), self.authority.clone())
    }

    pub(crate) fn integrations(&self) -> Integrations {
        Integrations::new(self.registry.clone(), self.authority.clone())
    }

    /// Somebody who comes to the tenant's vault under these rules.
    pub(crate) fn vault_caller(&self, rights: TokenRights) -> VaultCaller {
        let level = Level::Tenant { id: self.tenant, partner: None };
        let id = ApplicationId::from_bytes([0x51; 16]);
        let by = By {
            caller: Caller::Application { id, level, scopes: ScopeSet::default() },
            tenant: self.tenant,
            partner: None,
            mount: Mount::Tenant,
            request_id: RequestId::from_bytes([7; 16]),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        };
        VaultCaller { by, environment: Environment::Live, rights }
    }

    /// Somebody without a token.
    pub(crate) fn nobody(&self) -> User<'_> {
        User::new(self, None)
    }

    /// Sees applications, and nothing else.
    pub(crate) async fn reader(&self) -> User<'_> {
        self.with("applications:read").await
    }

    /// Sees and changes applications.
    pub(crate) async fn writer(&self) -> User<'_> {
        self.with("applications:read applications:write").await
    }

    /// May do everything in the tenant.
    pub(crate) async fn full(&self) -> User<'_> {
        self.with(ALL_SCOPES).await
    }

    /// Somebody whose token has these scopes.
    pub(crate) async fn with(&self, scopes: &str) -> User<'_> {
        let (id, secret) = &self.management;
        let answer = self.token(id, secret, &format!("&scope={}", scopes.replace(' ', "+"))).await;
        self.bearing(answer.ok()["access_token"].as_str().expect("a token"))
    }

    pub(crate) fn bearing(&self, token: &str) -> User<'_> {
        User::new(self, Some(format!("Bearer {token}")))
    }

    /// Somebody's browser, which has not been here before.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// A client that authenticates by HTTP Basic.
    pub(crate) fn client(&self, id: &str, secret: &str) -> User<'_> {
        User::new(self, Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))))
    }

    /// The client id and the secret of the application that may do everything.
    pub(crate) fn management(&self) -> (&str, &str) {
        (&self.management.0, &self.management.1)
    }

    /// A token request by `client_credentials`, with more parameters behind.
    pub(crate) async fn token(&self, id: &str, secret: &str, more: &str) -> Answer {
        let form = format!("grant_type=client_credentials{more}");
        self.client(id, secret).form("/oauth2/token", &form).await
    }

    /// What the job for it does every few seconds.
    pub(crate) async fn tell_uses(&self) {
        self.authority.tell_uses().await.expect("is told");
    }

    /// The same for the sessions whose tokens were shown.
    pub(crate) async fn tell_sightings(&self) {
        self.authority.tell_sightings().await.expect("is told");
    }

    /// Waits for what goes on though it was answered.
    pub(crate) async fn goes_on(&self) {
        self.state.finish().await;
    }

    /// What the job for it does every minute.
    pub(crate) async fn sweep(&self) {
        self.registry.sweep().await.expect("sweeps");
    }

    pub(crate) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// What the clock will show after so many seconds.
    pub(crate) fn after(&self, seconds: u32) -> String {
        self.clock.now().plus(Lifetime::from_seconds(seconds)).to_string()
    }

    /// A session of an application that ends after so many seconds.
    pub(crate) async fn open_session(&self, application: &str, seconds: u32) {
        let now = self.clock.now();
        let application = ApplicationId::parse(application).expect("an id");
        let expires_at = now.plus(Lifetime::from_seconds(seconds));
        begin_session(&self.store, (Owner::Tenant(self.tenant), application), now, expires_at).await;
    }

    /// How many statements were run for requests.
    pub(crate) fn statements(&self) -> u64 {
        self.store.stats().request_statements
    }

    /// What another tenant has.
    pub(crate) async fn neighbour(&self) -> Neighbour {
        let now = self.clock.now();
        let (slug, name) =
            (Slug::parse("theirs").expect("is a slug"), Name::parse("Theirs").expect("is one"));
        let partner = Partner::new(PartnerId::from_bytes([0x41; 16]), slug, name, now);
        let tenant = Tenant {
            partner: Some(partner.id),
            ..tenant(TenantId::from_bytes([0x42; 16]), "neighbour", now)
        };
        let (id, brought_by) = (tenant.id, partner.id);
        let insert = async move |tx: &mut WriteTx| {
            tx.insert_partner(Within::Platform, &partner).await?;
            tx.insert_tenant(Within::Platform, &tenant).await
        };
        self.store.write(insert).await.expect("is new");
        let by = By {
            caller: Caller::System,
            tenant: id,
            partner: None,
            mount: Mount::Root,
            request_id: RequestId::from_bytes([6; 16]),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        };
        let scope = self.registry.create_scope(&by, "theirs:read", None).await.expect("is new");
        let fields = ApplicationFields { name: Some("Theirs".to_owned()), ..ApplicationFields::default() };
        let created = self.registry.create_application(&by, "m2m", fields).await.expect("is made");
        let fields = UserFields { email: Some("theirs@example.com".to_owned()), ..UserFields::default() };
        let user = self.registry.create_user(&by, Pool::Tenant, fields).await.expect("is new");
        let fields = GroupFields { name: Some("Theirs".to_owned()), ..GroupFields::default() };
        let group = self.registry.create_group(&by, fields).await.expect("is new");
        let new = NewOperator {
            email: "theirs@example.org".to_owned(),
            role: "admin".to_owned(),
            at: id.to_string(),
            ..NewOperator::default()
        };
        let operator = self.registry.create_operator(&by, new).await.expect("is new");
        let fields =
            ServiceAccountFields { name: Some("Theirs".to_owned()), ..ServiceAccountFields::default() };
        let account = self.registry.create_service_account(&by, fields).await.expect("is new");
        let fields = RegistrationTokenFields::default();
        let registration = self.registry.create_registration_token(&by, fields).await.expect("is new");
        let token = NewToken {
            id: Some("theirs".to_owned()),
            token_type: "token".to_owned(),
            data: serde_json::json!("theirs"),
            ..NewToken::default()
        };
        let fields = IntegrationFields {
            name: Some("Theirs".to_owned()),
            url: Some("https://theirs.example/mcp".to_owned()),
            ..IntegrationFields::default()
        };
        let new = NewIntegration { fields, ..NewIntegration::default() };
        let integration = self.integrations().create(&by, new).await.expect("is new");
        let rights = TokenRights::Scopes { reads: true, reveals: true, writes: true };
        let caller = VaultCaller { by, environment: Environment::Live, rights };
        let token = self.vault().create(&caller, token).await.expect("is new");
        Neighbour {
            id: id.to_string(),
            partner: brought_by.to_string(),
            operator: operator.id.to_string(),
            application: created.view.application.id.to_string(),
            scope: scope.scope.to_string(),
            user: user.user.id.to_string(),
            group: group.id.to_string(),
            token: token.token.id.as_str().to_owned(),
            integration: integration.id.to_string(),
            service_account: account.account.id.client_id(),
            registration_token: registration.token.id.to_string(),
        }
    }
}

/// What belongs to another tenant.
pub(crate) struct Neighbour {
    pub(crate) id: String,
    pub(crate) partner: String,
    pub(crate) operator: String,
    pub(crate) application: String,
    pub(crate) scope: String,
    pub(crate) user: String,
    pub(crate) group: String,
    pub(crate) token: String,
    pub(crate) integration: String,
    pub(crate) service_account: String,
    pub(crate) registration_token: String,
}

/// All that a router needs, on a store, once it hears of changes.
pub(crate) async fn state(store: &Store, clock: &ManualClock, health: Health) -> (AppState, Feed) {
    limited_state(
        store,
        clock,
        health,
        (ClientLimits::default(), ISSUER, Outbound::with_loopback().expect("a client")),
    )
    .await
}

async fn limited_state(
    store: &Store,
    clock: &ManualClock,
    health: Health,
    (limits, public_url, outbound): (ClientLimits, &str, Outbound),
) -> (AppState, Feed) {
    let clock_of = || Arc::new(clock.clone());
    let entropy = || Arc::new(SystemEntropy::new());
    let master = MasterKey::parse(b"the master key of all the tests.").expect("32 bytes");
    let keyring = Keyring::new(store.clone(), master, clock_of(), entropy());
    let keyring = Arc::new(keyring.making_keys_by(signing_key));
    let feed = Feed::start(store);
    let registry = Registry::following(store.clone(), &feed.freshness(), clock_of(), entropy());
    let registry = registry.hashing_at(PasswordCost::LEAST);
    let tenant = registry.ensure_default_tenant().await.expect("makes the tenant").id;
    keyring.ensure(Issuer::Tenant(tenant)).await.expect("makes keys");
    let authority = Authority::new(AuthorityParts {
        store: store.clone(),
        keyring: Arc::clone(&keyring),
        freshness: feed.freshness(),
        clock: clock_of(),
        entropy: entropy(),
        fetch: Arc::new(outbound),
        public_url: public_url.to_owned(),
        tenant,
        limits,
        password_cost: PasswordCost::LEAST,
    });
    let becomes_current = async {
        while !feed.is_current() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), becomes_current).await.expect("hears of changes");
    authority.warm_up().await.expect("loads");
    let idempotency = Idempotency::new(store.clone(), keyring, clock_of(), entropy());
    let services = Services { registry, authority, idempotency };
    (AppState::new(health, services, clock_of(), entropy()), feed)
}

/// More often than any test sends anything.
fn often() -> ZyphrRates {
    let rate = Some(Rate { times: 100_000, per: Duration::from_mins(1) });
    ZyphrRates { dashboard_auth: rate, sensitive: rate, standard: rate, read_only: rate, end_user: rate }
}

fn healthy() -> Health {
    Health {
        ready: Arc::new(|| Box::pin(std::future::ready(true))),
        statistics: Arc::new(Statistics::default),
    }
}

fn tenant(id: TenantId, slug: &str, now: appkeep_domain::Timestamp) -> Tenant {
    Tenant::new(id, Slug::parse(slug).expect("is a slug"), Name::parse(slug).expect("is a name"), now)
}
