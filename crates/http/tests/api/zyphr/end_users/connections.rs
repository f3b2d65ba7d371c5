//! `/auth/users/me/oauth-connections`, and a user's as the dashboard sees them.

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{ADA, Pool, refused, text};
use crate::harness::TestApp;
use crate::zyphr::{delete, get, holding};

on_each_database![
    an_end_user_sees_and_removes_their_own_connections,
    the_dashboard_sees_and_removes_a_users_connections,
];

/// Ada, who signs in with two providers besides; her id and her token.
async fn connected(app: &TestApp, pool: &Pool<'_>) -> (String, String) {
    let full = app.full().await;
    for provider in ["google", "github"] {
        let body = json!({ "provider": provider, "client_id": "a", "client_secret": "b" });
        full.post(&format!("/applications/{}/connections", pool.id), body).await.created();
    }
    let (ada, tokens) = pool.live().register(ADA).await;
    for provider in ["google", "github"] {
        app.link_identity((&pool.id, text(&ada["id"])), (provider, "1076915")).await;
    }
    (text(&ada["id"]).to_owned(), text(&tokens["access_token"]).to_owned())
}

fn shown(app: &TestApp, provider: &str) -> Value {
    json!({
        "provider": provider, "provider_user_id": "1076915", "email": "ada@elsewhere.example",
        "email_verified": true, "name": "Ada", "connected_at": app.now(), "last_used_at": app.now(),
    })
}

async fn an_end_user_sees_and_removes_their_own_connections(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (id, token) = connected(&app, &pool).await;
    let path = "/users/me/oauth-connections";
    let ada = pool.live().bearing(&token);
    assert_eq!(ada.get(path).await.data(), json!([shown(&app, "github"), shown(&app, "google")]));
    for elsewhere in [pool.test().bearing(&token), pool.live().without_secret()] {
        refused(elsewhere.get(path).await, 401, "unauthorized");
        refused(elsewhere.delete(&format!("{path}/google")).await, 401, "unauthorized");
    }
    let (_, eve) = pool.live().register("eve@example.com").await;
    let eve = pool.live().bearing(text(&eve["access_token"]));
    assert_eq!(eve.get(path).await.data(), json!([]));
    refused(eve.delete(&format!("{path}/google")).await, 404, "connection_not_found");

    let body = json!({ "user_id": id, "reason": "Ticket 4711" });
    let impersonations = format!("/applications/{}/impersonations", pool.id);
    let started = app.owner().await.post(&impersonations, body).await.created();
    let acting = pool.live().bearing(text(&started["access_token"]));
    assert_eq!(acting.get(path).await.data().as_array().map(Vec::len), Some(2));
    refused(acting.delete(&format!("{path}/google")).await, 403, "impersonation_forbids");

    ada.delete(&format!("{path}/google")).await.with(204);
    assert_eq!(ada.get(path).await.data(), json!([shown(&app, "github")]));
    for none in ["google", "Google", "facebook"] {
        refused(ada.delete(&format!("{path}/{none}")).await, 404, "connection_not_found");
    }
    let (_, after) = app.full().await.entries("user.identity_unlinked").await.remove(0);
    assert_eq!(after, json!({ "user_id": id, "provider": "google" }));
}

async fn the_dashboard_sees_and_removes_a_users_connections(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let pool = Pool::new(&app).await;
    let (id, token) = connected(&app, &pool).await;
    let path = format!("/applications/{}/users/{id}/oauth-connections", pool.id);
    let (github, google) = (shown(&app, "github"), shown(&app, "google"));
    let viewer = holding(&app, Role::Viewer).await;
    let member = holding(&app, Role::Member).await;
    let listed = json!([github, google]);
    for query in ["", "?mode=live", "/"] {
        assert_eq!(get(&viewer, &format!("{path}{query}")).await.ok()["data"], listed, "{query}");
    }
    refused(get(&member, &format!("{path}?mode=test")).await, 404, "user_not_found");
    refused(get(&member, &format!("{path}?mode=x")).await, 422, "validation_error");
    refused(delete(&viewer, &format!("{path}/google")).await, 403, "forbidden");
    refused(delete(&member, &format!("{path}/google?mode=test")).await, 404, "user_not_found");
    delete(&member, &format!("{path}/google")).await.with(204);
    refused(delete(&member, &format!("{path}/google")).await, 404, "connection_not_found");
    assert_eq!(get(&viewer, &path).await.ok()["data"], json!([github]));
    let own = pool.live().bearing(&token).get("/users/me/oauth-connections").await.data();
    assert_eq!(own, json!([github]));
}
