//! A person who signs in, mistypes, and follows the links that they are mailed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use appkeep_keys::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const EMAIL: &str = "ada@example.com";
const REDIRECT_URI: &str = "https://app.example/callback";
const VERIFIER: &str = "the-verifier-that-nobody-is-to-find-9Xw2Lq7Rb4Tz";

/// What a browser was shown, or where it was sent.
struct Page {
    html: String,
    location: String,
}

/// Keeps cookies, and fills in forms.
struct Browser<'a> {
    client: &'a Client,
    url: &'a str,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// `user` is their path in the API, and `password` is theirs.
    pub(super) async fn be_somebody(
        &self,
        (admin, folder): (&str, &Path),
        (user, password): (&str, &str),
        needles: &mut Needles,
    ) {
        let mut browser = Browser { client: &self.client, url: &self.url, cookies: BTreeMap::new() };
        let client_id = self.register(admin).await;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()));
        let ask = format!(
            "/oauth2/authorize?response_type=code&client_id={client_id}&redirect_uri={REDIRECT_URI}\
             &scope=openid+offline_access&state=s&code_challenge={challenge}&code_challenge_method=S256"
        );
        let page = browser.get(&ask).await;
        for (identifier, typed) in [(EMAIL, "mistyped-Kd83Vb6Qn1"), ("nobody", "mistyped-Wp4Xz9Rm2")] {
            browser.submit(&page, &[("identifier", identifier), ("password", typed)]).await;
            needles.add("a password that was mistyped", typed);
        }
        // In the wrong fields.
        browser.submit(&page, &[("identifier", password), ("password", EMAIL)]).await;
        browser.submit(&page, &[("identifier", EMAIL), (password, password)]).await;
        let back = browser.submit(&page, &[("identifier", EMAIL), ("password", password)]).await;
        let code = after(&back.location, "code=").expect("a code");
        needles.add("a code", code);
        needles.add("the cookie of a sign-in", &browser.cookie("appkeep_session"));
        self.trade(&client_id, code, needles).await;
        needles.add_but_not_digests("a verifier", VERIFIER);
        self.follow_links((admin, folder), user, (&mut browser, needles)).await;
    }

    async fn register(&self, admin: &str) -> String {
        let body = json!({
            "name": "For somebody", "type": "spa", "redirect_uris": [REDIRECT_URI],
            "allowed_scopes": ["openid", "offline_access"],
        });
        let made = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        text(&data(&made)["client_id"]).to_owned()
    }

    /// Twice each, which is once too often.
    async fn trade(&self, client_id: &str, code: &str, needles: &mut Needles) {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT_URI),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        let tokens = self.ask(self.form("/oauth2/token", &form)).await;
        for token in ["access_token", "refresh_token", "id_token"] {
            needles.add(token, text(&tokens[token]));
        }
        let userinfo = self.client.get(format!("{}/oauth2/userinfo", self.url));
        self.ask(userinfo.bearer_auth(text(&tokens["access_token"]))).await;
        let refresh_token = text(&tokens["refresh_token"]);
        let refresh =
            [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        let renewed = self.ask(self.form("/oauth2/token", &refresh)).await;
        needles.add("a refresh token", text(&renewed["refresh_token"]));
        self.ask(self.api(Method::GET, "/applications", refresh_token)).await;
        self.ask(self.form("/oauth2/token", &form)).await;
        self.ask(self.form("/oauth2/token", &refresh)).await;
    }

    /// One to choose a password, one to verify the address; and each where it
    /// does not belong.
    async fn follow_links(
        &self,
        (admin, folder): (&str, &Path),
        user: &str,
        (browser, needles): (&mut Browser<'_>, &mut Needles),
    ) {
        let chosen = "a-chosen-password-Yb5Nf8Jc3";
        for (asks, leads) in
            [("mail-password-link", "/reset-password"), ("mail-verification-link", "/verify-address")]
        {
            self.ask(self.api(Method::POST, &format!("{user}/{asks}"), admin)).await;
            let token = mailed(&folder.join("appkeep-data/mail"), leads).await;
            needles.add("a mailed link", &token);
            for path in ["/reset-password", "/verify-address", "/account", "/nowhere"] {
                browser.get(&format!("{path}?token={token}")).await;
                browser.get(&format!("{path}/{token}")).await;
            }
            let page = browser.get(&format!("{leads}?token={token}")).await;
            assert!(page.html.contains("<form"), "{}", page.html);
            for typed in ["short", chosen] {
                browser.submit(&page, &[("new_password", typed)]).await;
            }
            browser.get(&format!("{leads}?token={token}")).await;
        }
        needles.add("a chosen password", chosen);
    }
}

/// What is behind the link in the newest mail that leads there.
async fn mailed(folder: &Path, leads: &str) -> String {
    for _ in 0..500 {
        let mails = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let texts = mails.filter_map(|mail| std::fs::read_to_string(mail.path()).ok());
        // Quoted-printable (RFC 2045 §6.7).
        let mut plain = texts.map(|text| text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "="));
        let found = plain.find_map(|text| after(&text, &format!("{leads}?token=")).map(str::to_owned));
        match found {
            Some(token) => return token,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("no mail in {} leads to {leads}", folder.display());
}

/// The word that follows.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(name)?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

impl Browser<'_> {
    async fn get(&mut self, path: &str) -> Page {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    async fn submit(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let between = |text: &str, before: &str| {
            let (_, rest) = text.split_once(before).expect("is a form");
            rest.split('"').next().unwrap_or_default().replace("&#38;", "&")
        };
        let action = between(&page.html, "<form method=\"post\" action=\"");
        let inputs = page.html.split("<input type=\"hidden\" ").skip(1);
        let mut fields: Vec<(String, String)> =
            inputs.map(|input| (between(input, "name=\""), between(input, "value=\""))).collect();
        fields.extend(typed.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        self.send(self.client.post(format!("{}{action}", self.url)).form(&fields)).await
    }

    fn cookie(&self, name: &str) -> String {
        self.cookies.iter().find(|(known, _)| known.ends_with(name)).expect("is signed in").1.clone()
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, cookies.join("; ")).send().await.expect("an answer");
        for line in answer.headers().get_all(SET_COOKIE) {
            let line = line.to_str().expect("ASCII");
            let (name, rest) = line.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = answer.headers().get(LOCATION).map(|value| value.to_str().expect("ASCII").to_owned());
        Page { location: location.unwrap_or_default(), html: answer.text().await.expect("UTF-8") }
    }
}
