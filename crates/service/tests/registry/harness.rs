//! A registry with a tenant, and callers for it.

use std::sync::Arc;

use appkeep_domain::{
    ApplicationId, AuditEntry, Caller, Clock as _, Credential, Level, Lifetime, MANAGEMENT_SCOPES, Name,
    Owner, RequestId, Slug, Tenant, TenantId, Within,
};
use appkeep_keys::{PasswordCost, SystemEntropy};
use appkeep_oauth::ScopeSet;
use appkeep_service::{
    ApplicationFields, AuditQuery, By, Created, Error, Mount, Registry, SamlFields, Surface,
};
use appkeep_storage::{Store, WriteTx};
use appkeep_testkit::{ManualClock, begin_session};

/// Of a tenant that nobody brought.
pub(crate) const fn in_tenant(id: TenantId) -> Level {
    Level::Tenant { id, partner: None }
}

pub(crate) struct Harness {
    pub(crate) registry: Registry,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) tenant: TenantId,
}

impl Harness {
    pub(crate) async fn start(store: Store) -> Self {
        let clock = ManualClock::fixed();
        let registry = node(&store, &clock);
        let tenant = registry.ensure_default_tenant().await.expect("makes the tenant").id;
        Self { registry, store, clock, tenant }
    }

    /// An application that holds every management scope.
    pub(crate) fn admin(&self) -> By {
        self.with(&MANAGEMENT_SCOPES.join(" "))
    }

    pub(crate) fn with(&self, scopes: &str) -> By {
        let scopes = ScopeSet::parse(scopes).expect("are scopes");
        let id = ApplicationId::from_bytes([0xad; 16]);
        self.by(Caller::Application { id, level: in_tenant(self.tenant), scopes })
    }

    pub(crate) fn by(&self, caller: Caller) -> By {
        By {
            caller,
            tenant: self.tenant,
            partner: None,
            mount: Mount::Root,
            request_id: RequestId::from_bytes([7; 16]),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        }
    }

    pub(crate) async fn create(&self, kind: &str, fields: ApplicationFields) -> Result<Created, Error> {
        self.registry.create_application(&self.admin(), kind, fields).await
    }

    /// An application of a kind, with what that kind needs.
    pub(crate) async fn create_kind(&self, kind: &str) -> Created {
        let saml = SamlFields {
            entity_id: Some("https://sp.example".to_owned()),
            acs_urls: Some(texts(&["https://sp.example/acs"])),
            ..SamlFields::default()
        };
        let fields = ApplicationFields { saml: (kind == "saml").then_some(saml), ..named(kind) };
        self.create(kind, fields).await.expect("is made")
    }

    /// An application with a secret, by its id.
    pub(crate) async fn m2m(&self, name: &str) -> String {
        let created = self.create("m2m", named(name)).await.expect("is made");
        created.view.application.id.to_string()
    }

    pub(crate) async fn live(&self, id: &str) -> Vec<Credential> {
        let id = ApplicationId::parse(id).expect("is an id");
        let now = self.clock.now();
        let mut tx = self.store.read().await.expect("reads");
        tx.live_credentials(Within::Tenant(self.tenant), id, now).await.expect("reads")
    }

    /// Puts a session of five minutes on the application.
    pub(crate) async fn occupy(&self, id: &str) {
        let now = self.clock.now();
        let application = ApplicationId::parse(id).expect("is an id");
        let expires_at = now.plus(Lifetime::from_minutes(5));
        begin_session(&self.store, (Owner::Tenant(self.tenant), application), now, expires_at).await;
    }

    /// The history, newest first.
    pub(crate) async fn history(&self) -> Vec<AuditEntry> {
        self.registry.audit_entries(&self.admin(), AuditQuery::default()).await.expect("reads").items
    }

    pub(crate) async fn actions(&self) -> Vec<String> {
        self.history().await.into_iter().map(|entry| entry.action).collect()
    }

    /// Another tenant, and a caller of it who holds everything there.
    pub(crate) async fn neighbour(&self) -> By {
        let now = self.clock.now();
        let tenant = Tenant::new(
            TenantId::from_bytes([0x42; 16]),
            Slug::parse("neighbour").expect("is a slug"),
            Name::parse("Neighbour").expect("is a name"),
            now,
        );
        let id = tenant.id;
        let insert = async move |tx: &mut WriteTx| tx.insert_tenant(Within::Platform, &tenant).await;
        self.store.write(insert).await.expect("is new");
        let scopes = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
        let level = in_tenant(id);
        let caller = Caller::Application { id: ApplicationId::from_bytes([0x43; 16]), level, scopes };
        By { tenant: id, ..self.by(caller) }
    }
}

pub(crate) fn node(store: &Store, clock: &ManualClock) -> Registry {
    let entropy = Arc::new(SystemEntropy::new());
    Registry::new(store.clone(), Arc::new(clock.clone()), entropy).hashing_at(PasswordCost::LEAST)
}

pub(crate) fn named(name: &str) -> ApplicationFields {
    ApplicationFields { name: Some(name.to_owned()), ..ApplicationFields::default() }
}

pub(crate) fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}
