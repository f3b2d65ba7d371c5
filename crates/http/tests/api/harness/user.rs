//! Who sends requests.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Answer, PASSWORD, TestApp};

const BASE: &str = "/api/v1";

/// Somebody with an `Authorization` header, or without.
#[derive(Clone)]
pub(crate) struct User<'a> {
    app: &'a TestApp,
    authorization: Option<String>,
    /// Where the address of the issuer begins that is asked.
    mount: String,
}

impl<'a> User<'a> {
    pub(super) const fn new(app: &'a TestApp, authorization: Option<String>) -> Self {
        Self { app, authorization, mount: String::new() }
    }

    /// The same at the address of another issuer, such as `/t/acme`.
    pub(crate) fn at(self, mount: &str) -> Self {
        Self { mount: mount.to_owned(), ..self }
    }

    pub(super) fn mount(&self) -> &str {
        &self.mount
    }

    /// The access token that they send.
    pub(crate) fn token(&self) -> &str {
        let token = self.authorization.as_deref().and_then(|sent| sent.strip_prefix("Bearer "));
        token.expect("bears one")
    }

    pub(crate) const fn app(&self) -> &'a TestApp {
        self.app
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, &format!("{BASE}{path}")), "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, &format!("{BASE}{path}"), body).await
    }

    /// A `POST` without a body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, &format!("{BASE}{path}")), "").await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, &format!("{BASE}{path}"), body).await
    }

    /// A `PATCH` that is based on a version.
    pub(crate) async fn patch_if(&self, path: &str, etag: &str, body: Value) -> Answer {
        let request = self.request(Method::PATCH, &format!("{BASE}{path}"));
        let request = request.header("content-type", "application/json").header("if-match", etag);
        self.send(request, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, &format!("{BASE}{path}")), "").await
    }

    /// A `PUT` without a body.
    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.send(self.request(Method::PUT, &format!("{BASE}{path}")), "").await
    }

    /// A `DELETE` that is based on a version.
    pub(crate) async fn delete_if(&self, path: &str, etag: &str) -> Answer {
        let request = self.request(Method::DELETE, &format!("{BASE}{path}"));
        self.send(request.header("if-match", etag), "").await
    }

    /// Every element of a list, asked for page by page; no page but the last
    /// is short.
    pub(crate) async fn each(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut seen, mut query) = (Vec::new(), format!("limit={limit}"));
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{separator}{query}")).await.ok();
            let data = page["data"].as_array().expect("a list");
            assert_eq!(page["meta"]["limit"], limit);
            seen.extend(data.clone());
            let Some(cursor) = page["meta"]["next_cursor"].as_str() else { return seen };
            assert_eq!(data.len(), limit, "{path}");
            query = format!("limit={limit}&cursor={cursor}");
        }
    }

    /// The id of a user who was just registered.
    pub(crate) async fn user(&self, email: &str) -> String {
        let created = self.post("/users", json!({ "email": email })).await.created();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// The id of a user who was registered with [`PASSWORD`] a second ago:
    /// what is issued at the moment of a new password is refused with what
    /// was issued before.
    pub(crate) async fn person(&self, email: &str) -> String {
        let id = self.user(email).await;
        let path = format!("{BASE}/users/{id}/password");
        self.json(Method::PUT, &path, json!({ "password": PASSWORD })).await.with(204);
        self.app.clock.advance_micros(1_000_000);
        id
    }

    /// The id of a group that was just made.
    pub(crate) async fn group(&self, name: &str) -> String {
        let created = self.post("/groups", json!({ "name": name })).await.created();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// What the history says last was done, and of what.
    pub(crate) async fn last_entry(&self) -> (String, Value, Value) {
        let mut entry = self.get("/audit?limit=1").await.ok()["data"][0].take();
        let action = entry["action"].as_str().expect("text").to_owned();
        (action, entry["before"].take(), entry["after"].take())
    }

    /// What the history says of every such change, the newest first: before and
    /// after.
    pub(crate) async fn entries(&self, action: &str) -> Vec<(Value, Value)> {
        let mut listed = self.get(&format!("/audit?action={action}")).await.ok();
        let entries = listed["data"].as_array_mut().expect("a list").iter_mut();
        entries.map(|entry| (entry["before"].take(), entry["after"].take())).collect()
    }

    /// An application that was just made; `body` needs no name.
    pub(crate) async fn create(&self, kind: &str, mut body: Value) -> Value {
        body["type"] = kind.into();
        let name = body["name"].as_str().unwrap_or("Billing").to_owned();
        body["name"] = name.into();
        self.post("/applications", body).await.created()
    }

    /// An application as it is.
    pub(crate) async fn read(&self, id: &str) -> Value {
        self.get(&format!("/applications/{id}")).await.data()
    }

    /// A form for an OAuth endpoint.
    pub(crate) async fn form(&self, path: &str, form: &str) -> Answer {
        let request = self.request(Method::POST, path);
        self.send(request.header("content-type", "application/x-www-form-urlencoded"), form.to_owned()).await
    }

    /// A JSON body for a whole path.
    pub(crate) async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.mount));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Sends it, and checks that the description lists the status that comes back.
    pub(crate) async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> Answer {
        let mut request = request.body(body.into()).expect("a request");
        let peer: SocketAddr = ([203, 0, 113, 7], 40_000).into();
        request.extensions_mut().insert(ConnectInfo(peer));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.app.router.clone().oneshot(request).await.expect("cannot fail");
        let answer = Answer::read(response).await;
        self.app.description.check(&method, &path, &answer);
        answer
    }
}
