//! One application: made, read, changed, taken away.

use appkeep_domain::{Level, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{act, admins, delete, get, ids, patch, post, super_admin};
use crate::harness::{PARTNER, RIVAL, SISTER, STRANGER, TestApp};

on_each_database![
    super_admin_can_create_any_scope,
    partner_admin_can_create_partner_for_their_partner_or_tenant_for_tenants_in_their_partner,
    tenant_admin_can_only_create_tenant_scope_for_their_tenant,
    what_is_created_is_read_back_here_and_under_api_v1,
    the_secret_is_shown_once_and_gets_tokens,
    what_is_required_and_null_is_named,
    what_a_body_says_besides_is_passed_over,
    an_application_is_updated_and_its_type_and_scope_are_fixed,
    a_soft_deleted_application_is_gone_here_and_archived_there,
    a_rotated_secret_takes_the_place_of_the_one_before_at_once,
    an_application_without_a_secret_has_none_to_rotate,
];

const VIEWER_OF_ALL: RoleGrant = RoleGrant { role: Role::Viewer, at: Level::Platform };

fn service(scope: &str, tenant: Option<String>, partner: Option<String>) -> Value {
    let mut body = json!({ "name": "Sync", "application_type": "SERVICE", "scope": scope });
    if let Some(tenant) = tenant {
        body["tenant_id"] = tenant.into();
    }
    if let Some(partner) = partner {
        body["partner_id"] = partner.into();
    }
    body
}

async fn super_admin_can_create_any_scope(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = super_admin(&app).await;
    for (scope, tenant, partner) in [
        ("GLOBAL", None, None),
        ("PARTNER", None, Some(RIVAL.to_string())),
        ("TENANT", Some(STRANGER.to_string()), None),
    ] {
        let made =
            post(&admin, "/applications/", service(scope, tenant.clone(), partner.clone())).await.created();
        assert_eq!(
            (&made["scope"], &made["tenant_id"], &made["partner_id"]),
            (&json!(scope), &json!(tenant), &json!(partner))
        );
    }
}

async fn partner_admin_can_create_partner_for_their_partner_or_tenant_for_tenants_in_their_partner(
    database: TestDatabase,
) {
    let app = TestApp::start_with_partners(&database).await;
    let [_, admin, _] = admins(&app).await;
    for (scope, tenant, partner) in
        [("PARTNER", None, Some(PARTNER.to_string())), ("TENANT", Some(SISTER.to_string()), None)]
    {
        post(&admin, "/applications/", service(scope, tenant, partner)).await.created();
    }
    post(&admin, "/applications/", service("GLOBAL", None, None)).await.with(403);
    for (scope, tenant, partner, field) in [
        ("PARTNER", None, Some(RIVAL.to_string()), "partner_id"),
        ("TENANT", Some(STRANGER.to_string()), None, "tenant_id"),
    ] {
        let refused = post(&admin, "/applications/", service(scope, tenant, partner)).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", field]), "{refused}");
    }
}

async fn tenant_admin_can_only_create_tenant_scope_for_their_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [_, _, admin] = admins(&app).await;
    let own = Some(app.tenant().to_string());
    post(&admin, "/applications/", service("TENANT", own, None)).await.created();
    post(&admin, "/applications/", service("GLOBAL", None, None)).await.with(403);
    post(&admin, "/applications/", service("PARTNER", None, Some(PARTNER.to_string()))).await.with(403);
    let before = ids(&super_admin(&app).await, "").await;
    for tenant in [SISTER, STRANGER] {
        let body = service("TENANT", Some(tenant.to_string()), None);
        let refused = post(&admin, "/applications/", body).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "tenant_id"]), "{refused}");
    }
    let refused = post(&admin, "/applications/", service("PARTNER", None, Some(RIVAL.to_string()))).await;
    assert_eq!(refused.with(422)["detail"][0]["loc"], json!(["body", "partner_id"]));
    let after = ids(&app.operator_with(VIEWER_OF_ALL).await, "").await;
    assert_eq!(after, before, "nothing was made");
}

