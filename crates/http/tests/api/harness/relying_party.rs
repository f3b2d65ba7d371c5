//! An application that people sign in to.

use appkeep_keys::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::browser::Page;
use super::{Answer, Browser, TestApp, User};

pub(crate) const REDIRECT_URI: &str = "https://shop.example/callback";
pub(crate) const AFTER_LOGOUT: &str = "https://shop.example/bye";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// What makes up every request of it (RFC 7636 §4.1).
const VERIFIER: &str = "the-verifier-of-every-request-that-the-tests-make";

/// A public client with PKCE.
pub(crate) struct RelyingParty<'a> {
    app: &'a TestApp,
    pub(crate) client_id: String,
    /// Where the address of the issuer begins that it asks.
    mount: String,
}

/// What an application holds of a person after a sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) id: Option<String>,
    /// The `sid` of the ID token.
    pub(crate) session: String,
}

impl<'a> RelyingParty<'a> {
    pub(crate) const fn new(app: &'a TestApp, client_id: String) -> Self {
        Self { app, client_id, mount: String::new() }
    }

    /// The same at the address of another issuer, such as `/t/acme`.
    pub(crate) fn asking(self, mount: &str) -> Self {
        Self { mount: mount.to_owned(), ..self }
    }

    /// Registers a single-page application that asks for no consent; what
    /// `body` names is otherwise.
    pub(crate) async fn register(full: &User<'a>, body: Value) -> Self {
        let mut whole = json!({
            "name": "Shop",
            "redirect_uris": [REDIRECT_URI],
            "post_logout_redirect_uris": [AFTER_LOGOUT],
            "allowed_scopes": ["openid", "profile", "email", "offline_access"],
        });
        let members = body.as_object().expect("an object").clone();
        whole.as_object_mut().expect("an object").extend(members);
        let kind = whole["type"].as_str().unwrap_or("spa").to_owned();
        let created = full.create(&kind, whole).await;
        Self::new(full.app(), created["client_id"].as_str().expect("text").to_owned()).asking(full.mount())
    }

    /// The same for an application that has a secret, and that secret.
    pub(crate) async fn confidential(full: &User<'a>, mut body: Value) -> (Self, String) {
        body["redirect_uris"] = json!([REDIRECT_URI]);
        body["allowed_scopes"] = json!(["openid", "profile", "email", "offline_access"]);
        let created = full.create("server", body).await;
        let text = |member: &str| created[member].as_str().expect("text").to_owned();
        (Self::new(full.app(), text("client_id")), text("client_secret"))
    }

    /// Where it sends a browser, with more parameters behind; `scope` is
    /// `openid email offline_access` unless they name one.
    pub(crate) fn authorize_path(&self, more: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid email offline_access"),
            ("state", "xyz"),
            ("nonce", "n1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        parameters.extend(more);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{}/oauth2/authorize?{query}", self.mount)
    }

    /// Trades what the browser brought (RFC 6749 §4.1.3).
    pub(crate) async fn trade(&self, code: &str) -> Answer {
        self.trade_with(code, &[]).await
    }

    /// The same with some of it otherwise; what is empty is left out.
    pub(crate) async fn trade_with(&self, code: &str, otherwise: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.ask_for_tokens(&usual, otherwise).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.refresh_with(refresh_token, &[]).await
    }

    /// The same with some of it otherwise; what is empty is left out.
    pub(crate) async fn refresh_with(&self, refresh_token: &str, otherwise: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("refresh_token", refresh_token),
        ];
        self.ask_for_tokens(&usual, otherwise).await
    }

    async fn ask_for_tokens(&self, usual: &[(&str, &str)], otherwise: &[(&str, &str)]) -> Answer {
        let usual = usual.iter().filter(|(name, _)| !otherwise.iter().any(|(other, _)| other == name));
        let whole = usual.chain(otherwise).filter(|(_, value)| !value.is_empty());
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(whole).finish();
        self.app.nobody().at(&self.mount).form("/oauth2/token", &form).await
    }

    /// The same application, asked for at another node.
    pub(crate) fn at<'b>(&self, node: &'b TestApp) -> RelyingParty<'b> {
        RelyingParty::new(node, self.client_id.clone()).asking(&self.mount)
    }

    /// Whether the userinfo endpoint takes the token.
    pub(crate) async fn is_good(&self, access_token: &str) -> bool {
        let user = self.app.bearing(access_token).at(&self.mount);
        let request = user.request(Method::GET, "/oauth2/userinfo");
        user.send(request, "").await.status == 200
    }

    /// Walks a browser through every page there is, allowing what is asked,
    /// until it is sent back; and trades the code.
    pub(crate) async fn sign_in(&self, browser: &Browser<'_>, identifier: &str) -> Tokens {
        let back = self.walk(browser, identifier, &[]).await;
        let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
        Tokens::of(&self.trade(&code).await.ok())
    }

    /// The same as far as to where the browser is sent back to.
    pub(crate) async fn walk(&self, browser: &Browser<'_>, identifier: &str, more: &[(&str, &str)]) -> Page {
        let mut page = browser.get(&self.authorize_path(more)).await;
        while page.location().is_none() {
            page = match page.form_action().strip_prefix(&self.mount).unwrap_or("another issuer's page") {
                "/sign-in" => browser.type_password(&page, identifier, PASSWORD).await,
                "/consent" => browser.submit(&page, &[("decision", "allow")]).await,
                "/choose-account" => browser.submit(&page, &[("account", "this")]).await,
                other => panic!("{other} is none of the pages of a sign-in"),
            };
        }
        page
    }
}

impl Tokens {
    /// Of an answer of the token endpoint.
    pub(crate) fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let access = text("access_token").expect("a token");
        let id = text("id_token");
        let session = id.as_deref().map(claims).and_then(|claims| claims["sid"].as_str().map(str::to_owned));
        Self { access, refresh: text("refresh_token"), id, session: session.unwrap_or_default() }
    }
}

/// What a token says; whether it is signed is another test's business.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}
