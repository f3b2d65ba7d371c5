//! What a client gets in its own name, and what it is refused.

use appkeep_domain::{Lifetime, SigningAlgorithm, Tenant, TokenId, Within};
use appkeep_keys::{Jws, VerifyingKey};
use appkeep_oauth::{ClientAuthentication, ErrorCode, GrantType, Scope, ScopeSet, TokenRequest};
use appkeep_service::IssuedToken;
use appkeep_testkit::{TestDatabase, on_each_database};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::node::{
    BILLS_API, ISSUER, MANAGEMENT_API, Node, TENANT, basic, claims, machine, machine_with, origin, scopes,
    write,
};

on_each_database![
    a_token_says_what_rfc_9068_wants,
    others_verify_every_algorithm,
    the_tenant_chooses_the_algorithm_that_the_application_does_not,
    a_client_id_is_repeated_as_it_was_spelt,
    a_scope_narrows_and_none_is_all,
    a_scope_that_is_no_longer_registered_is_granted_to_nobody,
    a_token_is_for_whom_the_client_may_name,
    a_token_lives_as_long_as_it_may,
    a_grant_that_the_client_may_not_use_is_refused,
    a_token_request_waits_in_little_memory,
];

async fn a_token_says_what_rfc_9068_wants(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.clock.advance_micros(999_999);
    let client = node.register(&machine(1)).await;
    let token = node.token(&client).await.expect("gets one");
    let id = machine(1).id.to_string();
    let said = claims(&token);
    let expected = json!({
        "iss": ISSUER,
        "sub": id,
        "aud": MANAGEMENT_API,
        "exp": 1_779_274_800,
        "iat": 1_779_271_200,
        "jti": said["jti"],
        "client_id": id,
        "scope": "bills:read bills:write applications:read",
        "tenant_id": TENANT.to_string(),
        "app_scope": "TENANT",
        "token_type": "client_credentials",
    });
    assert_eq!(said, expected);
    assert_eq!(token.expires_in, 3_600);
    let jti = TokenId::parse(said["jti"].as_str().expect("a text")).expect("is an id");
    assert_eq!(jti.made_at().as_millis(), node.now().as_millis());
    assert!(!format!("{token:?}").contains(&token.access_token));
    let next = node.token(&client).await.expect("gets another");
    assert_ne!(claims(&next)["jti"], said["jti"]);
}

async fn others_verify_every_algorithm(database: TestDatabase) {
    let node = Node::first(&database).await;
    for (number, ours, theirs) in [
        (1, SigningAlgorithm::Es256, Algorithm::ES256),
        (2, SigningAlgorithm::Rs256, Algorithm::RS256),
        (3, SigningAlgorithm::EdDsa, Algorithm::EdDSA),
    ] {
        let application = machine_with(number, |oauth| oauth.access_token_signing_alg = Some(ours));
        let client = node.register(&application).await;
        let token = node.token(&client).await.expect("gets one");
        assert_eq!(verified_by_another(&node, &token, theirs).await, claims(&token), "{ours:?}");
        let jws = Jws::parse(&token.access_token).expect("is a token");
        assert_eq!((jws.header().algorithm().as_str(), jws.header().typ()), (ours.as_str(), Some("at+jwt")));
        let published = node.authority.jwks().await.expect("are published");
        let jwk = published.find(jws.header().key_id().expect("names its key")).expect("is published");
        assert_eq!(jws.verify(&VerifyingKey::from_jwk(jwk).expect("is sound")), Ok(()));
    }
}

/// What another library reads from a token, by the keys as they are published.
async fn verified_by_another(node: &Node, token: &IssuedToken, algorithm: Algorithm) -> Value {
    let published = node.authority.jwks().await.expect("are published").to_json();
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&published).expect("reads our keys");
    let header = jsonwebtoken::decode_header(&token.access_token).expect("reads our header");
    let key = keys.find(&header.kid.expect("names its key")).expect("is published");
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[MANAGEMENT_API]);
    validation.set_issuer(&[ISSUER]);
    // The tests' time is not the other library's.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).expect("takes our key");
    jsonwebtoken::decode::<Value>(&token.access_token, &key, &validation).expect("verifies").claims
}

async fn the_tenant_chooses_the_algorithm_that_the_application_does_not(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let chooses = machine_with(2, |oauth| oauth.access_token_signing_alg = Some(SigningAlgorithm::Es256));
    let chooses = node.register(&chooses).await;
    assert_eq!(algorithm(&node, &client).await, "ES256");
    write(&node.store, async |tx| {
        let tenant = tx.tenant(Within::Platform, TENANT).await?.expect("is there");
        let changed = Tenant { access_token_signing_alg: SigningAlgorithm::EdDsa, ..tenant };
        tx.update_tenant(Within::Platform, &changed).await
    })
    .await;
    assert_eq!(algorithm(&node, &client).await, "EdDSA", "obeyed at once");
    assert_eq!(algorithm(&node, &chooses).await, "ES256");
}

async fn algorithm(node: &Node, client: &ClientAuthentication) -> &'static str {
    let token = node.token(client).await.expect("gets one");
    Jws::parse(&token.access_token).expect("is a token").header().algorithm().as_str()
}

async fn a_client_id_is_repeated_as_it_was_spelt(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&machine(1)).await;
    let secret = node.add_secret(&machine(1), None).await;
    let id = machine(1).id;
    for spelling in
        [id.to_string(), id.to_string().to_lowercase(), id.to_uuid(), format!("app_{}", id.to_uuid())]
    {
        let token = node.token(&basic(&spelling, &secret)).await.expect("gets one");
        let said = claims(&token);
        assert_eq!((&said["sub"], &said["client_id"]), (&json!(spelling), &json!(spelling)));
        let caller = node.caller(&token.access_token).await.expect("is a caller");
        assert!(matches!(caller, appkeep_domain::Caller::Application { id, .. } if id == machine(1).id));
    }
}

