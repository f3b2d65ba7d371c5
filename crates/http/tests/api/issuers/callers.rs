//! The native API at every address, for callers of every level.

use appkeep_domain::Owner;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::{ISSUER, RelyingParty, TestApp, Tokens, User};

on_each_database![
    a_tenants_application_speaks_to_its_tenant_wherever_it_asks,
    a_tenants_application_finds_nothing_at_anothers_address,
    nobody_writes_into_the_history_of_another_tenant,
    a_global_application_speaks_to_every_tenant,
    an_idempotency_key_is_another_at_each_address,
    a_partners_application_speaks_to_its_tenants,
    operators_speak_to_every_tenant,
    a_token_for_another_api_opens_none,
    a_parameter_of_a_path_is_found_behind_the_slug,
];

async fn bearing<'a>(app: &'a TestApp, mount: &str, (id, secret): (&str, &str)) -> User<'a> {
    let client = app.client(id, secret).at(mount);
    let answer = client.form("/oauth2/token", "grant_type=client_credentials").await.ok();
    app.bearing(answer["access_token"].as_str().expect("a token"))
}

async fn slug(user: &User<'_>, mount: &str) -> String {
    let tenant = user.clone().at(mount).get("/tenant").await.data();
    tenant["slug"].as_str().expect("text").to_owned()
}

async fn a_tenants_application_speaks_to_its_tenant_wherever_it_asks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let acme = app.tenant_of(None, "acme").await;
    let user = bearing(&app, "/t/acme", acme.management()).await;
    for mount in ["/t/acme", ""] {
        assert_eq!(slug(&user, mount).await, "acme");
        let made = user.clone().at(mount).create("spa", json!({ "name": "Shop" })).await;
        let id = made["id"].as_str().expect("an id");
        user.clone().at("/t/acme").get(&format!("/applications/{id}")).await.ok();
        app.full().await.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
    }
}

async fn a_tenants_application_finds_nothing_at_anothers_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (acme, bolt) = (app.tenant_of(None, "acme").await, app.tenant_of(None, "bolt").await);
    let user = bearing(&app, "/t/acme", acme.management()).await;
    let theirs = app.full_at(&bolt).await.user("ada@example.com").await;
    for path in ["/tenant".to_owned(), "/users".to_owned(), format!("/users/{theirs}"), "/groups".to_owned()]
    {
        let seen = [&bolt.path, "/t/nobody"].map(|mount| user.clone().at(mount));
        let [there, nowhere] = seen;
        let (there, nowhere) = (there.get(&path).await, nowhere.get(&path).await);
        assert_eq!((there.status.as_u16(), &there.body["error"]), (404, &nowhere.body["error"]), "{path}");
        assert_eq!(there.body["message"], nowhere.body["message"], "{path}");
    }
}

async fn told(user: &User<'_>) -> Vec<String> {
    let history = user.get("/audit").await.ok();
    let entries = history["data"].as_array().expect("a list").iter();
    entries.map(|entry| entry["action"].as_str().expect("text").to_owned()).collect()
}

/// Not by what was asked for as a whole, nor by repeating it with its key.
async fn nobody_writes_into_the_history_of_another_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (acme, bolt) = (app.tenant_of(None, "acme").await, app.tenant_of(None, "bolt").await);
    let user = bearing(&app, "/t/acme", acme.management()).await.at(&bolt.path);
    let ids = json!({ "ids": [bolt.management().0] });
    for _ in 0..2 {
        let request = user.request(Method::POST, "/api/v1/applications/bulk/disable");
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        assert_eq!(user.send(request, ids.to_string()).await.ok()["meta"]["failed"], 1);
    }
    let theirs = told(&app.full_at(&bolt).await).await;
    let ours = told(&app.full_at(&acme).await).await;
    for action in ["application.bulk_disabled", "request.replayed"] {
        assert!(!theirs.iter().any(|told| told == action), "{theirs:?}");
        assert!(ours.iter().any(|told| told == action), "{ours:?}");
    }
}

async fn a_global_application_speaks_to_every_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    let (id, secret) = app.machine_of(Owner::Global).await;
    let user = bearing(&app, "", (&id, &secret)).await;
    assert_eq!((slug(&user, "").await, slug(&user, "/t/acme").await), ("default".into(), "acme".into()));
    let ada = user.clone().at("/t/acme").user("ada@example.com").await;
    user.get(&format!("/users/{ada}")).await.refused(404, "user_not_found");
}

