//! Fills the default tenant of a registry with applications, integrations and
//! people who have to do with each other: `seed_graph DATABASE APPLICATIONS
//! INTEGRATIONS USERS`. `cargo xtask bench` measures with it who comes to what.
//!
//! Every application reaches five integrations and is assigned to one of fifty
//! groups and to as many users as there are for each; every user is in one of
//! the groups, and connected with one of the integrations.

use std::time::{SystemTime, UNIX_EPOCH};

use appkeep_domain::integration::{AuthMode, Capabilities, Category, Integration, IntegrationUrl};
use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationKind, ApplicationState, Assignment, Clock, Directory,
    DirectoryOf, Email, Group, Id, IdKind, Ids, Membership, Name, OauthFacet, Owner, PasswordPolicy, Slug,
    Subject, Tenant, Timestamp, User, UserPool, UserStatus, Within,
};
use appkeep_keys::SystemEntropy;
use appkeep_oauth::ScopeSet;
use appkeep_storage::{
    Database, Durability, LinkedAccount, SealedLink, SecretEdits, StorageError, Store, WriteTx,
};

const GROUPS: usize = 50;
const REACHED: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, applications, integrations, users] = arguments.as_slice() else {
        panic!("usage: seed_graph DATABASE APPLICATIONS INTEGRATIONS USERS")
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    // Nobody relies on what a seeder was writing when the power failed.
    let database = Database::Sqlite { path: path.into(), durability: Durability::Off };
    let store = Store::open(database).expect("a database");
    let slug = Slug::parse("default").expect("is a slug");
    let found = store.read().await.expect("readable").tenant_by_slug(Within::Platform, &slug).await;
    let tenant = found.expect("readable").expect("a tenant: run `appkeep bootstrap` first");
    let seeder = Seeder { tenant, ids: Ids::new(), entropy: SystemEntropy::new() };
    let drafts = seeder.draft(number(applications), number(integrations), number(users));
    let write = async move |tx: &mut WriteTx| write(tx, &drafts).await;
    store.write(write).await.expect("what is new can be written");
}

struct Seeder {
    tenant: Tenant,
    ids: Ids,
    entropy: SystemEntropy,
}

/// Everything, made before the transaction.
struct Drafts {
    tenant: Tenant,
    directory: Directory,
    applications: Vec<Application>,
    integrations: Vec<Integration>,
    users: Vec<User>,
    groups: Vec<Group>,
}

