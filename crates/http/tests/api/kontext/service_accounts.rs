//! `/service-accounts`, and what their tokens open.

use std::collections::BTreeSet;

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, act, delete, get, holding, made, members, post, public, refused, text};
use crate::harness::{Answer, ISSUER, TestApp, claims};

on_each_database![
    an_account_is_made_with_its_credentials,
    an_account_administers_by_the_token_that_it_gets,
    a_rotation_ends_the_secret_and_not_the_tokens,
    an_account_that_is_revoked_gets_no_tokens,
    only_owners_and_admins_make_accounts,
];

const PATH: &str = "/service-accounts";

async fn token(app: &TestApp, credentials: &Value) -> Answer {
    let client = app.client(text(&credentials["clientId"]), text(&credentials["clientSecret"]));
    let form =
        format!("grant_type=client_credentials&scope=management%3Aall&audience={ISSUER}/kontext/api/v1");
    client.form("/kontext/oauth2/token", &form).await
}

async fn an_account_is_made_with_its_credentials(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = post(&owner, PATH, json!({ "name": "CI", "description": "Deploys" })).await.with(201);
    assert_eq!(members(&made), BTreeSet::from(["credentials", "serviceAccount"]));
    let (account, credentials) = (&made["serviceAccount"], &made["credentials"]);
    let id = text(&account["id"]);
    for (member, value) in [
        ("name", json!("CI")),
        ("description", json!("Deploys")),
        ("role", json!("admin")),
        ("createdAt", json!(app.now())),
        ("archivedAt", Value::Null),
    ] {
        assert_eq!(account[member], value, "{member}");
    }
    assert_eq!(credentials["clientId"], format!("sa_{id}"));
    let secret = text(&credentials["clientSecret"]);
    let answer = get(&owner, &format!("{PATH}/{id}")).await;
    assert!(!answer.text.contains(secret) && !format!("{:?}", database.dump().await).contains(secret));
    assert_eq!(&answer.ok(), &json!({ "serviceAccount": account }));
    assert_eq!(get(&owner, PATH).await.ok(), json!({ "items": [account], "nextCursor": null }));
    assert_eq!(refused(post(&owner, PATH, json!({})).await, 400), "name is required");
    refused(get(&owner, &format!("{PATH}/{UNKNOWN}")).await, 404);
    refused(act(&owner, &format!("{PATH}/{UNKNOWN}/rotate-secret")).await, 404);
    refused(delete(&owner, &format!("{PATH}/{UNKNOWN}")).await, 404);
}

async fn an_account_administers_by_the_token_that_it_gets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let account = post(&owner, PATH, json!({ "name": "CI" })).await.with(201);
    let answer = token(&app, &account["credentials"]).await.ok();
    assert_eq!((&answer["scope"], &answer["token_type"]), (&json!("management:all"), &json!("Bearer")));
    let access = text(&answer["access_token"]);
    assert_eq!(claims(access)["aud"], json!(format!("{ISSUER}/api/v1")));
    // In the body as well as in the header.
    let credentials = &account["credentials"];
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(&credentials["clientId"]),
        text(&credentials["clientSecret"])
    );
    app.nobody().form("/kontext/oauth2/token", &form).await.ok();
    let program = app.bearing(access);
    let mine = made(&program, "Deployed", public()).await;
    assert_eq!(mine["application"]["ownerUserId"], account["serviceAccount"]["id"]);
    let listed = get(&program, "/applications").await.ok();
    assert_eq!(super::ids(&listed["items"]), [text(&mine["application"]["id"])]);
    assert_eq!(get(&owner, "/applications").await.ok()["items"], json!([]));
}

async fn a_rotation_ends_the_secret_and_not_the_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let account = post(&owner, PATH, json!({ "name": "CI" })).await.with(201);
    let answer = token(&app, &account["credentials"]).await.ok();
    let path = format!("{PATH}/{}/rotate-secret", text(&account["serviceAccount"]["id"]));
    let rotated = act(&owner, &path).await.ok();
    assert_eq!(members(&rotated), BTreeSet::from(["credentials"]));
    assert_eq!(rotated["credentials"]["clientId"], account["credentials"]["clientId"]);
    token(&app, &account["credentials"]).await.refused_by_oauth(401, "invalid_client");
    token(&app, &rotated["credentials"]).await.ok();
    get(&app.bearing(text(&answer["access_token"])), "/applications").await.ok();
}

async fn an_account_that_is_revoked_gets_no_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let account = post(&owner, PATH, json!({ "name": "CI" })).await.with(201);
    let path = format!("{PATH}/{}", text(&account["serviceAccount"]["id"]));
    let answer = token(&app, &account["credentials"]).await.ok();
    let access = text(&answer["access_token"]).to_owned();
    for _ in 0..2 {
        let answer = delete(&owner, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    }
    token(&app, &account["credentials"]).await.refused_by_oauth(401, "invalid_client");
    refused(get(&app.bearing(&access), "/applications").await, 401);
    assert_eq!(get(&owner, &path).await.ok()["serviceAccount"]["archivedAt"], json!(app.now()));
    assert_eq!(get(&owner, PATH).await.ok()["items"], json!([]));
    refused(act(&owner, &format!("{path}/rotate-secret")).await, 400);
}

async fn only_owners_and_admins_make_accounts(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for (role, allowed) in [(Role::Admin, true), (Role::Member, false), (Role::Viewer, false)] {
        let user = holding(&app, role).await;
        let answer = post(&user, PATH, json!({ "name": format!("{role:?}") })).await;
        if allowed {
            answer.with(201);
        } else {
            refused(answer, 403);
            refused(get(&user, PATH).await, 403);
        }
    }
}
