//! Authorization codes.

use appkeep_domain::{AuthorizationCode, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{THEIRS, assert_stale, assert_taken, at};
use crate::signed_in::{OUR, begin, code, hash, session, signed_in, write};

on_each_database![
    a_code_reads_back_as_written,
    a_code_is_redeemed_once_and_in_time,
    of_many_who_redeem_a_code_one_does,
    another_tenants_code_is_not_there,
    what_has_expired_is_swept,
];

const THEIR: Within = Within::Tenant(THEIRS);

async fn insert(store: &Store, within: Within, code: AuthorizationCode) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_code(within, &code).await).await
}

async fn redeem(store: &Store, within: Within, number: u8, now: i64) -> Result<(), StorageError> {
    write(store, async move |tx| tx.redeem_code(within, hash(number), (at(now), at(now + 100))).await).await
}

async fn get(store: &Store, within: Within, number: u8) -> Option<AuthorizationCode> {
    store.read().await.expect("opens").code(within, hash(number)).await.expect("reads")
}

async fn given(store: &Store) {
    signed_in(store).await;
    begin(store, vec![session(1)]).await;
}

async fn a_code_reads_back_as_written(store: Store) {
    given(&store).await;
    let bare = AuthorizationCode {
        redirect_uri: None,
        challenge: None,
        scope: appkeep_oauth::ScopeSet::new(),
        audience: Vec::new(),
        nonce: None,
        ..code(2, &session(1))
    };
    for one in [code(1, &session(1)), bare] {
        insert(&store, OUR, one.clone()).await.expect("inserts");
        for within in [OUR, Within::Platform] {
            let found = store.read().await.expect("opens").code(within, one.hash).await.expect("reads");
            assert_eq!(found.as_ref(), Some(&one));
        }
    }
    assert_taken(insert(&store, OUR, code(1, &session(1))).await, "codes.hash");
}

async fn a_code_is_redeemed_once_and_in_time(store: Store) {
    given(&store).await;
    for number in [1, 2] {
        insert(&store, OUR, code(number, &session(1))).await.expect("inserts");
    }
    assert_stale(redeem(&store, OUR, 1, 60).await);
    redeem(&store, OUR, 1, 59).await.expect("is in time");
    assert_stale(redeem(&store, OUR, 1, 59).await);
    let redeemed =
        AuthorizationCode { redeemed_at: Some(at(59)), expires_at: at(159), ..code(1, &session(1)) };
    assert_eq!(get(&store, OUR, 1).await, Some(redeemed), "whoever tries again is told from a stranger");
    assert_eq!(get(&store, OUR, 2).await, Some(code(2, &session(1))));
    assert_stale(redeem(&store, OUR, 3, 5).await);
}

async fn of_many_who_redeem_a_code_one_does(store: Store) {
    given(&store).await;
    insert(&store, OUR, code(1, &session(1))).await.expect("inserts");
    let outcomes = tokio::join!(
        redeem(&store, OUR, 1, 5),
        redeem(&store, OUR, 1, 6),
        redeem(&store, OUR, 1, 7),
        redeem(&store, OUR, 1, 8),
    );
    let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_stale(outcome);
    }
}

async fn another_tenants_code_is_not_there(store: Store) {
    given(&store).await;
    assert_stale(insert(&store, THEIR, code(1, &session(1))).await);
    insert(&store, OUR, code(1, &session(1))).await.expect("inserts");
    assert_eq!(get(&store, THEIR, 1).await, None);
    assert_stale(redeem(&store, THEIR, 1, 5).await);
    redeem(&store, OUR, 1, 5).await.expect("is ours");
}

async fn what_has_expired_is_swept(store: Store) {
    given(&store).await;
    for (number, expires_at) in [(1, 20), (2, 30), (3, 40)] {
        let code = AuthorizationCode { expires_at: at(expires_at), ..code(number, &session(1)) };
        insert(&store, OUR, code).await.expect("inserts");
    }
    let sweep = async |within, before: i64, limit| {
        write(&store, async move |tx| tx.delete_expired_codes(within, at(before), limit).await).await
    };
    assert_stale(sweep(OUR, 30, 9).await);
    for (before, limit, swept) in [(19, 9, 0), (30, 1, 1), (30, 9, 1), (39, 9, 0)] {
        assert_eq!(sweep(Within::Platform, before, limit).await.expect("sweeps"), swept, "{before}");
    }
    assert_eq!(get(&store, OUR, 2).await, None);
    assert!(get(&store, OUR, 3).await.is_some());
    // One that was redeemed is known for longer.
    redeem(&store, OUR, 3, 39).await.expect("is in time");
    for (before, swept) in [(138, 0), (139, 1)] {
        assert_eq!(sweep(Within::Platform, before, 9).await.expect("sweeps"), swept, "{before}");
    }
}
