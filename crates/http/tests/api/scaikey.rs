//! ScaiKey's API, sentence by sentence of its reference.

#[path = "scaikey/applications.rs"]
mod applications;
#[path = "scaikey/assignments.rs"]
mod assignments;
#[path = "scaikey/audit.rs"]
mod audit;
#[path = "scaikey/cells.rs"]
mod cells;
#[path = "scaikey/effective_users.rs"]
mod effective_users;
#[path = "scaikey/groups.rs"]
mod groups;
#[path = "scaikey/list.rs"]
mod list;
#[path = "scaikey/nothing_learnt.rs"]
mod nothing_learnt;
#[path = "scaikey/oauth.rs"]
mod oauth;
#[path = "scaikey/partners.rs"]
mod partners;
#[path = "scaikey/refusals.rs"]
mod refusals;
#[path = "scaikey/sessions.rs"]
mod sessions;
#[path = "scaikey/tenants.rs"]
mod tenants;
#[path = "scaikey/users.rs"]
mod users;

use appkeep_domain::{Level, Owner, PartnerId, Role, RoleGrant, TenantId};
use appkeep_service::{By, Surface};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, FREE, PARTNER, SISTER, STRANGER, TestApp, User};

const ADMIN: &str = "/scaikey/api/v1/admin";

async fn get(user: &User<'_>, path: &str) -> Answer {
    wrapped(user.send(user.request(Method::GET, &format!("{ADMIN}{path}")), "").await)
}

async fn delete(user: &User<'_>, path: &str) -> Answer {
    user.send(user.request(Method::DELETE, &format!("{ADMIN}{path}")), "").await
}

async fn post(user: &User<'_>, path: &str, body: Value) -> Answer {
    wrapped(user.json(Method::POST, &format!("{ADMIN}{path}"), body).await)
}

/// A `POST` without a body.
async fn act(user: &User<'_>, path: &str) -> Answer {
    user.send(user.request(Method::POST, &format!("{ADMIN}{path}")), "").await
}

async fn patch(user: &User<'_>, path: &str, body: Value) -> Answer {
    wrapped(user.json(Method::PATCH, &format!("{ADMIN}{path}"), body).await)
}

/// What is answered stands beside an empty `meta`, and lists have a pagination.
#[track_caller]
fn wrapped(answer: Answer) -> Answer {
    if let Some(body) = answer.body.as_object().filter(|_| answer.status.is_success()) {
        let mut members: Vec<&str> = body.keys().map(String::as_str).collect();
        members.retain(|member| *member != "pagination");
        members.sort_unstable();
        assert_eq!((members, &body["meta"]), (vec!["data", "meta"], &json!({})), "{}", answer.body);
    }
    answer
}

/// The admins of the seed, from the platform's down to the default tenant's.
async fn admins(app: &TestApp) -> [User<'_>; 3] {
    let tenant = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let admin = async |at| app.operator_with(RoleGrant { role: Role::Admin, at }).await;
    [admin(Level::Platform).await, admin(Level::Partner(PARTNER)).await, admin(tenant).await]
}

async fn super_admin(app: &TestApp) -> User<'_> {
    app.operator_with(RoleGrant { role: Role::Owner, at: Level::Platform }).await
}

/// The ids of one application of everybody who can own one.
async fn one_of_each(app: &TestApp) -> Vec<(Owner, Option<PartnerId>, String)> {
    let mut made = Vec::new();
    for (owner, partner) in app.owners() {
        let id = app.owned_application((owner, partner), "One of each").await.id;
        made.push((owner, partner, id));
    }
    made
}

/// The ids of applications that a list has, all pages together.
async fn ids(user: &User<'_>, query: &str) -> Vec<String> {
    listed(user, "/applications/", query).await
}

/// The ids that any list has, all pages together.
async fn listed(user: &User<'_>, path: &str, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    for page in 1.. {
        let listed = get(user, &format!("{path}?per_page=3&page={page}&{query}")).await.ok();
        let data = listed["data"].as_array().expect("a list").clone();
        found.extend(data.iter().map(id_of));
        if data.is_empty() {
            assert_eq!(listed["pagination"]["total"], found.len(), "{query}");
            break;
        }
    }
    found
}

fn id_of(shown: &Value) -> String {
    shown["id"].as_str().expect("an id").to_owned()
}

/// The ids of what was made in these tenants.
fn ids_of(made: &[(TenantId, String)], tenants: &[TenantId]) -> Vec<String> {
    made.iter().filter(|(tenant, _)| tenants.contains(tenant)).map(|(_, id)| id.clone()).collect()
}

/// The ids of one user of each tenant, in the order of the tenants' directories.
async fn one_user_of_each(app: &TestApp) -> Vec<(TenantId, String)> {
    let admin = super_admin(app).await;
    let mut made = Vec::new();
    for tenant in [app.tenant(), SISTER, STRANGER, FREE] {
        let body = json!({ "email": format!("person@{tenant}.example"), "tenant_id": tenant.to_string() });
        made.push((tenant, id_of(&post(&admin, "/users/", body).await.created())));
    }
    made
}

/// A secret of an application, as a super admin gets it.
async fn secret_of(app: &TestApp, id: &str) -> String {
    let by = By { surface: Surface::Scaikey, ..app.system() };
    let rotated = app.registry().rotate_secret(&by, id, Some(0)).await.expect("has one");
    rotated.client_secret.expose().to_owned()
}
