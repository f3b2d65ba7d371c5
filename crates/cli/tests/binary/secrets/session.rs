//! A session of the vault: its key and its nonce, rightly and wrongly.

use reqwest::Method;
use serde_json::{Value, json};

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

impl Visitor {
    /// Starts one and authorizes it, twice; shows either secret in the other's
    /// place, and in places where none belongs.
    pub(crate) async fn use_a_session(&self, admin: &str, needles: &mut Needles) {
        let public = self.holder(admin, ("spa", "public", "token:create")).await;
        let private = self.holder(admin, ("m2m", "private", "token:read")).await;
        let start = self.api(Method::POST, "/vault/sessions", &public).header("idempotency-key", "session-1");
        let started = self.ask(start).await;
        let (key, nonce) = (text(&data(&started)["session_key"]), text(&data(&started)["nonce"]));
        let authorize = async |by: &str, body: Value| {
            self.ask(self.api(Method::POST, "/vault/sessions/authorize", by).json(&body)).await
        };
        let granted = json!({ "nonce": nonce, "permissions": ["token:read"] });
        assert_eq!(authorize(&private, granted.clone()).await, Value::Null);
        assert_eq!(authorize(&private, granted.clone()).await["error"], "nonce_used");
        authorize(&public, granted).await;
        let who = self.ask(self.api(Method::POST, "/vault/sessions", key)).await;
        assert_eq!(who["error"], "forbidden", "{who}");
        for secret in [key, nonce, "key_prod_us_sess_wrong-Lw2Xc9Pf4Hn", "nonce_wrong-Qv7Bm3Kt8Zd"] {
            for body in [
                json!({ "nonce": secret, "permissions": ["token:read"] }),
                json!({ "nonce": [secret] }),
                json!({ "nonce": "x", "permissions": [secret], "expires_at": secret }),
                json!({ "nonce": "x", "rules": [{ "priority": 1, "container": secret, "transform": secret, "permissions": [] }] }),
                json!({ secret: "a member" }),
            ] {
                authorize(&private, body).await;
            }
            self.ask(self.api(Method::POST, "/vault/sessions", secret)).await;
            self.ask(self.api(Method::GET, "/applications", secret)).await;
            needles.add("a secret of a session", secret);
        }
        needles.add("an API key", &public);
        needles.add("an API key", &private);
    }

    /// The key of a new application.
    async fn holder(&self, admin: &str, (kind, access, permission): (&str, &str, &str)) -> String {
        let body = json!({ "name": "Of a session", "type": kind });
        let created = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        let path = format!("/applications/{}", text(&data(&created)["id"]));
        let access = json!({ "kind": access, "permissions": [permission] });
        self.ask(self.api(Method::PUT, &format!("{path}/access"), admin).json(&access)).await;
        let made = self.ask(self.api(Method::POST, &format!("{path}/keys"), admin)).await;
        text(&data(&made)["key"]).to_owned()
    }
}
