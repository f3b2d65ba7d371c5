//! `/zyphr/v1/auth`: what an application's keys unlock for its end users.

#[path = "end_users/account.rs"]
mod account;
#[path = "end_users/connections.rs"]
mod connections;
#[path = "end_users/environments.rs"]
mod environments;
#[path = "end_users/hosted.rs"]
mod hosted;
#[path = "end_users/impersonated.rs"]
mod impersonated;
#[path = "end_users/keys.rs"]
mod keys;
#[path = "end_users/login.rs"]
mod login;
#[path = "end_users/magic_link.rs"]
mod magic_link;
#[path = "end_users/mfa.rs"]
mod mfa;
#[path = "end_users/oauth.rs"]
mod oauth;
#[path = "end_users/passwords.rs"]
mod passwords;
#[path = "end_users/register.rs"]
mod register;
#[path = "end_users/sessions.rs"]
mod sessions;
#[path = "end_users/verify_email.rs"]
mod verify_email;

use http::Method;
use http::request::Builder;
use serde_json::{Value, json};

use super::{BASE, enveloped, refused};
use crate::harness::{Answer, PASSWORD, REDIRECT_URI, TestApp};

const ADA: &str = "ada@example.com";

/// An application with users of its own.
struct Pool<'a> {
    app: &'a TestApp,
    id: String,
    /// Of the application as a whole.
    whole: Keys,
    live: Keys,
    test: Keys,
}

#[derive(Clone)]
struct Keys {
    public: String,
    secret: String,
}

/// Whoever brings keys, and a user's token perhaps.
#[derive(Clone)]
struct Asker<'a> {
    app: &'a TestApp,
    public: Option<String>,
    secret: Option<String>,
    bearer: Option<String>,
}

impl<'a> Pool<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let body = json!({ "user_pool": "application", "redirect_uris": [REDIRECT_URI] });
        Self::with(app, body).await
    }

    async fn with(app: &'a TestApp, body: Value) -> Self {
        let made = app.full().await.create("server", body).await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let environment = |mode: &str| {
            let all = made["environments"].as_array().expect("a list");
            let found = all.iter().find(|one| one["mode"] == mode).expect("is one of two");
            Keys { public: text(&found["public_key"]), secret: text(&found["secret_key"]) }
        };
        Self {
            app,
            id: text(&made["id"]),
            whole: Keys { public: text(&made["public_key"]), secret: text(&made["client_secret"]) },
            live: environment("live"),
            test: environment("test"),
        }
    }

    /// The application itself, in its live environment.
    fn live(&self) -> Asker<'a> {
        self.by(&self.live)
    }

    /// The same where it is tried.
    fn test(&self) -> Asker<'a> {
        self.by(&self.test)
    }

    fn by(&self, keys: &Keys) -> Asker<'a> {
        let (public, secret) = (Some(keys.public.clone()), Some(keys.secret.clone()));
        Asker { app: self.app, public, secret, bearer: None }
    }
}

impl Asker<'_> {
    /// Somebody who knows the public key, and has the user's token.
    fn bearing(&self, token: &str) -> Self {
        Self { secret: None, bearer: Some(token.to_owned()), ..self.clone() }
    }

    fn without_secret(&self) -> Self {
        Self { secret: None, ..self.clone() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), "").await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }

    /// A `POST` without a body.
    async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path), "").await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::PATCH, path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path), "").await
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        let user = match &self.bearer {
            Some(token) => self.app.bearing(token),
            None => self.app.nobody(),
        };
        let request = user.request(method, &format!("{BASE}/auth{path}"));
        let with = |request: Builder, name: &str, value: &Option<String>| match value {
            Some(value) => request.header(name, value),
            None => request,
        };
        let request = with(request, "x-application-key", &self.public);
        with(request, "x-application-secret", &self.secret)
    }

    async fn send(&self, request: Builder, body: impl Into<axum::body::Body>) -> Answer {
        enveloped(self.app.nobody().send(request, body).await)
    }

    /// Somebody new: who they are, and their tokens.
    async fn register(&self, email: &str) -> (Value, Value) {
        let body = json!({ "email": email, "password": PASSWORD });
        let mut made = self.post("/users/register", body).await.created();
        (made["user"].take(), made["tokens"].take())
    }

    async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("/users/login", json!({ "email": email, "password": password })).await
    }

    /// Whether the user's token is good here.
    async fn knows(&self, token: &Value) -> bool {
        self.bearing(text(token)).get("/users/me").await.status == 200
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// The token that stands in a link.
fn token_of(link: &str) -> &str {
    link.split_once("token=").expect("has a token").1
}
