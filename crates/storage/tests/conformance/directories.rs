//! Directories, and what goes with them.

use appkeep_domain::{
    Application, Assignment, Directory, DirectoryId, DirectoryOf, Environment, Group, KeptPassword, Lifetime,
    Membership, Nesting, Owner, PartnerId, PasswordHash, PasswordPolicy, Subject, User, UserId, Within,
};
use appkeep_storage::{Seek, StorageError, Store, UserFilter, WriteTx};
use appkeep_testkit::on_each_database;

use crate::given::{
    OURS, THEIRS, application, assert_stale, assert_taken, at, directory, group, people, user,
};

on_each_database![
    a_directory_reads_back_as_written,
    a_tenant_has_one_and_an_application_one_for_each_environment,
    the_first_two_who_need_one_have_the_same,
    another_tenants_directory_is_not_there,
    a_policy_is_changed_under_its_version,
    an_applications_directory_goes_with_it,
];

/// An application's own, of `OURS`.
fn own(number: u8, application: &Application, environment: Environment) -> Directory {
    let of = DirectoryOf::Application { application: application.id, environment };
    Directory { id: DirectoryId::from_bytes([number; 16]), of, ..directory(OURS) }
}

async fn insert(store: &Store, within: Within, directory: &Directory) -> Result<(), StorageError> {
    let directory = directory.clone();
    store.write(async move |tx| tx.insert_directory(within, &directory).await).await
}

async fn register(store: &Store) -> Application {
    let billing = application(1, "Billing");
    let inserted = billing.clone();
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_application(Within::Tenant(OURS), &inserted).await).await;
    outcome.expect("inserts");
    billing
}

async fn a_directory_reads_back_as_written(store: Store) {
    let billing = register(&store).await;
    let live = own(1, &billing, Environment::Live);
    let platform = Directory {
        id: DirectoryId::from_bytes([2; 16]),
        owner: Owner::Global,
        policy: PasswordPolicy::parse(20, 3, Lifetime::from_hours(1)).expect("is one"),
        ..directory(OURS)
    };
    for one in [&directory(OURS), &live, &platform] {
        insert(&store, Within::Platform, one).await.expect("inserts");
        let mut tx = store.read().await.expect("opens");
        assert_eq!(tx.directory(Within::Platform, one.id).await.expect("reads").as_ref(), Some(one));
    }
    let mut tx = store.read().await.expect("opens");
    let shared = tx.tenant_directory(Within::Platform, Owner::Global).await.expect("reads");
    assert_eq!(shared, Some(platform));
    let (ours, owner) = (Within::Tenant(OURS), Owner::Tenant(OURS));
    for (environment, expected) in [(Environment::Live, Some(&live)), (Environment::Test, None)] {
        let found = tx.application_directory(ours, &billing, environment).await.expect("reads");
        assert_eq!(found.as_ref(), expected);
        let of = DirectoryOf::Application { application: billing.id, environment };
        for (within, owner, expected) in [
            (ours, owner, expected),
            (Within::Tenant(THEIRS), owner, None),
            (Within::Platform, Owner::Tenant(THEIRS), None),
        ] {
            let found = tx.directory_of(within, owner, of).await.expect("reads");
            assert_eq!(found.as_ref(), expected, "{within:?} {owner:?}");
        }
    }
    let shared = tx.directory_of(ours, owner, DirectoryOf::Tenant).await.expect("reads");
    assert_eq!(shared, Some(directory(OURS)));
}

async fn a_tenant_has_one_and_an_application_one_for_each_environment(store: Store) {
    let billing = register(&store).await;
    let ours = Within::Tenant(OURS);
    insert(&store, ours, &directory(OURS)).await.expect("inserts");
    insert(&store, Within::Tenant(THEIRS), &directory(THEIRS)).await.expect("inserts");
    for (number, environment) in [(1, Environment::Live), (2, Environment::Test)] {
        insert(&store, ours, &own(number, &billing, environment)).await.expect("inserts");
    }
    let second = Directory { id: DirectoryId::from_bytes([3; 16]), ..directory(OURS) };
    assert_taken(insert(&store, ours, &second).await, "directories.owner");
    let again = insert(&store, ours, &own(4, &billing, Environment::Test)).await;
    assert_taken(again, "directories.application_id, directories.environment");
    let gone = application(9, "Gone");
    assert_stale(insert(&store, ours, &own(5, &gone, Environment::Live)).await);
}

