//! How credentials were used.

use std::net::IpAddr;

use appkeep_domain::{
    Coverage, CredentialId, CredentialOrigin, CredentialUse, Lifetime, NodeId, Timestamp, Within,
};
use appkeep_storage::{ObservedUse, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::credentials::{credential, insert_credentials};
use crate::given::{OURS, application};

on_each_database![
    what_several_nodes_saw_comes_together,
    telling_twice_changes_nothing,
    of_what_is_gone_nothing_is_kept,
    many_are_told_at_once,
    coverage_reaches_as_far_as_the_slowest_running_node,
    of_silent_nodes_the_last_is_kept,
    only_the_platform_tells,
];

fn second(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

#[expect(clippy::unnecessary_wraps, reason = "as a request has it, which may come from no network")]
fn address(last: u8) -> Option<IpAddr> {
    Some([203, 0, 113, last].into())
}

fn observed(number: u8, (first, last): (i64, i64), gap: u32, from: Option<IpAddr>) -> ObservedUse {
    ObservedUse {
        application: application(1, "Billing").id,
        credential: CredentialId::from_bytes([number; 16]),
        first_used_at: second(first),
        last_used_at: second(last),
        last_used_from: from,
        longest_gap: Lifetime::from_seconds(gap),
    }
}

async fn tell(store: &Store, observed: Vec<ObservedUse>) {
    let told: Result<(), StorageError> =
        store.write(async move |tx| tx.add_credential_uses(Within::Platform, &observed).await).await;
    told.expect("is written");
}

async fn used(store: &Store, number: u8) -> Option<CredentialUse> {
    let mut tx = store.read().await.expect("opens");
    let page = (None, 20);
    let listed = tx.credentials(Within::Platform, &application(1, "Billing"), second(-1), page).await;
    let found = listed.expect("reads").into_iter().find(|one| one.credential.id.as_bytes()[0] == number);
    found.and_then(|found| found.used)
}

#[expect(clippy::unnecessary_wraps, reason = "as it is read back")]
fn expected(last: i64, from: Option<IpAddr>, gap: u32) -> Option<CredentialUse> {
    let longest_gap = Lifetime::from_seconds(gap);
    Some(CredentialUse { last_used_at: second(last), last_used_from: from, longest_gap })
}

async fn what_several_nodes_saw_comes_together(store: Store) {
    insert_credentials(&store, vec![credential(1, CredentialOrigin::Added, None)]).await;
    assert_eq!(used(&store, 1).await, None);
    for (told, becomes) in [
        (observed(1, (100, 100), 0, address(1)), expected(100, address(1), 0)),
        // The gap since the use before, rounded up.
        (observed(1, (130, 140), 5, address(2)), expected(140, address(2), 30)),
        // One that tells late hides nothing later, and leaves the gap as long.
        (observed(1, (110, 120), 7, address(3)), expected(140, address(2), 30)),
        (observed(1, (139, 141), 2, None), expected(141, None, 30)),
        (observed(1, (150, 200), 50, address(4)), expected(200, address(4), 50)),
    ] {
        tell(&store, vec![told.clone()]).await;
        assert_eq!(used(&store, 1).await, becomes, "{told:?}");
    }
}

async fn telling_twice_changes_nothing(store: Store) {
    insert_credentials(&store, vec![credential(1, CredentialOrigin::Added, None)]).await;
    tell(&store, vec![observed(1, (100, 100), 0, address(1))]).await;
    for _ in 0..2 {
        tell(&store, vec![observed(1, (130, 140), 5, address(2))]).await;
        assert_eq!(used(&store, 1).await, expected(140, address(2), 30));
    }
}

async fn of_what_is_gone_nothing_is_kept(store: Store) {
    let deadline = Some(second(200));
    insert_credentials(&store, vec![credential(1, CredentialOrigin::Added, deadline)]).await;
    tell(&store, vec![observed(9, (100, 100), 0, None), observed(1, (100, 100), 0, None)]).await;
    let swept: Result<u64, StorageError> =
        store.write(async move |tx| tx.delete_dead_credentials(Within::Platform, second(200), 9).await).await;
    assert_eq!(swept.expect("sweeps"), 1);
    insert_again(&store).await;
    assert_eq!(used(&store, 1).await, None, "the use went with the credential");
    tell(&store, vec![observed(1, (300, 300), 0, None)]).await;
    assert_eq!(used(&store, 1).await, expected(300, None, 0));
}

async fn insert_again(store: &Store) {
    let inserted: Result<(), StorageError> = store
        .write(async |tx| {
            let credential = credential(1, CredentialOrigin::Added, None);
            tx.insert_credential(Within::Tenant(OURS), application(1, "Billing").id, &credential).await
        })
        .await;
    inserted.expect("inserts");
}

async fn many_are_told_at_once(store: Store) {
    let many = 1..=200;
    insert_credentials(&store, many.clone().map(|n| credential(n, CredentialOrigin::Added, None)).collect())
        .await;
    tell(&store, many.clone().map(|n| observed(n, (n.into(), n.into()), 0, address(n))).collect()).await;
    tell(&store, Vec::new()).await;
    let mut tx = store.read().await.expect("opens");
    let page = (None, 200);
    let listed = tx.credentials(Within::Platform, &application(1, "Billing"), second(-1), page).await;
    let listed = listed.expect("reads");
    assert_eq!(listed.len(), 200);
    for one in listed {
        let number = one.credential.id.as_bytes()[0];
        assert_eq!(one.used, expected(number.into(), address(number), 0));
    }
}

async fn mark(store: &Store, number: u8, at: i64) {
    let node = NodeId::from_bytes([number; 16]);
    let marked: Result<(), StorageError> =
        store.write(async move |tx| tx.mark_node(Within::Platform, node, second(at)).await).await;
    marked.expect("is written");
}

async fn coverage(store: &Store, now: i64) -> (Option<Timestamp>, Option<Timestamp>) {
    let mut tx = store.read().await.expect("opens");
    let found = tx.use_coverage(Within::Platform, second(now)).await.expect("reads");
    let nothing = tx.use_coverage(Within::Tenant(OURS), second(now)).await.expect("reads");
    assert_eq!(nothing, Coverage::default());
    (found.complete_until, found.last_silent)
}

async fn coverage_reaches_as_far_as_the_slowest_running_node(store: Store) {
    assert_eq!(coverage(&store, 100).await, (None, None));
    mark(&store, 1, 90).await;
    mark(&store, 2, 100).await;
    assert_eq!(coverage(&store, 100).await, (Some(second(90)), None));
    mark(&store, 1, 110).await;
    assert_eq!(coverage(&store, 120).await, (Some(second(100)), None));
    assert_eq!(coverage(&store, 160).await, (Some(second(100)), None));
    assert_eq!(coverage(&store, 161).await, (Some(second(110)), Some(second(100))));
    assert_eq!(coverage(&store, 900).await, (None, Some(second(110))));
    let node = NodeId::from_bytes([1; 16]);
    let gone: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_node(Within::Platform, node).await).await;
    gone.expect("is forgotten");
    assert_eq!(coverage(&store, 900).await, (None, Some(second(100))));
}

async fn of_silent_nodes_the_last_is_kept(store: Store) {
    for (node, at) in [(1, 10), (2, 20), (3, 30), (4, 200)] {
        mark(&store, node, at).await;
    }
    let sweep = async |now| -> Result<u64, StorageError> {
        store.write(async move |tx| tx.delete_silent_nodes(Within::Platform, second(now)).await).await
    };
    let before = coverage(&store, 210).await;
    for (now, swept) in [(60, 0), (210, 2), (210, 0)] {
        assert_eq!(sweep(now).await.expect("sweeps"), swept, "{now}");
    }
    assert_eq!(coverage(&store, 210).await, before);
}

async fn only_the_platform_tells(store: Store) {
    let node = NodeId::from_bytes([1; 16]);
    let within = Within::Tenant(OURS);
    let refused: [Result<u64, StorageError>; 4] = [
        store.write(async move |tx| tx.add_credential_uses(within, &[]).await.map(|()| 0)).await,
        store.write(async move |tx| tx.mark_node(within, node, second(1)).await.map(|()| 0)).await,
        store.write(async move |tx| tx.delete_node(within, node).await.map(|()| 0)).await,
        store.write(async move |tx| tx.delete_silent_nodes(within, second(1)).await).await,
    ];
    assert!(refused.iter().all(|outcome| matches!(outcome, Err(StorageError::Stale))), "{refused:?}");
}
