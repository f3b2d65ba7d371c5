//! A flood of refusals becomes a few entries a second.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{
    ActorKind, ApplicationId, AuditEntry, Clock as _, Lifetime, Owner, RequestId, TenantId, Within,
};
use appkeep_keys::SystemEntropy;
use appkeep_service::{Jobs, JobsOf, RefusedBy, RefusedRequest, Registry, RotationSchedule};
use appkeep_storage::{AuditFilter, Store};
use appkeep_testkit::{ManualClock, on_each_database};
use serde_json::{Value, json};

use crate::given::Node;

on_each_database![a_flood_becomes_few_entries_that_are_sealed];

const TENANT: TenantId = TenantId::from_bytes([7; 16]);

async fn a_flood_becomes_few_entries_that_are_sealed(store: Store) {
    let node = Node::start(store.clone()).await;
    let clock = ManualClock::fixed();
    let registry = Registry::new(store, Arc::new(clock.clone()), Arc::new(SystemEntropy::new()));
    let client = ApplicationId::from_bytes([3; 16]);
    for (by, route) in [(RefusedBy::Claimed(client), "/oauth2/token"), (RefusedBy::Application(client), "/x")]
    {
        for _ in 0..1_000 {
            registry.refusals().tell(RefusedRequest {
                owner: Owner::Tenant(TENANT),
                action: "token.refused",
                by,
                code: "invalid_client",
                route: route.to_owned(),
                address: Some(IpAddr::from([192, 0, 2, 1])),
                request_id: RequestId::from_bytes([1; 16]),
                at: clock.now(),
            });
        }
    }
    let schedule = RotationSchedule { every: None, publication_delay: Lifetime::from_minutes(10) };
    let keyring = Arc::clone(&node.keyring);
    let _jobs = Jobs::start(JobsOf { registry: &registry, trail: &node.trail, keyring, schedule });
    let entries = written(&node).await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    let anonymous = entries.iter().find(|entry| entry.actor.kind == ActorKind::Anonymous).expect("is told");
    let told: Value = serde_json::from_str(anonymous.after.as_deref().expect("is told")).expect("JSON");
    let expected = json!({
        "error": "invalid_client", "route": "/oauth2/token", "client_id": client.to_string(), "count": 1_000,
        "first_at": clock.now().to_string(), "last_at": clock.now().to_string(),
    });
    assert_eq!((told, anonymous.actor.id.as_str(), anonymous.application), (expected, "192.0.2.1", None));
    let known = entries.iter().find(|entry| entry.actor.kind == ActorKind::Application).expect("is told");
    assert_eq!(known.actor.id, client.to_string());
    assert_eq!((registry.refusals().told(), registry.refusals().dropped()), (2_000, 0));
}

/// What is there once it is sealed, which the jobs do by themselves.
async fn written(node: &Node) -> Vec<AuditEntry> {
    let owner = Owner::Tenant(TENANT);
    for _ in 0..200 {
        let mut tx = node.store.read().await.expect("reads");
        let sealed = tx.sealed_audit_entries(Within::Platform, owner, (0, 99), 99).await.expect("reads");
        let all = AuditFilter::default();
        let page = tx.audit_entries(Within::Platform, owner, &all, None, 99).await.expect("reads");
        if !page.entries.is_empty() && sealed.len() == page.entries.len() {
            return page.entries;
        }
        drop(tx);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing is written, or not sealed");
}
