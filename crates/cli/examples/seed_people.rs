//! Fills a registry with tenants whose people may use one application of the
//! platform: `seed_people DATABASE TENANTS USERS SECRETS`, users in each.
//! `cargo xtask bench` measures with it who may use that application.
//!
//! Every tenant has a group that is assigned and five groups in it, to one of
//! which each user belongs. The file gets one line: the application's id and
//! its secret.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use appkeep_domain::{
    Application, ApplicationKind, ApplicationState, Assignment, Clock, Credential, CredentialClass,
    CredentialOrigin, Directory, DirectoryId, DirectoryOf, Email, Group, GroupId, Id, IdKind, Ids,
    Membership, Name, Nesting, OauthFacet, Owner, PasswordPolicy, Slug, Subject, Tenant, TenantId, Timestamp,
    User, UserPool, UserStatus, Within,
};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{Database, Durability, StorageError, Store, WriteTx};

/// Groups in the one that is assigned.
const INNER: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, tenants, users, secrets] = arguments.as_slice() else {
        panic!("usage: seed_people DATABASE TENANTS USERS SECRETS")
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    let (tenants, users) = (number(tenants), number(users));
    // Nobody relies on what a seeder was writing when the power failed.
    let database = Database::Sqlite { path: path.into(), durability: Durability::Off };
    let store = Store::open(database).expect("a database");
    let slug = Slug::parse("default").expect("is a slug");
    let found = store.read().await.expect("readable").tenant_by_slug(Within::Platform, &slug).await;
    let like = found.expect("readable").expect("a tenant: run `appkeep bootstrap` first");
    let seeder = Seeder { store, like, ids: Ids::new(), entropy: SystemEntropy::new() };
    let (application, secret) = seeder.application().await;
    for number in 0..tenants {
        seeder.tenant(number, users, application.clone()).await.expect("a tenant that is new can be written");
    }
    fs::write(secrets, format!("{} {}", application.id, secret.expose())).expect("a file for the secret");
}

struct Seeder {
    store: Store,
    /// What every tenant is made after.
    like: Tenant,
    ids: Ids,
    entropy: SystemEntropy,
}

/// A tenant with all its people, made before the transaction.
struct Drafts {
    tenant: Tenant,
    directory: Directory,
    users: Vec<User>,
    /// The one that is assigned, and those in it.
    groups: Vec<Group>,
}

impl Seeder {
    async fn application(&self) -> (Application, NewSecret) {
        let name = Name::parse("Directory sync").expect("is a name");
        let id = self.make_id();
        let application = Application {
            id,
            owner: Owner::Global,
            kind: ApplicationKind::M2m,
            user_pool: UserPool::Tenant,
            made_by: None,
            public_key: None,
            slug: Slug::suggest(&name, None),
            name,
            description: None,
            logo_url: None,
            tags: Vec::new(),
            state: ApplicationState::Enabled,
            archived_at: None,
            expires_at: None,
            oauth: Some(oauth()),
            saml: None,
            access: None,
            version: 1,
            created_at: id.made_at(),
            updated_at: id.made_at(),
        };
        let secret = NewSecret::generate("ias_", &self.entropy);
        let credential = Credential {
            id: self.make_id(),
            class: CredentialClass::ClientSecret,
            origin: CredentialOrigin::Rotation,
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            name: None,
            created_at: application.created_at,
            created_by: None,
            expires_at: None,
            revoked_at: None,
        };
        let made = application.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.insert_application(Within::Platform, &made).await?;
            tx.insert_credential(Within::Platform, made.id, &credential).await
        };
        self.store.write(write).await.expect("an application that is new can be written");
        (application, secret)
    }

    async fn tenant(
        &self,
        number: usize,
        users: usize,
        application: Application,
    ) -> Result<(), StorageError> {
        let drafts = self.draft(number, users);
        let write = async move |tx: &mut WriteTx| write(tx, &drafts, &application).await;
        self.store.write(write).await
    }

    fn draft(&self, number: usize, users: usize) -> Drafts {
        let id: TenantId = self.make_id();
        let at = id.made_at();
        let tenant = Tenant {
            id,
            slug: Slug::parse(&format!("tenant-{number}")).expect("is a slug"),
            name: Name::parse(&format!("Tenant {number}")).expect("is a name"),
            ..self.like.clone()
        };
        let directory = Directory {
            id: self.make_id(),
            owner: Owner::Tenant(id),
            of: DirectoryOf::Tenant,
            policy: PasswordPolicy::DEFAULT,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let users = (0..users).map(|number| self.user(directory.id, number, at)).collect();
        let groups = (0..=INNER).map(|number| self.group(directory.id, number, at)).collect();
        Drafts { tenant, directory, users, groups }
    }

    fn user(&self, directory: DirectoryId, number: usize, at: Timestamp) -> User {
        User {
            id: self.make_id(),
            directory,
            email: Email::parse(&format!("user-{number}@example.com")).expect("is an address"),
            email_verified_at: Some(at),
            username: None,
            phone: None,
            name: Some(Name::parse(&format!("User {number}")).expect("is a name")),
            given_name: Some(Name::parse("User").expect("is a name")),
            family_name: None,
            picture: None,
            locale: None,
            status: UserStatus::Active,
            metadata: appkeep_domain::Metadata::default(),
            custom_attributes: appkeep_domain::CustomAttributes::default(),
            last_sign_in_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn group(&self, directory: DirectoryId, number: usize, at: Timestamp) -> Group {
        let id: GroupId = self.make_id();
        Group {
            id,
            directory,
            name: Name::parse(&format!("Group {number}")).expect("is a name"),
            description: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn make_id<K: IdKind>(&self) -> Id<K> {
        self.ids.make(&Wall, &self.entropy)
    }
}

async fn write(tx: &mut WriteTx, drafts: &Drafts, application: &Application) -> Result<(), StorageError> {
    let Drafts { tenant, directory, users, groups } = drafts;
    let (within, at) = (Within::Tenant(tenant.id), directory.created_at);
    tx.insert_tenant(Within::Platform, tenant).await?;
    tx.insert_directory(within, directory).await?;
    for group in groups {
        tx.insert_group(within, directory, group).await?;
    }
    let (outer, inner) = groups.split_first().expect("there is at least one");
    for group in inner {
        let nesting = Nesting { parent: outer.id, child: group.id, added_at: at };
        tx.add_group_group(within, directory, &nesting).await?;
    }
    for (number, user) in users.iter().enumerate() {
        tx.insert_user(within, directory, user).await?;
        let membership = Membership { group: inner[number % INNER].id, user: user.id, added_at: at };
        tx.add_group_user(within, directory, &membership).await?;
    }
    let assignment = Assignment {
        application: application.id,
        directory: directory.id,
        subject: Subject::Group(outer.id),
        created_at: at,
    };
    tx.assign(within, (application, directory), &assignment).await?;
    Ok(())
}

fn oauth() -> OauthFacet {
    let kind = ApplicationKind::M2m;
    OauthFacet {
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        allowed_origins: Vec::new(),
        allowed_scopes: ScopeSet::default(),
        audience: None,
        allowed_resources: Vec::new(),
        access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
        refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
        refresh_token_max_age: OauthFacet::MAX_REFRESH_TOKEN_MAX_AGE,
        grant_types: kind.default_grant_types(),
        auth_method: kind.auth_methods()[0],
        client_keys: None,
        require_pkce: true,
        access_token_signing_alg: None,
        id_token_signing_alg: None,
        first_party: true,
        assignment_required: false,
    }
}

struct Wall;

impl Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "what is seeded was made now")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("it is before the year 292,000"))
    }
}
