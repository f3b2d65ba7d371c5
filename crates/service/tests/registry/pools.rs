//! An application with users of its own, and what is left when it is deleted.

use appkeep_domain::{
    Application, Clock as _, Directory, Email, Environment, Grant, GrantId, Lifetime, SeenFrom, Session,
    SessionId, Timestamp, User, UserId, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_service::{ApplicationFields, By, ErrorCode, Expected, Pool, Surface, UserFields, UserQuery};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::{TestDatabase, begin_session, on_each_database, user_of};

use crate::harness::{Harness, named, node};

on_each_database![
    nothing_is_left_of_many_users_but_the_id_and_the_history,
    who_is_signed_in_keeps_an_application_of_ours_only,
    an_address_is_taken_once_in_each_environment,
];

/// More than several transactions delete.
const MANY: u32 = 1_300;
/// So many of them are signed in three times.
const SIGNED_IN: u32 = 300;
/// What may change by deleting: the id stays used, the history grows, and a row
/// of a total stays with another number in it.
const KEPT: [&str; 4] = ["application_ids", "application_totals", "audit_entries", "audit_unsealed"];

fn pooled() -> ApplicationFields {
    ApplicationFields { user_pool: Some("application".to_owned()), ..named("Pooled") }
}

async fn register(harness: &Harness) -> Application {
    harness.create("server", pooled()).await.expect("is made").view.application
}

async fn directory(harness: &Harness, application: &Application, environment: Environment) -> Directory {
    let mut tx = harness.store.read().await.expect("opens");
    let found = tx.application_directory(Within::Platform, application, environment).await.expect("reads");
    found.expect("is made with the application")
}

fn number(high: u64, low: u32) -> [u8; 16] {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

fn user(directory: &Directory, low: u32) -> User {
    User {
        id: UserId::from_bytes(number(directory.id.as_bytes()[15].into(), low)),
        email: Email::parse(&format!("{low}@secret.example")).expect("is an address"),
        ..user_of(directory, 0, "x@example.com")
    }
}

/// Some at a time, so that filling is not the largest transaction.
async fn fill(harness: &Harness, application: &Application, directory: &Directory, many: u32) {
    for from in (0..many).step_by(50) {
        let (application, directory, now) = (application.clone(), directory.clone(), harness.clock.now());
        let insert = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for low in from..(from + 50).min(many) {
                let one = user(&directory, low);
                tx.insert_user(Within::Platform, &directory, &one).await?;
                if low < SIGNED_IN {
                    sign_in(tx, (&application, &one), (low, now)).await?;
                }
            }
            Ok(())
        };
        harness.store.write(insert).await.expect("inserts");
    }
}

async fn sign_in(
    tx: &mut WriteTx,
    (application, user): (&Application, &User),
    (low, now): (u32, Timestamp),
) -> Result<(), StorageError> {
    for time in 0..3 {
        let id = number(u64::from(user.id.as_bytes()[7]) << 8 | 0x70 | time, low);
        let session = Session {
            id: SessionId::from_bytes(id),
            owner: application.owner,
            application: application.id,
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
        tx.insert_session(Within::Platform, &session).await?;
        tx.insert_grant(Within::Platform, &grant(&session)).await?;
    }
    Ok(())
}

fn grant(session: &Session) -> Grant {
    Grant {
        id: GrantId::from_bytes(session.id.as_bytes()),
        owner: session.owner,
        application: session.application,
        session: session.id,
        directory: session.directory,
        user: session.user,
        scope: ScopeSet::default(),
        audience: Vec::new(),
        client_spelling: session.application.to_string(),
        authenticated_at: session.created_at,
        methods: Vec::new(),
        created_at: session.created_at,
        family: None,
        ended_at: None,
    }
}

fn by_zyphr(harness: &Harness) -> By {
    By { surface: Surface::Zyphr, ..harness.admin() }
}

async fn nothing_is_left_of_many_users_but_the_id_and_the_history(database: TestDatabase) {
    let harness = Harness::start(database.store()).await;
    // A total of the tenant's, which is a row from then on.
    harness.m2m("Another").await;
    let before = database.dump().await;
    let application = register(&harness).await;
    for (environment, many) in [(Environment::Live, MANY), (Environment::Test, 300)] {
        let directory = directory(&harness, &application, environment).await;
        fill(&harness, &application, &directory, many).await;
    }
    let id = application.id.to_string();
    harness.registry.delete_application(&by_zyphr(&harness), &id, Expected::Any).await.expect("deletes");
    let (admin, of) = (harness.admin(), Pool::of_application(&id, None).expect("is one"));
    let gone = harness.registry.users(&admin, of, UserQuery::default()).await;
    assert_eq!(gone.expect_err("is gone").code(), ErrorCode::AppNotFound, "at once");
    assert!(database.dump().await["users"].len() > 1_000, "though most rows are still there");
    let deleting = harness.store.stats().largest_transaction;
    // Half of it, and then the process ends; another goes on.
    let sweep = async |tx: &mut WriteTx| tx.sweep_remains(Within::Platform, 500).await;
    for _ in 0..3 {
        let swept: Result<_, StorageError> = harness.store.write(sweep).await;
        swept.expect("sweeps").expect("there is more");
    }
    let another = database.store();
    let swept = node(&another, &harness.clock).sweep().await.expect("sweeps");
    assert!(swept.remains > 1_000, "{swept:?}");
    let sweeping = another.stats().largest_transaction;
    assert!(deleting <= 1_000 && sweeping <= 1_000, "{deleting} {sweeping}");
    let after = database.dump().await;
    for (table, rows) in &before {
        if !KEPT.contains(&table.as_str()) {
            assert_eq!(&after[table], rows, "{table}");
        }
    }
    assert!(!format!("{after:?}").contains("secret.example"), "nobody's address");
    assert_eq!(harness.actions().await[0], "application.deleted");
}

async fn who_is_signed_in_keeps_an_application_of_ours_only(store: Store) {
    let harness = Harness::start(store).await;
    let application = register(&harness).await;
    let id = application.id.to_string();
    let now = harness.clock.now();
    let until = now.plus(Lifetime::from_hours(1));
    begin_session(&harness.store, (application.owner, application.id), now, until).await;
    let refused = harness.registry.delete_application(&harness.admin(), &id, Expected::Any).await;
    assert_eq!(refused.expect_err("is in use").code(), ErrorCode::AppInUseCannotDelete);
    harness.registry.delete_application(&by_zyphr(&harness), &id, Expected::Any).await.expect("deletes");
    let gone = harness.registry.application(&harness.admin(), &id).await;
    assert_eq!(gone.expect_err("is gone").code(), ErrorCode::AppNotFound);
}

async fn an_address_is_taken_once_in_each_environment(store: Store) {
    let harness = Harness::start(store).await;
    let application = register(&harness).await;
    for environment in ["live", "test"] {
        let of = Pool::of_application(&application.id.to_string(), Some(environment)).expect("is one");
        let fields = UserFields { email: Some("ada@example.com".to_owned()), ..UserFields::default() };
        harness.registry.create_user(&harness.admin(), of, fields.clone()).await.expect("is new");
        let again = harness.registry.create_user(&harness.admin(), of, fields).await;
        assert_eq!(again.expect_err("is there").code(), ErrorCode::EmailTaken);
    }
}
