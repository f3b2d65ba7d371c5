//! What was said of a client is what it may do: real requests to authorize and
//! for tokens, at Kontext's paths.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{made, patch, text};
use crate::harness::{Browser, PASSWORD, Page, REDIRECT_URI, RelyingParty, TestApp, Tokens, User, claims};

on_each_database![
    redirect_uris_are_the_allowed_ones,
    pkce_is_required_for_the_auth_code_flow,
    scopes_are_the_allowed_ones,
    allowed_resources_are_the_allowed_resource_indicators,
];

const ADA: &str = "ada@example.com";

/// A client that was just made, and its secret if it has one.
async fn client<'a>(app: &'a TestApp, owner: &User<'a>, oauth: Value) -> (RelyingParty<'a>, String, String) {
    let created = made(owner, "My App", oauth).await;
    let party = RelyingParty::new(app, text(&created["oauth"]["clientId"]).to_owned()).asking("/kontext");
    let secret = created["oauth"]["clientSecret"].as_str().unwrap_or_default().to_owned();
    (party, secret, format!("/applications/{}/oauth", text(&created["application"]["id"])))
}

/// Through the pages of the issuer, to where the browser is sent back.
async fn walk(party: &RelyingParty<'_>, browser: &Browser<'_>, more: &[(&str, &str)]) -> Page {
    let mut page = browser.get(&party.authorize_path(more)).await;
    while page.location().is_none() {
        page = match page.form_action().as_str() {
            "/sign-in" => browser.type_password(&page, ADA, PASSWORD).await,
            "/consent" => browser.submit(&page, &[("decision", "allow")]).await,
            other => panic!("{other} is none of the pages of a sign-in"),
        };
    }
    page
}

async fn code(party: &RelyingParty<'_>, browser: &Browser<'_>, more: &[(&str, &str)]) -> String {
    let back = walk(party, browser, more).await;
    back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"))
}

/// With what the application is sent back.
async fn told(party: &RelyingParty<'_>, app: &TestApp, more: &[(&str, &str)]) -> Option<String> {
    app.browser().get(&party.authorize_path(more)).await.sent("error")
}

async fn redirect_uris_are_the_allowed_ones(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner().await, app.full().await);
    full.person(ADA).await;
    let oauth = json!({ "type": "public", "redirectUris": [REDIRECT_URI], "scopes": ["openid"] });
    let (party, _, path) = client(&app, &owner, oauth).await;
    let scope = ("scope", "openid");
    for uri in ["https://shop.example/other", "https://evil.example/callback", "http://shop.example/callback"]
    {
        let page = app.browser().get(&party.authorize_path(&[scope, ("redirect_uri", uri)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{uri}");
    }
    let browser = app.browser();
    let first = code(&party, &browser, &[scope]).await;
    let otherwise = [("redirect_uri", "https://shop.example/other")];
    party.trade_with(&first, &otherwise).await.refused_by_oauth(400, "invalid_grant");
    let second = code(&party, &browser, &[scope]).await;
    party.trade(&second).await.ok();
    // Another one from now on, and that one no longer.
    patch(&owner, &path, json!({ "redirectUris": ["https://shop.example/other"] })).await.ok();
    let page = app.browser().get(&party.authorize_path(&[scope])).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    let moved = [scope, ("redirect_uri", "https://shop.example/other")];
    let third = code(&party, &browser, &moved).await;
    party.trade_with(&third, &moved[1..]).await.ok();
}

async fn pkce_is_required_for_the_auth_code_flow(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner().await, app.full().await);
    full.person(ADA).await;
    let without = [("scope", "openid"), ("code_challenge", ""), ("code_challenge_method", "")];
    for kind in ["public", "confidential"] {
        let oauth = json!({ "type": kind, "redirectUris": [REDIRECT_URI], "scopes": ["openid"] });
        let (party, secret, path) = client(&app, &owner, oauth).await;
        assert_eq!(told(&party, &app, &without).await.as_deref(), Some("invalid_request"), "{kind}");
        let plain = [("scope", "openid"), ("code_challenge_method", "plain")];
        assert_eq!(told(&party, &app, &plain).await.as_deref(), Some("invalid_request"), "{kind}");
        let browser = app.browser();
        let given = code(&party, &browser, &without[..1]).await;
        let proof = basic(&app, &party, &secret);
        let none = trade(&party, &proof, &given, "").await;
        none.refused_by_oauth(400, "invalid_grant");
        let given = code(&party, &browser, &without[..1]).await;
        trade(&party, &proof, &given, VERIFIER).await.ok();
        if kind == "confidential" {
            patch(&owner, &path, json!({ "pkceRequired": false })).await.ok();
            let given = code(&party, &browser, &without).await;
            trade(&party, &proof, &given, "").await.ok();
        }
    }
}

/// As [`RelyingParty`] makes its challenges.
const VERIFIER: &str = "the-verifier-of-every-request-that-the-tests-make";

fn basic<'a>(app: &'a TestApp, party: &RelyingParty<'_>, secret: &str) -> User<'a> {
    if secret.is_empty() { app.nobody() } else { app.client(&party.client_id, secret) }
}

/// By HTTP Basic where it has a secret; what is empty is left out.
async fn trade(
    party: &RelyingParty<'_>,
    client: &User<'_>,
    code: &str,
    verifier: &str,
) -> crate::harness::Answer {
    let members = [
        ("grant_type", "authorization_code"),
        ("client_id", &party.client_id),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", verifier),
    ];
    let sent = members.into_iter().filter(|(_, value)| !value.is_empty());
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(sent).finish();
    client.form("/kontext/oauth2/token", &form).await
}

async fn scopes_are_the_allowed_ones(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner().await, app.full().await);
    full.person(ADA).await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let scopes = json!(["openid", "bills:read"]);
    let oauth = json!({ "type": "public", "redirectUris": [REDIRECT_URI], "scopes": scopes });
    let (party, _, path) = client(&app, &owner, oauth).await;
    for scope in ["openid email", "openid mcp:invoke", "openid management:all", "openid no:such"] {
        let error = told(&party, &app, &[("scope", scope)]).await;
        assert_eq!(error.as_deref(), Some("invalid_scope"), "{scope}");
    }
    let browser = app.browser();
    let both = [("scope", "openid bills:read")];
    let given = party.trade(&code(&party, &browser, &both).await).await.ok();
    assert_eq!(given["scope"], "openid bills:read");
    patch(&owner, &path, json!({ "scopes": ["openid"] })).await.ok();
    assert_eq!(told(&party, &app, &both).await.as_deref(), Some("invalid_scope"));

    let oauth = json!({ "type": "confidential", "redirectUris": [REDIRECT_URI], "scopes": ["bills:read"] });
    let (machine, secret, _) = client(&app, &owner, oauth).await;
    let asks = app.client(&machine.client_id, &secret);
    for (scope, expected) in [("bills:read", 200), ("mcp:invoke", 400), ("applications:read", 400)] {
        let form = format!("grant_type=client_credentials&scope={scope}");
        let answer = asks.form("/kontext/oauth2/token", &form).await;
        assert_eq!(answer.status, expected, "{scope}: {}", answer.text);
        if expected == 400 {
            answer.refused_by_oauth(400, "invalid_scope");
        }
    }
}

