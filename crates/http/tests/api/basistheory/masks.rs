//! What masks show, and to whom they are left.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::tokens::{patch, rule, under_rules, with_permissions};
use super::{Client, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_mask_is_steered_by_nobody_who_does_not_see_through_it,
    what_is_found_by_the_data_is_steered_as_little,
    default_stands_for_what_is_not_there,
    a_change_is_answered_like_a_creation,
];

const MERGE: &str = "application/merge-patch+json";

/// What they are allowed who begin forms in pages, and the one who reads.
async fn clients<'a>(managing: &Client<'a>) -> [Client<'a>; 3] {
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:update"] });
    let all = ["token:create", "token:read", "token:update", "token:search"];
    let revealing = under_rules(managing, &[rule(1, "/", "reveal", &all)]).await;
    [managing.holding(public).await, with_permissions(managing, &all).await, revealing]
}

fn kept() -> Value {
    json!({ "ssn": "123-45-6789", "n": 2, "name": "Ada", "expiration_month": 2, "expiration_year": 2031 })
}

async fn a_mask_is_steered_by_nobody_who_does_not_see_through_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [public, masked, revealing] = clients(&managing).await;
    for (mask, change, status) in [
        ("{{ data.ssn | reveal_last: data.n }}", json!({ "data": { "n": 99 } }), 403),
        // Whether it is what it was is not told either.
        ("{{ data.ssn | reveal_last: data.n }}", json!({ "data": { "n": 2 } }), 403),
        ("{{ data | stringify | slice: 0, 5 }}", json!({ "data": { "ssn": "123-45-6789" } }), 403),
        ("{{ data.ssn | reveal_last: metadata.n }}", json!({ "metadata": { "n": "50" } }), 403),
        ("{{ data | stringify | slice: 0, 25 }}", json!({ "data": { "name": null } }), 403),
        ("{{ data[data.at] | slice: 0, 1 }}", json!({ "data": { "at": "ssn" } }), 403),
        ("{{ data[metadata.at] }}", json!({ "metadata": { "at": "ssn" } }), 403),
        ("{{ data.name | default: data.ssn }}", json!({ "data": { "name": "" } }), 403),
        ("{{ data.ssn | truncate: data.n, '' }}", json!({ "data": { "n": 11 } }), 403),
        ("it's {{ data.name }}, of {{data.n-}}", json!({ "data": { "name": "" } }), 403),
        ("{{-data.ssn | reveal_last: data.n-}} {{-data.n}}", json!({ "data": { "n": 11 } }), 403),
        // What is shown of one thing changes with nothing else.
        ("{{ data.ssn | reveal_last: data.n }}", json!({ "data": { "name": "Bob" } }), 200),
        ("{{ data.ssn | reveal_last: 2 }}", json!({ "data": { "n": 99 }, "metadata": { "n": "7" } }), 200),
        ("{{ data.name | upcase }}", json!({ "data": { "name": "Bob" } }), 200),
        ("{{ data | card_exp }}", json!({ "data": { "name": "Bob" } }), 200),
    ] {
        let new =
            json!({ "type": "token", "data": kept(), "metadata": { "n": "2", "at": "name" }, "mask": mask });
        let path = format!("/tokens/{}", text(&revealing.post("/tokens", new).await.with(201)["id"]));
        for client in [&public, &masked] {
            let answer = patch(client, (&path, MERGE), &change).await;
            assert_eq!(answer.status, status, "{mask} {change}: {}", answer.text);
            assert!(!answer.text.contains("123-45"), "{}", answer.text);
        }
        let read = masked.get(&path).await;
        assert!(!read.text.contains("123-45"), "{}", read.text);
        if status == 403 {
            assert_eq!(revealing.get(&path).await.ok()["data"], kept(), "{mask}");
        }
        // Whoever sends all of it, or sees it plain, steers what they like.
        let whole = json!({ "data": { "ssn": "9", "n": 5, "name": "Eve", "expiration_month": null, "expiration_year": null } });
        patch(&revealing, (&path, MERGE), &change).await.with(200);
        patch(&revealing, (&path, MERGE), &json!({ "data": { "at": null } })).await.ok();
        patch(&public, (&path, MERGE), &whole).await.with(200);
    }
}

async fn what_is_found_by_the_data_is_steered_as_little(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [public, _, revealing] = clients(&managing).await;
    let ways = [
        json!({ "fingerprint_expression": "{{ data | stringify }}" }),
        json!({ "fingerprint_expression": "{{ data.salt }}{{ data.pin }}" }),
        json!({ "search_indexes": ["{{ data.salt }}{{ data.pin }}"] }),
        // Nobody said how, and so it is all of the data.
        json!({ "deduplicate_token": true }),
    ];
    for (number, made) in ways.into_iter().enumerate() {
        let data = json!({ "pin": "1234", "salt": format!("unknown {number}") });
        let mut new = json!({ "type": "token", "data": data });
        new.as_object_mut().expect("an object").extend(made.as_object().expect("one too").clone());
        let token = revealing.post("/tokens", new).await.with(201);
        let path = format!("/tokens/{}", text(&token["id"]));
        let change = json!({ "data": { "salt": "" } });
        refused(patch(&public, (&path, MERGE), &change).await, 403);
        assert_eq!(revealing.get(&path).await.ok()["fingerprint"], token["fingerprint"], "{made}");
        let change = json!({ "metadata": { "seen": "yes" } });
        patch(&public, (&path, MERGE), &change).await.with(200);
        assert_eq!(revealing.get(&path).await.ok()["metadata"], json!({ "seen": "yes" }), "{made}");
    }
    // Of a card, what is found is its number alone.
    let card = json!({ "number": "4242424242424242", "expiration_month": 2, "expiration_year": 2031 });
    let new = json!({ "type": "card", "data": card, "deduplicate_token": true });
    let path = format!("/tokens/{}", text(&revealing.post("/tokens", new).await.with(201)["id"]));
    patch(&public, (&path, MERGE), &json!({ "data": { "cvc": "123" } })).await.with(200);
    assert_eq!(revealing.get(&path).await.ok()["data"]["cvc"], "123");
}

async fn default_stands_for_what_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [_, masked, _] = clients(&managing).await;
    let new = json!({
        "type": "token", "data": { "a": "A" },
        "mask": {
            "one": "{{ data.missing | default: data.a }}", "two": "{{ nothing.here | default: 'x' }}",
            "three": "{{ data.missing }}", "four": "{{ data.missing | upcase | default: 'x' }}",
        },
    });
    let made = masked.post("/tokens", new).await.with(201);
    assert_eq!(made["data"], json!({ "one": "A", "two": "x" }));
}

async fn a_change_is_answered_like_a_creation(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [_, masked, _] = clients(&managing).await;
    let made = masked.post("/tokens", json!({ "type": "token", "data": "a" })).await.with(201);
    let path = format!("/tokens/{}", text(&made["id"]));
    let changed = patch(&masked, (&path, MERGE), &json!({ "data": "b" })).await.ok();
    assert_eq!(
        (&made["_extras"], &changed["_extras"]),
        (&json!({ "deduplicated": false }), &made["_extras"])
    );
    assert!(masked.get(&path).await.ok().get("_extras").is_none());
}
