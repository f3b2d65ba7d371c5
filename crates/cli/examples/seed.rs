//! Fills a registry with applications, straight through the store: `seed
//! DATABASE COUNT [SECRETS]`. `cargo xtask bench` starts with it.
//!
//! The registry has had its first tenant already. Where a third argument names
//! a file, it gets a line for each application: its id, its secret, and the
//! algorithm of its tokens.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Clock, Credential, CredentialClass,
    CredentialOrigin, Id, IdKind, Ids, Name, OauthFacet, Owner, SigningAlgorithm, Slug, Tag, TenantId,
    Timestamp, UserPool, Within,
};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{Database, Durability, StorageError, Store, WriteTx};

/// Applications of one transaction.
const TOGETHER: usize = 1_000;
/// How many of all have the rare word in their name, however many there are.
const RARE: usize = 7;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, count, secrets @ ..] = arguments.as_slice() else {
        panic!("usage: seed DATABASE COUNT [SECRETS]")
    };
    let count: usize = count.parse().expect("a number of applications");
    let secrets =
        secrets.first().map(|file| BufWriter::new(File::create(file).expect("a file for the secrets")));
    // Nobody relies on what a seeder was writing when the power failed.
    let database = Database::Sqlite { path: path.into(), durability: Durability::Off };
    let store = Store::open(database).expect("a database");
    let slug = Slug::parse("default").expect("is a slug");
    let found = store.read().await.expect("readable").tenant_by_slug(Within::Platform, &slug).await;
    let tenant = found.expect("readable").expect("a tenant: run `appkeep bootstrap` first").id;
    Seeder { store, tenant, ids: Ids::new(), entropy: SystemEntropy::new(), secrets }.seed(count).await;
}

struct Seeder {
    store: Store,
    tenant: TenantId,
    ids: Ids,
    entropy: SystemEntropy,
    secrets: Option<BufWriter<File>>,
}

impl Seeder {
    async fn seed(mut self, count: usize) {
        for first in (0..count).step_by(TOGETHER) {
            let together = first..count.min(first + TOGETHER);
            let drafts = together.map(|number| self.draft(number, count)).collect();
            self.write(Arc::new(drafts)).await.expect("an application that is new can be written");
            say(first + TOGETHER, count);
        }
        if let Some(mut secrets) = self.secrets {
            secrets.flush().expect("room for the secrets");
        }
    }

    async fn write(&self, drafts: Arc<Vec<(Application, Credential)>>) -> Result<(), StorageError> {
        let within = Within::Tenant(self.tenant);
        let write = async move |tx: &mut WriteTx| {
            for (application, credential) in drafts.iter() {
                tx.insert_application(within, application).await?;
                tx.insert_credential(within, application.id, credential).await?;
            }
            Ok(())
        };
        self.store.write(write).await
    }

    fn draft(&mut self, number: usize, count: usize) -> (Application, Credential) {
        let application = self.application(number, count);
        let secret = NewSecret::generate("ias_", &self.entropy);
        if let Some(secrets) = &mut self.secrets {
            let algorithm = algorithm(number).as_str();
            writeln!(secrets, "{} {} {algorithm}", application.id, secret.expose())
                .expect("room for the secrets");
        }
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
        (application, credential)
    }

    fn application(&self, number: usize, count: usize) -> Application {
        let id: ApplicationId = self.make_id();
        let is_rare = number.is_multiple_of(count.div_ceil(RARE));
        let kind = ApplicationKind::M2m;
        let name = format!("{} {} {number}", word(number), if is_rare { "zanzibar" } else { "service" });
        let name = Name::parse(&name).expect("is a name");
        Application {
            id,
            owner: Owner::Tenant(self.tenant),
            kind,
            user_pool: UserPool::Tenant,
            made_by: None,
            public_key: None,
            slug: Slug::suggest(&name, None),
            name,
            description: Some("Collects and settles what the others have measured".to_owned()),
            logo_url: None,
            tags: vec![Tag::parse("production").expect("is a tag")],
            state: ApplicationState::Enabled,
            archived_at: None,
            expires_at: None,
            oauth: Some(oauth(kind, algorithm(number))),
            saml: None,
            access: None,
            version: 1,
            created_at: id.made_at(),
            updated_at: id.made_at(),
        }
    }

    fn make_id<K: IdKind>(&self) -> Id<K> {
        self.ids.make(&Wall, &self.entropy)
    }
}

fn oauth(kind: ApplicationKind, algorithm: SigningAlgorithm) -> OauthFacet {
    OauthFacet {
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        allowed_origins: Vec::new(),
        allowed_scopes: ScopeSet::parse("applications:read").expect("is a scope"),
        audience: None,
        allowed_resources: Vec::new(),
        access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
        refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
        refresh_token_max_age: OauthFacet::MAX_REFRESH_TOKEN_MAX_AGE,
        grant_types: kind.default_grant_types(),
        auth_method: kind.auth_methods()[0],
        client_keys: None,
        require_pkce: true,
        access_token_signing_alg: Some(algorithm),
        id_token_signing_alg: None,
        first_party: true,
        assignment_required: false,
    }
}

/// Each in turn, so that every algorithm has its clients.
fn algorithm(number: usize) -> SigningAlgorithm {
    SigningAlgorithm::ALL[number % SigningAlgorithm::ALL.len()]
}

/// The first of the three is the common word: a third of all have it.
fn word(number: usize) -> &'static str {
    ["billing", "reporting", "inventory"][number / 3 % 3]
}

#[expect(clippy::print_stderr, reason = "says how far it is")]
fn say(written: usize, count: usize) {
    if written.is_multiple_of(100_000) {
        eprintln!("{written} of {count} applications");
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
