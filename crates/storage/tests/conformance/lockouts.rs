//! Failures of accounts, of names that nobody has, and of addresses.

use std::net::{IpAddr, Ipv4Addr};

use appkeep_domain::{Failing, Lockout, LockoutId, Network, PasswordPolicy, UserId, Within};
use appkeep_storage::{Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, signed_in, write};

on_each_database![
    a_lockout_reads_back_as_written_and_is_lifted,
    failures_at_once_are_all_counted,
    another_tenants_lockout_is_not_there,
    what_is_forgotten_is_swept,
    a_lockout_goes_with_its_user,
    what_anybody_can_make_up_is_bounded,
    locked_addresses_are_listed_page_by_page,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn lockout(user: UserId, last_failed_at: i64) -> Lockout {
    of(Failing::Account(user), last_failed_at)
}

fn of(whose: Failing, last_failed_at: i64) -> Lockout {
    Lockout {
        directory: directory(OURS).id,
        whose,
        counted_since: at(3),
        failures: 6,
        last_failed_at: at(last_failed_at),
        locked_until: Some(at(90)),
    }
}

async fn put(store: &Store, within: Within, lockout: Lockout) -> Result<(), StorageError> {
    write(store, async move |tx| tx.put_lockout(within, &directory(OURS), &lockout).await).await
}

async fn lift(store: &Store, within: Within) -> Result<bool, StorageError> {
    write(store, async move |tx| tx.delete_lockout(within, &directory(OURS), Failing::Account(ADA)).await)
        .await
}

async fn get(store: &Store, within: Within, user: UserId) -> Option<Lockout> {
    store
        .read()
        .await
        .expect("opens")
        .lockout(within, &directory(OURS), Failing::Account(user))
        .await
        .expect("reads")
}

async fn a_lockout_reads_back_as_written_and_is_lifted(store: Store) {
    signed_in(&store).await;
    assert_eq!(get(&store, OUR, ADA).await, None);
    for one in [lockout(ADA, 5), Lockout { failures: 1, locked_until: None, ..lockout(ADA, 9) }] {
        put(&store, OUR, one.clone()).await.expect("is kept");
        assert_eq!(get(&store, OUR, ADA).await, Some(one));
    }
    assert_eq!(get(&store, OUR, BOB).await, None);
    assert!(lift(&store, OUR).await.expect("lifts"));
    assert!(!lift(&store, OUR).await.expect("there is nothing to lift"));
    assert_eq!(get(&store, OUR, ADA).await, None);
    assert_stale(put(&store, OUR, lockout(UserId::from_bytes([9; 16]), 5)).await);
}

/// What a sign-in does that fails.
async fn fail(store: &Store) -> Result<(), StorageError> {
    write(store, async |tx| {
        let ours = directory(OURS);
        let before = tx.lockout(OUR, &ours, Failing::Account(ADA)).await?;
        let (whose, policy) = ((ours.id, Failing::Account(ADA)), PasswordPolicy::DEFAULT);
        let after = Lockout::after_failure(whose, before.as_ref(), &policy, at(5));
        tx.put_lockout(OUR, &ours, &after).await
    })
    .await
}

async fn failures_at_once_are_all_counted(store: Store) {
    signed_in(&store).await;
    let outcomes = tokio::join!(fail(&store), fail(&store), fail(&store), fail(&store));
    for outcome in [outcomes.0, outcomes.1, outcomes.2, outcomes.3] {
        outcome.expect("counts");
    }
    assert_eq!(get(&store, OUR, ADA).await.map(|one| one.failures), Some(4));
}

async fn another_tenants_lockout_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(put(&store, THEIR, lockout(ADA, 5)).await);
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    assert_eq!(get(&store, THEIR, ADA).await, None);
    assert_stale(lift(&store, THEIR).await);
    assert!(get(&store, Within::Platform, ADA).await.is_some());
}

async fn what_is_forgotten_is_swept(store: Store) {
    signed_in(&store).await;
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    put(&store, OUR, lockout(BOB, 9)).await.expect("is kept");
    let sweep = async |within, before: i64| {
        write(&store, async move |tx| tx.delete_forgotten_lockouts(within, at(before), 9).await).await
    };
    assert_stale(sweep(OUR, 9).await);
    for (before, swept) in [(4, 0), (5, 1), (8, 0), (9, 1)] {
        assert_eq!(sweep(Within::Platform, before).await.expect("sweeps"), swept, "{before}");
    }
}

