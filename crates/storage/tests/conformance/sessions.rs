//! Sessions: how they begin, are seen and keep their application.

use appkeep_domain::{Application, Owner, SeenFrom, Session, SessionId, SignInId, UserId, Within};
use appkeep_storage::{SessionKey, StorageError, Store, WriteTx};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, application, assert_stale, at};
use crate::signed_in::{ADA, BOB, OUR, begin, billing, reporting, session, sign_in, signed_in, write};

on_each_database![
    a_session_reads_back_as_written,
    a_session_is_found_by_its_sign_in_and_by_its_user,
    a_session_lives_until_it_ends_or_expires,
    another_tenants_session_is_not_there,
    a_session_goes_with_its_application,
    none_begins_without_an_application_or_a_user,
    none_begins_while_its_application_is_deleted,
    none_begins_while_its_user_is_deleted,
    a_look_is_noted_forwards_only,
    a_session_is_extended_while_it_lives,
];

async fn get(store: &Store, within: Within, number: u8) -> Option<Session> {
    let mut tx = store.read().await.expect("opens");
    let id = SessionId::from_bytes([number; 16]);
    tx.session(within, Owner::Tenant(OURS), billing().id, id).await.expect("reads")
}

async fn end(store: &Store, within: Within, number: u8) -> Result<(), StorageError> {
    write(store, async move |tx| tx.end_session(within, &session(number), ENDING).await).await
}

async fn lives(store: &Store, within: Within, now: i64) -> bool {
    let mut tx = store.read().await.expect("opens");
    tx.has_live_session(within, &billing(), at(now)).await.expect("reads")
}

async fn a_session_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    let bare = Session { from: SeenFrom::default(), sign_in: Some(sign_in(9).id), ..session(2) };
    begin(&store, vec![session(1), bare.clone()]).await;
    for within in [OUR, Within::Platform] {
        assert_eq!(get(&store, within, 1).await, Some(session(1)));
        assert_eq!(get(&store, within, 2).await.as_ref(), Some(&bare));
    }
    let mut tx = store.read().await.expect("opens");
    let elsewhere = tx.session(OUR, Owner::Tenant(OURS), reporting().id, session(1).id).await;
    assert_eq!(elsewhere.expect("reads"), None);
}

async fn a_session_is_found_by_its_sign_in_and_by_its_user(store: Store) {
    signed_in(&store).await;
    let under =
        |number, sign_in| Session { sign_in: Some(SignInId::from_bytes([sign_in; 16])), ..session(number) };
    let with_reporting = Session { application: reporting().id, ..under(2, 1) };
    let bobs = Session { user: BOB, ..under(3, 2) };
    begin(&store, vec![under(1, 1), with_reporting, bobs, session(4)]).await;
    let of = async |application: Application, number: u8, now: i64| {
        let mut tx = store.read().await.expect("opens");
        let sign_in = SignInId::from_bytes([number; 16]);
        let found = tx.session_of(OUR, (application.owner, application.id), sign_in, at(now)).await;
        found.expect("reads").map(|session| session.id.as_bytes()[0])
    };
    for (application, sign_in, now, expected) in [
        (billing(), 1, 9, Some(1)),
        (reporting(), 1, 9, Some(2)),
        (billing(), 2, 9, Some(3)),
        (reporting(), 2, 9, None),
        (billing(), 1, 100, None),
    ] {
        assert_eq!(of(application, sign_in, now).await, expected, "{sign_in} at {now}");
    }
    let of_user = async |within: Within, user: UserId, now: i64| {
        let mut tx = store.read().await.expect("opens");
        let found = tx.live_session_of_user(within, (billing().owner, billing().id), user, at(now)).await;
        found.expect("reads").map(|session| session.id.as_bytes()[0])
    };
    assert_eq!(of_user(OUR, ADA, 9).await, Some(4), "the newest");
    assert_eq!(of_user(OUR, BOB, 9).await, Some(3));
    assert_eq!(of_user(OUR, ADA, 100).await, None);
    assert_eq!(of_user(Within::Tenant(THEIRS), ADA, 9).await, None);
    end(&store, OUR, 1).await.expect("ends");
    assert_eq!(of(billing(), 1, 9).await, None);
}

async fn a_session_lives_until_it_ends_or_expires(store: Store) {
    signed_in(&store).await;
    begin(&store, vec![Session { expires_at: at(50), ..session(1) }, session(2)]).await;
    for (now, expected) in [(49, true), (99, true), (100, false)] {
        assert_eq!(lives(&store, OUR, now).await, expected, "{now}");
    }
    end(&store, OUR, 2).await.expect("ends");
    assert_eq!(get(&store, OUR, 2).await.and_then(|session| session.ended_at), Some(ENDING.at));
    assert!(lives(&store, Within::Platform, 49).await, "the other one lives");
    assert!(!lives(&store, OUR, 50).await);
    assert_stale(end(&store, OUR, 2).await);
    let mut tx = store.read().await.expect("opens");
    assert!(!tx.has_live_session(OUR, &reporting(), at(1)).await.expect("reads"));
}

