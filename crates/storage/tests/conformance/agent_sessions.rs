//! What agents have at the gateway.

use appkeep_domain::{
    AgentCaller, AgentClient, AgentSession, AgentSessionId, SecretHash, SessionState, Within,
};
use appkeep_storage::{AgentSessionFilter, AgentSighting, Seek, SessionCounts, StorageError, Store};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, assert_stale, assert_taken, at};
use crate::signed_in::{ADA, OUR, billing, seen_from, signed_in, write};

on_each_database![
    a_session_reads_back_as_it_was_begun,
    what_was_seen_goes_forwards_and_calls_add_up,
    sessions_are_listed_and_counted_by_how_they_stand,
    of_an_agent_without_a_session_there_is_one,
    those_of_one_person_are_counted,
    how_many_there_were_is_counted_anew,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn session(number: u8) -> AgentSession {
    AgentSession {
        id: AgentSessionId::from_bytes([number; 16]),
        tenant: OURS,
        application: billing().id,
        caller: None,
        found_by: None,
        client: Some(AgentClient { name: "claude".to_owned(), version: None }),
        protocol: "2025-06-18".to_owned(),
        from: seen_from(),
        calls: 0,
        created_at: at(1),
        last_seen_at: at(1),
        expires_at: at(100),
        ended_at: None,
    }
}

async fn begin(store: &Store, session: AgentSession) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_agent_session(OUR, &session).await).await
}

async fn found(store: &Store, within: Within, number: u8) -> Option<AgentSession> {
    let mut tx = store.read().await.expect("opens");
    tx.agent_session(within, &billing(), session(number).id).await.expect("reads")
}

async fn a_session_reads_back_as_it_was_begun(database: TestDatabase) {
    let store = database.store();
    let (directory, _) = signed_in(&store).await;
    let caller = Some(AgentCaller { directory: directory.id, user: ADA });
    let whole = AgentSession { caller, found_by: Some(SecretHash::from_bytes([9; 32])), ..session(1) };
    begin(&store, whole.clone()).await.expect("begins");
    assert_eq!(found(&store, OUR, 1).await, Some(whole.clone()));
    assert_eq!(found(&store, Within::Platform, 1).await, Some(whole.clone()));
    assert_eq!(found(&store, THEIR, 1).await, None);
    let mut tx = store.read().await.expect("opens");
    for (within, tenant, is_found) in [(OUR, OURS, true), (OUR, THEIRS, false), (THEIR, OURS, false)] {
        let found = tx.agent_session_of_tenant(within, tenant, whole.id).await.expect("reads");
        assert_eq!(found.is_some(), is_found, "{within:?}");
    }
    drop(tx);
    let nobody = AgentCaller { directory: directory.id, user: appkeep_domain::UserId::from_bytes([77; 16]) };
    assert_stale(begin(&store, AgentSession { caller: Some(nobody), ..session(2) }).await);
    assert_stale(begin(&store, AgentSession { tenant: THEIRS, ..session(2) }).await);
    assert_stale(write(&store, async |tx| tx.insert_agent_session(THEIR, &session(2)).await).await);
    let end = async |within: Within| {
        write(&store, async move |tx| tx.end_agent_session(within, &session(1), at(5)).await).await
    };
    assert_stale(end(THEIR).await);
    end(OUR).await.expect("ends");
    assert_stale(end(OUR).await);
    assert_eq!(found(&store, OUR, 1).await.and_then(|found| found.ended_at), Some(at(5)));
}

async fn what_was_seen_goes_forwards_and_calls_add_up(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    begin(&store, session(1)).await.expect("begins");
    let seen = |seen, ends, calls| AgentSighting {
        tenant: OURS,
        application: billing().id,
        id: session(1).id,
        seen_at: at(seen),
        expires_at: at(ends),
        calls,
    };
    for (within, seen) in
        [(OUR, seen(20, 50, 2)), (Within::Platform, seen(10, 200, 3)), (THEIR, seen(90, 900, 9))]
    {
        store.touch_agent_sessions(within, &[seen]).await.expect("notes");
    }
    let found = found(&store, OUR, 1).await.expect("is there");
    assert_eq!((found.last_seen_at, found.expires_at, found.calls), (at(20), at(200), 5));
    store.touch_agent_sessions(Within::Platform, &[]).await.expect("notes nothing");
}

