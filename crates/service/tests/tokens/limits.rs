//! How often clients and addresses may ask.

use std::net::IpAddr;
use std::time::Duration;

use appkeep_domain::access::{AccessFacet, AccessKind, Permission};
use appkeep_domain::{
    Application, ApplicationKind, Credential, CredentialClass, CredentialId, CredentialOrigin, Environment,
    Lifetime,
};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_oauth::{ClientAuthMethod, ClientAuthentication, ErrorCode, Form, Refusal, TokenRequest};
use appkeep_service::{ClientLimits, KeyNotAccepted, Rate, RequestOrigin};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::node::{Node, basic, machine, origin, query, write};

const HERE: &str = "192.0.2.1";
const THERE: &str = "192.0.2.2";

on_each_database![
    who_fails_too_often_waits_and_others_do_not,
    an_address_whose_clients_fail_too_often_waits,
    who_succeeds_too_often_waits_and_failures_do_not_count,
    a_public_client_waits_only_where_it_is_asked_for_too_often,
    without_limits_nobody_waits,
    an_address_waits_for_keys_that_are_not_good_and_for_public_ones,
];

#[expect(clippy::unnecessary_wraps, reason = "as the settings have it, where none is no limit")]
fn rate(times: u32) -> Option<Rate> {
    Some(Rate { times, per: Duration::from_mins(1) })
}

async fn limited(database: &TestDatabase, limits: ClientLimits) -> Node {
    drop(Node::first(database).await);
    Node::limited(database.store(), limits).await
}

async fn who_fails_too_often_waits_and_others_do_not(database: TestDatabase) {
    let limits = ClientLimits { failures_per_client: rate(3), ..ClientLimits::default() };
    let node = limited(&database, limits).await;
    let (client, other) = (node.register(&machine(1)).await, node.register(&machine(2)).await);
    let wrong = with_secret(&client, &other);
    for outcome in [None, None, None, Some(20)] {
        assert_eq!(refused(&node, &wrong, HERE).await, Some((code(outcome), outcome)));
    }
    let (uuid, secret) = (machine(1).id.to_uuid(), secret(&client));
    for (asker, place, outcome) in [
        // The same client by another name.
        (&with_secret(&basic(&uuid, secret), &other), HERE, Some((code(Some(20)), Some(20)))),
        (&wrong, THERE, Some((ErrorCode::InvalidClient, None))),
        // Whoever proves who it is does not wait for them.
        (&client, HERE, None),
        (&other, HERE, None),
    ] {
        assert_eq!(refused(&node, asker, place).await, outcome, "{place}");
    }
    let from_here = origin_of(HERE);
    let asked = node.authority.introspect(wrong.clone(), query("x"), &from_here).await;
    assert_eq!(asked.expect_err("is refused too").retry_after(), Some(20));
    let revoked = node.authority.revoke(wrong.clone(), query("x"), &from_here).await;
    assert_eq!(revoked.expect_err("is refused too").retry_after(), Some(20));
    node.clock.advance(Lifetime::from_seconds(20));
    let given_back = Some((ErrorCode::InvalidClient, None));
    assert_eq!(refused(&node, &wrong, HERE).await, given_back, "one try is given back");
}

async fn an_address_whose_clients_fail_too_often_waits(database: TestDatabase) {
    let limits = ClientLimits {
        failures_per_client: rate(2),
        failures_per_address: rate(6),
        ..ClientLimits::default()
    };
    let node = limited(&database, limits).await;
    let client = node.register(&machine(1)).await;
    // One that is refused already takes nothing from the others.
    let nobody = basic("nobody", secret(&client));
    let outcomes = [None, None, Some(30), Some(30), Some(30), Some(30), Some(30)];
    for outcome in outcomes {
        assert_eq!(refused(&node, &nobody, HERE).await, Some((code(outcome), outcome)));
    }
    for number in 2..6 {
        let unknown = basic(&machine(number).id.to_string(), secret(&client));
        assert_eq!(refused(&node, &unknown, HERE).await, Some((ErrorCode::InvalidClient, None)));
    }
    let unknown = basic(&machine(7).id.to_string(), secret(&client));
    assert_eq!(refused(&node, &unknown, HERE).await, Some((code(Some(10)), Some(10))));
    assert_eq!(refused(&node, &unknown, THERE).await, Some((ErrorCode::InvalidClient, None)));
    assert_eq!(refused(&node, &client, HERE).await, None);
}

async fn who_succeeds_too_often_waits_and_failures_do_not_count(database: TestDatabase) {
    let limits = ClientLimits {
        requests_per_client: rate(2),
        requests_per_address: rate(3),
        ..ClientLimits::default()
    };
    let node = limited(&database, limits).await;
    let (client, other) = (node.register(&machine(1)).await, node.register(&machine(2)).await);
    for _ in 0..5 {
        let refused = refused(&node, &with_secret(&client, &other), HERE).await;
        assert_eq!(refused, Some((ErrorCode::InvalidClient, None)));
    }
    for (asker, place, outcome) in [
        (&client, HERE, None),
        (&client, HERE, None),
        (&client, HERE, Some(30)),
        // A client that waits takes nothing from the others at its address.
        (&client, HERE, Some(30)),
        (&client, THERE, Some(30)),
        (&other, HERE, None),
        (&other, HERE, Some(20)),
    ] {
        let expected = outcome.map(|wait| (code(Some(wait)), Some(wait)));
        assert_eq!(refused(&node, asker, place).await, expected, "{place}");
    }
}

