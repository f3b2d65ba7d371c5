//! What is left of things that were deleted with much to them.

use appkeep_domain::{
    Assignment, Directory, DirectoryId, DirectoryOf, Environment, Group, GroupId, Membership, SecretHash,
    Session, SessionId, SignIn, SignInId, Subject, User, UserId, Within,
};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{ENDING, OURS, assert_stale, at, directory, group, user};
use crate::signed_in::{ADA, OUR, billing, session, sign_in, signed_in, write};

on_each_database![
    a_large_directory_goes_some_at_a_time,
    a_large_group_goes_some_at_a_time,
    a_much_used_application_goes_some_at_a_time,
    somebody_who_was_here_often_goes_some_at_a_time,
    what_is_small_leaves_nothing,
    only_the_platform_sweeps,
];

/// More than one transaction deletes, and the group that all of them are in.
const MANY: u32 = 700;
const EVERYBODY: GroupId = GroupId::from_bytes([5; 16]);

fn id(number: u32) -> [u8; 16] {
    u128::from(1_000 + number).to_be_bytes()
}

/// Many people beside Ada and Bob, with a sign-in and a session of the first
/// and of the last.
async fn crowd(store: &Store) {
    signed_in(store).await;
    write(store, async |tx| {
        let ours = directory(OURS);
        tx.insert_group(OUR, &ours, &group(5, "Everybody")).await?;
        for number in 0..MANY {
            let one = User { id: UserId::from_bytes(id(number)), username: None, ..somebody(number) };
            tx.insert_user(OUR, &ours, &one).await?;
            let membership = Membership { group: EVERYBODY, user: one.id, added_at: at(3) };
            tx.add_group_user(OUR, &ours, &membership).await?;
        }
        for number in [0, MANY - 1] {
            sign_in_of(tx, number).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
}

fn somebody(number: u32) -> User {
    user(0, &format!("{number}@example.com"))
}

async fn sign_in_of(tx: &mut WriteTx, number: u32) -> Result<(), StorageError> {
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(&id(number));
    let (user, secret) = (UserId::from_bytes(id(number)), SecretHash::from_bytes(secret));
    let one = SignIn { id: SignInId::from_bytes(id(number)), secret, user, ..sign_in(1) };
    tx.insert_sign_in(OUR, &directory(OURS), &one).await?;
    tx.insert_session(OUR, &Session { id: SessionId::from_bytes(id(number)), user, ..session(1) }).await
}

async fn sweep(store: &Store, within: Within, limit: u32) -> Result<Option<u32>, StorageError> {
    write(store, async move |tx| tx.sweep_remains(within, limit).await).await
}

/// How many sweeps it takes until nothing is left.
async fn sweep_all(store: &Store, limit: u32) -> usize {
    let mut sweeps = 0;
    while let Some(deleted) = sweep(store, Within::Platform, limit).await.expect("sweeps") {
        assert!(deleted <= limit, "{deleted}");
        sweeps += 1;
    }
    sweeps
}

async fn assert_rows(database: &TestDatabase, expected: &[(&str, usize)]) {
    let dump = database.dump().await;
    for &(table, rows) in expected {
        assert_eq!(dump[table].len(), rows, "{table}");
    }
}

/// With the application that it is of.
async fn a_large_directory_goes_some_at_a_time(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    let of = DirectoryOf::Application { application: billing().id, environment: Environment::Live };
    let own = Directory { id: DirectoryId::from_bytes([77; 16]), of, ..directory(OURS) };
    write(&store, async move |tx| {
        tx.insert_directory(OUR, &own).await?;
        tx.insert_group(OUR, &own, &Group { directory: own.id, ..group(5, "Everybody") }).await?;
        for number in 0..MANY {
            let id = UserId::from_bytes(id(number));
            let one = User { id, directory: own.id, username: None, ..somebody(number) };
            tx.insert_user(OUR, &own, &one).await?;
            let membership = Membership { group: EVERYBODY, user: one.id, added_at: at(3) };
            tx.add_group_user(OUR, &own, &membership).await?;
        }
        tx.delete_application(OUR, &billing(), at(5)).await
    })
    .await
    .expect("deletes");
    let mut tx = store.read().await.expect("opens");
    let gone = tx.directory(Within::Platform, DirectoryId::from_bytes([77; 16])).await.expect("reads");
    assert_eq!(gone, None, "nobody reaches it");
    drop(tx);
    assert_rows(&database, &[("remains", 1), ("groups", 1)]).await;
    let sweeps = sweep_all(&store, 300).await;
    assert!(sweeps > 2, "{sweeps}");
    assert_rows(&database, &["members", "groups", "headcounts", "remains"].map(|table| (table, 0))).await;
    assert_rows(&database, &[("users", 2), ("applications", 1)]).await;
}

async fn a_large_group_goes_some_at_a_time(database: TestDatabase) {
    let store = database.store();
    crowd(&store).await;
    write(&store, async |tx| {
        let assignment = Assignment {
            application: billing().id,
            directory: directory(OURS).id,
            subject: Subject::Group(EVERYBODY),
            created_at: at(3),
        };
        tx.assign(OUR, (&billing(), &directory(OURS)), &assignment).await.map(drop)
    })
    .await
    .expect("assigns");
    let is_assigned = async || {
        let mut tx = store.read().await.expect("opens");
        let last = UserId::from_bytes(id(MANY - 1));
        tx.is_assigned(OUR, &directory(OURS), billing().id, last).await.expect("reads")
    };
    assert!(is_assigned().await);
    write(&store, async |tx| tx.delete_group(OUR, &directory(OURS), EVERYBODY).await).await.expect("deletes");
    assert!(!is_assigned().await, "at once, though the row is still there");
    assert_rows(&database, &[("members", MANY as usize - 500), ("headcounts", 0), ("remains", 1)]).await;
    assert_eq!(sweep_all(&store, 150).await, 2);
    let left = [("members", 0), ("headcounts", 0), ("users", MANY as usize + 2), ("remains", 0)];
    assert_rows(&database, &left).await;
}

async fn a_much_used_application_goes_some_at_a_time(database: TestDatabase) {
    let store = database.store();
    crowd(&store).await;
    write(&store, async |tx| {
        for number in 1..MANY - 1 {
            let session = Session { id: SessionId::from_bytes(id(number)), ..session(1) };
            tx.insert_session(OUR, &session).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
    write(&store, async |tx| tx.delete_application(OUR, &billing(), at(5)).await).await.expect("deletes");
    assert_rows(&database, &[("sessions", MANY as usize - 500), ("remains", 1)]).await;
    assert_eq!(sweep_all(&store, 100).await, 3, "the last finds nothing more");
    let gone = ["sessions", "session_totals", "remains"];
    assert_rows(&database, &gone.map(|table| (table, 0))).await;
    assert_rows(&database, &[("users", MANY as usize + 2)]).await;
}

async fn somebody_who_was_here_often_goes_some_at_a_time(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    write(&store, async |tx| {
        for number in 0..MANY {
            let mut secret = [0; 32];
            secret[..16].copy_from_slice(&id(number));
            let secret = SecretHash::from_bytes(secret);
            let one = SignIn { id: SignInId::from_bytes(id(number)), secret, ..sign_in(1) };
            tx.insert_sign_in(OUR, &directory(OURS), &one).await?;
            let session = Session { id: SessionId::from_bytes(id(number)), ..session(1) };
            tx.insert_session(OUR, &session).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
    let ours = directory(OURS);
    let some = async |limit: u32| {
        let ours = ours.clone();
        write(&store, async move |tx| tx.end_some_sessions_of_user(OUR, (&ours, ADA), limit, ENDING).await)
            .await
            .expect("ends")
    };
    assert_eq!((some(300).await, some(0).await, some(9_000).await, some(9_000).await), (300, 0, 400, 0));
    let deletes = write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await);
    deletes.await.expect("deletes");
    assert_rows(&database, &[("sessions", 200), ("sign_ins", MANY as usize), ("remains", 1)]).await;
    assert_rows(&database, &[("users", 1)]).await;
    assert_eq!(sweep_all(&store, 300).await, 4, "the last finds nothing more");
    assert_rows(&database, &[("sessions", 0), ("sign_ins", 0), ("remains", 0), ("users", 1)]).await;
}

async fn what_is_small_leaves_nothing(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    write(&store, async |tx| {
        tx.insert_sign_in(OUR, &directory(OURS), &sign_in(1)).await?;
        tx.insert_session(OUR, &session(1)).await?;
        tx.delete_application(OUR, &billing(), at(5)).await?;
        tx.delete_user(OUR, &directory(OURS), ADA, ENDING).await
    })
    .await
    .expect("deletes");
    let gone = ["sessions", "session_totals", "sign_ins", "remains"];
    assert_rows(&database, &gone.map(|table| (table, 0))).await;
    assert_eq!(sweep_all(&store, 9).await, 0);
}

async fn only_the_platform_sweeps(store: Store) {
    assert_stale(sweep(&store, OUR, 9).await);
    assert_eq!(sweep(&store, Within::Platform, 9).await.expect("sweeps"), None);
}
