//! Who acted as whom, and that it ends with what it stood on.

use appkeep_domain::{
    ApplicationId, EndReason, Ending, Impersonation, ImpersonationEnd, ImpersonationId, OperatorId, Owner,
    Reason, Session, SessionId, Timestamp, UserId, Within,
};
use appkeep_storage::{PeopleWith, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, billing, reporting, seen_from, session, signed_in, write};

on_each_database![
    an_impersonation_reads_back_as_written,
    an_impersonation_needs_its_session,
    what_goes_on_is_listed_newest_first,
    what_a_user_was_through_is_listed,
    an_impersonation_ends_once_and_with_its_session,
    an_impersonation_is_revoked_with_its_session,
    what_an_operator_does_is_found_while_it_goes_on,
    those_of_an_operator_end_together,
    another_tenants_impersonations_are_not_there,
    impersonations_go_with_their_user_and_their_application,
];

const OPERATOR: OperatorId = OperatorId::from_bytes([21; 16]);
/// The people who use Billing.
const WITH: PeopleWith =
    PeopleWith { people: Owner::Tenant(OURS), application: ApplicationId::from_bytes([1; 16]) };

fn id(number: u8) -> ImpersonationId {
    ImpersonationId::from_bytes([number; 16])
}

/// Of Ada with Billing, until 60, in the session of the same number.
fn impersonation(number: u8) -> Impersonation {
    Impersonation {
        id: id(number),
        owner: Owner::Tenant(OURS),
        application: billing().id,
        directory: directory(OURS).id,
        user: ADA,
        session: SessionId::from_bytes([number; 16]),
        operator: OPERATOR,
        reason: Reason::parse("Ticket 4711: the invoice is \"empty\"").expect("is a reason"),
        from: seen_from(),
        started_at: at(5),
        expires_at: at(60),
        ended: None,
    }
}

async fn begin(store: &Store, impersonation: &Impersonation) -> Result<(), StorageError> {
    let impersonation = impersonation.clone();
    write(store, async move |tx| {
        let session = Session {
            id: impersonation.session,
            application: impersonation.application,
            user: impersonation.user,
            impersonation: Some(impersonation.id),
            expires_at: impersonation.expires_at,
            ..session(1)
        };
        tx.insert_session(OUR, &session).await?;
        tx.insert_impersonation(OUR, &impersonation).await
    })
    .await
}

async fn end(store: &Store, within: Within, impersonation: &Impersonation) -> Result<(), StorageError> {
    let impersonation = impersonation.clone();
    write(store, async move |tx| tx.end_impersonation(within, &impersonation, ENDING).await).await
}

async fn get(store: &Store, within: Within, number: u8) -> Option<Impersonation> {
    store.read().await.expect("opens").impersonation(within, WITH, id(number)).await.expect("reads")
}

async fn active(store: &Store, now: Timestamp, seek: Seek<ImpersonationId>) -> (Vec<u8>, Option<u8>) {
    let mut tx = store.read().await.expect("opens");
    let page = tx.active_impersonations(OUR, WITH, now, seek).await.expect("lists");
    (page.impersonations.iter().map(number).collect(), page.next.map(|id| id.as_bytes()[0]))
}

async fn of_user(store: &Store, user: UserId, seek: Seek<ImpersonationId>) -> (Vec<u8>, Option<u8>) {
    let mut tx = store.read().await.expect("opens");
    let whose = (&directory(OURS), user);
    let page = tx.impersonations_of_user(OUR, whose, billing().id, seek).await.expect("lists");
    (page.impersonations.iter().map(number).collect(), page.next.map(|id| id.as_bytes()[0]))
}

fn number(impersonation: &Impersonation) -> u8 {
    impersonation.id.as_bytes()[0]
}

fn first(limit: usize) -> Seek<ImpersonationId> {
    Seek { after: None, limit }
}

const fn ended(reason: EndReason) -> ImpersonationEnd {
    ImpersonationEnd { at: ENDING.at, reason }
}

async fn is_live(store: &Store, number: u8) -> bool {
    let mut tx = store.read().await.expect("opens");
    let found = tx.session(OUR, Owner::Tenant(OURS), billing().id, SessionId::from_bytes([number; 16])).await;
    found.expect("reads").is_some_and(|session| session.is_live(ENDING.at))
}

