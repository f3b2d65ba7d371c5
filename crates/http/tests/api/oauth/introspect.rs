//! `POST /oauth2/introspect`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{ISSUER, TestApp};

on_each_database![
    a_good_token_is_described,
    a_client_may_ask_about_tokens_that_are_for_it,
    what_is_none_of_ones_business_is_inactive,
    only_confidential_clients_may_ask,
];

async fn a_good_token_is_described(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = app.management();
    let token = app.token(id, secret, "&scope=applications:read").await.ok();
    let token = token["access_token"].as_str().expect("a token");
    let answer = app.client(id, secret).form("/oauth2/introspect", &format!("token={token}")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut told = answer.ok();
    let (iat, jti) = (told["iat"].as_i64().expect("a number"), told["jti"].take());
    assert!(jti.as_str().expect("an id").starts_with("tok_"));
    let tenant = app.full().await.get("/tenant").await.data()["id"].take();
    let expected = json!({
        "active": true,
        "iss": ISSUER,
        "sub": id,
        "aud": [format!("{ISSUER}/api/v1")],
        "client_id": id,
        "jti": null,
        "scope": "applications:read",
        "exp": iat + 3_600,
        "iat": iat,
        "tenant_id": tenant,
        "app_scope": "TENANT",
        "token_type": "Bearer",
    });
    assert_eq!(told, expected);
}

async fn a_client_may_ask_about_tokens_that_are_for_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let mut made = Vec::new();
    for audience in ["bills", "bills", "others"] {
        let created = writer.create("m2m", json!({ "audience": audience })).await;
        let text = |member: &str| created[member].as_str().expect("text").to_owned();
        made.push((text("id"), text("client_secret")));
    }
    let [(id, secret), server, others] = made.as_slice() else { panic!("three were made") };
    let token = app.token(id, secret, "&audience=bills").await.ok();
    let form = format!("token={}", token["access_token"].as_str().expect("a token"));
    let told = app.client(&server.0, &server.1).form("/oauth2/introspect", &form).await.ok();
    assert_eq!(
        (&told["active"], &told["client_id"], &told["aud"]),
        (&json!(true), &json!(id), &json!(["bills"]))
    );
    let told = app.client(&others.0, &others.1).form("/oauth2/introspect", &form).await.ok();
    assert_eq!(told, json!({ "active": false }));
}

async fn what_is_none_of_ones_business_is_inactive(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let created = app.writer().await.create("m2m", json!({})).await;
    let text = |member: &str| created[member].as_str().expect("text").to_owned();
    let stranger = app.client(&text("id"), &text("client_secret"));
    let (id, secret) = app.management();
    let token = app.token(id, secret, "").await.ok();
    let token = token["access_token"].as_str().expect("a token");
    for asked in [token, "garbage", &format!("{token}x")] {
        let answer = stranger.form("/oauth2/introspect", &format!("token={asked}")).await;
        assert_eq!(answer.ok(), json!({ "active": false }));
    }
    stranger.form("/oauth2/introspect", "").await.refused_by_oauth(400, "invalid_request");
}

async fn only_confidential_clients_may_ask(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let id = app.writer().await.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let form = format!("token=x&client_id={id}");
    let answer = app.nobody().form("/oauth2/introspect", &form).await;
    answer.refused_by_oauth(401, "invalid_client");
    let answer = app.nobody().form("/oauth2/introspect", "token=x").await;
    answer.refused_by_oauth(401, "invalid_client");
}
