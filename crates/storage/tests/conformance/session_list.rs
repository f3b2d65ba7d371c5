//! Lists of sessions, and how many there are.

use appkeep_domain::{Session, SessionState, UserId, Within};
use appkeep_storage::{Seek, SessionCounts, SessionFilter, Store, Total, UserSessionFilter};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, begin, billing, reporting, session, signed_in, write};

const ALL_OF_USER: UserSessionFilter = UserSessionFilter { state: None, application: None };

on_each_database![
    a_list_is_newest_first_and_filtered,
    a_users_sessions_are_listed_whatever_they_use,
    sessions_are_counted_by_how_they_stand,
    those_that_are_gone_still_count,
    a_total_is_counted_anew,
    another_tenants_sessions_are_not_there,
];

/// Six minutes: what was seen at 3 is idle by then.
const LATER: i64 = 360_000_000;

/// Of Billing: 1 ended, 2 expired, 3 idle, 4 active, 5 Bob's and idle. Of
/// Reporting: 6.
async fn six(store: &Store) {
    signed_in(store).await;
    let long = |number| Session { expires_at: at(LATER * 2), ..session(number) };
    let active = Session { last_seen_at: at(LATER - 9), ..long(4) };
    let elsewhere = Session { application: reporting().id, ..long(6) };
    begin(store, vec![long(1), session(2), long(3), active, Session { user: BOB, ..long(5) }, elsewhere])
        .await;
    write(store, async move |tx| tx.end_session(OUR, &long(1), ENDING).await).await.expect("ends");
}

fn numbers(sessions: &[Session]) -> Vec<u8> {
    sessions.iter().map(|session| session.id.as_bytes()[0]).collect()
}

async fn a_list_is_newest_first_and_filtered(store: Store) {
    six(&store).await;
    for (state, user, expected) in [
        (None, None, [5, 4, 3, 2, 1].as_slice()),
        (Some(SessionState::Ended), None, &[1]),
        (Some(SessionState::Expired), None, &[2]),
        (Some(SessionState::Idle), None, &[5, 3]),
        (Some(SessionState::Active), None, &[4]),
        (None, Some(ADA), &[4, 3, 2, 1]),
        (Some(SessionState::Idle), Some(ADA), &[3]),
        (None, Some(UserId::from_bytes([9; 16])), &[]),
    ] {
        for limit in [1, 2, 9] {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let mut tx = store.read().await.expect("opens");
                let (filter, seek) = (SessionFilter { state, live: None, user }, Seek { after, limit });
                let page = tx.sessions(OUR, &billing(), &filter, at(LATER), seek).await.expect("lists");
                listed.extend(numbers(&page.sessions));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(listed, expected, "{state:?} {user:?}, {limit} at a time");
        }
    }
}

async fn a_users_sessions_are_listed_whatever_they_use(store: Store) {
    six(&store).await;
    let ours = directory(OURS);
    let mut tx = store.read().await.expect("opens");
    for (user, expected) in [(ADA, [6, 4, 3, 2, 1].as_slice()), (BOB, &[5])] {
        let page = tx
            .sessions_of_user(OUR, (&ours, user), &ALL_OF_USER, at(5), Seek { after: None, limit: 9 })
            .await;
        assert_eq!(numbers(&page.expect("lists").sessions), expected);
    }
    let first = tx
        .sessions_of_user(OUR, (&ours, ADA), &ALL_OF_USER, at(5), Seek { after: None, limit: 2 })
        .await
        .expect("lists");
    assert_eq!(numbers(&first.sessions), [6, 4]);
    let second = tx
        .sessions_of_user(OUR, (&ours, ADA), &ALL_OF_USER, at(5), Seek { after: first.next, limit: 3 })
        .await;
    let second = second.expect("lists");
    assert_eq!((numbers(&second.sessions), second.next), (vec![3, 2, 1], None));
    let theirs = directory(THEIRS);
    let nobody = tx
        .sessions_of_user(
            Within::Platform,
            (&theirs, ADA),
            &ALL_OF_USER,
            at(5),
            Seek { after: None, limit: 9 },
        )
        .await;
    assert!(nobody.expect("lists").sessions.is_empty(), "there is nobody of that id in that directory");
}

