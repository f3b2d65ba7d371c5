//! Where attached integrations are, as the `resource` of tokens (RFC 8707)

use appkeep_domain::Owner;
use appkeep_service::{ApplicationFields, Edit};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{id_of, made, path_of};
use crate::harness::{Answer, ISSUER, RelyingParty, TestApp, Tokens, User, claims, within_a_second};

on_each_database![
    an_attached_integrations_url_is_a_resource_until_it_is_detached,
    a_person_agrees_to_a_token_for_an_attached_integration,
    a_token_for_an_integration_changes_nobodys_connections,
    a_token_is_exchanged_for_one_for_an_attached_integration,
    an_archived_or_moved_integration_is_no_resource,
    what_belongs_to_somebody_else_is_no_resource_of_an_integration,
    what_becomes_somebody_elses_api_is_no_resource_any_more,
];

const ADA: &str = "ada@example.com";
const GIT: &str = "https://git.example/mcp";
const MAIL: &str = "https://mail.example/mcp";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

async fn integration(user: &User<'_>, name: &str, url: &str) -> Value {
    made(user, json!({ "name": name, "url": url })).await
}

fn attachment(application: &str, integration: &Value) -> String {
    format!("/applications/{application}/integrations/{}", id_of(integration))
}

/// By `client_credentials`, for so many resources.
async fn token(app: &TestApp, client: &Value, resources: &[&str]) -> Answer {
    let more = resources.iter().fold(String::new(), |more, resource| more + "&resource=" + resource);
    app.token(text(&client["client_id"]), text(&client["client_secret"]), &more).await
}

async fn an_attached_integrations_url_is_a_resource_until_it_is_detached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = full.create("m2m", json!({ "allowed_scopes": ["mcp:invoke"] })).await;
    let other = full.create("m2m", json!({})).await;
    let git = integration(&full, "Git", GIT).await;
    let mail = integration(&full, "Mail", MAIL).await;
    token(&app, &client, &[GIT]).await.refused_by_oauth(400, "invalid_target");
    full.act(&attachment(&id_of(&client), &git)).await.with(204);
    full.act(&attachment(&id_of(&client), &mail)).await.with(204);
    for (resources, audience) in [
        (&[GIT][..], json!(GIT)),
        (&[MAIL, GIT], json!([MAIL, GIT])),
        (&[], json!(format!("{ISSUER}/api/v1"))),
    ] {
        let answer = token(&app, &client, resources).await.ok();
        assert_eq!(claims(text(&answer["access_token"]))["aud"], audience, "{resources:?}");
    }
    for resource in ["https://git.example", "https://git.example/mcp/", "mcp-gateway"] {
        token(&app, &client, &[resource]).await.refused_by_oauth(400, "invalid_target");
    }
    token(&app, &other, &[GIT]).await.refused_by_oauth(400, "invalid_target");
    // The feed tells once more of what was written here.
    within_a_second("a token is given out from memory", async || {
        let before = app.statements();
        for _ in 0..3 {
            token(&app, &client, &[GIT]).await.ok();
        }
        app.statements() == before
    })
    .await;
    let node = app.another_node(&database).await;
    token(&node, &client, &[GIT]).await.ok();
    full.delete(&attachment(&id_of(&client), &git)).await.with(204);
    token(&app, &client, &[GIT]).await.refused_by_oauth(400, "invalid_target");
    token(&app, &client, &[MAIL, GIT]).await.refused_by_oauth(400, "invalid_target");
    token(&app, &client, &[MAIL]).await.ok();
    within_a_second("the other node knows that it is detached", async || {
        token(&node, &client, &[GIT]).await.status == 400
    })
    .await;
    full.act(&attachment(&id_of(&client), &git)).await.with(204);
    token(&app, &client, &[GIT]).await.ok();
}

