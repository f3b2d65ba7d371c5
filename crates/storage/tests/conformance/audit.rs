//! Audit entries: what they tell, who sees them, and how many there are.

use appkeep_domain::{Actor, ActorKind, AuditEntry, AuditEntryId, Owner, Within};
use appkeep_storage::{AuditFilter, AuditSummary, ReadTx, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    an_audit_entry_reads_back_as_written,
    another_tenants_history_is_not_there,
    a_history_is_filtered,
    what_an_entry_says_is_looked_for,
    the_words_of_a_history_are_listed,
    a_history_is_newest_first_and_goes_on_from_a_key,
    a_history_examines_a_bounded_number_of_rows,
    a_summary_counts_what_is_told_of_an_application,
];

/// An entry of the millisecond, about application 1.
fn entry(millis: u8) -> AuditEntry {
    let mut id = [0; 16];
    (id[5], id[15]) = (millis, 1);
    AuditEntry {
        id: AuditEntryId::from_bytes(id),
        owner: Owner::Tenant(OURS),
        occurred_at: at(i64::from(millis) * 1_000),
        actor: Actor { kind: ActorKind::Application, id: "app_x".to_owned() },
        action: "application.updated".to_owned(),
        application: Some(application(1, "Billing").id),
        before: None,
        after: Some("{\"name\":\"Billing\"}".to_owned()),
        request_id: "req_x".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        personal: None,
    }
}

async fn insert(store: &Store, within: Within, entry: &AuditEntry) -> Result<(), StorageError> {
    let entry = entry.clone();
    store.write(async move |tx| tx.insert_audit_entry(within, &entry).await).await
}

async fn list(store: &Store, filter: &AuditFilter) -> Vec<AuditEntry> {
    let mut tx = store.read().await.expect("opens");
    let page = tx.audit_entries(Within::Tenant(OURS), Owner::Tenant(OURS), filter, None, 50).await;
    page.expect("lists").entries
}

async fn an_audit_entry_reads_back_as_written(store: Store) {
    let actor = Actor { kind: ActorKind::System, id: "sweep".to_owned() };
    let bare = AuditEntry {
        actor,
        application: None,
        before: Some("{}".to_owned()),
        after: None,
        address: None,
        ..entry(6)
    };
    let written = vec![bare, entry(5)];
    for one in &written {
        insert(&store, Within::Tenant(OURS), one).await.expect("inserts");
    }
    assert_eq!(list(&store, &AuditFilter::default()).await, written);
}

async fn another_tenants_history_is_not_there(store: Store) {
    let refused = insert(&store, Within::Tenant(THEIRS), &entry(5)).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    insert(&store, Within::Platform, &entry(5)).await.expect("inserts");
    let (theirs, owner, all) = (Within::Tenant(THEIRS), Owner::Tenant(OURS), AuditFilter::default());
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.audit_entries(theirs, owner, &all, None, 9).await.expect("lists").entries, []);
    let summary = tx.audit_summary(theirs, owner, application(1, "Billing").id, 9).await;
    assert_eq!(summary.expect("reads"), AuditSummary::default());
    let elsewhere = tx.audit_entries(theirs, Owner::Tenant(THEIRS), &all, None, 9).await;
    assert_eq!(elsewhere.expect("lists").entries, []);
}

async fn a_history_is_filtered(store: Store) {
    let by = |id: &str| Actor { kind: ActorKind::Operator, id: id.to_owned() };
    let entries = [
        entry(1),
        AuditEntry { application: Some(application(2, "Other").id), ..entry(2) },
        AuditEntry { actor: by("opr_x"), ..entry(3) },
        AuditEntry { action: "application.disabled".to_owned(), actor: by("opr_x"), ..entry(4) },
        AuditEntry { occurred_at: at(5_500), ..entry(5) },
    ];
    for one in &entries {
        insert(&store, Within::Tenant(OURS), one).await.expect("inserts");
    }
    let all = AuditFilter::default;
    let (ours, actor) = (Some(application(1, "Billing").id), Some("opr_x".to_owned()));
    let action = Some("application.disabled".to_owned());
    for (filter, found) in [
        (all(), vec![5, 4, 3, 2, 1]),
        (AuditFilter { application: ours, ..all() }, vec![5, 4, 3, 1]),
        (AuditFilter { actor: actor.clone(), ..all() }, vec![4, 3]),
        (AuditFilter { action: action.clone(), ..all() }, vec![4]),
        (AuditFilter { application: ours, actor, action, ..all() }, vec![4]),
        (AuditFilter { from: Some(at(2_000)), until: Some(at(4_000)), ..all() }, vec![3, 2]),
        (AuditFilter { application: ours, from: Some(at(2_000)), until: Some(at(4_000)), ..all() }, vec![3]),
        (AuditFilter { from: Some(at(3_001)), until: Some(at(5_500)), ..all() }, vec![4]),
        (AuditFilter { from: Some(at(5_500)), until: Some(at(5_501)), ..all() }, vec![5]),
        (AuditFilter { from: Some(at(9_000)), ..all() }, vec![]),
    ] {
        let listed: Vec<u8> = list(&store, &filter).await.iter().map(|one| one.id.as_bytes()[5]).collect();
        assert_eq!(listed, found, "{filter:?}");
    }
}

