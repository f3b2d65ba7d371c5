//! What the tests of signing in begin with: Ada, who uses Billing.

use appkeep_domain::{
    Application, AuthMethod, AuthorizationCode, Directory, Grant, GrantId, Lifetime, Owner, RefreshFamily,
    SecretHash, SeenFrom, Session, SessionId, SignIn, SignInId, UserAgent, UserId, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{StorageError, Store, WriteTx};

use crate::given::{OURS, application, at, directory, people, user};

pub(crate) const OUR: Within = Within::Tenant(OURS);
pub(crate) const ADA: UserId = UserId::from_bytes([1; 16]);
pub(crate) const BOB: UserId = UserId::from_bytes([2; 16]);

/// Ada and Bob, and Billing (1) and Reporting (2).
pub(crate) async fn signed_in(store: &Store) -> (Directory, Application) {
    let (ada, bob) = (user(1, "ada@example.com"), user(2, "bob@example.com"));
    let ours = people(store, vec![ada, bob], Vec::new()).await;
    write(store, async |tx| {
        tx.insert_application(OUR, &billing()).await?;
        tx.insert_application(OUR, &reporting()).await
    })
    .await
    .expect("inserts");
    (ours, billing())
}

pub(crate) async fn write<T: Send + 'static>(
    store: &Store,
    body: impl AsyncFn(&mut WriteTx) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    store.write(body).await
}

pub(crate) fn billing() -> Application {
    Application { expires_at: None, ..application(1, "Billing") }
}

pub(crate) fn reporting() -> Application {
    Application { expires_at: None, ..application(2, "Reporting") }
}

pub(crate) fn hash(number: u8) -> SecretHash {
    SecretHash::from_bytes([number; 32])
}

pub(crate) fn seen_from() -> SeenFrom {
    SeenFrom { address: "192.0.2.7".parse().ok(), user_agent: UserAgent::of_header("Browser/1.0") }
}

/// Ada's; the secret has the same number. Until 100.
pub(crate) fn sign_in(number: u8) -> SignIn {
    SignIn {
        id: SignInId::from_bytes([number; 16]),
        directory: directory(OURS).id,
        user: ADA,
        secret: hash(number),
        authenticated_at: at(2),
        methods: vec![AuthMethod::Password],
        from: seen_from(),
        created_at: at(2),
        last_seen_at: at(3),
        expires_at: at(100),
        ended_at: None,
    }
}

/// Ada's with Billing, until 100.
pub(crate) fn session(number: u8) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        application: billing().id,
        directory: directory(OURS).id,
        user: ADA,
        sign_in: None,
        impersonation: None,
        from: seen_from(),
        created_at: at(2),
        last_seen_at: at(3),
        expires_at: at(100),
        ended_at: None,
    }
}

/// Of the session, until 60, for the grant of the same number.
pub(crate) fn code(number: u8, session: &Session) -> AuthorizationCode {
    AuthorizationCode {
        hash: hash(number),
        owner: session.owner,
        application: session.application,
        session: session.id,
        grant: GrantId::from_bytes([number; 16]),
        directory: session.directory,
        user: session.user,
        redirect_uri: Some("http://127.0.0.1:4711/cb".to_owned()),
        challenge: Some([9; 32]),
        scope: ScopeSet::parse("openid bills:read").expect("are scopes"),
        audience: vec!["https://api.billing.example".to_owned()],
        client_spelling: session.application.to_uuid(),
        nonce: Some("n-\"1\"".to_owned()),
        authenticated_at: at(2),
        methods: vec![AuthMethod::Password],
        created_at: at(4),
        expires_at: at(60),
        redeemed_at: None,
    }
}

/// Of the session, without refresh tokens.
pub(crate) fn grant(number: u8, session: &Session) -> Grant {
    Grant {
        id: GrantId::from_bytes([number; 16]),
        owner: session.owner,
        application: session.application,
        session: session.id,
        directory: session.directory,
        user: session.user,
        scope: ScopeSet::new(),
        audience: Vec::new(),
        client_spelling: session.application.to_string(),
        authenticated_at: at(2),
        methods: vec![AuthMethod::Password],
        created_at: at(5),
        family: None,
        ended_at: None,
    }
}

/// The same with a family: of key 100 and `number`, of newest token `number`.
pub(crate) fn grant_with_family(number: u8, session: &Session) -> Grant {
    let (ttl, max_age) = (Lifetime::from_seconds(60), Lifetime::from_seconds(100));
    let family = RefreshFamily::begin((hash(100 + number), hash(number)), (ttl, max_age), at(5));
    Grant { family: Some(family), ..grant(number, session) }
}

pub(crate) async fn begin(store: &Store, sessions: Vec<Session>) {
    write(store, async move |tx| {
        for session in &sessions {
            tx.insert_session(OUR, session).await?;
        }
        Ok(())
    })
    .await
    .expect("begins");
}
