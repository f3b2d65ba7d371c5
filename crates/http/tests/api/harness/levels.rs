//! Partners and tenants, applications of every owner, and operators of every
//! level and role.

use appkeep_domain::{
    Actor, ActorKind, AgentSession, ApplicationId, AuditEntry, Caller, Clock as _, Ids, Level, Lifetime,
    Name, OperatorId, Owner, Partner, PartnerId, RequestId, Role, RoleGrant, SeenFrom, ServiceAccountId,
    Session, Slug, Tenant, TenantId, Timestamp, Within,
};
use appkeep_domain::{MANAGEMENT_SCOPES, User as Person};
use appkeep_keys::SystemEntropy;
use appkeep_service::{
    ApplicationFields, By, Edit, GroupFields, Mount, NewOperator, OwnershipFields, Pool,
    ServiceAccountFields, Surface, UserFields,
};
use appkeep_storage::{StorageError, WriteTx};
use appkeep_testkit::{TestDatabase, user_of};

use super::{ALL_SCOPES, ISSUER, RelyingParty, TestApp, Tokens, User};

/// Whose tenants are the default one and its sister.
pub(crate) const PARTNER: PartnerId = PartnerId::from_bytes([0x31; 16]);
/// Another one, which has a tenant.
pub(crate) const RIVAL: PartnerId = PartnerId::from_bytes([0x32; 16]);
pub(crate) const SISTER: TenantId = TenantId::from_bytes([0x51; 16]);
pub(crate) const STRANGER: TenantId = TenantId::from_bytes([0x52; 16]);
/// Of no partner.
pub(crate) const FREE: TenantId = TenantId::from_bytes([0x53; 16]);

const ROLES: [Role; 5] = [Role::Owner, Role::Admin, Role::Operator, Role::Member, Role::Viewer];

/// An application, and what decides who may do something to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnedApplication {
    pub(crate) id: String,
    pub(crate) owner: Owner,
    pub(crate) partner: Option<PartnerId>,
}

impl TestApp {
    /// The default tenant is one of two that a partner has; there is another
    /// partner with a tenant, and a tenant without partner.
    pub(crate) async fn start_with_partners(database: &TestDatabase) -> Self {
        let made: Result<(), StorageError> = database
            .store()
            .write(async |tx: &mut WriteTx| {
                for (id, slug) in [(PARTNER, "partner"), (RIVAL, "rival")] {
                    tx.insert_partner(Within::Platform, &partner(id, slug)).await?;
                }
                for (id, slug, partner) in [
                    (TenantId::from_bytes([0x50; 16]), "default", Some(PARTNER)),
                    (SISTER, "sister", Some(PARTNER)),
                    (STRANGER, "stranger", Some(RIVAL)),
                    (FREE, "free", None),
                ] {
                    tx.insert_tenant(Within::Platform, &tenant(id, slug, partner)).await?;
                }
                Ok(())
            })
            .await;
        made.expect("is new");
        Self::start(database).await
    }

    /// Everybody who can own an application, with whose tenant they are.
    pub(crate) fn owners(&self) -> [(Owner, Option<PartnerId>); 7] {
        [
            (Owner::Global, None),
            (Owner::Partner(PARTNER), None),
            (Owner::Partner(RIVAL), None),
            (Owner::Tenant(self.tenant), Some(PARTNER)),
            (Owner::Tenant(SISTER), Some(PARTNER)),
            (Owner::Tenant(STRANGER), Some(RIVAL)),
            (Owner::Tenant(FREE), None),
        ]
    }

    /// An application of this owner, which has a secret and opens nothing.
    pub(crate) async fn owned_application(
        &self,
        (owner, partner): (Owner, Option<PartnerId>),
        name: &str,
    ) -> OwnedApplication {
        let fields = ApplicationFields {
            ownership: ownership(owner),
            name: Some(name.to_owned()),
            tags: Some(vec!["of-levels".to_owned()]),
            ..ApplicationFields::default()
        };
        let created = self.registry.create_application(&self.system(), "m2m", fields).await;
        OwnedApplication { id: created.expect("is made").view.application.id.to_string(), owner, partner }
    }

