//! What the tests stand on: a node, applications written straight into its
//! database, and requests in a line each.

use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Caller, Clock as _, Credential,
    CredentialClass, CredentialId, CredentialOrigin, Ids, Issuer, Name, OauthFacet, Owner, RegisteredScope,
    RequestId, Slug, Tenant, TenantId, Timestamp, UserPool, Within,
};
use appkeep_keys::{MasterKey, NewSecret, PasswordCost, SystemEntropy};
use appkeep_oauth::{
    ClientAuthMethod, ClientAuthentication, ErrorCode, Form, Refusal, Scope, ScopeSet, TokenQuery,
    TokenRequest,
};
use appkeep_service::{
    Authority, AuthorityParts, ClientLimits, Error, Introspection, IssuedToken, Keyring, RequestOrigin,
};
use appkeep_storage::{Feed, StorageError, Store, WriteTx};
use appkeep_testkit::{ManualClock, TestDatabase, signing_key};
use serde_json::Value;

use crate::published_keys::Publisher;

pub(crate) const TENANT: TenantId = TenantId::from_bytes([7; 16]);
pub(crate) const OTHER_TENANT: TenantId = TenantId::from_bytes([8; 16]);
pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const MANAGEMENT_API: &str = "https://id.example/api/v1";
pub(crate) const BILLS_API: &str = "https://bills.example";

/// One server: a store of its own on a database that others may share.
pub(crate) struct Node {
    pub(crate) store: Store,
    pub(crate) feed: Feed,
    pub(crate) clock: ManualClock,
    pub(crate) authority: Authority,
    pub(crate) publisher: Arc<Publisher>,
}

impl Node {
    /// The first on a database, with the tenants, their keys, and everything
    /// in memory.
    pub(crate) async fn first(database: &TestDatabase) -> Self {
        let store = database.store();
        Self::insert_tenants(&store).await;
        for text in ["bills:read", "bills:write"] {
            register_scope(&store, text).await;
        }
        keyring(&store, &ManualClock::fixed()).ensure(Issuer::Tenant(TENANT)).await.expect("makes keys");
        Self::another(store).await
    }

    pub(crate) async fn insert_tenants(store: &Store) {
        for (id, slug) in [(TENANT, "default"), (OTHER_TENANT, "other")] {
            let tenant = tenant(id, slug);
            write(store, async move |tx| tx.insert_tenant(Within::Platform, &tenant).await).await;
        }
    }

    /// One more on a database that is set up.
    pub(crate) async fn another(store: Store) -> Self {
        Self::limited(store, ClientLimits::default()).await
    }

    /// The same, where nobody may ask more often than this.
    pub(crate) async fn limited(store: Store, limits: ClientLimits) -> Self {
        let clock = ManualClock::fixed();
        let keyring = Arc::new(keyring(&store, &clock));
        let feed = Feed::start(&store);
        let publisher = Arc::new(Publisher::default());
        let authority = Authority::new(AuthorityParts {
            store: store.clone(),
            keyring,
            freshness: feed.freshness(),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SystemEntropy::new()),
            fetch: Arc::clone(&publisher) as _,
            public_url: ISSUER.to_owned(),
            tenant: TENANT,
            limits,
            password_cost: PasswordCost::LEAST,
        });
        let node = Self { store, feed, clock, authority, publisher };
        node.becomes_current(true).await;
        node.authority.warm_up().await.expect("loads");
        node
    }

    /// The keys that it signs with, from outside of the authority.
    pub(crate) fn keyring(&self) -> Keyring {
        keyring(&self.store, &self.clock)
    }

    pub(crate) async fn becomes_current(&self, current: bool) {
        let turns = async {
            while self.feed.is_current() != current {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), turns).await.expect("it turns");
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn insert(&self, application: &Application) {
        let (application, owner) = (application.clone(), application.owner);
        write(&self.store, async move |tx| tx.insert_application(within(owner), &application).await).await;
    }

    /// Writes the application over the version before.
    pub(crate) async fn update(&self, application: &mut Application) {
        application.version += 1;
        let (changed, owner) = (application.clone(), application.owner);
        write(&self.store, async move |tx| tx.update_application(within(owner), &changed).await).await;
    }

    pub(crate) async fn delete(&self, application: &Application) {
        let (gone, now) = (application.clone(), self.now());
        write(&self.store, async move |tx| tx.delete_application(within(gone.owner), &gone, now).await).await;
    }

    /// Adds a secret that ends at a deadline, and answers its text.
    pub(crate) async fn add_secret(
        &self,
        application: &Application,
        expires_at: Option<Timestamp>,
    ) -> String {
        let secret = NewSecret::generate("ias_", &SystemEntropy::new());
        let id: CredentialId = Ids::new().make(&self.clock, &SystemEntropy::new());
        let credential = Credential {
            id,
            class: CredentialClass::ClientSecret,
            origin: CredentialOrigin::Rotation,
            name: None,
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            created_at: self.now(),
            created_by: None,
            expires_at,
            revoked_at: None,
        };
        let (owner, id) = (application.owner, application.id);
        write(&self.store, async move |tx| tx.insert_credential(within(owner), id, &credential).await).await;
        secret.expose().to_owned()
    }

    /// An application with a secret that does not end.
    pub(crate) async fn register(&self, application: &Application) -> ClientAuthentication {
        self.insert(application).await;
        let secret = self.add_secret(application, None).await;
        basic(&application.id.to_string(), &secret)
    }

    pub(crate) async fn token(&self, client: &ClientAuthentication) -> Result<IssuedToken, ErrorCode> {
        self.ask(client, "").await.map_err(|refusal| refusal.code())
    }

    /// A request for a token with more parameters, such as `scope=x`.
    pub(crate) async fn ask(
        &self,
        client: &ClientAuthentication,
        parameters: &str,
    ) -> Result<IssuedToken, Refusal> {
        let body = format!("grant_type=client_credentials&{parameters}");
        let request = TokenRequest::parse(&Form::parse(body.as_bytes())?)?;
        self.authority.token(client.clone(), request, &origin()).await
    }

    pub(crate) async fn introspect(
        &self,
        client: &ClientAuthentication,
        token: &str,
    ) -> Result<Introspection, ErrorCode> {
        let asked = self.authority.introspect(client.clone(), query(token), &origin()).await;
        asked.map_err(|refusal| refusal.code())
    }

    pub(crate) async fn is_active(&self, client: &ClientAuthentication, token: &str) -> bool {
        matches!(self.introspect(client, token).await.expect("may ask"), Introspection::Active(_))
    }

    pub(crate) async fn revoke(&self, client: &ClientAuthentication, token: &str) -> Result<(), ErrorCode> {
        let revoked = self.authority.revoke(client.clone(), query(token), &origin()).await;
        revoked.map_err(|refusal| refusal.code())
    }

    pub(crate) async fn caller(&self, token: &str) -> Result<Caller, Error> {
        self.authority.caller(token).await.map(|(caller, _)| caller)
    }
}

