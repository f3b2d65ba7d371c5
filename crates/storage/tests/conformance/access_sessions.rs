//! Sessions of public applications with the vault.

use appkeep_domain::access::{
    AccessFacet, AccessKind, AccessRule, AccessSession, Attribute, Condition, Operator, Permission,
    RuleScope, SessionGrant, Transform,
};
use appkeep_domain::{AccessSessionId, Application, Environment, SecretHash, Within};
use appkeep_storage::StorageError;
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{THEIRS, application, assert_stale, at};
use crate::signed_in::{OUR, write};

on_each_database![
    a_session_reads_back_as_it_was_started_and_as_it_was_granted,
    sessions_are_counted_up_to_a_bound_and_swept,
    the_end_of_all_only_ever_moves_on,
    sessions_go_with_either_application,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn page() -> Application {
    let access = AccessFacet { kind: AccessKind::Public, permissions: vec![Permission::TokenCreate] };
    Application { access: Some(access), ..application(1, "Page") }
}

fn server() -> Application {
    let access = AccessFacet { kind: AccessKind::Private, permissions: vec![Permission::TokenRead] };
    Application { access: Some(access), ..application(2, "Server") }
}

fn session(number: u8) -> AccessSession {
    AccessSession {
        id: AccessSessionId::from_bytes([number; 16]),
        application: page().id,
        owner: page().owner,
        environment: Environment::Test,
        key: SecretHash::from_bytes([number; 32]),
        nonce: SecretHash::from_bytes([number + 100; 32]),
        created_at: at(1),
        expires_at: at(10),
        grant: None,
    }
}

fn grant() -> SessionGrant {
    let conditions = vec![Condition::new(Attribute::Id, Operator::StartsWith, "Tok")];
    let rule = AccessRule {
        description: "This \"one\"".to_owned(),
        priority: 3,
        scope: RuleScope::Conditions(conditions),
        transform: Transform::Reveal,
        permissions: vec![Permission::TokenRead],
    };
    SessionGrant { by: server().id, at: at(2), permissions: vec![Permission::TokenUse], rules: vec![rule] }
}

async fn given(database: &TestDatabase, sessions: u8) {
    write(&database.store(), async move |tx| {
        for one in [page(), server()] {
            tx.insert_application(OUR, &one).await?;
        }
        for number in 1..=sessions {
            tx.insert_access_session(OUR, &session(number)).await?;
        }
        Ok::<_, StorageError>(())
    })
    .await
    .expect("inserts");
}

async fn by_key(database: &TestDatabase, within: Within, number: u8) -> Option<AccessSession> {
    let mut tx = database.store().read().await.expect("opens");
    tx.access_session(within, &session(number).key).await.expect("reads")
}

async fn a_session_reads_back_as_it_was_started_and_as_it_was_granted(database: TestDatabase) {
    given(&database, 1).await;
    let store = database.store();
    assert_eq!(by_key(&database, Within::Platform, 1).await, Some(session(1)));
    assert_eq!(by_key(&database, OUR, 1).await, None, "a key does not say where to look");
    let mut tx = store.read().await.expect("opens");
    for (within, found) in [(Within::Platform, true), (OUR, true), (THEIR, false)] {
        let by_nonce = tx.access_session_to_authorize(within, &session(1).nonce).await.expect("reads");
        assert_eq!(by_nonce.is_some(), found, "{within:?}");
    }
    drop(tx);
    let longer = AccessSession { expires_at: at(20), ..session(1) };
    let authorize = async |within| {
        let longer = longer.clone();
        write(&store, async move |tx| tx.authorize_access_session(within, &longer, &grant()).await).await
    };
    assert_stale(authorize(THEIR).await);
    authorize(OUR).await.expect("authorizes");
    assert_stale(authorize(OUR).await);
    let expected = AccessSession { grant: Some(grant()), ..longer.clone() };
    assert_eq!(by_key(&database, Within::Platform, 1).await, Some(expected));
    assert_stale(write(&store, async |tx| tx.insert_access_session(THEIR, &session(2)).await).await);
}

async fn sessions_are_counted_up_to_a_bound_and_swept(database: TestDatabase) {
    given(&database, 3).await;
    let store = database.store();
    let whose = (page().id, page().owner);
    let mut tx = store.read().await.expect("opens");
    for (within, now, most, count) in
        [(OUR, 9, 10, 3), (OUR, 9, 2, 2), (OUR, 10, 10, 0), (THEIR, 9, 10, 0), (Within::Platform, 9, 10, 3)]
    {
        let live = tx.live_access_sessions(within, whose, (at(now), most)).await.expect("counts");
        assert_eq!(live, count, "{within:?} {now} {most}");
    }
    drop(tx);
    let sweep = async |within, now, limit| {
        write(&store, async move |tx| tx.delete_expired_access_sessions(within, at(now), limit).await).await
    };
    assert_stale(sweep(OUR, 10, 5).await.map(drop));
    for (now, deleted) in [(9, 0), (10, 2), (10, 1), (10, 0)] {
        assert_eq!(sweep(Within::Platform, now, 2).await.expect("sweeps"), deleted);
    }
}

async fn the_end_of_all_only_ever_moves_on(database: TestDatabase) {
    given(&database, 0).await;
    let store = database.store();
    let ended = async || {
        let mut tx = store.read().await.expect("opens");
        tx.access_sessions_ended_at(OUR, &page()).await.expect("reads")
    };
    let end = async |within, application: Application, now| {
        write(&store, async move |tx| tx.end_access_sessions(within, &application, at(now)).await).await
    };
    assert_eq!(ended().await, None);
    assert_stale(end(THEIR, page(), 4).await);
    for (now, expected) in [(5, 5), (4, 5), (6, 6)] {
        end(OUR, page(), now).await.expect("ends");
        assert_eq!(ended().await, Some(at(expected)));
    }
    let without = Application { access: None, ..server() };
    end(OUR, without, 7).await.expect("has none");
    assert_eq!(database.dump().await["access_session_ends"].len(), 1);
}

async fn sessions_go_with_either_application(database: TestDatabase) {
    given(&database, 2).await;
    let store = database.store();
    write(&store, async |tx| tx.authorize_access_session(OUR, &session(1), &grant()).await)
        .await
        .expect("authorizes");
    for (gone, left) in [(server(), 1), (page(), 0)] {
        write(&store, async move |tx| {
            tx.end_access_sessions(OUR, &gone, at(5)).await?;
            tx.delete_application(OUR, &gone, at(5)).await
        })
        .await
        .expect("deletes");
        let dump = database.dump().await;
        assert_eq!((dump["access_sessions"].len(), dump["access_session_ends"].len()), (left, 0));
    }
}
