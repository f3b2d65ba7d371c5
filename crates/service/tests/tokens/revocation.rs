//! Tokens that end before they expire (RFC 7009).

use appkeep_domain::{
    ActorKind, Application, ApplicationKind, AuditEntry, Lifetime, Owner, RequestId, Revocation,
    RevokedSubject, TokenId, Within,
};
use appkeep_oauth::{ClientAuthMethod, ClientAuthentication, ErrorCode, GrantType};
use appkeep_storage::AuditFilter;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::node::{Node, TENANT, basic, claims, machine, machine_with, scopes, write};

on_each_database![
    a_client_takes_back_its_own_token,
    a_revocation_is_history_once,
    what_is_worthless_already_is_revoked,
    a_token_of_another_is_not_for_it_to_revoke,
    a_public_client_may_revoke_by_its_name,
    everything_issued_to_an_application_until_now_can_end,
    revocations_are_forgotten_with_what_they_concern,
];

async fn history(node: &Node) -> Vec<AuditEntry> {
    let (within, owner) = (Within::Tenant(TENANT), Owner::Tenant(TENANT));
    let mut tx = node.store.read().await.expect("opens");
    let page = tx.audit_entries(within, owner, &AuditFilter::default(), None, 100).await;
    page.expect("reads").entries
}

async fn a_client_takes_back_its_own_token(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let inspector = machine_with(2, |oauth| oauth.allowed_scopes = scopes("tokens:introspect"));
    let inspector = node.register(&inspector).await;
    let [token, kept] = [node.token(&client).await, node.token(&client).await]
        .map(|token| token.expect("gets one").access_token);
    assert!(node.caller(&token).await.is_ok() && node.is_active(&inspector, &token).await);
    assert_eq!(node.revoke(&client, &token).await, Ok(()));
    let error = node.caller(&token).await.expect_err("at once");
    assert_eq!(error.code(), appkeep_service::ErrorCode::InvalidToken);
    assert!(!node.is_active(&inspector, &token).await && !node.is_active(&client, &token).await);
    assert!(node.caller(&kept).await.is_ok() && node.is_active(&inspector, &kept).await);
}

async fn a_revocation_is_history_once(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one");
    let racing: (_, _, _) = tokio::join!(
        node.revoke(&client, &token.access_token),
        node.revoke(&client, &token.access_token),
        node.revoke(&client, &token.access_token),
    );
    assert_eq!(racing, (Ok(()), Ok(()), Ok(())));
    assert_eq!(node.revoke(&client, &token.access_token).await, Ok(()));
    let entries = history(&node).await;
    let [entry] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert_eq!((entry.action.as_str(), entry.occurred_at), ("token.revoked", node.now()));
    assert_eq!((entry.actor.kind, &*entry.actor.id), (ActorKind::Application, &*machine(1).id.to_string()));
    assert_eq!((entry.application, entry.address.as_deref()), (Some(machine(1).id), Some("192.0.2.1")));
    assert_eq!(entry.request_id, RequestId::from_bytes([9; 16]).to_string());
    let after = json!({ "jti": claims(&token)["jti"] }).to_string();
    assert_eq!((entry.before.as_deref(), entry.after.as_deref()), (None, Some(after.as_str())));
}

async fn what_is_worthless_already_is_revoked(database: TestDatabase) {
    let node = Node::first(&database).await;
    let [client, other] = [node.register(&machine(1)).await, node.register(&machine(2)).await];
    let expired = node.token(&client).await.expect("gets one").access_token;
    let of_another = node.token(&other).await.expect("gets one").access_token;
    node.clock.advance(Lifetime::from_hours(1));
    for token in [&*expired, &of_another, "garbage", "a.b.c"] {
        assert_eq!(node.revoke(&client, token).await, Ok(()), "{token}");
    }
    assert!(history(&node).await.is_empty());
    let stranger = basic(&machine(1).id.to_string(), "guess");
    assert_eq!(node.revoke(&stranger, "garbage").await, Err(ErrorCode::InvalidClient));
}

