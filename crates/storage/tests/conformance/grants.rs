//! Grants and their families of refresh tokens.

use appkeep_domain::{Grant, Lifetime, RevokedSubject, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, THEIRS, assert_stale, assert_taken, at};
use crate::signed_in::{OUR, begin, grant, grant_with_family, hash, session, signed_in, write};

on_each_database![
    a_grant_reads_back_as_written,
    a_family_is_rotated_from_its_newest_token_only,
    of_many_who_rotate_a_family_one_does,
    a_grant_ends_once_and_is_refused,
    another_tenants_grant_is_not_there,
    what_nothing_can_be_got_with_is_swept,
];

const THEIR: Within = Within::Tenant(THEIRS);
const TTL: Lifetime = Lifetime::from_seconds(60);

async fn insert(store: &Store, within: Within, grant: Grant) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_grant(within, &grant).await).await
}

async fn end(store: &Store, within: Within, grant: Grant) -> Result<(), StorageError> {
    write(store, async move |tx| tx.end_grant(within, &grant, ENDING).await).await
}

/// With the newest token `from`, of number 1, to one of number `to`.
async fn rotate(store: &Store, within: Within, from: u8, to: u8) -> Result<(), StorageError> {
    let before = grant_with_family(1, &session(1));
    let family = before.family.as_ref().map(|family| family.rotated(hash(to), [to; 32], TTL, at(50)));
    let after = Grant { family, ..before };
    write(store, async move |tx| tx.rotate_family(within, &after, hash(from)).await).await
}

async fn get(store: &Store, within: Within, number: u8) -> Option<Grant> {
    let id = grant(number, &session(1)).id;
    store.read().await.expect("opens").grant(within, id).await.expect("reads")
}

async fn by_family(store: &Store, within: Within, number: u8) -> Option<Grant> {
    let mut tx = store.read().await.expect("opens");
    tx.grant_by_family(within, hash(100 + number)).await.expect("reads")
}

async fn given(store: &Store) {
    signed_in(store).await;
    begin(store, vec![session(1)]).await;
    insert(store, OUR, grant_with_family(1, &session(1))).await.expect("inserts");
}

async fn a_grant_reads_back_as_written(store: Store) {
    given(&store).await;
    let full = Grant {
        scope: appkeep_oauth::ScopeSet::parse("openid bills:read").expect("are scopes"),
        audience: vec!["https://a.example".to_owned(), "b".to_owned()],
        ..grant(2, &session(1))
    };
    insert(&store, OUR, full.clone()).await.expect("inserts");
    for within in [OUR, Within::Platform] {
        assert_eq!(get(&store, within, 2).await.as_ref(), Some(&full));
        let with_family = grant_with_family(1, &session(1));
        assert_eq!(get(&store, within, 1).await.as_ref(), Some(&with_family));
        assert_eq!(by_family(&store, within, 1).await, Some(with_family));
    }
    assert_eq!(by_family(&store, OUR, 2).await, None);
    assert_taken(insert(&store, OUR, grant(1, &session(1))).await, "grants.id");
    let same = Grant { id: grant(3, &session(1)).id, ..grant_with_family(1, &session(1)) };
    assert_taken(insert(&store, OUR, same).await, "grants.family");
}

async fn a_family_is_rotated_from_its_newest_token_only(store: Store) {
    given(&store).await;
    rotate(&store, OUR, 1, 2).await.expect("is the newest");
    let rotated = by_family(&store, OUR, 1).await.and_then(|grant| grant.family).expect("is there");
    let expected = grant_with_family(1, &session(1)).family.expect("has one");
    assert_eq!(rotated, expected.rotated(hash(2), [2; 32], TTL, at(50)));
    for used in [1, 3] {
        assert_stale(rotate(&store, OUR, used, 4).await);
    }
    insert(&store, OUR, grant(2, &session(1))).await.expect("inserts");
    let none = grant(2, &session(1));
    assert_stale(write(&store, async move |tx| tx.rotate_family(OUR, &none, hash(2)).await).await);
    end(&store, OUR, grant(1, &session(1))).await.expect("ends");
    assert_stale(rotate(&store, OUR, 2, 3).await);
}

async fn of_many_who_rotate_a_family_one_does(store: Store) {
    given(&store).await;
    let outcomes = tokio::join!(
        rotate(&store, OUR, 1, 2),
        rotate(&store, OUR, 1, 3),
        rotate(&store, OUR, 1, 4),
        rotate(&store, OUR, 1, 5),
    );
    let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
    let won: Vec<u8> =
        (2..).zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(to, _)| to).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_stale(outcome);
    }
    let family = by_family(&store, OUR, 1).await.and_then(|grant| grant.family).expect("is there");
    assert_eq!(family.current, hash(won[0]));
}

async fn a_grant_ends_once_and_is_refused(store: Store) {
    given(&store).await;
    end(&store, OUR, grant(1, &session(1))).await.expect("ends");
    assert_stale(end(&store, OUR, grant(1, &session(1))).await);
    assert_eq!(get(&store, OUR, 1).await.and_then(|grant| grant.ended_at), Some(ENDING.at));
    let mut tx = store.read().await.expect("opens");
    let revoked = tx.revocations_of(OUR, [1; 16], at(7)).await.expect("reads");
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].subject, RevokedSubject::Grant(grant(1, &session(1)).id));
    assert_eq!((revoked[0].revoked_at, revoked[0].forget_at), (ENDING.at, ENDING.forget_at));
}

async fn another_tenants_grant_is_not_there(store: Store) {
    given(&store).await;
    assert_eq!(get(&store, THEIR, 1).await, None);
    assert_eq!(by_family(&store, THEIR, 1).await, None);
    assert_stale(insert(&store, THEIR, grant(2, &session(1))).await);
    assert_stale(rotate(&store, THEIR, 1, 2).await);
    assert_stale(end(&store, THEIR, grant(1, &session(1))).await);
    rotate(&store, OUR, 1, 2).await.expect("is ours");
}

/// One whose tokens expire at 60 seconds, one that has ended, and one without
/// refresh tokens, which is kept for a day.
async fn what_nothing_can_be_got_with_is_swept(store: Store) {
    given(&store).await;
    for number in [2, 3] {
        insert(&store, OUR, grant(number, &session(1))).await.expect("inserts");
    }
    end(&store, OUR, grant(2, &session(1))).await.expect("ends");
    let sweep = async |within, now: i64, limit| {
        write(&store, async move |tx| tx.delete_dead_grants(within, at(now), limit).await).await
    };
    assert_stale(sweep(OUR, 99, 9).await);
    let (minute, day) = (60_000_005, 86_400_000_005);
    for (now, limit, swept) in
        [(5, 9, 0), (6, 9, 1), (minute - 1, 9, 0), (minute, 9, 1), (day - 1, 9, 0), (day, 9, 1)]
    {
        assert_eq!(sweep(Within::Platform, now, limit).await.expect("sweeps"), swept, "{now}");
    }
}
