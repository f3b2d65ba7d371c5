//! What holds for every operation, tried on each that the description lists:
//! one that is added tomorrow is covered the moment it is routed.

use std::time::Duration;

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{ALL_SCOPES, Answer, Operation, TestApp, User};

on_each_database![
    every_operation_refuses_a_stranger,
    every_operation_refuses_a_caller_without_the_scope,
    every_operation_refuses_garbage_and_nothing_has_changed,
    another_tenants_id_is_one_that_never_existed,
    another_tenants_ids_in_a_list_are_ones_that_never_existed,
    an_exception_that_is_needed_no_longer_is_removed,
];

/// Operations that anybody may use. The list may only shrink.
const PUBLIC: &[&str] = &["get_jwks", "get_openid_configuration", "get_server_metadata"];

/// Operations that clients use with their own credentials, for which no access
/// token and no scope is asked. The list may only shrink.
const FOR_CLIENTS: &[&str] = &["create_token", "introspect_token", "revoke_token"];

/// Operations that a person's browser is sent to, and answered with a page. The
/// list may only shrink.
const FOR_BROWSERS: &[&str] = &["authorize", "authorize_by_post", "logout_by_get", "logout_by_post"];

/// Operations that take a token of a person, with the scope `openid`: one that
/// speaks for nobody is none there. The list may only shrink.
const FOR_PEOPLE: &[&str] = &[
    "arrive_from_integration",
    "bring_own_token",
    "depart_to_integration",
    "drop_own_connection",
    "get_own_connection",
    "get_userinfo",
    "post_userinfo",
];

/// Operations that an application uses with an API key of its own. The list may
/// only shrink.
const FOR_KEYS: &[&str] = &["start_vault_session", "authorize_vault_session"];

/// Operations that an application does with itself, by a token that is no access
/// token, where the tenant lets it. The list may only shrink.
const FOR_REGISTRATION: &[&str] =
    &["register_client", "get_registered_client", "replace_registered_client", "delete_registered_client"];

const NEVER_EXISTED: &str = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn every_operation_refuses_a_stranger(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let before = database.dump().await;
    for operation in operations(&app, |operation| !is_public(operation) && !is_for_browsers(operation)) {
        let path = operation.path_with(NEVER_EXISTED);
        let answer = try_it(&app.nobody(), operation, &path).await;
        if is_for_registration(operation) {
            let (status, code) =
                if operation.path.contains('{') { (401, "invalid_token") } else { (403, "access_denied") };
            answer.refused_by_oauth(status, code);
            continue;
        }
        if is_for_clients(operation) {
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"appkeep\"", "{}", operation.id);
            answer.refused_by_oauth(401, "invalid_client");
            continue;
        }
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"appkeep\"", "{}", operation.id);
        answer.refused(401, "invalid_token");
        let answer = try_it(&app.bearing("no.such.token"), operation, &path).await;
        let challenge = "Bearer realm=\"appkeep\", error=\"invalid_token\"";
        assert_eq!(answer.header("www-authenticate"), challenge, "{}", operation.id);
        answer.refused(401, "invalid_token");
    }
    assert_eq!(database.dump().await, before);
}

async fn every_operation_refuses_a_caller_without_the_scope(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let before = database.dump().await;
    for operation in operations(&app, |operation| operation.scope.is_some() && !is_for_people(operation)) {
        let scope = operation.scope.as_deref().expect("has one");
        let others: Vec<&str> = ALL_SCOPES.split_whitespace().filter(|other| *other != scope).collect();
        let user = app.with(&others.join(" ")).await;
        // Garbage in the body is not even read.
        let request = user.request(operation.method.clone(), &operation.path_with("garbage"));
        let answer = user.send(request.header("content-type", "text/plain"), "{").await;
        let challenge = format!("Bearer realm=\"appkeep\", error=\"insufficient_scope\", scope=\"{scope}\"");
        assert_eq!(answer.header("www-authenticate"), challenge, "{}", operation.id);
        answer.refused(403, "insufficient_scope");
    }
    assert_eq!(database.dump().await, before);
}

