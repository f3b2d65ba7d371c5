//! Mailed links.

use appkeep_domain::{Email, Link, LinkPurpose, UserId, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, assert_taken, at, directory};
use crate::signed_in::{ADA, BOB, OUR, hash, signed_in, write};

on_each_database![
    a_link_reads_back_as_written,
    a_link_is_taken_once_and_in_time,
    of_many_who_take_a_link_one_does,
    of_many_links_the_newest_stay,
    the_links_of_a_purpose_go_together,
    another_tenants_link_is_not_there,
    what_has_expired_is_swept,
    links_go_with_their_user,
];

const THEIR: Within = Within::Tenant(THEIRS);

/// Ada's, to reset her password, until 60.
fn link(number: u8) -> Link {
    Link {
        hash: hash(number),
        directory: directory(OURS).id,
        user: ADA,
        purpose: LinkPurpose::ResetPassword,
        email: Email::parse("Ada@example.com").expect("is an address"),
        created_at: at(i64::from(number)),
        expires_at: at(60),
    }
}

async fn insert(store: &Store, within: Within, link: Link) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_link(within, &directory(OURS), &link).await).await
}

async fn take(store: &Store, within: Within, number: u8, now: i64) -> Option<Link> {
    let taken = write(store, async move |tx| tx.take_link(within, hash(number), at(now)).await).await;
    taken.expect("runs")
}

async fn get(store: &Store, within: Within, number: u8) -> Option<Link> {
    store.read().await.expect("opens").link(within, hash(number)).await.expect("reads")
}

async fn left(store: &Store) -> Vec<u8> {
    let mut left = Vec::new();
    for number in 1..=9 {
        if get(store, OUR, number).await.is_some() {
            left.push(number);
        }
    }
    left
}

async fn a_link_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    let other = Link { purpose: LinkPurpose::VerifyEmail, ..link(2) };
    for one in [link(1), other] {
        insert(&store, OUR, one.clone()).await.expect("inserts");
        for within in [OUR, Within::Platform] {
            let found = store.read().await.expect("opens").link(within, one.hash).await.expect("reads");
            assert_eq!(found.as_ref(), Some(&one));
        }
    }
    assert_taken(insert(&store, OUR, Link { user: BOB, ..link(1) }).await, "links.hash");
    assert_stale(insert(&store, OUR, Link { user: UserId::from_bytes([9; 16]), ..link(3) }).await);
}

async fn a_link_is_taken_once_and_in_time(store: Store) {
    signed_in(&store).await;
    insert(&store, OUR, link(1)).await.expect("inserts");
    assert_eq!(take(&store, OUR, 1, 60).await, None);
    assert_eq!(take(&store, OUR, 1, 59).await, Some(link(1)));
    assert_eq!(take(&store, OUR, 1, 59).await, None);
    assert_eq!(get(&store, OUR, 1).await, None);
}

async fn of_many_who_take_a_link_one_does(store: Store) {
    signed_in(&store).await;
    insert(&store, OUR, link(1)).await.expect("inserts");
    let taken = tokio::join!(
        take(&store, OUR, 1, 5),
        take(&store, OUR, 1, 5),
        take(&store, OUR, 1, 5),
        take(&store, OUR, 1, 5),
    );
    assert_eq!([taken.0, taken.1, taken.2, taken.3].iter().flatten().count(), 1);
}

async fn of_many_links_the_newest_stay(store: Store) {
    signed_in(&store).await;
    let others = [Link { user: BOB, ..link(8) }, Link { purpose: LinkPurpose::VerifyEmail, ..link(9) }];
    for one in others {
        insert(&store, OUR, one).await.expect("inserts");
    }
    for (number, expected) in [
        (1, [1, 8, 9].as_slice()),
        (3, &[1, 3, 8, 9]),
        (2, &[1, 2, 3, 8, 9]),
        (4, &[2, 3, 4, 8, 9]),
        (5, &[3, 4, 5, 8, 9]),
    ] {
        insert(&store, OUR, link(number)).await.expect("inserts");
        assert_eq!(left(&store).await, expected);
    }
}

async fn the_links_of_a_purpose_go_together(store: Store) {
    signed_in(&store).await;
    let others = [Link { user: BOB, ..link(8) }, Link { purpose: LinkPurpose::VerifyEmail, ..link(9) }];
    for one in others.into_iter().chain([link(1), link(2)]) {
        insert(&store, OUR, one).await.expect("inserts");
    }
    let delete = async |within| {
        let purpose = LinkPurpose::ResetPassword;
        write(&store, async move |tx| tx.delete_links_of(within, &directory(OURS), ADA, purpose).await).await
    };
    assert_stale(delete(THEIR).await);
    for _ in 0..2 {
        delete(OUR).await.expect("deletes");
        assert_eq!(left(&store).await, [8, 9]);
    }
}

async fn another_tenants_link_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(insert(&store, THEIR, link(1)).await);
    insert(&store, OUR, link(1)).await.expect("inserts");
    assert_eq!(get(&store, THEIR, 1).await, None);
    assert_eq!(take(&store, THEIR, 1, 5).await, None);
    assert_eq!(take(&store, OUR, 1, 5).await, Some(link(1)));
}

async fn what_has_expired_is_swept(store: Store) {
    signed_in(&store).await;
    for (number, expires_at) in [(1, 20), (2, 30), (3, 40)] {
        insert(&store, OUR, Link { expires_at: at(expires_at), ..link(number) }).await.expect("inserts");
    }
    let sweep = async |within, now: i64, limit| {
        write(&store, async move |tx| tx.delete_expired_links(within, at(now), limit).await).await
    };
    assert_stale(sweep(OUR, 30, 9).await);
    for (now, limit, swept) in [(19, 9, 0), (30, 1, 1), (30, 9, 1), (39, 9, 0)] {
        assert_eq!(sweep(Within::Platform, now, limit).await.expect("sweeps"), swept, "{now}");
    }
    assert_eq!(left(&store).await, [3]);
}

async fn links_go_with_their_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    for one in [link(1), Link { user: BOB, ..link(8) }] {
        insert(&store, OUR, one).await.expect("inserts");
    }
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(left(&store).await, [8]);
}
