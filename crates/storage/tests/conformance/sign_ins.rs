//! Sign-ins: browsers in which a person has proved who they are.

use appkeep_domain::{SeenFrom, Session, SignIn, UserId, Within};
use appkeep_storage::{Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, assert_taken, at, directory};
use crate::signed_in::{ADA, BOB, OUR, begin, hash, reporting, session, sign_in, signed_in, write};

on_each_database![
    a_sign_in_reads_back_as_written,
    another_proof_gives_it_another_secret,
    a_secret_is_nobody_elses,
    another_tenants_sign_in_is_not_there,
    none_begins_without_its_user,
    what_a_user_is_signed_in_with_is_listed_page_by_page,
    a_look_is_noted_forwards_only,
    a_sign_in_ends_with_the_sessions_under_it,
    what_is_long_over_is_swept,
    sign_ins_go_with_their_user,
];

const THEIR: Within = Within::Tenant(THEIRS);

async fn insert(store: &Store, within: Within, sign_in: SignIn) -> Result<(), StorageError> {
    let directory = directory(OURS);
    write(store, async move |tx| tx.insert_sign_in(within, &directory, &sign_in).await).await
}

async fn update(store: &Store, within: Within, sign_in: SignIn) -> Result<(), StorageError> {
    let directory = directory(OURS);
    write(store, async move |tx| tx.update_sign_in(within, &directory, &sign_in).await).await
}

async fn end(store: &Store, within: Within, number: u8) -> Result<(), StorageError> {
    let (directory, id) = (directory(OURS), sign_in(number).id);
    write(store, async move |tx| tx.end_sign_in(within, &directory, id, ENDING).await).await
}

async fn get(store: &Store, within: Within, number: u8) -> Option<SignIn> {
    store.read().await.expect("opens").sign_in(within, sign_in(number).id).await.expect("reads")
}

async fn by_secret(store: &Store, within: Within, number: u8) -> Option<SignIn> {
    store.read().await.expect("opens").sign_in_by_secret(within, hash(number)).await.expect("reads")
}

async fn a_sign_in_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    let bare = SignIn { from: SeenFrom::default(), ..sign_in(2) };
    for one in [sign_in(1), bare] {
        let number = one.id.as_bytes()[0];
        insert(&store, OUR, one.clone()).await.expect("inserts");
        for within in [OUR, Within::Platform] {
            assert_eq!(get(&store, within, number).await.as_ref(), Some(&one));
            assert_eq!(by_secret(&store, within, number).await.as_ref(), Some(&one));
        }
    }
    assert_eq!(by_secret(&store, OUR, 3).await, None);
}

async fn another_proof_gives_it_another_secret(store: Store) {
    signed_in(&store).await;
    insert(&store, OUR, sign_in(1)).await.expect("inserts");
    let again = SignIn {
        secret: hash(9),
        authenticated_at: at(50),
        last_seen_at: at(51),
        expires_at: at(200),
        from: SeenFrom::default(),
        ..sign_in(1)
    };
    update(&store, OUR, again.clone()).await.expect("updates");
    assert_eq!(by_secret(&store, OUR, 1).await, None, "the cookie before is worth nothing");
    assert_eq!(by_secret(&store, OUR, 9).await, Some(again.clone()));
    assert_stale(update(&store, OUR, SignIn { user: BOB, ..again.clone() }).await);
    end(&store, OUR, 1).await.expect("ends");
    assert_stale(update(&store, OUR, again).await);
}

async fn a_secret_is_nobody_elses(store: Store) {
    signed_in(&store).await;
    insert(&store, OUR, sign_in(1)).await.expect("inserts");
    let same = SignIn { secret: hash(1), ..sign_in(2) };
    assert_taken(insert(&store, OUR, same).await, "sign_ins.secret");
}

async fn another_tenants_sign_in_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(insert(&store, THEIR, sign_in(1)).await);
    insert(&store, OUR, sign_in(1)).await.expect("inserts");
    assert_eq!(get(&store, THEIR, 1).await, None);
    assert_eq!(by_secret(&store, THEIR, 1).await, None);
    assert_stale(update(&store, THEIR, sign_in(1)).await);
    assert_stale(end(&store, THEIR, 1).await);
    let mut tx = store.read().await.expect("opens");
    let listed =
        tx.live_sign_ins_of_user(THEIR, (&directory(OURS), ADA), at(3), Seek { after: None, limit: 9 }).await;
    assert!(listed.expect("lists").sign_ins.is_empty());
}

async fn none_begins_without_its_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    assert_stale(insert(&store, OUR, SignIn { user: UserId::from_bytes([9; 16]), ..sign_in(1) }).await);
    let deletes = write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await);
    let (gone, begun) = tokio::join!(deletes, insert(&store, OUR, sign_in(1)));
    gone.expect("nothing keeps a user");
    drop(begun);
    assert_eq!(get(&store, Within::Platform, 1).await, None);
}