async fn every_operation_refuses_garbage_and_nothing_has_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let owner = app.owner().await;
    let id = full.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned();
    let before = database.dump().await;
    for operation in operations(&app, |operation| operation.scope.is_some()) {
        let full = if is_not_for_applications(operation) { &owner } else { &full };
        let path = operation.path_with(&id);
        if operation.has_body {
            refuses_garbage_bodies(full, operation, &path).await;
        }
        if operation.has_query {
            refuses_garbage_parameters(full, operation, &path).await;
        }
        // Who speaks for nobody learns nothing of what there is.
        if operation.path.contains('{') && !is_for_people(operation) {
            for garbage in ["garbage", "%FF", "%00", "..%2F", "app_"] {
                let answer = try_it(full, operation, &operation.path_with(garbage)).await;
                assert_eq!(answer.status, 404, "{} {garbage}: {}", operation.id, answer.body);
            }
        }
    }
    for operation in operations(&app, |operation| operation.takes_form && is_for_clients(operation)) {
        for garbage in ["", "%", "token", "grant_type=client_credentials&grant_type=client_credentials"] {
            let (id, secret) = app.management();
            app.client(id, secret)
                .form(&operation.path, garbage)
                .await
                .refused_by_oauth(400, "invalid_request");
        }
        let request = app.nobody().request(operation.method.clone(), &operation.path);
        let answer = app.nobody().send(request.header("content-type", "application/json"), "{}").await;
        answer.refused_by_oauth(400, "invalid_request");
    }
    assert_eq!(database.dump().await, before);
}

async fn refuses_garbage_bodies(user: &User<'_>, operation: &Operation, path: &str) {
    for garbage in ["{", "[]", "5", "\"text\"", "{} {}", "{\"no_such_member\":1}", "\u{0}"] {
        let request = user.request(operation.method.clone(), path).header("content-type", "application/json");
        user.send(request, garbage).await.refused(400, "invalid_request");
    }
    let request = user.request(operation.method.clone(), path).header("content-type", "text/plain");
    user.send(request, "{}").await.refused(415, "unsupported_media_type");
    let request = user.request(operation.method.clone(), path).header("content-type", "application/json");
    user.send(request, " ".repeat(appkeep_http::BODY_LIMIT + 1)).await.refused(413, "payload_too_large");
}

async fn refuses_garbage_parameters(user: &User<'_>, operation: &Operation, path: &str) {
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=251", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=", "limit"),
        ("cursor=garbage", "cursor"),
        ("cursor=", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("no_such_parameter=1", "no_such_parameter"),
    ] {
        let request = user.request(operation.method.clone(), &format!("{path}?{query}"));
        user.send(request, "").await.refused_for(400, "invalid_request", &[field]);
    }
}

