//! Every provider's own way, against one that answers what it is told to.

use std::collections::HashMap;
use std::pin::Pin;

use appkeep_domain::{
    AppleKey, ConnectionId, DirectoryId, ProviderClientId, ProviderIssuer, ProviderKind, ProviderName,
    ProviderPlace, SigningAlgorithm, SigningKeyId,
};
use appkeep_keys::{JwkSet, Jws, SigningKey, TokenType, VerifyingKey};
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::*;
use crate::tokens::fetch::FetchedText;

const ISSUER: &str = "https://accounts.example";
const CLIENT: &str = "app:1";
const SECRET: &str = "hush";
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// Whatever the provider has at its addresses, and what it was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<HashMap<String, (u16, Value)>>,
    asked: Mutex<Vec<FetchRequest>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl FetchText for Script {
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedText, FetchError>> + Send + '_>> {
        let path = request.url.split('?').next().unwrap_or_default().to_owned();
        let found = self.answers.lock().get(&path).cloned();
        self.asked.lock().push(request);
        let answer = |(status, body): (u16, Value)| FetchedText::new(status, body.to_string());
        Box::pin(async move { found.map(answer).ok_or_else(|| FetchError::new("no answer")) })
    }
}

/// A provider that signs, and one application of it.
struct Stage {
    script: Arc<Script>,
    providers: Providers,
    registered: Registered,
    errand: Errand,
    key: SigningKey,
}

impl Stage {
    fn new(provider: &str, at: ProviderPlace) -> Self {
        let script = Arc::new(Script::default());
        let connection = connection(provider, at);
        let key = SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([1; 16]));
        let back = RedirectUri::parse("https://shop.example/callback", false).expect("is one");
        Self {
            providers: Providers::new(Arc::clone(&script) as Arc<dyn FetchText>),
            script,
            registered: Registered { connection, secret: Zeroizing::new(SECRET.to_owned()) },
            errand: Errand::new(&MacKey::new(&[1; 32]), "oas_state", back),
            key,
        }
    }

    fn answers(&self, url: &str, body: Value) {
        self.script.answers.lock().insert(url.to_owned(), (200, body));
    }

    /// Says of itself what the issuer is, and publishes its key.
    fn describes_itself(&self, issuer: &str, at: &str) {
        let of = |name: &str| format!("{ISSUER}/{name}");
        let document = json!({
            "issuer": issuer, "authorization_endpoint": of("authorize"), "token_endpoint": of("token"),
            "jwks_uri": of("jwks"), "userinfo_endpoint": of("userinfo"),
        });
        self.answers(&format!("{at}/.well-known/openid-configuration"), document);
        let keys: JwkSet = [self.key.public_jwk()].into_iter().collect();
        self.answers(&of("jwks"), serde_json::to_value(&keys).expect("prints"));
    }

    /// What a token says for this errand.
    fn claims(&self, issuer: &str) -> Value {
        json!({
            "iss": issuer, "sub": "1076915", "aud": CLIENT, "exp": NOW.as_seconds() + 60,
            "iat": NOW.as_seconds(), "nonce": self.errand.nonce, "email": "Ada@example.com",
            "email_verified": true, "name": "Ada",
        })
    }

    fn gives(&self, claims: &Value) {
        let id_token = self.key.sign(TokenType::Jwt, claims.to_string().as_bytes());
        self.answers(&format!("{ISSUER}/token"), json!({ "access_token": "at", "id_token": id_token }));
    }

    async fn outsider(&self) -> Result<Outsider, ProviderRefused> {
        self.providers.outsider(&self.registered, (&self.errand, "the code"), NOW).await
    }

    /// What was sent to the token endpoint.
    fn redeemed(&self) -> HashMap<String, String> {
        let asked = self.script.asked.lock();
        let form = asked.iter().find_map(|request| request.form.clone()).expect("a form");
        form_urlencoded::parse(form.as_bytes()).into_owned().collect()
    }
}

