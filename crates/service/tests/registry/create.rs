//! Registering an application.

use appkeep_domain::{ApplicationState, Clock as _, Lifetime};
use appkeep_service::{ApplicationFields, Edit, ErrorCode, SamlFields};
use appkeep_storage::Store;
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::harness::{Harness, named, node, texts};

on_each_database![
    a_secret_is_made_for_who_can_keep_one,
    a_slug_is_made_from_the_name_and_made_another_when_taken,
    a_slug_that_was_asked_for_is_refused_when_taken,
    two_nodes_that_create_one_slug_have_one_winner,
    every_fault_is_told_and_nothing_is_written,
    keys_and_the_way_to_use_them_fit_together,
    what_the_tenant_knows_is_told_with_the_rest,
    a_slug_is_free_when_its_holders_time_is_over,
];

async fn a_secret_is_made_for_who_can_keep_one(store: Store) {
    let harness = Harness::start(store).await;
    for (kind, has_secret) in
        [("m2m", true), ("server", true), ("spa", false), ("native", false), ("saml", false)]
    {
        let created = harness.create_kind(kind).await;
        let id = created.view.application.id.to_string();
        let live = harness.live(&id).await;
        assert_eq!(created.client_secret.is_some(), has_secret, "{kind}");
        assert_eq!(live.len(), usize::from(has_secret), "{kind}");
        assert_eq!(created.view.can.rotate_secret, has_secret, "{kind}");
        assert_eq!(created.view.application.state, ApplicationState::Enabled);
        if let Some(secret) = created.client_secret {
            assert!(secret.expose().starts_with("ias_"));
            assert_eq!((live[0].hash, live[0].last_four.as_str()), (secret.hash(), secret.last_four()));
        }
    }
}

async fn a_slug_is_made_from_the_name_and_made_another_when_taken(store: Store) {
    let harness = Harness::start(store).await;
    let slugs: Vec<String> = [
        harness.create("spa", named("Banking Web")).await,
        harness.create("spa", named("Banking Web")).await,
        harness.create("spa", named("Banking Web")).await,
    ]
    .into_iter()
    .map(|created| created.expect("is made").view.application.slug.to_string())
    .collect();
    assert_eq!(slugs[0], "banking-web");
    assert!(slugs[1].starts_with("banking-web-") && slugs[1] != slugs[2], "{slugs:?}");
    assert_eq!(harness.actions().await, ["application.created"; 3]);
}

async fn a_slug_that_was_asked_for_is_refused_when_taken(store: Store) {
    let harness = Harness::start(store).await;
    let billing = ApplicationFields { slug: Some("billing".to_owned()), ..named("Billing") };
    harness.create("m2m", billing.clone()).await.expect("is free");
    let error = harness.create("m2m", billing).await.expect_err("is taken");
    assert_eq!((error.code(), error.faults()[0].field.as_str()), (ErrorCode::SlugTaken, "slug"));
    assert_eq!(harness.actions().await, ["application.created"], "nothing was written");
}

async fn two_nodes_that_create_one_slug_have_one_winner(database: TestDatabase) {
    let harness = Harness::start(database.store()).await;
    let nodes = [node(&database.store(), &harness.clock), node(&database.store(), &harness.clock)];
    for round in 0..5 {
        let racing = [0, 1, 0, 1].map(|index| {
            let (registry, by): (_, _) = (nodes[index].clone(), harness.admin());
            let fields = ApplicationFields { slug: Some(format!("round-{round}")), ..named("Race") };
            tokio::spawn(async move { registry.create_application(&by, "m2m", fields).await })
        });
        let mut outcomes = Vec::new();
        for racer in racing {
            outcomes.push(racer.await.expect("runs").map(drop).map_err(|error| error.code()));
        }
        let winners = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let losers = outcomes.iter().filter(|outcome| **outcome == Err(ErrorCode::SlugTaken)).count();
        assert_eq!((winners, losers), (1, 3), "{outcomes:?}");
    }
}

async fn every_fault_is_told_and_nothing_is_written(store: Store) {
    let harness = Harness::start(store).await;
    let fields = ApplicationFields {
        name: Some(" ".to_owned()),
        slug: Some("Not A Slug".to_owned()),
        logo_url: Edit::Set("ftp://x".to_owned()),
        expires_at: Edit::Set("2020-01-01T00:00:00Z".to_owned()),
        redirect_uris: Some(texts(&[
            "https://ok.example/cb",
            "https://*.example/cb",
            "https://a.example/#x",
        ])),
        allowed_origins: Some(texts(&["https://a.example/"])),
        access_token_ttl_s: Some(59),
        grant_types: Some(texts(&["client_credentials"])),
        require_pkce: Some(false),
        audience: Edit::Set("a b".to_owned()),
        ..ApplicationFields::default()
    };
    let error = harness.create("spa", fields).await.expect_err("is all wrong");
    let faults: Vec<_> = error.faults().iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    let invalid = ErrorCode::InvalidField;
    assert_eq!(
        faults,
        [
            ("name", invalid),
            ("slug", invalid),
            ("logo_url", invalid),
            ("expires_at", invalid),
            ("redirect_uris[1]", ErrorCode::WildcardUriForbidden),
            ("redirect_uris[2]", ErrorCode::RedirectUriInvalid),
            ("allowed_origins[0]", ErrorCode::OriginInvalid),
            ("access_token_ttl_s", invalid),
            ("grant_types[0]", invalid),
            ("require_pkce", invalid),
            ("audience", invalid),
        ]
    );
    assert!(harness.history().await.is_empty());
}

