//! Groups in groups.

use appkeep_domain::{GroupId, Nesting, NestingRefused, Within};
use appkeep_storage::{GroupPage, Nested, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, assert_stale, at, directory, group, people};

on_each_database![
    a_group_is_put_into_another_and_taken_out,
    a_cycle_is_refused,
    of_two_that_make_a_cycle_together_one_is_refused,
    of_three_that_make_a_cycle_together_one_is_refused,
    groups_are_ten_deep_and_no_deeper,
    another_tenants_groups_are_not_nested,
    a_deleted_group_holds_nothing_and_is_in_nothing,
];

const OUR: Within = Within::Tenant(OURS);

fn id(number: u8) -> GroupId {
    GroupId::from_bytes([number; 16])
}

async fn given(store: &Store, count: u8) {
    let groups = (1..=count).map(|number| group(number, &format!("Group {number}"))).collect();
    people(store, Vec::new(), groups).await;
}

async fn nest(store: &Store, within: Within, parent: u8, child: u8) -> Result<Nested, StorageError> {
    let nesting = Nesting { parent: id(parent), child: id(child), added_at: at(5) };
    store.write(async move |tx| tx.add_group_group(within, &directory(OURS), &nesting).await).await
}

async fn take_out(store: &Store, within: Within, parent: u8, child: u8) -> Result<(), StorageError> {
    store
        .write(async move |tx| tx.remove_group_group(within, &directory(OURS), id(parent), id(child)).await)
        .await
}

fn numbers(page: &GroupPage) -> Vec<u8> {
    page.groups.iter().map(|group| group.id.as_bytes()[0]).collect()
}

async fn inside(store: &Store, parent: u8) -> Vec<u8> {
    let seek = Seek { after: None, limit: 50 };
    let mut tx = store.read().await.expect("opens");
    numbers(&tx.child_groups(OUR, &directory(OURS), id(parent), seek).await.expect("lists"))
}

async fn around(store: &Store, child: u8) -> Vec<u8> {
    let seek = Seek { after: None, limit: 50 };
    let mut tx = store.read().await.expect("opens");
    numbers(&tx.parent_groups(OUR, &directory(OURS), id(child), seek).await.expect("lists"))
}

async fn a_group_is_put_into_another_and_taken_out(store: Store) {
    given(&store, 4).await;
    for (parent, child) in [(1, 2), (1, 3), (4, 2)] {
        assert_eq!(nest(&store, OUR, parent, child).await.expect("adds"), Nested::Added);
    }
    assert_eq!(nest(&store, OUR, 1, 2).await.expect("adds"), Nested::Already);
    assert_eq!((inside(&store, 1).await, around(&store, 2).await), (vec![3, 2], vec![4, 1]));
    let mut tx = store.read().await.expect("opens");
    let seek = |after| Seek { after, limit: 1 };
    let first = tx.child_groups(OUR, &directory(OURS), id(1), seek(None)).await.expect("lists");
    let second = tx.child_groups(OUR, &directory(OURS), id(1), seek(first.next)).await.expect("lists");
    assert_eq!((numbers(&first), numbers(&second), second.next), (vec![3], vec![2], None));
    drop(tx);
    assert_stale(nest(&store, OUR, 1, 9).await);
    assert_stale(nest(&store, OUR, 9, 1).await);
    take_out(&store, OUR, 1, 2).await.expect("takes out");
    assert_stale(take_out(&store, OUR, 1, 2).await);
    assert_eq!((inside(&store, 1).await, around(&store, 2).await), (vec![3], vec![4]));
}

async fn a_cycle_is_refused(store: Store) {
    given(&store, 4).await;
    for (parent, child) in [(1, 2), (2, 3), (1, 4), (4, 3)] {
        assert_eq!(nest(&store, OUR, parent, child).await.expect("adds"), Nested::Added);
    }
    for (parent, child) in [(1, 1), (2, 1), (3, 1), (3, 4)] {
        let outcome = nest(&store, OUR, parent, child).await.expect("answers");
        assert_eq!(outcome, Nested::Refused(NestingRefused::Cycle), "{child} into {parent}");
    }
    assert_eq!(around(&store, 1).await, Vec::<u8>::new());
    take_out(&store, OUR, 2, 3).await.expect("takes out");
    assert_eq!(nest(&store, OUR, 3, 2).await.expect("adds"), Nested::Added, "once it is out");
}

async fn of_two_that_make_a_cycle_together_one_is_refused(store: Store) {
    given(&store, 40).await;
    for first in (1..40).step_by(2) {
        let second = first + 1;
        let (one, other) = tokio::join!(nest(&store, OUR, first, second), nest(&store, OUR, second, first));
        let outcomes = [one.expect("answers"), other.expect("answers")];
        let refused = Nested::Refused(NestingRefused::Cycle);
        let expected = [[Nested::Added, refused], [refused, Nested::Added]];
        assert!(expected.contains(&outcomes), "{first}: {outcomes:?}");
    }
}

/// No two of the three are in each other's way.
async fn of_three_that_make_a_cycle_together_one_is_refused(store: Store) {
    given(&store, 30).await;
    for first in (1..30).step_by(3) {
        let (second, third) = (first + 1, first + 2);
        let (one, two, three) = tokio::join!(
            nest(&store, OUR, first, second),
            nest(&store, OUR, second, third),
            nest(&store, OUR, third, first),
        );
        let outcomes = [one, two, three].map(|outcome| outcome.expect("answers"));
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        let refused = Nested::Refused(NestingRefused::Cycle);
        assert_eq!((count(Nested::Added), count(refused)), (2, 1), "{outcomes:?}");
    }
}

async fn groups_are_ten_deep_and_no_deeper(store: Store) {
    given(&store, 12).await;
    for number in 1..=9 {
        assert_eq!(nest(&store, OUR, number, number + 1).await.expect("adds"), Nested::Added);
    }
    for (parent, child) in [(10, 11), (12, 1)] {
        let outcome = nest(&store, OUR, parent, child).await.expect("answers");
        assert_eq!(outcome, Nested::Refused(NestingRefused::TooDeep), "{child} into {parent}");
    }
    assert_eq!(nest(&store, OUR, 9, 11).await.expect("adds"), Nested::Added, "beside the last");
}

async fn another_tenants_groups_are_not_nested(store: Store) {
    given(&store, 3).await;
    nest(&store, OUR, 1, 2).await.expect("adds");
    let theirs = Within::Tenant(THEIRS);
    assert_stale(nest(&store, theirs, 1, 3).await);
    assert_stale(take_out(&store, theirs, 1, 2).await);
    assert_eq!(inside(&store, 1).await, [2]);
}

async fn a_deleted_group_holds_nothing_and_is_in_nothing(store: Store) {
    given(&store, 3).await;
    for (parent, child) in [(1, 2), (2, 3)] {
        nest(&store, OUR, parent, child).await.expect("adds");
    }
    let again = group(2, "Group 2");
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.delete_group(OUR, &directory(OURS), id(2)).await?;
            tx.insert_group(OUR, &directory(OURS), &again).await
        })
        .await;
    outcome.expect("deletes");
    assert_eq!((inside(&store, 1).await, around(&store, 3).await), (vec![], vec![]));
    assert_eq!((inside(&store, 2).await, around(&store, 2).await), (vec![], vec![]));
}