async fn what_a_user_is_signed_in_with_is_listed_page_by_page(store: Store) {
    let (ours, _) = signed_in(&store).await;
    for one in [
        sign_in(3),
        SignIn { expires_at: at(200), ..sign_in(1) },
        SignIn { user: BOB, ..sign_in(4) },
        sign_in(2),
        SignIn { expires_at: at(30), ..sign_in(5) },
    ] {
        insert(&store, OUR, one).await.expect("inserts");
    }
    end(&store, OUR, 2).await.expect("ends");
    let mut tx = store.read().await.expect("opens");
    for (now, limit, expected) in
        [(29, 9, [1, 3, 5].as_slice()), (30, 9, &[1, 3]), (30, 1, &[1]), (100, 9, &[1]), (200, 9, &[])]
    {
        let live = tx.live_sign_ins_of_user(OUR, (&ours, ADA), at(now), Seek { after: None, limit }).await;
        let live = live.expect("lists");
        let found: Vec<u8> = live.sign_ins.iter().map(|one| one.id.as_bytes()[0]).collect();
        assert_eq!(found, expected, "at {now}");
    }
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = tx.live_sign_ins_of_user(OUR, (&ours, ADA), at(29), Seek { after, limit: 1 }).await;
        let page = page.expect("lists");
        found.extend(page.sign_ins.iter().map(|one| one.id.as_bytes()[0]));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, [1, 3, 5], "page by page");
}

async fn a_look_is_noted_forwards_only(store: Store) {
    signed_in(&store).await;
    for number in [1, 2, 3] {
        insert(&store, OUR, sign_in(number)).await.expect("inserts");
    }
    end(&store, OUR, 3).await.expect("ends");
    let before = get(&store, OUR, 3).await;
    let id = |number| sign_in(number).id;
    let seen = [(id(1), at(20)), (id(1), at(30)), (id(1), at(10)), (id(3), at(9)), (id(9), at(9))];
    store.touch_sign_ins(THEIR, &seen).await.expect("passes them over");
    assert_eq!(get(&store, OUR, 1).await, Some(sign_in(1)));
    for within in [OUR, Within::Platform] {
        store.touch_sign_ins(within, &seen).await.expect("notes");
        assert_eq!(get(&store, OUR, 1).await, Some(SignIn { last_seen_at: at(30), ..sign_in(1) }));
    }
    store.touch_sign_ins(OUR, &[(id(1), at(29)), (id(2), at(0))]).await.expect("passes them over");
    store.touch_sign_ins(OUR, &[]).await.expect("has nothing to do");
    assert_eq!(get(&store, OUR, 1).await.map(|one| one.last_seen_at), Some(at(30)));
    assert_eq!(get(&store, OUR, 2).await, Some(sign_in(2)));
    assert_eq!(get(&store, OUR, 3).await, before, "it has ended");
}

async fn a_sign_in_ends_with_the_sessions_under_it(store: Store) {
    signed_in(&store).await;
    for number in [1, 2] {
        insert(&store, OUR, sign_in(number)).await.expect("inserts");
    }
    let under = |number, sign_in: SignIn| Session { sign_in: Some(sign_in.id), ..session(number) };
    let elsewhere = Session { application: reporting().id, ..under(2, sign_in(1)) };
    begin(&store, vec![under(1, sign_in(1)), elsewhere, under(3, sign_in(2)), session(4)]).await;
    end(&store, OUR, 1).await.expect("ends");
    assert_stale(end(&store, OUR, 1).await);
    assert_eq!(get(&store, OUR, 1).await.and_then(|one| one.ended_at), Some(ENDING.at));
    let mut tx = store.read().await.expect("opens");
    for (number, ended, revoked) in [(1, true, 1), (2, true, 1), (3, false, 0), (4, false, 0)] {
        let application = if number == 2 { reporting().id } else { session(number).application };
        let found = tx.session(OUR, session(number).owner, application, session(number).id).await;
        let is_ended = found.expect("reads").is_some_and(|session| session.ended_at.is_some());
        let revocations = tx.revocations_of(OUR, [number; 16], at(7)).await.expect("reads");
        assert_eq!((is_ended, revocations.len()), (ended, revoked), "{number}");
    }
}

async fn what_is_long_over_is_swept(store: Store) {
    signed_in(&store).await;
    for one in [sign_in(1), SignIn { expires_at: at(30), ..sign_in(2) }, sign_in(3)] {
        insert(&store, OUR, one).await.expect("inserts");
    }
    end(&store, OUR, 3).await.expect("ends");
    let sweep = async |within, before: i64, limit| {
        write(&store, async move |tx| tx.delete_dead_sign_ins(within, at(before), limit).await).await
    };
    assert_stale(sweep(OUR, 30, 9).await);
    for (before, limit, swept) in [(5, 9, 0), (30, 1, 1), (30, 9, 1), (99, 9, 0), (100, 9, 1)] {
        assert_eq!(sweep(Within::Platform, before, limit).await.expect("sweeps"), swept, "{before}");
    }
}

async fn sign_ins_go_with_their_user(store: Store) {
    let (ours, _) = signed_in(&store).await;
    for one in [sign_in(1), SignIn { user: BOB, ..sign_in(2) }] {
        insert(&store, OUR, one).await.expect("inserts");
    }
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(get(&store, Within::Platform, 1).await, None);
    assert!(get(&store, Within::Platform, 2).await.is_some());
}
