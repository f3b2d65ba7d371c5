//! A client assertion (RFC 7523): anybody's text, and what a client signs.

#![no_main]

use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use appkeep_domain::{
    ApplicationId, Caller, Clock as _, Issuer, RequestId, SigningAlgorithm, SigningKeyId, Timestamp,
};
use appkeep_keys::{JwkSet, MasterKey, PasswordCost, SigningKey, SystemEntropy, TokenType};
use appkeep_oauth::{ClientAuthentication, TokenRequest};
use appkeep_service::{
    ApplicationFields, Authority, AuthorityParts, By, ClientLimits, Edit, FetchError, FetchRequest,
    FetchText, FetchedText, Keyring, Mount, Registry, RequestOrigin, Surface,
};
use appkeep_storage::Feed;
use appkeep_testkit::{ManualClock, TestDatabase};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const ISSUER: &str = "https://id.example";

/// A server with one client, and the client's key.
struct Given {
    runtime: Runtime,
    authority: Authority,
    client: ApplicationId,
    key: SigningKey,
    now: Timestamp,
    _running: (Feed, TestDatabase),
}

static GIVEN: LazyLock<Given> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let key = SigningKey::generate(SigningAlgorithm::EdDsa, SigningKeyId::from_bytes([1; 16]));
    let (authority, client, _running) = runtime.block_on(start(&key));
    let now = ManualClock::fixed().now();
    Given { runtime, authority, client, key, now, _running }
});

async fn start(key: &SigningKey) -> (Authority, ApplicationId, (Feed, TestDatabase)) {
    let database = TestDatabase::sqlite().await;
    let store = database.store();
    let (clock, entropy) = (Arc::new(ManualClock::fixed()), Arc::new(SystemEntropy::new()));
    let registry = Registry::new(store.clone(), clock.clone(), entropy.clone());
    let tenant = registry.ensure_default_tenant().await.expect("a tenant").id;
    let request_id = RequestId::from_bytes([1; 16]);
    let by = By {
        caller: Caller::System,
        tenant,
        partner: None,
        mount: Mount::Root,
        request_id,
        address: None,
        surface: Surface::Native,
        attempt: None,
        key: None,
    };
    let keys: JwkSet = [key.public_jwk()].into_iter().collect();
    let fields = ApplicationFields {
        name: Some("Fuzzed".to_owned()),
        token_endpoint_auth_method: Some("private_key_jwt".to_owned()),
        jwks: Edit::Set(keys.to_json()),
        ..ApplicationFields::default()
    };
    let created = registry.create_application(&by, "m2m", fields).await.expect("a client");
    let master = MasterKey::generate(&*entropy);
    let keyring = Arc::new(Keyring::new(store.clone(), master, clock.clone(), entropy.clone()));
    keyring.ensure(Issuer::Tenant(tenant)).await.expect("keys");
    let feed = Feed::start(&store);
    let authority = Authority::new(AuthorityParts {
        store,
        keyring,
        freshness: feed.freshness(),
        clock,
        entropy,
        fetch: Arc::new(Nowhere),
        public_url: ISSUER.to_owned(),
        tenant,
        password_cost: PasswordCost::LEAST,
        // Time stands still here, so that any limit would be reached for good.
        limits: ClientLimits {
            requests_per_client: None,
            requests_per_address: None,
            failures_per_client: None,
            failures_per_address: None,
            session_starts_per_address: None,
        },
    });
    (authority, created.view.application.id, (feed, database))
}

/// Nothing is published anywhere.
#[derive(Debug)]
struct Nowhere;

impl FetchText for Nowhere {
    fn fetch(
        &self,
        _: FetchRequest,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedText, FetchError>> + Send + '_>> {
        Box::pin(async { Err(FetchError::new("there is no network here")) })
    }
}

/// What the client signs: a good assertion, with some members said otherwise.
fn signed(given: &Given, changes: &[(u8, &str)]) -> String {
    const MEMBERS: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
    let (id, now) = (given.client.to_string(), given.now.as_seconds());
    let mut claims =
        json!({ "iss": id, "sub": id, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": "one of them" });
    for (member, value) in changes {
        // What is no JSON is a text.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(*value));
        claims[MEMBERS[usize::from(*member) % MEMBERS.len()]] = value;
    }
    given.key.sign(TokenType::Jwt, claims.to_string().as_bytes())
}

fuzz_target!(|input: (Option<&str>, Vec<(u8, &str)>, Option<&str>)| {
    let (raw, changes, named) = input;
    let given = &*GIVEN;
    let assertion = raw.map_or_else(|| signed(given, &changes), str::to_owned);
    let client = ClientAuthentication::Assertion { client_id: named.map(str::to_owned), assertion };
    let origin = RequestOrigin { request_id: RequestId::from_bytes([2; 16]), address: None };
    let request = TokenRequest::ClientCredentials { scope: None, targets: Vec::new() };
    let answer = given.runtime.block_on(given.authority.token(client, request, &origin));
    assert!(raw.is_none() || answer.is_err(), "only the client's own signature is believed");
});
