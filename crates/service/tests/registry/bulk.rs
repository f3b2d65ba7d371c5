//! Many at once, each for itself.

use appkeep_domain::ApplicationState;
use appkeep_service::{ApplicationQuery, BulkVerb, ErrorCode};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::Harness;

on_each_database![
    one_that_fails_stops_no_other,
    every_id_is_answered_in_the_order_sent_and_done_once,
    the_ids_are_counted_before_duplicates,
    what_is_no_id_is_not_kept,
];

async fn one_that_fails_stops_no_other(store: Store) {
    let harness = Harness::start(store).await;
    let ids = [harness.m2m("A").await, harness.m2m("B").await, harness.m2m("C").await];
    harness.occupy(&ids[1]).await;
    let asked = vec![ids[0].clone(), ids[1].clone(), "app_none".to_owned(), ids[2].clone()];
    let outcome = harness.registry.bulk(&harness.admin(), BulkVerb::Delete, asked).await.expect("is done");
    let codes: Vec<_> = outcome
        .results
        .iter()
        .map(|result| result.outcome.as_ref().err().map(appkeep_service::Error::code))
        .collect();
    assert_eq!(codes, [None, Some(ErrorCode::AppInUseCannotDelete), Some(ErrorCode::AppNotFound), None]);
    assert_eq!((outcome.succeeded, outcome.failed), (2, 2));
    let left = harness
        .registry
        .applications(&harness.admin(), ApplicationQuery::default())
        .await
        .expect("lists")
        .items;
    assert_eq!(left.iter().map(|left| left.id.to_string()).collect::<Vec<_>>(), [ids[1].clone()]);
}

async fn every_id_is_answered_in_the_order_sent_and_done_once(store: Store) {
    let harness = Harness::start(store).await;
    let (one, two) = (harness.m2m("One").await, harness.m2m("Two").await);
    let asked = vec![two.clone(), one.to_lowercase(), two.clone(), one.clone()];
    let outcome =
        harness.registry.bulk(&harness.admin(), BulkVerb::Disable, asked.clone()).await.expect("is done");
    assert_eq!(outcome.results.iter().map(|result| result.id.clone()).collect::<Vec<_>>(), asked);
    assert_eq!((outcome.succeeded, outcome.failed), (4, 0));
    for id in [&one, &two] {
        let read = harness.registry.application(&harness.admin(), id).await.expect("is there");
        assert_eq!((read.application.state, read.application.version), (ApplicationState::Disabled, 2));
    }
    let mut actions = harness.actions().await;
    actions.truncate(3);
    assert_eq!(actions, ["application.disabled", "application.disabled", "application.bulk_disabled"]);
    let history = harness.history().await;
    let told = history[2].after.as_deref().expect("tells");
    assert!(told.contains(&two) && told.contains(r#""asked":4"#), "{told}");
    assert_eq!(history[0].request_id, history[2].request_id);
}

async fn the_ids_are_counted_before_duplicates(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Many").await;
    let ask = async |count: usize| {
        let ids = vec![id.clone(); count];
        let outcome = harness.registry.bulk(&harness.admin(), BulkVerb::Disable, ids).await;
        outcome
            .map(|outcome| outcome.succeeded)
            .map_err(|error| (error.code(), error.faults()[0].field.clone()))
    };
    let refused = Err((ErrorCode::InvalidRequest, "ids".to_owned()));
    assert_eq!((ask(0).await, ask(251).await), (refused.clone(), refused));
    assert_eq!(ask(250).await, Ok(250));
}

async fn what_is_no_id_is_not_kept(store: Store) {
    let harness = Harness::start(store).await;
    let ids = vec!["x".repeat(10_000), "\0".to_owned()];
    let outcome = harness.registry.bulk(&harness.admin(), BulkVerb::Enable, ids).await.expect("is done");
    assert_eq!(outcome.failed, 2);
    assert_eq!(harness.history().await[0].after.as_deref(), Some(r#"{"asked":2,"ids":[]}"#));
}