async fn what_is_created_is_read_back_here_and_under_api_v1(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (writer, tenant) = (app.with("admin:write").await, app.tenant().to_string());
    let body = json!({
        "name": "Portal",
        "description": "Where customers are",
        "application_type": "WEB",
        "scope": "TENANT",
        "tenant_id": tenant,
        "logo_url": "https://portal.example/logo.png",
        "redirect_uris": ["https://portal.example/callback"],
        "post_logout_redirect_uris": ["https://portal.example/bye"],
        "allowed_origins": ["https://portal.example"],
        "allowed_scopes": ["openid", "profile"],
        "token_lifetime": 900,
        "refresh_token_lifetime": 86_400,
    });
    let mut made = post(&writer, "/applications", body).await.created();
    let secret = made.as_object_mut().and_then(|made| made.remove("client_secret")).expect("a secret");
    assert!(secret.as_str().is_some_and(|secret| secret.starts_with("sk_")), "{secret}");
    let id = made["id"].as_str().expect("an id").to_owned();
    for path in [format!("/applications/{id}"), format!("/applications/{id}/")] {
        assert_eq!(get(&writer, &path).await.data(), made);
    }
    let expected = [
        ("client_id", json!(id)),
        ("application_type", json!("WEB")),
        ("scope", json!("TENANT")),
        ("tenant_id", json!(tenant)),
        ("partner_id", Value::Null),
        ("status", json!("ACTIVE")),
        ("description", json!("Where customers are")),
        ("logo_url", json!("https://portal.example/logo.png")),
        ("redirect_uris", json!(["https://portal.example/callback"])),
        ("post_logout_redirect_uris", json!(["https://portal.example/bye"])),
        ("allowed_origins", json!(["https://portal.example"])),
        ("allowed_scopes", json!(["openid", "profile"])),
        ("token_lifetime", json!(900)),
        ("refresh_token_lifetime", json!(86_400)),
    ];
    for (member, value) in expected {
        assert_eq!(made[member], value, "{member}");
    }
    let native = app.full().await.read(&id).await;
    assert_eq!((&native["type"], &native["access_token_ttl_s"]), (&json!("server"), &json!(900)));
    assert_eq!((&made["created_at"], &made["updated_at"]), (&native["created_at"], &native["updated_at"]));
    let body = json!({
        "description": null,
        "redirect_uris": ["https://portal.example/back", "https://portal.example/callback"],
        "allowed_scopes": ["openid"],
    });
    // With a slash as without.
    let changed = patch(&writer, &format!("/applications/{id}/"), body.clone()).await.data();
    for (member, value) in body.as_object().expect("an object") {
        assert_eq!(changed[member], *value, "{member}");
    }
    assert_eq!((&changed["logo_url"], &changed["name"]), (&made["logo_url"], &made["name"]));
    assert_eq!(get(&writer, &format!("/applications/{id}")).await.data(), changed);
    act(&writer, &format!("/applications/{id}/rotate-secret/")).await.data();
    get(&writer, &format!("/applications/{id}/effective-users/")).await.ok();
    delete(&writer, &format!("/applications/{id}/")).await.with(204);
    get(&writer, &format!("/applications/{id}")).await.with(404);
}

async fn the_secret_is_shown_once_and_gets_tokens(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let made = post(&writer, "/applications/", service("TENANT", Some(app.tenant().to_string()), None)).await;
    let made = made.created();
    let (id, secret) = (made["id"].as_str().expect("an id"), made["client_secret"].as_str().expect("one"));
    app.token(id, secret, "").await.ok();
    assert_eq!(get(&writer, &format!("/applications/{id}")).await.data()["client_secret"], Value::Null);
}

async fn what_is_required_and_null_is_named(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    for member in ["name", "application_type", "scope"] {
        let mut body = service("TENANT", Some(app.tenant().to_string()), None);
        body[member] = Value::Null;
        let refused = post(&writer, "/applications/", body).await.with(422);
        let expected = json!([{ "loc": ["body", member], "msg": "is required", "type": "missing" }]);
        assert_eq!(refused["detail"], expected);
    }
}

