//! How many users and groups a directory has, and how many are in each group,
//! counted anew.

use appkeep_domain::{DirectoryId, Within};
use appkeep_storage::{DirectoryTotals, StorageError, Store, Total};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{ENDING, OURS, THEIRS, assert_stale, directory, group, people, user};

on_each_database![a_wrong_total_shows_and_is_counted_anew, only_the_platform_compares_totals];

async fn totals(store: &Store, after: Option<DirectoryId>) -> Vec<DirectoryTotals> {
    let mut tx = store.read().await.expect("opens");
    tx.directory_totals(Within::Platform, after, 9).await.expect("lists")
}

async fn recount(store: &Store, within: Within) -> Result<(), StorageError> {
    store.write(async move |tx| tx.recount_directory(within, &directory(OURS)).await).await
}

async fn a_wrong_total_shows_and_is_counted_anew(database: TestDatabase) {
    let store = database.store();
    let users = [1, 2, 30].map(|number| user(number, &format!("{number}@example.com")));
    let ours = people(&store, users.to_vec(), vec![group(4, "Four")]).await;
    let right = |kept, counted| Total { kept, counted };
    let all = |users, groups| {
        vec![DirectoryTotals { directory: ours.clone(), users, groups, miscounted_groups: 0 }]
    };
    assert_eq!(totals(&store, None).await, all(right(3, 3), right(1, 1)));
    assert_eq!(totals(&store, Some(ours.id)).await, []);
    database.run("UPDATE totals SET total = total + 5 WHERE noun = 'user'; DELETE FROM totals WHERE noun = 'group'").await;
    assert_eq!(totals(&store, None).await, all(right(18, 3), right(0, 1)));
    recount(&store, Within::Tenant(OURS)).await.expect("counts");
    assert_eq!(totals(&store, None).await, all(right(3, 3), right(1, 1)));
    let goes_on: Result<(), StorageError> = store
        .write(async |tx| {
            let (ours, within) = (directory(OURS), Within::Tenant(OURS));
            tx.delete_user(within, &ours, user(30, "x@example.com").id, ENDING).await?;
            tx.delete_group(within, &ours, group(4, "Four").id).await
        })
        .await;
    goes_on.expect("deletes");
    assert_eq!(totals(&store, None).await, all(right(2, 2), right(0, 0)));
}

async fn only_the_platform_compares_totals(store: Store) {
    assert_stale(recount(&store, Within::Tenant(OURS)).await);
    people(&store, Vec::new(), Vec::new()).await;
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.directory_totals(Within::Tenant(OURS), None, 9).await.expect("lists"), []);
    drop(tx);
    assert_stale(recount(&store, Within::Tenant(THEIRS)).await);
}
