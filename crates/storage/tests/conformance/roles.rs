//! Roles, and the application that their holders sign in to.

use appkeep_domain::{
    ApplicationId, Directory, DirectoryId, Ending, Footing, Level, Name, OperatorId, Owner, Partner,
    PartnerId, Role, RoleGrant, Slug, Standing, Tenant, User, UserStatus, Within,
};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, assert_stale, at, directory, people, user};

on_each_database![
    a_role_is_held_until_its_holder_is_gone,
    a_role_is_taken_once,
    owners_who_may_sign_in_are_counted,
    a_role_says_how_its_place_stands,
    only_a_user_of_the_platform_holds_one,
    only_the_platform_sees_roles,
    a_role_says_whose_tenant_it_is_held_in,
    the_last_console_application_counts,
];

const ADA: OperatorId = OperatorId::from_bytes([1; 16]);
const OWNER: RoleGrant = RoleGrant { role: Role::Owner, at: Level::Platform };

/// Puts Ada into the platform's directory.
async fn platform(store: &Store) -> (Directory, User) {
    let platform =
        Directory { id: DirectoryId::from_bytes([7; 16]), owner: Owner::Global, ..directory(OURS) };
    let ada = User { directory: platform.id, ..user(1, "ada@example.com") };
    let made = (platform.clone(), ada.clone());
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Platform, &made.0).await?;
            tx.insert_user(Within::Platform, &made.0, &made.1).await
        })
        .await;
    outcome.expect("inserts");
    (platform, ada)
}

async fn give(store: &Store, within: Within, grant: RoleGrant) -> Result<(), StorageError> {
    store.write(async move |tx| tx.insert_role(within, ADA, grant).await).await
}

async fn held(store: &Store, within: Within) -> Vec<RoleGrant> {
    let held = store.read().await.expect("opens").roles(within, ADA).await.expect("reads");
    held.into_iter().map(|one| one.grant).collect()
}

async fn take(store: &Store, within: Within, grant: RoleGrant) -> Result<(), StorageError> {
    store.write(async move |tx| tx.delete_role(within, ADA, grant).await).await
}

async fn owners(store: &Store, within: Within) -> i64 {
    store.read().await.expect("opens").count_platform_owners(within).await.expect("counts")
}

async fn a_role_is_held_until_its_holder_is_gone(store: Store) {
    let (platform, ada) = platform(&store).await;
    let viewer = RoleGrant { role: Role::Viewer, at: Level::Tenant { id: THEIRS, partner: None } };
    for grant in [viewer, OWNER, OWNER] {
        give(&store, Within::Platform, grant).await.expect("is given");
    }
    assert_eq!(held(&store, Within::Platform).await, [OWNER, viewer]);
    let deleting: Result<(), StorageError> = store
        .write(async move |tx| tx.delete_user(Within::Platform, &platform, ada.id, Ending::at(at(9))).await)
        .await;
    deleting.expect("deletes");
    assert_eq!(held(&store, Within::Platform).await, []);
}

async fn a_role_is_taken_once(store: Store) {
    platform(&store).await;
    give(&store, Within::Platform, OWNER).await.expect("is given");
    let admin = RoleGrant { role: Role::Admin, at: Level::Platform };
    assert_stale(take(&store, Within::Platform, admin).await);
    assert_stale(take(&store, Within::Tenant(OURS), OWNER).await);
    take(&store, Within::Platform, OWNER).await.expect("is taken");
    assert_stale(take(&store, Within::Platform, OWNER).await);
    assert_eq!(held(&store, Within::Platform).await, []);
}

async fn owners_who_may_sign_in_are_counted(store: Store) {
    let (platform, ada) = platform(&store).await;
    assert_eq!(owners(&store, Within::Platform).await, 0);
    let tenants = RoleGrant { role: Role::Owner, at: Level::Tenant { id: OURS, partner: None } };
    for (grant, counted) in [(tenants, 0), (OWNER, 1)] {
        give(&store, Within::Platform, grant).await.expect("is given");
        assert_eq!(owners(&store, Within::Platform).await, counted);
    }
    assert_eq!(owners(&store, Within::Tenant(OURS)).await, 0);
    let suspended = User { status: UserStatus::Suspended, version: 2, ..ada };
    let suspending: Result<(), StorageError> =
        store.write(async move |tx| tx.update_user(Within::Platform, &platform, &suspended).await).await;
    suspending.expect("is suspended");
    assert_eq!(owners(&store, Within::Platform).await, 0);
}