async fn an_impersonation_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    begin(&store, &impersonation(3)).await.expect("begins");
    assert_eq!(get(&store, OUR, 3).await, Some(impersonation(3)));
    let mut tx = store.read().await.expect("opens");
    let session = tx.session(OUR, Owner::Tenant(OURS), billing().id, impersonation(3).session).await;
    assert_eq!(session.expect("reads").expect("is there").impersonation, Some(id(3)));
    let elsewhere = PeopleWith { application: reporting().id, ..WITH };
    assert_eq!(tx.impersonation(OUR, elsewhere, id(3)).await.expect("reads"), None);
}

async fn an_impersonation_needs_its_session(store: Store) {
    signed_in(&store).await;
    begin(&store, &impersonation(3)).await.expect("begins");
    for strange in [
        Impersonation { session: SessionId::from_bytes([9; 16]), ..impersonation(4) },
        Impersonation { session: impersonation(3).session, ..impersonation(4) },
        Impersonation { session: impersonation(3).session, user: BOB, ..impersonation(3) },
        Impersonation { session: impersonation(3).session, started_at: at(60), ..impersonation(3) },
    ] {
        let inserted = write(&store, async move |tx| tx.insert_impersonation(OUR, &strange).await).await;
        assert_stale(inserted);
    }
}

async fn what_goes_on_is_listed_newest_first(store: Store) {
    signed_in(&store).await;
    let short = Impersonation { expires_at: at(30), ..impersonation(4) };
    let elsewhere = Impersonation { application: reporting().id, ..impersonation(6) };
    for one in [impersonation(3), short, Impersonation { user: BOB, ..impersonation(5) }, elsewhere] {
        begin(&store, &one).await.expect("begins");
    }
    assert_eq!(active(&store, at(29), first(9)).await, (vec![5, 4, 3], None));
    assert_eq!(active(&store, at(29), first(2)).await, (vec![5, 4], Some(4)));
    assert_eq!(active(&store, at(29), Seek { after: Some(id(4)), limit: 2 }).await, (vec![3], None));
    assert_eq!(active(&store, at(30), first(9)).await, (vec![5, 3], None));
    end(&store, OUR, &impersonation(5)).await.expect("ends");
    assert_eq!(active(&store, at(30), first(9)).await, (vec![3], None));
    assert_eq!(active(&store, at(60), first(9)).await, (vec![], None));
}

async fn what_a_user_was_through_is_listed(store: Store) {
    signed_in(&store).await;
    let elsewhere = Impersonation { application: reporting().id, ..impersonation(6) };
    for one in
        [impersonation(3), impersonation(4), Impersonation { user: BOB, ..impersonation(5) }, elsewhere]
    {
        begin(&store, &one).await.expect("begins");
    }
    end(&store, OUR, &impersonation(4)).await.expect("ends");
    assert_eq!(of_user(&store, ADA, first(9)).await, (vec![4, 3], None));
    assert_eq!(of_user(&store, ADA, first(1)).await, (vec![4], Some(4)));
    assert_eq!(of_user(&store, ADA, Seek { after: Some(id(4)), limit: 1 }).await, (vec![3], None));
    assert_eq!(of_user(&store, BOB, first(9)).await, (vec![5], None));
}

async fn an_impersonation_ends_once_and_with_its_session(store: Store) {
    signed_in(&store).await;
    begin(&store, &impersonation(3)).await.expect("begins");
    assert!(is_live(&store, 3).await);
    assert_stale(end(&store, Within::Tenant(THEIRS), &impersonation(3)).await);
    end(&store, OUR, &impersonation(3)).await.expect("ends");
    assert!(!is_live(&store, 3).await);
    let over = Impersonation { ended: Some(ended(EndReason::Ended)), ..impersonation(3) };
    assert_eq!(get(&store, OUR, 3).await, Some(over));
    let mut tx = store.read().await.expect("opens");
    let key = impersonation(3).session.as_bytes();
    assert_eq!(tx.revocations_of(OUR, key, ENDING.at).await.expect("reads").len(), 1);
    drop(tx);
    assert_stale(end(&store, OUR, &impersonation(3)).await);
    let expired = Impersonation { expires_at: ENDING.at, ..impersonation(4) };
    begin(&store, &expired).await.expect("begins");
    assert_stale(end(&store, OUR, &expired).await);
}

async fn an_impersonation_is_revoked_with_its_session(store: Store) {
    signed_in(&store).await;
    for number in [3, 4, 5] {
        begin(&store, &impersonation(number)).await.expect("begins");
    }
    let first = Session { id: impersonation(3).session, ..session(1) };
    write(&store, async move |tx| tx.end_session(OUR, &first, ENDING).await).await.expect("ends");
    end(&store, OUR, &impersonation(4)).await.expect("ends");
    write(&store, async |tx| tx.end_sessions_of_user(OUR, &directory(OURS), ADA, ENDING).await)
        .await
        .expect("ends");
    for (number, reason) in [(3, EndReason::Revoked), (4, EndReason::Ended), (5, EndReason::Revoked)] {
        assert_eq!(get(&store, OUR, number).await.expect("is there").ended, Some(ended(reason)), "{number}");
    }
}

