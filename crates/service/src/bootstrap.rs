//! The first tenant, and the credentials that the registry is managed with.

use appkeep_domain::{
    Actor, ActorKind, ApplicationKind, AuditEntry, Caller, Email, Level, MANAGEMENT_SCOPES, Name, Operator,
    OperatorId, Owner, RequestId, Role, RoleGrant, SigningAlgorithm, Slug, Tenant, TenantId, Within,
};
use appkeep_keys::{NewSecret, generate_password};
use appkeep_oauth::{ClientAuthMethod, GrantType};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::{ApplicationFields, ApplicationUpdate, Edit, Purpose, Registry};

/// Everything to manage the registry with.
#[derive(Debug)]
pub struct Bootstrapped {
    pub operator: OperatorAccess,
    pub native: ClientAccess,
}

/// The first person who administers.
pub struct OperatorAccess {
    pub email: String,
    /// Shown when it was made just now, and never again.
    pub password: Option<String>,
}

/// An application that holds every management scope.
#[derive(Debug)]
pub struct ClientAccess {
    pub client_id: String,
    /// Shown when it was made just now, and never again.
    pub client_secret: Option<NewSecret>,
}

impl std::fmt::Debug for OperatorAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorAccess").field("email", &self.email).finish_non_exhaustive()
    }
}

const TENANT_SLUG: &str = "default";
const TENANT_NAME: &str = "Default";
const OPERATOR_EMAIL: &str = "admin@localhost";
const CLIENT_NAME: &str = "Appkeep management";

impl Registry {
    /// The tenant whose issuer is the public URL; made when it is missing.
    pub async fn ensure_default_tenant(&self) -> Result<Tenant, Error> {
        let slug = Slug::parse(TENANT_SLUG).expect("is a slug");
        if let Some(tenant) = self.store().read().await?.tenant_by_slug(Within::Platform, &slug).await? {
            return Ok(tenant);
        }
        let fresh = self.draft_tenant(slug);
        let ensure = async move |tx: &mut WriteTx| -> Result<Tenant, StorageError> {
            // Another process may have been quicker.
            if let Some(tenant) = tx.tenant_by_slug(Within::Platform, &fresh.slug).await? {
                return Ok(tenant);
            }
            tx.insert_tenant(Within::Platform, &fresh).await?;
            Ok(fresh.clone())
        };
        Ok(self.store().write(ensure).await?)
    }

    /// Makes the first operator and the management application, those that are
    /// missing. With `reset` both get new secrets, and the ones before are
    /// refused from now on.
    pub async fn bootstrap(&self, reset: bool) -> Result<Bootstrapped, Error> {
        let tenant = self.ensure_default_tenant().await?;
        let request_id: RequestId = self.make_id();
        let by = By { caller: Caller::System, tenant: tenant.id, request_id, address: None, attempt: None };
        let operator = self.bootstrap_operator(&by, reset).await?;
        let native = self.bootstrap_client(&by, reset).await?;
        Ok(Bootstrapped { operator, native })
    }

    async fn bootstrap_client(&self, by: &By, reset: bool) -> Result<ClientAccess, Error> {
        let Some(client_id) = self.management_client(by).await? else { return self.create_client(by).await };
        if !reset {
            return Ok(ClientAccess { client_id, client_secret: None });
        }
        // Whatever was done to it or with it, it opens the registry again, and
        // nothing that it gave out before does.
        self.grant(by, &client_id, as_made()).await?;
        self.restore_application(by, &client_id).await?;
        self.enable_application(by, &client_id).await?;
        self.revoke_tokens(by, &client_id).await?;
        let rotated = self.rotate_secret(by, &client_id, Some(0)).await?;
        Ok(ClientAccess { client_id, client_secret: Some(rotated.client_secret) })
    }

    /// By its id as it was made: a name or a slug could be anybody's.
    async fn management_client(&self, by: &By) -> Result<Option<String>, Error> {
        let mut tx = self.store().read().await?;
        let Some(id) = tx.management_application(by.within(), by.tenant).await? else { return Ok(None) };
        let found = tx.application(by.within(), id).await?;
        Ok(found.filter(|found| found.is_there(self.now())).map(|found| found.id.to_string()))
    }

    async fn create_client(&self, by: &By) -> Result<ClientAccess, Error> {
        let fields = ApplicationFields { name: Some(CLIENT_NAME.to_owned()), ..everything() };
        let kind = ApplicationKind::M2m.as_str();
        match self.create_for(by, Purpose::Management, kind, fields).await {
            Ok(created) => Ok(ClientAccess {
                client_id: created.view.application.id.to_string(),
                client_secret: created.client_secret,
            }),
            // Another process was quicker, and shows the secret.
            Err(error) if error.code() == ErrorCode::PreconditionFailed => {
                let client_id = self.management_client(by).await?.ok_or(error)?;
                Ok(ClientAccess { client_id, client_secret: None })
            }
            Err(error) => Err(error),
        }
    }