async fn a_role_says_how_its_place_stands(store: Store) {
    platform(&store).await;
    let partner = PartnerId::from_bytes([9; 16]);
    give(&store, Within::Platform, OWNER).await.expect("is given");
    for at in [Level::Partner(partner), Level::Tenant { id: OURS, partner: None }] {
        give(&store, Within::Platform, RoleGrant { role: Role::Admin, at }).await.expect("is given");
    }
    let footings = async || {
        let held = store.read().await.expect("opens").roles(Within::Platform, ADA).await.expect("reads");
        held.iter().map(|one| one.footing).collect::<Vec<_>>()
    };
    assert_eq!(footings().await, [Footing::Firm; 3], "of nothing that is there");
    let (partner, tenant) = places();
    let made = (partner.clone(), tenant.clone());
    let making: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_partner(Within::Platform, &made.0).await?;
            tx.insert_tenant(Within::Platform, &made.1).await
        })
        .await;
    making.expect("inserts");
    let tenant = Tenant { status: Standing::Suspended, ..tenant };
    let partner = Partner { archived_at: Some(at(3)), version: 2, ..partner };
    let suspending: Result<(), StorageError> =
        store.write(async move |tx| tx.update_tenant(Within::Platform, &tenant).await).await;
    suspending.expect("is suspended");
    assert_eq!(footings().await, [Footing::Firm, Footing::Firm, Footing::Suspended]);
    let archiving: Result<(), StorageError> =
        store.write(async move |tx| tx.update_partner(Within::Platform, &partner).await).await;
    archiving.expect("is archived");
    assert_eq!(footings().await, [Footing::Firm, Footing::Archived, Footing::Archived]);
}

/// A partner, and `OURS` as a tenant of it.
fn places() -> (Partner, Tenant) {
    let text = |slug| (Slug::parse(slug).expect("is a slug"), Name::parse(slug).expect("is a name"));
    let ((slug, name), (ours, our_name)) = (text("reseller"), text("ours"));
    let partner = Partner::new(PartnerId::from_bytes([9; 16]), slug, name, at(1));
    let tenant = Tenant { partner: Some(partner.id), ..Tenant::new(OURS, ours, our_name, at(1)) };
    (partner, tenant)
}

async fn only_a_user_of_the_platform_holds_one(store: Store) {
    assert_stale(give(&store, Within::Platform, OWNER).await);
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    assert_stale(give(&store, Within::Platform, OWNER).await);
}

async fn only_the_platform_sees_roles(store: Store) {
    platform(&store).await;
    give(&store, Within::Platform, OWNER).await.expect("is given");
    for within in [Within::Partner(PartnerId::from_bytes([9; 16])), Within::Tenant(OURS)] {
        assert_eq!(held(&store, within).await, []);
        assert_stale(give(&store, within, OWNER).await);
    }
}

async fn a_role_says_whose_tenant_it_is_held_in(store: Store) {
    platform(&store).await;
    let (partner, tenant) = places();
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_partner(Within::Platform, &partner).await?;
            tx.insert_tenant(Within::Platform, &tenant).await
        })
        .await;
    outcome.expect("inserts");
    let given = RoleGrant { role: Role::Member, at: Level::Tenant { id: OURS, partner: None } };
    give(&store, Within::Platform, given).await.expect("is given");
    let at = Level::Tenant { id: OURS, partner: Some(PartnerId::from_bytes([9; 16])) };
    assert_eq!(held(&store, Within::Platform).await, [RoleGrant { role: Role::Member, at }]);
}

async fn the_last_console_application_counts(store: Store) {
    let read = async |within| {
        store.read().await.expect("opens").console_application(within, OURS).await.expect("reads")
    };
    assert_eq!(read(Within::Tenant(OURS)).await, None);
    for number in [1, 2] {
        let application = ApplicationId::from_bytes([number; 16]);
        let outcome: Result<(), StorageError> = store
            .write(async move |tx| tx.set_console_application(Within::Tenant(OURS), OURS, application).await)
            .await;
        outcome.expect("is kept");
        assert_eq!(read(Within::Tenant(OURS)).await, Some(application));
    }
    assert_eq!(read(Within::Tenant(THEIRS)).await, None);
}
