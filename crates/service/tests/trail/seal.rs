//! Every entry gets one place, whoever seals and in whatever order they come.

use appkeep_domain::{Lifetime, Owner, PartnerId, Within};
use appkeep_storage::Store;
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{Node, OURS, verify};

on_each_database![
    everything_that_waits_is_sealed_once,
    an_entry_that_comes_late_takes_the_next_place,
    nodes_that_seal_at_once_make_one_chain,
    a_chain_is_signed_once_a_minute_while_it_grows,
];

async fn places(node: &Node, owner: Owner) -> Vec<(u64, String)> {
    let mut tx = node.store.read().await.expect("reads");
    let sealed = tx.sealed_audit_entries(Within::Platform, owner, (0, 9_999), 9_999).await.expect("reads");
    sealed.into_iter().map(|sealed| (sealed.seq, sealed.entry.action)).collect()
}

async fn everything_that_waits_is_sealed_once(store: Store) {
    let node = Node::start(store).await;
    let partner = Owner::Partner(PartnerId::from_bytes([5; 16]));
    for owner in [OURS, Owner::Global, partner] {
        node.write(owner, 0..400).await;
    }
    assert_eq!(node.trail.seal().await.expect("seals"), 1_200);
    assert_eq!(node.trail.seal().await.expect("seals"), 0);
    let expected: Vec<_> = (0..400).map(|number| (number + 1, format!("number.{number}"))).collect();
    for owner in [OURS, Owner::Global, partner] {
        assert_eq!(places(&node, owner).await, expected);
    }
    assert_eq!(verify(&node.whole().await).expect("is proven").entries, 1_200);
}

/// Its transaction began early and committed late.
async fn an_entry_that_comes_late_takes_the_next_place(store: Store) {
    let node = Node::start(store).await;
    node.write(OURS, [2, 3]).await;
    node.trail.seal().await.expect("seals");
    node.write(OURS, [1, 4]).await;
    node.trail.seal().await.expect("seals");
    let order: Vec<_> = places(&node, OURS).await.into_iter().map(|(_, action)| action).collect();
    assert_eq!(order, ["number.2", "number.3", "number.1", "number.4"]);
    verify(&node.whole().await).expect("is proven");
}

async fn nodes_that_seal_at_once_make_one_chain(database: TestDatabase) {
    let nodes = [Node::start(database.store()).await, Node::start(database.store()).await];
    let sealing = nodes.each_ref().map(|node| {
        let trail = node.trail.clone();
        tokio::spawn(async move {
            for _ in 0..30 {
                trail.seal().await.expect("seals");
                tokio::task::yield_now().await;
            }
        })
    });
    for number in 0..60 {
        nodes[usize::from(number % 2)].write(OURS, [number]).await;
    }
    for task in sealing {
        task.await.expect("ends");
    }
    nodes[0].trail.seal().await.expect("seals");
    let places: Vec<_> = places(&nodes[1], OURS).await.into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(places, (1..=60).collect::<Vec<_>>());
    verify(&nodes[1].whole().await).expect("is proven");
}

async fn a_chain_is_signed_once_a_minute_while_it_grows(store: Store) {
    let node = Node::start(store).await;
    let minute = Lifetime::from_minutes(1);
    for (number, seconds, signed) in [(1, 0, 1), (2, 59, 0), (3, 1, 1), (4, 61, 1)] {
        node.clock.advance(Lifetime::from_seconds(seconds));
        node.write(OURS, [number]).await;
        node.trail.seal().await.expect("seals");
        assert_eq!(node.trail.checkpoint(minute).await.expect("signs"), signed, "entry {number}");
    }
    node.clock.advance(minute);
    assert_eq!(node.trail.checkpoint(minute).await.expect("signs"), 0, "nothing was added");
    assert_eq!(verify(&node.whole().await).expect("is proven").checkpoints, 3);
}
