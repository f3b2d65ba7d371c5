//! Service accounts of tenants.

use appkeep_domain::{
    Actor, ActorKind, Name, Role, SecretHash, ServiceAccount, ServiceAccountId, ServiceSecret, TenantId,
    Timestamp, Within,
};
use appkeep_storage::{Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

on_each_database![
    an_account_reads_back_as_it_was_written,
    accounts_are_listed_newest_first_and_in_parts,
    another_tenants_accounts_are_not_there,
    an_archived_account_changes_no_more,
    accounts_are_counted_up_to_a_bound,
];

const OURS: TenantId = TenantId::from_bytes([7; 16]);
const THEIRS: TenantId = TenantId::from_bytes([8; 16]);

fn account(number: u8) -> ServiceAccount {
    ServiceAccount {
        id: ServiceAccountId::from_bytes([number; 16]),
        tenant: OURS,
        name: Name::parse("Deployments").expect("is a name"),
        description: Some("From CI".to_owned()),
        role: Role::Admin,
        secret: ServiceSecret {
            hash: SecretHash::from_bytes([9; 32]),
            last_four: "1nPa".to_owned(),
            created_at: Timestamp::from_micros(4),
        },
        created_by: Actor { kind: ActorKind::ServiceAccount, id: "sa_1".to_owned() },
        created_at: Timestamp::from_micros(5),
        updated_at: Timestamp::from_micros(6),
        archived_at: None,
    }
}

async fn insert(store: &Store, within: Within, account: ServiceAccount) -> Result<(), StorageError> {
    store.write(async move |tx| tx.insert_service_account(within, &account).await).await
}

async fn update(store: &Store, within: Within, account: ServiceAccount) -> Result<(), StorageError> {
    store.write(async move |tx| tx.update_service_account(within, &account).await).await
}

async fn read(store: &Store, within: Within, number: u8) -> Option<ServiceAccount> {
    let id = ServiceAccountId::from_bytes([number; 16]);
    store.read().await.expect("opens").service_account(within, id).await.expect("reads")
}

async fn list(store: &Store, within: Within, archived: bool, after: Option<u8>) -> (Vec<u8>, Option<u8>) {
    let number = |id: ServiceAccountId| id.as_bytes()[0];
    let after = after.map(|number| ServiceAccountId::from_bytes([number; 16]));
    let mut tx = store.read().await.expect("opens");
    let seek = Seek { after, limit: 2 };
    let page = tx.service_accounts(within, (OURS, archived), seek).await.expect("lists");
    (page.accounts.iter().map(|one| number(one.id)).collect(), page.next.map(number))
}

async fn an_account_reads_back_as_it_was_written(store: Store) {
    let ours = Within::Tenant(OURS);
    insert(&store, ours, account(1)).await.expect("inserts");
    assert_eq!(read(&store, ours, 1).await, Some(account(1)));
    let changed = ServiceAccount {
        name: Name::parse("CI").expect("is a name"),
        description: None,
        role: Role::Viewer,
        secret: ServiceSecret {
            hash: SecretHash::from_bytes([8; 32]),
            last_four: "aaaa".to_owned(),
            created_at: Timestamp::from_micros(7),
        },
        updated_at: Timestamp::from_micros(8),
        ..account(1)
    };
    update(&store, ours, changed.clone()).await.expect("updates");
    assert_eq!(read(&store, Within::Platform, 1).await, Some(changed));
}

async fn accounts_are_listed_newest_first_and_in_parts(store: Store) {
    let ours = Within::Tenant(OURS);
    for number in 1..=4 {
        let archived_at = (number == 2).then(|| Timestamp::from_micros(9));
        insert(&store, ours, ServiceAccount { archived_at, ..account(number) }).await.expect("inserts");
    }
    assert_eq!(list(&store, ours, false, None).await, (vec![4, 3], Some(3)));
    assert_eq!(list(&store, ours, false, Some(3)).await, (vec![1], None));
    assert_eq!(list(&store, ours, true, Some(3)).await, (vec![2, 1], None));
}

async fn another_tenants_accounts_are_not_there(store: Store) {
    let (ours, theirs) = (Within::Tenant(OURS), Within::Tenant(THEIRS));
    assert!(matches!(insert(&store, theirs, account(1)).await, Err(StorageError::Stale)));
    insert(&store, ours, account(1)).await.expect("inserts");
    assert_eq!(read(&store, theirs, 1).await, None);
    assert_eq!(list(&store, theirs, true, None).await, (Vec::new(), None));
    assert!(matches!(update(&store, theirs, account(1)).await, Err(StorageError::Stale)));
    assert!(matches!(update(&store, ours, account(2)).await, Err(StorageError::Stale)));
    assert_eq!(read(&store, ours, 1).await, Some(account(1)));
}

async fn an_archived_account_changes_no_more(store: Store) {
    let ours = Within::Tenant(OURS);
    insert(&store, ours, account(1)).await.expect("inserts");
    let archived = ServiceAccount { archived_at: Some(Timestamp::from_micros(9)), ..account(1) };
    update(&store, ours, archived.clone()).await.expect("archives");
    assert!(matches!(update(&store, ours, account(1)).await, Err(StorageError::Stale)));
    assert_eq!(read(&store, ours, 1).await, Some(archived));
}

async fn accounts_are_counted_up_to_a_bound(store: Store) {
    let ours = Within::Tenant(OURS);
    for number in 1..=3 {
        let archived_at = (number == 2).then(|| Timestamp::from_micros(9));
        insert(&store, ours, ServiceAccount { archived_at, ..account(number) }).await.expect("inserts");
    }
    let mut tx = store.read().await.expect("opens");
    for (within, most, counted) in [(ours, 5, 2), (ours, 1, 1), (Within::Tenant(THEIRS), 5, 0)] {
        assert_eq!(tx.service_account_count(within, OURS, most).await.expect("counts"), counted);
    }
}