    async fn grant(&self, by: &By, client_id: &str, fields: ApplicationFields) -> Result<(), Error> {
        let update = ApplicationUpdate { fields, ..ApplicationUpdate::default() };
        self.update_application(by, client_id, update).await.map(drop)
    }

    async fn bootstrap_operator(&self, by: &By, reset: bool) -> Result<OperatorAccess, Error> {
        let email = Email::parse(OPERATOR_EMAIL).expect("is an address");
        let found = self.store().read().await?.operator_by_email(Within::Platform, &email).await?;
        let access = |password| OperatorAccess { email: email.as_str().to_owned(), password };
        if found.is_some() && !reset {
            return Ok(access(None));
        }
        let password = generate_password(&*self.entropy());
        let hash = self.hash_password(password.clone()).await?.as_str().to_owned();
        match found {
            Some(operator) => self.reset_password(by, operator.id, hash).await?,
            // Another process may have been quicker, and shows the password.
            None if !self.create_operator(by, &email, hash).await? => return Ok(access(None)),
            None => {}
        }
        Ok(access(Some(password)))
    }

    /// Whether there was none of this address.
    async fn create_operator(&self, by: &By, email: &Email, hash: String) -> Result<bool, Error> {
        let entry = self.operator_entry(by, "operator.created");
        let operator = self.draft_operator(email, hash, &entry);
        let write = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            if tx.operator_by_email(Within::Platform, &operator.email).await?.is_some() {
                return Ok(false);
            }
            tx.insert_operator(Within::Platform, &operator).await?;
            tx.insert_audit_entry(Within::Platform, &entry).await?;
            Ok(true)
        };
        Ok(self.store().write(write).await?)
    }

    async fn reset_password(&self, by: &By, id: OperatorId, hash: String) -> Result<(), Error> {
        let entry = self.operator_entry(by, "operator.password_reset");
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.update_operator_password(Within::Platform, id, &hash, entry.occurred_at).await?;
            tx.insert_audit_entry(Within::Platform, &entry).await
        };
        Ok(self.store().write(write).await?)
    }

    fn draft_tenant(&self, slug: Slug) -> Tenant {
        let id: TenantId = self.make_id();
        let now = self.now();
        Tenant {
            id,
            partner: None,
            slug,
            name: Name::parse(TENANT_NAME).expect("is a name"),
            secret_rotation_overlap: Tenant::DEFAULT_SECRET_ROTATION_OVERLAP,
            access_token_signing_alg: SigningAlgorithm::Es256,
            logo_url: None,
            colour: None,
            created_at: now,
            updated_at: now,
            version: Tenant::FIRST_VERSION,
        }
    }

    fn draft_operator(&self, email: &Email, password_hash: String, entry: &AuditEntry) -> Operator {
        Operator {
            id: self.make_id(),
            email: email.clone(),
            password_hash,
            roles: vec![RoleGrant { role: Role::Owner, at: Level::Platform }],
            created_at: entry.occurred_at,
            updated_at: entry.occurred_at,
        }
    }

    /// Operators of the platform are told of in the platform's own history.
    fn operator_entry(&self, by: &By, action: &str) -> AuditEntry {
        let id: appkeep_domain::AuditEntryId = self.make_id();
        AuditEntry {
            id,
            owner: Owner::Global,
            occurred_at: id.made_at(),
            actor: Actor { kind: ActorKind::System, ..by.actor() },
            action: action.to_owned(),
            application: None,
            before: None,
            after: Some(json!({ "email": OPERATOR_EMAIL }).to_string()),
            request_id: by.request_id.to_string(),
            address: None,
            personal: None,
        }
    }
}

/// Everything that an application may do with the management API.
fn everything() -> ApplicationFields {
    ApplicationFields {
        allowed_scopes: Some(MANAGEMENT_SCOPES.map(str::to_owned).to_vec()),
        ..ApplicationFields::default()
    }
}

/// The way it was when it was made.
fn as_made() -> ApplicationFields {
    ApplicationFields {
        expires_at: Edit::Clear,
        grant_types: Some(vec![GrantType::ClientCredentials.as_str().to_owned()]),
        token_endpoint_auth_method: Some(ClientAuthMethod::ClientSecretBasic.as_str().to_owned()),
        jwks: Edit::Clear,
        jwks_uri: Edit::Clear,
        ..everything()
    }
}
