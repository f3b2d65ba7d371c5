//! What a repetition is told of a token.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::tokens::rule;
use super::{Client, refused, text};
use crate::harness::{Answer, TestApp};

on_each_database![an_answer_that_is_given_again_shows_nothing_of_a_token];

/// Sends it under a key of its own.
async fn once(client: &Client<'_>, (method, path): (Method, &str), body: &Value) -> Answer {
    let media_type =
        if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    let key = format!("{method}{path}");
    let request = client.request(method, path).header("content-type", media_type);
    client.send(request.header("bt-idempotency-key", key), body.to_string()).await
}

async fn an_answer_that_is_given_again_shows_nothing_of_a_token(database: TestDatabase) {
    const HUSH: &str = "123-45-6789";
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let all = ["token:create", "token:read", "token:update", "token:delete"];
    let rules = json!([rule(1, "/", "reveal", &all)]);
    let made = json!({ "name": "Rules", "type": "private", "rules": rules });
    let made = managing.post("/applications", made).await.with(201);
    let holder = managing.with(text(&made["key"]));
    let token = json!({
        "id": "mine", "type": "token", "containers": ["/pii/"], "data": { "ssn": HUSH },
        "mask": "{{ data.ssn | reveal_last: 4 }}", "metadata": { "of": HUSH },
    });
    let mut within = token.clone();
    within["id"] = json!("within");
    let document = json!({ "person": within, "count": 1, "list": ["{{", HUSH] });
    let patch = json!({ "data": { "name": "Ada" } });
    let calls = [
        (Method::POST, "/tokens", token, 201),
        (Method::PATCH, "/tokens/mine", patch, 200),
        (Method::POST, "/tokenize", document, 200),
    ];
    let mut first = Vec::new();
    for (method, path, body, status) in &calls {
        let answer = once(&holder, (method.clone(), path), body).await;
        assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (*status, ""), "{path}");
        assert!(answer.text.contains(HUSH), "{path}: {}", answer.text);
        first.push(answer.body);
    }
    let bare = json!({
        "id": "mine", "type": "token", "tenant_id": first[0]["tenant_id"], "containers": ["/pii/"],
    });
    let created = |id: &str| {
        let mut created = bare.clone();
        (created["id"], created["_extras"]) = (json!(id), json!({ "deduplicated": false }));
        created
    };
    let list = &first[2]["list"];
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    let document = json!({ "person": created("within"), "count": 1, "list": list });
    let kept = [created("mine"), created("mine"), document];
    let is_told_again = async || {
        for ((method, path, body, status), kept) in calls.iter().zip(&kept) {
            let answer = once(&holder, (method.clone(), path), body).await;
            assert_eq!(answer.status.as_u16(), *status, "{path}");
            assert_eq!(answer.header("idempotency-replayed"), "true", "{path}");
            assert_eq!(&answer.body, kept, "{path}");
        }
    };
    is_told_again().await;
    // Whatever becomes of the rules, and of the token.
    let id = text(&made["id"]);
    let elsewhere = json!({ "name": "Rules", "rules": [rule(1, "/other/", "reveal", &all)] });
    managing.put(&format!("/applications/{id}"), elsewhere).await.ok();
    refused(holder.get("/tokens/mine").await, 403);
    is_told_again().await;
    managing.put(&format!("/applications/{id}"), json!({ "name": "Rules", "rules": rules })).await.ok();
    holder.delete("/tokens/mine").await.with(204);
    is_told_again().await;
    refused(holder.get("/tokens/mine").await, 404);
}
