//! What is removed without anybody asking.

use appkeep_domain::{Clock as _, Lifetime};
use appkeep_service::{ApplicationFields, Edit, Swept};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::{Harness, named};

on_each_database![what_nobody_needs_any_more_is_removed];

async fn what_nobody_needs_any_more_is_removed(store: Store) {
    let harness = Harness::start(store).await;
    let deadline = harness.clock.now().plus(Lifetime::from_hours(1));
    let brief = ApplicationFields { expires_at: Edit::Set(deadline.to_string()), ..named("Brief") };
    harness.create("m2m", brief).await.expect("is made");
    let id = harness.m2m("Lasting").await;
    harness.registry.rotate_secret(&harness.admin(), &id, Some(0)).await.expect("rotates");
    harness.registry.revoke_tokens(&harness.admin(), &id).await.expect("revokes");
    let sweep = async || harness.registry.sweep().await.expect("sweeps");
    assert_eq!(sweep().await, Swept::default(), "everything is still of use");
    harness.clock.advance(Lifetime::from_hours(1));
    assert_eq!(sweep().await, Swept { applications: 1, ..Swept::default() });
    assert_eq!(harness.actions().await[0], "application.expired");
    harness.clock.advance(Lifetime::from_days(30));
    assert_eq!(sweep().await, Swept { credentials: 1, revocations: 1, ..Swept::default() });
    assert_eq!(harness.live(&id).await.len(), 1);
    assert_eq!(sweep().await, Swept::default());
}
