//! Zyphr's API, sentence by sentence of its reference.

#[path = "zyphr/applications.rs"]
mod applications;
#[path = "zyphr/dashboard.rs"]
mod dashboard;
#[path = "zyphr/end_users.rs"]
mod end_users;
#[path = "zyphr/environments.rs"]
mod environments;
#[path = "zyphr/frame.rs"]
mod frame;
#[path = "zyphr/impersonation.rs"]
mod impersonation;
#[path = "zyphr/roles.rs"]
mod roles;
#[path = "zyphr/users.rs"]
mod users;

use appkeep_domain::{Level, Role, RoleGrant, TenantId};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PARTNER, TestApp, User, email_of};

const BASE: &str = "/zyphr/v1";

async fn get(user: &User<'_>, path: &str) -> Answer {
    enveloped(user.send(user.request(Method::GET, &format!("{BASE}{path}")), "").await)
}

async fn post(user: &User<'_>, path: &str, body: Value) -> Answer {
    enveloped(user.json(Method::POST, &format!("{BASE}{path}"), body).await)
}

async fn patch(user: &User<'_>, path: &str, body: Value) -> Answer {
    enveloped(user.json(Method::PATCH, &format!("{BASE}{path}"), body).await)
}

async fn delete(user: &User<'_>, path: &str) -> Answer {
    enveloped(user.send(user.request(Method::DELETE, &format!("{BASE}{path}")), "").await)
}

/// A `POST` without a body.
async fn act(user: &User<'_>, path: &str) -> Answer {
    enveloped(user.send(user.request(Method::POST, &format!("{BASE}{path}")), "").await)
}

/// Somebody with this role in the default tenant, which a partner has.
async fn holding(app: &TestApp, role: Role) -> User<'_> {
    app.operator_with(RoleGrant { role, at: default_tenant(app) }).await
}

fn default_tenant(app: &TestApp) -> Level {
    Level::Tenant { id: app.tenant(), partner: Some(PARTNER) }
}

/// Whoever holds this role, by a token of the dashboard for one workspace.
async fn logged_in(app: &TestApp, grant: RoleGrant, workspace: Option<TenantId>) -> User<'_> {
    app.operator_with(grant).await;
    log_in(app, grant, workspace).await
}

/// The same for somebody who held it before.
async fn log_in(app: &TestApp, grant: RoleGrant, workspace: Option<TenantId>) -> User<'_> {
    let password = app.console().await.1.password;
    let mut body = json!({ "email": email_of(grant), "password": password });
    if let Some(workspace) = workspace {
        body["workspace_id"] = workspace.to_string().into();
    }
    let told = post(&app.nobody(), "/dashboard/login", body).await.ok();
    app.bearing(told["data"]["access_token"].as_str().expect("a token"))
}

/// An application that was just made.
async fn made(user: &User<'_>, name: &str) -> Value {
    post(user, "/applications", json!({ "name": name })).await.created()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Whatever is answered names its request and says what is left of its budget.
#[track_caller]
fn enveloped(answer: Answer) -> Answer {
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        let value = answer.header(name);
        assert!(value.parse::<u64>().is_ok(), "{name}: {value:?} with {} {}", answer.status, answer.body);
    }
    let Some(body) = answer.body.as_object() else { return answer };
    assert_eq!(body["meta"]["request_id"], answer.header("x-request-id"), "{}", answer.body);
    let members: Vec<&str> = body.keys().map(String::as_str).collect();
    if answer.status.is_success() {
        assert_eq!(members, ["data", "meta"], "{}", answer.body);
        return answer;
    }
    assert_eq!(members, ["error", "meta"], "{}", answer.body);
    let error: Vec<&str> = body["error"].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(error, ["code", "details", "message"], "{}", answer.body);
    answer
}

/// Checks how somebody is refused, and yields the details.
#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) -> Value {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["error"]["code"]),
        (status, &code.into()),
        "{}",
        answer.body
    );
    answer.body["error"]["details"].clone()
}