async fn what_an_entry_says_is_looked_for(store: Store) {
    let about = Some("{\"group_id\":\"grp_x\"}".to_owned());
    let word = |action: &str, number| AuditEntry { action: action.to_owned(), ..entry(number) };
    let entries = [
        AuditEntry { application: None, before: about, ..word("group.deleted", 1) },
        word("request.refused", 2),
        AuditEntry { address: Some("192.0.2.9".to_owned()), ..word("group.created", 3) },
    ];
    for one in &entries {
        insert(&store, Within::Tenant(OURS), one).await.expect("inserts");
    }
    let all = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    for (filter, found) in [
        (AuditFilter { noun: text("group"), ..all() }, vec![3, 1]),
        (AuditFilter { noun: text("gro"), ..all() }, vec![]),
        (AuditFilter { about: text("grp_x"), ..all() }, vec![1]),
        (AuditFilter { about: text("grp_"), ..all() }, vec![]),
        (AuditFilter { about: Some(application(1, "Billing").id.to_string()), ..all() }, vec![3, 2]),
        (AuditFilter { refusals: Some(true), ..all() }, vec![2]),
        (AuditFilter { refusals: Some(false), ..all() }, vec![3, 1]),
        (AuditFilter { address: text("192.0.2.9"), ..all() }, vec![3]),
        (AuditFilter { address: text("192.0.2.9"), refusals: Some(true), ..all() }, vec![]),
    ] {
        let listed: Vec<u8> = list(&store, &filter).await.iter().map(|one| one.id.as_bytes()[5]).collect();
        assert_eq!(listed, found, "{filter:?}");
    }
}

async fn the_words_of_a_history_are_listed(store: Store) {
    let words = ["user.created", "group.created", "user.created", "application.updated"];
    for (number, word) in (1..).zip(words) {
        let one = AuditEntry { action: word.to_owned(), ..entry(number) };
        insert(&store, Within::Tenant(OURS), &one).await.expect("inserts");
    }
    let mut tx = store.read().await.expect("opens");
    let (ours, owner) = (Within::Tenant(OURS), Owner::Tenant(OURS));
    let listed = tx.audit_actions(ours, owner).await.expect("lists");
    assert_eq!(listed, ["application.updated", "group.created", "user.created"]);
    assert!(tx.audit_actions(ours, Owner::Tenant(THEIRS)).await.expect("lists").is_empty());
    let theirs = Within::Tenant(THEIRS);
    assert!(tx.audit_actions(theirs, Owner::Tenant(THEIRS)).await.expect("lists").is_empty());
}

async fn a_history_is_newest_first_and_goes_on_from_a_key(store: Store) {
    for millis in [2, 4, 6, 8] {
        insert(&store, Within::Tenant(OURS), &entry(millis)).await.expect("inserts");
    }
    let (within, owner, all) = (Within::Tenant(OURS), Owner::Tenant(OURS), AuditFilter::default());
    let (mut seen, mut after) = (Vec::new(), None);
    for inserted in [9, 5] {
        let mut tx = store.read().await.expect("opens");
        let page = tx.audit_entries(within, owner, &all, after, 2).await.expect("lists");
        drop(tx);
        seen.extend(page.entries.iter().map(|one| one.id.as_bytes()[5]));
        after = page.next;
        insert(&store, within, &entry(inserted)).await.expect("inserts");
    }
    assert_eq!((seen, after), (vec![8, 6, 4, 2], None));
}

async fn a_history_examines_a_bounded_number_of_rows(store: Store) {
    store
        .write(async move |tx| {
            for number in 0..=ReadTx::MAX_EXAMINED {
                let mut id = [0; 16];
                id[8..].copy_from_slice(&number.to_be_bytes());
                let action = if number == 0 { "application.created" } else { "application.updated" };
                let one = AuditEntry {
                    id: AuditEntryId::from_bytes(id),
                    action: action.to_owned(),
                    application: None,
                    ..entry(0)
                };
                tx.insert_audit_entry(Within::Tenant(OURS), &one).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await
        .expect("inserts");
    let (within, owner) = (Within::Tenant(OURS), Owner::Tenant(OURS));
    let filter = AuditFilter {
        actor: Some("app_x".to_owned()),
        action: Some("application.created".to_owned()),
        ..AuditFilter::default()
    };
    let mut tx = store.read().await.expect("opens");
    let short = tx.audit_entries(within, owner, &filter, None, 50).await.expect("lists");
    assert_eq!((short.entries.len(), short.next.is_some()), (0, true), "a short page with a cursor");
    let rest = tx.audit_entries(within, owner, &filter, short.next, 50).await.expect("lists");
    assert_eq!((rest.entries.len(), rest.next), (1, None));
}

async fn a_summary_counts_what_is_told_of_an_application(store: Store) {
    let (within, billing) = (Within::Tenant(OURS), application(1, "Billing"));
    let (inserted, id) = (billing.clone(), billing.id);
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_application(within, &inserted).await).await;
    outcome.expect("inserts");
    let elsewhere = AuditEntry { application: None, ..entry(9) };
    for one in [entry(1), entry(2), elsewhere, entry(3)] {
        insert(&store, within, &one).await.expect("inserts");
    }
    let undone: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_audit_entry(within, &entry(4)).await?;
            Err(StorageError::Stale)
        })
        .await;
    undone.expect_err("is undone");
    let summary = async |recent| {
        let mut tx = store.read().await.expect("opens");
        tx.audit_summary(within, Owner::Tenant(OURS), id, recent).await.expect("reads")
    };
    for (recent, entries) in [(0, vec![]), (2, vec![entry(3), entry(2)])] {
        assert_eq!(summary(recent).await, AuditSummary { recent: entries, total: 3 });
    }
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(within, &billing, at(3)).await).await;
    outcome.expect("deletes");
    assert_eq!(summary(2).await, AuditSummary::default());
    assert_eq!(list(&store, &AuditFilter::default()).await.len(), 4, "its history stays");
}
