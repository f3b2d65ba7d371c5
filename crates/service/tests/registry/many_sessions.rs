//! What ends many sessions ends them some at a time, and all of them.

use appkeep_domain::{ApplicationId, Clock as _, Lifetime, Owner, Session, SessionId, Within};
use appkeep_service::{Expected, Pool, TenantSessionQuery};
use appkeep_storage::{ReadTx, StorageError, Store, WriteTx};
use appkeep_testkit::{begin_session, on_each_database};

use crate::harness::Harness;

on_each_database![
    with_an_applications_tokens_every_session_ends,
    with_a_user_every_session_ends,
    a_list_of_all_that_are_counted_says_that_there_may_be_more,
];

/// More than two transactions end.
const MANY: u32 = 2_100;

/// So many sessions of one person with an application.
async fn crowd(harness: &Harness, count: u32) -> (String, Session) {
    let id = harness.m2m("Busy").await;
    let application = ApplicationId::parse(&id).expect("is an id");
    let (owner, now) = (Owner::Tenant(harness.tenant), harness.clock.now());
    let until = now.plus(Lifetime::from_hours(1));
    let first = begin_session(&harness.store, (owner, application), now, until).await;
    let one = first.clone();
    let begin = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        for number in 1..count {
            let id = SessionId::from_bytes(u128::from(number).to_be_bytes());
            tx.insert_session(Within::Platform, &Session { id, ..one.clone() }).await?;
        }
        Ok(())
    };
    harness.store.write(begin).await.expect("begin");
    (id, first)
}

async fn live(harness: &Harness, id: &str) -> u64 {
    let view = harness.registry.application(&harness.admin(), id).await.expect("is there");
    view.sessions.expect("is seen").live
}

async fn with_an_applications_tokens_every_session_ends(store: Store) {
    let harness = Harness::start(store).await;
    let (id, _) = crowd(&harness, MANY).await;
    assert_eq!(live(&harness, &id).await, u64::from(MANY));
    harness.registry.revoke_tokens(&harness.admin(), &id).await.expect("revokes");
    assert_eq!(live(&harness, &id).await, 0);
    let actions = harness.actions().await;
    let expected = ["application.sessions_ended", "application.sessions_ended", "application.tokens_revoked"];
    assert_eq!(actions[..3], expected, "each transaction tells what it did");
}

async fn with_a_user_every_session_ends(store: Store) {
    let harness = Harness::start(store).await;
    let (id, session) = crowd(&harness, MANY).await;
    let (admin, user) = (harness.admin(), session.user.to_string());
    let stale = harness.registry.delete_user(&admin, Pool::Tenant, &user, Expected::OneOf(vec![9])).await;
    stale.expect_err("somebody has changed them");
    assert_eq!(live(&harness, &id).await, u64::from(MANY), "nothing has happened");
    harness.registry.delete_user(&admin, Pool::Tenant, &user, Expected::Any).await.expect("deletes");
    assert_eq!(live(&harness, &id).await, 0);
    harness.registry.user(&admin, Pool::Tenant, &user).await.expect_err("is gone");
    let actions = harness.actions().await;
    assert_eq!(actions[..3], ["user.deleted", "user.sessions_ended", "user.sessions_ended"]);
    assert_eq!(harness.registry.sweep().await.expect("sweeps").remains, u64::from(MANY) - 500);
}

async fn a_list_of_all_that_are_counted_says_that_there_may_be_more(store: Store) {
    let harness = Harness::start(store).await;
    let most = ReadTx::MOST_SESSIONS;
    let (_, session) = crowd(&harness, u32::try_from(most).expect("is not many") - 1).await;
    let of_user =
        TenantSessionQuery { user: Some(session.user.to_string()), ..TenantSessionQuery::default() };
    for (number, total, is_exact) in [(0xf0, most - 1, true), (0xf1, most, false), (0xf2, most, false)] {
        for query in [TenantSessionQuery::default(), of_user.clone()] {
            let listed = harness.registry.numbered_sessions(&harness.admin(), query).await.expect("is read");
            assert_eq!((listed.total, listed.total_is_exact), (total, is_exact));
        }
        let another = Session { id: SessionId::from_bytes([number; 16]), ..session.clone() };
        let begin = async move |tx: &mut WriteTx| tx.insert_session(Within::Platform, &another).await;
        harness.store.write(begin).await.expect("begins");
    }
}