async fn a_lockout_goes_with_its_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    put(&store, OUR, lockout(ADA, 5)).await.expect("is kept");
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(get(&store, OUR, ADA).await, None);
}

const fn address(last: u8) -> Failing {
    Failing::Address(Network::of(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))))
}

/// What is kept, by when it last failed.
async fn kept(store: &Store, all: &[Lockout]) -> Vec<i64> {
    let (mut tx, mut kept) = (store.read().await.expect("opens"), Vec::new());
    for one in all {
        let found = tx.lockout(OUR, &directory(OURS), one.whose).await.expect("reads");
        assert!(found.as_ref().is_none_or(|found| found == one), "{found:?}");
        kept.extend(found.map(|found| found.last_failed_at.as_micros()));
    }
    kept
}

async fn what_anybody_can_make_up_is_bounded(store: Store) {
    signed_in(&store).await;
    let name = |number: u8| Failing::Name([number; 16]);
    let all = [
        lockout(ADA, 10),
        of(name(1), 11),
        of(name(2), 12),
        of(name(3), 13),
        of(name(4), 14),
        of(address(1), 15),
        of(address(2), 16),
        of(address(3), 17),
    ];
    for one in &all {
        put(&store, OUR, one.clone()).await.expect("is kept");
    }
    assert_eq!(kept(&store, &all).await, [10, 11, 12, 13, 14, 15, 16, 17]);
    let excess = async |within, keep: u32, limit: u32| {
        write(&store, async move |tx| tx.delete_excess_lockouts(within, keep, limit).await).await
    };
    assert_stale(excess(OUR, 2, 9).await);
    for (keep, limit, deleted, left) in [
        (4, 9, 0, &[10, 11, 12, 13, 14, 15, 16, 17][..]),
        (3, 9, 1, &[10, 12, 13, 14, 15, 16, 17]),
        (2, 0, 0, &[10, 12, 13, 14, 15, 16, 17]),
    ] {
        assert_eq!(excess(Within::Platform, keep, limit).await.expect("deletes"), deleted, "{keep}");
        assert_eq!(kept(&store, &all).await, left, "{keep}");
    }
    for _ in 0..4 {
        excess(Within::Platform, 1, 1).await.expect("deletes");
    }
    assert_eq!(kept(&store, &all).await, [10, 14, 17], "the newest of each, and every account");
    assert_stale(put(&store, THEIR, of(name(1), 5)).await);
}

async fn locked_addresses_are_listed_page_by_page(store: Store) {
    signed_in(&store).await;
    let free = Lockout { locked_until: None, ..of(address(3), 9) };
    for one in [of(address(4), 9), of(address(2), 8), free, of(address(1), 5), lockout(ADA, 9)] {
        put(&store, OUR, one).await.expect("is kept");
    }
    let list = async |within, since: i64, after: Option<LockoutId>| {
        let mut tx = store.read().await.expect("opens");
        let seek = Seek { after, limit: 2 };
        tx.locked_addresses(within, &directory(OURS), at(since), seek).await.expect("reads")
    };
    let id = |last: u8| match address(last) {
        Failing::Address(network) => LockoutId::from_bytes(network.as_bytes()),
        _ => unreachable!("it is an address"),
    };
    for (within, since, after, listed, next) in [
        (OUR, 0, None, &[1, 2][..], Some(2)),
        (OUR, 0, Some(2), &[4], None),
        (OUR, 5, None, &[2, 4], None),
        (OUR, 9, None, &[], None),
        (THEIR, 0, None, &[], None),
    ] {
        let page = list(within, since, after.map(id)).await;
        let found: Vec<_> = page.lockouts.iter().map(|(id, lockout)| (*id, lockout.whose)).collect();
        let expected: Vec<_> = listed.iter().map(|&last| (id(last), address(last))).collect();
        assert_eq!((found, page.next), (expected, next.map(id)), "since {since} after {after:?}");
    }
}