async fn counts(store: &Store, within: Within, now: i64) -> SessionCounts {
    let mut tx = store.read().await.expect("opens");
    tx.session_counts(within, &billing(), at(now)).await.expect("counts")
}

async fn sessions_are_counted_by_how_they_stand(store: Store) {
    signed_in(&store).await;
    assert_eq!(counts(&store, OUR, 9).await, SessionCounts::default());
    begin(&store, vec![session(1), session(2)]).await;
    assert_eq!(counts(&store, OUR, 9).await, SessionCounts { live: 2, active: 2, idle: 0, total: 2 });
    write(&store, async |tx| tx.end_session(OUR, &session(1), ENDING).await).await.expect("ends");
    assert_eq!(counts(&store, OUR, 9).await, SessionCounts { live: 1, active: 1, idle: 0, total: 2 });
    assert_eq!(counts(&store, OUR, 100).await, SessionCounts { live: 0, active: 0, idle: 0, total: 2 });
}

async fn those_that_are_gone_still_count(store: Store) {
    six(&store).await;
    let expected = SessionCounts { live: 3, active: 1, idle: 2, total: 5 };
    assert_eq!(counts(&store, OUR, LATER).await, expected);
    let sweep = async |within, before: i64, limit| {
        write(&store, async move |tx| tx.delete_dead_sessions(within, at(before), limit).await).await
    };
    assert_stale(sweep(OUR, LATER, 9).await);
    for (before, limit, swept) in [(5, 9, 0), (LATER, 1, 1), (LATER, 9, 1), (LATER, 9, 0)] {
        assert_eq!(sweep(Within::Platform, before, limit).await.expect("sweeps"), swept, "{before}");
    }
    assert_eq!(counts(&store, OUR, LATER).await, expected, "all there ever were");
    let ours = directory(OURS);
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(counts(&store, OUR, LATER).await, SessionCounts { live: 1, active: 0, idle: 1, total: 5 });
}

async fn totals(store: &Store) -> Vec<(u8, Total)> {
    let mut found = Vec::new();
    loop {
        let mut tx = store.read().await.expect("opens");
        let page = tx.session_totals(Within::Platform, found.last().copied(), 1).await.expect("reads");
        if page.is_empty() {
            return found.iter().map(|one| (one.application.as_bytes()[0], one.sessions)).collect();
        }
        found.extend(page);
    }
}

async fn a_total_is_counted_anew(store: Store) {
    six(&store).await;
    write(&store, async |tx| tx.delete_dead_sessions(Within::Platform, at(6), 9).await)
        .await
        .expect("sweeps");
    let right = |kept| Total { kept, counted: kept };
    assert_eq!(totals(&store).await, [(1, right(4)), (2, right(1))]);
    let (owner, id) = (billing().owner, billing().id);
    for within in [OUR, Within::Platform] {
        write(&store, async move |tx| tx.recount_sessions(within, owner, id).await).await.expect("counts");
        assert_eq!(totals(&store).await, [(1, right(4)), (2, right(1))]);
        assert_eq!(counts(&store, OUR, LATER).await.total, 5, "and what was swept is not forgotten");
    }
    let theirs = Within::Tenant(THEIRS);
    assert_stale(write(&store, async move |tx| tx.recount_sessions(theirs, owner, id).await).await);
    assert!(store.read().await.expect("opens").session_totals(OUR, None, 9).await.expect("reads").is_empty());
}

async fn another_tenants_sessions_are_not_there(store: Store) {
    six(&store).await;
    let theirs = Within::Tenant(THEIRS);
    assert_eq!(counts(&store, theirs, LATER).await, SessionCounts::default());
    let mut tx = store.read().await.expect("opens");
    let (filter, seek) = (SessionFilter::default(), Seek { after: None, limit: 9 });
    let page = tx.sessions(theirs, &billing(), &filter, at(LATER), seek).await.expect("lists");
    assert!(page.sessions.is_empty());
    let ours = directory(OURS);
    let page = tx
        .sessions_of_user(theirs, (&ours, ADA), &ALL_OF_USER, at(5), Seek { after: None, limit: 9 })
        .await
        .expect("lists");
    assert!(page.sessions.is_empty());
}
