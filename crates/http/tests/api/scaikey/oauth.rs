//! The OAuth endpoints at ScaiKey's paths.

use appkeep_domain::{Owner, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::secret_of;
use crate::harness::{AFTER_LOGOUT, Answer, ISSUER, PARTNER, RelyingParty, SISTER, TestApp, User, claims};

on_each_database![
    a_global_application_gets_a_platform_token,
    a_tenants_application_gets_its_token_at_the_tenants_path,
    a_partners_application_gets_its_token_at_a_tenants_path_and_ends_it,
    discovery_and_keys_are_those_of_the_issuer,
    authorize_leads_to_the_page_of_the_tenant,
    a_person_is_told_of_and_signed_out_by_these_paths,
    the_role_is_the_highest_at_which_somebody_administers,
    a_tenant_that_is_not_there_has_no_endpoints,
    an_applications_own_pages_may_ask_and_no_others,
];

const API: &str = "/scaikey/api/v1";

async fn fetch(app: &TestApp, path: &str) -> Answer {
    let nobody = app.nobody();
    nobody.send(nobody.request(Method::GET, &format!("{API}{path}")), "").await
}

async fn token(app: &TestApp, path: &str, (id, secret): (&str, &str)) -> Answer {
    app.client(id, secret).form(&format!("{API}{path}"), "grant_type=client_credentials").await
}

async fn a_global_application_gets_a_platform_token(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Global, None), "Sync").await.id;
    let secret = secret_of(&app, &id).await;
    let answer = token(&app, "/platform/oauth/token", (&id, &secret)).await.ok();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let claims = claims(answer["access_token"].as_str().expect("a token"));
    for (claim, value) in [
        ("platform_token", json!(true)),
        ("app_scope", json!("GLOBAL")),
        ("token_type", json!("client_credentials")),
        ("client_id", json!(id)),
        ("tenant_id", Value::Null),
    ] {
        assert_eq!(claims[claim], value, "{claim}: {claims}");
    }
}

async fn a_tenants_application_gets_its_token_at_the_tenants_path(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Tenant(SISTER), None), "Sync").await.id;
    let secret = secret_of(&app, &id).await;
    let answer = token(&app, "/auth/tenants/sister/oauth/token", (&id, &secret)).await.ok();
    let claims = claims(answer["access_token"].as_str().expect("a token"));
    assert_eq!(claims["iss"], format!("{ISSUER}/t/sister"));
    assert_eq!((&claims["tenant_id"], &claims["app_scope"]), (&json!(SISTER.to_string()), &json!("TENANT")));
    assert_eq!(claims["platform_token"], Value::Null);
    token(&app, "/auth/tenants/default/oauth/token", (&id, &secret)).await.with(401);
    let (id, secret) = app.management();
    token(&app, "/auth/tenants/default/oauth/token/", (id, secret)).await.ok();
}

async fn a_partners_application_gets_its_token_at_a_tenants_path_and_ends_it(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let id = app.owned_application((Owner::Partner(PARTNER), None), "Sync").await.id;
    let secret = secret_of(&app, &id).await;
    let answer = token(&app, "/auth/tenants/sister/oauth/token", (&id, &secret)).await.ok();
    let token = answer["access_token"].as_str().expect("a token");
    let claims = claims(token);
    for (claim, value) in [
        ("app_scope", json!("PARTNER")),
        ("partner_id", json!(PARTNER.to_string())),
        ("iss", json!(format!("{ISSUER}/t/sister"))),
    ] {
        assert_eq!(claims[claim], value, "{claim}: {claims}");
    }
    let client = app.client(&id, &secret);
    let form = format!("token={token}");
    let ask = async |name: &str| client.form(&format!("{API}/auth/tenants/sister/oauth/{name}"), &form).await;
    assert_eq!(ask("introspect").await.ok()["active"], true);
    assert_eq!(ask("revoke").await.status, 200);
    assert_eq!(ask("introspect").await.ok(), json!({ "active": false }));
}

async fn discovery_and_keys_are_those_of_the_issuer(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for (path, issuer) in [
        ("/platform/oauth/.well-known/openid-configuration", ISSUER.to_owned()),
        ("/auth/tenants/default/.well-known/openid-configuration", ISSUER.to_owned()),
        ("/auth/tenants/sister/.well-known/openid-configuration", format!("{ISSUER}/t/sister")),
    ] {
        let found = fetch(&app, path).await.ok();
        assert_eq!(
            (&found["issuer"], &found["token_endpoint"]),
            (&json!(issuer), &json!(format!("{issuer}/oauth2/token")))
        );
    }
    let keys = fetch(&app, "/platform/.well-known/jwks.json").await.ok();
    assert_eq!(keys, fetch(&app, "/auth/tenants/default/.well-known/jwks.json").await.ok());
    assert_ne!(keys, fetch(&app, "/auth/tenants/sister/.well-known/jwks.json").await.ok());
}