async fn the_first_two_who_need_one_have_the_same(store: Store) {
    let need = async |number: u8| -> Result<Directory, StorageError> {
        let one = Directory { id: DirectoryId::from_bytes([number; 16]), ..directory(OURS) };
        store.write(async move |tx| tx.tenant_directory_or_insert(Within::Tenant(OURS), &one).await).await
    };
    let (first, second) = tokio::join!(need(1), need(2));
    let first = first.expect("is there");
    assert_eq!(first, second.expect("is there"));
    assert_eq!(need(3).await.expect("is there"), first);
}

async fn another_tenants_directory_is_not_there(store: Store) {
    let ours = directory(OURS);
    insert(&store, Within::Tenant(OURS), &ours).await.expect("inserts");
    let partner = Within::Partner(PartnerId::from_bytes([9; 16]));
    for within in [Within::Tenant(THEIRS), partner] {
        let mut tx = store.read().await.expect("opens");
        assert_eq!(tx.directory(within, ours.id).await.expect("reads"), None);
        assert_eq!(tx.tenant_directory(within, ours.owner).await.expect("reads"), None);
        drop(tx);
        let second = Directory { id: DirectoryId::from_bytes([3; 16]), ..directory(OURS) };
        assert_stale(insert(&store, within, &second).await);
        let changed = Directory { version: 2, ..ours.clone() };
        assert_stale(store.write(async move |tx| tx.update_directory(within, &changed).await).await);
    }
}

async fn a_policy_is_changed_under_its_version(store: Store) {
    let ours = directory(OURS);
    insert(&store, Within::Tenant(OURS), &ours).await.expect("inserts");
    let policy = PasswordPolicy::parse(16, 10, Lifetime::from_minutes(5)).expect("is one");
    let changed = Directory { policy, version: 2, updated_at: at(7), ..ours };
    for expected in [true, false] {
        let written = changed.clone();
        let outcome: Result<(), StorageError> =
            store.write(async move |tx| tx.update_directory(Within::Tenant(OURS), &written).await).await;
        assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
    }
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.directory(Within::Platform, changed.id).await.expect("reads"), Some(changed));
}

/// Two users and two groups, with all that can hang on them.
async fn fill(
    tx: &mut WriteTx,
    directory: &Directory,
    application: &Application,
) -> Result<(), StorageError> {
    let ours = Within::Tenant(OURS);
    let subject = |subject| Assignment {
        application: application.id,
        directory: directory.id,
        subject,
        created_at: at(1),
    };
    for number in [1, 2] {
        let one = User { directory: directory.id, ..user(number, &format!("{number}@example.com")) };
        let pays = Group { directory: directory.id, ..group(10 + number, &format!("{number}")) };
        let membership = Membership { group: pays.id, user: one.id, added_at: at(1) };
        let password = KeptPassword { hash: PasswordHash::from_phc("$argon2id$…"), changed_at: at(1) };
        tx.insert_user(ours, directory, &one).await?;
        tx.set_password(ours, directory, one.id, &password).await?;
        tx.insert_group(ours, directory, &pays).await?;
        tx.add_group_user(ours, directory, &membership).await?;
        tx.assign(ours, (application, directory), &subject(Subject::User(one.id))).await?;
        tx.assign(ours, (application, directory), &subject(Subject::Group(pays.id))).await?;
    }
    let [parent, child] = [11, 12].map(|number| group(number, "x").id);
    tx.add_group_group(ours, directory, &Nesting { parent, child, added_at: at(1) }).await?;
    Ok(())
}

async fn an_applications_directory_goes_with_it(store: Store) {
    let billing = register(&store).await;
    let live = own(1, &billing, Environment::Live);
    let shared = people(&store, vec![user(9, "nine@example.com")], Vec::new()).await;
    insert(&store, Within::Tenant(OURS), &live).await.expect("inserts");
    let (own, gone) = (live.clone(), billing.clone());
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            fill(tx, &own, &gone).await?;
            tx.delete_application(Within::Tenant(OURS), &gone, at(3)).await
        })
        .await;
    outcome.expect("deletes");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.directory(Within::Platform, live.id).await.expect("reads"), None);
    let seek = Seek { after: None, limit: 9 };
    let all = UserFilter::default();
    let left = tx.users(Within::Platform, &live, &all, seek).await.expect("lists");
    assert_eq!(left.users, Vec::new());
    let nine = tx.user(Within::Platform, &shared, UserId::from_bytes([9; 16])).await.expect("reads");
    assert!(nine.is_some(), "the tenant's people stay");
}
