//! Which clients get tokens where, and what those say.

use appkeep_domain::Owner;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{ALL_SCOPES, Answer, ISSUER, TestApp, claims};

on_each_database![
    a_tenants_client_gets_its_tokens_at_its_address,
    a_client_of_another_address_is_as_one_that_never_was,
    a_partners_client_gets_each_tenants_tokens,
    a_global_client_gets_the_platforms_tokens,
    a_token_is_told_about_where_it_was_issued,
    a_token_is_revoked_where_it_was_issued,
    at_a_tenants_address_no_database_is_asked,
    a_tenant_registers_scopes_for_its_own_address,
];

const GRANT: &str = "grant_type=client_credentials";

async fn ask(app: &TestApp, mount: &str, (id, secret): (&str, &str)) -> Answer {
    app.client(id, secret).at(mount).form("/oauth2/token", GRANT).await
}

fn token(answer: Answer) -> (String, Value) {
    let token = answer.ok()["access_token"].as_str().expect("a token").to_owned();
    let claims = claims(&token);
    (token, claims)
}

async fn a_tenants_client_gets_its_tokens_at_its_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let partner = app.partner("north").await;
    let acme = app.tenant_of(Some(partner), "acme").await;
    let (_, mut said) = token(ask(&app, "/t/acme", acme.management()).await);
    for member in ["exp", "iat", "jti"] {
        assert!(said.as_object_mut().expect("an object").remove(member).is_some(), "{member}");
    }
    let scopes: Vec<_> = said["scope"].as_str().expect("text").split(' ').collect();
    assert_eq!(scopes.len(), ALL_SCOPES.split(' ').count());
    let expected = json!({
        "iss": format!("{ISSUER}/t/acme"),
        "aud": format!("{ISSUER}/t/acme/api/v1"),
        "sub": acme.management().0,
        "client_id": acme.management().0,
        "scope": said["scope"],
        "tenant_id": acme.id.to_string(),
        "partner_id": partner.to_string(),
        "app_scope": "TENANT",
        "token_type": "client_credentials",
    });
    assert_eq!(said, expected);
}

/// The same status and body, and no more work.
async fn a_client_of_another_address_is_as_one_that_never_was(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (acme, bolt) = (app.tenant_of(None, "acme").await, app.tenant_of(None, "bolt").await);
    let unknown = "app_00000000000000000000000001";
    for (mount, other) in [
        ("", acme.management()),
        ("/t/acme", bolt.management()),
        ("/t/acme", app.management()),
        ("/t/bolt", acme.management()),
    ] {
        // What every client of the address needs is known.
        ask(&app, mount, ("app_0000000000000000000000000Z", other.1)).await;
        let mut seen = Vec::new();
        for client in [other, (unknown, other.1)] {
            // The first time it is looked for, by four statements, and remembered; again
            // where a change from before was heard of meanwhile, which also forgets what
            // is known of the address.
            let mut costs = Vec::new();
            while costs.last() != Some(&0) {
                let before = app.statements();
                let answer = ask(&app, mount, client).await;
                costs.push(app.statements() - before);
                assert!(costs.len() < 4 && costs.iter().sum::<u64>() <= 10, "{mount} {costs:?}");
                let (description, message) =
                    (answer.body["error_description"].clone(), answer.body["message"].clone());
                answer.refused_by_oauth(401, "invalid_client");
                seen.push((description, message));
            }
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{mount} {seen:?}");
        // Nor may it introspect or revoke.
        let client = app.client(other.0, other.1).at(mount);
        for path in ["/oauth2/introspect", "/oauth2/revoke"] {
            client.form(path, "token=x").await.refused_by_oauth(401, "invalid_client");
        }
        let path = format!("{mount}/oauth2/authorize?client_id={}&response_type=code", other.0);
        assert_eq!(app.browser().get(&path).await.status, 400);
    }
}

async fn a_partners_client_gets_each_tenants_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (north, south) = (app.partner("north").await, app.partner("south").await);
    let acme = app.tenant_of(Some(north), "acme").await;
    let bolt = app.tenant_of(Some(north), "bolt").await;
    app.tenant_of(Some(south), "crow").await;
    app.tenant_of(None, "dove").await;
    let (id, secret) = app.machine_of(Owner::Partner(north)).await;
    for tenant in [&acme, &bolt] {
        let (_, said) = token(ask(&app, &tenant.path, (&id, &secret)).await);
        assert_eq!(said["iss"], format!("{ISSUER}{}", tenant.path));
        assert_eq!(
            (&said["tenant_id"], &said["app_scope"]),
            (&json!(tenant.id.to_string()), &json!("PARTNER"))
        );
        assert_eq!(said["partner_id"], north.to_string());
        assert_eq!(said.get("platform_token"), None);
    }
    for mount in ["/t/crow", "/t/dove", ""] {
        ask(&app, mount, (&id, &secret)).await.refused_by_oauth(401, "invalid_client");
    }
}