async fn authorize_leads_to_the_page_of_the_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    let body = json!({ "redirect_uris": ["https://page.example/callback"], "allowed_scopes": ["openid"] });
    let created = full.create("spa", body).await;
    let id = created["id"].as_str().expect("an id");
    let query = format!(
        "response_type=code&client_id={id}&redirect_uri=https%3A%2F%2Fpage.example%2Fcallback&scope=openid\
         &state=x&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    for path in ["/platform/oauth/authorize", "/auth/tenants/default/oauth/authorize"] {
        let theirs = fetch(&app, &format!("{path}?{query}")).await;
        assert_eq!(
            (theirs.status.as_u16(), theirs.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
        assert!(theirs.text.contains("<form"), "{}", theirs.text);
    }
}

async fn a_person_is_told_of_and_signed_out_by_these_paths(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    for place in ["/platform", "/auth/tenants/default"] {
        let browser = app.browser();
        let tokens = shop.sign_in(&browser, "ada@example.com").await;
        let id = tokens.id.as_deref().expect("asked for openid");
        let userinfo = format!("{API}{place}/oauth/userinfo");
        let ask = async |user: User<'_>| user.send(user.request(Method::GET, &userinfo), "").await;
        let told = ask(app.bearing(&tokens.access)).await.ok();
        assert_eq!((&told["sub"], &told["email"]), (&claims(id)["sub"], &json!("ada@example.com")));
        ask(app.nobody()).await.with(401);
        let query = [("id_token_hint", id), ("post_logout_redirect_uri", AFTER_LOGOUT)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let page = browser.get(&format!("{API}{place}/oauth/logout?{query}")).await;
        assert_eq!(page.location().map(String::from).as_deref(), Some(AFTER_LOGOUT), "{page:?}");
        ask(app.bearing(&tokens.access)).await.with(401);
    }
}

/// What a program written for ScaiKey looks for in a token.
async fn the_role_is_the_highest_at_which_somebody_administers(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant, free] = app.levels();
    for (grants, expected) in [
        (vec![(Role::Admin, platform)], json!("super_admin")),
        (vec![(Role::Owner, partner)], json!("partner_admin")),
        (vec![(Role::Admin, tenant)], json!("tenant_admin")),
        (vec![(Role::Owner, free)], json!("tenant_admin")),
        (vec![(Role::Operator, platform)], Value::Null),
        (vec![(Role::Member, partner)], Value::Null),
        (vec![(Role::Viewer, tenant)], Value::Null),
        (vec![(Role::Viewer, platform), (Role::Owner, tenant)], json!("tenant_admin")),
        (vec![(Role::Member, tenant), (Role::Admin, free), (Role::Admin, partner)], json!("partner_admin")),
    ] {
        let grants: Vec<RoleGrant> = grants.into_iter().map(|(role, at)| RoleGrant { role, at }).collect();
        let user = app.operator_with_all(&grants).await;
        assert_eq!(claims(user.token())["role"], expected, "{grants:?}");
    }
}

async fn a_tenant_that_is_not_there_has_no_endpoints(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for path in ["/auth/tenants/nobody/oauth/token", "/auth/tenants//oauth/token", "/platform/oauth/nothing"]
    {
        assert!(fetch(&app, path).await.with(404)["detail"].is_string(), "{path}");
    }
}

async fn an_applications_own_pages_may_ask_and_no_others(database: TestDatabase) {
    const OWN: &str = "https://shop.example";
    let app = TestApp::start_with_partners(&database).await;
    let shop = RelyingParty::register(&app.full().await, json!({ "allowed_origins": [OWN] })).await;
    let nobody = app.nobody();
    let form = format!("grant_type=refresh_token&client_id={}&refresh_token=x", shop.client_id);
    for path in ["/platform/oauth/token", "/auth/tenants/default/oauth/token"] {
        for (origin, allowed) in [(OWN, OWN), ("https://evil.example", "")] {
            let request = nobody.request(Method::OPTIONS, &format!("{API}{path}")).header("origin", origin);
            let preflight = nobody.send(request.header("access-control-request-method", "POST"), "").await;
            assert_eq!(preflight.status.as_u16(), 204, "{path} {origin}");
            let request = nobody.request(Method::POST, &format!("{API}{path}")).header("origin", origin);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = nobody.send(request, form.clone()).await;
            assert_eq!(answer.status.as_u16(), 400, "{path} {origin}");
            for answer in [preflight, answer] {
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path} {origin}");
                assert_eq!(answer.header("vary"), "origin");
            }
        }
    }
    let elsewhere = format!("{API}/auth/tenants/sister/oauth/token");
    let request = nobody.request(Method::OPTIONS, &elsewhere).header("origin", OWN);
    let preflight = nobody.send(request.header("access-control-request-method", "POST"), "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), "", "of another tenant");
}
