//! The first tenant, and the credentials that the registry is managed with.

mod set_up;

use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationKind, AuditEntry, Caller, Directory, DirectoryOf, Email,
    Ending, Failing, KeptPassword, Level, LinkPurpose, MANAGEMENT_SCOPES, Name, OIDC_SCOPES, OperatorId,
    Owner, PasswordPolicy, RedirectUri, Role, RoleGrant, Slug, Tenant, TenantId, Timestamp, User, UserStatus,
    Within,
};
use appkeep_keys::{NewSecret, generate_password};
use appkeep_oauth::{ClientAuthMethod, GrantType};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

pub use self::set_up::SetUpLink;

use crate::by::{By, Mount};
use crate::error::{Error, ErrorCode};
use crate::people::blank_user;
use crate::registry::{ApplicationFields, ApplicationUpdate, Edit, Expected, Purpose, Registry};
use crate::surface::Surface;

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
    /// With which they choose one instead, if it was asked for and they have none.
    pub link: Option<SetUpLink>,
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

const TENANT_NAME: &str = "Default";
const OPERATOR_EMAIL: &str = "admin@localhost";
const CLIENT_NAME: &str = "Appkeep management";
const CONSOLE_NAME: &str = "Appkeep console";

impl Registry {
    /// The tenant whose issuer is the public URL; made when it is missing.
    pub async fn ensure_default_tenant(&self) -> Result<Tenant, Error> {
        let slug = Slug::parse(Tenant::DEFAULT_SLUG).expect("is a slug");
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
    /// refused from now on; the console is signed in to again, if there is one.
    pub async fn bootstrap(&self, reset: bool) -> Result<Bootstrapped, Error> {
        let tenant = self.ensure_default_tenant().await?;
        let by = self.by_system(tenant.id);
        let operator = self.bootstrap_operator(&by, reset).await?;
        let native = self.bootstrap_client(&by, reset).await?;
        if reset {
            self.reset_console(&by).await?;
        }
        Ok(Bootstrapped { operator, native })
    }

    /// The same, where the operator chooses a password by a one-time link, unless
    /// there is one already.
    pub async fn bootstrap_by_link(&self) -> Result<Bootstrapped, Error> {
        let tenant = self.ensure_default_tenant().await?;
        let link = self.set_up_link().await?;
        let operator = OperatorAccess { email: OPERATOR_EMAIL.to_owned(), password: None, link };
        let native = self.bootstrap_client(&self.by_system(tenant.id), false).await?;
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

    /// The application that operators sign in to: the console at `public_url`,
    /// or a program on their own machine (RFC 8252 §7.3). Made when it is
    /// missing, and told of a public URL that it does not know yet. It is public,
    /// so that there is no secret to tell.
    pub async fn ensure_console(&self, public_url: &str) -> Result<String, Error> {
        let tenant = self.ensure_default_tenant().await?;
        let by = self.by_system(tenant.id);
        if let Some(known) = self.console_client(&by).await? {
            return self.console_at(&by, known, public_url).await;
        }
        let kind = ApplicationKind::Native.as_str();
        match self.create_for(&by, Purpose::Console, kind, console(public_url)).await {
            Ok(created) => Ok(created.view.application.id.to_string()),
            // Another process was quicker.
            Err(error) if error.code() == ErrorCode::PreconditionFailed => {
                let known = self.console_client(&by).await?.ok_or(error)?;
                self.console_at(&by, known, public_url).await
            }
            Err(error) => Err(error),
        }
    }

    /// Nobody is sent back to an address that is not registered, such as that of
    /// a server that has moved. Where else it is, it stays.
    async fn console_at(&self, by: &By, mut known: Application, public_url: &str) -> Result<String, Error> {
        let id = known.id.to_string();
        while let Some(fields) = unknown_to(&known, public_url) {
            let expected = Expected::OneOf(vec![known.version]);
            let update = ApplicationUpdate { expected, fields, ..ApplicationUpdate::default() };
            match self.update_application(by, &id, update).await {
                Ok(_) => break,
                // Somebody else changed it meanwhile, perhaps to the same.
                Err(error) if error.code() == ErrorCode::PreconditionFailed => {
                    let same = self.console_client(by).await?.filter(|found| found.id == known.id);
                    known = same.ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(id)
    }

    /// Whatever was done to it, operators sign in to it again.
    async fn reset_console(&self, by: &By) -> Result<(), Error> {
        let Some(known) = self.console_client(by).await? else { return Ok(()) };
        let id = known.id.to_string();
        self.grant(by, &id, console_as_made()).await?;
        self.restore_application(by, &id).await?;
        self.enable_application(by, &id).await.map(drop)
    }

    async fn console_client(&self, by: &By) -> Result<Option<Application>, Error> {
        let mut tx = self.store().read().await?;
        let Some(id) = tx.console_application(by.within(), by.tenant).await? else { return Ok(None) };
        let found = tx.application(by.within(), id).await?;
        Ok(found.filter(|found| found.is_there(self.now())))
    }

    async fn bootstrap_operator(&self, by: &By, reset: bool) -> Result<OperatorAccess, Error> {
        let email = Email::parse(OPERATOR_EMAIL).expect("is an address");
        let access = |password| OperatorAccess { email: email.as_str().to_owned(), password, link: None };
        if !reset && self.is_set_up(&email).await? {
            return Ok(access(None));
        }
        let password = generate_password(&*self.entropy());
        let kept = KeptPassword { hash: self.hash_password(password.clone()).await?, changed_at: self.now() };
        let made = self.draft_operator(&email);
        let entry = self.operator_entry(by);
        let write = async move |tx: &mut WriteTx| write_operator(tx, (&made, &kept), (&entry, reset)).await;
        // Another process may have been quicker, and shows the password.
        let is_new = self.store().write(write).await?;
        Ok(access(is_new.then_some(password)))
    }

    async fn is_set_up(&self, email: &Email) -> Result<bool, Error> {
        let mut tx = self.store().read().await?;
        let Some(directory) = tx.tenant_directory(Within::Platform, Owner::Global).await? else {
            return Ok(false);
        };
        match tx.user_by_email(Within::Platform, &directory, email).await? {
            Some(known) => Ok(is_taken(&mut tx, &directory, &known).await?),
            None => Ok(false),
        }
    }

    fn draft_tenant(&self, slug: Slug) -> Tenant {
        let id: TenantId = self.make_id();
        let now = self.now();
        Tenant::new(id, slug, Name::parse(TENANT_NAME).expect("is a name"), now)
    }

    /// A user of the platform's directory, and that in case there is none yet.
    fn draft_operator(&self, email: &Email) -> FirstOperator {
        let now = self.now();
        let directory = Directory {
            id: self.make_id(),
            owner: Owner::Global,
            of: DirectoryOf::Tenant,
            policy: PasswordPolicy::DEFAULT,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let user = User { email: email.clone(), ..blank_user(self.make_id(), directory.id, now) };
        FirstOperator { directory, user }
    }

    /// Operators of the platform are told of in the platform's own history.
    fn operator_entry(&self, by: &By) -> AuditEntry {
        let id: appkeep_domain::AuditEntryId = self.make_id();
        AuditEntry {
            id,
            owner: Owner::Global,
            occurred_at: id.made_at(),
            actor: Actor { kind: ActorKind::System, ..by.actor() },
            action: "operator.created".to_owned(),
            application: None,
            before: None,
            after: Some(json!({ "email": OPERATOR_EMAIL }).to_string()),
            request_id: by.request_id.to_string(),
            address: None,
            personal: None,
        }
    }

    fn by_system(&self, tenant: TenantId) -> By {
        By {
            caller: Caller::System,
            tenant,
            partner: None,
            mount: Mount::Root,
            request_id: self.make_id(),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        }
    }
}

/// An operator as they would be written if there were none of this address.
struct FirstOperator {
    directory: Directory,
    user: User,
}

impl FirstOperator {
    async fn insert(
        &self,
        tx: &mut WriteTx,
        directory: &Directory,
        entry: &AuditEntry,
    ) -> Result<User, StorageError> {
        let within = Within::Platform;
        let user = User { directory: directory.id, ..self.user.clone() };
        tx.insert_user(within, directory, &user).await?;
        tx.insert_role(within, OperatorId::from_bytes(user.id.as_bytes()), OWNER).await?;
        tx.insert_audit_entry(within, entry).await?;
        Ok(user)
    }
}

const OWNER: RoleGrant = RoleGrant { role: Role::Owner, at: Level::Platform };

/// Whether the account is somebody's: one that was made for a link, and that
/// nobody followed, is not.
async fn is_taken(tx: &mut ReadTx, directory: &Directory, user: &User) -> Result<bool, StorageError> {
    Ok(!user.may_sign_in() || tx.password(Within::Platform, directory, user.id).await?.is_some())
}

/// Whether the password counts: there was no operator who had one, or they were
/// to be reset.
async fn write_operator(
    tx: &mut WriteTx,
    (made, password): (&FirstOperator, &KeptPassword),
    (entry, reset): (&AuditEntry, bool),
) -> Result<bool, StorageError> {
    let within = Within::Platform;
    let directory = tx.tenant_directory_or_insert(within, &made.directory).await?;
    let user = match tx.user_by_email(within, &directory, &made.user.email).await? {
        Some(known) => {
            if !reset && is_taken(tx, &directory, &known).await? {
                return Ok(false);
            }
            let user = reopen(tx, &directory, known, entry.occurred_at).await?;
            tx.insert_role(within, OperatorId::from_bytes(user.id.as_bytes()), OWNER).await?;
            let action = "operator.password_reset".to_owned();
            tx.insert_audit_entry(within, &AuditEntry { action, ..entry.clone() }).await?;
            user
        }
        None => made.insert(tx, &directory, entry).await?,
    };
    tx.set_password(within, &directory, user.id, password).await?;
    Ok(true)
}

/// Whatever was done to the operator, they can sign in again, and nobody else
/// is signed in as them.
async fn reopen(
    tx: &mut WriteTx,
    directory: &Directory,
    mut user: User,
    now: Timestamp,
) -> Result<User, StorageError> {
    let within = Within::Platform;
    if !user.may_sign_in() {
        user.status = UserStatus::Active;
        user.version += 1;
        user.updated_at = now;
        tx.update_user(within, directory, &user).await?;
    }
    tx.end_sessions_of_user(within, directory, user.id, Ending::at(now)).await?;
    tx.delete_links_of(within, directory, user.id, LinkPurpose::ResetPassword).await?;
    tx.delete_lockout(within, directory, Failing::Account(user.id)).await?;
    Ok(user)
}

fn console(public_url: &str) -> ApplicationFields {
    let [callback, home] = console_uris(public_url);
    ApplicationFields {
        name: Some(CONSOLE_NAME.to_owned()),
        redirect_uris: Some(vec![callback, "http://127.0.0.1/callback".to_owned()]),
        post_logout_redirect_uris: Some(vec![home]),
        allowed_scopes: Some(console_scopes()),
        ..ApplicationFields::default()
    }
}

/// Where a sign-in to the console comes back to, and a sign-out.
fn console_uris(public_url: &str) -> [String; 2] {
    let home = public_url.trim_end_matches('/');
    [format!("{home}/console/callback"), format!("{home}/console")]
}

/// What operators sign in to may do all that they may.
fn console_scopes() -> Vec<String> {
    OIDC_SCOPES.iter().chain(&MANAGEMENT_SCOPES).map(|&scope| scope.to_owned()).collect()
}

/// What is to be added to the console, to be at `public_url` too.
fn unknown_to(console: &Application, public_url: &str) -> Option<ApplicationFields> {
    let facet = console.oauth.as_ref()?;
    let with = |known: &[RedirectUri], uri: String| -> Option<Vec<String>> {
        let is_new = known.iter().all(|known| known.as_str() != uri);
        is_new.then(|| known.iter().map(ToString::to_string).chain([uri]).collect())
    };
    let [callback, home] = console_uris(public_url);
    let redirect_uris = with(&facet.redirect_uris, callback);
    let post_logout_redirect_uris = with(&facet.post_logout_redirect_uris, home);
    if redirect_uris.is_none() && post_logout_redirect_uris.is_none() {
        return None;
    }
    Some(ApplicationFields { redirect_uris, post_logout_redirect_uris, ..ApplicationFields::default() })
}

/// The way the console was when it was made, but for where it is.
fn console_as_made() -> ApplicationFields {
    let grants = ApplicationKind::Native.default_grant_types();
    ApplicationFields {
        expires_at: Edit::Clear,
        allowed_scopes: Some(console_scopes()),
        grant_types: Some(grants.iter().map(|grant| grant.as_str().to_owned()).collect()),
        assignment_required: Some(false),
        ..ApplicationFields::default()
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
