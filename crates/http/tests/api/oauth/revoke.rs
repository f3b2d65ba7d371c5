//! `POST /oauth2/revoke`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    ones_own_token_is_refused_from_now_on,
    somebody_elses_token_is_not,
    revoking_nothing_is_fine
];

async fn token(app: &TestApp) -> String {
    let (id, secret) = app.management();
    app.token(id, secret, "").await.ok()["access_token"].as_str().expect("a token").to_owned()
}

async fn ones_own_token_is_refused_from_now_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (revoked, kept) = (token(&app).await, token(&app).await);
    let (id, secret) = app.management();
    let answer = app.client(id, secret).form("/oauth2/revoke", &format!("token={revoked}")).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &Value::Null));
    app.bearing(&revoked).get("/applications").await.refused(401, "invalid_token");
    assert_eq!(app.bearing(&kept).get("/applications").await.status, 200);
}

async fn somebody_elses_token_is_not(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let token = token(&app).await;
    let created = app.writer().await.create("m2m", json!({})).await;
    let text = |member: &str| created[member].as_str().expect("text").to_owned();
    let stranger = app.client(&text("id"), &text("client_secret"));
    let answer = stranger.form("/oauth2/revoke", &format!("token={token}")).await;
    // RFC 7009 §2.1: the request is refused, and the client is told so.
    answer.refused_by_oauth(400, "unauthorized_client");
    assert_eq!(app.bearing(&token).get("/applications").await.status, 200);
}

async fn revoking_nothing_is_fine(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (id, secret) = app.management();
    let client = app.client(id, secret);
    assert_eq!(
        client.form("/oauth2/revoke", "token=garbage&token_type_hint=refresh_token").await.status,
        200
    );
    client.form("/oauth2/revoke", "").await.refused_by_oauth(400, "invalid_request");
}
