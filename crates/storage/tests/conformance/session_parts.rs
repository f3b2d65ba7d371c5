//! The sessions of a directory's people, by numbered parts and by id alone.

use appkeep_domain::{Session, SessionId, UserId, Whose, Within};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, at, directory};
use crate::signed_in::{ADA, BOB, OUR, begin, reporting, session, signed_in};
use crate::tenants::{insert, tenant};

on_each_database![
    sessions_come_in_parts,
    a_session_is_found_by_its_id_alone,
    whoever_has_a_live_session_is_found,
];

/// Ada's 1, 2 and 3, of which 3 is with Reporting, and Bob's 4, which is over
/// at 10.
async fn given(store: &Store) {
    insert(store, Within::Platform, &tenant(7)).await.expect("is new");
    signed_in(store).await;
    let bobs = Session { user: BOB, expires_at: at(10), ..session(4) };
    let with_reporting = Session { application: reporting().id, ..session(3) };
    begin(store, vec![session(1), session(2), with_reporting, bobs]).await;
}

fn numbers(sessions: &[Session]) -> Vec<u8> {
    sessions.iter().map(|session| session.id.as_bytes()[0]).collect()
}

async fn sessions_come_in_parts(store: Store) {
    given(&store).await;
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    for (user, range, expected) in [
        (None, (0, 9), vec![4, 3, 2, 1]),
        (None, (1, 2), vec![3, 2]),
        (None, (4, 9), vec![]),
        (Some(ADA), (0, 9), vec![3, 2, 1]),
        (Some(ADA), (2, 9), vec![1]),
        (Some(UserId::from_bytes([9; 16])), (0, 9), vec![]),
    ] {
        let found = tx.sessions_part(OUR, &ours, user, range).await.expect("lists");
        assert_eq!(numbers(&found), expected, "{user:?} {range:?}");
    }
    assert_eq!(tx.count_sessions_of_user(OUR, &ours, ADA).await.expect("counts"), 3);
    let counted = tx.sessions_of_tenants(Within::Platform, &Whose::All(None)).await.expect("counts");
    assert_eq!(
        counted.iter().map(|counted| (counted.tenant, counted.total)).collect::<Vec<_>>(),
        [(OURS, 4)]
    );
    let elsewhere = Within::Tenant(THEIRS);
    assert!(tx.sessions_part(elsewhere, &ours, None, (0, 9)).await.expect("lists").is_empty());
    assert_eq!(tx.count_sessions_of_user(elsewhere, &ours, ADA).await.expect("counts"), 0);
}

async fn a_session_is_found_by_its_id_alone(store: Store) {
    given(&store).await;
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    for (number, expected) in [(4, Some(OURS)), (9, None)] {
        let id = SessionId::from_bytes([number; 16]);
        let found = tx.whereabouts_of_session(Within::Platform, id).await.expect("looks");
        assert_eq!(found.map(|found| found.tenant.id), expected);
        let found = tx.session_in(OUR, &ours, id).await.expect("reads");
        assert_eq!(found.map(|session| session.id), expected.map(|_| id));
        assert_eq!(tx.session_in(Within::Tenant(THEIRS), &ours, id).await.expect("reads"), None);
    }
}

async fn whoever_has_a_live_session_is_found(store: Store) {
    given(&store).await;
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    let id = |number| SessionId::from_bytes([number; 16]);
    for (after, limit, now, expected) in [
        (None, 9, 5, vec![(4, BOB), (3, ADA), (2, ADA), (1, ADA)]),
        (None, 2, 11, vec![(3, ADA), (2, ADA)]),
        (Some(2), 2, 11, vec![(1, ADA)]),
        (None, 9, 100, vec![]),
    ] {
        let asked = (after.map(id), limit);
        let found = tx.users_with_sessions(OUR, &ours, asked, at(now)).await.expect("lists");
        let expected: Vec<_> = expected.into_iter().map(|(number, user)| (id(number), user)).collect();
        assert_eq!(found, expected, "{after:?} {now}");
    }
    let none = tx.users_with_sessions(Within::Tenant(THEIRS), &ours, (None, 9), at(5)).await;
    assert_eq!(none.expect("lists"), []);
}
