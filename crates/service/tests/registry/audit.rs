//! Reading the history.

use appkeep_domain::{Clock as _, Lifetime, Timestamp};
use appkeep_service::{AuditQuery, ErrorCode, OwnershipFields, PageQuery};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::Harness;

on_each_database![
    the_history_is_filtered_by_what_is_named,
    the_history_is_read_by_pages_that_stay_put,
    what_cannot_be_asked_is_refused,
    an_entry_is_found_by_the_moment_of_what_it_tells,
];

async fn the_history_is_filtered_by_what_is_named(store: Store) {
    let harness = Harness::start(store).await;
    let (one, start) = (harness.m2m("One").await, harness.clock.now());
    harness.clock.advance(Lifetime::from_seconds(10));
    harness.m2m("Two").await;
    harness.registry.disable_application(&harness.admin(), &one).await.expect("is disabled");
    let actor = harness.history().await[0].actor.id.clone();
    let count = async |query: AuditQuery| {
        harness.registry.audit_entries(&harness.admin(), query).await.expect("reads").items.len()
    };
    let moment = start.plus(Lifetime::from_seconds(10)).to_string();
    for (query, found) in [
        (AuditQuery::default(), 3),
        (AuditQuery { application: Some(one.clone()), ..Default::default() }, 2),
        (AuditQuery { action: Some("application.created".into()), ..Default::default() }, 2),
        (
            AuditQuery {
                application: Some(one),
                action: Some("application.created".into()),
                ..Default::default()
            },
            1,
        ),
        (AuditQuery { actor: Some(actor), ..Default::default() }, 3),
        (AuditQuery { actor: Some("system".into()), ..Default::default() }, 0),
        (AuditQuery { from: Some(moment.clone()), ..Default::default() }, 2),
        (AuditQuery { until: Some(moment.clone()), ..Default::default() }, 1),
        (AuditQuery { from: Some(start.to_string()), until: Some(moment), ..Default::default() }, 1),
    ] {
        assert_eq!(count(query.clone()).await, found, "{query:?}");
    }
}

async fn the_history_is_read_by_pages_that_stay_put(store: Store) {
    let harness = Harness::start(store).await;
    for number in 0..5 {
        harness.m2m(&format!("App {number}")).await;
    }
    let expected: Vec<_> = harness.history().await.into_iter().map(|entry| entry.id).collect();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageQuery { cursor, limit: Some(2) };
        let query = AuditQuery { page, ..AuditQuery::default() };
        let page = harness.registry.audit_entries(&harness.admin(), query).await.expect("reads");
        seen.extend(page.items.iter().map(|entry| entry.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
        harness.m2m("In between").await;
    }
    assert_eq!(seen, expected);
}

async fn what_cannot_be_asked_is_refused(store: Store) {
    let harness = Harness::start(store).await;
    let query = AuditQuery {
        of: OwnershipFields::default(),
        page: PageQuery { cursor: Some("x".into()), limit: Some(0) },
        application: Some("nobody".into()),
        actor: Some("a\0b".into()),
        action: Some("x".repeat(101)),
        noun: Some("a b".into()),
        about: Some(String::new()),
        from: Some("yesterday".into()),
        until: Some("2026".into()),
    };
    let error = harness.registry.audit_entries(&harness.admin(), query).await.expect_err("is all wrong");
    let fields: Vec<_> = error.faults().iter().map(|fault| fault.field.as_str()).collect();
    let [what, when] = [&fields[..5], &fields[5..]];
    assert_eq!(what, ["application", "actor", "action", "resource_type", "resource_id"]);
    assert_eq!(when, ["from", "until", "limit", "cursor"]);
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
}

/// To the microsecond: what was made at a moment is found from that moment on.
async fn an_entry_is_found_by_the_moment_of_what_it_tells(store: Store) {
    let harness = Harness::start(store).await;
    harness.clock.advance_micros(123_456);
    let id = harness.m2m("Exact").await;
    let made =
        harness.registry.application(&harness.admin(), &id).await.expect("is there").application.created_at;
    assert_eq!(harness.history().await[0].occurred_at, made);
    let count = async |from: Timestamp| {
        let query = AuditQuery { from: Some(from.to_string()), ..AuditQuery::default() };
        harness.registry.audit_entries(&harness.admin(), query).await.expect("reads").items.len()
    };
    let later = Timestamp::from_micros(made.as_micros() + 1);
    assert_eq!((count(made).await, count(later).await), (1, 0));
}
