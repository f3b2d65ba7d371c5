//! Whom the native API believes, and for how long.

use appkeep_domain::{
    Application, ApplicationState, Caller, Issuer, Level, Lifetime, SigningAlgorithm, Within,
};
use appkeep_keys::TokenType;
use appkeep_service::{Error, ErrorCode};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::assertions::key;
use crate::node::{BILLS_API, MANAGEMENT_API, Node, TENANT, claims, machine, scopes, write};

on_each_database![
    a_caller_is_the_application_with_what_it_was_granted,
    only_a_token_for_the_management_api_alone_opens_it,
    a_token_is_good_to_its_last_second,
    a_disabled_application_keeps_its_tokens_and_a_deleted_one_does_not,
    only_our_own_access_tokens_count,
    a_token_is_worth_no_more_than_its_key_is_published,
];

async fn refused(node: &Node, token: &str) -> ErrorCode {
    let error = node.caller(token).await.expect_err("is not good");
    assert!(std::error::Error::source(&error).is_some(), "the log learns why");
    Error::code(&error)
}

async fn a_caller_is_the_application_with_what_it_was_granted(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.ask(&client, "scope=applications:read").await.expect("gets one").access_token;
    let expected = Caller::Application {
        id: machine(1).id,
        level: Level::Tenant { id: TENANT, partner: None },
        scopes: scopes("applications:read"),
    };
    for _ in 0..2 {
        assert_eq!(node.caller(&token).await.expect("is good"), expected);
    }
}

async fn only_a_token_for_the_management_api_alone_opens_it(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    for (parameters, opens) in [
        (format!("audience={MANAGEMENT_API}"), true),
        (format!("audience={BILLS_API}"), false),
        (format!("audience={BILLS_API}&audience={MANAGEMENT_API}"), false),
    ] {
        let token = node.ask(&client, &parameters).await.expect("gets one").access_token;
        let outcome = node.caller(&token).await.map(drop).map_err(|error| error.code());
        let expected = if opens { Ok(()) } else { Err(ErrorCode::InvalidToken) };
        assert_eq!(outcome, expected, "{parameters}");
    }
}

async fn a_token_is_good_to_its_last_second(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    node.clock.advance_micros(3_600_000_000 - 1);
    assert!(node.caller(&token).await.is_ok());
    node.clock.advance_micros(1);
    assert_eq!(refused(&node, &token).await, ErrorCode::InvalidToken);
}

async fn a_disabled_application_keeps_its_tokens_and_a_deleted_one_does_not(database: TestDatabase) {
    let node = Node::first(&database).await;
    let mut application = machine(1);
    let client = node.register(&application).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    application.state = ApplicationState::Disabled;
    node.update(&mut application).await;
    assert!(node.caller(&token).await.is_ok(), "disabled");
    application.archived_at = Some(node.now());
    node.update(&mut application).await;
    assert!(node.caller(&token).await.is_ok(), "archived");
    node.delete(&application).await;
    assert_eq!(refused(&node, &token).await, ErrorCode::InvalidToken);
    let mut ending = Application { id: machine(2).id, slug: machine(2).slug, ..machine(1) };
    let client = node.register(&ending).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    ending.expires_at = Some(node.now().plus(Lifetime::from_minutes(1)));
    node.update(&mut ending).await;
    assert!(node.caller(&token).await.is_ok());
    node.clock.advance(Lifetime::from_minutes(1));
    assert_eq!(refused(&node, &token).await, ErrorCode::InvalidToken, "its application is gone");
}

async fn only_our_own_access_tokens_count(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let good = claims(&node.token(&client).await.expect("gets one"));
    let keys = node.keyring().keys(Issuer::Tenant(TENANT)).await.expect("are there");
    let ours = keys.signer(SigningAlgorithm::Es256, node.now()).expect("is there");
    let sign = |typ, claims: &Value| ours.sign(typ, claims.to_string().as_bytes());
    assert!(node.caller(&sign(TokenType::AccessToken, &good)).await.is_ok());
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        sign(TokenType::AccessToken, &claims)
    };
    for worthless in [
        key(1, SigningAlgorithm::Es256).sign(TokenType::AccessToken, good.to_string().as_bytes()),
        sign(TokenType::Jwt, &good),
        with("iss", json!("https://other.example")),
        with("tenant_id", json!("tnt_00000000000000000000000001")),
        with("client_id", json!(machine(9).id.to_string())),
        with("client_id", json!(5)),
        with("jti", json!("x")),
        with("exp", json!(null)),
        with("exp", json!("never")),
        with("aud", json!([])),
        sign(TokenType::AccessToken, &json!([])),
    ] {
        assert_eq!(refused(&node, &worthless).await, ErrorCode::InvalidToken, "{worthless}");
    }
    let mut tx = node.store.read().await.expect("reads");
    assert!(tx.application(Within::Platform, machine(9).id).await.expect("reads").is_none());
}

/// Keys that retire ten minutes from now, made elsewhere.
async fn keys_that_retire(database: &TestDatabase) -> Node {
    let elsewhere = TestDatabase::sqlite().await;
    let made = Node::first(&elsewhere).await;
    let issuer = Issuer::Tenant(TENANT);
    let mut tx = made.store.read().await.expect("reads");
    let data_keys = tx.data_keys(Within::Platform, issuer).await.expect("reads");
    let mut signing_keys = tx.signing_keys(Within::Platform, issuer).await.expect("reads");
    for key in &mut signing_keys {
        key.retires_at = Some(made.now().plus(Lifetime::from_minutes(10)));
    }
    let store = database.store();
    Node::insert_tenants(&store).await;
    write(&store, async move |tx| {
        for key in &data_keys {
            tx.insert_data_key(Within::Platform, key).await?;
        }
        for key in &signing_keys {
            tx.insert_signing_key(Within::Platform, key).await?;
        }
        Ok(())
    })
    .await;
    Node::another(store).await
}

async fn a_token_is_worth_no_more_than_its_key_is_published(database: TestDatabase) {
    let node = keys_that_retire(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    node.clock.advance_micros(600_000_000 - 1);
    assert!(node.caller(&token).await.is_ok() && node.is_active(&client, &token).await);
    assert_eq!(node.authority.jwks().await.expect("are published").keys().len(), 3);
    node.clock.advance_micros(1);
    assert_eq!(refused(&node, &token).await, ErrorCode::InvalidToken, "though its signature is remembered");
    assert!(node.authority.jwks().await.expect("are published").keys().is_empty());
    assert_eq!(node.token(&client).await, Err(appkeep_oauth::ErrorCode::ServerError), "nothing to sign with");
}
