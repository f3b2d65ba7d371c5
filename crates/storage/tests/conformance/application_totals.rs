//! How many applications an owner has.

use appkeep_domain::{Owner, PartnerId, Within};
use appkeep_storage::{ApplicationTotal, StorageError, Store, Total};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, application, assert_stale, at};
use crate::tenants::brought_by;

on_each_database![applications_are_counted_as_they_come_and_go, a_wrong_total_shows_and_is_counted_anew,];

const OWNER: Owner = Owner::Tenant(OURS);

async fn total(store: &Store, within: Within) -> i64 {
    store.read().await.expect("opens").application_total(within, OWNER).await.expect("sums")
}

async fn insert(store: &Store, number: u8, owner: Owner) {
    let application = appkeep_domain::Application { owner, ..application(number, "Billing") };
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_application(Within::Platform, &application).await).await;
    outcome.expect("inserts");
}

async fn applications_are_counted_as_they_come_and_go(store: Store) {
    for (number, expected) in [(1, 1), (17, 2), (3, 3)] {
        insert(&store, number, OWNER).await;
        assert_eq!(total(&store, Within::Tenant(OURS)).await, expected);
    }
    insert(&store, 4, Owner::Tenant(THEIRS)).await;
    assert_eq!(total(&store, Within::Platform).await, 3);
    assert_eq!(total(&store, Within::Tenant(THEIRS)).await, 0, "not theirs to count");
    let gone = application(17, "Billing");
    let deleting: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(Within::Tenant(OURS), &gone, at(5)).await).await;
    deleting.expect("deletes");
    assert_eq!(total(&store, Within::Tenant(OURS)).await, 2);
}

async fn a_wrong_total_shows_and_is_counted_anew(database: TestDatabase) {
    let store = database.store();
    let partner = Owner::Partner(brought_by(&store).await);
    for (number, owner) in [(1, OWNER), (2, OWNER), (3, Owner::Global), (4, partner)] {
        insert(&store, number, owner).await;
    }
    let list = async |after| {
        let mut tx = store.read().await.expect("opens");
        tx.application_totals(Within::Platform, after, 9).await.expect("lists")
    };
    let all = |ours: i64| {
        [(Owner::Global, 1, 1), (OWNER, ours, 2), (partner, 1, 1)]
            .map(|(owner, kept, counted)| ApplicationTotal { owner, applications: Total { kept, counted } })
    };
    assert_eq!(list(None).await, all(2));
    assert_eq!(list(Some(OWNER)).await, all(2)[2..]);
    database.run("UPDATE application_totals SET total = total + 5 WHERE part = 1").await;
    assert_eq!(list(None).await, all(7));
    let recount = async |within| -> Result<(), StorageError> {
        store.write(async move |tx| tx.recount_applications(within, OWNER).await).await
    };
    assert_stale(recount(Within::Tenant(THEIRS)).await);
    recount(Within::Platform).await.expect("counts");
    assert_eq!(list(None).await, all(2));
    let mut tx = store.read().await.expect("opens");
    let within = Within::Partner(PartnerId::from_bytes([100; 16]));
    assert_eq!(tx.application_totals(within, None, 9).await.expect("lists"), []);
}