async fn a_person_agrees_to_a_token_for_an_attached_integration(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "allowed_resources": ["urn:bills"] })).await;
    let git = integration(&full, "Git", GIT).await;
    let refused = app.browser().get(&shop.authorize_path(&[("resource", GIT)])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_target"));
    let attached = attachment(&shop.client_id, &git);
    full.act(&attached).await.with(204);
    let resources = [("resource", GIT), ("resource", "urn:bills")];
    let sign_in = async || shop.walk(&app.browser(), ADA, &resources).await.sent("code").expect("a code");
    let tokens = Tokens::of(&shop.trade_with(&sign_in().await, &[("resource", GIT)]).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], GIT);
    let tokens = Tokens::of(&shop.refresh(&tokens.refresh.expect("asked for it")).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], json!([GIT, "urn:bills"]));
    let code = sign_in().await;
    full.delete(&attached).await.with(204);
    let refresh = tokens.refresh.expect("is rotated");
    shop.refresh_with(&refresh, &[("resource", GIT)]).await.refused_by_oauth(400, "invalid_target");
    let tokens = Tokens::of(&shop.refresh(&refresh).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], "urn:bills", "what is left");
    shop.trade_with(&code, &[("resource", GIT)]).await.refused_by_oauth(400, "invalid_target");
    assert_eq!(claims(&Tokens::of(&shop.trade(&code).await.ok()).access)["aud"], "urn:bills");
    let refused = app.browser().get(&shop.authorize_path(&[("resource", GIT)])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_target"));
}

/// An integration is shown a person's token, and is not whom it was given to.
async fn a_token_for_an_integration_changes_nobodys_connections(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let git = integration(&full, "Git", GIT).await;
    let notes = json!({ "name": "Notes", "url": MAIL, "auth_mode": "user_token" });
    let notes = made(&full, notes).await;
    for one in [&git, &notes] {
        full.act(&attachment(&shop.client_id, one)).await.with(204);
    }
    let code = async |more: &[(&str, &str)]| {
        shop.walk(&app.browser(), ADA, more).await.sent("code").expect("a code")
    };
    let shown = [("resource", GIT)];
    let shown = Tokens::of(&shop.trade_with(&code(&shown).await, &shown).await.ok());
    let own = Tokens::of(&shop.trade(&code(&[]).await).await.ok());
    let (shown, own) = (app.bearing(&shown.access), app.bearing(&own.access));
    let path = format!("/account/integrations/{}/connection", id_of(&notes));
    let put = async |user: &User<'_>, token: &str| {
        user.json(Method::PUT, &format!("/api/v1{path}"), json!({ "token": token })).await
    };
    put(&own, "hush-ada").await.ok();
    put(&shown, "hush-mallory").await.refused(401, "invalid_token");
    shown.get(&path).await.refused(401, "invalid_token");
    shown.delete(&path).await.refused(401, "invalid_token");
    assert_eq!(own.get(&path).await.data()["status"], "connected");
}

