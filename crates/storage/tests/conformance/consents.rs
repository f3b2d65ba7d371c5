//! What people allowed applications.

use appkeep_domain::{ApplicationId, Consent, Session, UserId, Within};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory};
use crate::signed_in::{ADA, BOB, OUR, begin, billing, grant, reporting, session, signed_in, write};

on_each_database![
    a_consent_reads_back_as_written_and_is_extended,
    a_consent_is_of_somebody_for_something,
    what_was_allowed_is_listed,
    a_consent_is_taken_back_with_what_came_of_it,
    another_tenants_consent_is_not_there,
    consents_go_with_their_user_and_their_application,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn consent(user: UserId, application: ApplicationId) -> Consent {
    Consent {
        directory: directory(OURS).id,
        user,
        application,
        scope: ScopeSet::parse("openid email").expect("are scopes"),
        granted_at: at(4),
        updated_at: at(4),
    }
}

async fn put(store: &Store, within: Within, consent: Consent) -> Result<(), StorageError> {
    write(store, async move |tx| tx.put_consent(within, &directory(OURS), &consent).await).await
}

async fn take_back(store: &Store, within: Within, application: ApplicationId) -> Result<(), StorageError> {
    write(store, async move |tx| {
        tx.delete_consent(within, &directory(OURS), (ADA, application), ENDING).await
    })
    .await
}

async fn get(store: &Store, within: Within, user: UserId, application: ApplicationId) -> Option<Consent> {
    let mut tx = store.read().await.expect("opens");
    tx.consent(within, &directory(OURS), user, application).await.expect("reads")
}

async fn list(store: &Store, within: Within, seek: Seek<ApplicationId>) -> (Vec<u8>, Option<ApplicationId>) {
    let mut tx = store.read().await.expect("opens");
    let page = tx.consents(within, &directory(OURS), ADA, seek).await.expect("lists");
    (page.consents.iter().map(|one| one.application.as_bytes()[0]).collect(), page.next)
}

async fn a_consent_reads_back_as_written_and_is_extended(store: Store) {
    signed_in(&store).await;
    assert_eq!(get(&store, OUR, ADA, billing().id).await, None);
    let first = consent(ADA, billing().id);
    put(&store, OUR, first.clone()).await.expect("is kept");
    assert_eq!(get(&store, OUR, ADA, billing().id).await.as_ref(), Some(&first));
    let more = first.clone().extended(&ScopeSet::parse("profile").expect("is a scope"), at(9));
    put(&store, OUR, Consent { granted_at: at(9), ..more.clone() }).await.expect("is kept");
    assert_eq!(get(&store, OUR, ADA, billing().id).await, Some(more), "when it was first given, stays");
    assert_eq!(get(&store, OUR, BOB, billing().id).await, None);
}

async fn a_consent_is_of_somebody_for_something(store: Store) {
    signed_in(&store).await;
    write(&store, async |tx| tx.delete_application(OUR, &reporting(), at(5)).await).await.expect("deletes");
    for nothing in [
        consent(UserId::from_bytes([9; 16]), billing().id),
        consent(ADA, ApplicationId::from_bytes([9; 16])),
        consent(ADA, reporting().id),
    ] {
        assert_stale(put(&store, OUR, nothing).await);
    }
}

async fn what_was_allowed_is_listed(store: Store) {
    signed_in(&store).await;
    for one in [consent(ADA, billing().id), consent(ADA, reporting().id), consent(BOB, billing().id)] {
        put(&store, OUR, one).await.expect("is kept");
    }
    let first = list(&store, OUR, Seek { after: None, limit: 1 }).await;
    assert_eq!(first, (vec![2], Some(reporting().id)));
    assert_eq!(list(&store, OUR, Seek { after: first.1, limit: 1 }).await, (vec![1], None));
    assert_eq!(list(&store, THEIR, Seek { after: None, limit: 9 }).await, (vec![], None));
}

async fn a_consent_is_taken_back_with_what_came_of_it(store: Store) {
    signed_in(&store).await;
    let elsewhere = Session { application: reporting().id, ..session(2) };
    begin(&store, vec![session(1), elsewhere.clone(), Session { user: BOB, ..session(3) }]).await;
    write(&store, async |tx| tx.insert_grant(OUR, &grant(1, &session(1))).await).await.expect("inserts");
    put(&store, OUR, consent(ADA, billing().id)).await.expect("is kept");
    assert_stale(take_back(&store, OUR, reporting().id).await);
    take_back(&store, OUR, billing().id).await.expect("is taken back");
    assert_stale(take_back(&store, OUR, billing().id).await);
    assert_eq!(get(&store, OUR, ADA, billing().id).await, None);
    let mut tx = store.read().await.expect("opens");
    for (session, ended) in [(session(1), true), (elsewhere, false), (session(3), false)] {
        let found = tx.session(OUR, session.owner, session.application, session.id).await.expect("reads");
        assert_eq!(found.expect("is there").ended_at.is_some(), ended, "{:?}", session.id);
    }
    let found = tx.grant(OUR, grant(1, &session(1)).id).await.expect("reads");
    assert_eq!(found.and_then(|grant| grant.ended_at), Some(ENDING.at));
}

async fn another_tenants_consent_is_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(put(&store, THEIR, consent(ADA, billing().id)).await);
    put(&store, OUR, consent(ADA, billing().id)).await.expect("is kept");
    assert_eq!(get(&store, THEIR, ADA, billing().id).await, None);
    assert_stale(take_back(&store, THEIR, billing().id).await);
    assert!(get(&store, OUR, ADA, billing().id).await.is_some());
}

async fn consents_go_with_their_user_and_their_application(store: Store) {
    let (ours, _) = signed_in(&store).await;
    for (user, application) in [(ADA, billing().id), (ADA, reporting().id), (BOB, billing().id)] {
        put(&store, OUR, consent(user, application)).await.expect("is kept");
    }
    write(&store, async |tx| tx.delete_application(OUR, &reporting(), at(5)).await).await.expect("deletes");
    assert_eq!(get(&store, OUR, ADA, reporting().id).await, None);
    assert!(get(&store, OUR, ADA, billing().id).await.is_some());
    write(&store, async move |tx| tx.delete_user(OUR, &ours, ADA, ENDING).await).await.expect("deletes");
    assert_eq!(get(&store, OUR, ADA, billing().id).await, None);
    assert!(get(&store, OUR, BOB, billing().id).await.is_some());
}