async fn sessions_are_listed_and_counted_by_how_they_stand(database: TestDatabase) {
    let store = database.store();
    let (directory, _) = signed_in(&store).await;
    let caller = Some(AgentCaller { directory: directory.id, user: ADA });
    begin(&store, AgentSession { caller, ..session(1) }).await.expect("begins");
    begin(&store, AgentSession { expires_at: at(10), ..session(2) }).await.expect("begins");
    begin(&store, session(3)).await.expect("begins");
    let list = async |within: Within, filter: AgentSessionFilter, limit| {
        let mut tx = store.read().await.expect("opens");
        let seek = Seek { after: None, limit };
        let page = tx.agent_sessions(within, &billing(), &filter, at(50), seek).await.expect("lists");
        let of_tenant = tx.agent_sessions_of_tenant(within, OURS, &filter, at(50), seek).await;
        assert_eq!(of_tenant.expect("lists"), page);
        let ids: Vec<u8> = page.sessions.iter().map(|one| one.id.as_bytes()[0]).collect();
        (ids, page.next.map(|id| id.as_bytes()[0]))
    };
    let all = AgentSessionFilter::default();
    let of = |state| AgentSessionFilter { state: Some(state), ..all };
    for (within, filter, limit, expected) in [
        (OUR, all, 9, (vec![3, 2, 1], None)),
        (OUR, all, 2, (vec![3, 2], Some(2))),
        (THEIR, all, 9, (vec![], None)),
        (OUR, of(SessionState::Active), 9, (vec![3, 1], None)),
        (OUR, of(SessionState::Expired), 9, (vec![2], None)),
        (OUR, AgentSessionFilter { live: Some(false), ..all }, 9, (vec![2], None)),
        (OUR, AgentSessionFilter { user: Some(ADA), ..all }, 9, (vec![1], None)),
    ] {
        assert_eq!(list(within, filter, limit).await, expected, "{filter:?}");
    }
    let counts = async |within: Within| {
        let mut tx = store.read().await.expect("opens");
        tx.agent_session_counts(within, &billing(), at(50)).await.expect("counts")
    };
    assert_eq!(counts(OUR).await, SessionCounts { live: 2, active: 2, idle: 0, total: 3 });
    assert_eq!(counts(THEIR).await, SessionCounts::default());
    let end = async |within: Within| {
        write(&store, async move |tx| tx.end_agent_sessions(within, &billing(), at(50)).await).await
    };
    assert_stale(end(THEIR).await);
    assert_eq!((end(OUR).await.expect("ends"), end(OUR).await.expect("ends none")), (2, 0));
    let sweep = async |within: Within, before, limit| {
        write(&store, async move |tx| tx.delete_dead_agent_sessions(within, at(before), limit).await).await
    };
    assert_stale(sweep(OUR, 100, 9).await);
    for (before, limit, swept) in [(9, 9, 0), (100, 1, 1), (100, 9, 2), (100, 9, 0)] {
        assert_eq!(sweep(Within::Platform, before, limit).await.expect("sweeps"), swept, "{before}");
    }
    assert_eq!(counts(OUR).await, SessionCounts { live: 0, active: 0, idle: 0, total: 3 });
    write(&store, async |tx| tx.delete_application(OUR, &billing(), at(60)).await).await.expect("deletes");
    let dump = database.dump().await;
    assert_eq!((dump["agent_sessions"].len(), dump["agent_session_totals"].len()), (0, 0));
}

async fn of_an_agent_without_a_session_there_is_one(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    let agent = SecretHash::from_bytes([9; 32]);
    let own = |number| AgentSession { found_by: Some(agent), ..session(number) };
    begin(&store, own(1)).await.expect("begins");
    let taken = "agent_sessions.application_id, agent_sessions.found_by";
    assert_taken(begin(&store, own(2)).await, taken);
    let find = async |within: Within| {
        let mut tx = store.read().await.expect("opens");
        let found = tx.agent_session_found_by(within, &billing(), &agent).await.expect("reads");
        found.map(|found| found.id.as_bytes()[0])
    };
    assert_eq!((find(OUR).await, find(THEIR).await), (Some(1), None));
    write(&store, async |tx| tx.end_agent_session(OUR, &session(1), at(5)).await).await.expect("ends");
    assert_eq!(find(OUR).await, None);
    begin(&store, own(2)).await.expect("begins another");
    assert_eq!(find(OUR).await, Some(2));
}

async fn those_of_one_person_are_counted(database: TestDatabase) {
    let store = database.store();
    let (directory, _) = signed_in(&store).await;
    let caller = AgentCaller { directory: directory.id, user: ADA };
    let of = |number: u8| AgentSession { caller: Some(caller), ..session(number) };
    for one in [of(1), of(2), AgentSession { expires_at: at(50), ..of(3) }, session(4)] {
        begin(&store, one).await.expect("begins");
    }
    let ended = of(2);
    write(&store, async move |tx| tx.end_agent_session(OUR, &ended, at(5)).await).await.expect("ends");
    let count = async |within, now, most| {
        let mut tx = store.read().await.expect("opens");
        let many = tx.live_agent_sessions_of(within, &billing(), caller, (at(now), most)).await;
        many.expect("counts")
    };
    assert_eq!(count(OUR, 10, 9).await, 2);
    assert_eq!(count(OUR, 10, 1).await, 1, "no more than is asked for");
    assert_eq!((count(OUR, 60, 9).await, count(OUR, 100, 9).await), (1, 0));
    assert_eq!(count(THEIR, 10, 9).await, 0);
}

async fn how_many_there_were_is_counted_anew(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    for number in [1, 2] {
        begin(&store, session(number)).await.expect("begins");
    }
    let (owner, id) = (billing().owner, billing().id);
    let total = async || {
        let mut tx = store.read().await.expect("opens");
        let found = tx.agent_session_totals(Within::Platform, None, 9).await.expect("reads");
        assert!(tx.agent_session_totals(OUR, None, 9).await.expect("reads").is_empty());
        let found = found.into_iter().find(|one| one.application == id).expect("is there");
        (found.begun, found.present, found.is_right())
    };
    assert_eq!(total().await, (2, 2, true));
    write(&store, async move |tx| tx.delete_dead_agent_sessions(Within::Platform, at(200), 1).await)
        .await
        .expect("sweeps");
    assert_eq!(total().await, (2, 1, true), "what is gone was there");
    let recount = async |within| {
        write(&store, async move |tx| tx.recount_agent_sessions(within, owner, id).await).await
    };
    assert_stale(recount(THEIR).await);
    recount(Within::Platform).await.expect("counts");
    assert_eq!(total().await, (1, 1, true));
}