    /// A machine of this owner that may do everything: its client id and its
    /// secret.
    pub(crate) async fn owned_machine(&self, owner: Owner) -> (String, String) {
        let fields = ApplicationFields {
            ownership: ownership(owner),
            name: Some("Machine".to_owned()),
            allowed_scopes: Some(MANAGEMENT_SCOPES.map(str::to_owned).to_vec()),
            ..ApplicationFields::default()
        };
        let created = self.registry.create_application(&self.system(), "m2m", fields).await.expect("is made");
        let secret = created.client_secret.expect("has one").expose().to_owned();
        (created.view.application.id.to_string(), secret)
    }

    /// The product itself.
    pub(crate) fn system(&self) -> By {
        By {
            caller: Caller::System,
            tenant: self.tenant,
            partner: None,
            mount: Mount::Root,
            request_id: RequestId::from_bytes([6; 16]),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        }
    }

    /// The product itself, which speaks to this tenant.
    fn system_at(&self, tenant: TenantId) -> By {
        let partner = self.owners().into_iter().find(|(owner, _)| *owner == Owner::Tenant(tenant));
        By { tenant, partner: partner.and_then(|(_, partner)| partner), ..self.system() }
    }

    /// The id of somebody new of this tenant, to whom the application is assigned.
    pub(crate) async fn assigned_in(&self, tenant: TenantId, application: &str, email: &str) -> String {
        let by = self.system_at(tenant);
        let fields = UserFields { email: Some(email.to_owned()), ..UserFields::default() };
        let user =
            self.registry.create_user(&by, Pool::Tenant, fields).await.expect("is new").user.id.to_string();
        self.assign(tenant, application, &user).await;
        user
    }

    /// Lets somebody of this tenant use the application.
    pub(crate) async fn assign(&self, tenant: TenantId, application: &str, user: &str) {
        let assigned = self.registry.add_assignment(&self.system_at(tenant), application, user).await;
        assigned.expect("may use it");
    }

