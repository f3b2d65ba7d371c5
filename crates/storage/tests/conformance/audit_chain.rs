//! The chains of audit entries: every entry gets one place, whoever seals.

use appkeep_domain::{Actor, ActorKind, AuditEntry, AuditEntryId, Lifetime, Owner, Timestamp, Within};
use appkeep_storage::{AuditChain, AuditCheckpoint, AuditLink, StorageError, Store};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, at};

on_each_database![
    an_entry_waits_until_it_is_sealed,
    a_link_is_appended_to_the_end_that_it_was_computed_from,
    of_two_that_seal_at_once_one_does,
    what_is_sealed_leaves_the_queue,
    a_chain_is_read_in_its_order,
    another_tenants_chain_is_not_there,
    a_checkpoint_is_due_when_a_chain_has_grown,
    old_checkpoints_are_thinned_out,
];

const WITHIN: Within = Within::Tenant(OURS);
const OWNER: Owner = Owner::Tenant(OURS);

fn entry(number: u8) -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::from_bytes([number; 16]),
        owner: OWNER,
        occurred_at: at(i64::from(number)),
        actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
        action: "tenant.updated".to_owned(),
        application: None,
        before: None,
        after: None,
        request_id: "req_x".to_owned(),
        address: None,
        personal: Some(vec![number]),
    }
}

fn link(number: u8) -> AuditLink {
    AuditLink { entry: entry(number).id, hash: [number; 32] }
}

async fn insert(store: &Store, entry: AuditEntry) {
    let insert = async move |tx: &mut appkeep_storage::WriteTx| -> Result<(), StorageError> {
        tx.insert_audit_entry(Within::Platform, &entry).await
    };
    store.write(insert).await.expect("inserts");
}

async fn append(store: &Store, chain: AuditChain, links: &[AuditLink]) -> Result<(), StorageError> {
    let links = links.to_vec();
    store
        .write(async move |tx| {
            assert!(tx.may_seal_audit().await?);
            tx.append_audit_links(WITHIN, &chain, &links, at(50)).await
        })
        .await
}

async fn end(store: &Store) -> AuditChain {
    let chain = store.read().await.expect("opens").audit_chain(WITHIN, OWNER).await.expect("reads");
    chain.unwrap_or(AuditChain::empty(OWNER))
}

async fn waiting(store: &Store) -> Vec<AuditEntry> {
    store.read().await.expect("opens").unsealed_audit_entries(WITHIN, 9).await.expect("reads")
}

async fn an_entry_waits_until_it_is_sealed(store: Store) {
    insert(&store, entry(2)).await;
    insert(&store, entry(1)).await;
    assert_eq!(waiting(&store).await, [entry(1), entry(2)], "the oldest first");
    append(&store, end(&store).await, &[link(2)]).await.expect("appends");
    assert_eq!(waiting(&store).await, [entry(1)], "also while it is in the queue");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.count_unsealed_audit_entries(WITHIN, 9).await.expect("counts"), 1);
}

async fn a_link_is_appended_to_the_end_that_it_was_computed_from(store: Store) {
    for number in 1..=3 {
        insert(&store, entry(number)).await;
    }
    let empty = AuditChain::empty(OWNER);
    append(&store, empty, &[link(2), link(1)]).await.expect("appends");
    let begun = end(&store).await;
    assert_eq!((begun.count, begun.hash), (2, [1; 32]));
    let forked = AuditChain { hash: [9; 32], ..begun };
    for stale in [empty, forked, AuditChain { count: 1, ..begun }] {
        let refused = append(&store, stale, &[link(3)]).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    let again = append(&store, begun, &[link(1)]).await;
    assert!(matches!(again, Err(StorageError::Taken(_))), "an entry has one place: {again:?}");
    append(&store, begun, &[link(3)]).await.expect("appends");
    assert_eq!(end(&store).await.count, 3);
}

#[expect(clippy::disallowed_methods, reason = "runs callers side by side")]
async fn of_two_that_seal_at_once_one_does(database: TestDatabase) {
    let stores = [database.store(), database.store()];
    for number in 1..=20 {
        insert(&stores[0], entry(number)).await;
        let chain = end(&stores[0]).await;
        let tasks = stores.clone().map(|store| {
            tokio::spawn(async move {
                let seal = async move |tx: &mut appkeep_storage::WriteTx| {
                    if !tx.may_seal_audit().await? {
                        return Err(StorageError::Stale);
                    }
                    tx.append_audit_links(WITHIN, &chain, &[link(number)], at(50)).await
                };
                store.write(seal).await.is_ok()
            })
        });
        let mut sealed = 0;
        for task in tasks {
            sealed += u8::from(task.await.expect("runs"));
        }
        assert_eq!((sealed, end(&stores[1]).await.count), (1, u64::from(number)));
    }
}

async fn what_is_sealed_leaves_the_queue(store: Store) {
    for number in 1..=3 {
        insert(&store, entry(number)).await;
    }
    append(&store, end(&store).await, &[link(1), link(3)]).await.expect("appends");
    for removed in [1, 1, 0] {
        assert_eq!(store.dequeue_sealed_audit_entries(1).await.expect("runs"), removed);
    }
    assert_eq!(waiting(&store).await, [entry(2)]);
}

async fn a_chain_is_read_in_its_order(store: Store) {
    for number in 1..=4 {
        insert(&store, entry(number)).await;
    }
    append(&store, end(&store).await, &[link(2), link(4), link(1)]).await.expect("appends");
    append(&store, end(&store).await, &[link(3)]).await.expect("appends");
    let mut tx = store.read().await.expect("opens");
    for (range, limit, expected) in [
        ((0, 4), 9, vec![(1, 2), (2, 4), (3, 1), (4, 3)]),
        ((1, 3), 9, vec![(2, 4), (3, 1)]),
        ((1, 4), 1, vec![(2, 4)]),
        ((4, 9), 9, vec![]),
    ] {
        let read = tx.sealed_audit_entries(WITHIN, OWNER, range, limit).await.expect("reads");
        let places: Vec<_> = read.iter().map(|sealed| (sealed.seq, sealed.hash[0])).collect();
        assert_eq!(places, expected, "{range:?}");
        assert!(read.iter().all(|sealed| sealed.entry == entry(sealed.hash[0])));
    }
}

async fn another_tenants_chain_is_not_there(store: Store) {
    insert(&store, entry(1)).await;
    let theirs = Within::Tenant(THEIRS);
    let chain = AuditChain::empty(OWNER);
    let refused =
        store.write(async move |tx| tx.append_audit_links(theirs, &chain, &[link(1)], at(50)).await).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    append(&store, chain, &[link(1)]).await.expect("appends");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.unsealed_audit_entries(theirs, 9).await.expect("reads"), []);
    assert_eq!(tx.audit_chain(theirs, OWNER).await.expect("reads"), None);
    assert_eq!(tx.audit_chains(theirs, None, 9).await.expect("reads"), []);
    assert_eq!(tx.sealed_audit_entries(theirs, OWNER, (0, 9), 9).await.expect("reads"), []);
    assert_eq!(tx.unsigned_audit_chains(theirs, at(99), 9).await.expect("reads"), []);
    let all = tx.audit_chains(Within::Platform, None, 9).await.expect("reads");
    assert_eq!(all.iter().map(|chain| chain.owner).collect::<Vec<_>>(), [OWNER]);
    assert_eq!(tx.audit_chains(Within::Platform, Some(OWNER), 9).await.expect("reads"), []);
}

