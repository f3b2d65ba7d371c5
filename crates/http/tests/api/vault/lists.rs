//! Lists and searches.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{put, text};
use crate::harness::{TestApp, User};

on_each_database![
    a_list_is_by_container_and_then_by_age,
    tokens_are_found_by_one_thing_and_a_container,
    a_question_that_cannot_be_asked_is_refused,
    default_indexes_find_numbers_in_every_spelling,
];

async fn ids(user: &User<'_>, query: &str) -> Vec<String> {
    let page = user.get(&format!("/vault/tokens{query}")).await.ok();
    page["data"].as_array().expect("a list").iter().map(|token| text(&token["id"])).collect()
}

async fn found(user: &User<'_>, search: Value) -> Vec<String> {
    let page = user.post("/vault/tokens/search", search).await.ok();
    page["data"].as_array().expect("a list").iter().map(|token| text(&token["id"])).collect()
}

async fn a_list_is_by_container_and_then_by_age(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (id, container) in [
        ("users-1", "/users/"),
        ("users-2", "/users/"),
        ("deep", "/users/jedis/"),
        ("other", "/users2/"),
        ("cards", "/cards/"),
        ("dash", "/users-x/"),
        ("root", "/"),
    ] {
        app.clock.advance_micros(1_000);
        put(&full, json!({ "type": "token", "data": id, "id": id, "container": container })).await;
    }
    let all = ["other", "deep", "users-2", "users-1", "dash", "cards", "root"];
    assert_eq!(ids(&full, "").await, all);
    assert_eq!(ids(&full, "?container=/Users/").await, ["deep", "users-2", "users-1"]);
    assert_eq!(ids(&full, "?container=/nothing/").await, [""; 0]);
    // Page by page it is the same list.
    let mut seen = Vec::new();
    let mut path = "/vault/tokens?limit=2".to_owned();
    loop {
        let page = full.get(&path).await.ok();
        let items = page["data"].as_array().expect("a list");
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|token| text(&token["id"])));
        let Some(next) = page["meta"]["next_cursor"].as_str() else { break };
        path = format!("/vault/tokens?limit=2&cursor={next}");
    }
    assert_eq!(seen, all);
    // A cursor is good in the environment that gave it out.
    let next = text(&full.get("/vault/tokens?limit=2").await.ok()["meta"]["next_cursor"]);
    for wrong in [format!("cursor={next}&environment=test"), "cursor=AAAA".to_owned(), "cursor=!".to_owned()]
    {
        let answer = full.get(&format!("/vault/tokens?{wrong}")).await;
        answer.refused_for(400, "invalid_request", &["cursor"]);
    }
}

async fn tokens_are_found_by_one_thing_and_a_container(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let indexes = ["{{ data.mail | downcase }}", "{{ data.mail | split: '@' | last }}"];
    for (id, container, mail, tier) in [
        ("ada", "/a/", "Ada@example.com", "gold"),
        ("bob", "/a/b/", "bob@example.com", "Gold"),
        ("eve", "/c/", "eve@example.org", "gold"),
    ] {
        app.clock.advance_micros(1_000);
        let new = json!({
            "type": "token", "id": id, "container": container, "data": { "mail": mail },
            "metadata": { "tier": tier }, "search_indexes": indexes,
            "fingerprint_expression": "{{ data.mail }}",
        });
        put(&full, new).await;
    }
    put(&full, json!({ "type": "card_number", "data": "4242424242424242", "id": "card" })).await;
    let fingerprint = text(&full.get("/vault/tokens/ada").await.data()["fingerprint"]);
    for (search, expected) in [
        (json!({ "data": "ada@example.com" }), vec!["ada"]),
        (json!({ "data": "Ada@example.com" }), vec![]),
        (json!({ "data": "example.com" }), vec!["bob", "ada"]),
        (json!({ "data": "example.com", "container": "/a/b/" }), vec!["bob"]),
        (json!({ "metadata": { "tier": "gold" } }), vec!["eve", "ada"]),
        (json!({ "metadata": { "tier": "gold" }, "container": "/c/" }), vec!["eve"]),
        (json!({ "metadata": { "Tier": "gold" } }), vec![]),
        (json!({ "metadata": { "ti": "ergold" } }), vec![]),
        (json!({ "type": "card_number" }), vec!["card"]),
        (json!({ "fingerprint": fingerprint }), vec!["ada"]),
        (json!({ "container": "/a/" }), vec!["bob", "ada"]),
        (json!({}), vec!["card", "eve", "bob", "ada"]),
    ] {
        assert_eq!(found(&full, search.clone()).await, expected, "{search}");
    }
    assert_eq!(ids(&full, "?type=card_number").await, ["card"]);
    assert_eq!(ids(&full, &format!("?fingerprint={fingerprint}")).await, ["ada"]);
    // What is changed or moved is found where it is now.
    let patch =
        json!({ "data": { "mail": "ada@example.net" }, "metadata": { "tier": null }, "container": "/z/" });
    full.patch("/vault/tokens/ada", patch).await.ok();
    assert_eq!(found(&full, json!({ "data": "example.com" })).await, ["bob"]);
    assert_eq!(found(&full, json!({ "data": "example.net", "container": "/z/" })).await, ["ada"]);
    assert_eq!(found(&full, json!({ "metadata": { "tier": "gold" } })).await, ["eve"]);
    full.delete("/vault/tokens/ada").await.with(204);
    assert_eq!(found(&full, json!({ "data": "example.net" })).await, [""; 0]);
}

async fn a_question_that_cannot_be_asked_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (query, field) in [
        ("container=users", "container"),
        ("type=secret", "type"),
        ("type=card&fingerprint=x", "type"),
        ("limit=0", "limit"),
        ("limit=251", "limit"),
        ("environment=both", "environment"),
        ("odd=1", "odd"),
    ] {
        let answer = full.get(&format!("/vault/tokens?{query}")).await;
        answer.refused_for(400, "invalid_request", &[field]);
    }
    let two = json!({ "data": "x", "metadata": { "a": "b" } });
    full.post("/vault/tokens/search", two).await.refused_for(400, "invalid_request", &["type"]);
    let several = json!({ "metadata": { "a": "b", "c": "d" } });
    full.post("/vault/tokens/search", several).await.refused_for(400, "invalid_request", &["metadata"]);
}

async fn default_indexes_find_numbers_in_every_spelling(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    put(&full, json!({ "type": "social_security_number", "data": "123-45-6789", "id": "ssn" })).await;
    for (data, is_found) in
        [("123-45-6789", true), ("123456789", true), ("6789", true), ("789", false), ("123-456789", false)]
    {
        assert_eq!(found(&full, json!({ "data": data })).await.len(), usize::from(is_found), "{data}");
    }
}