async fn another_tenants_id_is_one_that_never_existed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let theirs = app.neighbour().await;
    // Where people are looked for.
    full.user("ours@example.com").await;
    settle(&full).await;
    let before = database.dump().await;
    let by_id = |operation: &Operation| {
        operation.path.contains('{') && !is_for_people(operation) && !is_for_registration(operation)
    };
    for operation in operations(&app, by_id) {
        let (_, parameter) = operation.path.split_once('{').expect("has one");
        let (strange, unknown, code) = match parameter.split('}').next().expect("splits") {
            "scope" => (&*theirs.scope, "nobody:read", "scope_not_found"),
            "user_id" => (&*theirs.user, "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "user_not_found"),
            "group_id" => (&*theirs.group, "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "group_not_found"),
            // It is made of an address, and there is none here.
            "lockout_id" => {
                ("lck_00000000000000007ZZZ5G0W87", "lck_00000000000000007ZZZ5G0W88", "lockout_not_found")
            }
            "tenant_id" => (&*theirs.id, "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "tenant_not_found"),
            "partner_id" => (&*theirs.partner, "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "partner_not_found"),
            "operator_id" => (&*theirs.operator, "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "operator_not_found"),
            "integration_id" => {
                (&*theirs.integration, "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "integration_not_found")
            }
            "service_account_id" => (
                &*theirs.service_account,
                "sa_01010101-0101-0101-0101-010101010101",
                "service_account_not_found",
            ),
            "registration_token_id" => {
                (&*theirs.registration_token, "rgt_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "credential_not_found")
            }
            "token_id" => (&*theirs.token, "nobodys", "token_not_found"),
            _ => (&*theirs.application, NEVER_EXISTED, "app_not_found"),
        };
        let strange = measure(&app, &full, operation, &operation.path_with(strange)).await;
        let unknown = measure(&app, &full, operation, &operation.path_with(unknown)).await;
        assert_eq!(strange, unknown, "{}", operation.id);
        if is_not_for_applications(operation) {
            assert_eq!(
                (strange.status, &strange.body["error"]),
                (403, &json!("forbidden")),
                "{}",
                operation.id
            );
            continue;
        }
        assert_eq!((strange.status, &strange.body["error"]), (404, &Value::from(code)), "{}", operation.id);
        assert!(strange.statements > 0, "{} was not even looked for", operation.id);
    }
    assert_eq!(database.dump().await, before);
}

/// The feed tells once more of what was written here, and what that drops is
/// read again: nothing that is measured shall pay for it.
async fn settle(user: &User<'_>) {
    tokio::time::sleep(Duration::from_millis(600)).await;
    user.get("/applications").await.ok();
}

/// An answer but for its id, and the work that was done for it.
#[derive(Debug, PartialEq)]
struct Measured {
    status: u16,
    body: Value,
    statements: u64,
}

async fn measure(app: &TestApp, user: &User<'_>, operation: &Operation, path: &str) -> Measured {
    let before = app.statements();
    let answer = try_it(user, operation, path).await;
    let (status, mut body) = (answer.status.as_u16(), answer.body);
    body["request_id"].take();
    Measured { status, body, statements: app.statements() - before }
}

async fn another_tenants_ids_in_a_list_are_ones_that_never_existed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let theirs = app.neighbour().await.application;
    settle(&full).await;
    for verb in ["disable", "enable", "delete"] {
        let mut work = Vec::new();
        for id in [theirs.as_str(), NEVER_EXISTED] {
            let before = app.statements();
            let outcome = full.post(&format!("/applications/bulk/{verb}"), json!({ "ids": [id] })).await.ok();
            let mut result = outcome["data"]["results"][0].clone();
            assert_eq!((result["id"].take(), &result["error"]), (json!(id), &json!("app_not_found")));
            work.push((result, app.statements() - before));
        }
        assert_eq!(work[0], work[1], "{verb}");
    }
    let mut work = Vec::new();
    for id in [theirs.as_str(), NEVER_EXISTED] {
        let before = app.statements();
        let page = full.get(&format!("/audit?application={id}")).await.ok();
        assert_eq!(page["data"], json!([]));
        work.push(app.statements() - before);
    }
    assert_eq!(work[0], work[1]);
    for list in [
        "applications",
        "audit",
        "scopes",
        "users",
        "groups",
        "integrations",
        "access-graph",
        "tenants",
        "partners",
        "operators",
    ] {
        let listed = full.get(&format!("/{list}?limit=250")).await.ok().to_string().to_lowercase();
        assert!(!listed.contains("theirs"), "{list}: {listed}");
    }
    assert!(!full.get("/applications?limit=250").await.ok().to_string().contains(&theirs));
}

async fn an_exception_that_is_needed_no_longer_is_removed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let named = |id: &str| app.description.operations.iter().find(|operation| operation.id == id);
    for exception in
        PUBLIC.iter().chain(FOR_CLIENTS).chain(FOR_BROWSERS).chain(FOR_KEYS).chain(FOR_REGISTRATION)
    {
        assert!(named(exception).is_some_and(|operation| operation.scope.is_none()), "{exception}");
    }
    for exception in FOR_PEOPLE {
        let scope = named(exception).and_then(|operation| operation.scope.as_deref());
        assert_eq!(scope, Some("openid"), "{exception}");
    }
    for operation in operations(&app, |operation| operation.scope.is_none()) {
        let is_known = is_public(operation)
            || is_for_clients(operation)
            || is_for_browsers(operation)
            || is_for_keys(operation)
            || is_for_registration(operation);
        assert!(is_known, "{} asks for no scope", operation.id);
    }
}

fn operations(app: &TestApp, wanted: impl Fn(&Operation) -> bool) -> Vec<&Operation> {
    let found: Vec<_> = app.description.operations.iter().filter(|operation| wanted(operation)).collect();
    assert!(!found.is_empty());
    found
}

/// What no application of a tenant ever may, whatever it is to be done to.
fn is_not_for_applications(operation: &Operation) -> bool {
    is_for_the_platform(operation) || operation.id == "start_impersonation"
}

/// What nobody of a tenant ever may, whatever it is to be done to.
fn is_for_the_platform(operation: &Operation) -> bool {
    matches!(operation.scope.as_deref(), Some("tenants:write" | "partners:write"))
}

fn is_public(operation: &Operation) -> bool {
    PUBLIC.contains(&operation.id.as_str())
}

fn is_for_clients(operation: &Operation) -> bool {
    FOR_CLIENTS.contains(&operation.id.as_str())
}

fn is_for_browsers(operation: &Operation) -> bool {
    FOR_BROWSERS.contains(&operation.id.as_str())
}

fn is_for_keys(operation: &Operation) -> bool {
    FOR_KEYS.contains(&operation.id.as_str())
}

fn is_for_registration(operation: &Operation) -> bool {
    FOR_REGISTRATION.contains(&operation.id.as_str())
}

fn is_for_people(operation: &Operation) -> bool {
    FOR_PEOPLE.contains(&operation.id.as_str())
}

/// Asks for it with the emptiest request that has the right form.
async fn try_it(user: &User<'_>, operation: &Operation, path: &str) -> Answer {
    if operation.takes_form {
        return user.form(path, "grant_type=client_credentials&token=x").await;
    }
    if operation.has_body {
        return user.json(operation.method.clone(), path, emptiest(operation)).await;
    }
    user.send(user.request(operation.method.clone(), path), "").await
}

fn emptiest(operation: &Operation) -> Value {
    match operation.id.as_str() {
        "create_application" => json!({ "name": "a", "type": "spa" }),
        "create_scope" => json!({ "scope": "a" }),
        "create_connection" => json!({ "provider": "google", "client_id": "a", "client_secret": "b" }),
        "create_user" | "create_end_user" => json!({ "email": "a@b" }),
        "create_group" | "create_partner" | "create_tenant" => json!({ "name": "a" }),
        "create_operator" => json!({ "email": "a@b", "role": "viewer", "at": "platform" }),
        "start_impersonation" => json!({ "user_id": "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "reason": "a" }),
        "set_access" => json!({ "kind": "private", "permissions": ["token:read"] }),
        "create_integration" => json!({ "name": "a", "url": "https://a.example" }),
        "set_integration_oauth" => json!({ "client_id": "a" }),
        "replace_attached_integrations" => json!({ "integration_ids": [] }),
        "bring_own_token" => json!({ "token": "a" }),
        "depart_to_integration" => json!({ "return_to": "https://a.example" }),
        "arrive_from_integration" => json!({ "state": "a", "code": "b" }),
        "explain_access" => json!({ "permission": "token:read", "container": "/" }),
        "verify_key" => json!({ "key": "a" }),
        "transfer_tenant" => json!({ "partner_id": null }),
        "set_password" | "set_end_user_password" => json!({ "password": "correct horse" }),
        id if id.ends_with("_applications") && operation.method == Method::POST => json!({ "ids": [] }),
        _ => json!({}),
    }
}