async fn what_an_operator_does_is_found_while_it_goes_on(store: Store) {
    signed_in(&store).await;
    let longer = Impersonation { expires_at: at(90), ..impersonation(8) };
    let another = Impersonation { operator: OperatorId::from_bytes([22; 16]), ..impersonation(9) };
    for one in [&impersonation(7), &longer, &another] {
        begin(&store, one).await.expect("begins");
    }
    let found = async |within: Within, now: Timestamp| {
        let mut tx = store.read().await.expect("opens");
        tx.impersonation_by(within, OPERATOR, now).await.expect("reads")
    };
    assert_eq!(found(Within::Platform, at(6)).await, Some(longer.clone()));
    assert_eq!(found(OUR, at(6)).await, None);
    end(&store, OUR, &longer).await.expect("ends");
    assert_eq!(found(Within::Platform, at(6)).await.as_ref().map(number), Some(7));
    assert_eq!(found(Within::Platform, at(60)).await, None);
}

async fn those_of_an_operator_end_together(store: Store) {
    signed_in(&store).await;
    let others = Impersonation { operator: OperatorId::from_bytes([22; 16]), ..impersonation(5) };
    let over = Impersonation { expires_at: ENDING.at, ..impersonation(6) };
    for one in [impersonation(3), impersonation(4), others, over] {
        begin(&store, &one).await.expect("begins");
    }
    let all = |within, ending| {
        write(&store, async move |tx| tx.end_impersonations_by(within, OPERATOR, ending).await)
    };
    assert!(matches!(all(OUR, ENDING).await, Err(StorageError::Stale)));
    assert_eq!(all(Within::Platform, ENDING).await.expect("ends"), 2);
    let later = Ending { at: at(7), ..ENDING };
    assert_eq!(all(Within::Platform, later).await.expect("ends"), 0);
    for (number, expected) in
        [(3, Some(ended(EndReason::Revoked))), (4, Some(ended(EndReason::Revoked))), (5, None), (6, None)]
    {
        assert_eq!(get(&store, OUR, number).await.expect("is there").ended, expected, "{number}");
        assert_eq!(is_live(&store, number).await, number == 5, "{number}");
    }
}

async fn another_tenants_impersonations_are_not_there(store: Store) {
    signed_in(&store).await;
    begin(&store, &impersonation(3)).await.expect("begins");
    let their = Within::Tenant(THEIRS);
    assert_eq!(get(&store, their, 3).await, None);
    let mut tx = store.read().await.expect("opens");
    let seek = first(9);
    assert!(
        tx.active_impersonations(their, WITH, at(6), seek).await.expect("lists").impersonations.is_empty()
    );
    let strange = PeopleWith { people: Owner::Tenant(THEIRS), ..WITH };
    for within in [their, Within::Platform] {
        let page = tx.active_impersonations(within, strange, at(6), seek).await.expect("lists");
        assert!(page.impersonations.is_empty(), "the people are another tenant's");
        assert_eq!(tx.impersonation(within, strange, id(3)).await.expect("reads"), None);
    }
    let whose = (&directory(OURS), ADA);
    let page = tx.impersonations_of_user(their, whose, billing().id, seek).await.expect("lists");
    assert!(page.impersonations.is_empty());
}

async fn impersonations_go_with_their_user_and_their_application(store: Store) {
    signed_in(&store).await;
    let elsewhere = Impersonation { application: reporting().id, ..impersonation(5) };
    for one in [impersonation(3), Impersonation { user: BOB, ..impersonation(4) }, elsewhere] {
        begin(&store, &one).await.expect("begins");
    }
    write(&store, async |tx| tx.delete_user(OUR, &directory(OURS), ADA, ENDING).await)
        .await
        .expect("deletes");
    assert_eq!(get(&store, OUR, 3).await, None);
    assert_eq!(get(&store, OUR, 4).await.map(|one| one.user), Some(BOB));
    end(&store, OUR, &impersonation(4)).await.expect("ends");
    write(&store, async |tx| tx.delete_application(OUR, &billing(), ENDING.at).await).await.expect("deletes");
    assert_eq!(get(&store, OUR, 4).await, None);
}
