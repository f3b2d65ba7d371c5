//! A program that administers the tenant in its own name.

use reqwest::Method;
use serde_json::json;

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

impl Visitor {
    /// Gets tokens by its first secret and by the next, and by wrong ones; and
    /// what it got is traded in where it must not be.
    pub(super) async fn be_a_service_account(&self, admin: &str, needles: &mut Needles) {
        let new = json!({ "name": "Deployments" });
        let made = self.ask(self.api(Method::POST, "/service-accounts", admin).json(&new)).await;
        let id = text(&data(&made)["id"]).to_owned();
        let rotate = self.api(Method::POST, &format!("/service-accounts/{id}/rotate-secret"), admin);
        let first = text(&data(&made)["client_secret"]).to_owned();
        self.get_a_token((&id, &first), needles).await;
        let rotated = self.ask(rotate).await;
        let second = text(&data(&rotated)["client_secret"]).to_owned();
        let token = self.get_a_token((&id, &second), needles).await;
        self.ask(self.api(Method::GET, "/applications", &token)).await;
        // No longer good, and in the wrong place.
        self.ask(
            self.form("/oauth2/token", &[("grant_type", "client_credentials")]).basic_auth(&id, Some(&first)),
        )
        .await;
        self.ask(self.api(Method::GET, "/applications", &second)).await;
        let exchange = [("grant_type", EXCHANGE), ("subject_token", &token), ("subject_token_type", ACCESS)];
        self.ask(self.form("/oauth2/token", &exchange).basic_auth(&id, Some(&second))).await;
        for secret in [&first, &second] {
            needles.add("a service account's secret", secret);
        }
    }

    async fn get_a_token(&self, (id, secret): (&str, &str), needles: &mut Needles) -> String {
        let form = [("grant_type", "client_credentials")];
        let answer = self.ask(self.form("/oauth2/token", &form).basic_auth(id, Some(secret))).await;
        let token = text(&answer["access_token"]).to_owned();
        needles.add("a service account's token", &token);
        token
    }
}