    /// The ids of somebody new of this tenant, and of a session that they have
    /// with an application of its owner, which is there.
    pub(crate) async fn session_in(&self, tenant: TenantId, email: &str) -> (String, String) {
        let fields = UserFields { email: Some(email.to_owned()), ..UserFields::default() };
        let by = self.system_at(tenant);
        let user = self.registry.create_user(&by, Pool::Tenant, fields).await.expect("is new").user;
        let owner = Owner::Tenant(tenant);
        let application = self.owned_application((owner, by.partner), email).await.id;
        let now = self.clock.now();
        let session = Session {
            id: Ids::new().make(&self.clock, &SystemEntropy::new()),
            owner,
            application: ApplicationId::parse(&application).expect("an id"),
            directory: user.directory,
            user: user.id,
            sign_in: None,
            impersonation: None,
            from: SeenFrom::default(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(Lifetime::from_hours(1)),
            ended_at: None,
        };
        let id = session.id.to_string();
        let insert = async move |tx: &mut WriteTx| tx.insert_session(Within::Platform, &session).await;
        self.store.write(insert).await.expect("is begun");
        (user.id.to_string(), id)
    }

    /// An agent of the application begins a session that lasts so long.
    pub(crate) async fn begin_agent(&self, application: &str, seconds: u32) {
        let (now, tenant) = (self.clock.now(), self.tenant);
        let session = AgentSession {
            id: Ids::new().make(&self.clock, &SystemEntropy::new()),
            tenant,
            application: ApplicationId::parse(application).expect("an id"),
            caller: None,
            found_by: None,
            client: None,
            protocol: "2025-06-18".to_owned(),
            from: SeenFrom::default(),
            calls: 0,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(Lifetime::from_seconds(seconds)),
            ended_at: None,
        };
        let insert = async move |tx: &mut WriteTx| tx.insert_agent_session(Within::Platform, &session).await;
        self.store.write(insert).await.expect("is begun");
    }

    /// The id of a new group of this tenant.
    pub(crate) async fn group_in(&self, tenant: TenantId, name: &str) -> String {
        let fields = GroupFields { name: Some(name.to_owned()), ..GroupFields::default() };
        let group = self.registry.create_group(&self.system_at(tenant), fields).await;
        group.expect("is new").id.to_string()
    }

    /// The id of somebody new who is to look at what is this owner's.
    pub(crate) async fn invited_by(&self, owner: Owner, email: &str) -> String {
        let at = match owner {
            Owner::Global => "platform".to_owned(),
            Owner::Partner(id) => id.to_string(),
            Owner::Tenant(id) => id.to_string(),
        };
        let role = Role::Viewer.as_str().to_owned();
        let new = NewOperator { email: email.to_owned(), role, at, ..NewOperator::default() };
        self.registry.create_operator(&self.system(), new).await.expect("is new").id.to_string()
    }

    /// Tells the tenant's history that somebody was refused, as the job for it
    /// does.
    pub(crate) async fn refused_in(&self, tenant: TenantId) {
        let owner = Owner::Tenant(tenant);
        let entry = AuditEntry {
            id: Ids::new().make(&self.clock, &SystemEntropy::new()),
            owner,
            occurred_at: self.clock.now(),
            actor: Actor { kind: ActorKind::Anonymous, id: "203.0.113.7".to_owned() },
            action: "request.refused".to_owned(),
            application: None,
            before: None,
            after: Some("{}".to_owned()),
            request_id: "req".to_owned(),
            address: None,
            personal: None,
        };
        let insert = async move |tx: &mut WriteTx| tx.insert_audit_entry(owner.within(), &entry).await;
        self.store.write(insert).await.expect("is told");
    }

    pub(crate) const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The levels that somebody can look from: the platform, a partner, one of
    /// its tenants, and a tenant of no partner.
    pub(crate) fn levels(&self) -> [Level; 4] {
        let tenant = |id, partner| Level::Tenant { id, partner };
        [Level::Platform, Level::Partner(PARTNER), tenant(self.tenant, Some(PARTNER)), tenant(FREE, None)]
    }

    /// Where the address of one of the tenants begins.
    pub(crate) fn mount_of(tenant: TenantId) -> String {
        let slugs = [(SISTER, "sister"), (STRANGER, "stranger"), (FREE, "free")];
        let slug = slugs.into_iter().find(|(id, _)| *id == tenant);
        slug.map_or(String::new(), |(_, slug)| format!("/t/{slug}"))
    }

    /// Somebody of every role at every level, by an application that may do
    /// everything in their name.
    pub(crate) async fn operators(&self) -> Vec<(RoleGrant, User<'_>)> {
        let mut operators = Vec::new();
        for at in self.levels() {
            for role in ROLES {
                let grant = RoleGrant { role, at };
                operators.push((grant, self.operator_with(grant).await));
            }
        }
        operators
    }

    /// Somebody who holds this role and no other.
    pub(crate) async fn operator_with(&self, grant: RoleGrant) -> User<'_> {
        self.operator_with_all(&[grant]).await
    }

