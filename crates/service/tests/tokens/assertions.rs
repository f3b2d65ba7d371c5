//! `private_key_jwt`: what an assertion must say, and that it says it once.

use appkeep_domain::{
    Application, ApplicationId, ApplicationState, ClientKeys, SigningAlgorithm, SigningKeyId,
};
use appkeep_keys::{JwkSet, NewSecret, SigningKey, SystemEntropy, TokenType};
use appkeep_oauth::{ClientAuthMethod, ClientAuthentication, ErrorCode};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::node::{ISSUER, Node, claims, machine, machine_with};

on_each_database![
    an_assertion_signed_with_any_registered_key_is_believed,
    every_member_is_checked,
    an_assertion_is_good_once,
    the_name_beside_it_is_the_same_client,
    only_the_clients_own_key_will_do,
    a_disabled_client_is_told_so_once_it_has_proved_itself,
];

pub(crate) fn key(number: u8, algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm, SigningKeyId::from_bytes([number; 16]))
}

/// An assertion in the making.
#[derive(Clone)]
pub(crate) struct Assertion {
    members: Value,
    named: Option<String>,
}

impl Assertion {
    /// A good one, with a `jti` of its own.
    pub(crate) fn of(application: &Application, node: &Node) -> Self {
        let jti = NewSecret::generate("j_", &SystemEntropy::new());
        let id = application.id.to_string();
        let now = node.now().as_seconds();
        let members =
            json!({ "iss": id, "sub": id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": jti.expose() });
        Self { members, named: None }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        match value {
            Value::Null => drop(self.members.as_object_mut().expect("an object").remove(name)),
            value => self.members[name] = value,
        }
        self
    }

    fn beside(mut self, client_id: &str) -> Self {
        self.named = Some(client_id.to_owned());
        self
    }

    pub(crate) fn signed(&self, key: &SigningKey) -> ClientAuthentication {
        self.signed_as(key, TokenType::Jwt)
    }

    fn signed_as(&self, key: &SigningKey, typ: TokenType) -> ClientAuthentication {
        ClientAuthentication::Assertion {
            client_id: self.named.clone(),
            assertion: key.sign(typ, self.members.to_string().as_bytes()),
        }
    }
}

fn registered(number: u8, keys: &[&SigningKey]) -> Application {
    let set: JwkSet = keys.iter().map(|key| key.public_jwk()).collect();
    machine_with(number, |oauth| {
        oauth.auth_method = ClientAuthMethod::PrivateKeyJwt;
        oauth.client_keys = Some(ClientKeys::Set(set.to_json()));
    })
}

async fn an_assertion_signed_with_any_registered_key_is_believed(database: TestDatabase) {
    let node = Node::first(&database).await;
    let keys = SigningAlgorithm::ALL.map(|algorithm| key(algorithm as u8 + 1, algorithm));
    let application = registered(1, &[&keys[0], &keys[1], &keys[2]]);
    node.insert(&application).await;
    for key in &keys {
        let token = node.token(&Assertion::of(&application, &node).signed(key)).await;
        assert!(token.is_ok(), "{key:?}");
    }
    // A key without a name, when there is no other to choose.
    let set = JwkSet::from_iter([keys[0].public_jwk()]).to_json();
    let mut nameless: Value = serde_json::from_str(&set).expect("is JSON");
    nameless["keys"][0].as_object_mut().expect("an object").remove("kid");
    let mut other = registered(2, &[]);
    other.oauth.as_mut().expect("has one").client_keys = Some(ClientKeys::Set(nameless.to_string()));
    node.insert(&other).await;
    assert!(node.token(&Assertion::of(&other, &node).signed(&keys[0])).await.is_ok());
}

async fn every_member_is_checked(database: TestDatabase) {
    let node = Node::first(&database).await;
    let key = key(1, SigningAlgorithm::EdDsa);
    let application = registered(1, &[&key]);
    node.insert(&application).await;
    let uuid = application.id.to_uuid();
    let other = ApplicationId::from_bytes([9; 16]).to_string();
    let now = node.now().as_seconds();
    for (name, value, good) in [
        ("aud", json!(format!("{ISSUER}/oauth2/token")), true),
        ("aud", json!(["https://other.example", ISSUER]), true),
        ("aud", json!(format!("{ISSUER}/")), false),
        ("aud", json!(["https://other.example"]), false),
        ("aud", json!([]), false),
        ("aud", Value::Null, false),
        ("iss", json!(uuid), true),
        ("iss", json!(other), false),
        ("iss", Value::Null, false),
        ("sub", json!(uuid), true),
        ("sub", json!(other), false),
        ("sub", Value::Null, false),
        ("exp", json!(now + 1), true),
        ("exp", json!(now), false),
        ("exp", json!(now + 3_630), true),
        ("exp", json!(now + 3_631), false),
        ("exp", json!(f64::from(u32::MAX) + 0.5), false),
        ("exp", json!("soon"), false),
        ("exp", Value::Null, false),
        ("nbf", json!(now + 30), true),
        ("nbf", json!(now + 31), false),
        ("nbf", json!("now"), false),
        ("iat", json!(now + 30), true),
        ("iat", json!(now + 31), false),
        ("iat", Value::Null, true),
        ("jti", Value::Null, false),
        ("jti", json!(""), false),
        ("jti", json!(5), false),
        ("anything", json!({ "else": true }), true),
    ] {
        let assertion = Assertion::of(&application, &node).with(name, value.clone());
        let outcome = node.token(&assertion.signed(&key)).await.map(drop);
        let expected = if good { Ok(()) } else { Err(ErrorCode::InvalidClient) };
        assert_eq!(outcome, expected, "{name}: {value}");
    }
}

async fn an_assertion_is_good_once(database: TestDatabase) {
    let node = Node::first(&database).await;
    let key = key(1, SigningAlgorithm::EdDsa);
    let application = registered(1, &[&key]);
    node.insert(&application).await;
    let assertion = Assertion::of(&application, &node);
    assert!(node.token(&assertion.signed(&key)).await.is_ok());
    assert_eq!(node.token(&assertion.signed(&key)).await, Err(ErrorCode::InvalidClient));
    let same_jti = assertion.clone().with("exp", json!(node.now().as_seconds() + 120));
    assert_eq!(node.token(&same_jti.signed(&key)).await, Err(ErrorCode::InvalidClient));
    // One that was refused for another reason has not been used up.
    let early = Assertion::of(&application, &node).with("nbf", json!(node.now().as_seconds() + 31));
    assert_eq!(node.token(&early.signed(&key)).await, Err(ErrorCode::InvalidClient));
    node.clock.advance_micros(1_000_000);
    assert!(node.token(&early.signed(&key)).await.is_ok());
    // Each client names its own.
    let other = registered(2, &[&key]);
    node.insert(&other).await;
    let id = json!(other.id.to_string());
    let same_text = assertion.with("iss", id.clone()).with("sub", id);
    assert!(node.token(&same_text.signed(&key)).await.is_ok());
}

async fn the_name_beside_it_is_the_same_client(database: TestDatabase) {
    let node = Node::first(&database).await;
    let key = key(1, SigningAlgorithm::EdDsa);
    let application = registered(1, &[&key]);
    node.insert(&application).await;
    let uuid = application.id.to_uuid();
    let beside = Assertion::of(&application, &node).beside(&uuid);
    let token = node.token(&beside.signed(&key)).await.expect("is the same");
    assert_eq!(claims(&token)["client_id"], json!(uuid), "the name that the client gave");
    for name in [machine(2).id.to_string(), "x".to_owned()] {
        let other = Assertion::of(&application, &node).beside(&name);
        assert_eq!(node.token(&other.signed(&key)).await, Err(ErrorCode::InvalidClient));
    }
}

async fn only_the_clients_own_key_will_do(database: TestDatabase) {
    let node = Node::first(&database).await;
    let [ours, theirs] = [1, 2].map(|number| key(number, SigningAlgorithm::EdDsa));
    let application = registered(1, &[&ours]);
    node.insert(&application).await;
    // The same name, and another key behind it.
    let forged = SigningKey::generate(SigningAlgorithm::EdDsa, ours.id());
    for wrong in [&theirs, &forged, &key(1, SigningAlgorithm::Es256)] {
        let refused = node.token(&Assertion::of(&application, &node).signed(wrong)).await;
        assert_eq!(refused, Err(ErrorCode::InvalidClient), "{wrong:?}");
    }
    let other_type = Assertion::of(&application, &node).signed_as(&ours, TokenType::AccessToken);
    assert_eq!(node.token(&other_type).await, Err(ErrorCode::InvalidClient));
    for (number, method, keys) in
        [(2, ClientAuthMethod::ClientSecretBasic, true), (3, ClientAuthMethod::PrivateKeyJwt, false)]
    {
        let mut other = registered(number, &[&ours]);
        let oauth = other.oauth.as_mut().expect("has one");
        oauth.auth_method = method;
        oauth.client_keys = oauth.client_keys.take().filter(|_| keys);
        node.insert(&other).await;
        let refused = node.token(&Assertion::of(&other, &node).signed(&ours)).await;
        assert_eq!(refused, Err(ErrorCode::InvalidClient), "{method:?}");
    }
    let unknown = Assertion::of(&machine(9), &node).signed(&ours);
    assert_eq!(node.token(&unknown).await, Err(ErrorCode::InvalidClient));
}

async fn a_disabled_client_is_told_so_once_it_has_proved_itself(database: TestDatabase) {
    let node = Node::first(&database).await;
    let [ours, theirs] = [1, 2].map(|number| key(number, SigningAlgorithm::EdDsa));
    let disabled = Application { state: ApplicationState::Disabled, ..registered(1, &[&ours]) };
    node.insert(&disabled).await;
    let proved = Assertion::of(&disabled, &node).signed(&ours);
    assert_eq!(node.token(&proved).await, Err(ErrorCode::UnauthorizedClient));
    let unproved = Assertion::of(&disabled, &node).signed(&theirs);
    assert_eq!(node.token(&unproved).await, Err(ErrorCode::InvalidClient));
}
