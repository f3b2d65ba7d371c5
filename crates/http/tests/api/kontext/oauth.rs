//! The OAuth endpoints at Kontext's paths.

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{CALLBACK, act, confidential, get, made, post, read, refused, text};
use crate::harness::{Answer, ISSUER, SISTER, TestApp, claims};

on_each_database![
    a_client_gets_its_token_at_the_issuer_of_its_tenant,
    our_management_api_is_meant_by_its_address_here,
    discovery_and_keys_are_those_of_the_issuer,
    authorize_leads_to_the_page_of_the_clients_tenant,
    who_is_nobodys_client_is_refused,
];

async fn fetch(app: &TestApp, path: &str) -> Answer {
    let nobody = app.nobody();
    nobody.send(nobody.request(Method::GET, &format!("/kontext{path}")), "").await
}

async fn token(app: &TestApp, (id, secret): (&Value, &Value), more: &str) -> Answer {
    let form = format!("grant_type=client_credentials{more}");
    app.client(text(id), text(secret)).form("/kontext/oauth2/token", &form).await
}

/// An application of the sister tenant, and the account there that made it.
async fn of_the_sister(app: &TestApp) -> (Value, Value) {
    let (_, admin) = app.account_in(SISTER, Role::Admin).await;
    let account = post(&admin, "/service-accounts", json!({ "name": "CI" })).await.with(201);
    (made(&admin, "Agent", confidential()).await, account)
}

async fn a_client_gets_its_token_at_the_issuer_of_its_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (theirs, account) = of_the_sister(&app).await;
    let (ours, issuer) = (app.owner().await, format!("{ISSUER}/t/sister"));
    let oauth = &theirs["oauth"];
    for (member, path) in
        [("authorizationUrl", "/oauth2/authorize"), ("tokenUrl", "/oauth2/token"), ("gatewayUrl", "/mcp")]
    {
        assert_eq!(oauth[member], format!("{issuer}{path}"), "{member}");
    }
    let answer = token(&app, (&oauth["clientId"], &oauth["clientSecret"]), "").await.ok();
    assert_eq!(claims(text(&answer["access_token"]))["iss"], json!(issuer));
    let credentials = &account["credentials"];
    let answer = token(&app, (&credentials["clientId"], &credentials["clientSecret"]), "").await.ok();
    let access = text(&answer["access_token"]);
    assert_eq!(claims(access)["iss"], json!(issuer));
    // It speaks to its own organization, at the one address that there is.
    let path = format!("/applications/{}", text(&theirs["application"]["id"]));
    assert_eq!(read(&app.bearing(access), &path).await, theirs["application"]);
    refused(get(&ours, &path).await, 404);
    refused(act(&ours, &format!("{path}/rotate-secret")).await, 404);
    let (id, secret) = app.management();
    let answer = token(&app, (&json!(id), &json!(secret)), "").await.ok();
    assert_eq!(claims(text(&answer["access_token"]))["iss"], json!(ISSUER));
}

async fn our_management_api_is_meant_by_its_address_here(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (_, account) = of_the_sister(&app).await;
    let credentials = (&account["credentials"]["clientId"], &account["credentials"]["clientSecret"]);
    for parameter in ["audience", "resource"] {
        let more = format!("&{parameter}={ISSUER}/kontext/api/v1");
        let answer = token(&app, credentials, &more).await.ok();
        let access = text(&answer["access_token"]);
        assert_eq!(claims(access)["aud"], json!(format!("{ISSUER}/t/sister/api/v1")));
        get(&app.bearing(access), "/applications").await.ok();
    }
    let more = format!("&audience={ISSUER}/kontext/api/v2");
    token(&app, credentials, &more).await.refused_by_oauth(400, "invalid_target");
}

async fn discovery_and_keys_are_those_of_the_issuer(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (theirs, _) = of_the_sister(&app).await;
    let client = text(&theirs["oauth"]["clientId"]);
    for (query, issuer) in
        [(String::new(), ISSUER.to_owned()), (format!("?client_id={client}"), format!("{ISSUER}/t/sister"))]
    {
        let known = fetch(&app, &format!("/.well-known/oauth-authorization-server{query}")).await.ok();
        for (member, path) in [
            ("issuer", ""),
            ("authorization_endpoint", "/oauth2/authorize"),
            ("token_endpoint", "/oauth2/token"),
            ("jwks_uri", "/.well-known/jwks.json"),
        ] {
            assert_eq!(known[member], format!("{issuer}{path}"), "{member}");
        }
        let again = fetch(&app, &format!("/.well-known/oauth-authorization-server/mcp{query}")).await;
        assert_eq!(again.ok(), known);
        let keys = fetch(&app, &format!("/.well-known/jwks.json{query}")).await.ok();
        let nobody = app.nobody();
        let path = format!("{}/.well-known/jwks.json", &issuer[ISSUER.len()..]);
        assert_eq!(keys, nobody.send(nobody.request(Method::GET, &path), "").await.ok());
    }
}

async fn authorize_leads_to_the_page_of_the_clients_tenant(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (_, admin) = app.account_in(SISTER, Role::Admin).await;
    let page = json!({ "type": "public", "redirectUris": [CALLBACK], "scopes": ["openid"] });
    let theirs = made(&admin, "Page", page).await;
    let client = text(&theirs["oauth"]["clientId"]);
    let query = format!(
        "response_type=code&client_id={client}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&scope=openid\
         &state=x&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    for path in ["/oauth2/authorize", "/oauth2/auth"] {
        let page = fetch(&app, &format!("{path}?{query}")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text.contains("<form"), "{}", page.text);
    }
    let elsewhere = app.browser().get(&format!("/oauth2/authorize?{query}")).await;
    assert_eq!(elsewhere.status, 400, "it is no client at the public URL");
}

async fn who_is_nobodys_client_is_refused(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for id in ["app_550e8400-e29b-41d4-a716-446655440000", "sa_550e8400-e29b-41d4-a716-446655440000", "x"] {
        let answer = token(&app, (&json!(id), &json!("app_secret_x")), "").await;
        answer.refused_by_oauth(401, "invalid_client");
    }
    let nobody = app.nobody();
    nobody.form("/kontext/oauth2/token", "").await.refused_by_oauth(401, "invalid_client");
    let (theirs, _) = of_the_sister(&app).await;
    let answer = token(&app, (&theirs["oauth"]["clientId"], &json!("app_secret_x")), "").await;
    answer.refused_by_oauth(401, "invalid_client");
    assert_eq!(fetch(&app, "/oauth2/nothing").await.with(404)["statusCode"], 404);
}
