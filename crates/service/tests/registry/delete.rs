//! Deleting for good.

use appkeep_domain::Lifetime;
use appkeep_service::{AuditQuery, ErrorCode, Expected};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::Harness;

on_each_database![
    what_is_deleted_is_gone_and_its_history_stays,
    an_application_in_use_is_kept_until_its_sessions_are_over,
];

async fn what_is_deleted_is_gone_and_its_history_stays(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let id = harness.m2m("Short").await;
    registry.delete_application(&admin, &id, Expected::Any).await.expect("is deleted");
    let gone = registry.application(&admin, &id).await.expect_err("is gone");
    let again = registry.delete_application(&admin, &id, Expected::Any).await.expect_err("is gone");
    assert_eq!((gone.code(), again.code()), (ErrorCode::AppNotFound, ErrorCode::AppNotFound));
    assert!(harness.live(&id).await.is_empty());
    let query = AuditQuery { application: Some(id), ..AuditQuery::default() };
    let history = registry.audit_entries(&admin, query).await.expect("reads").items;
    let actions: Vec<_> = history.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["application.deleted", "application.created"]);
    assert!(history[0].before.as_deref().is_some_and(|before| before.contains("\"name\":\"Short\"")));
    // The name and the slug are free again; the id is not.
    harness.m2m("Short").await;
}

async fn an_application_in_use_is_kept_until_its_sessions_are_over(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let id = harness.m2m("Busy").await;
    harness.occupy(&id).await;
    let refused = registry.delete_application(&admin, &id, Expected::Any).await.expect_err("is in use");
    assert_eq!(refused.code(), ErrorCode::AppInUseCannotDelete);
    registry.application(&admin, &id).await.expect("is still there");
    harness.clock.advance(Lifetime::from_minutes(5));
    registry.delete_application(&admin, &id, Expected::Any).await.expect("nobody uses it any more");
}
