//! Keys that take turns, and master keys that are exchanged.

use std::sync::Arc;

use appkeep_domain::{Clock as _, Issuer, Lifetime, Owner, SigningAlgorithm, Within};
use appkeep_keys::{Jws, MasterKey, TokenType};
use appkeep_service::{
    Keyring, KeyringError, RotatedKey, RotationSchedule, SigningKeyUse, Takeover, list_signing_keys, rewrap,
};
use appkeep_storage::{AuditFilter, Store};
use appkeep_testkit::{ManualClock, TestDatabase, on_each_database};

use crate::{ANOTHER_MASTER_KEY, MASTER_KEY, ids, node, node_at, tenant};

const ES256: SigningAlgorithm = SigningAlgorithm::Es256;
const DELAY: Lifetime = Lifetime::from_minutes(10);
const SCHEDULE: RotationSchedule =
    RotationSchedule { every: Some(Lifetime::from_days(90)), publication_delay: DELAY };

on_each_database![
    a_new_key_is_published_then_signs_and_the_old_one_verifies_on,
    a_rotation_at_once_refuses_what_was_signed_before,
    a_second_rotation_does_not_overtake_the_first,
    a_rotation_is_told_in_the_history,
    keys_are_rotated_when_they_are_due_and_by_one_node,
    keys_without_a_schedule_are_left_alone,
    another_master_key_opens_what_was_wrapped_anew,
    a_wrong_master_key_wraps_nothing_anew,
];

async fn a_new_key_is_published_then_signs_and_the_old_one_verifies_on(store: Store) {
    let clock = ManualClock::fixed();
    let node = node_at(clock.clone(), &store, MASTER_KEY);
    node.ensure(Issuer::Platform).await.expect("makes keys");
    let old = signer(&node, &clock).await;
    let rotated = rotate(&node, Takeover::After(DELAY)).await;
    assert_eq!(rotated.replaced, [old]);
    let new = rotated.id;
    let [signing, published, verifying, retired] =
        [SigningKeyUse::Signing, SigningKeyUse::Published, SigningKeyUse::Verifying, SigningKeyUse::Retired];
    let longest = Lifetime::from_days(30);
    for (after, signs, uses) in [
        (Lifetime::from_seconds(0), old, [Some(signing), Some(published)]),
        (Lifetime::from_seconds(599), old, [Some(signing), Some(published)]),
        (Lifetime::from_seconds(1), new, [Some(verifying), Some(signing)]),
        // The last token of the old key has expired, and an hour passes.
        (longest, new, [Some(verifying), Some(signing)]),
        (Lifetime::from_hours(1), new, [Some(retired), Some(signing)]),
        (Lifetime::from_days(2), new, [None, Some(signing)]),
    ] {
        clock.advance(after);
        assert_eq!(signer(&node, &clock).await, signs, "{}", clock.now());
        node.destroy_retired().await.expect("sweeps");
        let listed = list_signing_keys(&store, Issuer::Platform, clock.now()).await.expect("lists");
        let found = [old, new].map(|id| listed.iter().find(|key| key.id == id).map(|key| key.used_for));
        assert_eq!(found, uses, "{}", clock.now());
        let keys = node.reread(Issuer::Platform).await.expect("opens");
        let verifies = [old, new].map(|id| keys.key(id, clock.now()).is_some());
        assert_eq!(
            verifies,
            uses.map(|found| found.is_some_and(|found| found != retired)),
            "{}",
            clock.now()
        );
    }
}

async fn a_rotation_at_once_refuses_what_was_signed_before(store: Store) {
    let clock = ManualClock::fixed();
    let node = node_at(clock.clone(), &store, MASTER_KEY);
    node.ensure(Issuer::Platform).await.expect("makes keys");
    let planned = rotate(&node, Takeover::After(DELAY)).await;
    let old = signer(&node, &clock).await;
    let rotated = rotate(&node, Takeover::AtOnce).await;
    assert_eq!(rotated.replaced, [old, planned.id], "those to come too");
    assert_eq!(signer(&node, &clock).await, rotated.id);
    let keys = node.keys(Issuer::Platform).await.expect("opens");
    assert!(rotated.replaced.iter().all(|&id| keys.key(id, clock.now()).is_none()));
}

/// Or the first would sign again after it, for longer than it verifies.
async fn a_second_rotation_does_not_overtake_the_first(store: Store) {
    let clock = ManualClock::fixed();
    let node = node_at(clock.clone(), &store, MASTER_KEY);
    node.ensure(Issuer::Platform).await.expect("makes keys");
    let first = rotate(&node, Takeover::After(DELAY)).await;
    let second = rotate(&node, Takeover::After(Lifetime::from_seconds(1))).await;
    assert_eq!(second.activates_at, first.activates_at);
    clock.advance(DELAY);
    assert_eq!(signer(&node, &clock).await, second.id);
}

