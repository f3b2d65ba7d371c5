//! `/api/v1/applications/{id}/oauth`, and what `allowed_resources` allow

use appkeep_domain::{Level, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{ISSUER, PARTNER, RelyingParty, TestApp, Tokens, claims};

on_each_database![
    a_client_is_shown_with_where_it_goes_and_without_its_secret,
    a_change_of_the_client_is_a_change_of_the_application,
    a_saml_application_is_no_client,
    a_tenants_client_goes_to_its_own_issuer,
    an_allowed_resource_is_a_uri_or_a_name,
    nobody_is_allowed_what_another_owner_has,
    what_reaches_further_is_for_owners_and_admins_to_say,
    a_machine_names_what_it_was_allowed,
    a_person_agrees_to_what_the_client_was_allowed,
    what_was_allowed_can_be_taken_back,
];

const ADA: &str = "ada@example.com";
const BILLS: &str = "https://bills.example/api";

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

async fn a_client_is_shown_with_where_it_goes_and_without_its_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (kind, client_type, pkce, grants, method) in [
        ("spa", "public", true, &["authorization_code", "refresh_token"][..], "none"),
        ("native", "public", true, &["authorization_code", "refresh_token"], "none"),
        (
            "server",
            "confidential",
            false,
            &["authorization_code", "refresh_token", "client_credentials"],
            "client_secret_basic",
        ),
        ("m2m", "confidential", false, &["client_credentials"], "client_secret_basic"),
    ] {
        let body = json!({ "allowed_scopes": ["mcp:invoke"], "allowed_resources": ["mcp-gateway", BILLS] });
        let made = full.create(kind, body).await;
        let answer = full.get(&format!("/applications/{}/oauth", text(&made["id"]))).await;
        assert_eq!(answer.header("etag"), "\"1\"");
        let expected = json!({
            "client_id": made["client_id"],
            "type": client_type,
            "redirect_uris": [],
            "require_pkce": pkce,
            "allowed_scopes": ["mcp:invoke"],
            "allowed_resources": ["mcp-gateway", BILLS],
            "grant_types": grants,
            "token_endpoint_auth_method": method,
            "authorization_url": format!("{ISSUER}/oauth2/authorize"),
            "token_url": format!("{ISSUER}/oauth2/token"),
            "gateway_url": format!("{ISSUER}/mcp"),
        });
        assert_eq!(answer.data(), expected, "{kind}");
        assert_eq!(full.read(text(&made["id"])).await["allowed_resources"], expected["allowed_resources"]);
    }
}

async fn a_change_of_the_client_is_a_change_of_the_application(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = full.create("native", json!({})).await;
    let path = format!("/applications/{}/oauth", text(&made["id"]));
    let changed = full.patch(&path, json!({ "allowed_resources": [BILLS] })).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.data();
    let uris = json!({ "redirect_uris": ["http://127.0.0.1/callback"], "allowed_scopes": ["openid"] });
    let again = full.patch(&path, uris).await.data();
    assert_eq!(again["allowed_resources"], json!([BILLS]), "what is left out stays");
    assert_eq!(
        (&again["redirect_uris"][0], &again["type"]),
        (&json!("http://127.0.0.1/callback"), &changed["type"])
    );
    assert_eq!(full.get(&path).await.data(), again);
    let read = full.read(text(&made["id"])).await;
    assert_eq!((&read["allowed_scopes"], &read["allowed_resources"]), (&json!(["openid"]), &json!([BILLS])));
    let (action, before, after) = full.last_entry().await;
    assert_eq!((action.as_str(), &after["allowed_scopes"]), ("application.updated", &json!(["openid"])));
    assert_eq!(before["allowed_scopes"], json!([]));
    full.patch_if(&path, "\"1\"", json!({ "require_pkce": true })).await.refused(412, "precondition_failed");
    let before = database.dump().await;
    for (body, code, field) in [
        (json!({ "redirect_uris": ["https://*.example/"] }), "wildcard_uri_forbidden", "redirect_uris[0]"),
        (json!({ "allowed_resources": ["/relative"] }), "invalid_field", "allowed_resources[0]"),
        (json!({ "allowed_scopes": ["nobody:knows"] }), "scope_unknown", "allowed_scopes[0]"),
        (json!({ "require_pkce": false }), "invalid_field", "require_pkce"),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_field", "grant_types[0]"),
    ] {
        full.patch(&path, body).await.refused_for(422, code, &[field]);
    }
    full.patch(&path, json!({ "type": "confidential" })).await.refused(400, "invalid_request");
    app.reader().await.patch(&path, json!({})).await.refused(403, "insufficient_scope");
    assert_eq!(database.dump().await, before);
}

