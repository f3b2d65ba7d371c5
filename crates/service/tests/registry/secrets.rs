//! Replacing secrets.

use appkeep_domain::{Clock as _, Credential, Lifetime};
use appkeep_service::{ErrorCode, TenantUpdate};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::Harness;

on_each_database![
    the_replaced_secret_lives_for_the_tenants_overlap,
    every_replaced_secret_keeps_its_own_deadline,
    an_overlap_of_zero_ends_all_before_at_once,
    no_more_than_ten_live_at_once,
    who_has_no_secret_cannot_rotate_it,
];

async fn the_replaced_secret_lives_for_the_tenants_overlap(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Rotated").await;
    let rotated = harness.registry.rotate_secret(&harness.admin(), &id, None).await.expect("rotates");
    assert_eq!(rotated.previous_expires_at, harness.clock.now().plus(Lifetime::from_hours(72)));
    let update = TenantUpdate { secret_rotation_overlap_s: Some(60), ..TenantUpdate::default() };
    harness.registry.update_tenant(&harness.admin(), update).await.expect("changes");
    let rotated = harness.registry.rotate_secret(&harness.admin(), &id, None).await.expect("rotates");
    assert_eq!(rotated.previous_expires_at, harness.clock.now().plus(Lifetime::from_seconds(60)));
    let entry = &harness.history().await[0];
    let told = entry.after.as_deref().expect("tells");
    assert_eq!(entry.action, "application.secret_rotated");
    assert!(
        told.contains(rotated.client_secret.last_four()) && !told.contains(rotated.client_secret.expose())
    );
}

async fn every_replaced_secret_keeps_its_own_deadline(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Rotated").await;
    let (start, admin) = (harness.clock.now(), harness.admin());
    harness.registry.rotate_secret(&admin, &id, Some(100)).await.expect("rotates");
    harness.clock.advance(Lifetime::from_seconds(10));
    harness.registry.rotate_secret(&admin, &id, Some(1_000)).await.expect("rotates");
    let deadlines: Vec<_> = harness.live(&id).await.iter().map(|secret| secret.expires_at).collect();
    let after = |seconds| Some(start.plus(Lifetime::from_seconds(seconds)));
    assert_eq!(deadlines, [None, after(1_010), after(100)]);
    // A shorter overlap brings the later one forward and lets the earlier be.
    harness.registry.rotate_secret(&admin, &id, Some(500)).await.expect("rotates");
    let deadlines: Vec<_> = harness.live(&id).await.iter().map(|secret| secret.expires_at).collect();
    assert_eq!(deadlines, [None, after(510), after(510), after(100)]);
}

async fn an_overlap_of_zero_ends_all_before_at_once(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Rotated").await;
    for overlap in [Some(100), Some(604_800), Some(0)] {
        harness.registry.rotate_secret(&harness.admin(), &id, overlap).await.expect("rotates");
    }
    let live = harness.live(&id).await;
    assert_eq!((live.len(), live[0].expires_at), (1, None));
    for refused in [-1, 604_801] {
        let error = harness.registry.rotate_secret(&harness.admin(), &id, Some(refused)).await;
        assert_eq!(error.expect_err("out of bounds").faults()[0].field, "overlap_s");
    }
    assert_eq!(harness.live(&id).await.len(), 1);
}

async fn no_more_than_ten_live_at_once(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Rotated").await;
    for _ in 1..Credential::MAX_LIVE {
        harness.registry.rotate_secret(&harness.admin(), &id, Some(60)).await.expect("rotates");
    }
    let before = harness.live(&id).await;
    let refused = harness.registry.rotate_secret(&harness.admin(), &id, Some(60)).await;
    assert_eq!(refused.expect_err("there are ten").code(), ErrorCode::TooManySecrets);
    assert_eq!(harness.live(&id).await, before, "nothing has changed");
    harness.registry.rotate_secret(&harness.admin(), &id, Some(0)).await.expect("ends the ten");
    assert_eq!(harness.live(&id).await.len(), 1);
}

async fn who_has_no_secret_cannot_rotate_it(store: Store) {
    let harness = Harness::start(store).await;
    for kind in ["spa", "native", "saml"] {
        let id = harness.create_kind(kind).await.view.application.id.to_string();
        let refused = harness.registry.rotate_secret(&harness.admin(), &id, None).await;
        assert_eq!(refused.expect_err("has none").code(), ErrorCode::NotApplicable, "{kind}");
        assert!(harness.live(&id).await.is_empty());
    }
}