fn connection(provider: &str, at: ProviderPlace) -> Connection {
    let provider = ProviderName::parse(provider).expect("is one");
    Connection {
        id: ConnectionId::from_bytes([1; 16]),
        directory: DirectoryId::from_bytes([2; 16]),
        scopes: provider.kind().default_scopes(),
        provider,
        at,
        client_id: ProviderClientId::parse(CLIENT).expect("is one"),
        display_name: None,
        is_enabled: true,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn oidc() -> Stage {
    let stage = Stage::new("acme", ProviderPlace::Oidc(ProviderIssuer::parse(ISSUER).expect("is one")));
    stage.describes_itself(ISSUER, ISSUER);
    stage
}

fn apple_key() -> AppleKey {
    AppleKey::parse("A1B2C3D4E5", "K1K2K3K4K5").expect("is one")
}

fn unproved(reason: &str) -> Result<Outsider, ProviderRefused> {
    Err(ProviderRefused::Unproved(reason.to_owned()))
}

#[tokio::test]
async fn a_browser_is_sent_with_what_has_to_come_back() {
    let stage = oidc();
    let sending = stage.providers.authorization_url(&stage.registered.connection, &stage.errand, NOW);
    let url = Url::parse(&sending.await.expect("is asked")).expect("an address");
    assert!(url.as_str().starts_with("https://accounts.example/authorize?"), "{url}");
    let sent: HashMap<String, String> = url.query_pairs().into_owned().collect();
    let verifier = stage.errand.verifier.as_bytes();
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://shop.example/callback"),
        ("state", "oas_state"),
        ("nonce", &stage.errand.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(sent.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(sent["scope"].split(' ').count(), 3, "{}", sent["scope"]);
    assert_ne!(stage.errand.nonce.as_bytes(), verifier);
}

#[tokio::test]
async fn each_provider_is_asked_in_its_own_way() {
    for (provider, at, described, host, has) in [
        ("google", ProviderPlace::Google, Some("https://accounts.google.com"), ISSUER, [true, true, false]),
        ("apple", ProviderPlace::Apple(apple_key()), Some(preset::APPLE), ISSUER, [true, false, true]),
        ("github", ProviderPlace::Github(None), None, "https://github.com", [false, true, false]),
        ("facebook", ProviderPlace::Facebook, None, "https://www.facebook.com", [false, true, false]),
    ] {
        let stage = Stage::new(provider, at);
        if let Some(issuer) = described {
            stage.describes_itself(issuer, issuer);
        }
        let sending = stage.providers.authorization_url(&stage.registered.connection, &stage.errand, NOW);
        let url = sending.await.expect("is asked");
        assert!(url.starts_with(host), "{url}");
        let found = ["nonce=", "code_challenge=", "response_mode=form_post"].map(|part| url.contains(part));
        assert_eq!(found, has, "{url}");
    }
}

#[tokio::test]
async fn whoever_the_token_is_of_is_vouched_for() {
    let stage = oidc();
    stage.gives(&stage.claims(ISSUER));
    let ada = stage.outsider().await.expect("is vouched for");
    assert_eq!(ada.subject.as_str(), "1076915");
    assert_eq!(ada.email.map(|email| email.as_str().to_owned()).as_deref(), Some("Ada@example.com"));
    assert!(ada.email_verified && ada.name.is_some());
    let form = stage.redeemed();
    let expected = ("authorization_code", "the code", "https://shop.example/callback");
    assert_eq!((&*form["grant_type"], &*form["code"], &*form["redirect_uri"]), expected);
    assert_eq!(&form["code_verifier"], &**stage.errand.verifier);
    assert!(!form.contains_key("client_secret"));
    let asked = stage.script.asked.lock();
    let proof = asked.iter().find_map(|request| request.authorization.clone()).expect("a proof");
    assert_eq!(*proof, format!("Basic {}", STANDARD.encode("app%3A1:hush")));
}

#[tokio::test]
async fn a_token_that_proves_nothing_is_refused() {
    let now = NOW.as_seconds();
    for (member, value, reason) in [
        ("iss", json!("https://others.example"), "is of another issuer"),
        ("aud", json!("others"), "is for somebody else"),
        ("aud", json!([]), "is for somebody else"),
        ("aud", json!([CLIENT, "others"]), "was given to somebody else"),
        ("azp", json!("others"), "was given to somebody else"),
        ("exp", json!(now - 30), "has expired"),
        ("iat", json!(now + 31), "was issued in the future"),
        ("nonce", json!("another"), "answers another request"),
        ("nonce", json!(null), "answers another request"),
        ("at_hash", json!("another"), "came with the access token of another"),
        ("sub", json!(null), "lacks what it has to say"),
    ] {
        let stage = oidc();
        let mut claims = stage.claims(ISSUER);
        claims[member] = value.clone();
        stage.gives(&claims);
        assert_eq!(stage.outsider().await, unproved(&format!("the ID token {reason}")), "{member} {value}");
    }
    for (member, value) in [
        ("aud", json!(["others", CLIENT])),
        ("at_hash", json!(URL_SAFE_NO_PAD.encode(&sha256(b"at")[..16]))),
        ("exp", json!(now - 29)),
        ("iat", json!(now + 30)),
    ] {
        let stage = oidc();
        let mut claims = stage.claims(ISSUER);
        claims["azp"] = json!(CLIENT);
        claims[member] = value.clone();
        stage.gives(&claims);
        assert!(stage.outsider().await.is_ok(), "{member} {value}");
    }
}

#[tokio::test]
async fn somebody_elses_signature_proves_nothing() {
    let stage = oidc();
    let id = stage.key.id();
    let other = SigningKey::generate(SigningAlgorithm::Es256, id);
    let claims = stage.claims(ISSUER).to_string();
    let forged = other.sign(TokenType::Jwt, claims.as_bytes());
    let (_, payload) = forged.split_once('.').expect("has parts");
    let unsigned = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    for (token, reason) in [
        (json!(forged), "the ID token does not verify"),
        (json!(unsigned), "unusable ID token: the algorithm is none of ES256, ES384, RS256, PS256, EdDSA"),
        (json!(null), "there is no ID token for the code"),
    ] {
        stage.answers(&format!("{ISSUER}/token"), json!({ "access_token": "at", "id_token": token }));
        assert_eq!(stage.outsider().await, unproved(reason), "{token}");
    }
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_believed() {
    let stage = Stage::new("acme", ProviderPlace::Oidc(ProviderIssuer::parse(ISSUER).expect("is one")));
    stage.describes_itself("https://others.example", ISSUER);
    stage.gives(&stage.claims("https://others.example"));
    assert!(matches!(stage.outsider().await, Err(ProviderRefused::Unavailable(_))));
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_for() {
    for (sub, told) in [("1076915", true), ("2", false)] {
        let stage = oidc();
        let mut claims = stage.claims(ISSUER);
        claims["email"] = json!(null);
        stage.gives(&claims);
        let email = json!({ "sub": sub, "email": "ada@example.com", "email_verified": true });
        stage.answers(&format!("{ISSUER}/userinfo"), email);
        let outsider = stage.outsider().await;
        if told {
            let ada = outsider.expect("is vouched for");
            assert!(ada.email.is_some() && ada.email_verified);
        } else {
            assert_eq!(outsider, unproved("userinfo is of somebody else"));
        }
    }
}

#[tokio::test]
async fn an_address_is_proved_by_what_each_provider_says_of_it() {
    let tenant = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    let microsoft = || ProviderPlace::Microsoft(Some(ProviderIssuer::parse(tenant).expect("is one")));
    let google = "https://accounts.google.com";
    for (provider, at, issuer, member, value, proved) in [
        ("google", ProviderPlace::Google, google, "email_verified", json!(true), true),
        ("google", ProviderPlace::Google, google, "email_verified", json!(false), false),
        ("google", ProviderPlace::Google, google, "email_verified", json!(null), false),
        ("google", ProviderPlace::Google, google, "email", json!("no address"), false),
        ("microsoft", microsoft(), tenant, "email_verified", json!(true), false),
        ("microsoft", microsoft(), tenant, "xms_edov", json!(true), true),
        ("microsoft", microsoft(), tenant, "xms_edov", json!("1"), true),
        ("microsoft", microsoft(), tenant, "xms_edov", json!(0), false),
    ] {
        let stage = Stage::new(provider, at);
        stage.describes_itself(issuer, issuer);
        let mut claims = stage.claims(issuer);
        claims[member] = value.clone();
        stage.gives(&claims);
        let outsider = stage.outsider().await.expect("is vouched for");
        assert_eq!(outsider.email_verified, proved, "{provider} {member} {value}");
    }
}

#[tokio::test]
async fn to_apple_an_application_signs_who_it_is() {
    let mut stage = Stage::new("apple", ProviderPlace::Apple(apple_key()));
    let pem = STANDARD.encode(stage.key.to_pkcs8().as_slice());
    stage.registered.secret =
        Zeroizing::new(format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n"));
    stage.describes_itself(preset::APPLE, preset::APPLE);
    let mut claims = stage.claims(preset::APPLE);
    claims["email_verified"] = json!("true");
    stage.gives(&claims);
    assert!(stage.outsider().await.expect("is vouched for").email_verified);
    let form = stage.redeemed();
    assert!(!form.contains_key("code_verifier"), "Apple knows none");
    let jws = Jws::parse(&form["client_secret"]).expect("a token");
    assert_eq!(jws.header().key_id(), Some("K1K2K3K4K5"));
    let public = VerifyingKey::from_jwk(&stage.key.public_jwk()).expect("a key");
    assert_eq!(jws.verify(&public), Ok(()));
    let said: Value = serde_json::from_slice(jws.payload()).expect("JSON");
    let expected = json!({
        "iss": "A1B2C3D4E5", "sub": CLIENT, "aud": preset::APPLE, "iat": NOW.as_seconds(),
        "exp": NOW.as_seconds() + 300,
    });
    assert_eq!(said, expected);
}

#[tokio::test]
async fn github_tells_by_its_api() {
    let stage = Stage::new("github", ProviderPlace::Github(None));
    stage.answers("https://github.com/login/oauth/access_token", json!({ "access_token": "gho_1" }));
    stage.answers("https://api.github.com/user", json!({ "id": 5, "login": "ada", "name": null }));
    for (primary, verified) in [(true, true), (true, false), (false, true)] {
        let addresses = json!([
            { "email": "other@example.com", "primary": false, "verified": true },
            { "email": "ada@example.com", "primary": primary, "verified": verified },
        ]);
        stage.answers("https://api.github.com/user/emails", addresses);
        let ada = stage.outsider().await.expect("is vouched for");
        assert_eq!((ada.subject.as_str(), ada.email.is_some()), ("5", primary));
        assert_eq!(ada.email_verified, primary && verified, "{primary} {verified}");
    }
    assert_eq!(stage.redeemed()["client_secret"], SECRET);
    let asked = stage.script.asked.lock();
    assert_eq!(
        asked.last().and_then(|last| last.authorization.clone()).as_deref().map(String::as_str),
        Some("Bearer gho_1")
    );
}

#[tokio::test]
async fn facebook_proves_no_address() {
    let stage = Stage::new("facebook", ProviderPlace::Facebook);
    let graph = "https://graph.facebook.com/v24.0";
    stage.answers(&format!("{graph}/oauth/access_token"), json!({ "access_token": "fb" }));
    stage.answers(&format!("{graph}/me"), json!({ "id": "7", "name": "Ada", "email": "ada@example.com" }));
    let ada = stage.outsider().await.expect("is vouched for");
    assert_eq!((ada.subject.as_str(), ada.email.is_some(), ada.email_verified), ("7", true, false));
    let tag = MacKey::of_text(SECRET).tag(b"fb");
    let asked = stage.script.asked.lock();
    let proof = asked.last().and_then(|last| last.url.split_once("appsecret_proof=")).expect("a proof").1;
    assert_eq!((proof.len(), u8::from_str_radix(&proof[..2], 16)), (64, Ok(tag[0])));
    assert_eq!(stage.registered.connection.kind(), ProviderKind::Facebook);
}

#[tokio::test]
async fn a_provider_that_fails_is_told_from_one_that_refuses() {
    let stage = oidc();
    for (status, is_unavailable) in [(503, true), (400, false)] {
        let answer = (status, json!({ "error": "invalid_grant" }));
        stage.script.answers.lock().insert(format!("{ISSUER}/token"), answer);
        let refused = stage.outsider().await.expect_err("no code is taken");
        assert_eq!(matches!(refused, ProviderRefused::Unavailable(_)), is_unavailable, "{status}");
    }
}
