//! Lists of operators.

use appkeep_domain::{
    Directory, DirectoryId, Level, OperatorId, Owner, Role, RoleGrant, Tenant, User, Within,
};
use appkeep_storage::{OperatorPage, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, directory, user};
use crate::tenants::{another_partner, brought_by, insert, partner, tenant};

on_each_database![operators_are_listed_by_where_they_hold_a_role, an_operator_is_listed_with_every_role];

const PLATFORM: Level = Level::Platform;

fn tenants(number: u8) -> Level {
    Level::Tenant { id: tenant(number).id, partner: (number == 1).then(|| partner().id) }
}

/// Tenant 1 is the partner's, tenant 2 nobody's; what each operator holds where.
async fn fill(store: &Store, roles: &[(u8, Level)]) {
    let id = brought_by(store).await;
    insert(store, Within::Platform, &Tenant { partner: Some(id), ..tenant(1) }).await.expect("is new");
    insert(store, Within::Platform, &tenant(2)).await.expect("is new");
    let platform =
        Directory { id: DirectoryId::from_bytes([7; 16]), owner: Owner::Global, ..directory(OURS) };
    let roles = roles.to_vec();
    let filling: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Platform, &platform).await?;
            for number in 1..=6 {
                let user = User { directory: platform.id, ..user(number, &format!("{number}@example.com")) };
                tx.insert_user(Within::Platform, &platform, &user).await?;
            }
            for (number, at) in &roles {
                let grant = RoleGrant { role: Role::Admin, at: *at };
                tx.insert_role(Within::Platform, OperatorId::from_bytes([*number; 16]), grant).await?;
            }
            Ok(())
        })
        .await;
    filling.expect("fills");
}

async fn page(store: &Store, within: Within, after: Option<u8>, limit: usize) -> OperatorPage {
    let seek = Seek { after: after.map(|number| OperatorId::from_bytes([number; 16])), limit };
    store.read().await.expect("opens").operators(within, seek).await.expect("lists")
}

async fn listed(store: &Store, within: Within, after: Option<u8>, limit: usize) -> (Vec<u8>, Option<u8>) {
    let page = page(store, within, after, limit).await;
    let numbers = page.operators.iter().map(|one| one.user.id.as_bytes()[0]).collect();
    (numbers, page.next.map(|id| id.as_bytes()[0]))
}

async fn operators_are_listed_by_where_they_hold_a_role(store: Store) {
    let partners = Level::Partner(partner().id);
    assert_eq!(listed(&store, Within::Platform, None, 9).await, (vec![], None), "nobody was ever here");
    let roles = [
        (1, PLATFORM),
        (2, partners),
        (3, tenants(1)),
        (3, tenants(2)),
        (4, tenants(2)),
        (5, tenants(1)),
        (5, partners),
    ];
    fill(&store, &roles).await;
    for (within, after, limit, expected) in [
        (Within::Platform, None, 9, (vec![5, 4, 3, 2, 1], None)),
        (Within::Platform, None, 2, (vec![5, 4], Some(4))),
        (Within::Platform, Some(4), 9, (vec![3, 2, 1], None)),
        (Within::Partner(partner().id), None, 9, (vec![5, 3, 2], None)),
        (Within::Partner(partner().id), None, 1, (vec![5], Some(5))),
        (Within::Partner(partner().id), Some(5), 1, (vec![3], Some(3))),
        (Within::Partner(another_partner().id), None, 9, (vec![], None)),
        (Within::Tenant(tenant(1).id), None, 9, (vec![5, 3], None)),
        (Within::Tenant(tenant(2).id), None, 1, (vec![4], Some(4))),
        (Within::Tenant(OURS), None, 9, (vec![], None)),
    ] {
        assert_eq!(listed(&store, within, after, limit).await, expected, "{within:?} {after:?} {limit}");
    }
}

async fn an_operator_is_listed_with_every_role(store: Store) {
    fill(&store, &[(3, tenants(2)), (3, tenants(1)), (3, PLATFORM)]).await;
    let page = page(&store, Within::Tenant(tenant(2).id), None, 9).await;
    let at: Vec<Level> = page.operators[0].roles.iter().map(|held| held.grant.at).collect();
    assert_eq!(at, [PLATFORM, tenants(1), tenants(2)]);
}
