//! The scopes that tenants register.

use appkeep_domain::{RegisteredScope, ScopeId, TenantId, Timestamp, Within};
use appkeep_oauth::Scope;
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

on_each_database![
    scopes_read_back_in_order_and_in_parts,
    a_scope_is_taken_once_in_a_tenant,
    another_tenants_scopes_are_not_there,
    a_deleted_scope_is_gone,
];

const OURS: TenantId = TenantId::from_bytes([7; 16]);
const THEIRS: TenantId = TenantId::from_bytes([8; 16]);

fn registered(tenant: TenantId, scope: &str) -> RegisteredScope {
    RegisteredScope {
        id: ScopeId::from_bytes([1; 16]),
        tenant,
        scope: Scope::parse(scope).expect("is a scope"),
        description: Some("Reads bills".to_owned()),
        created_at: Timestamp::from_micros(5),
    }
}

async fn insert(store: &Store, within: Within, scope: RegisteredScope) -> Result<(), StorageError> {
    store.write(async move |tx| tx.insert_scope(within, &scope).await).await
}

async fn list(store: &Store, within: Within, after: Option<&Scope>, limit: u32) -> Vec<RegisteredScope> {
    store.read().await.expect("opens").scopes(within, OURS, after, limit).await.expect("lists")
}

async fn scopes_read_back_in_order_and_in_parts(store: Store) {
    let ours = Within::Tenant(OURS);
    for scope in ["bills:read", "Bills:read", "bills:write"] {
        insert(&store, ours, registered(OURS, scope)).await.expect("inserts");
    }
    let [upper, read, write] =
        ["Bills:read", "bills:read", "bills:write"].map(|scope| registered(OURS, scope));
    assert_eq!(list(&store, ours, None, 2).await, [upper.clone(), read.clone()]);
    assert_eq!(list(&store, ours, Some(&read.scope), 2).await, [write]);
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.scope(ours, OURS, &upper.scope).await.expect("reads"), Some(upper));
}

async fn a_scope_is_taken_once_in_a_tenant(store: Store) {
    insert(&store, Within::Platform, registered(OURS, "bills:read")).await.expect("inserts");
    insert(&store, Within::Platform, registered(THEIRS, "bills:read")).await.expect("has its own");
    match insert(&store, Within::Platform, registered(OURS, "bills:read")).await {
        Err(StorageError::Taken(columns)) => assert_eq!(columns, "scopes.tenant_id, scopes.scope"),
        other => panic!("{other:?}"),
    }
}

async fn another_tenants_scopes_are_not_there(store: Store) {
    let (ours, theirs) = (registered(OURS, "bills:read"), Within::Tenant(THEIRS));
    let outcome = insert(&store, theirs, ours.clone()).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
    insert(&store, Within::Tenant(OURS), ours.clone()).await.expect("inserts");
    assert_eq!(list(&store, theirs, None, 9).await, []);
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.scope(theirs, OURS, &ours.scope).await.expect("reads"), None);
    drop(tx);
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_scope(theirs, OURS, &ours.scope).await).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
    assert_eq!(list(&store, Within::Tenant(OURS), None, 9).await.len(), 1);
}

async fn a_deleted_scope_is_gone(store: Store) {
    let (ours, one) = (Within::Tenant(OURS), registered(OURS, "bills:read"));
    insert(&store, ours, one.clone()).await.expect("inserts");
    for expected in [true, false] {
        let scope = one.scope.clone();
        let outcome: Result<(), StorageError> =
            store.write(async move |tx| tx.delete_scope(ours, OURS, &scope).await).await;
        assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
    }
    assert_eq!(list(&store, ours, None, 9).await, []);
}