async fn a_rotation_is_told_in_the_history(database: TestDatabase) {
    let store = database.store();
    let issuer = tenant(&store, 1).await;
    let Issuer::Tenant(id) = issuer else { panic!("{issuer:?}") };
    let node = node(&store, MASTER_KEY);
    node.ensure(issuer).await.expect("makes keys");
    let rotated = node.rotate(issuer, ES256, Takeover::After(DELAY)).await.expect("rotates");
    let mut tx = store.read().await.expect("reads");
    let (within, filter) = (Within::Tenant(id), AuditFilter::default());
    let page = tx.audit_entries(within, Owner::Tenant(id), &filter, None, 10).await.expect("reads");
    let [entry] = page.entries.as_slice() else { panic!("{page:?}") };
    assert_eq!((entry.action.as_str(), entry.actor.id.as_str()), ("signing_key.rotated", "system"));
    let (before, after) = (entry.before.as_deref().unwrap_or_default(), entry.after.as_deref());
    assert!(before.contains(&rotated.replaced[0].to_string()), "{before}");
    let expected =
        format!(r#"{{"activates_at":"2026-05-20T10:10:00Z","alg":"ES256","kid":"{}"}}"#, rotated.id);
    assert_eq!(after, Some(expected.as_str()));
}

async fn keys_are_rotated_when_they_are_due_and_by_one_node(database: TestDatabase) {
    let clock = ManualClock::fixed();
    let store = database.store();
    let nodes = [1, 2].map(|_| Arc::new(node_at(clock.clone(), &database.store(), MASTER_KEY)));
    let made = ids(&nodes[0].ensure(Issuer::Platform).await.expect("makes keys"));
    clock.advance(Lifetime::from_seconds(90 * 86_400 - 1));
    assert_eq!(nodes[0].rotate_due(SCHEDULE).await.expect("looks"), []);
    clock.advance(Lifetime::from_seconds(1));
    let racing = nodes.each_ref().map(|node| node.rotate_due(SCHEDULE));
    let [one, other] = racing;
    let (one, other) = tokio::join!(one, other);
    let rotated = [one.expect("rotates"), other.expect("rotates")].concat();
    let mut algorithms: Vec<_> = rotated.iter().map(|rotated| rotated.algorithm).collect();
    algorithms.sort();
    assert_eq!(algorithms, SigningAlgorithm::ALL);
    assert_eq!(nodes[1].rotate_due(SCHEDULE).await.expect("looks"), [], "not twice");
    let listed = list_signing_keys(&store, Issuer::Platform, clock.now()).await.expect("lists");
    assert_eq!(listed.len(), made.len() * 2);
}

async fn keys_without_a_schedule_are_left_alone(store: Store) {
    let clock = ManualClock::fixed();
    let node = node_at(clock.clone(), &store, MASTER_KEY);
    node.ensure(Issuer::Platform).await.expect("makes keys");
    clock.advance(Lifetime::from_days(1_000));
    let schedule = RotationSchedule { every: None, ..SCHEDULE };
    assert_eq!(node.rotate_due(schedule).await.expect("looks"), []);
}

async fn another_master_key_opens_what_was_wrapped_anew(store: Store) {
    let issuers = [Issuer::Platform, tenant(&store, 1).await];
    let before = node(&store, MASTER_KEY);
    for issuer in issuers {
        before.ensure(issuer).await.expect("makes keys");
    }
    assert_eq!(rewrap(&store, master(MASTER_KEY), master(ANOTHER_MASTER_KEY)).await.expect("opens"), 2);
    for issuer in issuers {
        // A server that runs goes on, and its keys can take turns.
        before.rotate(issuer, ES256, Takeover::AtOnce).await.expect("has opened the data key");
    }
    let (after, now) = (node(&store, ANOTHER_MASTER_KEY), ManualClock::fixed().now());
    for issuer in issuers {
        let refused = node(&store, MASTER_KEY).keys(issuer).await;
        assert!(matches!(refused, Err(KeyringError::WrongMasterKey(_))), "{refused:?}");
        let keys = after.keys(issuer).await.expect("opens");
        let signer = before.keys(issuer).await.expect("is held").signer(ES256, now).expect("signs");
        let token = signer.sign(TokenType::AccessToken, b"{}");
        let key = keys.key(signer.id(), now).expect("is the same key");
        key.verify_own(&Jws::parse(&token).expect("is a token")).expect("verifies");
    }
}

async fn a_wrong_master_key_wraps_nothing_anew(store: Store) {
    node(&store, MASTER_KEY).ensure(Issuer::Platform).await.expect("makes keys");
    let refused = rewrap(&store, master(ANOTHER_MASTER_KEY), master(ANOTHER_MASTER_KEY)).await;
    assert!(matches!(refused, Err(KeyringError::WrongMasterKey(Issuer::Platform))), "{refused:?}");
    node(&store, MASTER_KEY).keys(Issuer::Platform).await.expect("still opens");
}

async fn rotate(node: &Keyring, takeover: Takeover) -> RotatedKey {
    node.rotate(Issuer::Platform, ES256, takeover).await.expect("rotates")
}

async fn signer(node: &Keyring, clock: &ManualClock) -> appkeep_domain::SigningKeyId {
    let keys = node.keys(Issuer::Platform).await.expect("opens");
    keys.signer(ES256, clock.now()).expect("signs").id()
}

fn master(bytes: &[u8; 32]) -> MasterKey {
    MasterKey::parse(bytes).expect("32 bytes")
}