async fn keys_and_the_way_to_use_them_fit_together(store: Store) {
    const JWKS: &str =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let harness = Harness::start(store).await;
    let method = |method: &str| ApplicationFields {
        token_endpoint_auth_method: Some(method.to_owned()),
        ..named("Keys")
    };
    let (jwks, at) = (Edit::Set(JWKS.to_owned()), Edit::Set("https://a.example/jwks".to_owned()));
    for (kind, fields, fault) in [
        ("m2m", ApplicationFields { jwks: jwks.clone(), ..method("private_key_jwt") }, None),
        ("m2m", ApplicationFields { jwks_uri: at.clone(), ..method("private_key_jwt") }, None),
        ("m2m", method("private_key_jwt"), Some("jwks")),
        ("m2m", ApplicationFields { jwks: jwks.clone(), ..named("Keys") }, Some("jwks")),
        ("m2m", ApplicationFields { jwks_uri: at.clone(), ..named("Keys") }, Some("jwks_uri")),
        (
            "m2m",
            ApplicationFields { jwks: jwks.clone(), jwks_uri: at, ..method("private_key_jwt") },
            Some("jwks_uri"),
        ),
        (
            "m2m",
            ApplicationFields { jwks: Edit::Set("{}".to_owned()), ..method("private_key_jwt") },
            Some("jwks"),
        ),
        ("m2m", method("none"), Some("token_endpoint_auth_method")),
        ("spa", method("client_secret_basic"), Some("token_endpoint_auth_method")),
    ] {
        let outcome = harness.create(kind, fields).await;
        let found = outcome.as_ref().err().map(|error| error.faults()[0].field.clone());
        assert_eq!(found.as_deref(), fault, "{kind}");
        if let Ok(created) = outcome {
            assert!(created.client_secret.is_none(), "whoever has keys gets no secret");
        }
    }
}

async fn what_the_tenant_knows_is_told_with_the_rest(store: Store) {
    let harness = Harness::start(store).await;
    let taken = ApplicationFields { slug: Some("billing".to_owned()), ..named("Billing") };
    harness.create("m2m", taken.clone()).await.expect("is free");
    let fields = ApplicationFields {
        redirect_uris: Some(texts(&["no uri"])),
        allowed_scopes: Some(texts(&["openid", "openid", "bills:read"])),
        ..taken
    };
    let told = async |kind: &str, fields: ApplicationFields| -> Vec<String> {
        let error = harness.create(kind, fields).await.expect_err("is all wrong");
        error.faults().iter().map(|fault| fault.field.clone()).collect()
    };
    assert_eq!(told("spa", fields.clone()).await, ["redirect_uris[0]", "slug", "allowed_scopes[2]"]);
    let fields = ApplicationFields { name: Some(String::new()), ..fields };
    assert_eq!(told("web", fields).await, ["type", "name"]);
    let saml = SamlFields {
        certificates: Some(texts(&["none"])),
        name_id_format: Some("nickname".to_owned()),
        ..SamlFields::default()
    };
    let fields = ApplicationFields { saml: Some(saml), ..named("Provider") };
    let expected = ["saml.entity_id", "saml.acs_urls", "saml.certificates[0]", "saml.name_id_format"];
    assert_eq!(told("saml", fields).await, expected);
}

async fn a_slug_is_free_when_its_holders_time_is_over(store: Store) {
    let harness = Harness::start(store).await;
    let deadline = harness.clock.now().plus(Lifetime::from_minutes(1));
    let billing = ApplicationFields { slug: Some("billing".to_owned()), ..named("Billing") };
    let brief = ApplicationFields { expires_at: Edit::Set(deadline.to_string()), ..billing.clone() };
    harness.create("m2m", brief).await.expect("is free");
    harness.create("m2m", billing.clone()).await.expect_err("is taken");
    harness.clock.advance(Lifetime::from_minutes(1));
    harness.create("m2m", billing).await.expect("is free again");
    let told = ["application.created", "application.created", "application.expired"];
    let mut actions = harness.actions().await;
    actions.sort();
    assert_eq!(actions, told);
}
