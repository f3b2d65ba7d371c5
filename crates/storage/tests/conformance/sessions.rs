//! Sessions, which keep an application from being deleted.

use appkeep_domain::{Application, DirectoryId, Owner, SeenFrom, Session, SessionId, UserId, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    a_session_lives_until_it_ends_or_expires,
    another_tenants_session_is_not_there,
    a_session_goes_with_its_application,
    none_begins_without_an_application,
    none_begins_while_its_application_is_deleted,
];

fn session(number: u8, expires_at: i64) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        application: application(1, "Billing").id,
        directory: DirectoryId::from_bytes([6; 16]),
        user: UserId::from_bytes([6; 16]),
        sign_in: None,
        from: SeenFrom::default(),
        created_at: at(1),
        last_seen_at: at(1),
        expires_at: at(expires_at),
        ended_at: None,
    }
}

async fn given(store: &Store, sessions: Vec<Session>) -> Application {
    let billing = application(1, "Billing");
    let inserted = billing.clone();
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_application(Within::Tenant(OURS), &inserted).await?;
            for session in &sessions {
                tx.insert_session(Within::Tenant(OURS), session).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
    billing
}

async fn end(store: &Store, within: Within, session: Session) -> Result<(), StorageError> {
    let ended = Session { ended_at: Some(at(2)), ..session };
    store.write(async move |tx| tx.end_session(within, &ended).await).await
}

async fn lives(store: &Store, within: Within, now: i64) -> bool {
    let mut tx = store.read().await.expect("opens");
    tx.has_live_session(within, &application(1, "Billing"), at(now)).await.expect("reads")
}

async fn a_session_lives_until_it_ends_or_expires(store: Store) {
    let billing = given(&store, vec![session(1, 5), session(2, 9)]).await;
    let ours = Within::Tenant(OURS);
    for (now, expected) in [(4, true), (8, true), (9, false)] {
        assert_eq!(lives(&store, ours, now).await, expected, "{now}");
    }
    end(&store, ours, session(2, 9)).await.expect("ends");
    assert!(lives(&store, Within::Platform, 4).await, "the other one lives");
    assert!(!lives(&store, ours, 5).await);
    let again = end(&store, ours, session(2, 9)).await;
    assert!(matches!(again, Err(StorageError::Stale)), "{again:?}");
    let other = Application { id: application(2, "Other").id, ..billing };
    let mut tx = store.read().await.expect("opens");
    assert!(!tx.has_live_session(ours, &other, at(1)).await.expect("reads"));
}

async fn another_tenants_session_is_not_there(store: Store) {
    let theirs = Within::Tenant(THEIRS);
    given(&store, vec![session(1, 9)]).await;
    assert!(!lives(&store, theirs, 1).await);
    let ended = end(&store, theirs, session(1, 9)).await;
    let begun = store.write(async move |tx| tx.insert_session(theirs, &session(2, 9)).await).await;
    for refused in [ended, begun] {
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    assert!(lives(&store, Within::Tenant(OURS), 1).await);
}

async fn a_session_goes_with_its_application(store: Store) {
    let billing = given(&store, vec![session(1, 9)]).await;
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(Within::Tenant(OURS), &billing, at(3)).await).await;
    outcome.expect("deletes");
    assert!(!lives(&store, Within::Platform, 1).await);
}

async fn none_begins_without_an_application(store: Store) {
    let outcome =
        store.write(async move |tx| tx.insert_session(Within::Tenant(OURS), &session(1, 9)).await).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
}

/// What a guarded deletion does: looks for a session, and deletes if it finds none.
async fn delete_unless_in_use(store: &Store) -> Result<(), StorageError> {
    store
        .write(async |tx| {
            let (ours, billing) = (Within::Tenant(OURS), application(1, "Billing"));
            if tx.has_live_session(ours, &billing, at(1)).await? {
                return Err(StorageError::Stale);
            }
            tx.delete_application(ours, &billing, at(1)).await
        })
        .await
}

async fn none_begins_while_its_application_is_deleted(store: Store) {
    let billing = given(&store, vec![]).await;
    let begins = store.write(async |tx| tx.insert_session(Within::Tenant(OURS), &session(1, 9)).await);
    let (deleted, begun) = tokio::join!(delete_unless_in_use(&store), begins);
    let begun: Result<(), StorageError> = begun;
    assert!(deleted.is_ok() != begun.is_ok(), "one of them comes first: {deleted:?} {begun:?}");
    let mut tx = store.read().await.expect("opens");
    let there = tx.application(Within::Platform, billing.id).await.expect("reads").is_some();
    drop(tx);
    assert_eq!((there, lives(&store, Within::Platform, 1).await), (begun.is_ok(), begun.is_ok()));
}
