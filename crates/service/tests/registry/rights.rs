//! Who may, and what the others are told.

use appkeep_domain::{ApplicationId, Caller};
use appkeep_oauth::ScopeSet;
use appkeep_service::{
    ApplicationFields, ApplicationQuery, ApplicationUpdate, AuditQuery, BulkVerb, By, Error, ErrorCode,
    Expected, NewSecretFields, PageQuery, ScopeQuery, TenantUpdate,
};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::{Harness, in_tenant, named, texts};

on_each_database![
    every_use_case_asks_for_its_scope,
    anothers_application_does_not_exist,
    nobody_grants_what_he_does_not_hold,
    nobody_takes_over_what_opens_more_than_he_holds,
    nobody_puts_itself_back,
];

async fn every_use_case_asks_for_its_scope(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Guarded").await;
    let before = harness.history().await;
    let stranger = harness.with("openid");
    for (name, outcome) in everything(&harness, &stranger, &id).await {
        let error = outcome.expect_err(name);
        assert_eq!(error.code(), ErrorCode::InsufficientScope, "{name}");
        assert!(error.scope().is_some(), "{name}");
    }
    assert_eq!(harness.history().await, before);
}

async fn anothers_application_does_not_exist(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Private").await;
    let neighbour = harness.neighbour().await;
    let before = harness.history().await;
    for (name, outcome) in of_one_application(&harness, &neighbour, &id).await {
        let never = of_one_application(&harness, &neighbour, "app_01HZX00000000000000000000Z").await;
        let never =
            never.into_iter().find(|(other, _)| *other == name).and_then(|(_, outcome)| outcome.err());
        let (error, never) = (outcome.expect_err(name), never.expect(name));
        assert_eq!(error.code(), ErrorCode::AppNotFound, "{name}");
        assert_eq!((error.code(), error.to_string()), (never.code(), never.to_string()), "{name}");
    }
    let listed =
        harness.registry.applications(&neighbour, ApplicationQuery::default()).await.expect("lists its own");
    let history =
        harness.registry.audit_entries(&neighbour, AuditQuery::default()).await.expect("reads its own");
    assert!(listed.items.is_empty() && history.items.is_empty());
    assert_eq!(harness.history().await, before);
}

async fn nobody_grants_what_he_does_not_hold(store: Store) {
    let harness = Harness::start(store).await;
    let writer = harness.with("applications:read applications:write");
    let asks = |scope: &str| ApplicationFields {
        allowed_scopes: Some(texts(&["openid", scope])),
        ..named("Ambitious")
    };
    let refused = harness.registry.create_application(&writer, "m2m", asks("audit:read")).await;
    let error = refused.expect_err("does not hold it");
    assert_eq!((error.code(), error.faults()[0].field.as_str()), (ErrorCode::Forbidden, "allowed_scopes[1]"));
    let made = harness.registry.create_application(&writer, "m2m", asks("applications:read")).await;
    let id = made.expect("holds it").view.application.id.to_string();
    let update = ApplicationUpdate { fields: asks("tenant:write"), ..ApplicationUpdate::default() };
    let refused = harness.registry.update_application(&writer, &id, update).await;
    assert_eq!(refused.expect_err("does not hold it").code(), ErrorCode::Forbidden);
}

async fn nobody_takes_over_what_opens_more_than_he_holds(store: Store) {
    let harness = Harness::start(store).await;
    let powerful = ApplicationFields { allowed_scopes: Some(texts(&["audit:read"])), ..named("Powerful") };
    let id = harness.create("m2m", powerful).await.expect("is made").view.application.id.to_string();
    let before = harness.live(&id).await;
    let writer = harness.with("applications:read applications:write");
    let seen = harness.registry.application(&writer, &id).await.expect("is seen");
    assert!(!seen.can.rotate_secret && !seen.can.update && !seen.can.disable && !seen.can.delete);
    let refused = harness.registry.rotate_secret(&writer, &id, None).await.expect_err("would become it");
    assert_eq!(refused.code(), ErrorCode::Forbidden);
    let refused = harness.registry.delete_application(&writer, &id, Expected::Any).await;
    assert_eq!(refused.expect_err("is not its to end").code(), ErrorCode::Forbidden);
    assert_eq!(harness.live(&id).await, before);
}

async fn nobody_puts_itself_back(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let id = harness.m2m("Suspended").await;
    registry.disable_application(&admin, &id).await.expect("is disabled");
    registry.archive_application(&admin, &id).await.expect("is archived");
    let scopes = ScopeSet::parse("applications:read applications:write").expect("are scopes");
    let own = ApplicationId::parse(&id).expect("is an id");
    let itself = harness.by(Caller::Application { id: own, level: in_tenant(harness.tenant), scopes });
    for outcome in
        [registry.enable_application(&itself, &id).await, registry.restore_application(&itself, &id).await]
    {
        assert_eq!(outcome.expect_err("was put away by another").code(), ErrorCode::Forbidden);
    }
    registry.enable_application(&admin, &id).await.expect("another may");
}

type Outcomes = Vec<(&'static str, Result<(), Error>)>;

async fn of_one_application(harness: &Harness, by: &By, id: &str) -> Outcomes {
    let registry = &harness.registry;
    let update = ApplicationUpdate { fields: named("Other"), ..ApplicationUpdate::default() };
    vec![
        ("read", registry.application(by, id).await.map(drop)),
        ("update", registry.update_application(by, id, update).await.map(drop)),
        ("delete", registry.delete_application(by, id, Expected::Any).await),
        ("rotate", registry.rotate_secret(by, id, None).await.map(drop)),
        ("credentials", registry.credentials(by, id, PageQuery::default()).await.map(drop)),
        ("add secret", registry.add_secret(by, id, NewSecretFields::default()).await.map(drop)),
        ("revoke secret", registry.revoke_secret(by, id, "cred_01HZX00000000000000000000Z").await),
        ("disable", registry.disable_application(by, id).await.map(drop)),
        ("enable", registry.enable_application(by, id).await.map(drop)),
        ("archive", registry.archive_application(by, id).await.map(drop)),
        ("restore", registry.restore_application(by, id).await.map(drop)),
        ("revoke", registry.revoke_tokens(by, id).await.map(drop)),
    ]
}

async fn everything(harness: &Harness, by: &By, id: &str) -> Outcomes {
    let registry = &harness.registry;
    let mut outcomes = of_one_application(harness, by, id).await;
    outcomes.extend([
        ("create", registry.create_application(by, "m2m", named("New")).await.map(drop)),
        ("list", registry.applications(by, ApplicationQuery::default()).await.map(drop)),
        ("bulk", registry.bulk(by, BulkVerb::Delete, vec![id.to_owned()]).await.map(drop)),
        ("scopes", registry.scopes(by, ScopeQuery::default()).await.map(drop)),
        ("create scope", registry.create_scope(by, "a", None).await.map(drop)),
        ("delete scope", registry.delete_scope(by, "a").await),
        ("tenant", registry.tenant(by).await.map(drop)),
        ("update tenant", registry.update_tenant(by, TenantUpdate::default()).await.map(drop)),
        ("audit", registry.audit_entries(by, AuditQuery::default()).await.map(drop)),
    ]);
    outcomes
}
