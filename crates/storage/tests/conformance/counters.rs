//! Totals, what they count, and counting anew.

use appkeep_domain::{Actor, ActorKind, AuditEntry, AuditEntryId, NodeId, Owner, Within};
use appkeep_storage::{AuditChain, AuditChainEnd, AuditLink, AuditTotal, StorageError, Store, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    a_total_that_is_wrong_is_seen_and_counted_anew,
    a_chain_that_lost_links_or_its_end_is_seen,
    a_database_tells_what_it_is,
    the_newest_moment_is_of_any_table,
];

/// An entry that is there before its application is not counted.
async fn a_total_that_is_wrong_is_seen_and_counted_anew(store: Store) {
    let (owner, within) = (Owner::Tenant(OURS), Within::Tenant(OURS));
    let ids = [1, 2].map(|number| application(number, "Billing").id);
    tell(&store, 1, ids[1]).await;
    for number in [1, 2] {
        let application = application(number, "Billing");
        store.write(async move |tx| tx.insert_application(within, &application).await).await.expect("is new");
    }
    for (number, id) in [(2, ids[0]), (3, ids[1])] {
        tell(&store, number, id).await;
    }
    let total = |number: usize, kept, counted| AuditTotal { owner, application: ids[number], kept, counted };
    assert_eq!(totals(&store).await, [total(0, 1, 1), total(1, 1, 2)]);
    for (within, id) in [(Within::Tenant(THEIRS), ids[1]), (within, application(3, "Billing").id)] {
        let refused = recount(&store, within, owner, id).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    recount(&store, Within::Platform, owner, ids[1]).await.expect("is there");
    assert_eq!(totals(&store).await, [total(0, 1, 1), total(1, 2, 2)]);
    let mut tx = store.read().await.expect("reads");
    assert!(tx.audit_totals(Within::Tenant(OURS), None, 10).await.expect("reads").is_empty());
}

async fn a_database_tells_what_it_is(database: TestDatabase) {
    let store = database.store();
    let facts = store.read().await.expect("reads").database_facts().await.expect("reads");
    let product = if database.is_postgres() { "PostgreSQL" } else { "SQLite" };
    assert_eq!((facts.product.as_str(), facts.is_supported, facts.is_standby), (product, true, false));
    assert!(facts.version.split('.').next().is_some_and(|major| major.parse::<u32>().is_ok()), "{facts:?}");
    assert!(facts.now > at(1_700_000_000_000_000), "{facts:?}");
    assert!(store.schema_version().await.expect("reads") >= Some(1));
}

async fn a_chain_that_lost_links_or_its_end_is_seen(database: TestDatabase) {
    let store = database.store();
    let (owner, within) = (Owner::Tenant(OURS), Within::Tenant(OURS));
    let links = [1, 2, 3]
        .map(|number| AuditLink { entry: AuditEntryId::from_bytes([number; 16]), hash: [number; 32] });
    let start = AuditChain { owner, count: 0, hash: [0; 32], checkpoint: 0, checkpoint_at: at(0) };
    let append = async move |tx: &mut WriteTx| tx.append_audit_links(within, &start, &links, at(1)).await;
    let appended: Result<(), StorageError> = store.write(append).await;
    appended.expect("is the first");
    let is_right = AuditChainEnd { owner, count: 3, is_last: true };
    for (statements, end, links) in [
        ("", is_right, 3),
        ("DELETE FROM audit_seals WHERE seq = 2", is_right, 2),
        ("UPDATE audit_chains SET count = 2", AuditChainEnd { count: 2, is_last: false, ..is_right }, 1),
        ("UPDATE audit_chains SET count = 4", AuditChainEnd { count: 4, is_last: false, ..is_right }, 2),
    ] {
        database.run(statements).await;
        let mut tx = store.read().await.expect("reads");
        assert_eq!(tx.audit_chain_ends(Within::Platform, None, 10).await.expect("reads"), [end]);
        assert!(tx.audit_chain_ends(Within::Platform, Some(owner), 10).await.expect("reads").is_empty());
        assert!(tx.audit_chain_ends(within, None, 10).await.expect("reads").is_empty());
        for (within, expected) in [(Within::Platform, links), (Within::Tenant(THEIRS), 0)] {
            let counted = tx.count_audit_links(within, owner, (0, end.count)).await.expect("reads");
            assert_eq!(counted, expected, "{statements}");
        }
    }
}

async fn the_newest_moment_is_of_any_table(store: Store) {
    let newest = async || store.read().await.expect("reads").newest_moment().await.expect("reads");
    assert_eq!(newest().await, None);
    let mut expected = Vec::new();
    for (number, moment) in [(1, 5), (2, 9), (3, 7)] {
        let mark = async move |tx: &mut WriteTx| {
            tx.mark_node(Within::Platform, NodeId::from_bytes([number; 16]), at(moment)).await
        };
        let marked: Result<(), StorageError> = store.write(mark).await;
        marked.expect("marks");
        expected.push(at(moment));
        assert_eq!(newest().await, expected.iter().max().copied());
    }
    expected.sort();
    expected.reverse();
    let mut tx = store.read().await.expect("reads");
    assert_eq!(tx.node_marks(Within::Platform).await.expect("reads"), expected);
    assert!(tx.node_marks(Within::Tenant(OURS)).await.expect("reads").is_empty());
    drop(tx);
    let application = application(1, "Billing");
    store
        .write(async move |tx| tx.insert_application(Within::Platform, &application).await)
        .await
        .expect("is new");
    assert!(newest().await > Some(at(1_700_000_000_000_000)), "the change feed has the time of the database");
}

/// All of them, one a page.
async fn totals(store: &Store) -> Vec<AuditTotal> {
    let mut tx = store.read().await.expect("reads");
    let mut all: Vec<AuditTotal> = Vec::new();
    loop {
        let page = tx.audit_totals(Within::Platform, all.last().copied(), 1).await.expect("reads");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

async fn recount(
    store: &Store,
    within: Within,
    owner: Owner,
    id: appkeep_domain::ApplicationId,
) -> Result<(), StorageError> {
    store.write(async move |tx: &mut WriteTx| tx.recount_audit_total(within, owner, id).await).await
}

async fn tell(store: &Store, number: u8, application: appkeep_domain::ApplicationId) {
    let entry = AuditEntry {
        id: AuditEntryId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        occurred_at: at(i64::from(number)),
        actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
        action: "application.updated".to_owned(),
        application: Some(application),
        before: None,
        after: None,
        request_id: String::new(),
        address: None,
        personal: None,
    };
    let within = Within::Tenant(OURS);
    store.write(async move |tx| tx.insert_audit_entry(within, &entry).await).await.expect("is new");
}