/// By a token of whichever of them.
async fn an_idempotency_key_is_another_at_each_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    app.tenant_of(None, "bolt").await;
    let (id, secret) = app.machine_of(Owner::Global).await;
    let user = bearing(&app, "", (&id, &secret)).await;
    for mount in ["", "/t/acme", "/t/bolt"] {
        let user = user.clone().at(mount);
        let request = user.request(Method::POST, "/api/v1/users");
        let request = request.header("content-type", "application/json").header("idempotency-key", "once");
        let made = user.send(request, json!({ "email": "ada@example.com" }).to_string()).await.created();
        user.get(&format!("/users/{}", made["id"].as_str().expect("an id"))).await.ok();
    }
}

async fn a_partners_application_speaks_to_its_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (north, south) = (app.partner("north").await, app.partner("south").await);
    for (partner, slug) in [(north, "acme"), (north, "bolt"), (south, "crow")] {
        app.tenant_of(Some(partner), slug).await;
    }
    let (id, secret) = app.machine_of(Owner::Partner(north)).await;
    let user = bearing(&app, "/t/acme", (&id, &secret)).await;
    for name in ["acme", "bolt"] {
        assert_eq!(slug(&user, &format!("/t/{name}")).await, name);
    }
    for mount in ["/t/crow", "/t/nobody", ""] {
        user.clone().at(mount).get("/tenant").await.refused(404, "not_found");
    }
}

async fn operators_speak_to_every_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    let (client_id, operator) = app.console().await;
    let (callback, console) = (format!("{ISSUER}/console/callback"), RelyingParty::new(&app, client_id));
    let asked = [("redirect_uri", callback.as_str()), ("scope", "openid tenant:read users:read")];
    let browser = app.browser();
    let page = browser.get(&console.authorize_path(&asked)).await;
    let back = browser.type_password(&page, &operator.email, &operator.password).await;
    let code = back.sent("code").expect("is sent back");
    let tokens = Tokens::of(&console.trade_with(&code, &[("redirect_uri", &callback)]).await.ok());
    let said = crate::harness::claims(&tokens.access);
    assert_eq!((&said["role"], &said["app_scope"]), (&json!("super_admin"), &json!("TENANT")));
    assert_eq!(said.get("token_type"), None, "it speaks for somebody");
    let user = app.bearing(&tokens.access);
    assert_eq!((slug(&user, "").await, slug(&user, "/t/acme").await), ("default".into(), "acme".into()));
    // They sign in at the public URL, and are nobody at a tenant's.
    let account = browser.get("/account").await;
    assert!(account.html.contains(&operator.email));
    assert_eq!(browser.get("/t/acme/account").await.heading(), "You are not signed in");
}

async fn a_token_for_another_api_opens_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let acme = app.tenant_of(None, "acme").await;
    let full = app.full_at(&acme).await;
    let roots = format!("{ISSUER}/api/v1");
    // Another issuer's API is another's.
    let (id, secret) = acme.management();
    let form = format!("grant_type=client_credentials&resource={roots}");
    app.client(id, secret)
        .at("/t/acme")
        .form("/oauth2/token", &form)
        .await
        .refused_by_oauth(400, "invalid_target");
    // And no application is called so.
    let named = json!({ "name": "Pretender", "type": "m2m", "audience": roots });
    full.post("/applications", named).await.refused_for(422, "invalid_field", &["audience"]);
}

async fn a_parameter_of_a_path_is_found_behind_the_slug(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let acme = app.tenant_of(None, "acme").await;
    let full = app.full_at(&acme).await;
    let (ada, group) = (full.user("ada@example.com").await, full.group("Staff").await);
    full.put(&format!("/groups/{group}/members/{ada}")).await;
    let members = full.get(&format!("/groups/{group}/members")).await.ok();
    assert_eq!(members["data"][0]["user_id"], ada, "{members}");
    let shop = full.create("spa", json!({ "name": "Shop" })).await;
    let path = format!("/applications/{}/assignments/{ada}", shop["id"].as_str().expect("an id"));
    assert!(full.put(&path).await.status.is_success(), "{path}");
    // With a key it is done once.
    let send = async || {
        let request = full.request(http::Method::POST, "/api/v1/groups").header("idempotency-key", "one");
        full.send(request.header("content-type", "application/json"), r#"{"name":"Once"}"#).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(first.created(), second.created());
}
