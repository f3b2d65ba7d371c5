//! The first credentials.

use appkeep_domain::{
    ApplicationKind, Caller, Clock as _, Email, Level, Lifetime, MANAGEMENT_SCOPES, ManagementScopes,
    OperatorId, Owner, Role, RoleGrant, User, UserId, Within,
};
use appkeep_keys::verify_password;
use appkeep_oauth::ScopeSet;
use appkeep_service::{ApplicationFields, ApplicationUpdate, Edit};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::harness::{Harness, named, node};

on_each_database![
    secrets_are_shown_when_they_are_made_and_not_again,
    a_reset_opens_the_registry_again_whatever_was_done,
    nodes_that_race_make_one_of_each,
    nobody_gets_what_the_bootstrap_gives_by_a_name,
    the_console_is_also_where_the_server_has_moved_to,
    no_link_is_made_once_somebody_else_owns_the_platform,
];

async fn secrets_are_shown_when_they_are_made_and_not_again(store: Store) {
    let harness = Harness::start(store).await;
    let first = harness.registry.bootstrap(false).await.expect("makes them");
    let (secret, password) =
        (first.native.client_secret.expect("is new"), first.operator.password.clone().expect("is new"));
    let view =
        harness.registry.application(&harness.admin(), &first.native.client_id).await.expect("is there");
    let all = ScopeSet::parse(&MANAGEMENT_SCOPES.join(" ")).expect("are scopes");
    assert_eq!(view.application.management_scopes(), ManagementScopes::of(&all));
    assert_eq!(view.application.kind, ApplicationKind::M2m);
    assert!(verify_password(&password, &kept_password(&harness).await));
    assert!(!format!("{:?}", first.operator).contains(&password));

    let second = harness.registry.bootstrap(false).await.expect("makes nothing");
    assert_eq!(second.native.client_id, first.native.client_id);
    assert!(second.native.client_secret.is_none() && second.operator.password.is_none());
    assert_eq!(harness.live(&first.native.client_id).await[0].hash, secret.hash());

    let reset = harness.registry.bootstrap(true).await.expect("makes new secrets");
    let live = harness.live(&first.native.client_id).await;
    let renewed = reset.native.client_secret.expect("is new");
    assert_eq!((live.len(), live[0].hash), (1, renewed.hash()), "the one before is refused");
    let renewed = reset.operator.password.expect("is new");
    assert!(!verify_password(&password, &kept_password(&harness).await));
    assert!(verify_password(&renewed, &kept_password(&harness).await));
}

async fn a_reset_opens_the_registry_again_whatever_was_done(store: Store) {
    const JWKS: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let harness = Harness::start(store).await;
    let id = harness.registry.bootstrap(false).await.expect("makes it").native.client_id;
    let fields = ApplicationFields {
        token_endpoint_auth_method: Some("private_key_jwt".to_owned()),
        jwks: Edit::Set(JWKS.to_owned()),
        allowed_scopes: Some(Vec::new()),
        expires_at: Edit::Set(harness.clock.now().plus(Lifetime::from_hours(1)).to_string()),
        ..ApplicationFields::default()
    };
    let (registry, admin) = (&harness.registry, harness.admin());
    let update = ApplicationUpdate { fields, ..ApplicationUpdate::default() };
    registry.update_application(&admin, &id, update).await.expect("changes");
    registry.disable_application(&admin, &id).await.expect("is disabled");
    registry.archive_application(&admin, &id).await.expect("is archived");

    let reset = registry.bootstrap(true).await.expect("puts it right").native;
    let application = registry.application(&admin, &id).await.expect("is there").application;
    assert_eq!((reset.client_id, reset.client_secret.is_some()), (id.clone(), true));
    assert!(application.may_acquire_tokens(harness.clock.now()) && application.expires_at.is_none());
    assert!(application.has_client_secret() && !application.management_scopes().is_empty());
    assert_eq!(harness.live(&id).await.len(), 1);
}

async fn nodes_that_race_make_one_of_each(database: TestDatabase) {
    let racing = [0, 1, 2, 3].map(|_| {
        let registry = node(&database.store(), &appkeep_testkit::ManualClock::fixed());
        tokio::spawn(async move { registry.bootstrap(false).await })
    });
    let mut made = Vec::new();
    for racer in racing {
        made.push(racer.await.expect("runs").expect("has them"));
    }
    assert!(made.iter().all(|one| one.native.client_id == made[0].native.client_id));
    assert_eq!(made.iter().filter(|one| one.native.client_secret.is_some()).count(), 1);
    assert_eq!(made.iter().filter(|one| one.operator.password.is_some()).count(), 1);
}

