//! An application's own users, as many as are wanted, for what is measured with
//! them by `cargo xtask bench`.
//!
//! - `end_users fill DATABASE APPLICATION USERS` makes them in its live
//!   environment, each with a password and signed in once.
//! - `end_users rows DATABASE` prints how many rows each table has, as JSON.
//! - `end_users watch DATABASE` prints `going` when users are being deleted, and
//!   `gone` when nothing waits for being deleted any more.

use std::time::Duration;

use appkeep_domain::{
    Application, ApplicationId, Directory, Environment, Grant, GrantId, KeptPassword, Lifetime, PasswordHash,
    SeenFrom, Session, SessionId, User, UserId, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{Database, Durability, StorageError, Store, WriteTx};
use appkeep_testkit::{inspect, user_of};

/// Users of one transaction.
const TOGETHER: u32 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "prints what it found")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["fill", path, application, users] => {
            fill(path, application, users.parse().expect("a number of users")).await;
        }
        ["rows", path] => println!("{}", serde_json::json!(inspect::rows(path).await)),
        ["watch", path] => watch(path).await,
        _ => panic!("usage: end_users fill DATABASE APPLICATION USERS, or rows or watch DATABASE"),
    }
}

async fn fill(path: &str, application: &str, users: u32) {
    // Nobody relies on what a seeder was writing when the power failed.
    let database = Database::Sqlite { path: path.into(), durability: Durability::Off };
    let store = Store::open(database).expect("a database");
    let id = ApplicationId::parse(application).expect("an id");
    let mut tx = store.read().await.expect("readable");
    let application = tx.application(Within::Platform, id).await.expect("readable").expect("is there");
    let found = tx.application_directory(Within::Platform, &application, Environment::Live).await;
    let directory = found.expect("readable").expect("an application with users of its own");
    drop(tx);
    for first in (0..users).step_by(TOGETHER as usize) {
        let (application, directory) = (application.clone(), directory.clone());
        let numbers = first..users.min(first + TOGETHER);
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for number in numbers.clone() {
                insert(tx, (&application, &directory), number).await?;
            }
            Ok(())
        };
        store.write(write).await.expect("users that are new can be written");
    }
}

async fn insert(
    tx: &mut WriteTx,
    (application, directory): (&Application, &Directory),
    number: u32,
) -> Result<(), StorageError> {
    let mut id = directory.id.as_bytes();
    id[12..].copy_from_slice(&number.to_be_bytes());
    let email = format!("user-{number}@example.com");
    let user = User { id: UserId::from_bytes(id), ..user_of(directory, 0, &email) };
    let hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g");
    let password = KeptPassword { hash, changed_at: user.created_at };
    let session = session(application, &user);
    tx.insert_user(Within::Platform, directory, &user).await?;
    tx.set_password(Within::Platform, directory, user.id, &password).await?;
    tx.insert_session(Within::Platform, &session).await?;
    tx.insert_grant(Within::Platform, &grant(&session)).await
}

fn session(application: &Application, user: &User) -> Session {
    Session {
        id: SessionId::from_bytes(user.id.as_bytes()),
        owner: application.owner,
        application: application.id,
        directory: user.directory,
        user: user.id,
        sign_in: None,
        impersonation: None,
        from: SeenFrom::default(),
        created_at: user.created_at,
        last_seen_at: user.created_at,
        expires_at: application.created_at.plus(Lifetime::from_days(30)),
        ended_at: None,
    }
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

#[expect(clippy::print_stdout, reason = "says what it sees")]
async fn watch(path: &str) {
    let users = async || inspect::number(path, "SELECT count(*) FROM users").await;
    let before = users().await;
    while users().await == before {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    println!("going");
    while inspect::number(path, "SELECT count(*) FROM remains").await > 0 {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    println!("gone");
}