async fn a_saml_application_is_no_client(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let saml = json!({ "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] });
    let made = full.create("saml", json!({ "saml": saml })).await;
    assert_eq!(made["allowed_resources"], Value::Null);
    let path = format!("/applications/{}/oauth", text(&made["id"]));
    full.get(&path).await.refused(400, "not_applicable");
    full.patch(&path, json!({ "allowed_resources": [] })).await.refused(400, "not_applicable");
    let allowed = json!({ "allowed_resources": [BILLS] });
    let application = format!("/applications/{}", text(&made["id"]));
    full.patch(&application, allowed).await.refused_for(422, "invalid_field", &["allowed_resources"]);
}

async fn a_tenants_client_goes_to_its_own_issuer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let tenant = owner.tenant("acme", None).await;
    let made = owner.create("m2m", json!({ "tenant_id": tenant })).await;
    let shown = owner.get(&format!("/applications/{}/oauth", text(&made["id"]))).await.data();
    assert_eq!(shown["token_url"], format!("{ISSUER}/t/acme/oauth2/token"));
    assert_eq!(shown["gateway_url"], format!("{ISSUER}/t/acme/mcp"));
    let named = json!({ "allowed_resources": [format!("{ISSUER}/t/acme/mcp")] });
    owner.patch(&format!("/applications/{}/oauth", text(&made["id"])), named).await.ok();
}

async fn an_allowed_resource_is_a_uri_or_a_name(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let good = json!(["urn:bills", "mcp-gateway", BILLS, format!("{ISSUER}/mcp"), BILLS]);
    let made = full.create("m2m", json!({ "allowed_resources": good })).await;
    assert_eq!(
        made["allowed_resources"],
        json!(["urn:bills", "mcp-gateway", BILLS, format!("{ISSUER}/mcp")])
    );
    let many: Vec<String> = (0..51).map(|number| format!("urn:{number}")).collect();
    let path = format!("/applications/{}", text(&made["id"]));
    let before = database.dump().await;
    for (resources, field) in [
        (json!([format!("{BILLS}#top")]), "allowed_resources[0]"),
        (json!([BILLS, "two words"]), "allowed_resources[1]"),
        (json!([""]), "allowed_resources[0]"),
        // Our own APIs are nobody's to be allowed.
        (json!([format!("{ISSUER}/api/v1")]), "allowed_resources[0]"),
        (json!([BILLS, ISSUER]), "allowed_resources[1]"),
        (json!(many), "allowed_resources"),
    ] {
        let body = json!({ "allowed_resources": resources });
        full.patch(&path, body).await.refused_for(422, "invalid_field", &[field]);
        let new = json!({ "name": "New", "type": "m2m", "allowed_resources": resources });
        full.post("/applications", new).await.refused_for(422, "invalid_field", &[field]);
    }
    assert_eq!(database.dump().await, before);
}

async fn nobody_is_allowed_what_another_owner_has(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let global = json!({ "name": "Bills", "type": "m2m", "ownership": "global", "audience": BILLS });
    owner.post("/applications", global).await.created();
    let full = app.full().await;
    let allowed = json!({ "name": "Shop", "type": "m2m", "allowed_resources": ["urn:x", BILLS] });
    full.post("/applications", allowed).await.refused_for(409, "audience_taken", &["allowed_resources[1]"]);
    // One of the same owner is allowed it.
    let own = json!({ "name": "Books", "type": "m2m", "ownership": "global", "allowed_resources": [BILLS] });
    owner.post("/applications", own).await.created();
}

/// Or a member would have the tokens of colleagues for any API of the tenant.
async fn what_reaches_further_is_for_owners_and_admins_to_say(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let member = app.operator_with(RoleGrant { role: Role::Member, at }).await;
    let own = member.create("server", json!({})).await;
    assert_eq!(own["first_party"], false);
    let path = format!("/applications/{}", text(&own["id"]));
    full.post("/scopes", json!({ "scope": "bills:pay" })).await.created();
    for (said, field) in [
        (json!({ "allowed_scopes": ["openid", "bills:pay"] }), "allowed_scopes[1]"),
        (json!({ "first_party": true }), "first_party"),
        (json!({ "audience": BILLS }), "audience"),
        (json!({ "allowed_resources": [BILLS] }), "allowed_resources[0]"),
    ] {
        member.patch(&path, said.clone()).await.refused_for(403, "forbidden", &[field]);
        let mut new = said.clone();
        (new["name"], new["type"]) = (json!("New"), json!("server"));
        member.post("/applications", new).await.refused_for(403, "forbidden", &[field]);
        full.patch(&path, said).await.ok();
    }
    // What they said stays, and can be taken back.
    let kept = member.patch(&path, json!({ "name": "Renamed" })).await.data();
    assert_eq!((&kept["first_party"], &kept["audience"]), (&json!(true), &json!(BILLS)));
    assert_eq!(kept["allowed_scopes"], json!(["openid", "bills:pay"]));
    let less =
        json!({ "first_party": false, "audience": null, "allowed_resources": [], "allowed_scopes": [] });
    assert_eq!(member.patch(&path, less).await.data()["allowed_resources"], json!([]));
}

async fn a_machine_names_what_it_was_allowed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let allowed = json!({
        "audience": "https://own.example",
        "allowed_scopes": ["mcp:invoke", "gateway:access"],
        "allowed_resources": ["mcp-gateway", BILLS],
    });
    let made = full.create("m2m", allowed).await;
    let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
    let gateway = format!("{ISSUER}/mcp");
    for (more, audience) in [
        (format!("&resource={BILLS}"), json!(BILLS)),
        (format!("&audience={BILLS}&resource=https://own.example"), json!([BILLS, "https://own.example"])),
        ("&resource=mcp-gateway".to_owned(), json!("mcp-gateway")),
        (format!("&resource={gateway}"), json!(gateway)),
        (String::new(), json!(format!("{ISSUER}/api/v1"))),
    ] {
        let token = app.token(id, secret, &more).await.ok();
        let told = claims(text(&token["access_token"]));
        assert_eq!(
            (&told["aud"], &told["scope"]),
            (&audience, &json!("mcp:invoke gateway:access")),
            "{more}"
        );
    }
    for more in
        ["&resource=https://bills.example", "&audience=gateway", &format!("&resource={ISSUER}/t/acme/mcp")]
    {
        app.token(id, secret, more).await.refused_by_oauth(400, "invalid_target");
    }
    // An empty list allows nothing.
    full.patch(&format!("/applications/{id}"), json!({ "allowed_resources": [] })).await.ok();
    for resource in ["mcp-gateway", BILLS] {
        app.token(id, secret, &format!("&resource={resource}")).await.refused_by_oauth(400, "invalid_target");
    }
}

