//! Roles, and the application that their holders sign in to.

use appkeep_domain::{
    ApplicationId, Directory, DirectoryId, Ending, Level, Lifetime, Name, OperatorId, Owner, Partner,
    PartnerId, Role, RoleGrant, SigningAlgorithm, Slug, Tenant, User, Within,
};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, assert_stale, at, directory, people, user};

on_each_database![
    a_role_is_held_until_its_holder_is_gone,
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
    store.read().await.expect("opens").roles(within, ADA).await.expect("reads")
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
    let partner = Partner {
        id: PartnerId::from_bytes([9; 16]),
        slug: Slug::parse("reseller").expect("is a slug"),
        name: Name::parse("Reseller").expect("is a name"),
        created_at: at(1),
    };
    let tenant = Tenant {
        id: OURS,
        partner: Some(partner.id),
        slug: Slug::parse("ours").expect("is a slug"),
        name: Name::parse("Ours").expect("is a name"),
        secret_rotation_overlap: Lifetime::from_hours(72),
        access_token_signing_alg: SigningAlgorithm::Es256,
        logo_url: None,
        colour: None,
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    };
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
