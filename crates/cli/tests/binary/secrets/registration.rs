//! An application that registers itself.

use reqwest::Method;
use serde_json::json;

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const PATH: &str = "/oauth2/register";

impl Visitor {
    /// Is let in by a token, gets one by its secret, changes what it said, and
    /// shows each of the three where it is no good.
    pub(super) async fn register_itself(&self, admin: &str, needles: &mut Needles) {
        let open = json!({ "client_registration": "token" });
        self.ask(self.api(Method::PATCH, "/tenant", admin).json(&open)).await;
        let made = self.ask(self.api(Method::POST, "/registration-tokens", admin).json(&json!({}))).await;
        let initial = text(&data(&made)["token"]).to_owned();
        let said = json!({ "grant_types": ["client_credentials"] });
        let register = |token: &str| {
            let request = self.client.post(format!("{}{PATH}", self.url));
            request.bearer_auth(token).json(&said)
        };
        let told = self.ask(register(&initial)).await;
        let (id, secret) = (text(&told["client_id"]), text(&told["client_secret"]));
        let access = text(&told["registration_access_token"]);
        let form = [("grant_type", "client_credentials")];
        let token = self.ask(self.form("/oauth2/token", &form).basic_auth(id, Some(secret))).await;
        needles.add("a registered client's token", text(&token["access_token"]));
        // Used up, and in the wrong place.
        self.ask(register(&initial)).await;
        self.ask(register(access)).await;
        let at = format!("{}{PATH}/{id}", self.url);
        for shown in [access, secret, initial.as_str()] {
            self.ask(self.client.get(&at).bearer_auth(shown)).await;
            self.ask(self.api(Method::GET, "/applications", shown)).await;
            let changed =
                json!({ "client_id": id, "client_secret": shown, "grant_types": ["client_credentials"] });
            self.ask(self.client.put(&at).bearer_auth(access).json(&changed)).await;
        }
        for (what, needle) in [
            ("an initial access token", initial.as_str()),
            ("a registered client's secret", secret),
            ("a registration access token", access),
        ] {
            needles.add(what, needle);
        }
    }
}