/// Anybody can ask in its name.
async fn a_public_client_waits_only_where_it_is_asked_for_too_often(database: TestDatabase) {
    let limits = ClientLimits { requests_per_client: rate(2), ..ClientLimits::default() };
    let node = limited(&database, limits).await;
    let mut shop = machine(1);
    shop.oauth.as_mut().expect("has one").auth_method = ClientAuthMethod::None;
    node.register(&shop).await;
    let shop = ClientAuthentication::Public { client_id: shop.id.to_string() };
    for (place, wait) in [(HERE, None), (HERE, None), (HERE, Some(30)), (THERE, None), (THERE, None)] {
        let expected = wait.map(|wait| (code(Some(wait)), Some(wait)));
        assert_eq!(refused(&node, &shop, place).await, expected, "{place}");
    }
}

async fn without_limits_nobody_waits(database: TestDatabase) {
    let node = Node::first(&database).await;
    let (client, other) = (node.register(&machine(1)).await, node.register(&machine(2)).await);
    for _ in 0..100 {
        let wrong = refused(&node, &with_secret(&client, &other), HERE).await;
        assert_eq!(wrong, Some((ErrorCode::InvalidClient, None)));
        assert_eq!(refused(&node, &client, HERE).await, None);
    }
}

/// What a request for a token is refused with, and for how many seconds.
async fn refused(node: &Node, client: &ClientAuthentication, from: &str) -> Option<(ErrorCode, Option<u32>)> {
    let form = Form::parse(b"grant_type=client_credentials").expect("a form");
    let request = TokenRequest::parse(&form).expect("a request");
    let answer = node.authority.token(client.clone(), request, &origin_of(from)).await;
    answer.err().map(|refusal: Refusal| (refusal.code(), refusal.retry_after()))
}

fn code(wait: Option<u32>) -> ErrorCode {
    if wait.is_some() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::InvalidClient }
}

async fn an_address_waits_for_keys_that_are_not_good_and_for_public_ones(database: TestDatabase) {
    let limits = ClientLimits {
        requests_per_client: rate(2),
        failures_per_address: rate(3),
        ..ClientLimits::default()
    };
    let node = limited(&database, limits).await;
    let (public, private) = (
        key_of(&node, &Application { kind: ApplicationKind::Spa, ..machine(1) }, AccessKind::Public).await,
        key_of(&node, &machine(2), AccessKind::Private).await,
    );
    let wrong = NewSecret::generate("key_prod_us_sess_", &SystemEntropy::new());
    for (key, place, outcome) in [
        (wrong.expose(), HERE, Err(None)),
        ("key_prod_us_pvt_x", HERE, Err(None)),
        (wrong.expose(), HERE, Err(None)),
        (wrong.expose(), HERE, Err(Some(20))),
        (wrong.expose(), THERE, Err(None)),
        // Who has a good key does not wait for them.
        (private.expose(), HERE, Ok(())),
        (private.expose(), HERE, Ok(())),
        (private.expose(), HERE, Ok(())),
        (public.expose(), HERE, Ok(())),
        (public.expose(), HERE, Ok(())),
        (public.expose(), HERE, Err(Some(30))),
        (public.expose(), THERE, Ok(())),
    ] {
        let address = place.parse().expect("an address");
        let found = match node.authority.key_principal(key, Some(address)).await {
            Ok(_) => Ok(()),
            Err(KeyNotAccepted::TooOften { retry_after_s }) => Err(Some(retry_after_s)),
            Err(KeyNotAccepted::Worthless(_)) => Err(None),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(found, outcome, "{place}");
    }
}

/// The key of a new application.
async fn key_of(node: &Node, application: &Application, kind: AccessKind) -> NewSecret {
    let access = AccessFacet { kind, permissions: vec![Permission::TokenCreate] };
    let application = Application { access: Some(access), ..application.clone() };
    node.insert(&application).await;
    let key = NewSecret::generate(kind.key_prefix(Environment::Live), &SystemEntropy::new());
    let credential = Credential {
        id: CredentialId::from_bytes(application.id.as_bytes()),
        class: CredentialClass::ApiKey(Environment::Live),
        origin: CredentialOrigin::Added,
        name: None,
        prefix: key.prefix().to_owned(),
        hash: key.hash(),
        last_four: key.last_four().to_owned(),
        created_at: application.created_at,
        created_by: None,
        expires_at: None,
        revoked_at: None,
    };
    write(&node.store, async move |tx| {
        tx.insert_credential(application.owner.within(), application.id, &credential).await
    })
    .await;
    key
}

fn origin_of(address: &str) -> RequestOrigin {
    let address: IpAddr = address.parse().expect("an address");
    RequestOrigin { address: Some(address), ..origin() }
}

/// The one's id with the other's secret.
fn with_secret(client: &ClientAuthentication, other: &ClientAuthentication) -> ClientAuthentication {
    basic(client.client_id().expect("it has one"), secret(other))
}

fn secret(client: &ClientAuthentication) -> &str {
    let ClientAuthentication::Basic { client_secret, .. } = client else { panic!("{client:?}") };
    client_secret
}
