//! Basis Theory's API, sentence by sentence of its reference.

#[path = "basistheory/again.rs"]
mod again;
#[path = "basistheory/applications.rs"]
mod applications;
#[path = "basistheory/bounds.rs"]
mod bounds;
#[path = "basistheory/catalogue.rs"]
mod catalogue;
#[path = "basistheory/drawn.rs"]
mod drawn;
#[path = "basistheory/enforcement.rs"]
mod enforcement;
#[path = "basistheory/frame.rs"]
mod frame;
#[path = "basistheory/keys.rs"]
mod keys;
#[path = "basistheory/list.rs"]
mod list;
#[path = "basistheory/masks.rs"]
mod masks;
#[path = "basistheory/rules.rs"]
mod rules;
#[path = "basistheory/sessions.rs"]
mod sessions;
#[path = "basistheory/tenant.rs"]
mod tenant;
#[path = "basistheory/tokens.rs"]
mod tokens;

use appkeep_domain::access::{AccessKind, Permission};
use http::Method;
use http::request::Builder;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, User};

const BASE: &str = "/basistheory";

/// Somebody with an API key.
#[derive(Clone)]
struct Client<'a> {
    user: User<'a>,
    key: String,
}

impl<'a> Client<'a> {
    /// One that may do everything that management keys may.
    async fn managing(app: &'a TestApp) -> Self {
        let permissions = all_for(AccessKind::Management);
        let full = app.full().await;
        let (_, key) =
            native(&full, "m2m", json!({ "kind": "management", "permissions": permissions })).await;
        Self { user: app.nobody(), key }
    }

    /// The same with another key.
    fn with(&self, key: &str) -> Self {
        Self { user: self.user.clone(), key: key.to_owned() }
    }

    /// The key of an application that was just made.
    async fn holding(&self, body: Value) -> Self {
        let made = self.post("/applications", body).await.with(201);
        self.with(text(&made["key"]))
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        self.user.request(method, &format!("{BASE}{path}")).header("bt-api-key", &self.key)
    }

    async fn send(&self, request: Builder, body: impl Into<String>) -> Answer {
        formed(self.user.send(request, body.into()).await)
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), "").await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path), "").await
    }

    /// A `POST` without a body.
    async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path), "").await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }
}

/// The id of a native application and a key of it.
async fn native(user: &User<'_>, kind: &str, access: Value) -> (String, String) {
    let id = text(&user.create(kind, json!({})).await["id"]).to_owned();
    user.json(Method::PUT, &format!("/api/v1/applications/{id}/access"), access).await.ok();
    let key = user.post(&format!("/applications/{id}/keys"), json!({})).await.created();
    (id, text(&key["key"]).to_owned())
}

fn all_for(kind: AccessKind) -> Vec<&'static str> {
    let held = Permission::ALL.into_iter().filter(|permission| permission.may_be_held_by(kind));
    held.map(Permission::as_str).collect()
}

/// What a private application begins with that may read.
fn private(name: &str) -> Value {
    json!({ "name": name, "type": "private", "permissions": ["token:create", "token:read"] })
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Whatever is answered has a trace, and a refusal is a problem.
#[track_caller]
fn formed(answer: Answer) -> Answer {
    assert!(!answer.header("bt-trace-id").is_empty());
    if answer.status.is_success() {
        return answer;
    }
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let body = &answer.body;
    assert_eq!(body["status"], answer.status.as_u16(), "{body}");
    assert_eq!(text(&body["title"]), answer.status.canonical_reason().expect("has one"), "{body}");
    assert!(!text(&body["detail"]).is_empty() && body["instance"] == answer.header("x-request-id"), "{body}");
    assert_eq!(body["errors"].is_object(), answer.status == 400, "{body}");
    answer
}

/// Checks how somebody is refused, and yields the fields at fault.
#[track_caller]
fn refused(answer: Answer, status: u16) -> Vec<String> {
    assert_eq!(answer.status, status, "{}", answer.text);
    let errors = answer.body["errors"].as_object().cloned().unwrap_or_default();
    errors.into_iter().map(|(field, _)| field).collect()
}