async fn a_scope_that_is_no_longer_registered_is_granted_to_nobody(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine_with(1, |oauth| oauth.allowed_scopes = scopes("bills:read bills:write"));
    let client = node.register(&application).await;
    assert_eq!(node.token(&client).await.expect("gets one").scope, scopes("bills:read bills:write"));
    let gone = Scope::parse("bills:write").expect("is a scope");
    write(&node.store, async move |tx| tx.delete_scope(Within::Tenant(TENANT), TENANT, &gone).await).await;
    assert_eq!(node.token(&client).await.expect("gets one").scope, scopes("bills:read"));
    let refused = node.ask(&client, "scope=bills:write").await.expect_err("is gone");
    assert_eq!(refused.code(), ErrorCode::InvalidScope);
}

async fn a_scope_narrows_and_none_is_all(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine_with(1, |oauth| oauth.allowed_scopes = scopes("openid bills:read bills:write"));
    let client = node.register(&application).await;
    for (parameters, granted) in [
        ("", Ok("openid bills:read bills:write")),
        ("scope=", Ok("openid bills:read bills:write")),
        ("scope=bills:write", Ok("bills:write")),
        ("scope=openid+bills:read", Ok("openid bills:read")),
        ("scope=openid", Ok("openid")),
        ("scope=bills:read+bills:delete", Err(ErrorCode::InvalidScope)),
        ("scope=profile", Err(ErrorCode::InvalidScope)),
        ("scope=applications:write", Err(ErrorCode::InvalidScope)),
    ] {
        let outcome = node.ask(&client, parameters).await;
        if let Ok(token) = &outcome {
            let said = claims(token).get("scope").map(|scope| scope.as_str().expect("a text").to_owned());
            assert_eq!(said.unwrap_or_default(), token.scope.to_string(), "{parameters}");
        }
        let outcome = outcome.map(|token| token.scope.to_string()).map_err(|refusal| refusal.code());
        assert_eq!(outcome.as_deref(), granted.as_ref().copied(), "{parameters}");
    }
    let without = machine_with(2, |oauth| oauth.allowed_scopes = ScopeSet::new());
    let client = node.register(&without).await;
    assert!(node.token(&client).await.expect("gets one").scope.is_empty());
}

async fn a_token_is_for_whom_the_client_may_name(database: TestDatabase) {
    let node = Node::first(&database).await;
    let client = node.register(&machine(1)).await;
    let without = node.register(&machine_with(2, |oauth| oauth.audience = None)).await;
    let own = format!("audience={BILLS_API}");
    let ours = format!("resource={MANAGEMENT_API}");
    for (client, parameters, audience) in [
        (&client, String::new(), Ok(json!(MANAGEMENT_API))),
        (&client, own.clone(), Ok(json!(BILLS_API))),
        (&client, format!("resource={BILLS_API}"), Ok(json!(BILLS_API))),
        (&client, ours.clone(), Ok(json!(MANAGEMENT_API))),
        (&client, format!("{own}&{ours}"), Ok(json!([BILLS_API, MANAGEMENT_API]))),
        (&client, "audience=https://other.example".to_owned(), Err(ErrorCode::InvalidTarget)),
        (&client, format!("{own}&audience=https://other.example"), Err(ErrorCode::InvalidTarget)),
        (&client, format!("audience={BILLS_API}/"), Err(ErrorCode::InvalidTarget)),
        (&without, String::new(), Ok(json!(MANAGEMENT_API))),
        (&without, own.clone(), Err(ErrorCode::InvalidTarget)),
    ] {
        let outcome = node.ask(client, &parameters).await.map(|token| claims(&token)["aud"].clone());
        assert_eq!(outcome.map_err(|refusal| refusal.code()), audience, "{parameters}");
    }
}

async fn a_token_lives_as_long_as_it_may(database: TestDatabase) {
    let node = Node::first(&database).await;
    let short = machine_with(1, |oauth| oauth.access_token_ttl = Lifetime::from_minutes(5));
    let mut ending = machine(2);
    ending.expires_at = Some(node.now().plus(Lifetime::from_minutes(10)));
    for (application, lifetime) in [(short, 300), (ending, 600), (machine(3), 3_600)] {
        let client = node.register(&application).await;
        let token = node.token(&client).await.expect("gets one");
        let said = claims(&token);
        let exp = said["exp"].as_i64().expect("a number") - said["iat"].as_i64().expect("a number");
        assert_eq!((token.expires_in, exp), (lifetime, i64::from(lifetime)));
    }
}

async fn a_grant_that_the_client_may_not_use_is_refused(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine_with(1, |oauth| oauth.grant_types = vec![GrantType::AuthorizationCode]);
    let client = node.register(&application).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::UnauthorizedClient));
    let wrong = basic(&application.id.to_string(), "no secret");
    assert_eq!(node.token(&wrong).await, Err(ErrorCode::InvalidClient), "proof comes first");
}

/// It is moved to the heap for every request: what few requests wait for is
/// boxed where they do.
async fn a_token_request_waits_in_little_memory(database: TestDatabase) {
    const MOST: usize = 4 * 1024;
    let node = Node::first(&database).await;
    let request = TokenRequest::ClientCredentials { scope: None, targets: Vec::new() };
    let size = size_of_val(&node.authority.token(basic("app", "secret"), request, &origin()));
    assert!(size <= MOST, "{size} bytes");
}
