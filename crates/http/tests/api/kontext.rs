//! Kontext's API, sentence by sentence of its reference.

#[path = "kontext/access_graph.rs"]
mod access_graph;
#[path = "kontext/applications.rs"]
mod applications;
#[path = "kontext/archive.rs"]
mod archive;
#[path = "kontext/attached.rs"]
mod attached;
#[path = "kontext/connections.rs"]
mod connections;
#[path = "kontext/enforced.rs"]
mod enforced;
#[path = "kontext/integrations.rs"]
mod integrations;
#[path = "kontext/list.rs"]
mod list;
#[path = "kontext/oauth.rs"]
mod oauth;
#[path = "kontext/refusals.rs"]
mod refusals;
#[path = "kontext/service_accounts.rs"]
mod service_accounts;
#[path = "kontext/sessions.rs"]
mod sessions;

use std::collections::BTreeSet;

use appkeep_domain::{Level, Role, RoleGrant};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PARTNER, TestApp, User};

const BASE: &str = "/kontext/api/v1";
const CALLBACK: &str = "https://app.example/callback";
/// Nobody's.
const UNKNOWN: &str = "550e8400-e29b-41d4-a716-446655440000";

async fn get(user: &User<'_>, path: &str) -> Answer {
    formed(user.send(user.request(Method::GET, &format!("{BASE}{path}")), "").await)
}

async fn post(user: &User<'_>, path: &str, body: Value) -> Answer {
    formed(user.json(Method::POST, &format!("{BASE}{path}"), body).await)
}

async fn put(user: &User<'_>, path: &str, body: Value) -> Answer {
    formed(user.json(Method::PUT, &format!("{BASE}{path}"), body).await)
}

async fn patch(user: &User<'_>, path: &str, body: Value) -> Answer {
    formed(user.json(Method::PATCH, &format!("{BASE}{path}"), body).await)
}

async fn delete(user: &User<'_>, path: &str) -> Answer {
    formed(user.send(user.request(Method::DELETE, &format!("{BASE}{path}")), "").await)
}

/// A `POST` without a body.
async fn act(user: &User<'_>, path: &str) -> Answer {
    formed(user.send(user.request(Method::POST, &format!("{BASE}{path}")), "").await)
}

/// Somebody with this role in the default tenant, which a partner has.
async fn holding(app: &TestApp, role: Role) -> User<'_> {
    app.operator_with(RoleGrant { role, at: default_tenant(app) }).await
}

fn default_tenant(app: &TestApp) -> Level {
    Level::Tenant { id: app.tenant(), partner: Some(PARTNER) }
}

fn public() -> Value {
    json!({ "type": "public", "redirectUris": ["http://localhost:3000/callback"] })
}

fn confidential() -> Value {
    json!({ "type": "confidential", "redirectUris": [CALLBACK] })
}

/// An application that was just made, with its `oauth`.
async fn made(user: &User<'_>, name: &str, oauth: Value) -> Value {
    post(user, "/applications", json!({ "name": name, "oauth": oauth })).await.with(201)
}

/// The id and the path of one that was just made.
async fn placed(user: &User<'_>, name: &str, oauth: Value) -> (String, String) {
    let id = text(&made(user, name, oauth).await["application"]["id"]).to_owned();
    let path = format!("/applications/{id}");
    (id, path)
}

async fn read(user: &User<'_>, path: &str) -> Value {
    get(user, path).await.ok()["application"].take()
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn ids(items: &Value) -> Vec<String> {
    items.as_array().expect("a list").iter().map(|one| text(&one["id"]).to_owned()).collect()
}

/// Whatever is refused says why, and its status once more.
#[track_caller]
fn formed(answer: Answer) -> Answer {
    if answer.status.is_success() {
        return answer;
    }
    assert_eq!(members(&answer.body), BTreeSet::from(["message", "statusCode"]), "{}", answer.text);
    assert_eq!(answer.body["statusCode"], answer.status.as_u16(), "{}", answer.text);
    assert!(!text(&answer.body["message"]).is_empty(), "{}", answer.text);
    answer
}

/// Checks how somebody is refused, and yields what is said of it.
#[track_caller]
fn refused(answer: Answer, status: u16) -> String {
    text(&answer.with(status)["message"]).to_owned()
}