    /// Somebody who holds these roles and no others.
    pub(crate) async fn operator_with_all(&self, grants: &[RoleGrant]) -> User<'_> {
        let email = email_of(grants[0]);
        self.appoint(number_of(grants[0]), &email, grants).await;
        // What is issued at the moment of a new password is refused.
        self.clock.advance_micros(1_000_000);
        let (client_id, operator) = self.console().await;
        let (party, browser) = (RelyingParty::new(self, client_id), self.browser());
        let (callback, scope) =
            (format!("{ISSUER}/console/callback"), format!("openid {}", MANAGEMENT_SCOPES.join(" ")));
        let asked = [("redirect_uri", callback.as_str()), ("scope", scope.as_str())];
        let page = browser.get(&party.authorize_path(&asked)).await;
        let back = browser.type_password(&page, &email, &operator.password).await;
        let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
        let tokens = Tokens::of(&party.trade_with(&code, &asked[..1]).await.ok());
        self.bearing(&tokens.access)
    }

    /// Somebody who looks at the tenant, and changes nothing.
    pub(crate) async fn viewer_of_the_tenant(&self) -> User<'_> {
        let at = Level::Tenant { id: self.tenant, partner: Some(PARTNER) };
        self.operator_with(RoleGrant { role: Role::Viewer, at }).await
    }

    /// A machine of this level that may do everything there.
    pub(crate) async fn machine_at(&self, level: Level) -> User<'_> {
        self.machine_with(level, ALL_SCOPES).await.1
    }

    /// A machine of this level, by a token with these scopes.
    pub(crate) async fn machine_with(&self, level: Level, scopes: &str) -> (ApplicationId, User<'_>) {
        let (owner, mount) = match level {
            Level::Platform => (Owner::Global, String::new()),
            Level::Partner(id) => (Owner::Partner(id), String::new()),
            Level::Tenant { id, .. } => (Owner::Tenant(id), Self::mount_of(id)),
        };
        let (id, secret) = self.owned_machine(owner).await;
        let form = format!("grant_type=client_credentials&scope={}", scopes.replace(' ', "+"));
        let answer = self.client(&id, &secret).at(&mount).form("/oauth2/token", &form).await.ok();
        let user = self.bearing(answer["access_token"].as_str().expect("a token"));
        (ApplicationId::parse(&id).expect("an id"), user)
    }

    /// A service account of a tenant with this role.
    pub(crate) async fn account_in(&self, tenant: TenantId, role: Role) -> (ServiceAccountId, User<'_>) {
        let fields = ServiceAccountFields {
            name: Some(format!("{role:?}")),
            role: Some(role.as_str().to_owned()),
            ..ServiceAccountFields::default()
        };
        let made =
            self.registry.create_service_account(&self.system_at(tenant), fields).await.expect("is made");
        let (id, form) = (made.account.id, "grant_type=client_credentials");
        let asker = self.client(&id.client_id(), made.secret.expose()).at(&Self::mount_of(tenant));
        let answer = asker.form("/oauth2/token", form).await.ok();
        (id, self.bearing(answer["access_token"].as_str().expect("a token")))
    }

    /// Gives the roles to somebody new, who has the first operator's password.
    async fn appoint(&self, number: u8, email: &str, grants: &[RoleGrant]) {
        let within = Within::Platform;
        let first = appkeep_domain::Email::parse(&self.operator.email).expect("is an address");
        let (email, grants) = (email.to_owned(), grants.to_vec());
        let appointed: Result<(), StorageError> = self
            .store
            .write(async move |tx: &mut WriteTx| {
                let directory = tx.tenant_directory(within, Owner::Global).await?.expect("was set up");
                let first = tx.user_by_email(within, &directory, &first).await?.expect("was set up");
                let password = tx.password(within, &directory, first.id).await?.expect("was set up");
                let person: Person = user_of(&directory, number, &email);
                tx.insert_user(within, &directory, &person).await?;
                tx.set_password(within, &directory, person.id, &password).await?;
                let id = OperatorId::from_bytes(person.id.as_bytes());
                for grant in &grants {
                    tx.insert_role(within, id, *grant).await?;
                }
                Ok(())
            })
            .await;
        appointed.expect("is new");
    }
}

fn number_of(grant: RoleGrant) -> u8 {
    0x60 + grant.role as u8 * 7 + rank(grant.at)
}

/// Of whoever holds this role and no other.
pub(crate) fn email_of(grant: RoleGrant) -> String {
    format!("operator-{}@example.com", number_of(grant))
}

fn ownership(owner: Owner) -> OwnershipFields {
    OwnershipFields {
        ownership: Some(owner.ownership().as_str().to_owned()),
        partner_id: if let Owner::Partner(id) = owner { Edit::Set(id.to_string()) } else { Edit::Keep },
        tenant_id: if let Owner::Tenant(id) = owner { Edit::Set(id.to_string()) } else { Edit::Keep },
    }
}

/// Of each level that somebody is appointed at another.
fn rank(at: Level) -> u8 {
    match at {
        Level::Platform => 0,
        Level::Partner(id) => 1 + u8::from(id != PARTNER),
        Level::Tenant { id, .. } => {
            let place = [SISTER, STRANGER, FREE].iter().position(|one| *one == id);
            3 + place.and_then(|place| u8::try_from(place).ok()).unwrap_or(3)
        }
    }
}

fn partner(id: PartnerId, slug: &str) -> Partner {
    Partner::new(
        id,
        Slug::parse(slug).expect("is a slug"),
        Name::parse(slug).expect("is a name"),
        Timestamp::from_seconds(1),
    )
}

fn tenant(id: TenantId, slug: &str, partner: Option<PartnerId>) -> Tenant {
    Tenant { partner, ..super::tenant(id, slug, Timestamp::from_seconds(1)) }
}
