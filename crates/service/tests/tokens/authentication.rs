//! Who is believed to be which client, and until when.

use appkeep_domain::{
    Application, ApplicationKind, ApplicationState, CredentialClass, Lifetime, Owner, PartnerId, Within,
};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_oauth::{ClientAuthMethod, ClientAuthentication, ErrorCode};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::node::{Node, OTHER_TENANT, TENANT, basic, machine, machine_with, write};

on_each_database![
    either_way_of_sending_a_secret_will_do,
    who_does_not_prove_it_learns_nothing,
    a_disabled_client_is_told_so_once_it_has_proved_itself,
    a_client_that_is_not_there_is_unknown,
    a_secret_is_good_to_its_last_microsecond,
    a_rotation_overlaps_and_then_ends_the_old_secret,
    a_key_only_client_has_no_secret,
    a_public_client_gets_nothing_in_its_own_name,
];

fn post(client: &ClientAuthentication) -> ClientAuthentication {
    match client.clone() {
        ClientAuthentication::Basic { client_id, client_secret } => {
            ClientAuthentication::Post { client_id, client_secret }
        }
        other => other,
    }
}

fn public(application: &Application) -> ClientAuthentication {
    ClientAuthentication::Public { client_id: application.id.to_string() }
}

async fn either_way_of_sending_a_secret_will_do(database: TestDatabase) {
    let node = Node::first(&database).await;
    for (number, method) in
        [ClientAuthMethod::ClientSecretBasic, ClientAuthMethod::ClientSecretPost].into_iter().enumerate()
    {
        let number = u8::try_from(number).expect("is small") + 1;
        let client = node.register(&machine_with(number, |oauth| oauth.auth_method = method)).await;
        assert!(node.token(&client).await.is_ok() && node.token(&post(&client)).await.is_ok(), "{method:?}");
    }
}

async fn who_does_not_prove_it_learns_nothing(database: TestDatabase) {
    let node = Node::first(&database).await;
    let right = node.register(&machine(1)).await;
    let others = node.add_secret_of_another().await;
    let id = machine(1).id.to_string();
    let unknown = machine(9).id.to_string();
    let stranger = NewSecret::generate("ias_", &SystemEntropy::new());
    let mut texts = Vec::new();
    for client in [
        basic(&id, stranger.expose()),
        basic(&id, &others),
        basic(&id, "guess"),
        basic(&unknown, stranger.expose()),
        basic("no id at all", stranger.expose()),
        basic("", stranger.expose()),
        public(&machine(1)),
        public(&machine(9)),
        ClientAuthentication::Assertion { client_id: Some(id.clone()), assertion: "a.b.c".to_owned() },
    ] {
        let refusal = node.ask(&client, "").await.expect_err("proves nothing");
        assert_eq!(refusal.code(), ErrorCode::InvalidClient, "{client:?}");
        assert!(refusal.cause().is_some_and(|cause| !cause.contains(stranger.expose())), "{client:?}");
        texts.push(refusal.to_string());
    }
    assert!(texts.windows(2).all(|two| two[0] == two[1]), "{texts:?}");
    assert!(node.token(&right).await.is_ok());
}

impl Node {
    async fn add_secret_of_another(&self) -> String {
        let other = machine(2);
        self.insert(&other).await;
        self.add_secret(&other, None).await
    }
}

async fn a_disabled_client_is_told_so_once_it_has_proved_itself(database: TestDatabase) {
    let node = Node::first(&database).await;
    let mut application = machine(1);
    let client = node.register(&application).await;
    let wrong =
        basic(&application.id.to_string(), NewSecret::generate("ias_", &SystemEntropy::new()).expose());
    assert!(node.token(&client).await.is_ok());
    application.state = ApplicationState::Disabled;
    node.update(&mut application).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::UnauthorizedClient), "at once");
    assert_eq!(node.token(&wrong).await, Err(ErrorCode::InvalidClient));
    application.state = ApplicationState::Enabled;
    node.update(&mut application).await;
    assert!(node.token(&client).await.is_ok());
    application.archived_at = Some(node.now());
    node.update(&mut application).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::UnauthorizedClient));
    application.archived_at = None;
    node.update(&mut application).await;
    assert!(node.token(&client).await.is_ok());
}