async fn a_global_client_gets_the_platforms_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let acme = app.tenant_of(None, "acme").await;
    let (id, secret) = app.machine_of(Owner::Global).await;
    let (access, said) = token(ask(&app, "", (&id, &secret)).await);
    assert_eq!((&said["iss"], &said["app_scope"]), (&json!(ISSUER), &json!("GLOBAL")));
    assert_eq!((&said["platform_token"], &said["token_type"]), (&json!(true), &json!("client_credentials")));
    assert_eq!((said.get("tenant_id"), said.get("partner_id")), (None, None));
    let told = app.client(&id, &secret).form("/oauth2/introspect", &format!("token={access}")).await.ok();
    assert_eq!((&told["active"], told.get("tenant_id")), (&json!(true), None));
    ask(&app, &acme.path, (&id, &secret)).await.refused_by_oauth(401, "invalid_client");
    // A tenant's right to introspect is for its own.
    assert_eq!(app.introspect(&access).await, json!({ "active": false }));
}

async fn a_token_is_told_about_where_it_was_issued(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let (acme, bolt) = (app.tenant_of(Some(north), "acme").await, app.tenant_of(Some(north), "bolt").await);
    let (id, secret) = app.machine_of(Owner::Partner(north)).await;
    let partners = (id.as_str(), secret.as_str());
    let (acmes, said) = token(ask(&app, "/t/acme", acme.management()).await);
    let (own, _) = token(ask(&app, "/t/acme", partners).await);
    let introspect = async |mount: &str, (id, secret): (&str, &str), token: &str| {
        app.client(id, secret).at(mount).form("/oauth2/introspect", &format!("token={token}")).await.ok()
    };
    let told = introspect("/t/acme", acme.management(), &acmes).await;
    assert_eq!((&told["iss"], &told["tenant_id"]), (&said["iss"], &said["tenant_id"]));
    // Of the partner's client, and not of the platform's.
    assert_eq!(introspect("/t/acme", partners, &acmes).await["active"], true);
    assert_eq!(introspect("/t/acme", acme.management(), &own).await, json!({ "active": false }));
    for (mount, client) in [("/t/bolt", partners), ("/t/bolt", bolt.management()), ("", app.management())] {
        for token in [&acmes, &own] {
            assert_eq!(introspect(mount, client, token).await, json!({ "active": false }), "{mount}");
        }
    }
    for mount in ["", "/t/bolt", "/t/acme"] {
        let user = app.bearing(&acmes).at(mount);
        user.send(user.request(Method::GET, "/oauth2/userinfo"), "").await.refused(401, "invalid_token");
    }
}

async fn a_token_is_revoked_where_it_was_issued(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let (acme, _) = (app.tenant_of(Some(north), "acme").await, app.tenant_of(Some(north), "bolt").await);
    let (id, secret) = app.machine_of(Owner::Partner(north)).await;
    let (access, _) = token(ask(&app, "/t/acme", (&id, &secret)).await);
    let is_active = async || {
        let client = app.client(&id, &secret).at("/t/acme");
        client.form("/oauth2/introspect", &format!("token={access}")).await.ok()["active"] == true
    };
    for (mount, client, active) in [
        // Worthless there (RFC 7009 §2.2).
        ("/t/bolt", (id.as_str(), secret.as_str()), true),
        ("/t/acme", (id.as_str(), secret.as_str()), false),
    ] {
        let user = app.client(client.0, client.1).at(mount);
        assert_eq!(user.form("/oauth2/revoke", &format!("token={access}")).await.status, 200);
        assert_eq!(is_active().await, active, "{mount}");
    }
    let (others, _) = token(ask(&app, "/t/acme", acme.management()).await);
    let client = app.client(&id, &secret).at("/t/acme");
    client
        .form("/oauth2/revoke", &format!("token={others}"))
        .await
        .refused_by_oauth(400, "unauthorized_client");
}

async fn at_a_tenants_address_no_database_is_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let acme = app.tenant_of(Some(north), "acme").await;
    let (id, secret) = app.machine_of(Owner::Partner(north)).await;
    let partners = (id.as_str(), secret.as_str());
    let (access, _) = token(ask(&app, "/t/acme", acme.management()).await);
    let everything = async || {
        let mut issued = Vec::new();
        for client in [acme.management(), partners] {
            issued.push(token(ask(&app, "/t/acme", client).await).0);
            let client = app.client(client.0, client.1).at("/t/acme");
            let told = client.form("/oauth2/introspect", &format!("token={access}")).await.ok();
            assert_eq!(told["active"], true);
        }
        get_metadata(&app).await;
        issued
    };
    everything().await;
    // A machine that is busy with other tests may hear of changes late, and asks then.
    crate::harness::within_a_second("no statement", async || {
        let before = app.statements();
        everything().await;
        app.statements() == before
    })
    .await;
}

async fn get_metadata(app: &TestApp) {
    for path in ["/t/acme/.well-known/openid-configuration", "/t/acme/.well-known/jwks.json"] {
        let nobody = app.nobody();
        nobody.send(nobody.request(Method::GET, path), "").await.ok();
    }
}

async fn a_tenant_registers_scopes_for_its_own_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let acme = app.tenant_of(None, "acme").await;
    let full = app.full_at(&acme).await;
    full.post("/scopes", json!({ "scope": "bills:read" })).await.created();
    let made = full.create("m2m", json!({ "allowed_scopes": ["bills:read"] })).await;
    let text = |member: &str| made[member].as_str().expect("text").to_owned();
    let (id, secret) = (text("client_id"), text("client_secret"));
    let (_, said) = token(ask(&app, "/t/acme", (&id, &secret)).await);
    assert_eq!(said["scope"], "bills:read");
    app.full().await.get("/scopes/bills:read").await;
    let listed = app.full().await.get("/scopes").await.text;
    assert!(!listed.contains("bills:read"), "{listed}");
}