async fn a_token_is_exchanged_for_one_for_an_attached_integration(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let api = "https://bills.example";
    let shop = RelyingParty::register(&full, json!({ "audience": api })).await;
    let body = json!({
        "audience": api,
        "allowed_scopes": ["openid", "email"],
        "grant_types": ["client_credentials", EXCHANGE],
    });
    let client = full.create("m2m", body).await;
    let git = integration(&full, "Git", GIT).await;
    let subject = shop.sign_in(&app.browser(), ADA).await.access;
    let exchange = async || {
        let members = [
            ("grant_type", EXCHANGE),
            ("subject_token_type", ACCESS),
            ("subject_token", subject.as_str()),
            ("resource", GIT),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let (id, secret) = (text(&client["client_id"]), text(&client["client_secret"]));
        app.client(id, secret).form("/oauth2/token", &form).await
    };
    exchange().await.refused_by_oauth(400, "invalid_target");
    full.act(&attachment(&id_of(&client), &git)).await.with(204);
    let told = claims(text(&exchange().await.ok()["access_token"]));
    assert_eq!((&told["aud"], &told["sub"]), (&json!(GIT), &claims(&subject)["sub"]));
    full.delete(&attachment(&id_of(&client), &git)).await.with(204);
    exchange().await.refused_by_oauth(400, "invalid_target");
}

async fn an_archived_or_moved_integration_is_no_resource(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = full.create("m2m", json!({})).await;
    let git = integration(&full, "Git", GIT).await;
    full.act(&attachment(&id_of(&client), &git)).await.with(204);
    token(&app, &client, &[GIT]).await.ok();
    let node = app.another_node(&database).await;
    token(&node, &client, &[GIT]).await.ok();
    full.patch(&path_of(&git), json!({ "url": MAIL })).await.ok();
    token(&app, &client, &[GIT]).await.refused_by_oauth(400, "invalid_target");
    token(&app, &client, &[MAIL]).await.ok();
    within_a_second("the other node knows that it moved", async || {
        token(&node, &client, &[GIT]).await.status == 400
            && token(&node, &client, &[MAIL]).await.status == 200
    })
    .await;
    full.delete(&path_of(&git)).await.with(204);
    token(&app, &client, &[MAIL]).await.refused_by_oauth(400, "invalid_target");
    within_a_second("the other node knows that it is archived", async || {
        token(&node, &client, &[MAIL]).await.status == 400
    })
    .await;
    made(&full, json!({ "name": "Git", "url": GIT, "confirm_unarchive": true })).await;
    token(&app, &client, &[GIT]).await.ok();
    within_a_second("the other node knows that it is back", async || {
        token(&node, &client, &[GIT]).await.status == 200
    })
    .await;
}

async fn what_belongs_to_somebody_else_is_no_resource_of_an_integration(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let fields = ApplicationFields {
        name: Some("Everybody's".to_owned()),
        audience: Edit::Set(MAIL.to_owned()),
        ..ApplicationFields::default()
    };
    app.application_of(Owner::Global, "m2m", fields).await;
    let full = app.full().await;
    let client = full.create("m2m", json!({})).await;
    let ours = format!("{ISSUER}/api/v1");
    let elsewhere = format!("{ISSUER}/t/acme/api/v1");
    for (name, url) in [("Mail", MAIL), ("Ours", &ours), ("Elsewhere", &elsewhere), ("Issuer", ISSUER)] {
        let one = integration(&full, name, url).await;
        full.act(&attachment(&id_of(&client), &one)).await.with(204);
    }
    for resource in [MAIL, &elsewhere, ISSUER] {
        token(&app, &client, &[resource]).await.refused_by_oauth(400, "invalid_target");
    }
}

async fn what_becomes_somebody_elses_api_is_no_resource_any_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let client = full.create("m2m", json!({})).await;
    for (name, url) in [("Git", GIT), ("Mail", MAIL)] {
        let one = integration(&full, name, url).await;
        for id in [&id_of(&client), &shop.client_id] {
            full.act(&attachment(id, &one)).await.with(204);
        }
    }
    let both = [("resource", GIT), ("resource", MAIL)];
    let sign_in = async || shop.walk(&app.browser(), ADA, &both).await.sent("code").expect("a code");
    let tokens = Tokens::of(&shop.trade(&sign_in().await).await.ok());
    assert_eq!(claims(&tokens.access)["aud"], json!([GIT, MAIL]));
    let code = sign_in().await;
    token(&app, &client, &[MAIL, GIT]).await.ok();
    let node = app.another_node(&database).await;
    token(&node, &client, &[MAIL]).await.ok();

    let fields = ApplicationFields {
        name: Some("Everybody's".to_owned()),
        audience: Edit::Set(MAIL.to_owned()),
        ..ApplicationFields::default()
    };
    app.application_of(Owner::Global, "m2m", fields).await;
    within_a_second("both nodes know whose it is by now", async || {
        token(&app, &client, &[MAIL]).await.status == 400
            && token(&node, &client, &[MAIL]).await.status == 400
    })
    .await;
    token(&app, &client, &[MAIL]).await.refused_by_oauth(400, "invalid_target");
    token(&app, &client, &[GIT, MAIL]).await.refused_by_oauth(400, "invalid_target");
    token(&app, &client, &[GIT]).await.ok();
    let refused = app.browser().get(&shop.authorize_path(&[("resource", MAIL)])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_target"));
    // Of what was agreed to before, what is left.
    assert_eq!(claims(&Tokens::of(&shop.trade(&code).await.ok()).access)["aud"], GIT);
    let refresh = tokens.refresh.expect("asked for it");
    shop.refresh_with(&refresh, &[("resource", MAIL)]).await.refused_by_oauth(400, "invalid_target");
    assert_eq!(claims(&Tokens::of(&shop.refresh(&refresh).await.ok()).access)["aud"], GIT);
}