async fn another_tenants_session_is_not_there(store: Store) {
    let theirs = Within::Tenant(THEIRS);
    signed_in(&store).await;
    begin(&store, vec![session(1)]).await;
    assert!(!lives(&store, theirs, 9).await);
    assert_eq!(get(&store, theirs, 1).await, None);
    assert_stale(end(&store, theirs, 1).await);
    assert_stale(write(&store, async move |tx| tx.insert_session(theirs, &session(2)).await).await);
    let extends = async move |tx: &mut WriteTx| tx.extend_session(theirs, &session(1), at(200), at(50)).await;
    assert_stale(write(&store, extends).await);
    assert!(lives(&store, OUR, 9).await);
}

async fn a_session_goes_with_its_application(store: Store) {
    signed_in(&store).await;
    begin(&store, vec![session(1)]).await;
    write(&store, async |tx| tx.delete_application(OUR, &billing(), at(3)).await).await.expect("deletes");
    assert!(!lives(&store, Within::Platform, 9).await);
    assert_eq!(get(&store, Within::Platform, 1).await, None);
}

async fn none_begins_without_an_application_or_a_user(store: Store) {
    signed_in(&store).await;
    for nothing in [
        Session { application: application(9, "Gone").id, ..session(1) },
        Session { user: UserId::from_bytes([9; 16]), ..session(1) },
    ] {
        assert_stale(write(&store, async move |tx| tx.insert_session(OUR, &nothing).await).await);
    }
}

/// What a guarded deletion does: looks for a session, and deletes if it finds none.
async fn delete_unless_in_use(store: &Store) -> Result<(), StorageError> {
    write(store, async |tx| {
        if tx.has_live_session(OUR, &billing(), at(9)).await? {
            return Err(StorageError::Stale);
        }
        tx.delete_application(OUR, &billing(), at(9)).await
    })
    .await
}

async fn none_begins_while_its_application_is_deleted(store: Store) {
    signed_in(&store).await;
    let begins = write(&store, async |tx| tx.insert_session(OUR, &session(1)).await);
    let (deleted, begun) = tokio::join!(delete_unless_in_use(&store), begins);
    assert!(deleted.is_ok() != begun.is_ok(), "one of them comes first: {deleted:?} {begun:?}");
    let mut tx = store.read().await.expect("opens");
    let there = tx.application(Within::Platform, billing().id).await.expect("reads").is_some();
    drop(tx);
    assert_eq!((there, lives(&store, Within::Platform, 9).await), (begun.is_ok(), begun.is_ok()));
}

async fn none_begins_while_its_user_is_deleted(store: Store) {
    let (ours, _) = signed_in(&store).await;
    let deletes = write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await);
    let begins = write(&store, async |tx| tx.insert_session(OUR, &session(1)).await);
    let (gone, begun) = tokio::join!(deletes, begins);
    gone.expect("nothing keeps a user");
    drop(begun);
    assert_eq!(get(&store, Within::Platform, 1).await, None);
}

async fn a_look_is_noted_forwards_only(store: Store) {
    signed_in(&store).await;
    begin(&store, vec![session(1), session(2)]).await;
    let key = |number| SessionKey {
        owner: Owner::Tenant(OURS),
        application: billing().id,
        id: SessionId::from_bytes([number; 16]),
    };
    let elsewhere = SessionKey { application: reporting().id, ..key(2) };
    let seen = [(key(1), at(20)), (key(1), at(30)), (key(1), at(10)), (elsewhere, at(9)), (key(9), at(9))];
    store.touch_sessions(Within::Tenant(THEIRS), &seen).await.expect("passes them over");
    assert_eq!(get(&store, OUR, 1).await, Some(session(1)));
    for _ in 0..2 {
        store.touch_sessions(Within::Platform, &seen).await.expect("notes");
        assert_eq!(get(&store, OUR, 1).await, Some(Session { last_seen_at: at(30), ..session(1) }));
    }
    store.touch_sessions(OUR, &[(key(1), at(29)), (key(2), at(2))]).await.expect("passes them over");
    store.touch_sessions(OUR, &[]).await.expect("has nothing to do");
    assert_eq!(get(&store, OUR, 1).await.map(|session| session.last_seen_at), Some(at(30)));
    assert_eq!(get(&store, OUR, 2).await, Some(session(2)));
}

async fn a_session_is_extended_while_it_lives(store: Store) {
    signed_in(&store).await;
    begin(&store, vec![session(1)]).await;
    let extend = async |expires_at: i64, seen_at: i64| {
        write(&store, async move |tx| tx.extend_session(OUR, &session(1), at(expires_at), at(seen_at)).await)
            .await
    };
    extend(200, 50).await.expect("lives");
    extend(150, 40).await.expect("lives");
    let extended = Session { expires_at: at(200), last_seen_at: at(50), ..session(1) };
    assert_eq!(get(&store, OUR, 1).await, Some(extended), "nothing goes backwards");
    assert_stale(extend(300, 200).await);
    end(&store, OUR, 1).await.expect("ends");
    assert_stale(extend(300, 60).await);
}
