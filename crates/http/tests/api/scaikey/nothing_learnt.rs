//! Whoever guesses what belongs to others learns nothing by this API either: the
//! same status, body and work as for what never existed.

use appkeep_domain::{Level, Owner, Role, RoleGrant, TenantId};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, act, get, id_of, post, super_admin};
use crate::harness::{Answer, FREE, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    a_tenants_application_learns_nothing,
    a_tenants_admin_learns_nothing,
    an_admin_of_another_tenant_learns_nothing,
    a_partners_admin_learns_nothing,
];

async fn a_tenants_application_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let user = app.with("admin:write").await;
    learns_nothing(&app, &user, &[SISTER, STRANGER]).await;
}

async fn a_tenants_admin_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let user = app.operator_with(RoleGrant { role: Role::Admin, at }).await;
    learns_nothing(&app, &user, &[SISTER, STRANGER]).await;
}

/// To whom the tenant at the root is as strange as any other.
async fn an_admin_of_another_tenant_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let at = Level::Tenant { id: FREE, partner: None };
    let user = app.operator_with(RoleGrant { role: Role::Admin, at }).await;
    learns_nothing(&app, &user, &[app.tenant(), SISTER, STRANGER]).await;
}

async fn a_partners_admin_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let grant = RoleGrant { role: Role::Admin, at: Level::Partner(PARTNER) };
    let user = app.operator_with(grant).await;
    learns_nothing(&app, &user, &[STRANGER]).await;
}

const NOBODY: &str = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