async fn sign(store: &Store, chain: AuditChain, signed_at: Timestamp) -> Result<(), StorageError> {
    let checkpoint = AuditCheckpoint { seq: chain.count, signed_at, jws: format!("{}", chain.count) };
    store.write(async move |tx| tx.insert_audit_checkpoint(WITHIN, &chain, &checkpoint).await).await
}

async fn a_checkpoint_is_due_when_a_chain_has_grown(store: Store) {
    insert(&store, entry(1)).await;
    insert(&store, entry(2)).await;
    append(&store, end(&store).await, &[link(1)]).await.expect("appends");
    let unsigned = async |until| {
        let mut tx = store.read().await.expect("opens");
        tx.unsigned_audit_chains(WITHIN, at(until), 9).await.expect("reads").len()
    };
    assert_eq!(unsigned(10).await, 1);
    let chain = end(&store).await;
    sign(&store, chain, at(10)).await.expect("is kept");
    let again = sign(&store, chain, at(10)).await;
    assert!(matches!(again, Err(StorageError::Stale)), "{again:?}");
    assert_eq!(unsigned(99).await, 0, "nothing has been added");
    append(&store, end(&store).await, &[link(2)]).await.expect("appends");
    assert_eq!((unsigned(9).await, unsigned(10).await), (0, 1));
    sign(&store, end(&store).await, at(20)).await.expect("is kept");
    let mut tx = store.read().await.expect("opens");
    let kept = tx.audit_checkpoints(WITHIN, OWNER, (1, 9), 9).await.expect("reads");
    assert_eq!(kept, [AuditCheckpoint { seq: 2, signed_at: at(20), jws: "2".to_owned() }]);
}

async fn old_checkpoints_are_thinned_out(store: Store) {
    let begun = Timestamp::parse("2026-05-20T10:00:00Z").expect("is a moment");
    let minutes = [0, 1, 59, 60, 61, 120];
    for (number, minute) in (1..).zip(minutes) {
        insert(&store, entry(number)).await;
        append(&store, end(&store).await, &[link(number)]).await.expect("appends");
        sign(&store, end(&store).await, begun.plus(Lifetime::from_minutes(minute))).await.expect("is kept");
    }
    let kept = async || {
        let mut tx = store.read().await.expect("opens");
        let kept = tx.audit_checkpoints(WITHIN, OWNER, (0, 9), 9).await.expect("reads");
        kept.iter().map(|checkpoint| checkpoint.seq).collect::<Vec<_>>()
    };
    for (hours, left) in [
        (1, vec![1, 2, 3, 4, 5, 6]),
        (2, vec![1, 4, 5, 6]),
        (4, vec![1, 4, 6]),
        (24 * 7, vec![1, 4, 6]),
        (24 * 7 + 3, vec![1, 6]),
    ] {
        store.thin_audit_checkpoints(begun.plus(Lifetime::from_hours(hours))).await.expect("runs");
        assert_eq!(kept().await, left, "after {hours} hours");
    }
}
