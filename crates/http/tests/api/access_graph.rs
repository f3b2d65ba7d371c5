//! `/api/v1/access-graph`, and the same as a picture.

mod decisions;
mod parts;
mod picture;
mod readers;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp, User};

const ADA: &str = "ada@example.com";
const BILLS: &str = "https://bills.example";

/// A little of everything: Ada comes to the shop by a group in a group, and has
/// something with what the shop reaches; Bob comes to billing by himself, and
/// that is granted something of every sort.
struct Place<'a> {
    full: User<'a>,
    shop: RelyingParty<'a>,
    /// Ada, by her token.
    ada: User<'a>,
    ids: BTreeMap<&'static str, String>,
    secret: String,
}

impl<'a> Place<'a> {
    async fn make(app: &'a TestApp) -> Self {
        let full = app.full().await;
        full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
        let body = json!({
            "audience": BILLS,
            "allowed_scopes": ["bills:read"],
            "allowed_resources": ["mcp-gateway"],
        });
        let billing = full.create("m2m", body).await;
        let shop = RelyingParty::register(&full, json!({ "assignment_required": true })).await;
        let mut ids = BTreeMap::from([("billing", text(&billing["id"])), ("shop", shop.client_id.clone())]);
        for (name, auth_mode) in [("Git", "none"), ("Mail", "user_token")] {
            let body = json!({ "name": name, "url": "https://a.example/mcp", "auth_mode": auth_mode });
            let made = full.post("/integrations", body).await.created();
            ids.insert(if name == "Git" { "git" } else { "mail" }, text(&made["id"]));
        }
        for (name, id) in [
            ("staff", full.group("Staff").await),
            ("team", full.group("Team").await),
            ("bob", full.user("bob@example.com").await),
            ("ada", full.person(ADA).await),
        ] {
            ids.insert(name, id);
        }
        let at = |name: &str| &ids[name];
        let (billing_path, shop_path) =
            (format!("/applications/{}", at("billing")), format!("/applications/{}", at("shop")));
        for path in [
            format!("/groups/{}/members/{}", at("team"), at("ada")),
            format!("/groups/{}/subgroups/{}", at("staff"), at("team")),
            format!("{shop_path}/assignments/{}", at("staff")),
            format!("{billing_path}/assignments/{}", at("bob")),
        ] {
            full.put(&path).await.with(204);
        }
        full.act(&format!("{billing_path}/integrations/{}", at("git"))).await.with(204);
        full.act(&format!("{shop_path}/integrations/{}", at("mail"))).await.with(204);
        let rule = json!({
            "description": "Support", "priority": 7, "container": "/PCI/", "transform": "reveal",
            "permissions": ["token:read"],
        });
        let access = json!({ "kind": "private", "permissions": ["token:create"], "rules": [rule] });
        full.json(Method::PUT, &format!("/api/v1{billing_path}/access"), access).await.ok();
        let tokens = shop.sign_in(&app.browser(), ADA).await;
        let ada = app.bearing(&tokens.access);
        let place = Self { full, shop, ada, ids, secret: text(&billing["client_secret"]) };
        place.connect(json!({ "token": "hush" })).await;
        place
    }

    /// Ada brings a token of hers.
    async fn connect(&self, body: Value) {
        let path = format!("/api/v1/account/integrations/{}/connection", self.id("mail"));
        self.ada.json(Method::PUT, &path, body).await.ok();
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    /// What an id is called here; what has another name is left as it is.
    fn name_of(&self, id: &Value) -> String {
        let known = self.ids.iter().find(|(_, known)| *id == ***known);
        known.map_or_else(|| text(id), |(name, _)| (*name).to_owned())
    }

    async fn graph(&self, query: &str) -> Value {
        self.full.get(&format!("/access-graph?{query}")).await.data()
    }

    /// The names of what is shown, of those that have one here.
    async fn shown(&self, query: &str) -> BTreeSet<String> {
        let graph = self.graph(query).await;
        let nodes = graph["nodes"].as_array().expect("a list").iter();
        nodes.map(|node| self.name_of(&node["id"])).collect()
    }

    /// Every edge in words, with what it is decided as.
    async fn decided(&self) -> BTreeMap<String, Value> {
        let mut graph = self.graph("include_policy=true&limit=250").await;
        let edges = graph["edges"].as_array_mut().expect("a list").iter_mut();
        let mut decided = BTreeMap::new();
        for edge in edges {
            let (from, to) = (self.name_of(&edge["from"]), self.name_of(&edge["to"]));
            let permission = edge["permission"].as_str().map(|word| format!(" {word}")).unwrap_or_default();
            let words = format!("{from} {} {to}{permission}", text(&edge["type"]));
            assert_eq!(
                decided.insert(words.clone(), edge["decision"].take()),
                None,
                "{words} is there twice"
            );
        }
        decided
    }

    /// Whether the call along an edge would be allowed, and why.
    async fn decision(&self, edge: &str) -> (bool, String) {
        let decided = self.decided().await;
        let decision = decided.get(edge).unwrap_or_else(|| panic!("no {edge} among {decided:#?}"));
        (decision["allowed"] == true, text(&decision["reason"]))
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
