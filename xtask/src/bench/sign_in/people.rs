//! People and applications to measure with, made as an administrator makes them.

use std::thread;

use serde_json::json;

use crate::Failure;
use crate::bench::connection::{Connection, Head, JSON};
use crate::bench::page::encoded;
use crate::bench::registry::{AFTER_A_NEW_PASSWORD, Registry, text};
use crate::bench::server::Server;

/// Everybody's.
pub(super) const PASSWORD: &str = "correct horse battery";
const REDIRECT_URI: &str = "https://shop.example/callback";
/// Those of RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// All failures that are measured come from one address.
const PATIENCE: &str = r#"{"free_failures":100}"#;

/// Who is in the tenant's directory.
pub(super) struct People {
    /// Their addresses.
    pub(super) names: Vec<String>,
    connection: Connection,
    authorization: String,
}

/// A single-page application that asks for no consent.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) client_id: String,
    /// Where it sends browsers.
    pub(super) authorize_path: String,
}

impl People {
    /// So many, each with [`PASSWORD`].
    pub(super) fn settle(server: &Server, registry: &Registry, count: usize) -> Result<Self, Failure> {
        let mut connection = server.connect()?;
        let authorization = registry.admin_authorization(&mut connection)?;
        let names = numbered("person", count);
        names.iter().try_for_each(|name| admit(&mut connection, &authorization, name))?;
        let patience = manage("PATCH", "/api/v1/directory", &authorization);
        connection.answered(patience, PATIENCE, &[200])?;
        thread::sleep(AFTER_A_NEW_PASSWORD);
        Ok(Self { names, connection, authorization })
    }

    /// An application whose ID tokens are signed with the algorithm.
    pub(super) fn register(&mut self, algorithm: &str) -> Result<Application, Failure> {
        let body = json!({
            "type": "spa",
            "name": format!("Shop {algorithm}"),
            "redirect_uris": [REDIRECT_URI],
            "allowed_scopes": ["openid", "profile", "email", "offline_access"],
            "id_token_signing_alg": algorithm,
        });
        let head = manage("POST", "/api/v1/applications", &self.authorization);
        let made = self.connection.ask(head, &body.to_string())?;
        Ok(Application::new(text(&made["data"], "client_id")?))
    }
}

impl Application {
    fn new(client_id: String) -> Self {
        let authorize_path = format!(
            "/oauth2/authorize?response_type=code&client_id={client_id}&redirect_uri={}&\
             scope=openid+email+offline_access&state=xyz&nonce=n1&code_challenge={CHALLENGE}&\
             code_challenge_method=S256",
            encoded(REDIRECT_URI)
        );
        Self { client_id, authorize_path }
    }

    /// The form that trades a code (RFC 6749 §4.1.3).
    pub(super) fn trade_form(&self, code: &str) -> String {
        format!(
            "grant_type=authorization_code&client_id={}&code={}&redirect_uri={}&code_verifier={VERIFIER}",
            self.client_id,
            encoded(code),
            encoded(REDIRECT_URI)
        )
    }

    /// The form that trades a refresh token (RFC 6749 §6).
    pub(super) fn refresh_form(&self, token: &str) -> String {
        format!("grant_type=refresh_token&client_id={}&refresh_token={}", self.client_id, encoded(token))
    }
}

/// Addresses that are all as long.
pub(super) fn numbered(who: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{who}-{number:05}@people.example")).collect()
}

fn admit(connection: &mut Connection, authorization: &str, name: &str) -> Result<(), Failure> {
    let user = json!({ "email": name }).to_string();
    let made = connection.ask(manage("POST", "/api/v1/users", authorization), &user)?;
    let path = format!("/api/v1/users/{}/password", text(&made["data"], "id")?);
    let password = json!({ "password": PASSWORD }).to_string();
    connection.answered(manage("PUT", &path, authorization), &password, &[204]).map(|_| ())
}

fn manage<'a>(method: &'a str, path: &'a str, authorization: &'a str) -> Head<'a> {
    Head { method, content_type: Some(JSON), ..Head::get(path, Some(authorization)) }
}