async fn what_a_body_says_besides_is_passed_over(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let mut body = service("TENANT", Some(app.tenant().to_string()), Some(RIVAL.to_string()));
    body["is_trusted"] = json!(true);
    post(&writer, "/applications/", body).await.created();
}

async fn an_application_is_updated_and_its_type_and_scope_are_fixed(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let body = service("TENANT", Some(app.tenant().to_string()), None);
    let made = post(&writer, "/applications/", body).await.created();
    let path = format!("/applications/{}", made["id"].as_str().expect("an id"));
    let body = json!({ "name": "Renamed", "token_lifetime": 120, "application_type": "SERVICE" });
    let changed = patch(&writer, &path, body).await.data();
    assert_eq!((&changed["name"], &changed["token_lifetime"]), (&json!("Renamed"), &json!(120)));
    assert_eq!(get(&writer, &path).await.data(), changed);
    let (sister, partner, own) = (SISTER.to_string(), PARTNER.to_string(), app.tenant().to_string());
    for (member, value) in [
        ("application_type", "SPA"),
        ("scope", "GLOBAL"),
        ("tenant_id", &sister),
        ("tenant_id", "nobody"),
        ("partner_id", &partner),
    ] {
        let refused = patch(&writer, &path, json!({ "name": "No", member: value })).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["body", member]), "{refused}");
    }
    let standing = json!({ "scope": "TENANT", "tenant_id": own, "partner_id": null });
    patch(&writer, &path, standing).await.ok();
    let mut shown = get(&writer, &path).await.data();
    shown["updated_at"] = changed["updated_at"].clone();
    assert_eq!(shown, changed);
}

async fn a_soft_deleted_application_is_gone_here_and_archived_there(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let body = service("TENANT", Some(app.tenant().to_string()), None);
    let made = post(&writer, "/applications/", body).await.created();
    let (id, secret) = (made["id"].as_str().expect("an id"), made["client_secret"].as_str().expect("one"));
    let path = format!("/applications/{id}");
    let answer = delete(&writer, &path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    for answer in [
        get(&writer, &path).await,
        patch(&writer, &path, json!({ "name": "Back" })).await,
        act(&writer, &format!("{path}/rotate-secret")).await,
        get(&writer, &format!("{path}/effective-users")).await,
        delete(&writer, &path).await,
    ] {
        assert_eq!(answer.with(404), json!({ "detail": "there is no such application" }));
    }
    assert_eq!(get(&writer, "/applications/?search=sync").await.ok()["data"], json!([]));
    assert!(app.full().await.read(id).await["archived_at"].is_string());
    app.token(id, secret, "").await.with(400);
}

async fn a_rotated_secret_takes_the_place_of_the_one_before_at_once(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let body = service("TENANT", Some(app.tenant().to_string()), None);
    let made = post(&writer, "/applications/", body).await.created();
    let (id, old) = (made["id"].as_str().expect("an id"), made["client_secret"].as_str().expect("one"));
    let rotated = act(&writer, &format!("/applications/{id}/rotate-secret")).await.data();
    let new = rotated["client_secret"].as_str().expect("one");
    assert!(new.starts_with("sk_") && rotated["id"] == id, "{id}");
    assert_eq!(rotated["client_id"], id);
    app.token(id, new, "").await.ok();
    app.token(id, old, "").await.with(401);
}

async fn an_application_without_a_secret_has_none_to_rotate(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let tenant = app.tenant().to_string();
    let body = json!({ "name": "Page", "application_type": "SPA", "scope": "TENANT", "tenant_id": tenant });
    let made = post(&writer, "/applications/", body).await.created();
    assert_eq!(made["client_secret"], Value::Null);
    let path = format!("/applications/{}/rotate-secret", made["id"].as_str().expect("an id"));
    let refused = act(&writer, &path).await.with(400);
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("spa")), "{refused}");
}