async fn a_client_that_is_not_there_is_unknown(database: TestDatabase) {
    let node = Node::first(&database).await;
    let partner = PartnerId::from_bytes([5; 16]);
    for (number, owner) in [(1, Owner::Tenant(OTHER_TENANT)), (3, Owner::Partner(partner))] {
        let client = node.register(&Application { owner, ..machine(number) }).await;
        assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient), "{owner:?}");
    }
    let mut ending = machine(4);
    ending.expires_at = Some(node.now().plus(Lifetime::from_minutes(1)));
    let client = node.register(&ending).await;
    node.clock.advance_micros(60_000_000 - 1);
    assert!(node.token(&client).await.is_ok());
    node.clock.advance_micros(1);
    assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient), "from its end on");
    let deleted = machine(5);
    let client = node.register(&deleted).await;
    assert!(node.token(&client).await.is_ok());
    node.delete(&deleted).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient), "at once");
    let saml = Application { kind: ApplicationKind::Saml, oauth: None, ..machine(6) };
    let client = node.register(&saml).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient));
}

async fn a_secret_is_good_to_its_last_microsecond(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine(1);
    node.insert(&application).await;
    let deadline = node.now().plus(Lifetime::from_seconds(10));
    let secret = node.add_secret(&application, Some(deadline)).await;
    let client = basic(&application.id.to_string(), &secret);
    node.clock.advance_micros(10_000_000 - 1);
    assert!(node.token(&client).await.is_ok());
    node.clock.advance_micros(1);
    assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient));
}

/// What a rotation writes: a deadline for the secrets before, and a new one.
async fn rotate(node: &Node, application: &Application, overlap: Lifetime) -> String {
    let (id, deadline) = (application.id, node.now().plus(overlap));
    write(&node.store, async move |tx| {
        tx.end_rotated_credentials(Within::Tenant(TENANT), id, (CredentialClass::ClientSecret, deadline))
            .await
            .map(drop)
    })
    .await;
    node.add_secret(application, None).await
}

async fn a_rotation_overlaps_and_then_ends_the_old_secret(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine(1);
    let first = node.register(&application).await;
    assert!(node.token(&first).await.is_ok());
    let second = rotate(&node, &application, Lifetime::from_hours(72)).await;
    let second = basic(&application.id.to_string(), &second);
    let end = node.now().plus(Lifetime::from_hours(72));
    for (at, first_is_good) in
        [(node.now().as_micros(), true), (end.as_micros() - 1_000, true), (end.as_micros(), false)]
    {
        node.clock.set(appkeep_domain::Timestamp::from_micros(at));
        assert_eq!(node.token(&first).await.is_ok(), first_is_good, "at {at}");
        assert!(node.token(&second).await.is_ok(), "at {at}");
    }
    let third = rotate(&node, &application, Lifetime::from_seconds(0)).await;
    assert_eq!(node.token(&second).await, Err(ErrorCode::InvalidClient), "without an overlap, at once");
    assert!(node.token(&basic(&application.id.to_string(), &third)).await.is_ok());
}

async fn a_key_only_client_has_no_secret(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = machine_with(1, |oauth| oauth.auth_method = ClientAuthMethod::PrivateKeyJwt);
    let client = node.register(&application).await;
    assert_eq!(node.token(&client).await, Err(ErrorCode::InvalidClient));
    assert_eq!(node.token(&post(&client)).await, Err(ErrorCode::InvalidClient));
}

async fn a_public_client_gets_nothing_in_its_own_name(database: TestDatabase) {
    let node = Node::first(&database).await;
    let application = Application {
        kind: ApplicationKind::Spa,
        ..machine_with(1, |oauth| {
            oauth.auth_method = ClientAuthMethod::None;
            oauth.grant_types = ApplicationKind::Spa.grant_types().to_vec();
        })
    };
    let with_secret = node.register(&application).await;
    assert_eq!(node.token(&public(&application)).await, Err(ErrorCode::UnauthorizedClient));
    assert_eq!(node.token(&with_secret).await, Err(ErrorCode::InvalidClient));
    assert_eq!(node.introspect(&public(&application), "x").await, Err(ErrorCode::InvalidClient));
    assert_eq!(node.revoke(&public(&application), "x").await, Ok(()));
}
