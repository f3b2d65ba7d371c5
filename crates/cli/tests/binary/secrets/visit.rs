//! A visitor who uses everything that is secret, rightly and wrongly.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::needles::Needles;
use super::{data, method};
use crate::harness::{client_of, text};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Well formed, with a checksum that fits, and nobody's.
const WRONG: &str = "wrong-secret-9fQ2xV7nLb4Rk";

pub(crate) struct Visitor {
    pub(super) client: Client,
    pub(super) url: String,
    folder: PathBuf,
}

/// Writes `cert.pem` and `key.pem` for localhost.
pub(crate) fn write_certificate(folder: &Path) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    std::fs::write(folder.join("cert.pem"), pair.cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem()).expect("written");
}

impl Visitor {
    /// Trusts the certificate in the folder, if there is one.
    pub(crate) fn new(url: &str, folder: &Path) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = Client::builder().no_proxy().redirect(Policy::none());
        if let Ok(pem) = std::fs::read(folder.join("cert.pem")) {
            builder = builder.tls_certs_only([Certificate::from_pem(&pem).expect("a certificate")]);
        }
        Self { client: builder.build().expect("a client"), url: url.to_owned(), folder: folder.to_owned() }
    }

    /// Adds all that was secret; the administrator's token, and the id of an
    /// application it made.
    pub(crate) async fn use_everything(&self, made: &Value, needles: &mut Needles) -> (String, String) {
        let native = client_of(&made["native"]);
        needles.add("the first secret", native.1);
        let admin = self.token(native, needles).await;
        let (id, secret) = self.own_a_secret(&admin, needles).await;
        self.show_an_api_key(&admin, needles).await;
        self.be_a_service_account(&admin, needles).await;
        self.register_itself(&admin, needles).await;
        self.use_a_session(&admin, needles).await;
        self.keep_in_the_vault(&admin, needles).await;
        self.speak_basis_theory(&admin, needles).await;
        self.integrate(&admin, needles).await;
        self.prove_by_a_key(&admin, needles).await;
        self.connect(&admin, needles).await;
        let (user, password) = self.set_passwords(&admin, needles).await;
        self.be_somebody((&admin, &self.folder), (&user, password), needles).await;
        let token = self.token((&id, &secret), needles).await;
        for path in ["/oauth2/introspect", "/oauth2/revoke"] {
            self.ask(self.form(path, &[("token", &token)]).basic_auth(&id, Some(&secret))).await;
        }
        for misplaced in [secret.as_str(), admin.as_str(), WRONG] {
            self.misplace(&admin, &id, misplaced).await;
            self.claim(&id, misplaced).await;
        }
        needles.add("a wrong secret", WRONG);
        (admin, id)
    }

    /// While there is no table of credentials.
    pub(crate) async fn meet_a_broken_database(&self, (admin, id): &(String, String), needles: &mut Needles) {
        for path in ["/applications".to_owned(), format!("/applications/{id}/rotate-secret")] {
            let body = json!({ "name": "Never", "type": "m2m" });
            let request = self.api(Method::POST, &path, admin);
            let request = if path.ends_with("secret") { request } else { request.json(&body) };
            let answer = self.ask(request).await;
            assert_eq!(answer["error"], "internal_error", "{answer}");
        }
        for secret in ["lost-secret-Jw5Tn8Yc3Hd", "lost-secret-Bk2Mz6Pv9Gf"] {
            let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
            self.ask(self.form("/oauth2/token", &form)).await;
            self.ask(self.api(Method::GET, "/applications", secret)).await;
            needles.add("a secret that met a broken database", secret);
        }
    }

    /// Creates, rotates and adds; one of them that is live.
    async fn own_a_secret(&self, admin: &str, needles: &mut Needles) -> (String, String) {
        let body =
            json!({ "name": "Billing of secrets", "type": "m2m", "allowed_scopes": ["applications:read"] });
        let create = self.api(Method::POST, "/applications", admin).header("idempotency-key", "secrets-1");
        let created = self.ask(create.json(&body)).await;
        let (id, first) = client_of(data(&created));
        let path = format!("/applications/{id}");
        let rotated = self.ask(self.api(Method::POST, &format!("{path}/rotate-secret"), admin)).await;
        let second = text(&data(&rotated)["client_secret"]);
        let add = self.api(Method::POST, &format!("{path}/credentials"), admin);
        let added = self.ask(add.json(&json!({ "name": "Frankfurt" }))).await;
        let third = text(&data(&added)["client_secret"]);
        for secret in [first, second, third] {
            needles.add("a client secret", secret);
            self.token((id, secret), needles).await;
        }
        // A name that is taken is refused by the database, with what was sent.
        for _ in 0..2 {
            let named = json!({ "name": "Twice", "type": "m2m", "slug": "twice" });
            let twice = self.ask(self.api(Method::POST, "/applications", admin).json(&named)).await;
            if let Some(secret) = data(&twice)["client_secret"].as_str() {
                needles.add("a client secret", secret);
            }
        }
        (id.to_owned(), third.to_owned())
    }

    /// Has one verified, in its place and in others; and one that is nobody's.
    async fn show_an_api_key(&self, admin: &str, needles: &mut Needles) {
        let body = json!({ "name": "Holder of a key", "type": "m2m" });
        let created = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        let path = format!("/applications/{}", text(&data(&created)["id"]));
        let access = json!({ "kind": "private", "permissions": ["token:read"] });
        self.ask(self.api(Method::PUT, &format!("{path}/access"), admin).json(&access)).await;
        let made = self.ask(self.api(Method::POST, &format!("{path}/keys"), admin)).await;
        let (id, key) = (text(&data(&made)["id"]), text(&data(&made)["key"]));
        let verify =
            async |body: Value| self.ask(self.api(Method::POST, "/keys/verify", admin).json(&body)).await;
        let verified = verify(json!({ "key": key })).await;
        assert_eq!(data(&verified)["valid"], true, "{verified}");
        for key in [key, "key_prod_us_pvt_wrong-Zs8Yq3Rt6Vw"] {
            for body in [
                json!({ "key": key, "permission": key }),
                json!({ "key": [key] }),
                json!({ "key": "x", "permission": "token:read", "container": format!("/{key}/") }),
                json!({ "key": "x", "permission": "token:read", "container": format!("/{key}!/") }),
                json!({ key: "a member" }),
            ] {
                verify(body).await;
            }
            self.ask(self.api(Method::GET, &format!("{path}/keys/{key}"), admin)).await;
            self.ask(self.api(Method::GET, "/applications", key)).await;
            needles.add("an API key", key);
        }
        self.ask(self.api(Method::DELETE, &format!("{path}/keys/{id}"), admin)).await;
        let revoked = verify(json!({ "key": key })).await;
        assert_eq!(data(&revoked)["reason"], "revoked", "{revoked}");
    }

    /// Tells what providers gave out, rightly and wrongly.
    async fn connect(&self, admin: &str, needles: &mut Needles) {
        let body = json!({ "name": "Connected", "type": "server", "user_pool": "application" });
        let created = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        let path = format!("/applications/{}/connections", text(&data(&created)["id"]));
        let [first, next, wrong, key] = ["Xq4Rn9Tb2Lw", "Hd7Vk3Mz8Ps", "Cf6Jy1Gt5Nv", "Ua2Ed9Wm4Ko"]
            .map(|random| format!("provider-secret-{random}"));
        for (provider, secret) in [("google", &first), ("Not one", &wrong)] {
            let body = json!({ "provider": provider, "client_id": "a", "client_secret": secret });
            let request = self
                .api(Method::POST, &path, admin)
                .header("idempotency-key", format!("connect-{}", provider.len()));
            self.ask(request.json(&body)).await;
        }
        let apple = json!({ "team_id": "A1B2C3D4E5", "key_id": "K1K2K3K4K5", "private_key": key });
        let body = json!({ "provider": "apple", "client_id": "a", "apple": apple });
        self.ask(self.api(Method::POST, &path, admin).json(&body)).await;
        for body in [json!({ "client_secret": next }), json!({ "scopes": wrong, "client_secret": wrong })] {
            self.ask(self.api(Method::PATCH, &format!("{path}/google"), admin).json(&body)).await;
        }
        let kept = self.ask(self.api(Method::GET, &path, admin)).await;
        assert_eq!(data(&kept)[0]["provider"], "google", "{kept}");
        for secret in [first, next, wrong, key] {
            needles.add("a provider's secret", &secret);
        }
    }

    /// Signs an assertion; shows the private key where the public one belongs.
    async fn prove_by_a_key(&self, admin: &str, needles: &mut Needles) {
        let key = SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([7; 16]));
        let public = serde_json::to_value(key.public_jwk()).expect("texts");
        let body = json!({
            "name": "By a key", "type": "m2m", "allowed_scopes": ["applications:read"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [public] },
        });
        let created = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        let id = text(&data(&created)["id"]);
        for (jti, aud) in [("one", self.issuer().await), ("two", "https://elsewhere.example".to_owned())] {
            let assertion = sign(&key, &public, id, (&aud, jti));
            for grant in ["client_credentials", "password"] {
                let form = [
                    ("grant_type", grant),
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", &assertion),
                ];
                let answer = self.ask(self.form("/oauth2/token", &form)).await;
                if let Some(token) = answer["access_token"].as_str() {
                    needles.add("an access token", token);
                }
            }
            self.ask(self.api(Method::GET, "/applications", &assertion)).await;
            needles.add("an assertion", &assertion);
        }
        self.show_the_private_key(admin, (id, &key, &public), needles).await;
    }

    async fn show_the_private_key(
        &self,
        admin: &str,
        (id, key, public): (&str, &SigningKey, &Value),
        needles: &mut Needles,
    ) {
        let pkcs8 = key.to_pkcs8();
        let private =
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &pkcs8[36..68]);
        let mut whole = public.clone();
        whole["d"] = json!(private);
        let path = format!("/applications/{id}");
        let jwks = json!({ "jwks": { "keys": [whole] } });
        let refused = self.ask(self.api(Method::PATCH, &path, admin).json(&jwks)).await;
        assert_eq!(refused["error"], "invalid_field", "{refused}");
        needles.add("a private key", &private);
        needles.add_bytes("a private key", &pkcs8[36..68]);
    }

    /// A person's: one that is taken, one that is too short, each in the wrong
    /// place as well. The person's path, and the one that is theirs.
    async fn set_passwords(&self, admin: &str, needles: &mut Needles) -> (String, &'static str) {
        const GOOD: &str = "a-password-Hq7Wd2Rk9Tz4";
        let body = json!({ "email": "ada@example.com" });
        let created = self.ask(self.api(Method::POST, "/users", admin).json(&body)).await;
        let user = format!("/users/{}", text(&data(&created)["id"]));
        let path = format!("{user}/password");
        for password in [GOOD, "weak-Bq83x"] {
            for body in [
                json!({ "password": password }),
                json!({ "password": [password] }),
                json!({ "password": password, "passphrase": password }),
                json!({ password: "a member" }),
                json!(password),
            ] {
                self.ask(self.api(Method::PUT, &path, admin).json(&body)).await;
                self.ask(self.api(Method::PATCH, &user, admin).json(&body)).await;
            }
            let broken = self.api(Method::PUT, &path, admin).body(format!("{{\"password\":\"{password}"));
            self.ask(broken.header("content-type", "application/json")).await;
            needles.add("a person's password", password);
        }
        let shown = self.ask(self.api(Method::GET, &user, admin)).await;
        assert!(data(&shown)["password_changed_at"].is_string(), "{shown}");
        (user, GOOD)
    }

    /// Where it does not belong, and is refused.
    async fn misplace(&self, admin: &str, id: &str, secret: &str) {
        let own = format!("/applications/{id}");
        for path in [
            format!("/applications?limit={secret}"),
            format!("/applications?cursor={secret}"),
            format!("/applications?state={secret}"),
            format!("/applications?client_secret={secret}"),
            format!("/applications?access_token={secret}"),
            format!("/applications/{secret}"),
            format!("/applications/{secret}/credentials"),
            format!("{own}/credentials?secret={secret}"),
            format!("/audit?application={secret}"),
            format!("/{secret}"),
        ] {
            self.ask(self.api(Method::GET, &path, admin)).await;
        }
        for body in [
            json!({ "access_token_ttl_s": secret }),
            json!({ "tags": secret, "client_secret": secret }),
            json!({ secret: "a member" }),
            json!({ "redirect_uris": [format!("https://app.example/#{secret}")] }),
            json!({ "jwks_uri": format!("http://user:{secret}@keys.example/") }),
            json!({ "allowed_scopes": [format!("no scope {secret}")] }),
            json!({ "type": secret }),
            json!(secret),
        ] {
            self.ask(self.api(Method::PATCH, &own, admin).json(&body)).await;
            self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        }
        let broken = format!("{{\"client_secret\":\"{secret}\"");
        self.ask(self.api(Method::POST, "/applications", admin).body(broken.clone())).await;
        let broken = self.api(Method::POST, "/applications", admin).body(broken);
        self.ask(broken.header("content-type", "application/json")).await;
        let named = self.api(Method::DELETE, &format!("{own}/credentials/{secret}"), admin);
        self.ask(named).await;
        self.ask(self.api(Method::DELETE, &format!("/scopes/{secret}%20"), admin)).await;
        self.ask(self.api(method("SECRET"), &format!("/{secret}"), admin)).await;
    }

    /// As a proof that is none, or in a place where none is asked for.
    async fn claim(&self, id: &str, secret: &str) {
        let url = format!("{}/api/v1/applications", self.url);
        for value in [
            format!("Token {secret}"),
            format!("Basic {secret}"),
            format!("Bearer {secret}x"),
            format!("bearer  {secret}"),
            secret.to_owned(),
        ] {
            self.ask(self.client.get(&url).header("authorization", &value)).await;
            let form = self.form("/oauth2/token", &[("grant_type", "client_credentials")]);
            self.ask(form.header("authorization", value)).await;
        }
        for name in
            ["x-api-key", "cookie", "user-agent", "referer", "x-request-id", "if-match", "x-forwarded-for"]
        {
            self.ask(self.client.get(&url).header(name, secret)).await;
            self.ask(self.client.get(format!("{}/{secret}", self.url)).header(name, secret)).await;
        }
        for form in [
            [("grant_type", secret), ("client_id", id)],
            [("grant_type", "client_credentials"), ("client_id", secret)],
            [("client_secret", WRONG), ("client_id", id)],
            [("client_secret", secret), ("client_id", UNKNOWN)],
            [("client_assertion", secret), ("client_assertion_type", ASSERTION_TYPE)],
            [("scope", secret), ("client_id", id)],
            [("resource", secret), ("audience", secret)],
            [("token", secret), ("client_id", secret)],
            [(secret, "a field"), (secret, "twice")],
        ] {
            for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
                self.ask(self.form(path, &form)).await;
                let credentials = [("grant_type", "client_credentials"), form[0], form[1]];
                self.ask(self.form(path, &credentials).basic_auth(id, Some(WRONG))).await;
                self.ask(self.form(path, &form[..1]).basic_auth(secret, Some(secret))).await;
            }
        }
        let query = format!("/oauth2/token?client_id={id}&client_secret={secret}");
        self.ask(self.form(&query, &[("grant_type", "client_credentials")])).await;
    }

    async fn token(&self, (id, secret): (&str, &str), needles: &mut Needles) -> String {
        let form = self.form("/oauth2/token", &[("grant_type", "client_credentials")]);
        let answer = self.ask(form.basic_auth(id, Some(secret))).await;
        let token = text(&answer["access_token"]).to_owned();
        needles.add("an access token", &token);
        token
    }

    async fn issuer(&self) -> String {
        let path = format!("{}/.well-known/openid-configuration", self.url);
        text(&self.ask(self.client.get(path)).await["issuer"]).to_owned()
    }

    pub(super) fn api(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(token)
    }

    pub(super) fn form(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).form(form)
    }

    pub(super) async fn ask(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer").text().await.expect("UTF-8");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }
}

/// Nobody has it.
const UNKNOWN: &str = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

/// Made with a library that is not ours.
fn sign(key: &SigningKey, public: &Value, id: &str, (aud, jti): (&str, &str)) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let claims = json!({ "iss": id, "sub": id, "aud": aud, "exp": now + 60, "iat": now, "jti": jti });
    let mut header = Header::new(Algorithm::ES256);
    header.kid = public["kid"].as_str().map(str::to_owned);
    let key = EncodingKey::from_ec_der(&key.to_pkcs8());
    jsonwebtoken::encode(&header, &claims, &key).expect("a signature")
}
