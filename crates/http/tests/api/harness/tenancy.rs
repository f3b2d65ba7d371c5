//! Partners, other tenants, and applications at each level, straight into the
//! database.

use appkeep_domain::{
    Application, Caller, Clock as _, Credential, CredentialClass, CredentialId, CredentialOrigin, Ids, Name,
    Owner, Partner, PartnerId, RequestId, Slug, Tenant, TenantId, Within,
};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_service::{ApplicationFields, By, Mount, Surface};
use appkeep_storage::WriteTx;

use super::{ALL_SCOPES, TestApp, User, tenant};

/// A tenant beside the default one, with an application that may do everything
/// in it.
pub(crate) struct Below {
    pub(crate) id: TenantId,
    /// Where its address begins, from the public URL on.
    pub(crate) path: String,
    management: (String, String),
}

impl TestApp {
    pub(crate) async fn partner(&self, slug: &str) -> PartnerId {
        let (id, name) = (self.make_id(), Name::parse(slug).expect("is a name"));
        let partner = Partner::new(id, Slug::parse(slug).expect("is a slug"), name, self.clock.now());
        let id = partner.id;
        let insert = async move |tx: &mut WriteTx| tx.insert_partner(Within::Platform, &partner).await;
        self.store.write(insert).await.expect("is new");
        id
    }

    /// Without keys: they are made when they are needed.
    pub(crate) async fn tenant_of(&self, partner: Option<PartnerId>, slug: &str) -> Below {
        let tenant = Tenant { partner, ..tenant(self.make_id(), slug, self.clock.now()) };
        let id = tenant.id;
        let insert = async move |tx: &mut WriteTx| tx.insert_tenant(Within::Platform, &tenant).await;
        self.store.write(insert).await.expect("is new");
        let by = by_system(id);
        let scopes = ALL_SCOPES.split(' ').map(str::to_owned).collect();
        let fields = ApplicationFields {
            name: Some("Management".to_owned()),
            allowed_scopes: Some(scopes),
            ..ApplicationFields::default()
        };
        let created = self.registry.create_application(&by, "m2m", fields).await.expect("is made");
        let secret = created.client_secret.expect("is new").expose().to_owned();
        let management = (created.view.application.id.to_string(), secret);
        Below { id, path: format!("/t/{slug}"), management }
    }

    /// A machine of whoever owns it: its client id and its secret.
    pub(crate) async fn machine_of(&self, owner: Owner) -> (String, String) {
        let fields = ApplicationFields {
            name: Some("Machine".to_owned()),
            allowed_scopes: Some(ALL_SCOPES.split(' ').map(str::to_owned).collect()),
            ..ApplicationFields::default()
        };
        self.application_of(owner, "m2m", fields).await
    }

    /// Any application of whoever owns it.
    pub(crate) async fn application_of(
        &self,
        owner: Owner,
        kind: &str,
        fields: ApplicationFields,
    ) -> (String, String) {
        let by = by_system(self.tenant);
        let model = self.registry.create_application(&by, kind, fields).await.expect("is made");
        let model = model.view.application;
        // The model's owner may be the same, and has its slug.
        let slug = Slug::suggest(&model.name, Some(&model.id.to_string().to_ascii_lowercase()[20..]));
        let application = Application { id: self.make_id(), owner, slug, ..model };
        let (id, secret) = (application.id, NewSecret::generate("ias_", &SystemEntropy::new()));
        let credential = self.credential(&secret);
        let insert = async move |tx: &mut WriteTx| {
            tx.insert_application(owner.within(), &application).await?;
            tx.insert_credential(owner.within(), application.id, &credential).await
        };
        self.store.write(insert).await.expect("is new");
        (id.to_string(), secret.expose().to_owned())
    }

    /// Somebody whose token opens everything in the tenant, at its address.
    pub(crate) async fn full_at(&self, tenant: &Below) -> User<'_> {
        let (id, secret) = &tenant.management;
        let form = format!("grant_type=client_credentials&scope={}", ALL_SCOPES.replace(' ', "+"));
        let answer = self.client(id, secret).at(&tenant.path).form("/oauth2/token", &form).await;
        self.bearing(answer.ok()["access_token"].as_str().expect("a token")).at(&tenant.path)
    }

    fn credential(&self, secret: &NewSecret) -> Credential {
        let id: CredentialId = self.make_id();
        Credential {
            id,
            class: CredentialClass::ClientSecret,
            origin: CredentialOrigin::Rotation,
            name: None,
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            created_at: self.clock.now(),
            created_by: None,
            expires_at: None,
            revoked_at: None,
        }
    }

    fn make_id<K: appkeep_domain::IdKind>(&self) -> appkeep_domain::Id<K> {
        Ids::new().make(&self.clock, &SystemEntropy::new())
    }
}

impl Below {
    /// The client id and the secret of the application that may do everything.
    pub(crate) fn management(&self) -> (&str, &str) {
        (&self.management.0, &self.management.1)
    }
}

fn by_system(tenant: TenantId) -> By {
    let request_id = RequestId::from_bytes([6; 16]);
    By {
        caller: Caller::System,
        tenant,
        partner: None,
        mount: Mount::Root,
        request_id,
        address: None,
        surface: Surface::Native,
        attempt: None,
        key: None,
    }
}
