//! `/vault/tokenize` and `/vault/detokenize`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::text;
use crate::harness::TestApp;

on_each_database![
    a_document_becomes_tokens_and_data_again,
    one_failure_fails_all,
    what_is_filled_in_is_what_is_shown,
    what_cannot_be_filled_in_is_refused,
    what_a_document_shows_is_bounded_however_often_it_is_named,
];

async fn a_document_becomes_tokens_and_data_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let document = json!({
        "name": "Ada", "age": 36, "tags": ["first", null],
        "card": { "type": "card_number", "data": "4242424242424242", "container": "/cards/" },
    });
    let made = full.post("/vault/tokenize", json!({ "document": document })).await.data();
    assert_eq!((&made["age"], &made["tags"][1]), (&json!(36), &Value::Null));
    assert_eq!(
        (&made["card"]["container"], &made["card"]["type"]),
        (&json!("/cards/"), &json!("card_number"))
    );
    let [name, tag, card] = [&made["name"], &made["tags"][0], &made["card"]["id"]].map(text);
    assert_eq!(full.get(&format!("/vault/tokens/{name}")).await.data()["data"], "Ada");
    let document = json!({
        "name": format!("{{{{ {name} }}}}"),
        "greeting": format!("Dear {{{{ {name} | upcase }}}}, {{{{{tag}}}}}!"),
        "tags": [format!("{{{{ {card} | last4 }}}}"), 7],
        "whole": format!("{{{{ token: {card} }}}}"),
        "type": format!("{{{{ token: {card} | json: '$.type' }}}}"),
    });
    let filled = full.post("/vault/detokenize", json!({ "document": document })).await.data();
    let whole = full.get(&format!("/vault/tokens/{card}")).await.data();
    let expected = json!({
        "name": "Ada", "greeting": "Dear ADA, first!", "tags": ["4242", 7], "whole": whole,
        "type": "card_number",
    });
    assert_eq!(filled, expected);
    let plain = full.post("/vault/tokenize", json!({ "document": [1, null, true] })).await.data();
    assert_eq!(plain, json!([1, null, true]));
}

async fn one_failure_fails_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let taken = json!({ "type": "token", "data": "x", "id": "taken" });
    full.post("/vault/tokens", taken.clone()).await.created();
    let before = database.dump().await;
    let tokenize =
        async |document: Value| full.post("/vault/tokenize", json!({ "document": document })).await;
    tokenize(json!(["a", "b", taken])).await.refused(409, "token_id_taken");
    let wrong = json!({ "a": "x", "b": { "type": "card_number", "data": "1" } });
    tokenize(wrong).await.refused_for(422, "invalid_field", &["b.data"]);
    tokenize(json!({ "a": { "type": "secret", "data": 1 } })).await.refused_for(
        422,
        "invalid_field",
        &["a.type"],
    );
    tokenize(json!({ "a": { "type": "token", "data": 1, "odd": 1 } })).await.refused_for(
        422,
        "invalid_field",
        &["a.type"],
    );
    tokenize(json!(["1", "2", "3", "4", "5", "6"])).await.refused_for(422, "invalid_field", &["document"]);
    let deep = (0..40).fold(json!("x"), |inner, _| json!([inner]));
    tokenize(deep).await.refused_for(422, "invalid_field", &["document"]);
    assert_eq!(database.dump().await["vault_tokens"], before["vault_tokens"]);
    tokenize(json!(["1", "2", "3", "4", "5"])).await.ok();
    // Equal ones are one where that is asked for.
    let same = json!({ "type": "token", "data": "same", "deduplicate": true });
    let made = tokenize(json!([same, same])).await.data();
    assert_eq!(made[0]["id"], made[1]["id"]);
}

async fn what_is_filled_in_is_what_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let masked = json!({ "type": "card_number", "data": "4242424242424242", "id": "card" });
    full.post("/vault/tokens", masked).await.created();
    full.post("/vault/tokens", json!({ "type": "token", "data": "hush", "id": "plain" })).await.created();
    let reader = app.with("vault:read").await;
    let document = json!({ "a": "{{ card }}", "b": "{{ plain }}", "c": "<{{ plain }}>" });
    let filled = reader.post("/vault/detokenize", json!({ "document": document })).await.data();
    assert_eq!(filled, json!({ "a": "XXXXXXXXXXXX4242", "b": null, "c": "<>" }));
}

async fn what_cannot_be_filled_in_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for id in 0..6 {
        let new = json!({ "type": "token", "data": id, "id": format!("tok{id}") });
        full.post("/vault/tokens", new).await.created();
    }
    let six: Vec<String> = (0..6).map(|id| format!("{{{{ tok{id} }}}}")).collect();
    for (document, field) in [
        (json!({ "a": ["{{ nothing }}"] }), "a[0]"),
        (json!({ "a": "{{ tok1" }), "a"),
        (json!({ "a": "{{ }}" }), "a"),
        (json!({ "a": "{{ tok1 | nothing }}" }), "a"),
        (json!({ "a": "{{ tok1 | json: '$[' }}" }), "a"),
        (json!(six), "document"),
    ] {
        let answer = full.post("/vault/detokenize", json!({ "document": document })).await;
        answer.refused_for(422, "invalid_field", &[field]);
    }
    let five = full.post("/vault/detokenize", json!({ "document": six[..5] })).await.data();
    assert_eq!(five, json!([0, 1, 2, 3, 4]));
    app.with("vault:write")
        .await
        .post("/vault/detokenize", json!({ "document": "" }))
        .await
        .refused(403, "insufficient_scope");
}

async fn what_a_document_shows_is_bounded_however_often_it_is_named(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let large = json!({ "id": "large", "type": "token", "data": "x".repeat(200_000) });
    full.post("/vault/tokens", large).await.created();
    let small = json!({ "id": "small", "type": "token", "data": "x" });
    full.post("/vault/tokens", small).await.created();
    for (mention, few, many) in [("{{ large }}", 10, 11), ("{{ small | upcase }}", 100, 101)] {
        let filled = async |times: usize| {
            full.post("/vault/detokenize", json!({ "document": vec![mention; times] })).await
        };
        assert_eq!(filled(few).await.data().as_array().map(Vec::len), Some(few), "{mention}");
        let place = format!("[{few}]");
        filled(many).await.refused_for(422, "invalid_field", &[&place]);
    }
}