async fn a_person_agrees_to_what_the_client_was_allowed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "allowed_resources": ["mcp-gateway", BILLS] })).await;
    let resources = [("resource", "mcp-gateway"), ("resource", BILLS)];
    let back = shop.walk(&app.browser(), ADA, &resources).await;
    let code = back.sent("code").expect("a code");
    // What nobody agreed to uses nothing up (RFC 8707 §2.2).
    shop.trade_with(&code, &[("resource", "urn:other")]).await.refused_by_oauth(400, "invalid_target");
    let tokens = Tokens::of(&shop.trade_with(&code, &[("resource", BILLS)]).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], BILLS);
    let refresh = tokens.refresh.expect("asked for it");
    let tokens = Tokens::of(&shop.refresh(&refresh).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], json!(["mcp-gateway", BILLS]));
    let refused = app.browser().get(&shop.authorize_path(&[("resource", "urn:other")])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_target"));
    // Our management API is for operators, whatever is allowed.
    let ours = format!("{ISSUER}/api/v1");
    let refused = app.browser().get(&shop.authorize_path(&[("resource", &ours)])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_target"));
}

async fn what_was_allowed_can_be_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "allowed_resources": ["urn:mail", BILLS] })).await;
    let resources = [("resource", "urn:mail"), ("resource", BILLS)];
    let sign_in = async || shop.walk(&app.browser(), ADA, &resources).await.sent("code").expect("a code");
    let tokens = Tokens::of(&shop.trade(&sign_in().await).await.ok());
    let code = sign_in().await;
    let path = format!("/applications/{}/oauth", shop.client_id);
    full.patch(&path, json!({ "allowed_resources": ["urn:mail"] })).await.ok();
    let refresh = tokens.refresh.expect("asked for it");
    shop.refresh_with(&refresh, &[("resource", BILLS)]).await.refused_by_oauth(400, "invalid_target");
    let tokens = Tokens::of(&shop.refresh(&refresh).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], "urn:mail");
    shop.trade_with(&code, &[("resource", BILLS)]).await.refused_by_oauth(400, "invalid_target");
    assert_eq!(claims(&Tokens::of(&shop.trade(&code).await.ok()).access)["aud"], "urn:mail");
    full.patch(&path, json!({ "allowed_resources": [] })).await.ok();
    let refresh = tokens.refresh.expect("is rotated");
    let tokens = Tokens::of(&shop.refresh(&refresh).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], ISSUER, "as for a client that names nothing");
}