/// A request, below `/admin` or beside it, and where in it something is named.
type Probe = (Method, &'static str, Value);

/// What is guessed, what never was in its place, and where it is named.
struct Guess {
    guessed: Vec<String>,
    unknown: &'static str,
    probes: Vec<Probe>,
}

/// Of everything that has an id here, those that the caller does not see.
async fn guesses(app: &TestApp, hidden: &[TenantId]) -> Vec<Guess> {
    let admin = super_admin(app).await;
    let (mut users, mut groups, mut applications) = (Vec::new(), Vec::new(), Vec::new());
    let mut sessions = Vec::new();
    for tenant in hidden {
        let body = json!({ "email": "guessed@example.com", "tenant_id": tenant.to_string() });
        users.push(id_of(&post(&admin, "/users/", body).await.created()));
        let body = json!({ "name": "Guessed", "tenant_id": tenant.to_string() });
        groups.push(id_of(&post(&admin, "/groups/", body).await.created()));
        let owner = (Owner::Tenant(*tenant), (*tenant == STRANGER).then_some(RIVAL).or(Some(PARTNER)));
        sessions.push(app.session_in(*tenant, "session@example.com").await.1);
        applications.push(app.owned_application(owner, "Guessed").await.id);
    }
    let tenants: Vec<String> = hidden.iter().map(ToString::to_string).collect();
    let guess = |guessed: &[String], unknown, probes| Guess { guessed: guessed.to_vec(), unknown, probes };
    vec![
        guess(&tenants, "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", of_tenants()),
        guess(&[RIVAL.to_string()], "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", of_partners()),
        guess(&users, NOBODY, of_users()),
        guess(&groups, "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD", of_groups()),
        guess(&sessions, "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD", of_sessions()),
        guess(&applications, "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", of_applications()),
    ]
}

fn read(path: &'static str) -> Probe {
    (Method::GET, path, Value::Null)
}

fn remove(path: &'static str) -> Probe {
    (Method::DELETE, path, Value::Null)
}

fn of_tenants() -> Vec<Probe> {
    let user = json!({ "email": "new@example.com", "tenant_id": "{}" });
    vec![
        read("/applications/?tenant_id={}"),
        read("/users/?tenant_id={}"),
        read("/users/?tenant_id={}&search=guessed"),
        read("/users/?tenant_id={}&status=ACTIVE"),
        read("/groups/?tenant_id={}"),
        read("/groups/?tenant_id={}&search=guessed"),
        read("../tenants/{}/users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD/applications"),
        read("../tenants/{}/applications/app_01KAH8Q2M4F7V9X3C5N8R1T6ZD/assignees"),
        read("../tenants/{}/applications/app_01KAH8Q2M4F7V9X3C5N8R1T6ZD/effective-users"),
        read("/audit/?tenant_id={}"),
        read("/audit/?tenant_id={}&actor_email=guessed%40example.com"),
        read("/audit/actions?tenant_id={}"),
        read("/sessions/?tenant_id={}"),
        (Method::POST, "/sessions/revoke-all", json!({ "tenant_id": "{}" })),
        read("/tenants/{}"),
        (Method::PATCH, "/tenants/{}", json!({ "name": "Mine" })),
        remove("/tenants/{}"),
        (Method::POST, "/users/", user),
        (Method::POST, "/groups/", json!({ "name": "New", "tenant_id": "{}" })),
    ]
}

fn of_partners() -> Vec<Probe> {
    vec![
        read("/applications/?partner_id={}"),
        read("/users/?partner_id={}"),
        read("/users/?partner_id={}&search=guessed"),
        read("/groups/?partner_id={}"),
        read("/groups/?partner_id={}&search=guessed"),
        read("/tenants/?partner_id={}"),
        read("/tenants/?partner_id={}&search=guessed&status=ACTIVE"),
        read("/audit/?partner_id={}"),
        read("/sessions/?partner_id={}"),
        read("/partners/{}"),
        (Method::PATCH, "/partners/{}", json!({ "name": "Mine" })),
        remove("/partners/{}"),
        (Method::POST, "/tenants/", json!({ "name": "New", "partner_id": "{}" })),
    ]
}

fn of_users() -> Vec<Probe> {
    vec![
        read("/users/{}"),
        (Method::PATCH, "/users/{}", json!({ "first_name": "Mine" })),
        remove("/users/{}"),
        read("../tenants/OWN/users/{}/applications"),
        read("/sessions/?user_id={}"),
        (Method::POST, "/sessions/revoke-all", json!({ "user_id": "{}" })),
        (Method::POST, "/users/{}/reset-password", json!({ "sent": true })),
    ]
}

fn of_sessions() -> Vec<Probe> {
    vec![read("/sessions/{}"), remove("/sessions/{}")]
}

fn of_groups() -> Vec<Probe> {
    vec![
        read("/audit/?resource_id={}"),
        read("/groups/{}"),
        (Method::PATCH, "/groups/{}", json!({ "name": "Mine" })),
        remove("/groups/{}"),
        read("../tenants/OWN/groups/{}/applications"),
        remove("../tenants/OWN/groups/{}/applications/app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        read("/groups/{}/members/"),
        (Method::POST, "/groups/{}/members/", json!({ "user_id": NOBODY })),
        remove("/groups/{}/members/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ]
}

fn of_applications() -> Vec<Probe> {
    vec![
        read("/applications/{}"),
        (Method::PATCH, "/applications/{}", json!({ "name": "Mine" })),
        remove("/applications/{}"),
        (Method::POST, "/applications/{}/rotate-secret", json!({ "sent": true })),
        read("/applications/{}/effective-users"),
        read("../tenants/OWN/applications/{}/assignees"),
        read("../tenants/OWN/applications/{}/effective-users"),
        remove("../tenants/OWN/groups/grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD/applications/{}"),
    ]
}

async fn learns_nothing(app: &TestApp, user: &User<'_>, hidden: &[TenantId]) {
    let guesses = guesses(app, hidden).await;
    settle(user).await;
    for Guess { guessed, unknown, probes } in &guesses {
        for probe in probes {
            let expected = measure(app, user, (probe, unknown)).await;
            for guessed in guessed {
                let measured = measure(app, user, (probe, guessed)).await;
                assert_eq!(measured, expected, "{} {}", probe.0, probe.1);
            }
        }
    }
}

/// What is dropped because of what was just written is read again, at nobody's
/// expense.
async fn settle(user: &User<'_>) {
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    get(user, "/applications/").await.ok();
    act(user, "/users/nobody/reset-password").await.with(404);
}

/// Status, body but for what repeats what was sent, and statements.
async fn measure(
    app: &TestApp,
    user: &User<'_>,
    ((method, path, body), guessed): (&Probe, &str),
) -> (u16, Value, u64) {
    let path = path.replace("{}", guessed).replace("OWN", &app.tenant().to_string());
    let path = match path.strip_prefix("..") {
        Some(beside) => format!("/scaikey/api/v1{beside}"),
        None => format!("{ADMIN}{path}"),
    };
    let before = app.statements();
    let answer: Answer = if body.is_null() {
        user.send(user.request(method.clone(), &path), "").await
    } else {
        let body = serde_json::from_str(&body.to_string().replace("{}", guessed)).expect("JSON");
        user.json(method.clone(), &path, body).await
    };
    let told = serde_json::from_str(&answer.body.to_string().replace(guessed, "what was guessed"));
    (answer.status.as_u16(), told.expect("JSON"), app.statements() - before)
}
