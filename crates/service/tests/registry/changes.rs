//! Changing, disabling and putting away.

use appkeep_domain::{ApplicationState, Clock as _, Lifetime};
use appkeep_service::{
    ApplicationFields, ApplicationQuery, ApplicationUpdate, Edit, ErrorCode, Expected, ScopeQuery,
    TenantUpdate,
};
use appkeep_storage::Store;
use appkeep_testkit::on_each_database;

use crate::harness::{Harness, named, texts};

on_each_database![
    what_is_not_named_stays_and_the_history_says_what_changed,
    a_change_that_changes_nothing_leaves_no_trace,
    an_update_based_on_an_older_version_is_refused,
    what_is_fixed_can_be_named_and_not_changed,
    turning_and_archiving_twice_is_done_once,
    what_has_expired_is_not_there,
    an_archived_application_has_no_sessions,
    a_secret_that_was_given_up_does_not_come_back,
    a_scope_has_to_be_registered_before_it_is_allowed,
    a_tenant_changes_its_own_settings,
];

async fn what_is_not_named_stays_and_the_history_says_what_changed(store: Store) {
    let harness = Harness::start(store).await;
    let fields = ApplicationFields {
        description: Edit::Set("Old".to_owned()),
        redirect_uris: Some(texts(&["https://a.example/cb"])),
        tags: Some(texts(&["one", "two"])),
        ..named("Web")
    };
    let made = harness.create("spa", fields).await.expect("is made").view.application;
    harness.clock.advance(Lifetime::from_seconds(1));
    let fields = ApplicationFields {
        description: Edit::Clear,
        tags: Some(texts(&["one"])),
        ..ApplicationFields::default()
    };
    let update = ApplicationUpdate { fields, ..ApplicationUpdate::default() };
    let id = made.id.to_string();
    let view = harness.registry.update_application(&harness.admin(), &id, update).await.expect("changes");
    let read = harness.registry.application(&harness.admin(), &id).await.expect("is there");
    assert_eq!(read.application, view.application);
    assert_eq!((read.application.version, read.application.updated_at), (2, harness.clock.now()));
    assert_eq!((&read.application.name, &read.application.oauth), (&made.name, &made.oauth));
    assert_eq!(read.application.description, None);
    let audit = read.audit.expect("is its own");
    assert_eq!((audit.total, audit.recent[0].action.as_str()), (2, "application.updated"));
    let entry = &harness.history().await[0];
    assert_eq!(entry.before.as_deref(), Some(r#"{"description":"Old","tags":["one","two"]}"#));
    assert_eq!(entry.after.as_deref(), Some(r#"{"description":null,"tags":["one"]}"#));
    assert_eq!(entry.occurred_at.as_millis(), harness.clock.now().as_millis());
}

async fn a_change_that_changes_nothing_leaves_no_trace(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Same").await;
    let update = ApplicationUpdate { fields: named("Same"), ..ApplicationUpdate::default() };
    let view = harness.registry.update_application(&harness.admin(), &id, update).await.expect("is fine");
    assert_eq!((view.application.version, harness.actions().await.len()), (1, 1));
}

async fn an_update_based_on_an_older_version_is_refused(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("One").await;
    let rename =
        |name: &str, expected| ApplicationUpdate { fields: named(name), expected, ..Default::default() };
    let based_on = |version| Expected::OneOf(vec![version]);
    let admin = harness.admin();
    harness.registry.update_application(&admin, &id, rename("Two", based_on(1))).await.expect("is current");
    let lost = harness.registry.update_application(&admin, &id, rename("Three", based_on(1))).await;
    assert_eq!(lost.expect_err("is old").code(), ErrorCode::PreconditionFailed);
    let refused = harness.registry.delete_application(&admin, &id, based_on(1)).await;
    assert_eq!(refused.expect_err("is old").code(), ErrorCode::PreconditionFailed);
    let read = harness.registry.application(&admin, &id).await.expect("is there");
    assert_eq!(read.application.name.as_str(), "Two");
}

async fn what_is_fixed_can_be_named_and_not_changed(store: Store) {
    let harness = Harness::start(store).await;
    let id = harness.m2m("Fixed").await;
    let name = |kind: &str, client_id: &str| ApplicationUpdate {
        kind: Some(kind.to_owned()),
        client_id: Some(client_id.to_owned()),
        ..ApplicationUpdate::default()
    };
    let admin = harness.admin();
    harness
        .registry
        .update_application(&admin, &id, name("m2m", &id.to_lowercase()))
        .await
        .expect("is the same");
    let changed = harness.registry.update_application(&admin, &id, name("spa", "app_other")).await;
    let error = changed.expect_err("is fixed");
    assert_eq!(error.code(), ErrorCode::ImmutableField);
    assert_eq!(
        error.faults().iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["type", "client_id"]
    );
}

async fn turning_and_archiving_twice_is_done_once(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let id = harness.m2m("Turned").await;
    for _ in 0..2 {
        let view = registry.disable_application(&admin, &id).await.expect("is disabled");
        assert_eq!(view.application.state, ApplicationState::Disabled);
        assert!(!view.can.disable && view.can.enable);
    }
    for _ in 0..2 {
        let view = registry.archive_application(&admin, &id).await.expect("is archived");
        assert_eq!(view.application.archived_at, Some(harness.clock.now()));
        assert!(!view.can.archive && view.can.restore);
    }
    for _ in 0..2 {
        let view = registry.restore_application(&admin, &id).await.expect("is restored");
        assert_eq!(
            (view.application.archived_at, view.application.state),
            (None, ApplicationState::Disabled)
        );
    }
    for _ in 0..2 {
        let view = registry.enable_application(&admin, &id).await.expect("is enabled");
        assert_eq!((view.application.state, view.application.version), (ApplicationState::Enabled, 5));
    }
    let expected = ["enabled", "restored", "archived", "disabled", "created"];
    assert_eq!(harness.actions().await, expected.map(|verb| format!("application.{verb}")));
}

async fn what_has_expired_is_not_there(store: Store) {
    let harness = Harness::start(store).await;
    let deadline = harness.clock.now().plus(Lifetime::from_hours(1));
    let fields = ApplicationFields { expires_at: Edit::Set(deadline.to_string()), ..named("Brief") };
    let id = harness.create("m2m", fields).await.expect("is made").view.application.id.to_string();
    let listed = async || {
        harness.registry.applications(&harness.admin(), ApplicationQuery::default()).await.expect("lists")
    };
    harness.clock.advance_micros(Lifetime::from_hours(1).as_micros() - 1);
    harness.registry.application(&harness.admin(), &id).await.expect("is there to the last microsecond");
    assert_eq!(listed().await.items.len(), 1);
    harness.clock.advance_micros(1);
    let gone = harness.registry.application(&harness.admin(), &id).await.expect_err("is over");
    assert_eq!((gone.code(), listed().await.items.len()), (ErrorCode::AppNotFound, 0));
}

async fn a_scope_has_to_be_registered_before_it_is_allowed(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let bills =
        || ApplicationFields { allowed_scopes: Some(texts(&["openid", "bills:read"])), ..named("Bills") };
    let error = harness.create("m2m", bills()).await.expect_err("is not registered");
    assert_eq!(
        (error.code(), error.faults()[0].field.as_str()),
        (ErrorCode::ScopeUnknown, "allowed_scopes[1]")
    );
    registry.create_scope(&admin, "bills:read", Some("Bills")).await.expect("is registered");
    harness.create("m2m", bills()).await.expect("is known");
    let taken =
        async |scope: &str| registry.create_scope(&admin, scope, None).await.map_err(|error| error.code());
    assert_eq!(taken("bills:read").await, Err(ErrorCode::ScopeTaken));
    assert_eq!(taken("openid").await, Err(ErrorCode::ScopeTaken));
    assert_eq!(taken("two words").await, Err(ErrorCode::InvalidField));
    let listed = registry.scopes(&admin, ScopeQuery::default()).await.expect("lists").items;
    let own: Vec<_> =
        listed.iter().filter(|entry| !entry.built_in).map(|entry| entry.scope.as_str()).collect();
    assert_eq!(own, ["bills:read"]);
    assert!(listed.is_sorted_by(|one, other| one.scope < other.scope));
    registry.delete_scope(&admin, "bills:read").await.expect("is removed");
    for gone in ["bills:read", "openid", "two words"] {
        let error = registry.delete_scope(&admin, gone).await.expect_err("is not to be removed");
        assert_eq!(error.code(), ErrorCode::ScopeNotFound, "{gone}");
    }
}

async fn a_tenant_changes_its_own_settings(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let update = TenantUpdate {
        secret_rotation_overlap_s: Some(3_600),
        access_token_signing_alg: Some("EdDSA".to_owned()),
        ..TenantUpdate::default()
    };
    let changed = registry.update_tenant(&admin, update.clone()).await.expect("changes");
    assert_eq!(registry.tenant(&admin).await.expect("reads"), changed);
    assert_eq!((changed.version, changed.secret_rotation_overlap), (2, Lifetime::from_hours(1)));
    let again = registry.update_tenant(&admin, update).await.expect("is the same");
    assert_eq!((again.version, harness.actions().await.as_slice()), (2, &["tenant.updated".to_owned()][..]));
    for (update, field) in [
        (
            TenantUpdate { secret_rotation_overlap_s: Some(604_801), ..Default::default() },
            "secret_rotation_overlap_s",
        ),
        (
            TenantUpdate { secret_rotation_overlap_s: Some(-1), ..Default::default() },
            "secret_rotation_overlap_s",
        ),
        (
            TenantUpdate { access_token_signing_alg: Some("none".into()), ..Default::default() },
            "access_token_signing_alg",
        ),
        (TenantUpdate { name: Some(String::new()), ..Default::default() }, "name"),
    ] {
        let error = registry.update_tenant(&admin, update).await.expect_err(field);
        assert_eq!((error.code(), error.faults()[0].field.as_str()), (ErrorCode::InvalidField, field));
    }
}

async fn an_archived_application_has_no_sessions(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, admin) = (&harness.registry, harness.admin());
    let id = harness.m2m("Busy").await;
    harness.occupy(&id).await;
    registry.archive_application(&admin, &id).await.expect("is archived");
    registry.delete_application(&admin, &id, Expected::Any).await.expect("nobody uses it any more");
}

async fn a_secret_that_was_given_up_does_not_come_back(store: Store) {
    const JWKS: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let harness = Harness::start(store).await;
    let id = harness.m2m("Changing").await;
    let prove_by = |method: &str, jwks: Edit<String>| {
        let token_endpoint_auth_method = Some(method.to_owned());
        let fields = ApplicationFields { token_endpoint_auth_method, jwks, ..ApplicationFields::default() };
        ApplicationUpdate { fields, ..ApplicationUpdate::default() }
    };
    let update = async |update| harness.registry.update_application(&harness.admin(), &id, update).await;
    update(prove_by("private_key_jwt", Edit::Set(JWKS.to_owned()))).await.expect("has keys");
    assert!(harness.live(&id).await.is_empty());
    update(prove_by("client_secret_basic", Edit::Clear)).await.expect("has a secret again");
    assert!(harness.live(&id).await.is_empty(), "and not the one before");
    let rotated = harness.registry.rotate_secret(&harness.admin(), &id, None).await.expect("gets one");
    assert_eq!(rotated.previous_expires_at, harness.clock.now(), "there was none before");
}
