//! How sessions end, and what ends with them.

use appkeep_domain::{
    Consent, Ending, Issued, IssuedFor, Revocation, RevokedSubject, Session, SessionId, SignIn, TokenId,
    Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{Change, Seek, StorageError, Store, Topic, UserSessionFilter, WriteTx};
use appkeep_testkit::on_each_database;
use parking_lot::Mutex;
use std::sync::Arc;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{
    ADA, BOB, OUR, begin, billing, code, grant, grant_with_family, hash, reporting, session, sign_in,
    signed_in, write,
};

on_each_database![
    a_session_ends_with_its_grants_and_codes,
    every_node_is_told_of_what_ended,
    all_sessions_of_an_application_end,
    sessions_of_an_application_end_a_few_at_a_time,
    all_sessions_of_a_user_end,
    nothing_is_got_of_a_session_that_is_over,
    a_user_leaves_nothing_and_is_refused,
    what_is_long_over_is_swept_with_what_came_of_it,
    many_sessions_of_an_application_have_ended_at_once,
    many_sessions_of_a_user_have_ended_at_once,
    many_sessions_with_a_consent_have_ended_at_once,
    another_tenants_sessions_do_not_end,
];

/// Billing 1 and 2 and Reporting 3 of Ada, Billing 4 of Bob, Billing 5 of Ada
/// that has expired; each with a code and a grant of its number.
async fn five(store: &Store) {
    signed_in(store).await;
    let elsewhere = Session { application: reporting().id, ..session(3) };
    let sessions = vec![session(1), session(2), elsewhere, Session { user: BOB, ..session(4) }];
    begin(store, sessions.clone()).await;
    let short = Session { expires_at: at(6), ..session(5) };
    begin(store, vec![short.clone()]).await;
    write(store, async move |tx| {
        for session in sessions.iter().chain([&short]) {
            let number = session.id.as_bytes()[0];
            tx.insert_code(OUR, &code(number, session)).await?;
            tx.insert_grant(OUR, &grant_with_family(number, session)).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
}

/// Of which numbers there is an ended session, an ended grant, a code, and a
/// revocation of the session.
async fn standing(store: &Store) -> [Vec<u8>; 4] {
    let mut tx = store.read().await.expect("opens");
    let mut standing: [Vec<u8>; 4] = Default::default();
    for number in 1..=5 {
        let application = if number == 3 { reporting().id } else { billing().id };
        let id = SessionId::from_bytes([number; 16]);
        let session = tx.session(OUR, billing().owner, application, id).await.expect("reads");
        let grant = tx.grant(OUR, grant(number, &session_of(number)).id).await.expect("reads");
        let facts = [
            session.is_some_and(|session| session.ended_at.is_some()),
            grant.is_some_and(|grant| grant.ended_at.is_some()),
            tx.code(OUR, hash(number)).await.expect("reads").is_some(),
            !tx.revocations_of(OUR, [number; 16], at(7)).await.expect("reads").is_empty(),
        ];
        for (numbers, fact) in standing.iter_mut().zip(facts) {
            if fact {
                numbers.push(number);
            }
        }
    }
    standing
}

fn session_of(number: u8) -> Session {
    session(number)
}

async fn end(store: &Store, within: Within, session: Session) -> Result<(), StorageError> {
    write(store, async move |tx| tx.end_session(within, &session, ENDING).await).await
}

async fn a_session_ends_with_its_grants_and_codes(store: Store) {
    five(&store).await;
    write(&store, async |tx| tx.redeem_code(OUR, hash(2), (at(5), at(60))).await).await.expect("redeems");
    for number in [1, 2] {
        end(&store, OUR, session(number)).await.expect("ends");
        assert_stale(end(&store, OUR, session(number)).await);
    }
    let ended = vec![1, 2];
    // One that was redeemed is kept, so that a second try is noticed.
    assert_eq!(standing(&store).await, [ended.clone(), ended.clone(), vec![2, 3, 4, 5], ended]);
    let mut tx = store.read().await.expect("opens");
    let revoked = tx.revocations_of(Within::Platform, [1; 16], at(7)).await.expect("reads");
    let expected = Revocation {
        owner: billing().owner,
        subject: RevokedSubject::Session(session(1).id),
        revoked_at: ENDING.at,
        forget_at: ENDING.forget_at,
    };
    assert_eq!(revoked, [expected]);
}

async fn every_node_is_told_of_what_ended(store: Store) {
    five(&store).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    store.on_change(Arc::new(move |changes| sink.lock().extend_from_slice(changes)));
    let revocation = |number| Change { topic: Topic::Revocation, key: [number; 16] };
    end(&store, OUR, session(1)).await.expect("ends");
    assert_eq!(std::mem::take(&mut *told.lock()), [revocation(1)]);
    let ours = directory(OURS);
    write(&store, async move |tx| tx.end_sessions_of_user(OUR, &ours, BOB, ENDING).await)
        .await
        .expect("ends");
    // Bob's session, and himself.
    assert_eq!(std::mem::take(&mut *told.lock()), [revocation(4), revocation(2)]);
}

async fn all_sessions_of_an_application_end(store: Store) {
    five(&store).await;
    let ends = async || write(&store, async |tx| tx.end_sessions(OUR, &billing(), ENDING).await).await;
    ends().await.expect("ends");
    let ended = vec![1, 2, 4];
    assert_eq!(standing(&store).await, [ended.clone(), ended.clone(), vec![3, 5], ended]);
    ends().await.expect("there is nothing to end");
}

async fn sessions_of_an_application_end_a_few_at_a_time(store: Store) {
    five(&store).await;
    let ends =
        async || write(&store, async |tx| tx.end_some_sessions(OUR, &billing(), 2, ENDING).await).await;
    for (ended, left) in [(2, true), (1, false), (0, false)] {
        assert_eq!(ends().await.expect("ends"), ended);
        let mut tx = store.read().await.expect("opens");
        assert_eq!(tx.has_live_session(OUR, &billing(), ENDING.at).await.expect("reads"), left);
    }
    let ended = vec![1, 2, 4];
    assert_eq!(standing(&store).await, [ended.clone(), ended.clone(), vec![3, 5], ended]);
    let theirs = Within::Tenant(THEIRS);
    assert_stale(
        write(&store, async move |tx| tx.end_some_sessions(theirs, &billing(), 2, ENDING).await).await,
    );
}

async fn all_sessions_of_a_user_end(store: Store) {
    five(&store).await;
    let ours = directory(OURS);
    write(&store, async |tx| tx.insert_sign_in(OUR, &directory(OURS), &sign_in(7)).await)
        .await
        .expect("inserts");
    let ends = write(&store, async move |tx| tx.end_sessions_of_user(OUR, &ours, ADA, ENDING).await);
    assert_eq!(ends.await.expect("ends"), 3);
    let ended = vec![1, 2, 3];
    assert_eq!(standing(&store).await, [ended.clone(), ended.clone(), vec![4, 5], ended]);
    let mut tx = store.read().await.expect("opens");
    let signed_in = tx.sign_in(OUR, sign_in(7).id).await.expect("reads");
    assert_eq!(signed_in, Some(SignIn { ended_at: Some(ENDING.at), ..sign_in(7) }));
    let revoked = tx.revocations_of(OUR, ADA.as_bytes(), at(7)).await.expect("reads");
    let for_ada = |token: u8| Issued {
        token: TokenId::from_bytes([token; 16]),
        application: reporting().id,
        person: Some(IssuedFor { user: ADA, session: session(9).id, grant: grant(9, &session(9)).id }),
    };
    // Ada's own id is that of the first session, too.
    assert_eq!(revoked.len(), 2);
    assert!(revoked.iter().any(|one| one.concerns(&for_ada(0))), "whatever was issued until then");
    assert!(!revoked.iter().any(|one| one.concerns(&for_ada(9))), "and not what will be");
}

async fn nothing_is_got_of_a_session_that_is_over(store: Store) {
    five(&store).await;
    end(&store, OUR, session(1)).await.expect("ends");
    let late = Session { expires_at: at(4), ..session(8) };
    begin(&store, vec![late.clone()]).await;
    for over in [session(1), session(9), late, Session { user: BOB, ..session(2) }] {
        let (code, grant) = (code(20, &over), grant(20, &over));
        assert_stale(write(&store, async move |tx| tx.insert_code(OUR, &code).await).await);
        assert_stale(write(&store, async move |tx| tx.insert_grant(OUR, &grant).await).await);
    }
}

async fn a_user_leaves_nothing_and_is_refused(store: Store) {
    five(&store).await;
    let ours = directory(OURS);
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    let [ended, grants, codes, revoked] = standing(&store).await;
    assert_eq!((ended, grants, codes, revoked), (vec![], vec![], vec![4], vec![1, 2, 3]));
    let mut tx = store.read().await.expect("opens");
    let revoked = tx.revocations_of(OUR, ADA.as_bytes(), at(7)).await.expect("reads");
    assert!(revoked.iter().any(|one| one.subject == RevokedSubject::User(ADA)), "{revoked:?}");
}

async fn what_is_long_over_is_swept_with_what_came_of_it(store: Store) {
    five(&store).await;
    end(&store, OUR, session(1)).await.expect("ends");
    let sweep = async |before: i64| {
        write(&store, async move |tx| tx.delete_dead_sessions(Within::Platform, at(before), 9).await).await
    };
    assert_eq!(sweep(5).await.expect("sweeps"), 0);
    assert_eq!(sweep(6).await.expect("sweeps"), 2);
    let mut tx = store.read().await.expect("opens");
    for number in [1, 5] {
        assert_eq!(tx.grant(OUR, grant(number, &session(number)).id).await.expect("reads"), None);
        assert_eq!(tx.code(OUR, hash(number)).await.expect("reads"), None);
    }
    assert!(tx.grant(OUR, grant(2, &session(2)).id).await.expect("reads").is_some());
}

const MANY: u32 = 1_500;

fn numbered(number: u32) -> SessionId {
    SessionId::from_bytes(u128::from(number + 1).to_be_bytes())
}

/// Whose sessions end.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Applications,
    Users,
    UsersWithIt,
}

async fn end_all(store: &Store, whose: Whose) {
    let ends = async move |tx: &mut WriteTx| match whose {
        Whose::Applications => tx.end_sessions(OUR, &billing(), ENDING).await,
        Whose::Users => {
            let ended = tx.end_sessions_of_user(OUR, &directory(OURS), ADA, ENDING).await?;
            assert_eq!(ended, u64::from(MANY), "what follows is counted");
            Ok(())
        }
        Whose::UsersWithIt => tx.delete_consent(OUR, &directory(OURS), (ADA, billing().id), ENDING).await,
    };
    write(store, ends).await.expect("ends");
}

/// Whether the first, the last and the later session read as ended.
async fn have_ended(store: &Store) -> [bool; 3] {
    let mut tx = store.read().await.expect("opens");
    let mut ended = [false; 3];
    for (ended, number) in ended.iter_mut().zip([0, MANY - 1, MANY]) {
        let found = tx.session(OUR, billing().owner, billing().id, numbered(number)).await.expect("reads");
        *ended = found.expect("is there").ended_at.is_some();
    }
    let seek = Seek { after: None, limit: 5_000 };
    let listed =
        tx.sessions_of_user(OUR, (&directory(OURS), ADA), &UserSessionFilter::default(), at(7), seek).await;
    let live = listed.expect("reads").sessions.iter().filter(|session| session.ended_at.is_none()).count();
    assert_eq!(live, usize::from(!ended[2]));
    ended
}

async fn many_end(store: Store, whose: Whose) {
    signed_in(&store).await;
    let one = |number: u32| Session { id: numbered(number), ..session(1) };
    begin(&store, (0..MANY).map(one).collect()).await;
    let consent = Consent {
        directory: directory(OURS).id,
        user: ADA,
        application: billing().id,
        scope: ScopeSet::parse("openid").expect("is one"),
        granted_at: at(3),
        updated_at: at(3),
    };
    write(&store, async move |tx| tx.put_consent(OUR, &directory(OURS), &consent).await)
        .await
        .expect("is kept");
    end_all(&store, whose).await;
    let later = Session { created_at: at(7), ..one(MANY) };
    begin(&store, vec![later]).await;
    assert_eq!(have_ended(&store).await, [true, true, false], "{whose:?}");
    let is_left = async |within| store.read().await.expect("opens").has_sessions_to_end(within).await;
    assert_eq!((is_left(OUR).await.ok(), is_left(Within::Platform).await.ok()), (Some(false), Some(true)));
    let more = async |within| write(&store, async move |tx| tx.end_more_sessions(within, 300).await).await;
    assert_stale(more(OUR).await);
    for expected in [Some(300), Some(200), None, None] {
        assert_eq!(more(Within::Platform).await.expect("ends"), expected, "{whose:?}");
    }
    assert_eq!(is_left(Within::Platform).await.ok(), Some(false));
    assert_eq!(have_ended(&store).await, [true, true, false], "{whose:?}");
    let mut tx = store.read().await.expect("opens");
    let revoked = tx.revocations(OUR, at(7), None, 9_999).await.expect("reads");
    let of_sessions = revoked.iter().filter(|one| matches!(one.subject, RevokedSubject::Session(_))).count();
    assert_eq!(of_sessions, MANY as usize, "{whose:?}");
}

async fn many_sessions_of_an_application_have_ended_at_once(store: Store) {
    many_end(store, Whose::Applications).await;
}

async fn many_sessions_of_a_user_have_ended_at_once(store: Store) {
    many_end(store, Whose::Users).await;
}

async fn many_sessions_with_a_consent_have_ended_at_once(store: Store) {
    many_end(store, Whose::UsersWithIt).await;
}

async fn another_tenants_sessions_do_not_end(store: Store) {
    five(&store).await;
    let theirs = Within::Tenant(THEIRS);
    let none = standing(&store).await;
    assert_stale(end(&store, theirs, session(1)).await);
    assert_stale(write(&store, async move |tx| tx.end_sessions(theirs, &billing(), ENDING).await).await);
    let ends = async move |tx: &mut WriteTx| {
        tx.end_sessions_of_user(theirs, &directory(OURS), ADA, Ending::at(at(6))).await
    };
    assert_stale(write(&store, ends).await);
    assert_eq!(standing(&store).await, none);
}
