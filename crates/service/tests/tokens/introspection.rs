//! Who is told what about a token (RFC 7662).

use appkeep_domain::Lifetime;
use appkeep_oauth::{ErrorCode, ScopeSet};
use appkeep_service::Introspection;
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::node::{
    BILLS_API, ISSUER, MANAGEMENT_API, Node, TENANT, basic, claims, machine, machine_with, scopes,
};

on_each_database![
    a_good_token_is_told_about_as_it_is,
    only_whom_it_concerns_is_told,
    what_is_not_good_is_inactive,
    a_stranger_is_told_nothing,
];

async fn a_good_token_is_told_about_as_it_is(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&machine(1)).await;
    let uuid = machine(1).id.to_uuid();
    let client = basic(&uuid, &node.add_secret(&machine(1), None).await);
    let token = node.ask(&client, &format!("scope=bills:read&audience={BILLS_API}")).await.expect("gets one");
    let Ok(Introspection::Active(told)) = node.introspect(&client, &token.access_token).await else {
        panic!("it is active");
    };
    assert_eq!((told.iss.as_str(), told.sub.as_str(), told.client_id.as_str()), (ISSUER, &*uuid, &*uuid));
    assert_eq!((told.aud, told.scope), (vec![BILLS_API.to_owned()], scopes("bills:read")));
    assert_eq!(told.tenant_id, Some(TENANT.to_string()));
    let said = claims(&token);
    assert_eq!((Some(told.exp), Some(told.iat)), (said["exp"].as_i64(), said["iat"].as_i64()));
    assert_eq!(said["jti"], told.jti);
}

async fn only_whom_it_concerns_is_told(database: TestDatabase) {
    let node = Node::first(&database).await;
    let owner = node.register(&machine(1)).await;
    let for_bills = node.ask(&owner, &format!("audience={BILLS_API}")).await.expect("gets one").access_token;
    let for_us = node.token(&owner).await.expect("gets one").access_token;
    let resource_server = machine_with(2, |oauth| oauth.allowed_scopes = ScopeSet::new());
    let elsewhere = machine_with(3, |oauth| oauth.audience = Some("https://other.example".to_owned()));
    let inspector = machine_with(4, |oauth| {
        oauth.audience = None;
        oauth.allowed_scopes = scopes("tokens:introspect");
    });
    let pretender = machine_with(6, |oauth| {
        oauth.audience = Some(MANAGEMENT_API.to_owned());
        oauth.allowed_scopes = ScopeSet::new();
    });
    let nobody = machine_with(5, |oauth| oauth.audience = None);
    for (asker, bills, us) in [
        (node.register(&resource_server).await, true, false),
        (node.register(&elsewhere).await, false, false),
        (node.register(&inspector).await, true, true),
        (node.register(&pretender).await, false, false),
        (node.register(&nobody).await, false, false),
        (owner, true, true),
    ] {
        let told = (node.is_active(&asker, &for_bills).await, node.is_active(&asker, &for_us).await);
        assert_eq!(told, (bills, us), "{asker:?}");
    }
}

async fn what_is_not_good_is_inactive(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    let last = if token.ends_with('A') { 'Q' } else { 'A' };
    let tampered = format!("{}{last}", &token[..token.len() - 1]);
    let unsigned = &token[..=token.rfind('.').expect("has dots")];
    for worthless in ["", "x", "a.b.c", &tampered, unsigned, &"A".repeat(100_000)] {
        let told = node.introspect(&client, worthless).await;
        assert_eq!(told, Ok(Introspection::Inactive), "{worthless:.40}");
    }
    assert!(node.is_active(&client, &token).await);
    node.clock.advance(Lifetime::from_hours(1));
    assert!(!node.is_active(&client, &token).await, "it has expired");
}

async fn a_stranger_is_told_nothing(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    let stranger = basic(&machine(1).id.to_string(), "guess");
    assert_eq!(node.introspect(&stranger, &token).await, Err(ErrorCode::InvalidClient));
}
