//! What integrations are shown, and as what we are registered there.

use reqwest::Method;
use serde_json::{Value, json};

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const TOKEN: &str = "integrated-token-4Rw9Jx2Kc";
const ANOTHER: &str = "integrated-token-7Bn3Vm8Qs";
const CLIENT_SECRET: &str = "integrated-client-5Ft1Yd6Gh";
const REFUSED: &str = "integrated-refusal-9Lz0Pe";

impl Visitor {
    /// Every place that takes a secret of an integration, rightly and wrongly.
    pub(super) async fn integrate(&self, admin: &str, needles: &mut Needles) {
        let by_token = json!({
            "name": "By token", "url": "https://10.0.0.1/mcp", "auth_mode": "server_token",
            "server_token": TOKEN,
        });
        let made = self.integration(admin, (Method::POST, ""), by_token).await;
        let path = format!("/{}", text(&data(&made)["id"]));
        self.integration(admin, (Method::PATCH, &path), json!({ "server_token": ANOTHER })).await;
        let reached = self.ask(self.api(Method::POST, &format!("/integrations{path}/validate"), admin)).await;
        assert_eq!(data(&reached)["validation_status"], "unreachable");
        let by_oauth = json!({ "name": "By OAuth", "url": "https://10.0.0.1/mcp", "auth_mode": "oauth" });
        let made = self.integration(admin, (Method::POST, ""), by_oauth).await;
        let path = format!("/{}/oauth", text(&data(&made)["id"]));
        let client = json!({
            "client_id": "abc", "client_secret": CLIENT_SECRET,
            "authorization_url": "https://10.0.0.1/authorize", "token_url": "https://10.0.0.1/token",
        });
        let set = self.integration(admin, (Method::PUT, &path), client).await;
        assert_eq!(data(&set)["client_secret_configured"], true);
        // What is refused was sent all the same.
        let wrong = json!({ "name": "Wrong", "url": "https://10.0.0.1", "server_token": REFUSED });
        let refused = self.integration(admin, (Method::POST, ""), wrong).await;
        assert!(refused["error"].is_string(), "{refused}");
        let wrong = json!({ "client_id": "abc", "client_secret": REFUSED });
        let refused = self.integration(admin, (Method::PUT, &path), wrong).await;
        assert!(refused["error"].is_string(), "{refused}");
        for secret in [TOKEN, ANOTHER, CLIENT_SECRET, REFUSED] {
            needles.add("what an integration is shown", secret);
        }
    }

    async fn integration(&self, admin: &str, (method, path): (Method, &str), body: Value) -> Value {
        self.ask(self.api(method, &format!("/integrations{path}"), admin).json(&body)).await
    }
}