impl Seeder {
    fn draft(&self, applications: usize, integrations: usize, users: usize) -> Drafts {
        let at = Wall.now();
        let directory = Directory {
            id: self.make_id(),
            owner: Owner::Tenant(self.tenant.id),
            of: DirectoryOf::Tenant,
            policy: PasswordPolicy::DEFAULT,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        Drafts {
            tenant: self.tenant.clone(),
            applications: (0..applications).map(|number| self.application(number, at)).collect(),
            integrations: (0..integrations).map(|number| self.integration(number, at)).collect(),
            users: (0..users).map(|number| self.user(&directory, number, at)).collect(),
            groups: (0..GROUPS).map(|number| self.group(&directory, number, at)).collect(),
            directory,
        }
    }

    fn application(&self, number: usize, at: Timestamp) -> Application {
        Application {
            id: self.make_id(),
            owner: Owner::Tenant(self.tenant.id),
            kind: ApplicationKind::M2m,
            user_pool: UserPool::Tenant,
            made_by: None,
            public_key: None,
            slug: Slug::parse(&format!("application-{number}")).expect("is a slug"),
            name: name("Application", number),
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
            created_at: at,
            updated_at: at,
        }
    }

    fn integration(&self, number: usize, at: Timestamp) -> Integration {
        Integration {
            id: self.make_id(),
            tenant: self.tenant.id,
            name: name("Integration", number),
            url: IntegrationUrl::parse(&format!("https://mcp-{number}.example/mcp")).expect("is a URL"),
            category: Category::GatewayRemoteMcp,
            auth: AuthMode::UserToken,
            scopes: ScopeSet::default(),
            provider: None,
            issuer: None,
            credential_schema: None,
            capabilities: Capabilities::default(),
            has_server_token: false,
            client: None,
            validation: None,
            generation: 1,
            version: Integration::FIRST_VERSION,
            created_by: Actor { kind: ActorKind::System, id: "system".to_owned() },
            created_at: at,
            updated_at: at,
            archived_at: None,
        }
    }

    fn user(&self, directory: &Directory, number: usize, at: Timestamp) -> User {
        User {
            id: self.make_id(),
            directory: directory.id,
            email: Email::parse(&format!("user-{number}@example.com")).expect("is an address"),
            email_verified_at: Some(at),
            username: None,
            phone: None,
            name: Some(name("User", number)),
            given_name: None,
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

    fn group(&self, directory: &Directory, number: usize, at: Timestamp) -> Group {
        Group {
            id: self.make_id(),
            directory: directory.id,
            name: name("Group", number),
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

fn name(what: &str, number: usize) -> Name {
    Name::parse(&format!("{what} {number}")).expect("is a name")
}

async fn write(tx: &mut WriteTx, drafts: &Drafts) -> Result<(), StorageError> {
    let within = Within::Tenant(drafts.tenant.id);
    let directory = tx.tenant_directory_or_insert(within, &drafts.directory).await?;
    for group in &drafts.groups {
        tx.insert_group(within, &directory, &Group { directory: directory.id, ..group.clone() }).await?;
    }
    for user in &drafts.users {
        tx.insert_user(within, &directory, &User { directory: directory.id, ..user.clone() }).await?;
    }
    for integration in &drafts.integrations {
        tx.insert_integration(within, integration, &SecretEdits::default()).await?;
    }
    for application in &drafts.applications {
        tx.insert_application(within, application).await?;
    }
    tie_people(tx, drafts, &directory).await?;
    tie_applications(tx, drafts, &directory).await
}

async fn tie_people(tx: &mut WriteTx, drafts: &Drafts, directory: &Directory) -> Result<(), StorageError> {
    let (within, at) = (Within::Tenant(drafts.tenant.id), drafts.directory.created_at);
    let link = SealedLink { data_key_version: 1, sealed: vec![0; 64] };
    for (number, user) in drafts.users.iter().enumerate() {
        let group = drafts.groups[number % GROUPS].id;
        let membership = Membership { group, user: user.id, added_at: at };
        tx.add_group_user(within, directory, &membership).await?;
        let account = LinkedAccount {
            integration: drafts.integrations[number % drafts.integrations.len()].id,
            tenant: drafts.tenant.id,
            generation: 1,
            directory: directory.id,
            user: user.id,
            is_refreshable: false,
            expires_at: None,
            refused_at: None,
            refreshing_until: None,
            version: 1,
            connected_by: None,
            connected_at: at,
            updated_at: at,
        };
        tx.put_linked_account(within, &account, &link).await?;
    }
    Ok(())
}

async fn tie_applications(
    tx: &mut WriteTx,
    drafts: &Drafts,
    directory: &Directory,
) -> Result<(), StorageError> {
    let (within, at) = (Within::Tenant(drafts.tenant.id), drafts.directory.created_at);
    let (applications, integrations) = (&drafts.applications, &drafts.integrations);
    for (number, application) in applications.iter().enumerate() {
        for reached in 0..REACHED.min(integrations.len()) {
            let integration = integrations[(number + reached) % integrations.len()].id;
            tx.attach_integration(within, application, (integration, at)).await?;
        }
        let groups = std::iter::once(Subject::Group(drafts.groups[number % GROUPS].id));
        let users = drafts.users.iter().skip(number).step_by(applications.len());
        for subject in groups.chain(users.map(|user| Subject::User(user.id))) {
            let assignment =
                Assignment { application: application.id, directory: directory.id, subject, created_at: at };
            tx.assign(within, (application, directory), &assignment).await?;
        }
    }
    Ok(())
}

fn oauth() -> OauthFacet {
    let kind = ApplicationKind::M2m;
    OauthFacet {
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        allowed_origins: Vec::new(),
        allowed_scopes: ScopeSet::parse("gateway:access mcp:invoke").expect("are scopes"),
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
        assignment_required: true,
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