async fn a_token_of_another_is_not_for_it_to_revoke(database: TestDatabase) {
    let node = Node::first(&database).await;
    let [client, other] = [node.register(&machine(1)).await, node.register(&machine(2)).await];
    let token = node.token(&client).await.expect("gets one").access_token;
    assert_eq!(node.revoke(&other, &token).await, Err(ErrorCode::UnauthorizedClient));
    assert!(node.caller(&token).await.is_ok());
    assert!(history(&node).await.is_empty());
}

async fn a_public_client_may_revoke_by_its_name(database: TestDatabase) {
    let node = Node::first(&database).await;
    // Nothing gives a public client a token yet, so it has one from before.
    let mut application = machine(1);
    let client = node.register(&application).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    application.kind = ApplicationKind::Spa;
    let oauth = application.oauth.as_mut().expect("has one");
    oauth.auth_method = ClientAuthMethod::None;
    oauth.grant_types = vec![GrantType::AuthorizationCode];
    node.update(&mut application).await;
    let by_name =
        |application: &Application| ClientAuthentication::Public { client_id: application.id.to_string() };
    node.insert(&machine(2)).await;
    assert_eq!(node.revoke(&by_name(&machine(2)), &token).await, Err(ErrorCode::InvalidClient));
    assert!(node.caller(&token).await.is_ok());
    assert_eq!(node.revoke(&by_name(&application), &token).await, Ok(()));
    assert!(node.caller(&token).await.is_err());
}

async fn everything_issued_to_an_application_until_now_can_end(database: TestDatabase) {
    let node = Node::first(&database).await;
    let [client, other] = [node.register(&machine(1)).await, node.register(&machine(2)).await];
    let before = node.token(&client).await.expect("gets one").access_token;
    let of_another = node.token(&other).await.expect("gets one").access_token;
    assert!(node.caller(&before).await.is_ok() && node.caller(&of_another).await.is_ok());
    // In the middle of a millisecond: a token's id names no more than that.
    node.clock.advance_micros(500);
    let same_instant = node.token(&client).await.expect("gets one").access_token;
    end_all(&node, &machine(1)).await;
    node.clock.advance_micros(499);
    let same_millisecond = node.token(&client).await.expect("gets one").access_token;
    node.clock.advance_micros(1);
    let after = node.token(&client).await.expect("gets one").access_token;
    for (token, is_good) in [
        (&before, false),
        (&same_instant, false),
        (&same_millisecond, false),
        (&after, true),
        (&of_another, true),
    ] {
        assert_eq!(node.caller(token).await.is_ok(), is_good);
    }
    end_all(&node, &machine(1)).await;
    assert!(node.caller(&after).await.is_err(), "a later one ends more");
}

async fn end_all(node: &Node, application: &Application) {
    let now = node.now();
    let revocation = Revocation {
        owner: application.owner,
        subject: RevokedSubject::Application(application.id),
        revoked_at: now,
        forget_at: now.plus(Lifetime::from_days(30)),
    };
    write(&node.store, async move |tx| tx.insert_revocation(Within::Tenant(TENANT), &revocation).await).await;
}

async fn revocations_are_forgotten_with_what_they_concern(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one");
    assert_eq!(node.revoke(&client, &token.access_token).await, Ok(()));
    let jti = TokenId::parse(claims(&token)["jti"].as_str().expect("a text")).expect("is an id");
    let mut tx = node.store.read().await.expect("opens");
    let kept = tx.revocations_of(Within::Tenant(TENANT), jti.as_bytes(), node.now()).await.expect("reads");
    let forget_at = kept.first().expect("is kept").forget_at;
    assert_eq!(Some(forget_at.as_seconds()), claims(&token)["exp"].as_i64());
    node.clock.set(forget_at);
    assert_eq!(node.store.sweep_revocations(node.now()).await.expect("sweeps"), 1);
    assert!(node.caller(&token.access_token).await.is_err(), "it has expired");
}