async fn nobody_gets_what_the_bootstrap_gives_by_a_name(store: Store) {
    let harness = Harness::start(store).await;
    let fields =
        ApplicationFields { slug: Some("appkeep-management".to_owned()), ..named("Appkeep management") };
    let pretender = harness.create("m2m", fields).await.expect("is made").view.application.id.to_string();
    let made = harness.registry.bootstrap(false).await.expect("makes another").native;
    assert!(made.client_id != pretender && made.client_secret.is_some());
    harness.registry.bootstrap(true).await.expect("resets that one");
    let view = harness.registry.application(&harness.admin(), &pretender).await.expect("is there");
    assert!(view.application.management_scopes().is_empty());
}

async fn the_console_is_also_where_the_server_has_moved_to(store: Store) {
    let harness = Harness::start(store).await;
    let (registry, system) = (&harness.registry, harness.by(Caller::System));
    let id = registry.ensure_console("https://old.example.com").await.expect("makes it");
    let seen = async || registry.application(&system, &id).await.expect("is there").application;
    let made = seen().await;
    assert_eq!(registry.ensure_console("https://old.example.com").await.expect("knows it"), id);
    assert_eq!(seen().await.version, made.version, "nothing was written");
    for url in ["https://new.example.com/", "https://new.example.com", "https://old.example.com"] {
        assert_eq!(registry.ensure_console(url).await.expect("is told"), id);
    }
    let moved = seen().await;
    assert_eq!(moved.version, made.version + 1, "one change");
    let facet = moved.oauth.expect("has one");
    for uri in [
        "https://old.example.com/console/callback",
        "https://new.example.com/console/callback",
        "http://127.0.0.1/callback",
    ] {
        assert!(facet.redirect_uris.iter().any(|known| known.as_str() == uri), "{uri}: {facet:?}");
    }
    for uri in ["https://old.example.com/console", "https://new.example.com/console"] {
        assert!(
            facet.post_logout_redirect_uris.iter().any(|known| known.as_str() == uri),
            "{uri}: {facet:?}"
        );
    }
    assert_eq!((facet.redirect_uris.len(), facet.post_logout_redirect_uris.len()), (3, 2));

    registry.disable_application(&system, &id).await.expect("is disabled");
    registry.archive_application(&system, &id).await.expect("is archived");
    registry.bootstrap(true).await.expect("puts it right");
    let reset = seen().await;
    assert!(reset.may_acquire_tokens(harness.clock.now()), "{reset:?}");
    assert_eq!(reset.oauth.expect("has one").redirect_uris, facet.redirect_uris);
}

async fn no_link_is_made_once_somebody_else_owns_the_platform(store: Store) {
    let harness = Harness::start(store).await;
    for _ in 0..2 {
        let link = harness.registry.set_up_link().await.expect("makes it");
        assert!(link.is_some(), "nobody followed one");
    }
    let another = async |tx: &mut WriteTx| -> Result<(), StorageError> {
        let within = Within::Platform;
        let email = Email::parse("admin@localhost").expect("is an address");
        let platform = tx.tenant_directory(within, Owner::Global).await?.expect("is made");
        let first = tx.user_by_email(within, &platform, &email).await?.expect("is made");
        let email = Email::parse("another@example.com").expect("is an address");
        let user = User { id: UserId::from_bytes([9; 16]), email, ..first };
        tx.insert_user(within, &platform, &user).await?;
        let owner = RoleGrant { role: Role::Owner, at: Level::Platform };
        tx.insert_role(within, OperatorId::from_bytes(user.id.as_bytes()), owner).await
    };
    harness.store.write(another).await.expect("is made");
    let link = harness.registry.set_up_link().await.expect("makes nothing");
    assert!(link.is_none(), "{link:?}");
}

async fn kept_password(harness: &Harness) -> String {
    let email = Email::parse("admin@localhost").expect("is an address");
    let mut tx = harness.store.read().await.expect("reads");
    let platform = tx.tenant_directory(Within::Platform, Owner::Global).await.expect("reads");
    let platform = platform.expect("is made with the first operator");
    let operator = tx.user_by_email(Within::Platform, &platform, &email).await.expect("reads");
    let id = operator.expect("is there").id;
    let roles = tx.roles(Within::Platform, OperatorId::from_bytes(id.as_bytes())).await.expect("reads");
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0].grant, RoleGrant { role: Role::Owner, at: Level::Platform });
    let kept = tx.password(Within::Platform, &platform, id).await.expect("reads");
    kept.expect("has one").hash.as_str().to_owned()
}