async fn allowed_resources_are_the_allowed_resource_indicators(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner().await, app.full().await);
    full.person(ADA).await;
    let allowed = json!(["mcp-gateway", "https://bills.example"]);
    let oauth = |kind: &str| {
        json!({
            "type": kind, "redirectUris": [REDIRECT_URI], "scopes": ["openid", "mcp:invoke"],
            "allowedResources": allowed,
        })
    };
    let (party, _, path) = client(&app, &owner, oauth("public")).await;
    let scope = ("scope", "openid mcp:invoke");
    for resource in ["https://other.example", "https://bills.example/", "mcp-other"] {
        let error = told(&party, &app, &[scope, ("resource", resource)]).await;
        assert_eq!(error.as_deref(), Some("invalid_target"), "{resource}");
    }
    let (browser, bills) = (app.browser(), ("resource", "https://bills.example"));
    let first = code(&party, &browser, &[scope, bills]).await;
    let given = Tokens::of(&party.trade_with(&first, &[bills]).await.ok());
    assert_eq!(claims(&given.access)["aud"], "https://bills.example");
    let second = code(&party, &browser, &[scope, bills]).await;
    let elsewhere = [("resource", "mcp-gateway")];
    party.trade_with(&second, &elsewhere).await.refused_by_oauth(400, "invalid_target");
    patch(&owner, &path, json!({ "allowedResources": ["mcp-gateway"] })).await.ok();
    assert_eq!(told(&party, &app, &[scope, bills]).await.as_deref(), Some("invalid_target"));
    code(&party, &browser, &[scope, elsewhere[0]]).await;

    let (machine, secret, _) = client(&app, &owner, oauth("confidential")).await;
    let asks = app.client(&machine.client_id, &secret);
    for (resource, allowed) in [("https://bills.example", true), ("https://other.example", false)] {
        for parameter in ["resource", "audience"] {
            let form = format!("grant_type=client_credentials&{parameter}={resource}");
            let answer = asks.form("/kontext/oauth2/token", &form).await;
            if allowed {
                assert_eq!(claims(text(&answer.ok()["access_token"]))["aud"], resource, "{parameter}");
            } else {
                answer.refused_by_oauth(400, "invalid_target");
            }
        }
    }
}