/// Where every request of these tests comes from.
pub(crate) fn origin() -> RequestOrigin {
    RequestOrigin { request_id: RequestId::from_bytes([9; 16]), address: Some([192, 0, 2, 1].into()) }
}

/// An application of its own tenant that asks in its own name.
pub(crate) fn machine(number: u8) -> Application {
    let kind = ApplicationKind::M2m;
    let now = ManualClock::fixed().now();
    Application {
        id: ApplicationId::from_bytes([number; 16]),
        owner: Owner::Tenant(TENANT),
        kind,
        user_pool: UserPool::Tenant,
        made_by: None,
        public_key: None,
        slug: Slug::parse(&format!("app-{number}")).expect("a slug"),
        name: Name::parse("Billing").expect("a name"),
        description: None,
        logo_url: None,
        tags: Vec::new(),
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: None,
        oauth: Some(OauthFacet {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            allowed_origins: Vec::new(),
            allowed_scopes: ScopeSet::parse("bills:read bills:write applications:read").expect("are scopes"),
            audience: Some(BILLS_API.to_owned()),
            allowed_resources: Vec::new(),
            access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
            refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
            refresh_token_max_age: OauthFacet::MAX_REFRESH_TOKEN_MAX_AGE,
            grant_types: kind.default_grant_types(),
            auth_method: ClientAuthMethod::ClientSecretBasic,
            client_keys: None,
            require_pkce: false,
            access_token_signing_alg: None,
            id_token_signing_alg: None,
            first_party: true,
            assignment_required: false,
        }),
        saml: None,
        access: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The same with its OAuth facet changed.
pub(crate) fn machine_with(number: u8, change: impl FnOnce(&mut OauthFacet)) -> Application {
    let mut application = machine(number);
    change(application.oauth.as_mut().expect("it has one"));
    application
}

pub(crate) fn basic(client_id: &str, client_secret: &str) -> ClientAuthentication {
    ClientAuthentication::Basic { client_id: client_id.to_owned(), client_secret: client_secret.to_owned() }
}

/// What a token says, unverified.
pub(crate) fn claims(token: &IssuedToken) -> Value {
    let jws = appkeep_keys::Jws::parse(&token.access_token).expect("is a token");
    serde_json::from_slice(jws.payload()).expect("is JSON")
}

pub(crate) fn scopes(raw: &str) -> ScopeSet {
    ScopeSet::parse(raw).expect("are scopes")
}

pub(crate) fn query(token: &str) -> TokenQuery {
    TokenQuery { token: token.to_owned(), token_type_hint: None }
}

pub(crate) async fn write<F>(store: &Store, body: F)
where
    F: AsyncFn(&mut WriteTx) -> Result<(), StorageError> + Send + 'static,
{
    store.write(body).await.expect("writes");
}

fn within(owner: Owner) -> Within {
    match owner {
        Owner::Global => Within::Platform,
        Owner::Partner(id) => Within::Partner(id),
        Owner::Tenant(id) => Within::Tenant(id),
    }
}

fn keyring(store: &Store, clock: &ManualClock) -> Keyring {
    let master = MasterKey::parse(b"the master key of all the tests.").expect("32 bytes");
    let entropy = Arc::new(SystemEntropy::new());
    Keyring::new(store.clone(), master, Arc::new(clock.clone()), entropy).making_keys_by(signing_key)
}

fn tenant(id: TenantId, slug: &str) -> Tenant {
    let now = ManualClock::fixed().now();
    Tenant::new(id, Slug::parse(slug).expect("a slug"), Name::parse("Tenant").expect("a name"), now)
}

pub(crate) async fn register_scope(store: &Store, text: &str) {
    let scope = RegisteredScope {
        id: Ids::new().make(&ManualClock::fixed(), &SystemEntropy::new()),
        tenant: TENANT,
        scope: Scope::parse(text).expect("is a scope"),
        description: None,
        created_at: ManualClock::fixed().now(),
    };
    write(store, async move |tx| tx.insert_scope(Within::Tenant(TENANT), &scope).await).await;
}
